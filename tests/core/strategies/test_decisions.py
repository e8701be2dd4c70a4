"""Decision rules and calibration: against scikit-learn, brute force and each other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from imblearn.metrics import geometric_mean_score
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import confusion_matrix, f1_score, log_loss, matthews_corrcoef, precision_score, recall_score

from core.decision import Isotonic, Temperature
from core.decision import confusion as metrics
from core.plan import Part
from core.strategies import Calibrating, TrainingView, make
from core.training.lane import Lane, LossTerms


def noisy(n_classes: int, n: int = 600, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return labels, the last class rare, and probabilities that know something of them."""
    rng = np.random.default_rng(seed)
    shares = np.array([0.85, 0.15]) if n_classes == 2 else np.array([0.7, 0.2, 0.1])
    y = rng.choice(n_classes, n, p=shares)
    logits = rng.standard_normal((n, n_classes)) + 1.2 * np.eye(n_classes)[y] + np.log(shares)
    p = np.exp(logits)
    return y, p / p.sum(axis=1, keepdims=True)


def view_of(y: np.ndarray, n_classes: int) -> TrainingView:
    X = np.zeros((len(y), 1))
    return TrainingView(X.astype(np.float32), X, (), y, n_classes, 0, lambda rows: rows.astype(np.float32))


@pytest.mark.parametrize("n_classes", [2, 3])
def test_objectives_equal_the_libraries_metrics(n_classes: int) -> None:
    y, p = noisy(n_classes)
    decided = p.argmax(axis=1)
    confusion = confusion_matrix(y, decided)
    average = "binary" if n_classes == 2 else "macro"
    assert metrics.f1(confusion) == pytest.approx(f1_score(y, decided, average=average))
    assert metrics.mcc(confusion) == pytest.approx(matthews_corrcoef(y, decided))
    assert metrics.g_mean(confusion) == pytest.approx(geometric_mean_score(y, decided, average="multiclass"))
    np.testing.assert_allclose(metrics.recalls(confusion), recall_score(y, decided, average=None))
    np.testing.assert_allclose(metrics.precisions(confusion), precision_score(y, decided, average=None))


SCORES: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "threshold_f1": lambda y, d: float(f1_score(y, d, zero_division=0)),
    "threshold_mcc": lambda y, d: float(matthews_corrcoef(y, d)),
    "threshold_g_mean": lambda y, d: float(geometric_mean_score(y, d, average="multiclass")),
    "threshold_cost": lambda y, d: -float(10 * ((y == 1) & (d == 0)).sum() + ((y == 0) & (d == 1)).sum()),
}


@pytest.mark.parametrize("key", SCORES)
def test_a_tuned_threshold_is_the_best_of_all(key: str) -> None:
    y, p = noisy(2, 300)
    rule = make(Part.of(key)).rule(p, y, view_of(y, 2), [])
    assert rule is not None
    score = SCORES[key]
    reached = score(y, rule.decide(p))
    for threshold in [*p[:, 1], 0.0, 1.1]:
        assert reached >= score(y, (p[:, 1] >= threshold).astype(int)) - 1e-12


def test_floors_are_met_on_the_rows_they_were_fitted_on() -> None:
    y, p = noisy(2, 150)
    for key, metric, other in (
        ("threshold_recall", recall_score, precision_score),
        ("threshold_precision", precision_score, recall_score),
    ):
        rule = make(Part.of(key, floor=0.7)).rule(p, y, view_of(y, 2), [])
        assert rule is not None
        decided = rule.decide(p)
        assert metric(y, decided) >= 0.7
        for threshold in p[:, 1]:
            others = (p[:, 1] >= threshold).astype(int)
            if metric(y, others) >= 0.7:
                assert other(y, decided) >= other(y, others) - 1e-12


def test_scales_for_many_classes_are_no_worse_than_no_scales() -> None:
    y, p = noisy(3)
    for key in ("threshold_f1", "threshold_g_mean", "threshold_mcc"):
        rule = make(Part.of(key)).rule(p, y, view_of(y, 3), [])
        assert rule is not None
        metric = {"threshold_f1": metrics.f1, "threshold_g_mean": metrics.g_mean, "threshold_mcc": metrics.mcc}
        before = metric[key](confusion_matrix(y, p.argmax(axis=1)))
        after = metric[key](confusion_matrix(y, rule.decide(p)))
        assert after >= before


def test_temperature_lowers_the_log_loss_and_keeps_the_order() -> None:
    y, p = noisy(3)
    sharp = p**3 / (p**3).sum(axis=1, keepdims=True)
    fitted = Temperature.fit(sharp, y)
    assert fitted.value > 1.5
    cooled = fitted(sharp)
    assert log_loss(y, cooled) < log_loss(y, sharp)
    np.testing.assert_array_equal(cooled.argmax(axis=1), sharp.argmax(axis=1))
    for value in (fitted.value * 0.9, fitted.value * 1.1):
        assert log_loss(y, Temperature(value)(sharp)) >= log_loss(y, cooled) - 1e-9


def test_isotonic_equals_scikit_learn() -> None:
    y, p = noisy(2)
    fitted = Isotonic.fit(p, y)
    edge = 0.5 / (len(y) + 1)
    expected = IsotonicRegression(y_min=edge, y_max=1 - edge, out_of_bounds="clip").fit(p[:, 1], y).predict(p[:, 1])
    np.testing.assert_allclose(fitted(p)[:, 1], expected)
    many_y, many = noisy(3)
    np.testing.assert_allclose(Isotonic.fit(many, many_y)(many).sum(axis=1), 1)


@pytest.mark.parametrize(
    "lane",
    [
        Lane(np.concatenate([np.arange(200), np.tile(np.arange(180, 200), 8)]), 0),
        Lane(np.arange(200), 0, sample_weight=np.repeat([1.0, 9.0], [180, 20]).astype(np.float32)),
        Lane(np.arange(200), 0, batches="balanced"),
        Lane(np.arange(200), 0, loss=LossTerms(offset=(float(np.log(0.9)), float(np.log(0.1))))),
    ],
    ids=["rows", "weights", "batches", "offset"],
)
def test_prior_correction_takes_back_what_balancing_did(lane: Lane) -> None:
    """A perfect model of the balanced world, corrected, is the perfect model of the table's (Saerens et al. 2002)."""
    y = np.repeat([0, 1], [180, 20])
    true = np.linspace(0.01, 0.9, 50)
    odds = true / (1 - true) * (180 / 20)  # the same likelihoods under equal shares
    balanced = odds / (1 + odds)
    correction = make(Part.of("prior_correction"))
    assert isinstance(correction, Calibrating)
    corrects = correction.calibration(
        np.column_stack([1 - balanced, balanced]), np.zeros(50, int), view_of(y, 2), [lane]
    )
    corrected = corrects(np.column_stack([1 - balanced, balanced]))
    np.testing.assert_allclose(corrected[:, 1], true, atol=1e-9)
