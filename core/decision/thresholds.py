"""Decision thresholds chosen on validation rows, for any objective that reads a confusion matrix.

Only finitely many thresholds decide differently: those between neighbouring probabilities. Their
confusion matrices are cumulative sums over the sorted rows, so every search here is exact over all
thresholds and costs one sort. With more than two classes, one class's scale at a time is searched so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.decision.confusion import f1, precisions, recalls

# Confusion matrices, shape (..., n_classes, n_classes), true classes in rows -> scores, shape (...); higher is better.
Objective = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Cuts:
    """All the different ways in which a threshold can divide rows.

    At place ``i`` the rows from the ``i``-th value on are called positive: all of them at 0, none at the last place.

    Parameters
    ----------
    values : ndarray of float64, shape (n_distinct,)
        Different probabilities, ascending.
    called, hits : ndarray of int64, shape (n_distinct + 1,)
        Rows, and positive rows, that are called positive at each place.
    nothing : float
        A threshold above all values.

    See Also
    --------
    best_threshold : The place with the best objective.

    Examples
    --------
    Four rows: what each threshold calls positive, and how many of these are.

    >>> import numpy as np
    >>> cuts = Cuts.of(np.array([False, False, True, True]), np.array([0.1, 0.4, 0.4, 0.8]))
    >>> cuts.thresholds(np.arange(4)).round(2).tolist()
    [0.05, 0.25, 0.6, 0.9]
    >>> cuts.called.tolist(), cuts.hits.tolist()
    ([4, 3, 1, 0], [2, 2, 1, 0])
    """

    values: np.ndarray
    called: np.ndarray
    hits: np.ndarray
    nothing: float

    @classmethod
    def of(cls, positive: np.ndarray, p: np.ndarray) -> Cuts:
        """Sort rows once.

        Parameters
        ----------
        positive : ndarray of bool, shape (n,)
        p : ndarray of float, shape (n,)
            Probabilities of being positive, at least one.

        Examples
        --------
        >>> cuts = Cuts.of(np.array([False, True, True]), np.array([0.2, 0.2, 0.8]))
        >>> cuts.values.tolist(), cuts.called.tolist(), cuts.hits.tolist()
        ([0.2, 0.8], [3, 1, 0], [2, 1, 0])
        >>> cuts.thresholds(np.array([0, 1, 2])).tolist()
        [0.1, 0.5, 0.9]
        """
        order = np.argsort(p, kind="stable")
        ascending = p[order]
        starts = np.flatnonzero(np.concatenate([[True], np.diff(ascending) > 0]))
        before = np.concatenate([[0], np.cumsum(positive[order])])
        edges = np.append(starts, len(p))
        top = ascending[-1]
        nothing = float(max(np.nextafter(top, p.dtype.type(2)), (top + 1) / 2))
        return cls(ascending[starts].astype(np.float64), len(p) - edges, before[-1] - before[edges], nothing)

    def thresholds(self, places: np.ndarray) -> np.ndarray:
        """Return a threshold for each place, halfway between two values."""
        lower, upper = np.concatenate([[0.0], self.values])[places], np.append(self.values, self.nothing)[places]
        middle = (lower + upper) / 2
        # Between neighbouring floats the middle rounds to one of them: the upper one decides the same.
        inside = np.where((places == 0) | (middle > lower), middle, upper)
        return np.where(places == len(self.values), self.nothing, inside)

    def nearest_to_half(self, places: np.ndarray) -> float:
        """Return the threshold of some places that is nearest to 0.5; of two that are as near, the first."""
        candidates = self.thresholds(places)
        return float(candidates[np.argmin(np.abs(candidates - 0.5))])


def best_threshold(y: np.ndarray, p: np.ndarray, objective: Objective = f1) -> float:
    """Return the threshold on the positive class's probability with the best objective.

    Parameters
    ----------
    y : ndarray of int64, shape (n,)
        Class codes 0 and 1.
    p : ndarray, shape (n,)
        Probabilities of class 1; a row is called positive from the threshold on.
    objective : callable
        See ``Objective``. Among equals the threshold nearest to 0.5 is taken, halfway between two rows.

    See Also
    --------
    best_scales : For more than two classes.

    Examples
    --------
    >>> best_threshold(np.array([0, 0, 1, 1]), np.array([0.1, 0.2, 0.4, 0.9]))
    0.30000000000000004
    """
    positive = y == 1
    cuts = Cuts.of(positive, p)
    confusion = np.empty((len(cuts.called), 2, 2))
    confusion[:, 1, 1], confusion[:, 1, 0] = cuts.hits, positive.sum() - cuts.hits
    confusion[:, 0, 1] = cuts.called - cuts.hits
    confusion[:, 0, 0] = (~positive).sum() - confusion[:, 0, 1]
    scores = objective(confusion)
    best = np.flatnonzero(scores >= scores.max() - 1e-12)
    return cuts.nearest_to_half(best[::-1])


def best_scales(y: np.ndarray, probabilities: np.ndarray, objective: Objective = f1, rounds: int = 3) -> np.ndarray:
    """Return factors by class, shape (n_classes,), so that ``argmax(p * factors)`` has a good objective.

    Coordinate ascent: one class's factor at a time is set to its best value over all values, the
    others fixed, from two starts (no factors, and one over each class's mean probability).

    Parameters
    ----------
    y : ndarray of int64, shape (n,)
    probabilities : ndarray, shape (n, n_classes)

    See Also
    --------
    best_threshold : For two classes.

    Examples
    --------
    The third class is never the most probable one, and is found once its probability counts for more.

    >>> import numpy as np
    >>> p = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.5, 0.1, 0.4]])
    >>> scales = best_scales(np.array([0, 1, 2]), p)
    >>> p.argmax(axis=1).tolist(), (p * scales).argmax(axis=1).tolist()
    ([0, 1, 0], [0, 1, 2])
    """
    n_classes = probabilities.shape[1]
    p = np.maximum(probabilities.astype(np.float64), 1e-12)
    best, best_score = np.ones(n_classes), -np.inf
    for start in (np.ones(n_classes), 1 / p.mean(axis=0)):
        scales = start.copy()
        score = -np.inf
        for _ in range(rounds):
            before = score
            for c in range(n_classes):
                scales[c], score = _best_scale(p, y, scales, c, objective)
            if score <= before:
                break
        if score > best_score:
            best, best_score = scales, score
    return best / best.max()


def _best_scale(
    p: np.ndarray, y: np.ndarray, scales: np.ndarray, c: int, objective: Objective, max_candidates: int = 400
) -> tuple[float, float]:
    """Return the best factor of class ``c`` and its score; of more than ``max_candidates``, evenly spread ones."""
    n_classes = p.shape[1]
    others = p * scales
    others[:, c] = -1.0
    rival = others.argmax(axis=1)
    # From this factor on the row is called c.
    turns = others.max(axis=1) / p[:, c]
    order = np.argsort(turns, kind="stable")
    values = turns[order]
    cuts = np.concatenate([[0], np.flatnonzero(np.diff(values)) + 1, [len(values)]])
    if len(cuts) > max_candidates:
        cuts = cuts[np.linspace(0, len(cuts) - 1, max_candidates).round().astype(int)]
    confusion = np.zeros((len(cuts), n_classes, n_classes))
    np.add.at(confusion[0], (y, rival), 1)
    for i in range(1, len(cuts)):
        moved = order[cuts[i - 1] : cuts[i]]
        confusion[i] = confusion[i - 1]
        np.add.at(confusion[i], (y[moved], rival[moved]), -1)
        np.add.at(confusion[i], (y[moved], np.full(len(moved), c)), 1)
    scores = objective(confusion)
    best = int(np.argmax(scores))
    cut = cuts[best]
    if cut == 0:
        scale = values[0] / 2
    elif cut == len(values):
        scale = values[-1] * 2
    else:
        scale = (values[cut - 1] + values[cut]) / 2
    return float(scale), float(scores[best])


def recall_floor(floor: float) -> Objective:
    """Return the objective "the best precision with at least this recall".

    For more than two classes: of every class with rows, and the mean precision. Where the floor is
    out of reach, the highest recall counts.

    See Also
    --------
    precision_floor : The other way round.
    core.strategies.thresholds.ThresholdRecall : As a strategy.

    Examples
    --------
    >>> import numpy as np
    >>> y, p = np.array([0, 0, 0, 1, 0, 1]), np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.9])
    >>> [round(best_threshold(y, p, recall_floor(floor)), 2) for floor in (0.5, 1.0)]
    [0.7, 0.35]
    """

    def score(confusion: np.ndarray) -> np.ndarray:
        present = confusion.sum(axis=-1) > 0
        reached = _of_positive(np.where(present, recalls(confusion), 1.0), np.min)
        return np.where(reached >= floor - 1e-12, 1 + _of_positive(precisions(confusion), np.mean), reached)

    return score


def precision_floor(floor: float) -> Objective:
    """Return the objective "the best recall with at least this precision"; see :func:`recall_floor`.

    See Also
    --------
    recall_floor : The other way round.
    core.strategies.thresholds.ThresholdPrecision : As a strategy.

    Examples
    --------
    >>> import numpy as np
    >>> y, p = np.array([0, 0, 0, 1, 0, 1]), np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.9])
    >>> [round(best_threshold(y, p, precision_floor(floor)), 2) for floor in (0.5, 1.0)]
    [0.35, 0.7]
    """

    def score(confusion: np.ndarray) -> np.ndarray:
        reached = _of_positive(precisions(confusion), np.min)
        return np.where(reached >= floor - 1e-12, 1 + _of_positive(recalls(confusion), np.mean), reached)

    return score


def expected_cost(costs: np.ndarray) -> Objective:
    """Return the objective "the lowest cost per row", for costs by true class and decision.

    See Also
    --------
    core.strategies.thresholds.ThresholdCost : As a strategy.

    Examples
    --------
    A miss costs 10 and a false alarm 1: 15 for ten rows.

    >>> import numpy as np
    >>> float(expected_cost(np.array([[0, 1], [10, 0]]))(np.array([[3, 5], [1, 1]])))
    -1.5
    """

    def score(confusion: np.ndarray) -> np.ndarray:
        return -(confusion * costs).sum(axis=(-2, -1)) / confusion.sum(axis=(-2, -1))

    return score


def _of_positive(by_class: np.ndarray, summary: Callable[..., np.ndarray]) -> np.ndarray:
    """Return the positive class's value for two classes, a summary over classes for more."""
    return by_class[..., 1] if by_class.shape[-1] == 2 else summary(by_class, axis=-1)
