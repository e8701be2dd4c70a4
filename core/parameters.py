"""The parameters of what a plan names, strategies and networks alike: declared as fields, read back, checked."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

from core.plan import ParameterValue, PlanError

V = TypeVar("V", bound=ParameterValue)


def parameter(
    default: V,
    help: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    tried: tuple[ParameterValue, ...] | None = None,
) -> V:
    """Declare a parameter as the field of a dataclass: its default, plain help text, and range or choices.

    The range of a parameter that holds several numbers is that of each number.

    Parameters
    ----------
    tried : tuple or None
        The values that tuning tries beside the chosen one. None leaves it to the parameter's type and range; an empty
        tuple keeps tuning away, as from what costs more time or says what the person wants.

    See Also
    --------
    Parameter : What it is read back as.

    Examples
    --------
    >>> @dataclass(frozen=True)
    ... class Narrow:
    ...     width: int = parameter(3, "Rows to keep.", low=1, high=9)
    ...
    >>> parameters_of(Narrow)[0].help, Narrow().width
    ('Rows to keep.', 3)
    """
    metadata = {"help": help, "low": low, "high": high, "choices": choices, "tried": tried}
    return cast(V, dataclasses.field(default=default, metadata=metadata))


@dataclass(frozen=True)
class Parameter:
    """One parameter of a strategy or a network, as pages show it.

    See Also
    --------
    core.strategies.cards.described : The same as one line.

    Examples
    --------
    >>> from core.strategies import catalogue
    >>> [(p.name, p.default, p.low, p.high) for p in catalogue()["smote"].parameters()]
    [('ratio', 1.0, 0.01, 1), ('k_neighbors', 5, 1, 50)]
    """

    name: str
    default: ParameterValue
    help: str
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    tried: tuple[ParameterValue, ...] | None = None


def parameters_of(cls: type) -> tuple[Parameter, ...]:
    """Return the parameters of a dataclass, in the order of its fields; a field without help text is none.

    See Also
    --------
    parameter : Declares one.

    Examples
    --------
    >>> from core.strategies.undersampling import RandomUnder
    >>> [each.name for each in parameters_of(RandomUnder)]
    ['ratio', 'replacement']
    """
    fields = (f for f in dataclasses.fields(cls) if "help" in f.metadata)
    return tuple(Parameter(f.name, cast(ParameterValue, f.default), **f.metadata) for f in fields)


def check(owner: str, parameters: Sequence[Parameter], values: Iterable[tuple[str, ParameterValue]]) -> None:
    """Check that values fit their parameters.

    Parameters
    ----------
    owner : str
        Whose parameters they are, for people.

    Raises
    ------
    PlanError
        A parameter is unknown, or a value is none of its choices or out of its range.

    See Also
    --------
    parameters_of : The parameters.

    Examples
    --------
    >>> known = (Parameter("gamma", 2.0, "Focus.", 0, 10, ()),)
    >>> check("Focal loss", known, [("gamma", 3.0)])
    >>> check("Focal loss", known, [("gamma", 11)])
    Traceback (most recent call last):
    core.settings.PlanError: Focal loss: gamma is 11; choose 0 to 10.
    """
    known = {p.name: p for p in parameters}
    for name, value in values:
        spec = known.get(name)
        if spec is None:
            raise PlanError(f"{owner} has no parameter '{name}'.")
        if spec.choices and value not in spec.choices:
            raise PlanError(f"{owner}: {name} must be one of {', '.join(spec.choices)}.")
        low = -math.inf if spec.low is None else spec.low
        high = math.inf if spec.high is None else spec.high
        for number in value if isinstance(value, tuple) else (value,):
            if isinstance(number, int | float) and not isinstance(number, bool) and not low <= number <= high:
                raise PlanError(f"{owner}: {name} is {number}; choose {low:g} to {high:g}.")
