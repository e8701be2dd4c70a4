"""The widget that fits a strategy's parameter."""

from __future__ import annotations

import math
from collections.abc import Callable

import streamlit as st

from core.strategies.base import Parameter
from core.strategies.cards import described
from core.strategies.choosing import numbers_of


def title(parameter: Parameter) -> str:
    """Return a parameter's name as a label."""
    return parameter.name.replace("_", " ").capitalize()


def parameter_field(
    parameter: Parameter,
    key: str,
    value: object = None,
    *,
    disabled: bool = False,
    on_change: Callable[[], None] | None = None,
) -> object:
    """Show the widget that fits a parameter and return what it says, in the parameter's type.

    Raises
    ------
    PlanError
        Typed numbers that are none.
    """
    value = parameter.default if value is None else value
    common = {"key": key, "help": described(parameter), "disabled": disabled, "on_change": on_change}
    name = title(parameter)
    if parameter.choices:
        return st.selectbox(name, parameter.choices, index=parameter.choices.index(str(value)), width=220, **common)  # type: ignore[call-overload]
    if isinstance(parameter.default, bool):
        return st.toggle(name, bool(value), **common)  # type: ignore[arg-type]
    if isinstance(parameter.default, tuple):
        shown = ", ".join(f"{number:g}" for number in value) if isinstance(value, tuple) else ""
        return numbers_of(st.text_input(name, shown, width=220, **common))  # type: ignore[arg-type]
    number = type(parameter.default)
    low, high = (None if bound is None else number(bound) for bound in (parameter.low, parameter.high))
    # A step of the default's last digit: 0.001 for 0.999, 0.1 for 2.0.
    digits = len(str(parameter.default).partition(".")[2])
    step = 1 if number is int else math.pow(10, -digits)
    form = None if number is int else f"%.{6 if high is not None and 0.999 < high < 1 else max(digits, 2)}f"
    return st.number_input(name, low, high, number(value), step, form, width=220, **common)  # type: ignore
