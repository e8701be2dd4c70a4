"""How much memory a unit of work takes at its peak, before it starts; and how to cut one that does not fit.

The figures follow from what is kept at the same time: the table, the fold's matrices, the rows that
samplers make, a few numbers per row for every network in training, and the networks themselves: their
weights, gradients, moments and kept copies. `tests/core/experiment/test_memory.py` holds them against
measured peaks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.data.preparation import CodedStep, step_for
from core.data.problem import Problem
from core.experiment.search_space import ROUNDS, NetworkShape, finalists, shapes
from core.machine import usable_cores
from core.networks.base import Size
from core.networks.reading import network_of
from core.plan import NetworkChoice, Plan, StrategyChoice
from core.strategies import Recipe, Strategy, TableFacts
from core.training.cutting import CHUNK, stacks_for

GIB = 2**30
# Of what is free, the share that a unit may plan to take: estimates err, and other programs live too.
SHARE = 0.8
# Graphs, libraries and buffers that even the smallest fold needs, beside an idle worker.
_BASE = 100 * 2**20
# Bytes a row and network: positions, labels, shuffled passes and an epoch's batches.
_LANE_ROW = 72
_NEIGHBORS = 16 * 8
# Copies of its weights that a network in training holds: itself, two moments, the gradient, the new values
# of each, and what the allocator keeps of the last step's.
_IN_TRAINING = 10
# While it is scored: stacked in NumPy, copied to TensorFlow, and what is on the way.
_IN_SCORING = 4


class MemoryShortage(ValueError):
    """A single strategy does not fit; the message is one sentence with the figure and the way out.

    See Also
    --------
    cut, check_refit : Raise it.
    """


@dataclass(frozen=True)
class _AtOnce:
    """What is in training at the same time."""

    stacks: int
    lanes: int

    @classmethod
    def of(cls, batch: float, floats: float, lanes: int, cores: int) -> _AtOnce:
        stacks = stacks_for(lanes, max(1, int(batch)), max(1, int(floats)), cores)
        at_once = min(stacks, cores)
        return cls(at_once, min(lanes, at_once * -(-lanes // stacks)))


@dataclass(frozen=True)
class Shape:
    """What of a table decides how much memory it takes.

    Parameters
    ----------
    table : int
        Bytes of the table itself.
    facts : TableFacts
    encoded, features : int
        Columns before and after one-hot expansion.
    preparing : int
        Bytes that the fitting of a column takes for a while, before anything is trained; columns of text count words.

    See Also
    --------
    shape_of : Finds it out.

    Examples
    --------
    >>> Shape(2**20, TableFacts((950, 50), n_numeric=8, n_categorical=1), encoded=9, features=12).rows
    1000
    """

    table: int
    facts: TableFacts
    encoded: int
    features: int
    preparing: int = 0

    @property
    def rows(self) -> int:
        return sum(self.facts.class_counts)


def shape_of(problem: Problem) -> Shape:
    """Return the shape of a table under a plan.

    See Also
    --------
    estimate : What follows from it.

    Examples
    --------
    >>> from core.data.problem import Problem
    >>> from core.data.samples import load_sample
    >>> from core.plan import Plan, StrategyChoice
    >>> problem = Problem.of(load_sample("page_blocks"), Plan("not_text", (StrategyChoice.of("plain"),)))
    >>> shape = shape_of(problem)
    >>> shape.rows, shape.encoded, shape.features
    (5472, 10, 10)
    """
    steps = [(kind, column) for column in problem.features if (kind := step_for(column)) is not None]
    classes, choices = len(problem.target.classes), problem.choices
    dense = sum(kind.max_dense(column, classes, choices.get(column.name, {})) for kind, column in steps)
    encoded = dense + sum(issubclass(kind, CodedStep) for kind, _ in steps)
    size = int(problem.table.frame.memory_usage(index=False, deep=True).sum())
    preparing = max((kind.fitting_bytes(problem.table.frame[column.name]) for kind, column in steps), default=0)
    return Shape(size, problem.facts, encoded, inputs_of(problem), preparing)


def inputs_of(problem: Problem) -> int:
    """Return the length of the vector that networks see, at most: how many levels a fold has depends on its rows.

    See Also
    --------
    shape_of : With the rest that decides the memory.

    Examples
    --------
    >>> from core.data.samples import load_sample
    >>> from core.plan import Plan
    >>> inputs_of(Problem.of(load_sample("page_blocks"), Plan("not_text", (StrategyChoice.of("plain"),))))
    10
    """
    steps = [(kind, column) for column in problem.features if (kind := step_for(column)) is not None]
    classes, choices = len(problem.target.classes), problem.choices
    dense = (kind.max_dense(column, classes, choices.get(column.name, {})) for kind, column in steps)
    return max(1, sum(dense) + sum(kind.max_hot(column) for kind, column in steps))


def estimate(
    strategies: Sequence[StrategyChoice],
    plan: Plan,
    shape: Shape,
    *,
    cores: int | None = None,
    test_share: float | None = None,
) -> int:
    """Return the bytes that some strategies on one fold take at their peak, beside an idle worker.

    Parameters
    ----------
    strategies : sequence of StrategyChoice
        Those that run together; choices that share their networks are counted once.
    cores : int or None
        Of the worker, which trains as many stacks at once; None takes those that this process may use.
    test_share : float or None
        Rows that are only scored, as a share; None takes a fold's.

    See Also
    --------
    core.experiment.estimate.estimate_seconds : The time.

    Examples
    --------
    Strategies that run together share the table, and a threshold the plain network.

    >>> plain, moved, many = (StrategyChoice.of(name) for name in ("plain", "threshold_f1", "deep_ensemble"))
    >>> plan = Plan("y", (plain, moved, many))
    >>> shape = Shape(2**20, TableFacts((9_500, 500), n_numeric=10, n_categorical=0), encoded=10, features=10)
    >>> estimate([plain, moved], plan, shape, cores=2) == estimate([plain], plan, shape, cores=2)
    True
    >>> estimate([plain], plan, shape, cores=2) < estimate([many], plan, shape, cores=2)
    True
    """
    cores = cores or usable_cores()
    test = shape.rows * (1 / plan.split.folds if test_share is None else test_share)
    held = plan.training.validation_split if plan.training.members == 1 else 1 / plan.training.members
    valid = (shape.rows - test) * held
    fit = shape.rows - test - valid
    wide, narrow = 4 * shape.features, 8 * shape.encoded
    recipes = {recipe.key: recipe for recipe in map(Recipe.of, strategies)}.values()
    synthetic = [_synthetic_rows(recipe.model, fit, shape.facts) for recipe in recipes]
    largest = max([_largest(recipe.model, fit, rows) for recipe, rows in zip(recipes, synthetic, strict=True)])
    members = plan.training.members
    lanes = [_lanes(recipe.model) * members for recipe in recipes]
    if plan.tuning.on:
        # A batch of settings is in training at the same time, each with rows of its own; then the finalists are.
        batch_of = max(plan.tuning.trials // ROUNDS, finalists(plan.tuning.trials))
        tuned = [recipe.reference is None for recipe in recipes]
        alone = [_lanes(recipe.model) * batch_of for recipe in recipes]
        lanes = [max(own, each) if one else each for one, own, each in zip(tuned, alone, lanes, strict=True)]
        synthetic = [rows * (batch_of if one else 1) for one, rows in zip(tuned, synthetic, strict=True)]

    # The frame, the copy of its labelled rows and the part that is being encoded.
    total = 3.0 * shape.table
    total += fit * (wide + narrow) + (valid + test) * wide + max(fit, valid, test) * narrow
    total += sum(synthetic) * (wide + narrow)
    # The trainer's own matrix, made in NumPy and copied to TensorFlow.
    total += 2 * (fit + valid + sum(synthetic)) * wide
    searching = sum(any(part.searches for part in recipe.model) for recipe in recipes)
    total += min(searching, cores) * (largest * 3 * narrow + fit * _NEIGHBORS)
    # The largest network in weights, and in what a row writes, stands for all of them.
    chosen = {plan.network_of(choice) for choice in strategies}
    drawn = shapes(plan.tuning.trials // ROUNDS, plan.split.seed) if plan.tuning.on else (NetworkShape(),)
    sizes = [size for one in chosen for each in drawn for size in _sizes(each.of(one), plan, shape, fit)]
    weights, floats = 4 * max(size.weights for size in sizes), max(size.floats for size in sizes)
    batch = min(plan.training.batch_size, fit)
    at_once = _AtOnce.of(batch, floats, sum(lanes), cores)
    total += sum(lanes) * largest * 8 + at_once.lanes * largest * _LANE_ROW
    # Every network's best weights are kept; those in training have more, and are gone before one is scored.
    total += sum(lanes) * weights
    # What a step's rows write, and its gradients; a chunk of validation rows for every stack at work.
    stepping = batch * (shape.features + 1.5 * floats) * 4
    validated = min(at_once.stacks * CHUNK / (shape.features + floats), at_once.lanes * valid)
    scored = min(CHUNK / (shape.features + floats), max(test, valid) * max(lanes))
    total += max(
        at_once.lanes * (_IN_TRAINING * weights + stepping) + validated * (shape.features + floats + 1) * 4,
        max(lanes) * _IN_SCORING * weights + scored * (shape.features + floats) * 4,
        shape.preparing,
    )
    total += sum(lanes) * (valid + test) * len(shape.facts.class_counts) * 4
    return int(_BASE + total)


def cut(
    strategies: Sequence[StrategyChoice], plan: Plan, shape: Shape, free: int, *, cores: int | None = None
) -> tuple[tuple[StrategyChoice, ...], ...]:
    """Cut strategies into parts that fit into memory one after the other, as few as possible in their order.

    Results do not depend on the cut: a network does not depend on those beside it.

    Parameters
    ----------
    free : int
        Bytes that a worker has to spare.
    cores : int or None
        Of the worker; None takes those that this process may use.

    Raises
    ------
    MemoryShortage
        One strategy alone does not fit.

    See Also
    --------
    estimate : What each part takes.

    Examples
    --------
    With room for one of two ensembles at a time they run one after the other, otherwise together.

    >>> choices = (StrategyChoice.of("deep_ensemble"), StrategyChoice.of("over_bagging"))
    >>> plan = Plan("y", choices)
    >>> shape = Shape(2**27, TableFacts((950_000, 50_000), n_numeric=10, n_categorical=0), encoded=10, features=10)
    >>> largest = max(estimate([choice], plan, shape, cores=2) for choice in choices)
    >>> for free in (1.3 * largest, 10 * largest):
    ...     [len(part) for part in cut(choices, plan, shape, int(free), cores=2)]
    [1, 1]
    [2]
    """
    most = int(free * SHARE)
    together: dict[str, list[StrategyChoice]] = {}
    for choice in strategies:
        together.setdefault(Recipe.of(choice).key, []).append(choice)
    parts: list[list[StrategyChoice]] = []
    for group in together.values():
        if parts and estimate([*parts[-1], *group], plan, shape, cores=cores) <= most:
            parts[-1] += group
            continue
        needed = estimate(group, plan, shape, cores=cores)
        if needed > most:
            raise MemoryShortage(_shortage(group[0], needed, free, "one fold of this table"))
        parts.append(list(group))
    return tuple(tuple(choice for choice in strategies if choice in part) for part in parts)


def check_refit(choice: StrategyChoice, plan: Plan, shape: Shape, free: int, *, cores: int | None = None) -> None:
    """Look whether training one choice on all rows fits.

    Raises
    ------
    MemoryShortage
        It does not.

    See Also
    --------
    cut : The same for the folds of a run.

    Examples
    --------
    A table of a million rows is refitted in 8 GiB, not in a quarter of one.

    >>> choice = StrategyChoice.of("plain")
    >>> plan = Plan("y", (choice,))
    >>> shape = Shape(2**27, TableFacts((950_000, 50_000), n_numeric=10, n_categorical=0), encoded=10, features=10)
    >>> check_refit(choice, plan, shape, free=8 * GIB, cores=2)
    >>> check_refit(choice, plan, shape, free=GIB // 4, cores=2)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    core.experiment.memory.MemoryShortage: plain needs about ... GiB of memory for all rows of this table, and ...
    """
    needed = estimate([choice], plan, shape, cores=cores, test_share=0.0)
    if needed > free * SHARE:
        raise MemoryShortage(_shortage(choice, needed, free, "all rows of this table"))


def _shortage(choice: StrategyChoice, needed: int, free: int, what: str) -> str:
    return (
        f"{choice.key} needs about {needed / GIB:.1f} GiB of memory for {what}, and {free / GIB:.1f} GiB are free: "
        "leave it out, take a smaller network, fewer rows or columns, or free some memory, then try again."
    )


def _synthetic_rows(parts: Sequence[Strategy], fit: float, facts: TableFacts) -> float:
    """Return how many synthetic rows a candidate holds, at most."""
    counts = [count / max(1, sum(facts.class_counts)) * fit for count in facts.class_counts]
    missing = len(counts) * max(counts) - sum(counts)
    return sum(part.synthetic_rows(missing) for part in parts)


def _lanes(parts: Sequence[Strategy]) -> int:
    return max([part.n_networks for part in parts], default=1)


def _largest(parts: Sequence[Strategy], fit: float, synthetic: float) -> float:
    """Return the rows that one of a candidate's networks sees, at most."""
    grows = any(part.grows for part in parts)
    return fit + synthetic / _lanes(parts) if synthetic or not grows else 2 * fit


def _sizes(choice: NetworkChoice, plan: Plan, shape: Shape, rows: float) -> list[Size]:
    """Return what each member of a network holds and writes."""
    classes, network = len(shape.facts.class_counts), network_of(choice)
    numbers = range(min(shape.features, shape.facts.n_numeric))
    members = (network.member(place).for_rows(int(rows), numbers) for place in range(plan.training.members))
    return [member.size(shape.features, classes if classes > 2 else 1) for member in members]
