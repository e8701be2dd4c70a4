"""References: scikit-learn's own models, under shares that are known, on the rows that networks have."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from core import StrategyClassifier
from core.data.splitting import Unit
from core.data.table import from_frame
from core.experiment.units import run, run_unit
from core.plan import Part, Plan, SplitSettings, TrainingSettings
from core.strategies import Calibrating, Reference, TrainingView, make
from core.strategies.notation import parse_strategies

QUICK = TrainingSettings(epochs=1)


def rows(n: int = 1_200, share: float = 1 / 12) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of two overlapping classes, of which the positive one has the share."""
    rng = np.random.default_rng(0)
    y = (np.arange(n) < n * share).astype(np.int64)
    return rng.standard_normal((n, 2)) + 1.2 * y[:, None], y


def view_of(X: np.ndarray, y: np.ndarray) -> TrainingView:
    return TrainingView(X.astype(np.float32), X, (), y, 2, 3, lambda encoded: encoded.astype(np.float32))


@pytest.mark.parametrize(
    ("key", "theirs"),
    [
        ("logistic_balanced", LogisticRegression(class_weight="balanced", max_iter=1000)),
        ("boosting_balanced", HistGradientBoostingClassifier(class_weight="balanced", random_state=3)),
        ("logistic", LogisticRegression(max_iter=1000)),
    ],
)
def test_a_reference_is_scikit_learns_model(key: str, theirs: LogisticRegression) -> None:
    X, y = rows()
    view, reference = view_of(X, y), make(Part(key))
    assert isinstance(reference, Reference)
    mine = reference.fit(reference.lane(view), view)(view.X)
    np.testing.assert_allclose(mine, theirs.fit(view.X, y).predict_proba(view.X), atol=2e-3)


def test_prior_correction_brings_a_balanced_reference_back_to_the_tables_share() -> None:
    """A class ratio of 11: the odds of the balanced model divided by 11, and so the table's share on average."""
    X, y = rows()
    for key in ("logistic_balanced", "boosting_balanced"):
        view, reference = view_of(X, y), make(Part(key))
        assert isinstance(reference, Reference)
        lane = reference.lane(view)
        p = reference.fit(lane, view)(view.X)
        correction = make(Part("prior_correction"))
        assert isinstance(correction, Calibrating)
        corrected = correction.calibration(p, y, view, [lane])(p)
        odds, before = (np.clip(each[:, 1], 1e-6, 1 - 1e-6) for each in (corrected, p))
        inside = (before > 1e-3) & (before < 1 - 1e-3)
        np.testing.assert_allclose((odds / (1 - odds))[inside], (before / (1 - before))[inside] / 11, rtol=1e-3)
        if key == "logistic_balanced":
            assert p[:, 1].mean() > 0.2
            assert corrected[:, 1].mean() == pytest.approx(1 / 12, abs=0.01)


def test_prior_correction_of_a_reference_reaches_the_results_of_a_run() -> None:
    X, y = rows(600)
    table = from_frame(pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "y": np.where(y == 1, "yes", "no")}), "two classes")
    plan = Plan("y", parse_strategies("logistic_balanced, logistic_balanced+prior_correction"), training=QUICK)
    plain, corrected = run(table, replace(plan, split=SplitSettings(2)))[:2]
    assert plain.probabilities[:, 1].mean() > 0.2
    assert corrected.probabilities[:, 1].mean() == pytest.approx(1 / 12, abs=0.03)


def test_a_reference_learns_from_the_rows_that_networks_stop_on_unless_a_rule_is_fitted_on_them() -> None:
    X, y = rows(600)
    table = from_frame(pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "y": np.where(y == 1, "yes", "no")}), "two classes")
    keys = "logistic, logistic+prior_correction, logistic+threshold_f1, logistic+temperature, plain"
    plan = Plan("y", parse_strategies(keys), training=QUICK, split=SplitSettings(2))
    whole, corrected, tuned, cooled, network = run_unit(table, plan, Unit(0, 0))
    assert [int(r.class_counts.sum()) for r in (whole, corrected, tuned, cooled, network)] == [300, 300, 240, 240, 240]
    np.testing.assert_array_equal(whole.probabilities, corrected.probabilities)
    assert np.abs(whole.probabilities - tuned.probabilities).max() > 1e-4
    assert tuned.notes == (
        "Logistic regression learned without the validation rows, as its decision rule is fitted on them.",
    )
    assert whole.notes == ()


def test_a_table_too_small_to_keep_rows_back_is_learned_from_once() -> None:
    X, y = np.array([[0.0], [1.0], [2.0], [3.0], [4.0]]), np.array([0, 0, 0, 1, 1])
    mine = StrategyClassifier("logistic", random_state=0).fit(X, y).predict_proba(X)
    scaled = (X - X.mean()) / X.std()
    theirs = LogisticRegression(max_iter=1000).fit(scaled, y).predict_proba(scaled)
    np.testing.assert_allclose(mine, theirs, atol=1e-4)
