"""What was settled about a run decides what is recommended: costs, thresholds, and how many rows can be looked at."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.asking import ask
from core.data.problem import Problem
from core.data.split_checks import check_splits
from core.data.table import from_frame
from core.decision.costs import Costs
from core.decision.row_costs import Cost, RowCosts
from core.decision.stakes import Stakes
from core.decision.top_rows import TopRows, precision_and_recall
from core.evaluation.outoffold import out_of_fold
from core.evaluation.sample import sample_run
from core.evaluation.settled import (
    advice_of,
    comparison_of,
    decided,
    judged_by,
    settled_rows,
    settled_threshold,
)
from core.evaluation.worth import worth
from core.experiment.tuning import score
from core.plan import CapacitySettings, PlanError
from core.reporting.results import Results

DEAR = Stakes(Costs(((0.0, 1.0), (50.0, 0.0))))


def test_costs_are_a_metric_that_is_judged_by() -> None:
    run = sample_run()
    comparison = comparison_of(run.folds, run.problem, DEAR)
    assert judged_by(comparison) == "cost"
    by_rows = worth(out_of_fold(comparison), 1, DEAR).value[:, 0]
    # Folds of one size and one share of the class, so that the mean over folds is that over rows.
    assert [s.mean["cost"] for s in comparison.strategies] == pytest.approx(by_rows)
    advice = Results(run.problem, run.folds, stakes=DEAR).advice
    assert advice is not None
    assert (advice.metric, advice.key) == ("cost", "smote")
    assert advice.why[0].startswith("By these costs it takes 125.0 per 1,000 rows, which saves 12,375.0")
    assert Results(run.problem, run.folds).frame().columns.tolist() == [
        name for name in Results(run.problem, run.folds, stakes=DEAR).frame() if name != "cost"
    ]


def test_benefits_are_to_be_high() -> None:
    run = sample_run()
    stakes = Stakes(Costs(((0.0, 0.0), (0.0, 10.0)), benefits=True))
    comparison = comparison_of(run.folds, run.problem, stakes)
    assert comparison.best("benefit") == {"smote"}
    advice = advice_of(comparison, run.problem, stakes)
    assert advice is not None
    assert "By these benefits it brings" in advice.why[0]


def test_a_share_in_the_field_weighs_the_classes() -> None:
    run = sample_run()
    stakes = Stakes(Costs(DEAR.costs.matrix, prevalence=0.01))
    comparison = comparison_of(run.folds, run.problem, stakes)
    plain = comparison.strategies[0]
    assert plain.mean["cost"] == pytest.approx(0.01 * 50 * 3 / 6 + 0.99 * 1 / 18)


def test_a_settled_threshold_decides_and_stands_in_the_headline() -> None:
    run = sample_run()
    stakes = Stakes(rule="one", threshold=0.35)
    results = Results(run.problem, run.folds, stakes=stakes)
    p = np.concatenate([r.probabilities[:, 1] for r in run.folds if r.strategy == "plain"])
    assert decided(results.comparison, run.problem, stakes).strategies[0].confusion[:, 1].sum() == (p >= 0.35).sum()
    assert results.comparison.strategies[0].confusion.tolist() == run.comparison.strategies[0].confusion.tolist()
    assert results.advice is not None
    assert "at a probability of 0.35 or more" in results.advice.headline


def test_costs_by_row_decide_row_by_row_and_a_bad_column_is_said() -> None:
    run = sample_run()
    stakes = Stakes(rule="rows", row_costs=RowCosts(miss=Cost(column="age"), hit=Cost(1.0)))
    advice = advice_of(comparison_of(run.folds, run.problem, stakes), run.problem, stakes)
    assert advice is not None
    assert advice.headline.endswith("call a row `yes` where leaving it costs more.")
    gone = Stakes(rule="rows", row_costs=RowCosts(miss=Cost(column="amount")))
    comparison = comparison_of(run.folds, run.problem, gone)
    assert comparison.cost is None
    assert "There is no column `amount`" in comparison.notes[-1]
    assert advice_of(comparison, run.problem, gone) is not None


def test_tested_rows_are_decided_as_the_comparison_is() -> None:
    run = sample_run()
    own = out_of_fold(run.comparison)
    by_row = Stakes(rule="rows", row_costs=RowCosts(miss=Cost(column="age"), hit=Cost(1.0)))
    for stakes in (Stakes(rule="one", threshold=0.35), Stakes(rule="cheapest"), by_row):
        rows, said = settled_rows(own, run.problem, stakes)
        whole = out_of_fold(decided(run.comparison, run.problem, stakes))
        assert said == stakes.decided_by
        for one, other in zip(rows, whole, strict=True):
            np.testing.assert_array_equal(one.decisions, other.decisions)
            assert one.thresholds == other.thresholds
    rows, said = settled_rows(own, run.problem, Stakes())
    assert rows == own
    assert said == "Decisions are each strategy's own."
    rows, said = settled_rows(own, run.problem, Stakes(rule="rows", row_costs=RowCosts(miss=Cost(column="amount"))))
    assert rows == own
    assert said.startswith("Decisions are each strategy's own: the settled rule cannot be used. There is no column")


@pytest.mark.parametrize("by_row", [None, RowCosts(miss=Cost(column="age"), alarm=Cost(20.0))])
def test_the_cheapest_threshold_for_all_rows_costs_least_on_the_runs_test_rows(by_row: RowCosts | None) -> None:
    run = sample_run()
    stakes = Stakes(rule="cheapest", row_costs=by_row)
    cut = settled_threshold(run.folds, "plain", 1, stakes, run.problem)
    assert cut is not None
    own = [r for r in run.folds if r.strategy == "plain"]
    p, truth = np.concatenate([r.probabilities[:, 1] for r in own]), np.concatenate([r.y_true for r in own])
    age = run.problem.table.frame["age"].to_numpy()[np.concatenate([r.test_rows for r in own])]

    def cost(threshold: float) -> float:
        called = p >= threshold
        miss, alarm = (10.0, 1.0) if by_row is None else (age, 20.0)
        return float(np.where(truth == 1, ~called * miss, called * alarm).sum())

    assert cost(cut) == min(cost(t) for t in (*p, 2.0))
    assert settled_threshold(run.folds, "plain", 1, Stakes(), run.problem) is None


def dated(per: str = "day") -> Problem:
    run = sample_run()
    frame = run.problem.table.frame.assign(day=pd.Timestamp("2025-01-01") + pd.to_timedelta(np.arange(24) // 8, "D"))
    return Problem.of(from_frame(frame, "people.csv"), replace(run.plan, capacity=CapacitySettings(2, per)))


def test_metrics_at_k_are_those_of_the_capacity_question_by_period() -> None:
    results = Results(dated(), sample_run().folds)
    answer = ask(results, "capacity", rows=2.0, per="day")
    # Each fold of the sample is a day.
    for metric, name in (("recall_at_k", "Recall"), ("precision_at_k", "Precision")):
        assert sorted(results.frame()[metric]) == pytest.approx(sorted(answer.table[name]))
    kept = Results(dated(), sample_run().folds, stakes=Stakes(capacity=CapacitySettings(250)))
    top = TopRows(np.array([0.25]))
    by_fold = [precision_and_recall(r.y_true == 1, r.probabilities[:, 1], top) for r in kept.folds]
    assert kept.frame()[["precision_at_k", "recall_at_k"]].to_numpy() == pytest.approx(
        np.mean(np.reshape(by_fold, (2, 3, 2)), axis=1)
    )


def test_a_capacity_that_the_table_has_no_periods_for_is_refused_before_training() -> None:
    plan = replace(sample_run().plan, capacity=CapacitySettings(5, "day"))
    with pytest.raises(PlanError, match="No column says when a row is from"):
        check_splits(Problem.of(sample_run().problem.table, plan))


def test_tuning_can_go_by_what_is_found_at_k() -> None:
    y, p = np.array([1, 1, 0, 0]), np.array([0.9, 0.1, 0.8, 0.2])
    both = np.column_stack([1 - p, p])
    assert score(y, both, "precision_at_k", 0.25) == 1.0
    assert score(y, both, "recall_at_k", 0.25) == 0.5
