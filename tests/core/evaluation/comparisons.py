"""Comparisons whose scores are given, for tests of what follows from them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.evaluation.comparison import Comparison, StrategySummary
from core.evaluation.metrics import METRICS


def scored(
    folds: int = 5, repeats: int = 1, brier: dict[str, np.ndarray] | None = None, **scores: np.ndarray
) -> Comparison:
    """Return a comparison in which every metric has a strategy's given scores, by fold; the Brier score may differ."""
    index = pd.MultiIndex.from_product([range(repeats), range(folds)], names=["repeat", "fold"])
    summaries = []
    for key, values in scores.items():
        frame = pd.DataFrame({metric.key: values for metric in METRICS}, index=index)
        if brier is not None:
            frame["brier"] = brier.get(key, np.linspace(0.10, 0.12, folds * repeats))
        summaries.append(StrategySummary(key, frame, np.eye(2), 0.1, 1, np.zeros(2, np.int64), (), (), ()))
    return Comparison(("no", "yes"), tuple(summaries), (), folds * repeats, (), ())
