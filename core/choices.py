"""What is compared: strategies, alone or combined, and the networks that they balance."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from core.settings import PlanError

ParameterValue = bool | int | float | str | None | tuple[float, ...]

#: Longest text that a key shows; of a longer one, such as the architecture of a network, it shows a digest.
_LONGEST_SHOWN = 60
#: Longest name of a network, and of a value that is read from text.
_LONGEST = 200


@dataclass(frozen=True)
class Part:
    """One registered strategy and the parameters that differ from its defaults.

    Parameters
    ----------
    name : str
        Key in the registry of :mod:`core.strategies`.
    parameters : tuple of (str, value) pairs
        Sorted by name, so that equal parts compare equal.

    See Also
    --------
    StrategyChoice : One part, or several combined.

    Examples
    --------
    >>> Part.of("smote", k_neighbors=3).key
    'smote(k_neighbors=3)'
    """

    name: str
    parameters: tuple[tuple[str, ParameterValue], ...] = ()

    @classmethod
    def of(cls, name: str, **parameters: ParameterValue) -> Part:
        """Return a strategy with some of its parameters set."""
        return cls(name, tuple(sorted(parameters.items())))

    @property
    def key(self) -> str:
        """The part as a person types it."""
        if not self.parameters:
            return self.name
        inner = ",".join(f"{name}={value}" for name, value in self.parameters)
        return f"{self.name}({inner})"


@dataclass(frozen=True)
class NetworkChoice:
    """One registered network and the parameters that differ from its defaults, or a function that builds one.

    Parameters
    ----------
    name : str
        Key in the registry of :mod:`core.networks`, or the place of a function, as ``module:function``.
    parameters : tuple of (str, value) pairs
        Sorted by name, so that equal choices compare equal.
    build : callable or None
        The function itself, where it was given as such: ``build(n_features, n_outputs)`` returns a Keras model
        that ends in logits.

    See Also
    --------
    core.settings.TrainingSettings : How it is trained.

    Examples
    --------
    >>> NetworkChoice.of("mlp", hidden_layers=(128, 64)).key
    'mlp(hidden_layers=128-64)'
    >>> NetworkChoice.read("tabm(k=8)") == NetworkChoice.of("tabm", k=8)
    True
    """

    name: str
    parameters: tuple[tuple[str, ParameterValue], ...] = ()
    build: Callable[[int, int], object] | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of(cls, name: str, **parameters: ParameterValue) -> NetworkChoice:
        """Return a network with some of its parameters set."""
        return cls(name, tuple(sorted(parameters.items())))

    @classmethod
    def function(cls, build: Callable[[int, int], object]) -> NetworkChoice:
        """Return the choice of a function that builds a network.

        Examples
        --------
        >>> def small(n_features, n_outputs): ...
        >>> NetworkChoice.function(small).name.endswith(":small")
        True
        """
        name = getattr(build, "__qualname__", type(build).__qualname__)
        return cls(f"{getattr(build, '__module__', type(build).__module__)}:{name}", build=build)

    @classmethod
    def read(cls, text: str) -> NetworkChoice:
        """Read a key back, without knowing which networks there are; whole numbers with dashes are layers.

        Raises
        ------
        PlanError
            A bracket is missing, or a parameter is not written as ``name=value``.
        """
        name, bracket, inner = text.strip().partition("(")
        if not name.strip() or len(name) > _LONGEST:
            raise PlanError("A network has no name: write for example mlp, or tabm(k=8).")
        if bracket and not inner.rstrip().endswith(")"):
            raise PlanError(f"'{text.strip()[:80]}' lacks its closing bracket.")
        given: dict[str, ParameterValue] = {}
        for item in filter(str.strip, inner.rstrip()[:-1].split(",")):
            key, equals, value = (piece.strip() for piece in item.partition("="))
            if not equals or not key:
                raise PlanError(f"{name.strip()}: write '{item.strip()[:80]}' as name=value.")
            given[key] = _read_value(value)
        return cls.of(name.strip(), **given)

    @property
    def key(self) -> str:
        """The network as a person types it; of long texts, such as an architecture, a digest."""
        if not self.parameters:
            return self.name
        return f"{self.name}({','.join(f'{name}={_shown_value(value)}' for name, value in self.parameters)})"

    @property
    def is_function(self) -> bool:
        """Whether a function of the person's own builds it, not a registered network."""
        return ":" in self.name


@dataclass(frozen=True)
class StrategyChoice:
    """One line of the comparison: a strategy, or several parts combined, on one of the plan's networks.

    Parameters
    ----------
    parts : tuple of Part
    network : NetworkChoice or None
        None means the plan's only network.

    See Also
    --------
    core.strategies.notation.parse_choice : Reads a key back.

    Examples
    --------
    >>> StrategyChoice.of("smote", k_neighbors=3).key
    'smote(k_neighbors=3)'
    >>> StrategyChoice((Part.of("smote"), Part.of("focal")), NetworkChoice.of("tabm", k=8)).key
    'smote+focal@tabm(k=8)'
    """

    parts: tuple[Part, ...]
    network: NetworkChoice | None = None

    @classmethod
    def of(cls, name: str, **parameters: ParameterValue) -> StrategyChoice:
        """Return the choice of a single strategy."""
        return cls((Part.of(name, **parameters),))

    @property
    def strategy(self) -> str:
        """The key without the network: lines that differ in their network alone share it."""
        return "+".join(part.key for part in self.parts)

    @property
    def key(self) -> str:
        """Unique, stable text: names the choice in results, files and links."""
        return self.strategy if self.network is None else f"{self.strategy}@{self.network.key}"


def pieces(text: str, separator: str = ",") -> Iterator[str]:
    """Yield the pieces between separators that stand outside of brackets, without empty ones.

    See Also
    --------
    NetworkChoice.read : Reads a piece.

    Examples
    --------
    >>> list(pieces("mlp, tabm(k=8,kind=mini)"))
    ['mlp', 'tabm(k=8,kind=mini)']
    """
    depth, start = 0, 0
    for at, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if character == separator and depth == 0:
            if text[start:at].strip():
                yield text[start:at].strip()
            start = at + 1
    if text[start:].strip():
        yield text[start:].strip()


def is_long(value: ParameterValue) -> bool:
    """Return whether a value is a text too long to be shown, such as the architecture of a network.

    See Also
    --------
    NetworkChoice.key : Shows a digest of such a text.

    Examples
    --------
    >>> is_long("relu"), is_long("x" * 1_000)
    (False, True)
    """
    return isinstance(value, str) and len(value) > _LONGEST_SHOWN


def _shown_value(value: ParameterValue) -> str:
    if isinstance(value, tuple):
        return "-".join(f"{item:g}" for item in value) or "none"
    text = str(value)
    # The letter in front keeps a digest such as 701e5919 from being read back as a number.
    return f"x{hashlib.sha256(text.encode()).hexdigest()[:7]}" if is_long(value) else text


def _read_value(text: str) -> ParameterValue:
    """Return a value as it was written by :func:`_shown_value`."""
    if text == "none":
        return ()
    pieces = text.strip("()").replace(" ", "-").split("-")
    if len(pieces) > 1 and all(piece.isdecimal() for piece in pieces):
        return tuple(map(int, pieces))
    if len(text) <= _LONGEST:
        with suppress(ValueError, SyntaxError, MemoryError, RecursionError):
            value = ast.literal_eval(text)
            if isinstance(value, bool | int | float | str):
                return value
    return text
