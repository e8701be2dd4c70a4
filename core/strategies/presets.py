"""Selections to start from."""

from __future__ import annotations

from collections.abc import Mapping

from core.plan import StrategyChoice

_START = ("plain", "random_under", "random_over", "smote", "class_weight", "under_bagging", "threshold_f1")

PRESETS: Mapping[str, tuple[StrategyChoice, ...]] = {"Start": tuple(StrategyChoice.of(name) for name in _START)}
