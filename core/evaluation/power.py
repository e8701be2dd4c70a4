"""How much more it would take to tell two strategies apart."""

from __future__ import annotations

import numpy as np
from scipy import stats

from core.evaluation.paired import MIN_FOLDS, rows_ratio
from core.plan import SplitSettings


def repeats_needed(
    spread: float, split: SplitSettings, difference: float = 0.02, power: float = 0.8, level: float = 0.05
) -> int | None:
    """Return the repeats with which the corrected test would tell a difference, for one pair of strategies.

    The test of n = folds x repeats differences with standard deviation ``spread`` finds a difference d
    with this power where ``d >= (t[1 - level / 2] + t[power]) * sqrt(1 / n + ratio) * spread``, both
    quantiles of Student's t with n - 1 degrees of freedom. More repeats shrink 1 / n alone: below
    :func:`smallest_difference` no number of them is enough. Holm's correction asks for more still.

    Returns
    -------
    int or None
        None where 100 repeats, the maximum that a plan allows, are too few, or a split in time order
        cannot be repeated.

    See Also
    --------
    smallest_difference : What no number of repeats can tell.

    Examples
    --------
    >>> repeats_needed(0.012, SplitSettings(folds=5)), repeats_needed(0.02, SplitSettings(folds=5))
    (4, None)
    """
    repeats = np.arange(1, 2 if split.time is not None else 101)
    n = repeats * split.folds
    reach = stats.t.ppf(1 - level / 2, n - 1) + stats.t.ppf(power, n - 1)
    deviation = spread * np.sqrt(1 / n + rows_ratio(split))
    enough = (n >= MIN_FOLDS) & (difference >= reach * deviation)
    return int(repeats[enough.argmax()]) if enough.any() else None


def smallest_difference(spread: float, split: SplitSettings, power: float = 0.8, level: float = 0.05) -> float:
    """Return the difference below which no number of repeats helps: the limit of :func:`repeats_needed`'s formula.

    Examples
    --------
    >>> round(smallest_difference(0.02, SplitSettings(folds=5)), 3)
    0.028
    """
    reach = stats.norm.ppf(1 - level / 2) + stats.norm.ppf(power)
    return float(reach * np.sqrt(rows_ratio(split)) * spread)
