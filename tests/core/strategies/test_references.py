"""References: other libraries' own models, under shares that are known, on the rows that networks have."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier, early_stopping
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.utils.class_weight import compute_sample_weight
from threadpoolctl import threadpool_limits

from core import StrategyClassifier
from core.data.splitting import Unit
from core.data.table import from_frame
from core.experiment.units import run, run_unit
from core.plan import Part, Plan, SplitSettings, TrainingSettings
from core.strategies import Calibrating, HeldOut, Predictor, Reference, TrainingView, cross_fit, make
from core.strategies.notation import parse_strategies

QUICK = TrainingSettings(epochs=1)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Fit as a fold does, whose own threads keep the cores busy."""
    with threadpool_limits(1):
        yield


def rows(n: int = 1_200, share: float = 1 / 12) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of two overlapping classes, of which the positive one has the share."""
    rng = np.random.default_rng(0)
    y = (np.arange(n) < n * share).astype(np.int64)
    return rng.standard_normal((n, 2)) + 1.2 * y[:, None], y


def view_of(X: np.ndarray, y: np.ndarray) -> TrainingView:
    return TrainingView(X.astype(np.float32), X, (), y, 2, 3, lambda encoded: encoded.astype(np.float32))


def halves(n: int = 1_200) -> tuple[TrainingView, HeldOut]:
    """Return rows to learn from, and as many others to stop on."""
    X, y = rows(n)
    view = view_of(X[::2], y[::2])
    return view, HeldOut(X[1::2].astype(np.float32), y[1::2])


def predictor_of(key: str, view: TrainingView, held: HeldOut | None) -> Predictor:
    reference = make(Part(key))
    assert isinstance(reference, Reference)
    return reference.fit(reference.lane(view), view, held)


@pytest.mark.parametrize("weight", [None, "balanced"])
def test_a_linear_reference_is_scikit_learns_model(weight: str | None) -> None:
    view, held = halves()
    theirs = LogisticRegression(class_weight=weight, max_iter=1000).fit(view.X, view.y)
    mine = predictor_of("logistic_balanced" if weight else "logistic", view, held)(held.X)
    np.testing.assert_allclose(mine, theirs.predict_proba(held.X), atol=2e-3)


@pytest.mark.parametrize("weight", [None, "balanced"])
def test_boosting_is_scikit_learns_and_stops_on_the_rows_held_out(weight: str | None) -> None:
    view, held = halves()
    weights = compute_sample_weight(weight, view.y).astype(np.float32)
    settings = {"learning_rate": 0.05, "max_leaf_nodes": 15, "l2_regularization": 1.0, "random_state": 3}
    theirs = HistGradientBoostingClassifier(max_iter=1_000, early_stopping=True, n_iter_no_change=20, **settings)
    theirs.fit(view.X, view.y, weights, X_val=held.X, y_val=held.y, sample_weight_val=weights)
    assert theirs.n_iter_ < 100
    mine = predictor_of("boosting_balanced" if weight else "boosting", view, held)(held.X)
    np.testing.assert_allclose(mine, theirs.predict_proba(held.X), atol=1e-6)
    plain = HistGradientBoostingClassifier(**settings).fit(view.X, view.y, weights)
    unstopped = predictor_of("boosting_balanced" if weight else "boosting", view, None)(held.X)
    np.testing.assert_allclose(unstopped, plain.predict_proba(held.X), atol=1e-6)


@pytest.mark.parametrize("weight", [None, "balanced"])
def test_lightgbm_is_the_librarys_and_stops_on_the_rows_held_out(weight: str | None) -> None:
    view, held = halves()
    settings = {"learning_rate": 0.05, "num_leaves": 15, "reg_lambda": 1.0, "random_state": 3, "n_jobs": 1}
    theirs = LGBMClassifier(n_estimators=1_000, verbosity=-1, class_weight=weight, **settings).fit(
        view.X, view.y, eval_X=held.X, eval_y=held.y, eval_class_weight=[weight],
        callbacks=[early_stopping(50, verbose=False)],
    )  # fmt: skip
    assert theirs.best_iteration_ < 200
    key = "lightgbm_balanced" if weight else "lightgbm"
    mine = predictor_of(key, view, held)(held.X)
    np.testing.assert_allclose(mine, theirs.predict_proba(held.X), atol=1e-6)
    np.testing.assert_array_equal(mine, pickle.loads(pickle.dumps(predictor_of(key, view, held)))(held.X))
    plain = LGBMClassifier(n_estimators=100, verbosity=-1, class_weight=weight, **settings).fit(view.X, view.y)
    np.testing.assert_allclose(predictor_of(key, view, None)(held.X), plain.predict_proba(held.X), atol=1e-6)


@pytest.mark.parametrize("key", ["boosting", "boosting_balanced", "lightgbm", "lightgbm_balanced"])
def test_held_out_rows_of_a_class_never_learned_are_left_out(key: str) -> None:
    view, held = halves(400)
    view = replace(view, n_classes=3)
    held.y[-3:] = 2
    shorter = HeldOut(held.X[:-3], held.y[:-3])
    found = predictor_of(key, view, held)(held.X)
    np.testing.assert_array_equal(found, predictor_of(key, view, shorter)(held.X))
    assert (found[:, 2] == 0).all()
    nothing_known = HeldOut(held.X[-3:], held.y[-3:])
    np.testing.assert_array_equal(predictor_of(key, view, nothing_known)(held.X), predictor_of(key, view, None)(held.X))


@pytest.mark.parametrize(
    ("error", "way_out"),
    [
        (ModuleNotFoundError("No module named 'lightgbm'"), "pip install lightgbm"),
        (OSError("libgomp.so.1"), "libgomp1"),
    ],
)
def test_a_missing_library_is_said_in_one_sentence(
    error: Exception, way_out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> None:
        raise error

    monkeypatch.setattr("core.strategies.references_boosting.import_module", missing)
    X, y = rows(600)
    table = from_frame(pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "y": np.where(y == 1, "yes", "no")}), "two classes")
    plan = Plan("y", parse_strategies("lightgbm, logistic"), training=QUICK, split=SplitSettings(2))
    missed, other = run_unit(table, plan, Unit(0, 0))
    assert missed.error is not None
    assert missed.error.startswith("LightGBM needs ")
    assert way_out in missed.error
    assert missed.error.count(".") == 1
    assert other.error is None


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


def test_references_learn_from_the_rows_that_networks_learn_from() -> None:
    X, y = rows(600)
    table = from_frame(pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "y": np.where(y == 1, "yes", "no")}), "two classes")
    keys = "logistic, logistic+threshold_f1, boosting, lightgbm, plain"
    plan = Plan("y", parse_strategies(keys), training=QUICK, split=SplitSettings(2))
    results = run_unit(table, plan, Unit(0, 0))
    assert [int(result.class_counts.sum()) for result in results] == [240] * 5
    assert [result.notes for result in results] == [()] * 5
    np.testing.assert_array_equal(results[0].probabilities, results[1].probabilities)


@pytest.mark.parametrize("key", ["logistic_balanced", "boosting_balanced", "lightgbm"])
def test_cross_fitted_references_hold_each_row_out_once(key: str) -> None:
    X, y = rows(600)
    view, reference = view_of(X, y), make(Part(key))
    assert isinstance(reference, Reference)
    parts = [part for _, part in StratifiedKFold(3).split(X, y)]
    fitted = cross_fit(reference, view, parts)
    fits = []
    for part, lane in zip(parts, fitted.lanes, strict=True):
        rest = np.setdiff1d(np.arange(len(y)), part)
        np.testing.assert_array_equal(lane.rows, rest)
        held = HeldOut(view.X[part], y[part])
        fits.append(predictor_of(key, view_of(X[rest], y[rest]), held))
        np.testing.assert_allclose(fitted.out_of_fold[part], fits[-1](view.X[part]), atol=1e-6)
    np.testing.assert_allclose(fitted.predict(view.X), np.mean([p(view.X) for p in fits], axis=0), atol=1e-6)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(fitted.predict))(view.X), fitted.predict(view.X))


def test_where_networks_are_cross_fitted_references_are_too() -> None:
    X, y = rows(600)
    table = from_frame(pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "y": np.where(y == 1, "yes", "no")}), "two classes")
    plan = Plan("y", parse_strategies("logistic, logistic+threshold_f1"), training=QUICK, split=SplitSettings(2))
    single = run_unit(table, plan, Unit(0, 0))
    whole, tuned = run_unit(table, replace(plan, training=replace(QUICK, members=3)), Unit(0, 0))
    assert [int(result.class_counts.sum()) for result in (*single, whole, tuned)] == [240, 240, 200, 200]
    np.testing.assert_array_equal(whole.probabilities, tuned.probabilities)
    assert np.abs(whole.probabilities - single[0].probabilities).max() > 1e-4
    assert tuned.threshold is not None


def test_a_table_too_small_to_keep_rows_back_is_learned_from_once() -> None:
    X, y = np.array([[0.0], [1.0], [2.0], [3.0], [4.0]]), np.array([0, 0, 0, 1, 1])
    mine = StrategyClassifier("logistic", random_state=0).fit(X, y).predict_proba(X)
    scaled = (X - X.mean()) / X.std()
    theirs = LogisticRegression(max_iter=1000).fit(scaled, y).predict_proba(scaled)
    np.testing.assert_allclose(mine, theirs, atol=1e-4)
