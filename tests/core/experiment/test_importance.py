"""Permuted columns against scikit-learn, and a run's networks that look at the column that tells."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

from core.cli import main
from core.data.problem import Problem
from core.data.table import from_frame
from core.evaluation.importance import importance_ends
from core.experiment.importance import Why, column_groups, explain, tuned_by_fold
from core.experiment.permuting import average_precisions, losses_by_column
from core.experiment.units import run
from core.plan import Plan, SplitSettings, StrategyChoice, TrainingSettings, TuningSettings
from core.reporting.results import Results
from core.runs.reasons import keep_why, kept_why
from core.runs.store import Store
from core.training.lane import Stopped
from core.why import effect_drawing, pushes_table
from tests.core.test_next_file import drawn


def test_what_is_lost_is_what_scikit_learn_says() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(600, 3)), columns=["a", "b", "c"])
    y = (frame["a"] + 0.5 * frame["b"] + rng.normal(size=600) > 1.2).to_numpy()
    model = LogisticRegression().fit(frame, y)
    X, groups = frame.to_numpy(), [np.array([at]) for at in range(3)]

    def probabilities(given: np.ndarray) -> np.ndarray:
        return model.predict_proba(given)[:, 1][None]

    base, lost = losses_by_column(probabilities, X, y, groups, np.ones(600), rng, draws=30)
    wanted = permutation_importance(model, X, y, scoring="average_precision", n_repeats=30, random_state=1)
    np.testing.assert_allclose(lost[0], wanted.importances_mean, atol=0.015)
    assert lost[0, 0] > lost[0, 1] > 0.02
    both, _ = losses_by_column(
        lambda given: np.concatenate([probabilities(given), np.full((1, len(given)), np.nan)]), X, y, groups,
        np.ones(600), rng,
    )  # fmt: skip
    assert both[0] == pytest.approx(base[0])
    assert np.isnan(both[1])
    _, together = losses_by_column(probabilities, X, y, [np.array([0, 1])], np.ones(600), rng, 30)
    assert together[0, 0] > lost[0, 0]


def test_average_precision_is_scikit_learns_with_ties_and_weights() -> None:
    rng = np.random.default_rng(2)
    truth, weights = rng.random(300) < 0.1, rng.random(300)
    p = np.concatenate([rng.random((3, 300)), rng.random((3, 300)).round(1), np.zeros((1, 300))])
    wanted = [average_precision_score(truth, own, sample_weight=weights) for own in p]
    np.testing.assert_allclose(average_precisions(truth, p, weights), wanted)
    assert np.isnan(average_precisions(np.zeros(300, bool), p, weights)).all()


def small_plan() -> Plan:
    return Plan(
        "fraud", (StrategyChoice.of("plain"), StrategyChoice.of("logistic")), training=TrainingSettings(epochs=8),
        split=SplitSettings(folds=2),
    )  # fmt: skip


def test_networks_look_at_the_column_that_tells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = from_frame(drawn(400, 0), "april.csv")
    plan = small_plan()
    why = explain(table, plan, 1, np.arange(40))
    assert why.keys == ("plain", "logistic")
    assert why.columns == ("amount", "hour", "shop")
    value, low, high = importance_ends(why.lost, 2)
    assert (value[:, 0] > value[:, 1:].max(axis=1) + 0.1).all()
    assert ((low <= value) & (value <= high)).all()
    mean = why.effects[0][0]
    assert (mean[:, -1] > mean[:, 0] + 0.1).all()
    assert why.grids[2] == ("north", "south") or why.grids[2] == ("south", "north")
    assert set(why.rows.tolist()) <= set(range(40))
    assert len(why.rows) > 10
    at = int(np.argmax(table.frame["amount"].to_numpy()[why.rows]))
    first = pushes_table(why, int(why.rows[at]), "logistic").iloc[0]
    assert first["Column"] == "amount"
    assert first["Push"] > 0
    again = explain(table, plan, 1, np.arange(40))
    np.testing.assert_array_equal(again.lost, why.lost)
    store = Store(tmp_path)
    run_id = store.create(plan, table, "April")
    assert kept_why(store, run_id, 1, False) is None
    keep_why(store, run_id, 1, False, why)
    kept = kept_why(store, run_id, 1, False)
    assert kept is not None
    np.testing.assert_array_equal(kept.pushes, why.pushes)
    assert kept.grids == why.grids
    assert kept_why(store, run_id, 1, True) is None
    results = Results(Problem.of(table, plan), (), run_id)
    drawing = effect_drawing(kept, results, "amount")
    assert drawing is not None
    assert Why.from_bytes(b"damaged") is None
    assert main(["why", "Nobody", "--runs", str(tmp_path)]) == 2
    assert "There is no run 'Nobody'" in capsys.readouterr().err


def test_a_cancel_stops_between_columns_and_alike_columns_go_together() -> None:
    frame = drawn(200, 1)
    frame["euros"] = (frame["amount"] * 1.1).round(4)
    table = from_frame(frame, "april.csv")
    groups = column_groups(Problem.of(table, small_plan()), together=True)
    assert ("amount + euros", ("amount", "euros")) in groups
    with pytest.raises(Stopped):
        explain(table, small_plan(), 1, np.zeros(0, np.int64), should_stop=lambda: True)


def test_the_settings_that_tuning_chose_in_a_fold_are_used_again() -> None:
    table = from_frame(drawn(300, 3), "april.csv")
    plan = replace(small_plan(), tuning=TuningSettings(8))
    results = run(table, plan)
    tuned = tuned_by_fold(results)
    assert tuned[1]["plain"]
    assert not tuned[1]["logistic"]
    why = explain(table, plan, 1, np.zeros(0, np.int64), tuned=tuned)
    assert why.notes[-1] == "Networks have the settings that tuning chose in each fold."
    # What learns nothing says that the settings are not the plan's own.
    still = tuple(
        {
            key: tuple(re.sub(r"learning_rate=.*", "learning_rate=1e-06", one) for one in own)
            for key, own in fold.items()
        }
        for fold in tuned
    )
    idle = explain(table, plan, 1, np.zeros(0, np.int64), tuned=still)
    assert idle.baseline[0].mean() < why.baseline[0].mean() - 0.1
    lacking = explain(table, plan, 1, np.zeros(0, np.int64))
    assert "were not kept" in lacking.notes[-1]
