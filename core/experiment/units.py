"""The conductor: a plan and a table become fold results.

A unit of work is one fold: split, prepare, let every strategy make lanes, train all lanes in one
go, decide. It runs in a worker process; only that process imports TensorFlow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.data.preparation import Labels, Preparation
from core.data.problem import Problem
from core.data.splitting import FoldRows, Unit, member_parts, split_rows
from core.data.table import Table
from core.decision import Rows
from core.experiment.capacity import share_of, top_rows
from core.experiment.fold import Candidate, Outcome, Report, Stop, candidates_of, train_candidates, unseen
from core.experiment.results import FoldResult
from core.plan import Plan, StrategyChoice
from core.strategies import Recipe, StrategyError, TrainingView, choices_of
from core.strategies.combining import check_combinations
from core.training.lane import Lane

if TYPE_CHECKING:
    from core.training.lanes import Block, TrainedLane


def units(plan: Plan) -> tuple[Unit, ...]:
    """Return the plan's units in the order in which they should run.

    See Also
    --------
    run_unit : Runs one of them.

    Examples
    --------
    >>> from core.plan import SplitSettings
    >>> plan = Plan("Class", (StrategyChoice.of("plain"),), split=SplitSettings(folds=2, repeats=2))
    >>> [(unit.repeat, unit.fold) for unit in units(plan)]
    [(0, 0), (0, 1), (1, 0), (1, 1)]
    """
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

    See Also
    --------
    core.run : The same with a progress bar, and kept where the app finds it.
    """
    results: list[FoldResult] = []
    for unit in units(plan):
        fold = run_unit(table, plan, unit, should_stop=should_stop)
        results += fold
        if on_result is not None:
            on_result(fold)
    return tuple(results)


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
        One per strategy, in the plan's order; a strategy that cannot work has ``error`` set.

    Raises
    ------
    TableError, PlanError
        The table or the plan cannot be run; the message says what to change.
    Stopped
        ``should_stop`` returned True.

    See Also
    --------
    run : Every fold of a plan.
    train_choice : One choice on given rows.
    """
    check_combinations(plan.strategies)
    problem = Problem.of(table, plan)
    target, facts = problem.target, problem.facts
    rows = split_rows(problem, unit)
    seed = int(np.random.SeedSequence([plan.split.seed, unit.repeat, unit.fold]).generate_state(1)[0] >> 1)
    inputs = prepared(problem, rows, seed)
    choices = choices_of(plan)
    candidates = candidates_of(choices, plan.networks[0], inputs.view)
    trained = train_planned(list(candidates.values()), problem, plan, inputs.block, report or _silent, should_stop)
    candidates = dict(zip(candidates, trained, strict=True))
    X_test = inputs.preparation.transform(problem.table.frame.iloc[target.rows[rows.test]])
    outcome = Outcome(inputs.block, X_test, rows.test, target.codes[rows.test], unit, facts)
    return tuple(outcome.of(choice, candidates[Recipe.of(choice).key]) for choice in choices)


@dataclass(frozen=True, eq=False)
class Prepared:
    """What training sees of some rows."""

    preparation: Preparation
    view: TrainingView
    block: Block


def prepared(problem: Problem, rows: FoldRows, seed: int) -> Prepared:
    """Fit the preparation on a fold's training rows, and return what training sees of them."""
    from core.training.lanes import Block

    target, members = problem.target, problem.plan.training.members
    y, classes = target.codes, len(target.classes)
    if members > 1:
        # Each member learns from most of the rows and is judged on the rest: all are prepared in one way.
        rows = FoldRows(np.sort(np.concatenate([rows.fit, rows.valid])), np.zeros(0, np.int64), rows.test)
    fit, valid = (problem.table.frame.iloc[target.rows[part]] for part in (rows.fit, rows.valid))
    labels = Labels(y[rows.fit], classes, problem.groups(rows.fit))
    preparation, encoded = Preparation.fit_encode(fit, problem.features, labels, problem.choices)
    view = TrainingView.of(preparation, encoded, y[rows.fit], classes, seed)
    held_out = member_parts(problem, rows.fit, members) if members > 1 else ()
    block = Block(view.X, view.y, preparation.transform(valid), y[rows.valid], not held_out, held_out)
    return Prepared(preparation, view, block)


def _silent(share: float, doing: str) -> None:
    """Tell nobody."""


def train_planned(
    candidates: list[Candidate], problem: Problem, plan: Plan, block: Block, report: Report, should_stop: Stop | None
) -> list[Candidate]:
    """Train candidates as the plan has it, tuned or as they are.

    See Also
    --------
    core.experiment.fold.train_candidates : As they are.
    """
    facts = problem.facts
    if not plan.tuning.on:
        train_candidates(candidates, facts, block, plan.training, report, should_stop)
        return candidates
    from core.experiment.tuning import tune_candidates

    share = share_of(top_rows(problem, plan.capacity))
    return tune_candidates(
        candidates, facts, block, plan.training, plan.tuning, plan.split.seed, report, should_stop, share
    )


@dataclass(frozen=True, eq=False)
class Trained:
    """One choice's networks, what they were trained on, and what they make of training rows that they did not see.

    ``tuned`` is what tuning chose for them, each as ``name=value``.
    """

    preparation: Preparation
    view: TrainingView
    lanes: tuple[Lane, ...]
    networks: tuple[TrainedLane, ...]
    unseen: Rows
    tuned: tuple[str, ...] = ()


def train_choice(
    problem: Problem,
    choice: StrategyChoice,
    rows: FoldRows,
    seed: int,
    *,
    report: Report | None = None,
    should_stop: Stop | None = None,
) -> Trained:
    """Train one choice alone, on given rows, as :func:`run_unit` does in a fold.

    Raises
    ------
    StrategyError
        The strategy cannot work on these rows.
    Stopped
        ``should_stop`` returned True.

    See Also
    --------
    run_unit : All choices of a plan on a fold.
    """
    inputs = prepared(problem, rows, seed)
    plan = problem.plan
    chosen = list(candidates_of((choice,), plan.networks[0], inputs.view).values())
    (candidate,) = train_planned(chosen, problem, plan, inputs.block, report or _silent, should_stop)
    if candidate.error is not None:
        raise StrategyError(candidate.error)
    return Trained(
        inputs.preparation, inputs.view, tuple(candidate.lanes), tuple(candidate.trained),
        unseen(candidate, inputs.block), candidate.tuned,
    )  # fmt: skip
