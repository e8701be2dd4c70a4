"""A table and its target as a problem, for tests that need no more of a plan."""

from __future__ import annotations

from core.data.problem import Problem
from core.data.table import Table
from core.plan import Plan, SplitSettings, StrategyChoice


def problem_of(table: Table, target: str, folds: int = 2) -> Problem:
    """Return the problem of the plain network on a table."""
    return Problem.of(table, Plan(target, (StrategyChoice.of("plain"),), split=SplitSettings(folds=folds)))
