"""How much memory a unit of work takes at its peak, before it starts; and how to cut one that does not fit.

The figures follow from what is kept at the same time: the table, the fold's matrices, the rows that
samplers make, and a few numbers a row for every network in training. `tests/core/test_memory.py`
holds them against measured peaks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.data.problem import Problem
from core.data.table import Column
from core.experiment.fold import lane_key
from core.plan import NetworkSettings, Plan, StrategyChoice
from core.strategies import Strategy, TableFacts, parts_of
from core.strategies._sampling import Sampler

GIB = 2**30
# Of what is free, the share that a unit may plan to take: estimates err, and other programs live too.
SHARE = 0.8
# Graphs, libraries and buffers that even the smallest fold needs, beside an idle worker.
_BASE = 100 * 2**20
# As in the trainer: floats of a chunk of inputs, lanes of a stack, stacks at once.
_CHUNK = 4_000_000
_STACK = 16
_STACKS = 2
# Bytes a row and network: positions, labels, shuffled passes and an epoch's batches.
_LANE_ROW = 72
_NEIGHBORS = 16 * 8


class MemoryShortage(ValueError):
    """A single strategy does not fit; the message is one sentence with the figure and the way out."""


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
    """

    table: int
    facts: TableFacts
    encoded: int
    features: int

    @property
    def rows(self) -> int:
        return sum(self.facts.class_counts)


def shape_of(problem: Problem) -> Shape:
    """Return the shape of a table under a plan."""
    columns = problem.features
    size = int(problem.table.frame.memory_usage(index=False, deep=True).sum())
    return Shape(size, problem.facts, sum(map(_codes, columns)), max(1, sum(map(_inputs, columns))))


def _codes(column: Column) -> int:
    return 1 + (column.kind != "categorical" and column.missing > 0)


def _inputs(column: Column) -> int:
    if column.kind != "categorical":
        return _codes(column)
    return min(column.distinct, 40) + (column.missing > 0) + (column.distinct > 40)


def estimate(strategies: Sequence[StrategyChoice], plan: Plan, shape: Shape) -> int:
    """Return the bytes that some strategies on one fold take at their peak, beside an idle worker.

    Parameters
    ----------
    strategies : sequence of StrategyChoice
        Those that run together; choices that share their networks are counted once.
    """
    network = plan.network
    test = shape.rows / plan.split.folds
    valid = (shape.rows - test) * network.validation_split
    fit = shape.rows - test - valid
    wide, narrow = 4 * shape.features, 8 * shape.encoded
    candidates = {lane_key(choice): parts_of(choice) for choice in strategies}
    made = [_made(parts, fit, shape.facts) for parts in candidates.values()]
    lanes = [_lanes(parts) for parts in candidates.values()]
    largest = max([_largest(parts, fit, rows) for parts, rows in zip(candidates.values(), made, strict=True)])

    # The frame, the copy of its labelled rows and the part that is being encoded.
    total = 3.0 * shape.table
    total += fit * (wide + narrow) + (valid + test) * wide + max(fit, valid, test) * narrow
    total += sum(made) * (wide + narrow)
    # The trainer's own matrix, made in NumPy and copied to TensorFlow.
    total += 2 * (fit + valid + sum(made)) * wide
    drawn = [any(isinstance(part, Sampler) for part in parts) for parts in candidates.values()]
    total += any(drawn) * (largest * 3 * narrow + fit * _NEIGHBORS)
    total += sum(lanes) * largest * 8 + min(sum(lanes), _STACK * _STACKS) * largest * _LANE_ROW
    total += max(
        _validating(network, shape, sum(lanes), valid), _predicting(network, shape, max(lanes), max(test, valid))
    )
    total += sum(lanes) * (valid + test) * len(shape.facts.class_counts) * 4
    return int(_BASE + total)


def cut(
    strategies: Sequence[StrategyChoice], plan: Plan, shape: Shape, free: int
) -> tuple[tuple[StrategyChoice, ...], ...]:
    """Cut strategies into parts that fit into memory one after the other, as few as possible in their order.

    Results do not depend on the cut: a network does not depend on those beside it.

    Parameters
    ----------
    free : int
        Bytes that a worker has to spare.

    Raises
    ------
    MemoryShortage
        One strategy alone does not fit.
    """
    most = int(free * SHARE)
    together: dict[str, list[StrategyChoice]] = {}
    for choice in strategies:
        together.setdefault(lane_key(choice), []).append(choice)
    parts: list[list[StrategyChoice]] = []
    for group in together.values():
        if parts and estimate([*parts[-1], *group], plan, shape) <= most:
            parts[-1] += group
            continue
        needed = estimate(group, plan, shape)
        if needed > most:
            raise MemoryShortage(
                f"{group[0].key} needs about {needed / GIB:.1f} GiB of memory for one fold of this table, and "
                f"{free / GIB:.1f} GiB are free: leave it out, take fewer rows or columns, or free some memory, "
                "then resume."
            )
        parts.append(list(group))
    return tuple(tuple(choice for choice in strategies if choice in part) for part in parts)


def _made(parts: Sequence[Strategy], fit: float, facts: TableFacts) -> float:
    """Return how many synthetic rows a candidate holds, at most."""
    counts = [count / max(1, sum(facts.class_counts)) * fit for count in facts.class_counts]
    missing = len(counts) * max(counts) - sum(counts)
    rows = 0.0
    for part in parts:
        if isinstance(part, Sampler) and part.returns != "selected":
            rows += missing * min(1.0, float(getattr(part, "ratio", 1.0)))
        elif part.makes_rows:
            # What the sampler made, kept for others, and the part that the network takes.
            rows += 2 * missing * _lanes(parts)
    return rows


def _lanes(parts: Sequence[Strategy]) -> int:
    return max([int(getattr(part, "n_members", 1)) for part in parts], default=1)


def _largest(parts: Sequence[Strategy], fit: float, made: float) -> float:
    """Return the rows that one of a candidate's networks sees, at most."""
    grows = any(part.card.family in ("oversampling", "hybrid", "ensemble") for part in parts)
    return fit + made / _lanes(parts) if made or not grows else 2 * fit


def _validating(network: NetworkSettings, shape: Shape, lanes: int, valid: float) -> float:
    """Return the bytes of the activations of a chunk of validation rows, a chunk for every stack at work."""
    width = shape.features + 2 * sum(network.hidden_layers) + 1
    stack = min(_STACK, -(-lanes // _STACKS))
    return min(lanes, _STACKS) * min(_CHUNK / shape.features, stack * valid) * width * 4


def _predicting(network: NetworkSettings, shape: Shape, lanes: int, rows: float) -> float:
    width = shape.features / lanes + 2 * max(network.hidden_layers, default=1)
    return min(_CHUNK / shape.features, rows) * lanes * width * 4
