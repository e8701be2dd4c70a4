"""What a promise on recall costs each strategy in false alarms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.decision.promise import misses_allowed, positives_needed
from core.evaluation.outoffold import OutOfFold


@dataclass(frozen=True, eq=False)
class Promises:
    """The same promise under every strategy.

    Parameters
    ----------
    keys : tuple of str
        Strategies, in order.
    recall, confidence : float
        What is promised.
    positives, rest : int
        Rows of the class and of the rest that it rests on; of repeats, those of the first.
    misses : int or None
        Rows of the class that a threshold may miss; None where they are too few for the promise.
    thresholds, found, false_alarms : ndarray, shape (n_strategies,)
        The highest threshold that keeps the promise, and the shares of the class and of the rest that it calls the
        class; nan without a promise.
    floor_false_alarms : ndarray, shape (n_strategies,)
        The same share where the recall is only asked for on these very rows.

    See Also
    --------
    promises : Makes them.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.evaluation.outoffold import out_of_fold
    >>> kept = promises(out_of_fold(sample_run().comparison), code=1, recall=0.5, confidence=0.8)
    >>> kept.positives, kept.needed, kept.misses, kept.thresholds.round(1).tolist()
    (6, 3, 1, [0.4, 0.6])
    >>> kept.false_alarms.round(2).tolist()
    [0.11, 0.17]
    """

    keys: tuple[str, ...]
    recall: float
    confidence: float
    positives: int
    rest: int
    misses: int | None
    thresholds: np.ndarray
    found: np.ndarray
    false_alarms: np.ndarray
    floor_false_alarms: np.ndarray

    @property
    def needed(self) -> int:
        """The fewest rows of the class with which the promise can be made."""
        return positives_needed(self.recall, self.confidence)

    @property
    def share(self) -> float:
        """Share of the class among the rows."""
        return self.positives / max(1, self.positives + self.rest)


def promises(pooled: Sequence[OutOfFold], code: int, recall: float, confidence: float) -> Promises:
    """Return what a promise on the recall of a class takes and costs, strategy by strategy.

    Parameters
    ----------
    pooled : sequence of OutOfFold
        At least one strategy.
    code : int
        The class.
    recall, confidence : float
        In (0, 1).

    See Also
    --------
    core.decision.promise : The bound.
    core.strategies.promise.ThresholdPromise : The promise as a strategy, fitted on validation rows.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.evaluation.outoffold import out_of_fold
    >>> kept = promises(out_of_fold(sample_run().comparison), code=1, recall=0.9, confidence=0.95)
    >>> kept.misses is None, kept.needed, kept.thresholds.tolist()
    (True, 29, [nan, nan])
    """
    sides = [_sides(rows, code) for rows in pooled]
    positives, rest = len(sides[0][0]), len(sides[0][1])
    misses = misses_allowed(positives, recall, confidence) if positives else None
    shares = np.full((4, len(sides)), np.nan)
    for i, (own, others) in enumerate(sides):
        if misses is not None:
            threshold = own[misses]
            shares[:3, i] = threshold, (own >= threshold).mean(), _at_least(others, threshold)
        if positives:
            shares[3, i] = _at_least(others, own[int(np.floor((1 - recall) * positives + 1e-9))])
    return Promises(
        tuple(rows.key for rows in pooled), recall, confidence, positives, rest, misses, *shares
    )  # fmt: skip


def false_alarms_by_recall(
    pooled: Sequence[OutOfFold], code: int, recalls: np.ndarray, confidence: float
) -> np.ndarray:
    """Return the share of the rest that is called the class under promises of several recalls.

    Returns
    -------
    ndarray, shape (n_strategies, n_recalls)
        nan where the rows are too few for the promise.

    See Also
    --------
    promises : One of them.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.evaluation.outoffold import out_of_fold
    >>> pooled = out_of_fold(sample_run().comparison)
    >>> false_alarms_by_recall(pooled, 1, np.array([0.3, 0.9]), confidence=0.8).round(2).tolist()
    [[0.11, nan], [0.0, nan]]
    """
    sides = [_sides(rows, code) for rows in pooled]
    values = np.full((len(sides), len(recalls)), np.nan)
    for j, recall in enumerate(recalls):
        misses = misses_allowed(len(sides[0][0]), float(recall), confidence)
        if misses is not None:
            values[:, j] = [_at_least(others, own[misses]) for own, others in sides]
    return values


def _sides(rows: OutOfFold, code: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the sorted probabilities of the class's rows and of the others, each row once."""
    first = rows.repeat == rows.repeat.min()
    p, own = rows.probabilities[first, code].astype(np.float64), rows.truth[first] == code
    return np.sort(p[own]), np.sort(p[~own])


def _at_least(ascending: np.ndarray, threshold: float) -> float:
    return 1 - np.searchsorted(ascending, threshold, side="left") / max(1, len(ascending))
