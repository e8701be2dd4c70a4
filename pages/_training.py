"""How the networks of each strategy learned: loss by epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.charts import figures as charts
from core.evaluation.shown import NAMED, top
from core.words import joined
from pages._cache import cached
from pages._lines import pick_lines
from pages._recommendation import recommended_key
from pages._text import plain
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
    silent = [names[s.key] for s in comparison.strategies if not s.histories]
    left_out = f" Without epochs, and so not drawn: {plain(joined(silent, most=3))}." if silent else ""
    st.caption(
        "The mean over folds: thick lines on validation rows, faint dotted ones in the same colour on training rows. A "
        "line ends where half of the folds had stopped, as their validation score no longer got better. Losses with "
        "weights are on scales of their own: compare the shapes of lines, not their heights." + left_out
    )
    metric = judged_by()
    advised = recommended_key(record, comparison, key)
    few = top(comparison, metric, NAMED - 2, [advised])
    named = pick_lines(comparison, names, few, "training_lines")
    draw(
        training_figure(comparison, names, named, f"{key} {advised}", advised),
        "training",
        "Loss by epoch of each strategy",
    )


@cached(max_entries=8)
def training_figure(
    _comparison: Comparison, _names: dict[str, str], named: tuple[str, ...], key: str, front: str
) -> go.Figure:
    return charts.training_curves(_comparison, _names, named, front)
