"""Odd columns, capacities, periods, slices and files: the right figure, or one sentence that names the way out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.asking import ask
from core.data.problem import Problem
from core.data.table import from_frame
from core.decision.costs import Costs
from core.decision.row_costs import Cost, RowCosts
from core.decision.stakes import Stakes
from core.evaluation.intervals import intervals
from core.evaluation.kept_promise import kept_promises, shifted
from core.evaluation.outoffold import out_of_fold
from core.evaluation.sample import sample_run
from core.evaluation.worth import worth
from core.next_file import answers, read_next
from core.reporting.questions import QuestionError
from core.reporting.results import Results


def results() -> Results:
    """Return the sample run with odd columns: a day without a fraud, a town of one row, costs that cannot be."""
    run = sample_run()
    day = pd.Timestamp("2025-03-01") + pd.to_timedelta(np.array([0, 0, 0, 0, 0, 0, 1, 1] * 3), "D")
    refund = np.arange(24, dtype=float)
    frame = run.problem.table.frame.assign(
        day=day,
        refund=np.where(np.arange(24) == 5, -1.0, refund),
        fee=np.where(np.arange(24) == 3, np.nan, refund),
        town=["Ulm", *["Bonn"] * 23],
    )
    return Results(Problem.of(from_frame(frame, "people.csv"), run.plan), run.folds)


@pytest.mark.parametrize(
    ("cost", "words"),
    [
        ("refund", "Column `refund` is negative in 1 row, the first of them row 6"),
        ("fee", "Column `fee` has no value in 1 row, the first of them row 4"),
        ("town", "Column `town` holds no numbers"),
        ("amount", "There is no column `amount`"),
        ("0.5*", "There is no column `0.5\\*`"),
    ],
)
def test_a_cost_that_no_row_can_have_is_one_sentence(cost: str, words: str) -> None:
    with pytest.raises(QuestionError, match=words):
        ask(results(), "costs", miss=cost)


def test_a_capacity_is_refused_with_its_number_written_out() -> None:
    with pytest.raises(QuestionError, match="Of 1,000 rows 100,000 cannot be looked at"):
        ask(results(), "capacity", rows=1e5)


def test_where_a_strategy_is_surely_worth_using_lies_in_the_range_where_it_is() -> None:
    run = sample_run()
    rng = np.random.default_rng(0)
    for draw in range(20):
        folds = []
        for fold in run.folds:
            score = rng.beta(1, 6, len(fold.y_true)) + 0.15 * (fold.y_true == 1) * (draw % 3)
            p = np.clip(score, 0.001, 0.99).astype(np.float32)
            folds.append(replace(fold, probabilities=np.column_stack([1 - p, p])))
        table = ask(Results(run.problem, tuple(folds)), "net_benefit").table.dropna(subset=["Surely, from"])
        assert (table["Surely, from"] >= table["Worth using, from"]).all()
        assert (table["Surely, to"] <= table["Worth using, to"]).all()


def test_a_capacity_larger_than_the_table_looks_at_all_of_it() -> None:
    answer = ask(results(), "capacity", rows=1e6, per="day")
    assert answer.table["Recall"].tolist() == [1.0, 1.0]
    assert answer.table["Lift"].tolist() == pytest.approx([1.0, 1.0])
    assert "In 2 of them there are fewer rows than can be looked at: all are." in answer.sentences
    with pytest.raises(QuestionError, match="choose 1,000 or fewer"):
        ask(results(), "capacity", rows=1001.0)


def test_a_period_without_positives_is_looked_at_in_vain_and_said() -> None:
    answer = ask(results(), "capacity", rows=3.0, per="day")
    # Of the first day's 18 rows three are looked at and none is a fraud; of the second day's six, three of the six.
    assert answer.table["Found"].tolist() == [3.0, 3.0]
    assert answer.table["Precision"].tolist() == [0.5, 0.5]
    assert "In 1 of them no row is `yes`: what is looked at there finds nothing." in answer.sentences


def test_a_slice_of_one_row_is_too_small_to_tell() -> None:
    answer = ask(results(), "slices", column="town")
    row = answer.table.set_index("Slice").loc["Ulm"]
    assert row["Rows"] == 1
    assert row["Note"].startswith("too few rows of the class to tell")
    assert row["Observed share"] == 0
    assert row["Observed, high"] > 0.5
    assert "Ulm" not in ask(results(), "slices").sentences[0]


def test_a_next_file_of_one_class_leaves_undefined_what_needs_the_other() -> None:
    run = results()
    file = read_next(
        b"fraud,age,day,refund,fee,town\nno,30,2025-04-01,1,2,Ulm\nno,41,2025-04-01,3,4,Ulm\n", "may.csv", run.problem
    )
    assert file.codes.tolist() == [0, 0]
    tested = [
        replace(
            r, test_rows=np.arange(2), y_true=file.codes, probabilities=r.probabilities[:2], decisions=r.decisions[:2]
        )
        for r in run.folds[::3]
    ]
    kept = kept_promises(tested, intervals(run.comparison, run.plan)).frame.set_index(["strategy", "metric"])
    assert np.isnan(kept.loc[("plain", "recall"), "value"])
    assert kept.loc[("plain", "accuracy"), "value"] == 1.0
    before, after = shifted(tested, np.array([0.75, 0.25]))["plain"]
    assert np.isfinite(before)
    assert np.isnan(after)
    first, decisions, _ = answers(run, file, tested, run.stakes)
    assert "The file has no row of `yes`: what needs it is undefined." in first.sentences
    assert not any("Prior correction" in said for said in first.sentences)
    assert decisions.table["Found"].tolist() == [0, 0]


@pytest.mark.parametrize("rule", ["own", "one", "cheapest", "rows"])
def test_a_next_file_is_decided_as_was_settled(rule: str) -> None:
    run = results()
    lines = [f"{'yes' if row >= 6 else 'no'},{20 + row},2025-04-01,{row},{row},Ulm" for row in range(8)]
    file = read_next("\n".join(["fraud,age,day,refund,fee,town", *lines]).encode(), "may.csv", run.problem)
    tested = [replace(r, y_true=file.codes) for r in run.folds[::3]]
    by_row = RowCosts(alarm=Cost(5.0), miss=Cost(column="age"), hit=Cost(5.0))
    costs = Costs(((0.0, 1.0), (3.0, 0.0)))
    stakes = Stakes(costs, rule, 0.35, by_row if rule == "rows" else None)  # type: ignore[arg-type]
    _, decisions, _ = answers(run, file, tested, stakes)
    cuts = worth(out_of_fold(run.comparison), 1, Stakes(costs), rule="cheapest").thresholds
    for at, result in enumerate(tested):
        p = result.probabilities[:, 1].astype(float)
        called = {
            "own": result.decisions == 1,
            "one": p >= 0.35,
            "cheapest": p >= cuts[at],
            "rows": p * (np.arange(20, 28) - 5) > (1 - p) * 5,
        }[rule]
        row = decisions.table.iloc[at]
        assert row["Found"] == called[6:].sum()
        assert row["False alarms"] == called[:6].sum()
        paid = np.where(called, [1] * 6 + [0] * 2, [0] * 6 + [3] * 2)
        if rule == "rows":
            paid = np.where(called, 5, [0] * 6 + [26, 27])
        assert row["Cost per 1,000"] == pytest.approx(1000 * paid.mean())
