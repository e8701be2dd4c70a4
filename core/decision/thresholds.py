"""Decision thresholds chosen on validation rows, for any objective that reads a confusion matrix.

Only finitely many thresholds decide differently: those between neighbouring probabilities. Their
confusion matrices are cumulative sums over the sorted rows, so every search here is exact over all
thresholds and costs one sort. With more than two classes, one class's scale at a time is searched so.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

# Confusion matrices, shape (..., n_classes, n_classes), true classes in rows -> scores, shape (...); higher is better.
Objective = Callable[[np.ndarray], np.ndarray]


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros(np.broadcast_shapes(part.shape, whole.shape)), where=whole > 0)


def f1(confusion: np.ndarray) -> np.ndarray:
    """F1 of the positive class for two classes, macro F1 for more; 0 where undefined."""
    hits = np.diagonal(confusion, axis1=-2, axis2=-1).astype(float)
    scores = _ratio(2 * hits, confusion.sum(axis=-1) + confusion.sum(axis=-2))
    return scores[..., 1] if scores.shape[-1] == 2 else scores.mean(axis=-1)


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
    """
    order = np.argsort(-p, kind="stable")
    values, truth = p[order], y[order] == 1
    # called[i] rows are called positive at the i-th candidate.
    called = np.concatenate([[0], np.flatnonzero(np.diff(values)) + 1, [len(values)]])
    hits = np.concatenate([[0], np.cumsum(truth)])[called]
    confusion = np.empty((len(called), 2, 2))
    confusion[:, 1, 1], confusion[:, 1, 0] = hits, truth.sum() - hits
    confusion[:, 0, 1], confusion[:, 0, 0] = called - hits, (~truth).sum() - called + hits
    nothing = max(np.nextafter(values[0], values.dtype.type(2)), (values[0] + 1) / 2)
    edges = np.concatenate([[nothing], values[called[1:] - 1]])
    middles = np.append(edges[1:], 0)
    middles = (edges + middles) / 2
    middles[0] = nothing
    # Between neighbouring floats the middle rounds to one of them: the upper one decides the same.
    below = np.append(edges[1:], -1)
    candidates = np.where(middles > below, middles, edges)
    scores = objective(confusion)
    best = np.flatnonzero(scores >= scores.max() - 1e-12)
    return float(candidates[best[np.argmin(np.abs(candidates[best] - 0.5))]])


def best_scales(y: np.ndarray, probabilities: np.ndarray, objective: Objective = f1, rounds: int = 3) -> np.ndarray:
    """Return factors by class, shape (n_classes,), so that ``argmax(p * factors)`` has a good objective.

    Coordinate ascent: one class's factor at a time is set to its best value over all values, the
    others fixed, from two starts (no factors, and one over each class's mean probability).

    Parameters
    ----------
    y : ndarray of int64, shape (n,)
    probabilities : ndarray, shape (n, n_classes)
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
    p: np.ndarray, y: np.ndarray, scales: np.ndarray, c: int, objective: Objective, most: int = 400
) -> tuple[float, float]:
    """Return the best factor of class ``c`` and its score; of more than ``most`` candidates, evenly spread ones."""
    n_classes = p.shape[1]
    others = p * scales
    others[:, c] = -1.0
    rival = others.argmax(axis=1)
    # From this factor on the row is called c.
    turns = others.max(axis=1) / p[:, c]
    order = np.argsort(turns, kind="stable")
    values = turns[order]
    cuts = np.concatenate([[0], np.flatnonzero(np.diff(values)) + 1, [len(values)]])
    if len(cuts) > most:
        cuts = cuts[np.linspace(0, len(cuts) - 1, most).round().astype(int)]
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


def recalls(confusion: np.ndarray) -> np.ndarray:
    """Recall by class, shape (..., n_classes); 0 for classes without rows."""
    return _ratio(np.diagonal(confusion, axis1=-2, axis2=-1).astype(float), confusion.sum(axis=-1))


def precisions(confusion: np.ndarray) -> np.ndarray:
    """Precision by class, shape (..., n_classes); 0 for classes never decided."""
    return _ratio(np.diagonal(confusion, axis1=-2, axis2=-1).astype(float), confusion.sum(axis=-2))


def g_mean(confusion: np.ndarray) -> np.ndarray:
    """Geometric mean of the recalls of the classes that have rows."""
    present = confusion.sum(axis=-1) > 0
    return np.where(present, recalls(confusion), 1.0).prod(axis=-1) ** (1 / np.maximum(present.sum(axis=-1), 1))


def mcc(confusion: np.ndarray) -> np.ndarray:
    """Matthews correlation for any number of classes (Gorodkin 2004, R_K); 0 where undefined."""
    truth, decided = confusion.sum(axis=-1), confusion.sum(axis=-2)
    n = truth.sum(axis=-1)
    hits = np.diagonal(confusion, axis1=-2, axis2=-1).sum(axis=-1)
    spread = (n**2 - (truth**2).sum(axis=-1)) * (n**2 - (decided**2).sum(axis=-1))
    return _ratio(hits * n - (truth * decided).sum(axis=-1), np.sqrt(np.maximum(spread, 0).astype(float)))


def recall_floor(floor: float) -> Objective:
    """Return the objective "the best precision with at least this recall".

    For more than two classes: of every class with rows, and the mean precision. Where the floor is
    out of reach, the highest recall counts.
    """

    def score(confusion: np.ndarray) -> np.ndarray:
        present = confusion.sum(axis=-1) > 0
        reached = _of_positive(np.where(present, recalls(confusion), 1.0), np.min)
        return np.where(reached >= floor - 1e-12, 1 + _of_positive(precisions(confusion), np.mean), reached)

    return score


def precision_floor(floor: float) -> Objective:
    """Return the objective "the best recall with at least this precision"; see :func:`recall_floor`."""

    def score(confusion: np.ndarray) -> np.ndarray:
        reached = _of_positive(precisions(confusion), np.min)
        return np.where(reached >= floor - 1e-12, 1 + _of_positive(recalls(confusion), np.mean), reached)

    return score


def expected_cost(costs: np.ndarray) -> Objective:
    """Return the objective "the least cost a row", for costs by true class and decision."""

    def score(confusion: np.ndarray) -> np.ndarray:
        return -(confusion * costs).sum(axis=(-2, -1)) / confusion.sum(axis=(-2, -1))

    return score


def _of_positive(by_class: np.ndarray, summary: Callable[..., np.ndarray]) -> np.ndarray:
    """Return the positive class's value for two classes, a summary over classes for more."""
    return by_class[..., 1] if by_class.shape[-1] == 2 else summary(by_class, axis=-1)
