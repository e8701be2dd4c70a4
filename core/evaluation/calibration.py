"""Are probabilities calibrated: reliability, the Brier score's parts, and what resampling shifts.

Everything here looks at one class against the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import binomtest
from sklearn.metrics import log_loss

from core.decision import PriorShift
from core.evaluation.outoffold import OutOfFold

BINS = 10


@dataclass(frozen=True, eq=False)
class Bins:
    """Rows by their probability, about as many in each bin.

    Parameters
    ----------
    predicted, observed : ndarray of float64, shape (n_bins,)
        Mean probability, and share of the class.
    low, high : ndarray of float64, shape (n_bins,)
        Wilson's 95% interval of ``observed`` (Wilson 1927).
    count : ndarray of int64, shape (n_bins,)

    See Also
    --------
    bins : Puts rows into them.

    Examples
    --------
    >>> half = bins(np.array([False, True, True, True]), np.array([0.2, 0.2, 0.8, 0.8]), n_bins=2)
    >>> [round(low, 2) for low in half.low.tolist()], [round(high, 2) for high in half.high.tolist()]
    ([0.09, 0.34], [0.91, 1.0])
    """

    predicted: np.ndarray
    observed: np.ndarray
    low: np.ndarray
    high: np.ndarray
    count: np.ndarray


@dataclass(frozen=True)
class Calibration:
    """How right one strategy's probabilities of a class are.

    The parts are those of Murphy (1973): with every probability replaced by the mean of its bin,
    the Brier score is ``reliability - resolution + uncertainty``, exactly.

    Parameters
    ----------
    predicted, observed : float
        Mean probability, and share of the class.
    brier : float
        Mean squared difference of probability and truth (0 or 1).
    reliability : float
        How far the bins' probabilities are from what was observed; 0 is best.
    resolution : float
        How far the bins differ from the overall share; more is better.
    uncertainty : float
        The Brier score of always saying the overall share; the same for every strategy.
    log_loss : float

    See Also
    --------
    calibration : Measures it.

    Examples
    --------
    >>> sure = calibration(np.array([False, False, False, True]), np.array([0.0, 0.0, 0.0, 1.0]))
    >>> sure.brier, sure.reliability - sure.resolution + sure.uncertainty
    (0.0, 0.0)
    """

    predicted: float
    observed: float
    brier: float
    reliability: float
    resolution: float
    uncertainty: float
    log_loss: float


def bins(truth: np.ndarray, p: np.ndarray, n_bins: int = BINS) -> Bins:
    """Return quantile bins; equal probabilities share a bin, so there may be fewer than asked for.

    Parameters
    ----------
    truth : ndarray of bool, shape (n,)
        One entry per independent row: of repeated folds, give the rows of one repeat, or the
        intervals are too narrow.
    p : ndarray, shape (n,)

    See Also
    --------
    calibration : The same rows in single figures.

    Examples
    --------
    >>> half = bins(np.array([False, True, True, True]), np.array([0.2, 0.2, 0.8, 0.8]), n_bins=2)
    >>> half.predicted.tolist(), half.observed.tolist(), half.count.tolist()
    ([0.2, 0.8], [0.5, 1.0], [2, 2])
    """
    at, count = _binned(p, n_bins)
    hits = np.bincount(at, truth).astype(np.int64)
    intervals = [
        binomtest(k, n).proportion_ci(method="wilson") for k, n in zip(hits.tolist(), count.tolist(), strict=True)
    ]
    return Bins(
        np.bincount(at, p) / count,
        hits / count,
        np.array([interval.low for interval in intervals]),
        np.array([interval.high for interval in intervals]),
        count,
    )


def calibration(truth: np.ndarray, p: np.ndarray, n_bins: int = BINS) -> Calibration:
    """Return the Brier score with its parts, and the log loss.

    Parameters
    ----------
    truth : ndarray of bool, shape (n,)
    p : ndarray, shape (n,)

    See Also
    --------
    bins : The shares behind reliability and resolution.

    Examples
    --------
    >>> scores = calibration(np.array([False, True, True, True]), np.array([0.25, 0.75, 0.75, 0.75]))
    >>> scores.brier, scores.reliability, scores.resolution, scores.uncertainty
    (0.0625, 0.0625, 0.1875, 0.1875)
    """
    p = p.astype(np.float64)
    at, count = _binned(p, n_bins)
    predicted, observed = np.bincount(at, p) / count, np.bincount(at, truth) / count
    weight, overall = count / len(p), float(truth.mean())
    return Calibration(
        predicted=float(p.mean()),
        observed=overall,
        brier=float(((p - truth) ** 2).mean()),
        reliability=float((weight * (predicted - observed) ** 2).sum()),
        resolution=float((weight * (observed - overall) ** 2).sum()),
        uncertainty=overall * (1 - overall),
        log_loss=float(log_loss(truth, np.clip(p, 1e-7, 1 - 1e-7), labels=[False, True])),
    )


def _binned(p: np.ndarray, n_bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Return each row's bin, counted without empty ones, and the rows of each bin."""
    p = p.astype(np.float64)
    edges = np.unique(np.quantile(p, np.linspace(0, 1, n_bins + 1)[1:-1], method="inverted_cdf"))
    _, at, count = np.unique(np.searchsorted(edges, p, side="left"), return_inverse=True, return_counts=True)
    return at, count


def prior_corrected(pooled: Sequence[OutOfFold]) -> tuple[OutOfFold, ...]:
    """Return the strategies with their probabilities carried back to the table's class shares.

    Saerens, Latinne and Decaestecker (2002), fold by fold, from the classes' shares among a
    strategy's training rows to those among all tested rows. What a strategy shifts without changing
    its rows (weights, losses) is left as it is. Decisions stay.

    See Also
    --------
    core.decision.PriorShift : What it does to one fold.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.evaluation.outoffold import out_of_fold
    >>> pooled = out_of_fold(sample_run().comparison)
    >>> [round(float(rows.probabilities[:, 1].mean()), 2) for rows in pooled]
    [0.31, 0.47]
    >>> [round(float(rows.probabilities[:, 1].mean()), 2) for rows in prior_corrected(pooled)]
    [0.31, 0.27]
    """
    n_classes = pooled[0].probabilities.shape[1] if pooled else 0
    corrected = []
    for rows in pooled:
        table = np.bincount(rows.truth, minlength=n_classes) / len(rows.truth)
        p = rows.probabilities.astype(np.float64)
        for fold, counts in enumerate(rows.training_counts):
            seen = counts / max(1, counts.sum())
            factors = np.divide(table, seen, out=np.zeros(n_classes), where=seen > 0)
            chosen = rows.fold == fold
            if (seen > 0).all():
                p[chosen] = PriorShift(tuple(factors.tolist()))(p[chosen])
        corrected.append(replace(rows, probabilities=p))
    return tuple(corrected)
