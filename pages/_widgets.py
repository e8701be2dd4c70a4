"""Small parts that every page is made of."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Literal

import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import plotly.graph_objects as go

_MOST_NUMBERS = 5_000
# As wide as a figure can be on a phone.
_PHONE = 360


def empty(message: str, page: str, label: str) -> None:
    """Say what to do next where there is nothing to show, and stop the page."""
    st.info(message, icon=":material/arrow_forward:")
    st.page_link(page, label=label, icon=":material/arrow_forward:")
    st.stop()


def draw(figure: go.Figure, key: str, alt: str) -> None:
    """Show a figure with the toolbar that all figures share, and its numbers one click away.

    What needs more room for its words than a phone has can be moved sideways.
    """
    from core.charts import theme

    with roomy(figure, key):
        plot(figure, key, alt, theme.CONFIG)
    show_numbers([figure], [alt], key)


def roomy(figure: go.Figure, key: str, width: int | Literal["stretch"] = "stretch") -> AbstractContextManager[object]:
    """Return where a figure stands: in a box that moves sideways, where its words need more room than a phone has."""
    from core.charts.finished import finished

    least = finished(figure).least_width
    if least <= _PHONE:
        return nullcontext()
    return st.container(key=f"least{-(-least // 100) * 100}_{key}", width=width)


def plot(
    figure: go.Figure, key: str, alt: str, config: Mapping[str, object], width: int | Literal["stretch"] = "stretch"
) -> None:
    """Show a figure alone, which is not changed any more."""
    from core.charts.finished import finished

    st.plotly_chart(finished(figure), key=key, config=dict(config), alt=alt, width=width)


def show_numbers(figures: Sequence[go.Figure], names: Sequence[str], key: str) -> None:
    """Offer the numbers of figures as tables: for those who cannot see figures, or want to copy from them."""
    # Only where somebody opens it: reruns of a page with many figures stay quick.
    box = st.popover("As a table", type="tertiary", icon=":material/table:", key=f"{key}_numbers", on_change="rerun")
    if not box.open:
        return
    from core.charts.numbers import figure_table

    with box:
        for place, (figure, name) in enumerate(zip(figures, names, strict=True)):
            table = figure_table(figure)
            cut = f" The first {_MOST_NUMBERS:,} of {len(table):,} rows." if len(table) > _MOST_NUMBERS else ""
            st.caption(f"{name}.{cut}")
            st.dataframe(
                table.head(_MOST_NUMBERS), hide_index=True, key=f"{key}_numbers_{place}", placeholder="–", width=640
            )
