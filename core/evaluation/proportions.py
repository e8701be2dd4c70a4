"""Intervals of shares that are right where few rows stand behind them, and where all of them agree.

A percentile bootstrap of a share that is 0 or 1 has no width, and of one near it too little: no draw shows what was
not seen. Wilson's interval of the counts has neither fault. F1 is a share in disguise: with J the hits among all rows
that are or are called the class, F1 = 2 J / (1 + J).

References
----------
Wilson (1927), "Probable inference, the law of succession, and statistical inference", JASA 22.
Newcombe (2006), "Confidence intervals for an effect size measure based on the Mann-Whitney statistic. Part 2",
Statistics in Medicine 25, method 5.
"""

from __future__ import annotations

import numpy as np
from scipy import optimize, stats


def wilson(share: float, rows: float, level: float = 0.95) -> tuple[float, float]:
    """Return Wilson's interval of a share.

    Parameters
    ----------
    share : float
        In [0, 1].
    rows : float
        That it rests on; need not be whole. The ends are nan where there is none.

    Examples
    --------
    >>> [round(end, 3) for end in wilson(0.0, 20)], [round(end, 3) for end in wilson(0.9, 20)]
    ([0.0, 0.161], [0.699, 0.972])
    """
    if not rows > 0:
        return np.nan, np.nan
    z = float(stats.norm.ppf((1 + level) / 2))
    middle = (share + z * z / (2 * rows)) / (1 + z * z / rows)
    half = z / (1 + z * z / rows) * np.sqrt(max(0.0, share * (1 - share)) / rows + z * z / (4 * rows * rows))
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def rows_behind(share: float, deviation: float) -> float:
    """Return how many independent rows have a share with this standard deviation; nan where all or none agree.

    Examples
    --------
    >>> round(rows_behind(0.5, 0.05))
    100
    """
    spread = share * (1 - share)
    return spread / deviation**2 if spread > 0 and deviation > 0 else np.nan


def around(value: float, deviation: float, ends: tuple[float, float], level: float = 0.95) -> tuple[float, float]:
    """Return Wilson's interval of a value between two ends, with the rows that its standard deviation stands for.

    Away from the ends it is the normal interval; near them it leans inwards and never leaves them. Where an end is
    infinite, the interval is the normal one of the logarithm.

    Parameters
    ----------
    value, deviation : float
        The ends are nan where there is no deviation.
    ends : (float, float)
        Lowest and highest value that there can be.

    See Also
    --------
    wilson : For counts.

    Examples
    --------
    >>> [round(end, 2) for end in around(0.5, 0.05, (0.0, 1.0))], [round(end, 2) for end in around(0.97, 0.02, (0, 1))]
    ([0.4, 0.6], [0.9, 0.99])
    """
    low, high = ends
    if not deviation > 0:
        return np.nan, np.nan
    if not np.isfinite(high):
        z = float(stats.norm.ppf((1 + level) / 2))
        reach = np.exp(z * deviation / (value - low)) if value > low else np.nan
        return low + float((value - low) / reach), low + float((value - low) * reach)
    share = (value - low) / (high - low)
    first, last = wilson(share, rows_behind(share, deviation / (high - low)), level)
    return low + (high - low) * first, low + (high - low) * last


def f1_of_jaccard(jaccard: float) -> float:
    """Return the F1 of a Jaccard index.

    Examples
    --------
    >>> f1_of_jaccard(0.5) == 2 / 3
    True
    """
    return 2 * jaccard / (1 + jaccard)


def auc_interval(auc: float, positives: int, negatives: int, level: float = 0.95) -> tuple[float, float]:
    """Return Newcombe's interval of an area under the ROC curve, which holds near 1 and with few rows.

    The ends are the areas from which ``auc`` lies as many standard errors away as the level asks, each error that of
    Hanley and McNeil's exponential model at the end itself.

    Examples
    --------
    >>> [round(end, 3) for end in auc_interval(0.9, 20, 980)], [round(end, 3) for end in auc_interval(1.0, 20, 980)]
    ([0.803, 0.95], [0.95, 1.0])
    """
    if positives < 1 or negatives < 1:
        return np.nan, np.nan
    z, mean = float(stats.norm.ppf((1 + level) / 2)), (positives + negatives) / 2 - 1

    def beyond(at: float) -> float:
        shape = 1 + mean * ((1 - at) / (2 - at) + at / (1 + at))
        return abs(at - auc) - z * float(np.sqrt(at * (1 - at) * shape / (positives * negatives)))

    edge = 1e-9
    inner = min(max(auc, 1e-6), 1 - 1e-6)  # at 0 and 1 the error vanishes
    low = float(optimize.brentq(beyond, edge, inner)) if beyond(edge) > 0 else 0.0
    high = float(optimize.brentq(beyond, inner, 1 - edge)) if beyond(1 - edge) > 0 else 1.0
    return low, high
