"""Decision thresholds fitted on validation rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sklearn.metrics import f1_score

Objective = Callable[[np.ndarray, np.ndarray, int, int], np.ndarray]


def f1_objective(hits: np.ndarray, called: np.ndarray, positives: int, n: int) -> np.ndarray:
    """Return F1 for every cut, from true positives and rows called positive."""
    return 2 * hits / np.maximum(called + positives, 1)


def best_threshold(y: np.ndarray, p: np.ndarray, objective: Objective = f1_objective) -> float:
    """Return the threshold on the positive class's probability with the highest objective.

    All cuts are scored from one sort. The threshold stands halfway between the last row called
    positive and the next one, and among equal scores the one nearest to 0.5 is taken.

    Parameters
    ----------
    y : ndarray of int, shape (n,)
        1 is positive.
    p : ndarray, shape (n,)
    """
    order = np.argsort(-p, kind="stable")
    sorted_p = p[order].astype(np.float64)
    hits = np.cumsum(y[order] == 1)
    called = np.arange(1, len(y) + 1)
    ends = np.append(sorted_p[1:] < sorted_p[:-1], True)  # a cut cannot part equal probabilities
    scores = objective(hits[ends], called[ends], int(hits[-1]), len(y))
    below = np.append(sorted_p[1:], 0.0)[ends]
    cuts = (sorted_p[ends] + below) / 2
    best = np.flatnonzero(scores >= scores.max() - 1e-12)
    return float(cuts[best[np.argmin(np.abs(cuts[best] - 0.5))]])


def best_scaling(y: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return a factor a class, shape (n_classes,), whose scaled argmax has a high macro F1.

    Coordinate ascent over a geometric grid, two passes, starting from 1; a class without validation
    rows keeps 1.
    """
    n_classes = probabilities.shape[1]
    scale = np.ones(n_classes)
    grid = np.geomspace(1 / 16, 16, 17)
    present = np.bincount(y, minlength=n_classes) > 0

    def score(candidate: np.ndarray) -> float:
        return float(f1_score(y, (probabilities * candidate).argmax(1), average="macro", zero_division=0))

    best = score(scale)
    for _ in range(2):
        for c in np.flatnonzero(present):
            for factor in grid:
                trial = scale.copy()
                trial[c] = factor
                reached = score(trial)
                if reached > best + 1e-9:
                    best, scale = reached, trial
    return scale
