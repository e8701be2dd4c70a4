"""The registry of strategies, and what the parts of a plan's choice mean in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from core.networks.reading import network_label
from core.parameters import check
from core.plan import Part, Plan, PlanError, StrategyChoice
from core.strategies.base import FAMILY_NAMES, Calibrating, Reference, Strategy

_REGISTRY: dict[str, type[Strategy]] = {}
S = TypeVar("S", bound=type[Strategy])


def register(cls: S) -> S:
    """Enter a strategy class into the catalogue, under its card's key.

    See Also
    --------
    catalogue : What is registered.

    Examples
    --------
    >>> from core.strategies.base import Baseline, Card
    >>> class Plain(Baseline):
    ...     card = Card("plain", "Plain", "baseline", "", "", "", "", "")
    ...
    >>> register(Plain)
    Traceback (most recent call last):
    ValueError: two strategies are called 'plain'
    """
    key = cls.card.key
    if key in _REGISTRY:
        raise ValueError(f"two strategies are called {key!r}")
    _REGISTRY[key] = cls
    return cls


def catalogue() -> dict[str, type[Strategy]]:
    """Return every registered strategy by key, family by family; rules that decide come before calibrations.

    See Also
    --------
    make : A strategy with its parameters.

    Examples
    --------
    >>> list(catalogue())[:3], catalogue()["smote"].card.name
    (['plain', 'random_under', 'near_miss_1'], 'SMOTE')
    """
    families = list(FAMILY_NAMES)

    def place(cls: type[Strategy]) -> tuple[int, bool]:
        return families.index(cls.card.family), issubclass(cls, Calibrating)

    return dict(sorted(_REGISTRY.items(), key=lambda item: place(item[1])))


def make(part: Part) -> Strategy:
    """Return the strategy of a plan's part.

    Raises
    ------
    PlanError
        The name is not registered, or a parameter is unknown or out of range.

    See Also
    --------
    parts_of : All of a choice.

    Examples
    --------
    >>> from core.plan import Part
    >>> from core.strategies import make
    >>> make(Part.of("focal", gamma=3.0)).card.name
    'Focal loss'
    """
    cls = _REGISTRY.get(part.name)
    if cls is None:
        raise PlanError(f"There is no strategy called '{part.name}'.")
    check(cls.card.name, cls.parameters(), part.parameters)
    return cls(**dict(part.parameters))


def parts_of(choice: StrategyChoice) -> list[Strategy]:
    """Return a choice's strategies in the order in which they act: rows, members, batches, weights, loss, decision.

    See Also
    --------
    core.strategies.Recipe : The same, by what they do.

    Examples
    --------
    >>> from core.strategies import parts_of
    >>> from core.strategies.notation import parse_choice
    >>> [part.card.key for part in parts_of(parse_choice("threshold_f1+class_weight+smote"))]
    ['smote', 'class_weight', 'threshold_f1']
    """
    strategies = [make(part) for part in choice.parts]
    return sorted(strategies, key=lambda strategy: (strategy.turn, strategy.position))


def choices_of(plan: Plan) -> tuple[StrategyChoice, ...]:
    """Return the lines of a plan's comparison: every strategy on every network, and every reference once.

    Where there is one network only, lines do not name it.

    See Also
    --------
    core.plan.Plan.network_of : The network of a line.

    Examples
    --------
    >>> from core.strategies.notation import parse_strategies
    >>> plan = Plan("y", parse_strategies("plain, smote, logistic"), networks=["mlp", "tabm"])
    >>> [choice.key for choice in choices_of(plan)]
    ['plain@mlp', 'smote@mlp', 'plain@tabm', 'smote@tabm', 'logistic']
    """
    if len(plan.networks) == 1:
        return plan.strategies
    free = [choice for choice in plan.strategies if choice.network is None and not _is_reference(choice)]
    product = [replace(choice, network=network) for network in plan.networks for choice in free]
    return (*product, *(choice for choice in plan.strategies if choice not in free))


def _is_reference(choice: StrategyChoice) -> bool:
    known = (_REGISTRY.get(part.name) for part in choice.parts)
    return any(cls is not None and issubclass(cls, Reference) for cls in known)


def label(choice: StrategyChoice) -> str:
    """Return the choice's name for people: its parts' names and the parameters that differ from the defaults.

    See Also
    --------
    core.strategies.notation.parse_choice : Reads keys.

    Examples
    --------
    >>> from core.strategies import label
    >>> from core.strategies.notation import parse_choice
    >>> label(parse_choice("smote(k_neighbors=3)+threshold_f1"))
    'SMOTE (k_neighbors=3) + Threshold by F1'
    """
    names: Iterable[str] = (
        _REGISTRY[part.name].card.name
        + (f" ({', '.join(f'{n}={v}' for n, v in part.parameters)})" if part.parameters else "")
        if part.name in _REGISTRY
        else part.key
        for part in choice.parts
    )
    return " + ".join(names) + ("" if choice.network is None else f" · {network_label(choice.network)}")
