"""How much each column is worth to each strategy, with intervals over folds."""

from __future__ import annotations

import numpy as np
from scipy import stats

from core.evaluation.paired import corrected_variance

COVERAGE = 0.95


def importance_ends(lost: np.ndarray, folds: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the mean loss over folds and its 95% interval, corrected for training rows that folds share.

    Parameters
    ----------
    lost : ndarray, shape (..., n_folds)
        Of :class:`core.experiment.importance.Why`.
    folds : int
        Of the plan, which decides how much training sets overlap.

    Returns
    -------
    (ndarray, ndarray, ndarray), shape (...)
        Value, low and high; the ends are nan for a single fold.

    References
    ----------
    Nadeau and Bengio (2003), https://doi.org/10.1023/A:1024068626366.

    Examples
    --------
    >>> value, low, high = importance_ends(np.array([0.2, 0.3, 0.4]), folds=5)
    >>> round(float(value), 2), round(float(low), 2), round(float(high), 2)
    (0.3, -0.03, 0.63)
    """
    n = lost.shape[-1]
    value = lost.mean(axis=-1)
    if n < 2:
        return value, np.full(value.shape, np.nan), np.full(value.shape, np.nan)
    variance = corrected_variance(lost.std(axis=-1, ddof=1), n, 1 / max(1, folds - 1))
    half = stats.t.ppf((1 + COVERAGE) / 2, n - 1) * np.sqrt(variance)
    return value, value - half, value + half
