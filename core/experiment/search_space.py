"""What tuning tries: a strategy's own parameters, learning rate, weight decay, and the shape of the network."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.networks.reading import network_of, typed
from core.parameters import Parameter
from core.plan import NetworkChoice, ParameterValue, Part, StrategyChoice, TrainingSettings
from core.strategies import catalogue

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

#: Batches in which settings are drawn: those after the first know how the earlier ones fared.
ROUNDS = 4
# Share of the epochs that every setting trains for.
_SHORT = 0.2
# Share of the settings that go on for all epochs.
_KEPT = 0.25
# How many times as large or as small as the chosen value a positive number becomes.
_TIMES = 4
_RATE_TIMES = 5
_DECAYS = (0.0, 0.003, 0.01, 0.03, 0.1)
# Layers are as many units wide as makes full vectors of the processor.
_UNITS = 8


def short_epochs(epochs: int) -> int:
    """Return the epochs that every setting trains for.

    See Also
    --------
    finalists : How many train for all of them.

    Examples
    --------
    >>> short_epochs(40), short_epochs(1)
    (8, 1)
    """
    return math.ceil(_SHORT * epochs)


def finalists(trials: int) -> int:
    """Return how many settings train for all epochs.

    See Also
    --------
    short_epochs : The epochs of the others.

    Examples
    --------
    >>> finalists(16)
    4
    """
    return max(1, round(_KEPT * trials))


@dataclass(frozen=True)
class NetworkShape:
    """How a network is made larger or smaller than it was chosen.

    Parameters
    ----------
    width : float
        Times as many units in each layer.
    layers : int
        So many layers, or blocks, more.
    dropout : float or None
        Share of activations dropped in training; None leaves it as chosen.

    See Also
    --------
    shapes : Draws some.

    Examples
    --------
    >>> NetworkShape(2.0, 1, 0.1).of(NetworkChoice("mlp")).key
    'mlp(dropout=0.1,hidden_layers=128-64-64)'
    >>> NetworkShape(2.0, 1, 0.1).of(NetworkChoice("linear")).key
    'linear'
    """

    width: float = 1.0
    layers: int = 0
    dropout: float | None = None

    def of(self, choice: NetworkChoice) -> NetworkChoice:
        """Return a network in this shape; what has no layers of its own to change stays as it is."""
        if choice.is_function or self == NetworkShape():
            return choice
        network = network_of(choice)
        changed: dict[str, ParameterValue] = {}
        for each in network.parameters():
            value = getattr(network, each.name)
            if each.name == "hidden_layers" and value:
                units = tuple(self._units(number, each) for number in value)
                units = units[: max(1, len(units) + self.layers)] + units[-1:] * max(0, self.layers)
                changed[each.name] = units
            elif each.name == "units":
                changed[each.name] = self._units(value, each)
            elif each.name == "blocks":
                changed[each.name] = max(1, value + self.layers)
            elif each.name == "dropout" and self.dropout is not None:
                changed[each.name] = self.dropout
        return typed(NetworkChoice.of(choice.name, **{**dict(choice.parameters), **changed}))

    def _units(self, units: float, parameter: Parameter) -> int:
        wanted = max(_UNITS, round(units * self.width / _UNITS) * _UNITS)
        return int(min(wanted, parameter.high or wanted))


def shapes(count: int, seed: int) -> tuple[NetworkShape, ...]:
    """Return the shapes that networks are tried in, the chosen one first.

    All strategies try the same ones, so that their networks train as lanes of the same stacks. The points are spread
    evenly (Halton 1964), as there are few of them.

    Parameters
    ----------
    count : int
        At least 1.

    See Also
    --------
    space_of : What each strategy tries for itself.

    Examples
    --------
    >>> first, second = shapes(2, seed=0)
    >>> first == NetworkShape(), bool(0.5 <= second.width <= 2)
    (True, True)
    """
    from scipy.stats.qmc import Halton

    drawn = [NetworkShape()]
    for width, layers, dropout in Halton(3, rng=seed).random(count - 1):
        # Half to twice the width, a layer less to one more, and dropout in steps of a twentieth.
        drawn.append(NetworkShape(round(float(2 ** (2 * width - 1)), 2), int(3 * layers) - 1, int(7 * dropout) / 20))
    return tuple(drawn)


@dataclass(frozen=True)
class Setting:
    """One setting that is tried.

    Parameters
    ----------
    choice : StrategyChoice
        With its parameters as they are tried.
    network : NetworkChoice
    training : TrainingSettings

    See Also
    --------
    setting_of : Makes one of the values that a sampler drew.

    Examples
    --------
    >>> setting = Setting(StrategyChoice.of("smote", k_neighbors=3), NetworkChoice("linear"), TrainingSettings())
    >>> setting.values()
    (('learning_rate', '0.002'), ('weight_decay', '0'), ('ratio', '1'), ('k_neighbors', '3'))
    """

    choice: StrategyChoice
    network: NetworkChoice
    training: TrainingSettings

    def values(self) -> tuple[tuple[str, str], ...]:
        """Return all that tuning may change, by name and as a person types it."""
        return tuple((name, _typed_as(value)) for _, name, value in self._tried())

    def _tried(self) -> list[tuple[int, str, ParameterValue]]:
        """Return all that tuning may change: where it belongs (the place of a part), name and value."""
        found: list[tuple[int, str, ParameterValue]] = [
            (_TRAINING, "learning_rate", self.training.learning_rate),
            (_TRAINING, "weight_decay", self.training.weight_decay),
        ]
        if not self.network.is_function:
            network = network_of(self.network)
            shaped = {each.name: getattr(network, each.name) for each in network.parameters()}
            found += [(_NETWORK, name, shaped[name]) for name in _SHAPED if name in shaped]
        for place, part in enumerate(self.choice.parts):
            chosen = dict(part.parameters)
            known = catalogue()[part.name].parameters()
            found += [(place, each.name, chosen.get(each.name, each.default)) for each in known if _is_tried(each)]
        return found

    def with_values(self, typed_values: Sequence[str]) -> Setting | None:
        """Return this setting with what tuning chose, each as ``name=value``; None where it is of something else.

        Examples
        --------
        >>> plain = Setting(StrategyChoice.of("smote"), NetworkChoice("mlp"), TrainingSettings())
        >>> tuned = plain.with_values(
        ...     ["learning_rate=0.004", "weight_decay=0", "hidden_layers=128-64", "dropout=0.1", "ratio=1",
        ...      "k_neighbors=3"])
        >>> tuned.choice.key, tuned.network.key, tuned.training.learning_rate
        ('smote(k_neighbors=3)', 'mlp(dropout=0.1,hidden_layers=128-64)', 0.004)
        >>> plain.with_values(["gamma=3"]) is None
        True
        """
        tried = self._tried()
        if [text.partition("=")[0] for text in typed_values] != [name for _, name, _ in tried]:
            return None
        changed: dict[int, dict[str, ParameterValue]] = {}
        try:
            for (owner, name, value), text in zip(tried, typed_values, strict=True):
                changed.setdefault(owner, {})[name] = _read_as(value, text.partition("=")[2])
            network = self.network
            if _NETWORK in changed:
                network = typed(NetworkChoice.of(network.name, **{**dict(network.parameters), **changed[_NETWORK]}))
            parts = [
                _part(part, {**dict(part.parameters), **changed.get(place, {})})
                for place, part in enumerate(self.choice.parts)
            ]
            training = replace(self.training, **changed[_TRAINING])  # type: ignore[arg-type]
        except ValueError:  # PlanError is one
            return None
        return Setting(StrategyChoice(tuple(parts), self.choice.network), network, training)


# Whose a tried value is, where it is none of the choice's parts.
_TRAINING, _NETWORK = -2, -1
#: The parameters of networks that a shape changes.
_SHAPED = ("hidden_layers", "blocks", "units", "dropout")


def _typed_as(value: ParameterValue) -> str:
    if isinstance(value, tuple):
        return "-".join(f"{number:g}" for number in value) or "none"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _read_as(like: ParameterValue, text: str) -> ParameterValue:
    """Return what :func:`_typed_as` wrote of a value of this kind."""
    if isinstance(like, tuple):
        return () if text == "none" else tuple(float(number) for number in text.split("-"))
    if isinstance(like, bool):
        return text == "True"
    if isinstance(like, int):
        return int(text)
    return float(text) if isinstance(like, float) else text


def _part(part: Part, values: Mapping[str, ParameterValue]) -> Part:
    """Return a part with these values; those at their defaults are left out."""
    defaults = {each.name: each.default for each in catalogue()[part.name].parameters()}
    return Part.of(part.name, **{name: value for name, value in values.items() if value != defaults[name]})


def _is_tried(parameter: Parameter) -> bool:
    numbers = isinstance(parameter.default, int | float) and parameter.low is not None and parameter.high is not None
    return bool(parameter.tried) or (
        parameter.tried is None and (bool(parameter.choices) or isinstance(parameter.default, bool) or numbers)
    )


def space_of(choice: StrategyChoice, training: TrainingSettings) -> Mapping[str, BaseDistribution]:
    """Return what a strategy tries for itself, by the names that :func:`setting_of` reads.

    A positive number goes from a fourth to four times the chosen value, on a log scale; words and switches are tried
    all; a parameter may name the values itself (:func:`core.parameters.parameter`).

    See Also
    --------
    shapes : What all strategies try alike.

    Examples
    --------
    >>> sorted(space_of(StrategyChoice.of("smote"), TrainingSettings()))
    ['learning_rate', 'smote.k_neighbors', 'smote.ratio', 'weight_decay']
    """
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    rate = training.learning_rate
    space: dict[str, BaseDistribution] = {
        "learning_rate": FloatDistribution(max(1e-6, rate / _RATE_TIMES), min(1.0, rate * _RATE_TIMES), log=True),
        "weight_decay": CategoricalDistribution(_with(training.weight_decay, _DECAYS)),
    }
    for part in choice.parts:
        chosen = dict(part.parameters)
        for each in catalogue()[part.name].parameters():
            if _is_tried(each):
                value = chosen.get(each.name, each.default)
                space[f"{part.name}.{each.name}"] = _distribution(each, value)
    return space


def _with(value: ParameterValue, others: Sequence[ParameterValue]) -> list[bool | int | float | str | None]:
    return [each for each in dict.fromkeys((value, *others)) if not isinstance(each, tuple)]


def _distribution(parameter: Parameter, value: ParameterValue) -> BaseDistribution:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    values = parameter.tried or parameter.choices or ((False, True) if isinstance(value, bool) else ())
    if values:
        return CategoricalDistribution(_with(value, values))
    assert isinstance(value, int | float)
    assert parameter.low is not None
    assert parameter.high is not None
    low, high = max(parameter.low, value / _TIMES), min(parameter.high, value * _TIMES)
    if value <= 0:
        low, high = parameter.low, parameter.low + (parameter.high - parameter.low) / _TIMES
    if isinstance(parameter.default, int):
        return IntDistribution(max(int(low), round(parameter.low)), max(int(value), round(high)), log=low >= 1)
    return FloatDistribution(low, high, log=low > 0)


def chosen_values(choice: StrategyChoice, training: TrainingSettings) -> dict[str, ParameterValue]:
    """Return the values in :func:`space_of` that a person chose, which are tried first."""
    values: dict[str, ParameterValue] = {
        "learning_rate": training.learning_rate,
        "weight_decay": training.weight_decay,
    }
    for part in choice.parts:
        chosen = dict(part.parameters)
        for each in catalogue()[part.name].parameters():
            if _is_tried(each):
                values[f"{part.name}.{each.name}"] = chosen.get(each.name, each.default)
    return values


def setting_of(
    values: Mapping[str, ParameterValue],
    shape: NetworkShape,
    choice: StrategyChoice,
    network: NetworkChoice,
    training: TrainingSettings,
) -> Setting:
    """Return the setting that drawn values and a shape stand for.

    Parameters
    ----------
    values : mapping of str to value
        By the names of :func:`space_of`; those that lack stay as chosen.

    See Also
    --------
    space_of : What they are drawn from.

    Examples
    --------
    >>> values = {"learning_rate": 0.00432, "smote.k_neighbors": 3}
    >>> choice, network = StrategyChoice.of("smote"), NetworkChoice("mlp")
    >>> setting = setting_of(values, NetworkShape(), choice, network, TrainingSettings())
    >>> setting.choice.key, setting.training.learning_rate
    ('smote(k_neighbors=3)', 0.00432)
    """
    own = {name: values[name] for name in ("learning_rate", "weight_decay") if name in values}
    parts = []
    for part in choice.parts:
        drawn = {
            name.removeprefix(f"{part.name}."): value
            for name, value in values.items()
            if name.startswith(f"{part.name}.")
        }
        parts.append(_part(part, {**dict(part.parameters), **drawn}))
    return Setting(StrategyChoice(tuple(parts), choice.network), shape.of(network), replace(training, **own))  # type: ignore[arg-type]
