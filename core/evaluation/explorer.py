"""What any threshold would do, for all strategies at once, without counting the rows again.

A threshold's confusion matrix depends only on how many rows, and how many positive ones, have a
probability of at least the threshold. Both follow from the sorted probabilities and one running sum,
so a reading is one binary search per strategy.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.decision.confusion import ratio
from core.decision.thresholds import Cuts
from core.evaluation.outoffold import OutOfFold

_NAMES = ("rest", "class")


class CostError(ValueError):
    """Costs that cannot be used; the message is one sentence with the way out.

    Examples
    --------
    >>> Costs(prevalence=0.0)
    Traceback (most recent call last):
        ...
    core.evaluation.explorer.CostError: The share in the field is 0: choose one between 0 and 1, for example 0.01.
    """


@dataclass(frozen=True)
class Costs:
    """What each decision costs or brings, and how common the class is where the model will work.

    Parameters
    ----------
    matrix : tuple of tuple of float
        ``matrix[true][decided]`` per row, 0 the rest and 1 the class; at least 0. Costs are to be low.
    benefits : bool
        The numbers are benefits, which are to be high.
    prevalence : float or None
        Share of the class in the field, in (0, 1); None means as in the tested rows.

    Raises
    ------
    CostError
        The matrix is not 2 × 2, holds a gap or a negative number, or only zeros; or the prevalence
        is outside (0, 1).

    See Also
    --------
    Explorer.best : The threshold at which they are lowest.

    Examples
    --------
    >>> costs = Costs(((0.0, 1.0), (10.0, 0.0)))
    >>> round(float(costs.per_row(np.array(0.75), np.array(0.1), share=0.2)), 2)
    0.58
    """

    matrix: tuple[tuple[float, ...], ...] = ((0.0, 1.0), (1.0, 0.0))
    benefits: bool = False
    prevalence: float | None = None

    def __post_init__(self) -> None:
        word = "benefit" if self.benefits else "cost"
        widths = {len(row) for row in self.matrix}
        if len(self.matrix) != 2 or widths != {2}:
            across = " or ".join(str(width) for width in sorted(widths)) or "no"
            raise CostError(
                f"The {word}s need 2 rows (the truth) and 2 columns (the decision), and these have "
                f"{len(self.matrix)} rows and {across} columns: enter four numbers."
            )
        for true, row in enumerate(self.matrix):
            for decided, value in enumerate(row):
                place = f"The {word} of calling the {_NAMES[true]} the {_NAMES[decided]}"
                if not math.isfinite(value):
                    raise CostError(f"{place} is missing or no number: enter 0 or more.")
                if value < 0:
                    other = "cost" if self.benefits else "benefit"
                    raise CostError(f"{place} is {value:g}: enter 0 or more, or turn all numbers into {other}s.")
        if not any(map(any, self.matrix)):
            raise CostError(f"All {word}s are 0, so every threshold is as good as any: enter at least one above 0.")
        if self.prevalence is not None and not 0 < self.prevalence < 1:
            raise CostError(
                f"The share in the field is {self.prevalence:g}: choose one between 0 and 1, for example 0.01."
            )

    def per_row(self, true_rate: np.ndarray, false_rate: np.ndarray, share: float) -> np.ndarray:
        """Return the mean cost or benefit of a row.

        Parameters
        ----------
        true_rate, false_rate : ndarray
            Shares of the class and of the rest that are called the class.
        share : float
            Prevalence of the class among the tested rows; the field's own one counts instead where it is given.
        """
        (quiet, alarm), (miss, hit) = self.matrix
        share = share if self.prevalence is None else self.prevalence
        of_class = miss + (hit - miss) * true_rate
        of_rest = quiet + (alarm - quiet) * false_rate
        return share * of_class + (1 - share) * of_rest

    def ideal_threshold(self, share: float) -> float | None:
        """Return the best threshold for probabilities that are exactly right (Elkan 2001, eq. 2).

        Where the field's prevalence differs, the threshold is carried back to probabilities that are
        right for the tested rows. None where one of the decisions is never the better one.

        Examples
        --------
        >>> Costs(((0, 1), (4, 0))).ideal_threshold(share=0.05)
        0.2
        """
        (quiet, alarm), (miss, hit) = self.matrix
        sign = -1 if self.benefits else 1
        alarm_loss, miss_loss = sign * (alarm - quiet), sign * (miss - hit)
        if alarm_loss <= 0 or miss_loss <= 0:
            return None
        odds = alarm_loss / miss_loss
        if self.prevalence is not None:
            odds *= share / (1 - share) * (1 - self.prevalence) / self.prevalence
        return odds / (1 + odds)


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

    @classmethod
    def of(cls, pooled: Sequence[OutOfFold], code: int) -> Explorer:
        """Sort every strategy's probabilities of a class once."""
        truth = pooled[0].truth == code
        cuts = tuple(Cuts.of(rows.truth == code, rows.probabilities[:, code].astype(np.float64)) for rows in pooled)
        n_class = int(truth.sum())
        called = np.array([[(rows.decisions == code).sum()] for rows in pooled], np.int64)
        hits = np.array([[((rows.decisions == code) & (rows.truth == code)).sum()] for rows in pooled], np.int64)
        return cls(tuple(rows.key for rows in pooled), n_class, len(truth) - n_class, cuts, called, hits)

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
        for i, cuts in enumerate(self.cuts):
            places = np.searchsorted(cuts.values, thresholds[i], side="left")
            counts[0, i], counts[1, i] = cuts.called[places], cuts.hits[places]
        return self._readings(thresholds, counts[0], counts[1], costs)

    def decided(self, costs: Costs) -> Readings:
        """Return the figures of every strategy's own decisions, each with the threshold or rule of its fold.

        Their confusion matrices are those of the comparison; ``thresholds`` are nan, as there is no single one.
        """
        return self._readings(np.full(self.own_called.shape, np.nan), self.own_called, self.own_hits, costs)

    def best(self, costs: Costs) -> np.ndarray:
        """Return the threshold of each strategy with the lowest cost or the highest benefit, shape (n_strategies,).

        Exact over all thresholds. It is chosen on the same rows that it is then read on, so what it
        promises is optimistic. Of equally good ones, the one nearest to 0.5 is taken.
        """
        thresholds = []
        for cuts in self.cuts:
            value = costs.per_row(*self._rates(cuts.called, cuts.hits), self.share)
            value = -value if costs.benefits else value
            equals = np.flatnonzero(value <= value.min() + 1e-12)
            # Thresholds ascend with the position, so only the two around 0.5 can be nearest to it.
            around = np.searchsorted(equals, np.searchsorted(cuts.values, 0.5))
            thresholds.append(cuts.nearest_to_half(equals[max(0, around - 1) : around + 2]))
        return np.array(thresholds)

    def _rates(self, called: np.ndarray, hits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return hits / max(1, self.n_class), (called - hits) / max(1, self.n_rest)

    def _readings(self, thresholds: np.ndarray, called: np.ndarray, hits: np.ndarray, costs: Costs) -> Readings:
        true_rate, false_rate = self._rates(called, hits)
        share = self.share if costs.prevalence is None else costs.prevalence
        caught, alarms = share * true_rate, (1 - share) * false_rate
        confusion = np.empty((*called.shape, 2, 2), np.int64)
        confusion[..., 1, 1], confusion[..., 1, 0] = hits, self.n_class - hits
        confusion[..., 0, 1], confusion[..., 0, 0] = called - hits, self.n_rest - (called - hits)
        precision = ratio(caught, caught + alarms)
        f1 = ratio(2 * caught, caught + alarms + share)
        return Readings(
            thresholds, confusion, precision, true_rate, f1, costs.per_row(true_rate, false_rate, self.share)
        )
