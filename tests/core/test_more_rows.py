"""Whether more rows would help: parts of the training rows, the curve through them, and what is said of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.cli import main
from core.data.problem import Problem
from core.data.samples import load_sample
from core.data.splitting import Unit, split_rows
from core.data.table import from_frame
from core.evaluation.learning_curve import curve_of, outlook
from core.evaluation.metrics import METRIC_NAMES, METRICS
from core.evaluation.sample import sample_run
from core.experiment.fewer_rows import SHARES, LearningCurve, Part, _part, run_on_fewer
from core.more_rows import answer_of, asked_for, seconds, work_out
from core.plan import NetworkChoice, Plan, PlanError, SplitSettings, StrategyChoice, TrainingSettings, TuningSettings
from core.reporting.results import Results
from core.runs.reasons import keep_curve, kept_curve
from core.runs.store import Store
from core.training.lane import Stopped

TABLE = load_sample("abalone_9_vs_18")
PLAN = Plan(
    "rings", (StrategyChoice.of("plain"),), networks=(NetworkChoice("linear"),), split=SplitSettings(folds=3),
    training=TrainingSettings(epochs=8, learning_rate=0.02),
)  # fmt: skip
RESULTS = Results(sample_run().problem, sample_run().folds)


def curve_through(means: np.ndarray, folds: int = 5, noise: float = 0.002) -> LearningCurve:
    n = 25 * 2.0 ** np.arange(len(means))
    spread = noise * np.random.default_rng(0).standard_normal((len(means), folds, 1))
    scores = np.repeat(means[:, None, None] + spread - spread.mean(axis=1, keepdims=True), len(METRICS), axis=2)
    return LearningCurve("smote", np.stack([0.9 * n, 0.1 * n], axis=1), tuple(METRIC_NAMES), scores)


@pytest.fixture(scope="module")
def parts() -> tuple[Part, ...]:
    return run_on_fewer(TABLE, PLAN, "plain")


def test_parts_are_halves_of_every_class_tested_on_the_same_rows(parts: tuple[Part, ...]) -> None:
    assert len(parts) == len(SHARES)
    whole = parts[-1].rows
    for part, share in zip(parts, SHARES, strict=True):
        np.testing.assert_allclose(part.rows, share * whole, rtol=0.1, atol=0.6)
        for result, last in zip(part.results, parts[-1].results, strict=True):
            assert result.error is None
            np.testing.assert_array_equal(result.test_rows, last.test_rows)
    scores = curve_of("plain", parts).of("roc_auc").mean(axis=1)
    assert 0.5 < scores[0] < scores[-1]


def test_smaller_parts_lie_within_larger_ones_and_keep_groups_whole() -> None:
    frame = TABLE.frame.assign(who=[f"g{row // 10}" for row in range(len(TABLE.frame))])
    plan = replace(PLAN, split=SplitSettings(folds=3, group="who"))
    problem = Problem.of(from_frame(frame, "groups.csv"), plan)
    fold = split_rows(problem, Unit(0, 1))
    before: set[int] = set()
    for share in SHARES:
        rows = _part(problem, fold, share)
        assert before <= set(rows.fit.tolist()) <= set(fold.fit.tolist())
        assert set(rows.valid.tolist()) <= set(fold.valid.tolist())
        before = set(rows.fit.tolist())
        chosen, every = (problem.groups(part) for part in (rows.fit, fold.fit))
        assert chosen is not None
        assert every is not None
        names = frame["who"].iloc[problem.target.rows]
        kept = names.iloc[rows.fit].value_counts()
        assert (kept == names.iloc[fold.fit].value_counts().loc[kept.index]).all()


def test_results_of_all_rows_are_taken_from_the_run(parts: tuple[Part, ...]) -> None:
    told: list[float] = []
    curve = work_out(TABLE, PLAN, "plain", parts[-1].results, lambda share, doing: told.append(share))
    assert max(told) <= 0.76  # three of four parts are trained
    np.testing.assert_array_equal(curve.scores, curve_of("plain", parts).scores)
    assert not curve.tuned


def test_a_tuned_run_has_the_settings_that_tuning_chose_in_each_fold(parts: tuple[Part, ...]) -> None:
    plan = replace(PLAN, tuning=TuningSettings(8))
    dull = tuple(replace(one, tuned=("learning_rate=1e-06", "weight_decay=0")) for one in parts[-1].results)
    told: list[float] = []
    curve = work_out(TABLE, plan, "plain", dull, lambda share, doing: told.append(share))
    assert curve.tuned
    assert max(told) <= 0.76
    known = curve_of("plain", parts)
    np.testing.assert_array_equal(curve.scores[-1], known.scores[-1])
    # Next to nothing is learned at such a rate.
    assert (curve.of("log_loss")[-2] > known.of("log_loss")[-2]).all()
    assert LearningCurve.from_bytes(curve.to_bytes()).tuned  # type: ignore[union-attr]
    tuned = Results(RESULTS.problem, RESULTS.folds)
    tuned = Results(Problem.of(tuned.table, replace(tuned.plan, tuning=TuningSettings(8))), tuned.folds)
    assert any("that tuning chose on all training rows of each fold" in note for note in answer_of(curve, tuned).notes)
    assert any(note.startswith("Without tuning") for note in answer_of(replace(curve, tuned=False), tuned).notes)
    problem, choice = Problem.of(TABLE, plan), plan.strategies[0]
    assert seconds(problem, choice, dull) < seconds(problem, choice)


def test_a_tuned_run_that_did_not_keep_its_settings_is_trained_anew_without_tuning(parts: tuple[Part, ...]) -> None:
    plan, odd = replace(PLAN, tuning=TuningSettings(8)), ("learning_rate=none",)
    for whole in (parts[-1].results, tuple(replace(one, tuned=odd) for one in parts[-1].results)):
        curve = work_out(TABLE, plan, "plain", whole)
        assert not curve.tuned
        np.testing.assert_array_equal(curve.scores, curve_of("plain", parts).scores)


def test_it_stops_and_refuses_in_a_sentence() -> None:
    with pytest.raises(Stopped):
        run_on_fewer(TABLE, PLAN, "plain", should_stop=lambda: True)
    with pytest.raises(PlanError, match="no strategy 'smote'"):
        run_on_fewer(TABLE, PLAN, "smote")
    few = pd.DataFrame({"x": np.arange(60) / 7, "y": ["a"] * 52 + ["b"] * 8})
    with pytest.raises(PlanError, match="too few rows of `b`"):
        run_on_fewer(from_frame(few, "few.csv"), replace(PLAN, target="y"), "plain")


def test_a_rising_curve_says_how_many_rows_and_a_flat_one_that_they_would_not_help() -> None:
    n = 25 * 2.0 ** np.arange(4)
    rising = answer_of(curve_through(0.8 - n**-0.5), RESULTS, "f1", wanted=0.8 - (8 * n[-1]) ** -0.5)
    # Eight times as many as the six rows of the class that there are.
    assert rising.sentences == (
        "About 48 rows of `yes` (there are 6) would be needed for a F1 of 0.78, which is 0.73 now; with twice the rows "
        "(12 of `yes`) F1 would be about 0.75.".replace("a F1", "an F1"),
    )
    flat = answer_of(curve_through(np.array([0.70, 0.702, 0.70, 0.701])), RESULTS)
    assert flat.sentences == ("More rows would not help SMOTE: F1 is 0.70 with half of the rows, and 0.70 with all.",)
    falling = answer_of(curve_through(np.array([0.75, 0.72, 0.71, 0.70])), RESULTS)
    assert "would not help" in falling.sentences[0]
    far = answer_of(curve_through(0.8 - n**-0.5), RESULTS, "f1", wanted=0.799)
    assert "levels off near 0.80" in far.sentences[0]
    noisy = answer_of(curve_through(0.8 - n**-0.5, noise=0.2), RESULTS)
    assert "cannot tell the rise from chance" in noisy.sentences[1]
    errors = outlook(curve_through(0.1 + n**-0.5), "log_loss", RESULTS.plan.split, wanted=0.1 + (4 * n[-1]) ** -0.5)
    assert errors.helps
    assert errors.times == pytest.approx(4, rel=0.05)
    assert errors.doubled < errors.now < errors.half


def test_what_cannot_be_scored_is_said() -> None:
    curve = replace(curve_through(np.linspace(0.5, 0.7, 4)), scores=np.full((4, 5, len(METRICS)), np.nan))
    assert answer_of(curve, RESULTS).sentences == ("SMOTE has no value of F1 on halves of the rows.",)
    older = replace(curve_through(np.linspace(0.5, 0.7, 4)), metrics=("f1",), scores=np.full((4, 5, 1), 0.5))
    assert answer_of(older, RESULTS, "mcc").sentences == ("SMOTE has no value of MCC on halves of the rows.",)
    assert LearningCurve.from_bytes(b'{"key": "plain"}') is None
    assert asked_for(None, "f1") == ("f1", None)


def test_it_is_kept_with_the_run_and_said_on_the_command_line(
    tmp_path: Path, parts: tuple[Part, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store(tmp_path)
    run_id = store.create(PLAN, TABLE, "Shells")
    for fold, result in enumerate(parts[-1].results):
        store.write_unit(run_id, f"r000-f{fold:03d}", [result])
    curve = curve_of("plain", parts)
    assert kept_curve(store, run_id, "plain") is None
    keep_curve(store, run_id, "plain", curve)
    back = kept_curve(store, run_id, "plain")
    assert back is not None
    np.testing.assert_array_equal(back.scores, curve.scores)
    assert main(["rows", "Shells", "--runs", str(tmp_path), "--metric", "roc_auc", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert len(said["rows"]) == len(SHARES)
    assert "ROC AUC" in said["sentences"][0]
    assert main(["rows", "Shells", "--runs", str(tmp_path), "--metric", "rocauc"]) == 2
    assert "There is no metric 'rocauc'" in capsys.readouterr().err
    assert main(["rows", "Shells", "--runs", str(tmp_path), "--strategy", "smote"]) == 2
    assert "no result of a strategy 'smote'" in capsys.readouterr().err
