"""What any threshold would do, for all strategies at once, without counting the rows again.

A threshold's confusion matrix depends only on how many rows, and how many positive ones, have a
probability of at least the threshold. Both follow from the sorted probabilities and one running sum,
so a reading is one binary search per strategy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from core.decision.confusion import ratio
from core.decision.costs import Costs
from core.decision.row_costs import RowCosts
from core.decision.thresholds import Cuts
from core.evaluation.outoffold import OutOfFold


@dataclass(frozen=True, eq=False)
class Readings:
    """Figures by strategy and threshold.

    Parameters
    ----------
    thresholds : ndarray of float64, shape (n_strategies, n_thresholds)
    confusion : ndarray of int64, shape (n_strategies, n_thresholds, 2, 2)
        Counts of tested rows, truth down, decision across; 1 is the class.
    precision, recall, f1, value : ndarray of float64, shape (n_strategies, n_thresholds)
        ``precision``, ``f1`` and ``value`` are those of the field's prevalence where it is given;
        0 where undefined. ``value`` is the mean cost or benefit of a row.

    See Also
    --------
    Explorer.at : Reads them.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.evaluation.outoffold import out_of_fold
    >>> explorer = Explorer.of(out_of_fold(sample_run().comparison), code=1)
    >>> readings = explorer.at(0.5, Costs())
    >>> readings.recall.tolist(), readings.confusion[0, 0].tolist()
    ([[0.5], [1.0]], [[17, 1], [3, 3]])
    """

    thresholds: np.ndarray
    confusion: np.ndarray
    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    value: np.ndarray


@dataclass(frozen=True, eq=False)
class Explorer:
    """One class against the rest, for all strategies.

    Parameters
    ----------
    keys : tuple of str
        Strategies, in order.
    n_class, n_rest : int
        Tested rows of the class and of the rest.
    cuts : tuple of Cuts
        How a threshold can divide the rows, by strategy.
    own_called, own_hits : ndarray of int64, shape (n_strategies, 1)
        Rows, and rows of the class, that a strategy's own decisions call the class, fold by fold.
    paid : tuple of ndarray, shape (n_cuts, 2)
        By strategy, where costs by row count: what a row of the rest, and of the class, costs on average at each cut.
    own_paid : ndarray, shape (n_strategies, 1, 2)
        The same by the strategy's own decisions.

    See Also
    --------
    core.decision.thresholds.Cuts : How a threshold can divide rows.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.evaluation.outoffold import out_of_fold
    >>> explorer = Explorer.of(out_of_fold(sample_run().comparison), code=1)
    >>> explorer.keys, explorer.best(Costs()).round(2).tolist()
    (('plain', 'smote'), [0.35, 0.65])
    >>> explorer.best(Costs(((0.0, 1.0), (10.0, 0.0)))).round(2).tolist()
    [0.25, 0.5]
    """

    keys: tuple[str, ...]
    n_class: int
    n_rest: int
    cuts: tuple[Cuts, ...]
    own_called: np.ndarray
    own_hits: np.ndarray
    paid: tuple[np.ndarray, ...] = ()
    own_paid: np.ndarray | None = None

    @classmethod
    def of(
        cls,
        pooled: Sequence[OutOfFold],
        code: int,
        by_row: RowCosts | None = None,
        frame: pd.DataFrame | None = None,
    ) -> Explorer:
        """Sort every strategy's probabilities of a class once.

        Parameters
        ----------
        by_row : RowCosts or None
            What decisions cost, instead of the costs that are given later; of these only the share counts then.
        frame : DataFrame or None
            The labelled rows of the table, for costs by row.

        Raises
        ------
        CostError
            A column cannot say what rows cost.
        """
        truth = pooled[0].truth == code
        cuts = tuple(Cuts.of(rows.truth == code, rows.probabilities[:, code].astype(np.float64)) for rows in pooled)
        n_class = int(truth.sum())
        called = np.array([[(rows.decisions == code).sum()] for rows in pooled], np.int64)
        hits = np.array([[((rows.decisions == code) & (rows.truth == code)).sum()] for rows in pooled], np.int64)
        explorer = cls(tuple(rows.key for rows in pooled), n_class, len(truth) - n_class, cuts, called, hits)
        if by_row is None or frame is None:
            return explorer
        by_row.check(frame)
        tested = frame.iloc[pooled[0].rows]
        left, flagged = (by_row.total(truth, np.full(len(truth), at), tested) for at in (0, 1))
        sides = np.stack([~truth, truth], axis=1) / np.maximum(1, [explorer.n_rest, explorer.n_class])
        paid, own_paid = [], []
        for rows, cut in zip(pooled, cuts, strict=True):
            p = rows.probabilities[:, code].astype(np.float64)
            order = np.argsort(p, kind="stable")
            more = np.cumsum(((flagged - left)[:, None] * sides)[order][::-1], axis=0)
            paid.append(left @ sides + np.concatenate([np.zeros((1, 2)), more])[cut.called])
            own_paid.append([np.where(rows.decisions == code, flagged, left) @ sides])
        return replace(explorer, paid=tuple(paid), own_paid=np.array(own_paid))

    @property
    def share(self) -> float:
        """Prevalence of the class among the tested rows."""
        return self.n_class / max(1, self.n_class + self.n_rest)

    def at(self, thresholds: np.ndarray | float, costs: Costs) -> Readings:
        """Return the figures of every strategy at the same thresholds.

        Parameters
        ----------
        thresholds : ndarray, shape (n_thresholds,), or float
            A row is called the class where its probability is at least the threshold.
        """
        shared = np.atleast_1d(np.asarray(thresholds, np.float64))
        return self.at_own(np.broadcast_to(shared, (len(self.cuts), len(shared))), costs)

    def at_own(self, thresholds: np.ndarray, costs: Costs) -> Readings:
        """Return the figures at thresholds of each strategy's own, shape (n_strategies, n_thresholds)."""
        counts = np.empty((2, *thresholds.shape), np.int64)
        paid = np.empty((*thresholds.shape, 2)) if self.paid else None
        for i, cuts in enumerate(self.cuts):
            places = np.searchsorted(cuts.values, thresholds[i], side="left")
            counts[0, i], counts[1, i] = cuts.called[places], cuts.hits[places]
            if paid is not None:
                paid[i] = self.paid[i][places]
        return self._readings(thresholds, counts[0], counts[1], costs, paid)

    def decided(self, costs: Costs) -> Readings:
        """Return the figures of every strategy's own decisions, each with the threshold or rule of its fold.

        Their confusion matrices are those of the comparison; ``thresholds`` are nan, as there is no single one.
        """
        unknown = np.full(self.own_called.shape, np.nan)
        return self._readings(unknown, self.own_called, self.own_hits, costs, self.own_paid)

    def best(self, costs: Costs) -> np.ndarray:
        """Return the threshold of each strategy with the lowest cost or the highest benefit, shape (n_strategies,).

        Exact over all thresholds. It is chosen on the same rows that it is then read on, so what it
        promises is optimistic. Of equally good ones, the one nearest to 0.5 is taken.
        """
        thresholds = []
        for i, cuts in enumerate(self.cuts):
            value = self._value(cuts.called, cuts.hits, costs, self.paid[i] if self.paid else None)
            value = -value if costs.benefits and not self.paid else value
            equals = np.flatnonzero(value <= value.min() + 1e-12)
            # Thresholds ascend with the position, so only the two around 0.5 can be nearest to it.
            around = np.searchsorted(equals, np.searchsorted(cuts.values, 0.5))
            thresholds.append(cuts.nearest_to_half(equals[max(0, around - 1) : around + 2]))
        return np.array(thresholds)

    def _rates(self, called: np.ndarray, hits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return hits / max(1, self.n_class), (called - hits) / max(1, self.n_rest)

    def _value(self, called: np.ndarray, hits: np.ndarray, costs: Costs, paid: np.ndarray | None) -> np.ndarray:
        """Return the mean cost or benefit of a row."""
        if paid is None:
            return costs.per_row(*self._rates(called, hits), self.share)
        share = self.share if costs.prevalence is None else costs.prevalence
        return (1 - share) * paid[..., 0] + share * paid[..., 1]

    def _readings(
        self, thresholds: np.ndarray, called: np.ndarray, hits: np.ndarray, costs: Costs, paid: np.ndarray | None
    ) -> Readings:
        true_rate, false_rate = self._rates(called, hits)
        share = self.share if costs.prevalence is None else costs.prevalence
        caught, alarms = share * true_rate, (1 - share) * false_rate
        confusion = np.empty((*called.shape, 2, 2), np.int64)
        confusion[..., 1, 1], confusion[..., 1, 0] = hits, self.n_class - hits
        confusion[..., 0, 1], confusion[..., 0, 0] = called - hits, self.n_rest - (called - hits)
        precision = ratio(caught, caught + alarms)
        f1 = ratio(2 * caught, caught + alarms + share)
        return Readings(thresholds, confusion, precision, true_rate, f1, self._value(called, hits, costs, paid))
