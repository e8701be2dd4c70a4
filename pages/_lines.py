"""Which lines of a figure have colour and name, where there are too many for all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.evaluation.shown import NAMED

if TYPE_CHECKING:
    from core.evaluation.comparison import Comparison


def pick_lines(comparison: Comparison, names: dict[str, str], few: tuple[str, ...], key: str) -> tuple[str, ...]:
    """Let the person pick the strategies to name, where there are more than a figure can tell apart.

    Parameters
    ----------
    few : tuple of str
        Those that are named at first.
    """
    keys = [s.key for s in comparison.strategies]
    if len(keys) <= NAMED + 2:
        return tuple(keys)
    picked = st.multiselect(
        "Strategies in colour", keys, default=[k for k in keys if k in few], key=key, max_selections=NAMED + 2,
        format_func=names.__getitem__, placeholder="Pick strategies",
        help="The others are drawn in grey: point at a line for its name.",
    )  # fmt: skip
    return tuple(picked)
