"""The registry of networks, and what a name and parameters mean in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from core.networks.base import Network
from core.parameters import check
from core.plan import ParameterValue, PlanError
from core.words import close_names

_REGISTRY: dict[str, type[Network]] = {}
N = TypeVar("N", bound=type[Network])


def register(cls: N) -> N:
    """Enter a network class into the registry, under its card's key.

    See Also
    --------
    networks : What is registered.

    Examples
    --------
    >>> from core.networks import networks
    >>> register(networks()["mlp"])
    Traceback (most recent call last):
    ValueError: two networks are called 'mlp'
    """
    key = cls.card.key
    if key in _REGISTRY:
        raise ValueError(f"two networks are called {key!r}")
    _REGISTRY[key] = cls
    return cls


def networks() -> dict[str, type[Network]]:
    """Return every registered network by key, in the order in which people are shown them.

    See Also
    --------
    make : A network with its parameters.

    Examples
    --------
    >>> networks()["linear"].card.name
    'Linear'
    """
    return {key: _REGISTRY[key] for key in sorted(_REGISTRY, key=lambda key: (_REGISTRY[key].place, key))}


def make(name: str, parameters: Iterable[tuple[str, ParameterValue]] = ()) -> Network:
    """Return the network of a name and its parameters.

    Raises
    ------
    PlanError
        The name is not registered, or a parameter is unknown or out of range.

    See Also
    --------
    networks : The names.

    Examples
    --------
    >>> make("mlp", [("hidden_layers", (16,)), ("activation", "silu")]).key
    'mlp(activation=silu,hidden_layers=16)'
    >>> make("mlpp")
    Traceback (most recent call last):
    core.settings.PlanError: There is no network called 'mlpp': did you mean mlp?
    """
    cls = _REGISTRY.get(name)
    if cls is None:
        close = close_names(name, _REGISTRY)
        hint = f"did you mean {' or '.join(close)}?" if close else f"choose {', '.join(networks())}."
        raise PlanError(f"There is no network called '{name[:80]}': {hint}")
    several = {each.name for each in cls.parameters() if isinstance(each.default, tuple)}
    # A person who types one layer types a number.
    values = {key: (value,) if key in several and isinstance(value, int) else value for key, value in parameters}
    check(cls.card.name, cls.parameters(), values.items())
    return cls(**values)
