"""Metrics of confusion matrices, any number of matrices at once.

Matrices have the shape (..., n_classes, n_classes), true classes in rows, decisions in columns.
"""

from __future__ import annotations

import numpy as np


def ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return ``part / whole``; 0 where the whole is 0.

    Examples
    --------
    >>> ratio(np.array([1.0, 3.0]), np.array([4.0, 0.0])).tolist()
    [0.25, 0.0]
    """
    shape = np.broadcast_shapes(np.shape(part), np.shape(whole))
    return np.divide(part, whole, out=np.zeros(shape), where=whole > 0)


def hits(confusion: np.ndarray) -> np.ndarray:
    """Return the rows of each class that are decided rightly, as floats, shape (..., n_classes).

    See Also
    --------
    recalls, precisions : As shares.

    Examples
    --------
    >>> hits(np.array([[90, 10], [5, 5]])).tolist()
    [90.0, 5.0]
    """
    return np.diagonal(confusion, axis1=-2, axis2=-1).astype(np.float64)


def recalls(confusion: np.ndarray) -> np.ndarray:
    """Return the recall of each class, shape (..., n_classes); 0 for classes without rows.

    See Also
    --------
    precisions : Of what is called a class, the share that is one.

    Examples
    --------
    >>> recalls(np.array([[90, 10], [5, 5]])).tolist()
    [0.9, 0.5]
    """
    return ratio(hits(confusion), confusion.sum(axis=-1))


def precisions(confusion: np.ndarray) -> np.ndarray:
    """Return the precision of each class, shape (..., n_classes); 0 for classes never decided.

    See Also
    --------
    recalls : Of a class, the share that is found.

    Examples
    --------
    >>> precisions(np.array([[95, 5], [5, 15]])).tolist()
    [0.95, 0.75]
    """
    return ratio(hits(confusion), confusion.sum(axis=-2))


def f1_scores(confusion: np.ndarray) -> np.ndarray:
    """Return the F1 of each class, shape (..., n_classes); 0 where it is undefined.

    See Also
    --------
    f1 : One number.

    Examples
    --------
    >>> f1_scores(np.array([[0, 2], [0, 3]])).tolist()
    [0.0, 0.75]
    """
    return ratio(2 * hits(confusion), confusion.sum(axis=-1) + confusion.sum(axis=-2))


def f1(confusion: np.ndarray) -> np.ndarray:
    """Return F1 of the positive class for two classes, macro F1 for more, shape (...); 0 where it is undefined.

    See Also
    --------
    f1_scores : Of each class.

    Examples
    --------
    >>> round(float(f1(np.array([[90, 10], [5, 5]]))), 2)
    0.4
    """
    scores = f1_scores(confusion)
    return scores[..., 1] if scores.shape[-1] == 2 else scores.mean(axis=-1)


def g_mean(confusion: np.ndarray) -> np.ndarray:
    """Return the geometric mean of the recalls of the classes that have rows, shape (...).

    See Also
    --------
    mcc : Reads all cells.

    Examples
    --------
    >>> float(g_mean(np.array([[81, 19], [0, 10]])))
    0.9
    """
    present = confusion.sum(axis=-1) > 0
    return np.where(present, recalls(confusion), 1.0).prod(axis=-1) ** (1 / np.maximum(present.sum(axis=-1), 1))


def mcc(confusion: np.ndarray) -> np.ndarray:
    """Return Matthews correlation for any number of classes, shape (...); 0 where it is undefined.

    See Also
    --------
    g_mean : Reads the recalls alone.

    Examples
    --------
    >>> float(mcc(np.array([[10, 0], [0, 10]]))), float(mcc(np.array([[10, 0], [10, 0]])))
    (1.0, 0.0)

    References
    ----------
    Gorodkin (2004), "Comparing two K-category assignments by a K-category correlation coefficient",
    Computational Biology and Chemistry 28: R_K.
    """
    # Fourth powers of counts: whole numbers would overflow from about 55,000 rows on.
    truth, decided = confusion.sum(axis=-1).astype(np.float64), confusion.sum(axis=-2).astype(np.float64)
    n = truth.sum(axis=-1)
    spread = (n**2 - (truth**2).sum(axis=-1)) * (n**2 - (decided**2).sum(axis=-1))
    covariance = hits(confusion).sum(axis=-1) * n - (truth * decided).sum(axis=-1)
    return ratio(covariance, np.sqrt(np.maximum(spread, 0)))
