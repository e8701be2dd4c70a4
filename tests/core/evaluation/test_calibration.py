"""Calibration figures against scikit-learn, and identities that must hold."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn import metrics as sk

from core.evaluation.calibration import bins, calibration, prior_corrected
from core.evaluation.comparison import compare
from core.evaluation.outoffold import OutOfFold, out_of_fold
from core.experiment.results import FoldResult
from core.plan import Plan, SplitSettings, StrategyChoice


def made(n: int = 3000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    p = rng.beta(0.6, 4, n)
    return rng.random(n) < p, p


@pytest.mark.parametrize("n_bins", [1, 2, 10, 25])
def test_murphys_identity_holds_on_binned_probabilities(n_bins: int) -> None:
    truth, p = made()
    scores, binned = calibration(truth, p, n_bins), bins(truth, p, n_bins)
    place = np.repeat(np.arange(len(binned.count)), binned.count)
    replaced = binned.predicted[place][np.argsort(np.argsort(p, kind="stable"), kind="stable")]
    brier = sk.brier_score_loss(truth, replaced)
    assert scores.reliability - scores.resolution + scores.uncertainty == pytest.approx(brier, abs=1e-12)


def test_scores_are_scikit_learns() -> None:
    truth, p = made()
    scores = calibration(truth, p)
    assert scores.brier == pytest.approx(sk.brier_score_loss(truth, p))
    assert scores.log_loss == pytest.approx(sk.log_loss(truth, np.clip(p, 1e-7, 1 - 1e-7)))
    assert scores.uncertainty == pytest.approx(sk.brier_score_loss(truth, np.full(len(p), truth.mean())))


def test_right_probabilities_are_reliable_and_bent_ones_are_not() -> None:
    truth, p = made(20_000)
    right, bent = calibration(truth, p), calibration(truth, p**0.4)
    assert right.reliability < 0.001 < 0.02 < bent.reliability
    assert bent.resolution == pytest.approx(right.resolution)  # the order of the rows is the same


def test_bins_have_wilsons_interval() -> None:
    truth, p = made()
    binned = bins(truth, p)
    assert abs(binned.count - 300).max() <= 1
    z = 1.959963984540054
    for n, share, low, high in zip(binned.count, binned.observed, binned.low, binned.high, strict=True):
        middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
        assert (low, high) == pytest.approx((middle - half, middle + half), abs=1e-9)
    inside = (binned.low <= binned.predicted) & (binned.predicted <= binned.high)
    assert inside.sum() >= 8


def test_equal_probabilities_share_a_bin() -> None:
    truth = np.arange(100) % 4 == 0
    binned = bins(truth, np.full(100, 0.3, np.float32))
    assert binned.count.tolist() == [100]
    assert binned.observed.tolist() == [0.25]
    two = bins(truth, np.repeat([0.1, 0.9], [90, 10]))
    assert two.count.tolist() == [90, 10]


def resampled(counts: tuple[int, int]) -> tuple[OutOfFold, np.ndarray]:
    """Return right probabilities of 10% as a network would give them that was trained on other shares."""
    truth, p = made(20_000)
    share = truth.mean()
    odds = p / (1 - p) * (counts[1] / counts[0]) / (share / (1 - share))
    shifted = odds / (1 + odds)
    zeros, both = np.zeros(len(p), np.int64), np.column_stack([1 - shifted, shifted])
    training = np.array([counts])
    codes = truth.astype(np.int64)
    return OutOfFold("smote", np.arange(len(p)), zeros, zeros, codes, both, codes, (0.5,), training), p


def test_prior_correction_takes_the_shift_of_resampling_back() -> None:
    one, right = resampled((5000, 5000))
    (corrected,) = prior_corrected([one])
    np.testing.assert_allclose(corrected.probabilities[:, 1], right, atol=1e-9)
    before = calibration(one.truth == 1, one.probabilities[:, 1])
    after = calibration(one.truth == 1, corrected.probabilities[:, 1])
    assert before.predicted > 2 * before.observed
    assert after.predicted == pytest.approx(after.observed, abs=0.01)
    assert after.log_loss < before.log_loss


def test_a_class_without_training_rows_leaves_the_probabilities() -> None:
    one, _ = resampled((5000, 5000))
    lost = OutOfFold(**{**vars(one), "training_counts": np.array([[5000, 0]])})
    np.testing.assert_array_equal(prior_corrected([lost])[0].probabilities, one.probabilities)


def fold(strategy: str, at: int, error: str | None = None) -> FoldResult:
    rows = np.arange(at, 30, 3)
    p = np.linspace(0, 1, len(rows), dtype=np.float32)
    y = (rows % 5 == 0).astype(np.int64)
    both = np.column_stack([1 - p, p])
    counts = np.array([15, 5 + at])
    return FoldResult(strategy, 0, at, rows, y, both, (p > 0.5).astype(np.int64), 0.5, counts, 1.0, 1, error=error)


def test_rows_are_pooled_over_all_folds_of_those_that_finished_them() -> None:
    plan = Plan("y", (StrategyChoice.of("plain"), StrategyChoice.of("smote")), split=SplitSettings(folds=3))
    results = [fold("plain", at) for at in range(3)] + [fold("smote", 0), fold("smote", 2, "No."), fold("smote", 1)]
    (plain,) = out_of_fold(compare(results, plan, ("no", "yes")))
    assert plain.key == "plain"
    assert plain.rows.tolist() == [*range(0, 30, 3), *range(1, 30, 3), *range(2, 30, 3)]
    assert plain.truth.tolist() == [int(row % 5 == 0) for row in plain.rows]
    assert plain.thresholds == (0.5, 0.5, 0.5)
    assert plain.training_counts.tolist() == [[15, 5], [15, 6], [15, 7]]
    assert out_of_fold(compare([], plan, ("no", "yes"))) == ()
