"""A file that was not in the run: read in its columns and classes, tested once, held against the promise."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.api import run
from core.cli import main
from core.data.problem import Problem
from core.data.table import from_frame
from core.decision.costs import Costs
from core.decision.row_costs import Cost, RowCosts
from core.decision.stakes import Stakes
from core.evaluation.intervals import intervals
from core.evaluation.kept_promise import kept_promises, shifted
from core.evaluation.metrics import METRICS
from core.evaluation.sample import sample_run
from core.experiment.next_rows import run_on
from core.next_file import answers, read_next
from core.plan import Plan, SplitSettings, StrategyChoice, TrainingSettings
from core.reporting.results import Results
from core.runs.looks import looks
from core.runs.stakes import keep_stakes
from core.runs.store import Store
from core.words import TableError


def drawn(rows: int, seed: int, share: float = 0.2, shift: float = 1.5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    fraud = rng.random(rows) < share
    return pd.DataFrame(
        {
            "amount": (rng.normal(size=rows) + shift * fraud).round(4),
            "hour": rng.normal(size=rows).round(4),
            "shop": rng.choice(["north", "south"], rows),
            "fraud": np.where(fraud, "yes", "no"),
        }
    )


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, Results]:
    folder = tmp_path_factory.mktemp("runs")
    plan = Plan(
        "fraud", (StrategyChoice.of("plain"), StrategyChoice.of("random_over")), training=TrainingSettings(epochs=6),
        split=SplitSettings(folds=3),
    )  # fmt: skip
    results = run(from_frame(drawn(500, 0), "april.csv"), plan, runs=folder, progress=False)
    return Store(folder), results


def test_columns_come_in_any_order_and_what_does_not_fit_is_said(kept: tuple[Store, Results]) -> None:
    problem = kept[1].problem
    frame = drawn(40, 1)
    frame.loc[0, "fraud"] = "maybe"
    frame.loc[1, "fraud"] = None
    shuffled = frame[["fraud", "shop", "amount"]].assign(extra=1)
    read = read_next(shuffled.to_csv(index=False).encode(), "may.csv", problem)
    assert len(read.codes) == 38
    assert read.frame["amount"].tolist() == frame["amount"].tolist()[2:]
    assert read.frame["hour"].isna().all()
    said = " ".join(read.notes)
    assert "the file lacks `hour`" in said.lower()
    assert "`extra` is unknown to the model and is passed over" in said
    assert "1 row without a label left out." in said
    assert "1 row of classes that the run does not know left out: `maybe`." in said


def test_a_column_of_another_name_is_taken_where_a_person_chose_it(kept: tuple[Store, Results]) -> None:
    frame = drawn(40, 1)
    other = frame.rename(columns={"amount": "Betrag"}).to_csv(index=False).encode()
    lacking = read_next(other, "may.csv", kept[1].problem)
    assert lacking.columns.missing == ("amount",)
    read = read_next(other, "may.csv", kept[1].problem, (("amount", "Betrag"),))
    assert read.frame["amount"].tolist() == frame["amount"].tolist()
    assert read.raw.columns.tolist() == frame.columns.tolist()
    assert not read.notes
    assert read.digest == lacking.digest
    assert read.kept_as != lacking.kept_as
    with pytest.raises(TableError, match=r"no column `Summe` to take `amount` from"):
        read_next(other, "may.csv", kept[1].problem, (("amount", "Summe"),))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"amount,hour,shop\n1,2,north\n", "lacks the label `fraud`"),
        (b"amount,fraud\n1,never\n", "No row of the file has a class that the run knows: `no`, `yes`"),
        (b"", "empty"),
    ],
)
def test_a_file_that_cannot_be_tested_on_is_one_sentence(kept: tuple[Store, Results], data: bytes, words: str) -> None:
    with pytest.raises(TableError, match=words):
        read_next(data, "may.csv", kept[1].problem)


def test_a_like_file_keeps_the_promise_and_a_worse_one_does_not(kept: tuple[Store, Results]) -> None:
    results = kept[1]
    alike, worse = (
        read_next(drawn(400, 2, **how).to_csv(index=False).encode(), "may.csv", results.problem)
        for how in ({}, {"share": 0.5, "shift": -1.5})
    )
    promised = intervals(results.comparison, results.plan)
    good, bad = (run_on(results.table, results.plan, file.frame, file.codes) for file in (alike, worse))
    assert [one.strategy for one in good] == ["plain", "random_over"]
    np.testing.assert_array_equal(good[0].y_true, alike.codes)
    kept_good, kept_bad = (kept_promises(one, promised).frame for one in (good, bad))
    ranking = kept_good["metric"].isin(["average_precision", "roc_auc"])
    assert kept_good.loc[ranking, "inside"].all()
    # Average precision rises with the class's share alone; ROC AUC does not know of it.
    assert not kept_bad.loc[kept_bad["metric"] == "roc_auc", "inside"].any()
    assert (kept_good["low"] <= kept_good["value"] + 1e-9).all()
    said = answers(results, worse, bad, Stakes(Costs(((0.0, 1.0), (5.0, 0.0)), prevalence=0.3)))
    assert said[0].sentences[0].startswith("Not all is as cross-validation promised")
    assert "`yes` 19.20% then and 5" in said[0].sentences[2]
    assert "drifted" in said[2].sentences[0]
    assert said[1].table["Found"].tolist() == [int(((r.decisions == 1) & (worse.codes == 1)).sum()) for r in bad]
    one_class = read_next(drawn(30, 3, share=0.0).to_csv(index=False).encode(), "may.csv", results.problem)
    lone = answers(results, one_class, run_on(results.table, results.plan, one_class.frame, one_class.codes), Stakes())
    assert "The file has no row of `yes`: what needs it is undefined." in lone[0].sentences
    assert "What they cost is left out: the file has no row of `yes` to weigh them by." in lone[1].sentences


@pytest.mark.parametrize(
    "stakes",
    [
        Stakes(rule="one", threshold=0.1),
        Stakes(Costs(((0.0, 1.0), (30.0, 0.0))), "cheapest"),
        Stakes(rule="rows", row_costs=RowCosts(miss=Cost(20.0, "dear"), alarm=Cost(3.0))),
    ],
)
def test_metrics_and_decisions_beside_them_are_by_the_rule_that_is_settled(
    kept: tuple[Store, Results], stakes: Stakes
) -> None:
    frame = kept[1].table.frame
    table = from_frame(frame.assign(dear=frame["hour"].abs()), "april.csv")
    results = Results(Problem.of(table, kept[1].plan), kept[1].folds)
    may = drawn(300, 5).assign(dear=1.5)
    may.loc[7, "dear"] = None if stakes.rule == "rows" else 1.5
    file = read_next(may.to_csv(index=False).encode(), "may.csv", results.problem)
    tested = run_on(kept[1].table, kept[1].plan, file.frame[list(frame.columns[:-1])], file.codes)
    first, decisions, _ = answers(results, file, tested, stakes)
    recall = first.table[first.table["Metric"] == "Recall"]
    found, missed = decisions.table["Found"], decisions.table["Missed"]
    assert recall["Here"].to_numpy() == pytest.approx((found / (found + missed)).to_numpy())
    own = [int((one.decisions == file.codes).sum()) for one in tested]
    assert (found + decisions.table["Correctly ignored"]).tolist() != own
    promised = Results(results.problem, results.folds, stakes=stakes).decided
    assert recall["Promised"].to_numpy() == pytest.approx([s.mean["recall"] for s in promised.strategies])
    assert first.sentences[1].startswith(stakes.decided_by)
    assert stakes.decided_by in decisions.sentences
    if stakes.rule == "rows":
        assert "1 row without a usable cost decided by its most probable class." in decisions.sentences


def test_a_rule_that_this_file_cannot_be_decided_by_gives_way_to_each_strategys_own(
    kept: tuple[Store, Results],
) -> None:
    results = kept[1]
    gone = Stakes(rule="rows", row_costs=RowCosts(miss=Cost(column="price")))
    file = read_next(drawn(200, 6).to_csv(index=False).encode(), "may.csv", results.problem)
    tested = run_on(results.table, results.plan, file.frame, file.codes)
    first, decisions, _ = answers(results, file, tested, gone)
    assert (
        "Decisions are each strategy's own: the settled rule cannot be used. There is no column" in first.sentences[1]
    )
    assert "Decisions are each strategy's own." in decisions.sentences
    own = [int(((one.decisions == 1) & (file.codes == 1)).sum()) for one in tested]
    assert decisions.table["Found"].tolist() == own
    recall = first.table[first.table["Metric"] == "Recall"]
    assert recall["Promised"].to_numpy() == pytest.approx([s.mean["recall"] for s in results.comparison.strategies])


def test_prior_correction_mends_what_the_share_broke() -> None:
    rng = np.random.default_rng(0)
    logit = rng.normal(size=2000)
    p = 1 / (1 + np.exp(-logit))
    y = (rng.random(2000) < 1 / (1 + np.exp(-(logit - 2)))).astype(np.int64)
    both = np.column_stack([1 - p, p]).astype(np.float32)
    result = sample_run().folds[0]
    decided = (p > 0.5).astype(np.int64)
    other = replace(result, y_true=y, probabilities=both, decisions=decided, test_rows=np.arange(2000))
    before, after = shifted([other], np.array([0.5, 0.5]))["plain"]
    assert after < before - 0.02


def test_the_command_line_tests_once_and_says_when_it_looked_before(
    kept: tuple[Store, Results], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, results = kept
    keep_stakes(store, results.run_id, Stakes(Costs(((0.0, 1.0), (50.0, 0.0)))))
    path = tmp_path / "may.csv"
    drawn(120, 4).to_csv(path, index=False)
    assert main(["test", results.run_id, str(path), "--runs", str(store.root), "--json"]) == 0
    first, decisions, drift = json.loads(capsys.readouterr().out)
    assert first["title"] == "Tested on may.csv"
    assert len(first["rows"]) == 2 * len(METRICS)
    assert any("a miss 50" in sentence for sentence in decisions["sentences"])
    assert {row["Column"] for row in drift["rows"]} == {"amount", "hour", "shop"}
    assert not any("before" in sentence for sentence in first["sentences"])
    assert main(["test", results.run_id, str(path), "--runs", str(store.root)]) == 0
    assert "look number 2" in capsys.readouterr().out
    assert [one.times for one in looks(store, results.run_id)] == [2]
    drawn(120, 4).assign(Betrag=1.0).to_csv(path, index=False)
    for look, options in enumerate(([], ["--take", "amount=Betrag"]), 1):
        assert main(["test", results.run_id, str(path), "--runs", str(store.root), *options]) == 0
        assert ("look number 2" in capsys.readouterr().out) == (look == 2)
    assert main(["test", results.run_id, str(path), "--runs", str(store.root), "--take", "fee=Betrag"]) == 2
    assert "'amount=other name', not 'fee=Betrag'" in capsys.readouterr().err
    assert main(["test", results.run_id, str(tmp_path / "no.csv"), "--runs", str(store.root)]) == 2
    assert "cannot be opened" in capsys.readouterr().err
