"""Costs of mistakes, shared by the weights and the decision that follow from them."""

from __future__ import annotations

import math

import numpy as np

from core.strategies.base import StrategyError
from core.strategies.snippets import functions
from core.strategies.snippets.snippet import Code

MISS_COST_HELP = "How many times worse it is to miss a row of the smallest class than one of the largest."
COSTS_HELP = (
    "Or the whole cost matrix, row by row: costs[true, decided], classes in their order, zeros on the diagonal. "
    "Empty means the cost above."
)


def cost_matrix(miss_cost: float, costs: tuple[float, ...], counts: np.ndarray) -> np.ndarray:
    """Return costs by true class and decision, shape (n_classes, n_classes).

    Without ``costs``, mistaking a row of the largest class costs 1 and one of the smallest
    ``miss_cost``; in between the cost grows with rarity on a logarithmic scale.

    Raises
    ------
    StrategyError
        ``costs`` is no square matrix of the right size with costs of at least 0.
    """
    n = len(counts)
    if not costs:
        rarity = np.log(counts.max() / np.maximum(counts, 1))
        share = rarity / rarity.max() if rarity.max() > 0 else rarity
        return np.outer(miss_cost**share, np.ones(n)) * (1 - np.eye(n))
    if len(costs) != n * n or any(c < 0 or not math.isfinite(c) for c in costs):
        raise StrategyError(f"The cost matrix needs {n} × {n} = {n * n} numbers of at least 0; it has {len(costs)}.")
    matrix = np.array(costs, float).reshape(n, n)
    if np.diagonal(matrix).any() or not matrix.sum(axis=1).all():
        raise StrategyError("The cost matrix needs zeros on its diagonal and a cost in every row beside it.")
    return matrix


def costs_code(miss_cost: float, costs: tuple[float, ...], counts: str) -> tuple[tuple[Code, ...], str]:
    """Return the functions that a script needs for the cost matrix, and the matrix as an expression of ``counts``."""
    if costs:
        return (), f"np.array({costs!r}).reshape(len(CLASSES), -1)"
    return (Code(f"MISS_COST = {miss_cost!r}"), functions.COSTS), f"cost_matrix({counts})"
