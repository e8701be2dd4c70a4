"""The widget that fits a strategy's parameter."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.strategies.base import Parameter
from core.strategies.cards import described, step_and_format
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
    name, about = title(parameter), described(parameter)
    if parameter.choices:
        at = parameter.choices.index(str(value))
        return st.selectbox(
            name, parameter.choices, at, key=key, help=about, disabled=disabled, on_change=on_change, width=220
        )
    if isinstance(parameter.default, bool):
        return st.toggle(name, bool(value), key=key, help=about, disabled=disabled, on_change=on_change)
    if isinstance(parameter.default, tuple):
        shown = ", ".join(f"{number:g}" for number in value) if isinstance(value, tuple) else ""
        typed = st.text_input(name, shown, key=key, help=about, disabled=disabled, on_change=on_change, width=220)
        return numbers_of(typed)
    number = int if isinstance(parameter.default, int) else float
    low, high = (None if bound is None else number(bound) for bound in (parameter.low, parameter.high))
    step, form = step_and_format(parameter)
    now = value if isinstance(value, int | float) else number(str(value))
    return st.number_input(
        name, low, high, number(now), step, form,
        key=key, help=about, disabled=disabled, on_change=on_change, width=220,
    )  # fmt: skip
