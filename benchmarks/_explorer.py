"""How long the threshold explorer thinks: one move of its slider, and one change of its costs."""

from __future__ import annotations

import statistics
import time

import numpy as np

from core.decision.costs import Costs
from core.evaluation.explorer import Explorer
from core.evaluation.outoffold import OutOfFold


def explorer_ms(n_rows: int = 100_000, n_strategies: int = 12) -> float:
    """Return the milliseconds from a new threshold and new costs to all that the view shows, the median of 30.

    Each time both change: the confusion matrices and figures of every strategy at the threshold,
    their curves over 201 thresholds, and the best threshold of each under the costs with its figures.
    Sorting the probabilities, done once for a run, is not in it.
    """
    rng = np.random.default_rng(0)
    truth = (rng.random(n_rows) < 0.05).astype(np.int64)
    pooled = []
    for i in range(n_strategies):
        logits = rng.normal(size=n_rows) + (1.5 + 0.1 * i) * truth - 2
        p = (1 / (1 + np.exp(-logits))).astype(np.float32)
        pooled.append(
            OutOfFold(
                str(i), np.arange(n_rows), np.zeros(n_rows, np.int64), np.zeros(n_rows, np.int64), truth,
                np.column_stack([1 - p, p]), (p >= 0.5).astype(np.int64), (0.5,), np.bincount(truth)[None],
            )
        )  # fmt: skip
    explorer, grid, took = Explorer.of(pooled, 1), np.linspace(0, 1, 201), []
    for _ in range(30):
        costs = Costs(((0.0, 1.0), (float(rng.uniform(2, 50)), 0.0)), prevalence=float(rng.uniform(0.01, 0.2)))
        threshold = float(rng.random())
        began = time.perf_counter()
        explorer.at(threshold, costs)
        explorer.at(grid, costs)
        explorer.at_own(explorer.best(costs)[:, None], costs)
        took.append(1000 * (time.perf_counter() - began))
    return statistics.median(took)
