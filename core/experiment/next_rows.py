"""Rows that were not in a run, tested once by every strategy, trained on all of the run's rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from core.data.problem import Problem
from core.data.splitting import Unit, refit_rows
from core.data.table import Table
from core.experiment.fold import Outcome, candidates_of
from core.experiment.memory import cut, shape_of
from core.experiment.results import FoldResult
from core.experiment.units import prepared, train_planned
from core.machine import free_memory
from core.plan import Plan
from core.strategies import Recipe, choices_of

UNIT = Unit(0, 0)


def run_on(
    table: Table,
    plan: Plan,
    frame: pd.DataFrame,
    codes: np.ndarray,
    report: Callable[[float, str], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> tuple[FoldResult, ...]:
    """Train every strategy of a plan on all labelled rows of its table, and test it on other rows.

    A part of the training rows is kept for early stopping and decision rules, as in a fold; the other rows are
    seen only once all is trained.

    Parameters
    ----------
    frame : DataFrame, n rows
        The other rows, with the features as the table has them.
    codes : ndarray of int64, shape (n,)
        Their classes.

    Returns
    -------
    tuple of FoldResult
        One per choice; ``test_rows`` are positions in ``frame``.

    Raises
    ------
    MemoryShortage
        A single strategy needs more memory than is free.
    Stopped
        ``should_stop`` returned True.

    See Also
    --------
    core.experiment.units.run_unit : The same on a fold.
    """
    problem = Problem.of(table, plan)
    rows = refit_rows(problem)
    seed = int(np.random.SeedSequence([plan.split.seed]).generate_state(1)[0] >> 1)
    results: list[FoldResult] = []
    for part in cut(choices_of(plan), plan, shape_of(problem), free_memory()):
        some = replace(problem, plan=replace(plan, strategies=part))
        inputs = prepared(some, rows, seed)
        choices = choices_of(some.plan)
        candidates = candidates_of(choices, plan.networks[0], inputs.view)
        tell = report or (lambda share, doing: None)
        trained = train_planned(list(candidates.values()), problem, plan, inputs.block, tell, should_stop)
        candidates = dict(zip(candidates, trained, strict=True))
        X_test = inputs.preparation.transform(frame)
        outcome = Outcome(inputs.block, X_test, np.arange(len(frame)), codes, UNIT, problem.facts)
        results += [outcome.of(choice, candidates[Recipe.of(choice).key]) for choice in choices]
    place = {choice.key: at for at, choice in enumerate(choices_of(plan))}
    return tuple(sorted(results, key=lambda result: place[result.strategy]))
