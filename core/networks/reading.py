"""Networks as a person types them, and their names for people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import cast

from core.choices import NetworkChoice, is_long, pieces
from core.networks.base import Network
from core.networks.function import FunctionNetwork, find_function
from core.networks.own import of_path
from core.networks.registry import make, networks
from core.plan import ParameterValue, Plan
from core.settings import PlanError
from core.words import listed


def parse_networks(text: str, *, functions: bool = False) -> tuple[NetworkChoice, ...]:
    """Return the networks that a text names, separated by commas, in its order.

    Parameters
    ----------
    functions : bool
        Whether names such as ``my_module:build`` are looked up, which runs the module's code, and paths of ``.keras``
        files are read: only for what a person typed on her own machine.

    Raises
    ------
    PlanError
        A name or a parameter is unknown, a value does not fit, or a bracket is missing.

    See Also
    --------
    core.strategies.notation.parse_strategies : The same for strategies.

    Examples
    --------
    >>> [network.key for network in parse_networks("mlp, mlp(hidden_layers=128)")]
    ['mlp', 'mlp(hidden_layers=128)']
    """
    return tuple(_parsed(piece, functions) for piece in pieces(text))


def _parsed(piece: str, functions: bool) -> NetworkChoice:
    brought = of_path(piece) if functions else None
    if brought is not None:
        return brought
    choice = NetworkChoice.read(piece)
    return find_function(choice.name) if choice.is_function and functions else typed(choice)


def typed(choice: NetworkChoice) -> NetworkChoice:
    """Return a choice with its values in the types of their parameters, without those that are the default.

    Raises
    ------
    PlanError
        The network or a parameter is unknown, or a value does not fit.

    See Also
    --------
    core.networks.registry.make : The network of a choice.

    Examples
    --------
    >>> typed(NetworkChoice.of("mlp", hidden_layers=128, dropout=0.0)).parameters
    (('hidden_layers', (128,)),)
    """
    if choice.is_function:
        network_of(choice)
        return choice
    make(choice.name)
    cls = networks()[choice.name]
    defaults = {each.name: each.default for each in cls.parameters()}
    given = {
        name: _as(value, defaults[name], f"{cls.card.name}: {name}") if name in defaults else value
        for name, value in choice.parameters
    }
    make(choice.name, given.items())
    return NetworkChoice.of(choice.name, **{name: value for name, value in given.items() if value != defaults[name]})


def with_value(choice: NetworkChoice, name: str, value: ParameterValue) -> NetworkChoice:
    """Return a choice with one parameter set; one at its default is left out.

    Raises
    ------
    PlanError
        The value does not fit.

    See Also
    --------
    typed : Checks all of them.

    Examples
    --------
    >>> with_value(NetworkChoice("mlp"), "hidden_layers", (128.0, 64.0)).key
    'mlp(hidden_layers=128-64)'
    """
    return typed(NetworkChoice.of(choice.name, **{**dict(choice.parameters), name: value}))


def _as(value: ParameterValue, default: ParameterValue, name: str) -> ParameterValue:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(default, tuple) and isinstance(value, int) and number:
        return (value,)
    if isinstance(default, tuple) and isinstance(value, tuple):
        return tuple(int(item) if item == int(item) else item for item in value)
    if isinstance(default, float) and number:
        return float(cast(float, value))
    if type(value) is type(default):
        return value
    kinds = {bool: "True or False", int: "a whole number", float: "a number", str: "a word", tuple: "such as 64-32"}
    raise PlanError(f"{name} must be {kinds.get(type(default), 'a value')}, not '{str(value)[:60]}'.")


def with_functions(plan: Plan, names: Iterable[str]) -> Plan:
    """Return a plan that was read from a file with the functions that build some of its networks.

    Their modules are imported, which runs their code: only for names that a person typed on her own machine.

    Raises
    ------
    PlanError
        There is no such function, or the plan has no network of this name.

    See Also
    --------
    core.networks.function.find_function : Finds each.

    Examples
    --------
    >>> from core.plan import Plan, StrategyChoice
    >>> plan = Plan("y", (StrategyChoice.of("plain"),))
    >>> with_functions(plan, ["my_module:build"])
    Traceback (most recent call last):
    core.settings.PlanError: The run has no network 'my_module:build' that a function builds: it has `mlp`.
    """
    there = {choice.name: choice for choice in (*plan.networks, *map(plan.network_of, plan.strategies))}
    found = {}
    for name in names:
        if name not in there or not there[name].is_function:
            raise PlanError(
                f"The run has no network '{name[:80]}' that a function builds: it has {listed(sorted(there))}."
            )
        found[name] = find_function(name)
    if not found:
        return plan
    strategies = tuple(
        choice if choice.network is None else replace(choice, network=found.get(choice.network.name, choice.network))
        for choice in plan.strategies
    )
    return replace(plan, networks=tuple(found.get(one.name, one) for one in plan.networks), strategies=strategies)


def network_of(choice: NetworkChoice) -> Network:
    """Return the network of a choice.

    Raises
    ------
    PlanError
        The network or a parameter is unknown, or a value does not fit.

    See Also
    --------
    network_label : Its name for people.

    Examples
    --------
    >>> network_of(NetworkChoice.of("mlp", hidden_layers=(8,))).n_weights(4, 1)
    49
    """
    if choice.build is not None:
        return FunctionNetwork(choice.name, choice.build)
    if choice.is_function:
        raise PlanError(
            f"The network {choice.name[:80]} is a function of a Python program: train it from there, or on the command "
            "line with --network and this name."
        )
    return make(choice.name, choice.parameters)


def network_label(choice: NetworkChoice) -> str:
    """Return a network's name for people, with the parameters that differ from its defaults.

    See Also
    --------
    core.strategies.registry.label : The same for a strategy.

    Examples
    --------
    >>> network_label(NetworkChoice.of("mlp", hidden_layers=(128, 64)))
    'MLP (hidden_layers=128-64)'
    >>> network_label(NetworkChoice("my_module:build"))
    'build'
    >>> network_label(NetworkChoice.of("own", called="fraud.keras"))
    'fraud.keras'
    """
    if choice.is_function:
        return choice.name.rpartition(":")[2]
    called = dict(choice.parameters).get("called")
    if called:
        return str(called)
    cls = networks().get(choice.name)
    if cls is None:
        return choice.key
    shown = {name: value for name, value in choice.parameters if not is_long(value)}
    label = (cls.card.short or cls.card.name) + NetworkChoice.of("", **shown).key.replace("(", " (", 1).replace(
        ",", ", "
    )
    if len(shown) == len(choice.parameters):
        return label
    return f"{label} {NetworkChoice('', choice.parameters).key.partition('=')[2][:4]}"
