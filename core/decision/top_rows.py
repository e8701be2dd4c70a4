"""The rows with the highest probabilities: how many can be looked at, and what is found among them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from core.decision.thresholds import Cuts

#: Rows of 1,000 that can be looked at, where nobody says otherwise.
ROWS = 50.0
PER = 1000


@dataclass(frozen=True, eq=False)
class TopRows:
    """How many rows can be looked at: a share of the rows of each period, the riskiest of them.

    Parameters
    ----------
    share : ndarray of float64, shape (n_periods,)
        Of each period's rows, in [0, 1].
    period : ndarray of int64, shape (n,), or None
        Each row's period; -1 for a row without one, which is not looked at. None puts all rows into one period.

    See Also
    --------
    core.evaluation.settled.top_rows : Makes it of a run's capacity.

    Examples
    --------
    >>> days = TopRows.by_period(2, np.array([0, 0, 0, 0, 1, -1]))
    >>> days.share.tolist(), days.of(np.array([3, 4])).period.tolist()
    ([0.5, 1.0], [0, 1])
    """

    share: np.ndarray = field(default_factory=lambda: np.array([ROWS / PER]))
    period: np.ndarray | None = None

    @classmethod
    def by_period(cls, rows: float, period: np.ndarray) -> TopRows:
        """Return so many rows of each period; all of one that has fewer."""
        counts = np.bincount(period[period >= 0], minlength=1)
        return cls(np.minimum(1.0, rows / np.maximum(counts, 1)), period)

    def of(self, rows: np.ndarray) -> TopRows:
        """Return the same for some of the rows."""
        return self if self.period is None else TopRows(self.share, self.period[rows])

    def parts(self, n: int) -> list[tuple[float, np.ndarray]]:
        """Return the share of each period and the places of its rows among ``n``."""
        if self.period is None:
            return [(float(self.share[0]), np.arange(n))]
        order = np.argsort(self.period, kind="stable")
        known, starts = np.unique(self.period[order], return_index=True)
        parts = zip(known, np.split(order, starts[1:]), strict=True)
        return [(float(self.share[at]), rows) for at, rows in parts if at >= 0]


def hits_among_top(positive: np.ndarray, p: np.ndarray, k: float) -> float:
    """Return how many positives are among the ``k`` rows with the highest probabilities.

    Of equal probabilities any may come first, so that those at the edge count by their share: the mean over all
    orders.

    Parameters
    ----------
    positive : ndarray of bool, shape (n,)
    p : ndarray, shape (n,)
    k : float
        At least 0; more than there are rows takes them all.

    See Also
    --------
    core.evaluation.capacity.capacities : For all strategies, by period.

    Examples
    --------
    >>> hits_among_top(np.array([True, False, True, False]), np.array([0.9, 0.5, 0.5, 0.1]), k=2)
    1.5
    """
    if not len(p):
        return 0.0
    cuts = Cuts.of(positive, p)
    return float(np.interp(k, cuts.called[::-1], cuts.hits[::-1]))


def precision_and_recall(positive: np.ndarray, p: np.ndarray, top: TopRows) -> tuple[float, float]:
    """Return precision and recall among the rows that can be looked at, over all periods; nan where undefined.

    See Also
    --------
    core.evaluation.weighted.weighted_scores : The same under many weightings of the rows at once.

    Examples
    --------
    >>> positive, p = np.array([True, False, True, False]), np.array([0.9, 0.5, 0.5, 0.1])
    >>> precision_and_recall(positive, p, TopRows(np.array([0.5])))
    (0.75, 0.75)
    """
    hits = looked = found = 0.0
    for share, rows in top.parts(len(p)):
        k = share * len(rows)
        hits, looked = hits + hits_among_top(positive[rows], p[rows], k), looked + k
        found += float(positive[rows].sum())
    return hits / looked if looked else np.nan, hits / found if found else np.nan
