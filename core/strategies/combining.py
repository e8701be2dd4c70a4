"""Which strategies make sense together in one combination.

Strategies that balance read what the classes count for when their turn comes
(:meth:`core.training.lane.Lane.class_mass`), so that a combination balances once. What cannot be combined
so is refused here, and :func:`check_combinations` stands wherever a choice enters a plan or is run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from itertools import combinations

import numpy as np

from core.plan import Part, PlanError, StrategyChoice
from core.strategies._sampling import UnderSampler
from core.strategies.base import (
    Baseline,
    Deciding,
    Decision,
    Ensemble,
    LearningStrategy,
    Reference,
    RowStrategy,
    Strategy,
)
from core.strategies.hybrid import Hybrid
from core.strategies.registry import make
from core.strategies.view import Numbers, TrainingView
from core.training.lane import Lane, LossTerms

# What two strategies must not both set, the plainest words first.
_TOUCHES: Mapping[str, str] = {
    "sample_weight": "weigh rows by their class, so rare rows would be weighed twice",
    "batches": "decide how batches are drawn, and the later one would win",
    "mixup": "mix rows inside the batch, and the later one would win",
    "initial_bias": "set the bias at the start, and the later one would win",
    **{field.name: "set the same term of the loss, and the later one would win" for field in fields(LossTerms)},
}
# Losses that favour rare classes by their shape: how far depends on the shares, which an offset leaves as they are.
_SHAPES = frozenset({"gamma", "clip", "margin"})


def check_combinations(choices: Iterable[StrategyChoice]) -> None:
    """Check that every choice makes sense as one combination; choices of earlier versions may not.

    Raises
    ------
    PlanError
        The parts of a choice clash (see :func:`clash`), or one is unknown or out of range.

    See Also
    --------
    clash : The same for the names of one combination, as a sentence.

    Examples
    --------
    >>> from core.strategies.notation import parse_choice
    >>> check_combinations([parse_choice("smote+focal")])
    >>> check_combinations([StrategyChoice((Part.of("smote"), Part.of("smote")))])
    Traceback (most recent call last):
    core.settings.PlanError: SMOTE is in this combination twice: once is enough.
    """
    for choice in choices:
        reason = clash([part.name for part in choice.parts])
        if reason is not None:
            raise PlanError(reason)


def clash(names: Sequence[str]) -> str | None:
    """Return one sentence on why strategies make no sense as one combination, or None where they do.

    Two parts clash where the later one would undo or overwrite what the earlier one set: the same
    strategy twice, two ensembles, two thresholds, two strategies that set the same term of the loss,
    weigh the rows by class, or draw the batches. They clash as well where together they would favour
    rare classes twice. A reference trains no network, so it takes decision rules only.

    Parameters
    ----------
    names : sequence of str
        Keys of strategies; their order does not matter.

    See Also
    --------
    core.strategies.choosing.why_not : Whether a choice applies to a table.

    Examples
    --------
    >>> clash(["smote", "focal", "threshold_f1"])
    >>> clash(["logistic", "boosting"])
    'Logistic regression and Gradient boosting are two models, and a combination has one: choose one of them.'
    """
    return next(filter(None, (_pair_clash(*pair) for pair in combinations(names, 2))), None)


@lru_cache(maxsize=4096)
def _pair_clash(first: str, second: str) -> str | None:
    left, right = pair = make(Part(first)), make(Part(second))
    a, b = left.card, right.card
    if first == second:
        return f"{a.name} is in this combination twice: once is enough."
    if _any(pair, Baseline):
        name = a.name if isinstance(left, Baseline) else b.name
        return f"{name} changes nothing, so leave it out of the combination."
    if _all(pair, Reference):
        return f"{a.name} and {b.name} are two models, and a combination has one: choose one of them."
    if _any(pair, Reference) and not _any(pair, Decision):
        reference, rest = (a, b) if isinstance(left, Reference) else (b, a)
        return (
            f"{reference.name} is a reference that trains no network, so {rest.name} has nothing to act on: "
            "combine it with a decision rule, or with nothing."
        )
    if _any(pair, Hybrid) and _all(pair, RowStrategy):
        hybrid, rest = (a, b) if isinstance(left, Hybrid) else (b, a)
        return (
            f"{hybrid.name} grows one class and cuts the other already, so {rest.name} beside it is one sampler too "
            "many: choose one of them."
        )
    if isinstance(left, UnderSampler) and isinstance(right, UnderSampler) and left.position == right.position:
        return f"{a.name} and {b.name} both cut larger classes to a chosen size: choose one of them."
    if _all(pair, Ensemble):
        return f"{a.name} and {b.name} are both ensembles, and a combination has one: choose one of them."
    if _all(pair, Deciding):
        return f"{a.name} and {b.name} both set the threshold, and only the last would count: choose one of them."
    touched = (_touched(first), _touched(second))
    shared = touched[0] & touched[1]
    if shared:
        what = next(words for name, words in _TOUCHES.items() if name in shared)
        return f"{a.name} and {b.name} both {what}: choose one of them."
    if any("offset" in mine and theirs & _SHAPES for mine, theirs in (touched, touched[::-1])):
        return (
            f"{a.name} and {b.name} both lean the loss towards rare classes, which together goes too far: "
            "choose one of them."
        )
    return None


def _any(pair: tuple[Strategy, Strategy], kind: type[Strategy]) -> bool:
    return any(isinstance(strategy, kind) for strategy in pair)


def _all(pair: tuple[Strategy, Strategy], kind: type[Strategy]) -> bool:
    return all(isinstance(strategy, kind) for strategy in pair)


@lru_cache(maxsize=512)
def _touched(name: str) -> frozenset[str]:
    """Return the fields of a lane and of its loss that a strategy sets, found by letting it do so on a few rows."""
    strategy = make(Part(name))
    if not isinstance(strategy, LearningStrategy):
        return frozenset()
    return frozenset(_changes(strategy))


def _changes(strategy: Strategy) -> Iterator[str]:
    lane = Lane(np.arange(6), 0)
    view = TrainingView.of(Numbers(), np.zeros((6, 1)), np.array([0, 0, 0, 0, 1, 1]), n_classes=2, seed=0)
    for refined in strategy.refine(lane, view):
        for before, after in ((lane, refined), (lane.loss, refined.loss)):
            for field in fields(before):
                if field.name in _TOUCHES and getattr(before, field.name) is not getattr(after, field.name):
                    # Weights that come late in training weigh the same rows again.
                    yield "sample_weight" if field.name == "late_class_weight" else field.name
