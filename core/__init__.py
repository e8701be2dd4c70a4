"""Counterweight without the browser: read a table, plan, run, compare, export.

The names below are loaded when they are first used, so that ``import core`` stays instant; see ``docs/api.md``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.api import compare, export, run
    from core.asking import ask
    from core.data.table import Table, read_table
    from core.estimator import StrategyClassifier
    from core.plan import NetworkChoice, Plan, SplitSettings, TrainingSettings
    from core.reporting.results import Results
    from core.strategies.notation import parse_strategies

_HOMES = {
    "NetworkChoice": "core.plan",
    "Plan": "core.plan",
    "Results": "core.reporting.results",
    "SplitSettings": "core.plan",
    "StrategyClassifier": "core.estimator",
    "Table": "core.data.table",
    "TrainingSettings": "core.plan",
    "ask": "core.asking",
    "compare": "core.api",
    "export": "core.api",
    "parse_strategies": "core.strategies.notation",
    "read_table": "core.data.table",
    "run": "core.api",
}

__all__ = [
    "NetworkChoice",
    "Plan",
    "Results",
    "SplitSettings",
    "StrategyClassifier",
    "Table",
    "TrainingSettings",
    "ask",
    "compare",
    "export",
    "parse_strategies",
    "read_table",
    "run",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'core' has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
