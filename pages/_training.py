"""How the networks of each strategy learned: loss by epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.charts import figures as charts
from core.evaluation.shown import NAMED, top
from pages._cache import cached
from pages._lines import pick_lines
from pages._recommendation import recommended_key
from pages._tuning import show_tuned
from pages._verdict import judged_by
from pages._widgets import draw

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from core.evaluation.comparison import Comparison
    from core.runs.record import RunRecord


def show_training(record: RunRecord, comparison: Comparison, names: dict[str, str], key: str) -> None:
    """Show the loss by epoch of every strategy that trains networks, and what tuning chose."""
    show_tuned(record, names, key)
    st.subheader("Loss by epoch", anchor=False)
    if not any(summary.histories for summary in comparison.strategies):
        st.info("No strategy of this run trains in epochs, so there is nothing to draw.")
        return
    st.caption("The mean over folds: thick lines on validation rows, faint ones on training rows.")
    metric = judged_by()
    few = top(comparison, metric, NAMED - 2, [recommended_key(record, comparison, key)])
    named = pick_lines(comparison, names, few, "training_lines")
    draw(training_figure(comparison, names, named, key), "training", "Loss by epoch of each strategy")


@cached(max_entries=8)
def training_figure(_comparison: Comparison, _names: dict[str, str], named: tuple[str, ...], key: str) -> go.Figure:
    return charts.training_curves(_comparison, _names, named)
