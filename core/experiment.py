"""The conductor: a plan and a table become fold results.

A unit of work is one fold: split, prepare, let every strategy make lanes, train all lanes in one
go, decide. It runs in a worker process; only that process imports TensorFlow.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core._fold import Outcome, Report, Stop, candidates_of, lane_key, work
from core.plan import Plan
from core.preparation import Preparation
from core.results import FoldResult
from core.splitting import Unit, split_rows
from core.strategies import TableFacts, TrainingView
from core.table import Column, Table, Target, encode_target


def units(plan: Plan) -> tuple[Unit, ...]:
    """Return the plan's units in the order in which they should run."""
    return tuple(Unit(r, f) for r in range(plan.split.repeats) for f in range(plan.split.folds))


def run(
    table: Table,
    plan: Plan,
    on_result: Callable[[tuple[FoldResult, ...]], None] | None = None,
    should_stop: Stop | None = None,
) -> tuple[FoldResult, ...]:
    """Run a whole plan in this process and return its results, fold by fold.

    Raises
    ------
    TableError, PlanError
        The table or the plan cannot be run; the message says what to change.
    Stopped
        ``should_stop`` returned True in the middle of a fold.
    """
    results: list[FoldResult] = []
    for unit in units(plan):
        fold = run_unit(table, plan, unit, should_stop=should_stop)
        results += fold
        if on_result is not None:
            on_result(fold)
    return tuple(results)


def facts_of(table: Table, plan: Plan, target: Target) -> TableFacts:
    """Return what decides which strategies apply to a table."""
    kinds = [column.kind for column in _features(table, plan)]
    categorical = kinds.count("categorical")
    return TableFacts(tuple(int(n) for n in target.counts), len(kinds) - categorical, categorical, plan.split.folds)


def _features(table: Table, plan: Plan) -> tuple[Column, ...]:
    table = table.with_kinds(dict(plan.kinds)) if plan.kinds else table
    beside = {plan.split.group, plan.split.time}
    return tuple(column for column in table.features(plan.target) if column.name not in beside)


def run_unit(
    table: Table, plan: Plan, unit: Unit, *, report: Report | None = None, should_stop: Stop | None = None
) -> tuple[FoldResult, ...]:
    """Run every strategy of the plan on one fold.

    Parameters
    ----------
    report : callable or None
        Called with the share done, in [0, 1], and what is being done.

    Returns
    -------
    tuple of FoldResult
        One a strategy, in the plan's order; a strategy that cannot work has ``error`` set.

    Raises
    ------
    Stopped
        ``should_stop`` returned True.
    """
    from core.training.lanes import Block

    tell = report or (lambda share, doing: None)
    target = encode_target(table, plan.target, plan.positive, plan.split.folds)
    frame, y = table.frame.iloc[target.rows], target.codes
    rows = split_rows(table, plan, target, unit)
    tell(0.0, "preparing rows")
    preparation = Preparation.fit(frame.iloc[rows.fit], _features(table, plan))
    encoded = preparation.encode(frame.iloc[rows.fit])
    X_fit = preparation.expand(encoded)
    X_valid, X_test = (preparation.transform(frame.iloc[part]) for part in (rows.valid, rows.test))
    seed = int(np.random.SeedSequence([plan.split.seed, unit.repeat, unit.fold]).generate_state(1)[0] >> 1)
    n_classes = len(target.classes)
    view = TrainingView(X_fit, encoded, preparation.categorical, y[rows.fit], n_classes, seed, preparation.expand)
    facts = facts_of(table, plan, target)
    candidates = candidates_of(plan.strategies, view)
    block = Block(X_fit, y[rows.fit], X_valid, y[rows.valid])
    work(list(candidates.values()), facts, block, plan.network, tell, should_stop)
    outcome = Outcome(X_valid, y[rows.valid], X_test, rows.test, y[rows.test], unit, facts)
    return tuple(outcome.of(choice, candidates[lane_key(choice)]) for choice in plan.strategies)
