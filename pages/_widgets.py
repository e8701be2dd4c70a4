"""Small parts that every page is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    import plotly.graph_objects as go


def empty(message: str, page: str, label: str) -> None:
    """Say what to do next where there is nothing to show, and stop the page."""
    st.info(message, icon=":material/arrow_forward:")
    st.page_link(page, label=label, icon=":material/arrow_forward:")
    st.stop()


def draw(figure: go.Figure, key: str, alt: str) -> None:
    """Show a figure with the toolbar that all figures share."""
    from core.charts import theme

    st.plotly_chart(figure, key=key, config=dict(theme.CONFIG), alt=alt)
