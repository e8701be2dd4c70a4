"""Metrics against scikit-learn called by hand, and at degenerate folds."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn import metrics as sk

from core.evaluation.metrics import METRICS, score
from core.evaluation.weighted import weighted_scores


def made(n_classes: int, n: int = 300) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(n_classes)
    y = rng.choice(n_classes, n, p=[0.8, 0.2] if n_classes == 2 else [0.6, 0.3, 0.1])
    p = rng.dirichlet(np.ones(n_classes), n) + 0.7 * np.eye(n_classes)[y]
    p /= p.sum(1, keepdims=True)
    return y, p, p.argmax(1)


def test_two_classes_speak_of_the_positive_one() -> None:
    y, p, d = made(2)
    scores = score(y, p, d, 2)
    assert scores["precision"] == pytest.approx(sk.precision_score(y, d))
    assert scores["recall"] == pytest.approx(sk.recall_score(y, d))
    assert scores["average_precision"] == pytest.approx(sk.average_precision_score(y, p[:, 1]))
    assert scores["roc_auc"] == pytest.approx(sk.roc_auc_score(y, p[:, 1]))
    assert scores["brier"] == pytest.approx(sk.brier_score_loss(y, p[:, 1]))
    recalls = sk.recall_score(y, d, average=None)
    assert scores["g_mean"] == pytest.approx(np.sqrt(recalls[0] * recalls[1]))
    assert list(scores) == [metric.key for metric in METRICS]
    assert METRICS[-1].key == "accuracy"


def test_exact_ties_stay_ties_where_rows_sum_to_one_but_for_rounding() -> None:
    """Ties of float32 probabilities are half right for ROC AUC, whatever the rounding of a row's other classes."""
    y = np.array([0, 1, 0, 1, 2, 2])
    third = np.float32(1) / np.float32(3)
    p = np.full((6, 3), third, np.float32)
    p[[1, 3, 4], 2] = np.nextafter(third, np.float32(1), dtype=np.float32)
    scores = score(y, p, p.argmax(1), 3)
    # Classes 0 and 1 are all ties; of class 2, one of two rows leads beside two of the four others.
    auc = (0.5 + 0.5 + 0.5) / 3
    assert scores["roc_auc"] == pytest.approx(auc, abs=1e-12)
    assert scores["average_precision"] == pytest.approx((1 / 3 + 1 / 3 + (1 / 3 + 1 / 3) / 2) / 3, abs=1e-12)
    drawn = weighted_scores(y, p, p.argmax(1), np.ones((6, 1)))
    assert drawn["roc_auc"][0] == pytest.approx(auc, abs=1e-12)
    assert drawn["average_precision"][0] == pytest.approx(scores["average_precision"], abs=1e-12)


def test_more_classes_are_averaged() -> None:
    y, p, d = made(3)
    scores = score(y, p, d, 3)
    assert scores["f1"] == pytest.approx(sk.f1_score(y, d, average="macro"))
    assert scores["roc_auc"] == pytest.approx(sk.roc_auc_score(y, p, multi_class="ovr"))
    assert scores["log_loss"] == pytest.approx(sk.log_loss(y, p))


def test_a_fold_without_a_class_gives_nan_and_no_noise() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scores = score(np.zeros(9, int), np.tile([0.7, 0.3], (9, 1)), np.zeros(9, int), 2)
    assert {key for key, value in scores.items() if not np.isnan(value)} == {"brier", "log_loss", "accuracy"}
    assert scores["accuracy"] == 1
    only_positives = score(np.ones(9, int), np.tile([0.3, 0.7], (9, 1)), np.array([1] * 6 + [0] * 3), 2)
    assert only_positives["recall"] == pytest.approx(6 / 9)
    assert only_positives["precision"] == 1
    assert np.isnan([only_positives[key] for key in ("roc_auc", "mcc", "balanced_accuracy", "g_mean")]).all()


def test_a_decision_that_finds_nothing_is_zero_and_not_undefined() -> None:
    y = np.array([0, 0, 0, 1])
    scores = score(y, np.tile([0.7, 0.3], (4, 1)), np.zeros(4, int), 2)
    assert (scores["precision"], scores["recall"], scores["f1"], scores["mcc"], scores["g_mean"]) == (0, 0, 0, 0, 0)


def test_means_over_classes_leave_out_a_class_without_rows() -> None:
    y = np.array([0, 0, 0, 0, 1, 1])
    d = np.array([0, 0, 0, 2, 1, 0])
    p = np.full((6, 3), 0.15) + 0.55 * np.eye(3)[d]
    scores = score(y, p, d, 3)
    assert scores["recall"] == pytest.approx((3 / 4 + 1 / 2) / 2)
    assert scores["balanced_accuracy"] == pytest.approx(scores["recall"])
    assert scores["precision"] == pytest.approx((3 / 4 + 1) / 2)
    assert scores["g_mean"] == pytest.approx(np.sqrt(3 / 8))
    ranked = [sk.roc_auc_score(y == code, p[:, code]) for code in (0, 1)]
    assert scores["roc_auc"] == pytest.approx(np.mean(ranked))
    fast = weighted_scores(y, p, d, np.ones((6, 1)))
    assert {key: value[0] for key, value in fast.items()} == pytest.approx(scores)
