"""What is found by whoever can look at so many rows only, those with the highest probabilities first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from core.decision.thresholds import Cuts
from core.decision.top_rows import hits_among_top
from core.evaluation.outoffold import OutOfFold


@dataclass(frozen=True, eq=False)
class Capacities:
    """Rows looked at and rows of the class found, by strategy and period, on average over repeats.

    Parameters
    ----------
    keys : tuple of str
        Strategies, in order.
    periods : tuple of str
        In order of time; one without a name where rows are not parted by time.
    looked, of_class, rows : ndarray, shape (n_periods,)
        Rows looked at, rows of the class, and all rows.
    hits : ndarray, shape (n_strategies, n_periods)
        Rows of the class among those looked at; what is tied at the edge counts by its share.

    See Also
    --------
    capacities : Counts them.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.evaluation.outoffold import out_of_fold
    >>> found = capacities(out_of_fold(sample_run().comparison), 1, np.zeros(24, int), per_rows=250)
    >>> found.precision.round(2).tolist(), found.recall.round(2).tolist()
    ([0.72, 0.8], [0.72, 0.8])
    """

    keys: tuple[str, ...]
    periods: tuple[str, ...]
    looked: np.ndarray
    of_class: np.ndarray
    rows: np.ndarray
    hits: np.ndarray

    @property
    def precision(self) -> np.ndarray:
        """Of the rows looked at, the share of the class, shape (n_strategies,)."""
        return self.hits.sum(axis=1) / max(float(self.looked.sum()), 1e-12)

    @property
    def recall(self) -> np.ndarray:
        """Of the class's rows, the share that is looked at, shape (n_strategies,); nan where there is none."""
        total = float(self.of_class.sum())
        return self.hits.sum(axis=1) / total if total else np.full(len(self.keys), np.nan)


def capacities(
    pooled: Sequence[OutOfFold],
    code: int,
    period: np.ndarray,
    *,
    per_rows: float | None = None,
    per_period: float | None = None,
    names: Sequence[str] = ("",),
) -> Capacities:
    """Return what is found of a class by looking at so many rows per 1,000, or in each period.

    Parameters
    ----------
    code : int
        The class.
    period : ndarray of int64, shape (n,)
        Which period each pooled row falls into.
    per_rows, per_period : float
        One of them: rows that can be looked at of 1,000, or in a period.
    names : sequence of str
        Of the periods.

    See Also
    --------
    gains : What is found by share of rows looked at.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.evaluation.outoffold import out_of_fold
    >>> pooled = out_of_fold(sample_run().comparison)
    >>> days = np.repeat([0, 1, 2], 8)
    >>> found = capacities(pooled, 1, days, per_period=2, names=("Mon", "Tue", "Wed"))
    >>> found.looked.tolist(), found.of_class.tolist(), found.hits.round(2).tolist()
    ([2.0, 2.0, 2.0], [2.0, 2.0, 2.0], [[1.0, 1.0, 2.0], [1.5, 2.0, 2.0]])
    """
    truth, repeat = pooled[0].truth == code, pooled[0].repeat
    repeats, n_periods = np.unique(repeat), len(names)
    order = np.lexsort((period, repeat))
    place = np.searchsorted(repeats, repeat) * n_periods + period
    edges = np.searchsorted(place[order], np.arange(len(repeats) * n_periods + 1))
    parts = [order[start:end] for start, end in pairwise(edges)]
    rows = np.array([len(part) for part in parts], np.float64)
    looked = np.minimum(rows, rows * per_rows / 1000 if per_rows is not None else float(per_period or 0))
    of_class = np.array([truth[part].sum() for part in parts], np.float64)
    hits = np.array(
        [
            [
                hits_among_top(truth[part], one.probabilities[part, code], k)
                for part, k in zip(parts, looked, strict=True)
            ]
            for one in pooled
        ]
    )

    def mean(values: np.ndarray) -> np.ndarray:
        return values.reshape(*values.shape[:-1], len(repeats), n_periods).mean(axis=-2)

    return Capacities(
        tuple(one.key for one in pooled), tuple(names), mean(looked), mean(of_class), mean(rows), mean(hits)
    )


def gains(pooled: Sequence[OutOfFold], code: int, shares: np.ndarray) -> np.ndarray:
    """Return the share of the class found by looking at a share of the rows, the cumulative gain.

    Parameters
    ----------
    shares : ndarray, shape (n_shares,)
        In [0, 1].

    Returns
    -------
    ndarray, shape (n_strategies, n_shares)
        Over the rows of all folds; lift is the gain by the share.

    See Also
    --------
    capacities : At one capacity.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.evaluation.outoffold import out_of_fold
    >>> gains(out_of_fold(sample_run().comparison), 1, np.array([0.25, 0.5, 1.0])).round(2).tolist()
    [[0.72, 1.0, 1.0], [0.8, 1.0, 1.0]]
    """
    values = []
    for one in pooled:
        cuts = Cuts.of(one.truth == code, one.probabilities[:, code])
        values.append(np.interp(shares * len(one.truth), cuts.called[::-1], cuts.hits[::-1]) / max(1, cuts.hits[0]))
    return np.array(values)
