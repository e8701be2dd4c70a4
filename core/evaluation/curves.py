"""Precision-recall and ROC curves of one strategy, from scikit-learn, thinned for drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import precision_recall_curve, roc_curve

from core.experiment.results import FoldResult

_MAX_POINTS = 400


@dataclass(frozen=True, eq=False)
class Curve:
    """A curve over pooled test rows.

    Parameters
    ----------
    x, y : ndarray of float64, shape (n_points,)
        Recall and precision, or false and true positive rate.

    See Also
    --------
    pr, roc : Make them.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> curve = roc(sample_run().folds, "smote", code=1)
    >>> round(float(np.trapezoid(curve.y, curve.x)), 3)
    0.972
    """

    x: np.ndarray
    y: np.ndarray


def pooled(results: Sequence[FoldResult], strategy: str, code: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a class's truth (0/1) and probability over all tested rows of a strategy's folds.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> truth, p = pooled(sample_run().folds, "plain", code=1)
    >>> len(truth), [round(value, 1) for value in p[truth == 1].tolist()]
    (24, [0.7, 0.3, 0.8, 0.4, 0.9, 0.4])
    """
    folds = [r for r in results if r.strategy == strategy and r.error is None]
    truth = np.concatenate([r.y_true for r in folds]) == code
    return truth.astype(np.int64), np.concatenate([r.probabilities[:, code] for r in folds])


def pr(results: Sequence[FoldResult], strategy: str, code: int) -> Curve:
    """Return the precision-recall curve of a class against the rest, recall ascending.

    See Also
    --------
    roc : The curve that counts false alarms among the rest.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> curve = pr(sample_run().folds, "plain", code=1)
    >>> curve.x.round(2).tolist()
    [0.0, 0.17, 0.33, 0.5, 0.5, 0.83, 1.0, 1.0]
    >>> curve.y.round(2).tolist()
    [1.0, 1.0, 1.0, 1.0, 0.75, 0.71, 0.5, 0.25]
    """
    precision, recall, _ = precision_recall_curve(*pooled(results, strategy, code), drop_intermediate=True)
    return _thinned(recall[::-1], precision[::-1])


def roc(results: Sequence[FoldResult], strategy: str, code: int) -> Curve:
    """Return the ROC curve of a class against the rest.

    See Also
    --------
    pr : The curve that counts false alarms among the alarms.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> curve = roc(sample_run().folds, "plain", code=1)
    >>> curve.x.round(2).tolist()
    [0.0, 0.0, 0.0, 0.06, 0.11, 0.33, 1.0]
    >>> curve.y.round(2).tolist()
    [0.0, 0.17, 0.5, 0.5, 0.83, 1.0, 1.0]
    """
    false_rate, true_rate, _ = roc_curve(*pooled(results, strategy, code))
    return _thinned(false_rate, true_rate)


def _thinned(x: np.ndarray, y: np.ndarray) -> Curve:
    """Keep about 400 points, spread evenly over the way along the curve, both ends included."""
    if len(x) <= _MAX_POINTS:
        return Curve(x, y)
    way = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))])
    keep = np.unique(np.searchsorted(way, np.linspace(0, way[-1], _MAX_POINTS)).clip(0, len(x) - 1))
    keep = np.unique(np.concatenate([[0], keep, [len(x) - 1]]))
    return Curve(x[keep], y[keep])
