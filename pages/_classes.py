"""How each class fares under each strategy, and where its errors go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from core.charts import views as charts_views
from core.evaluation.classes import by_size, class_scores, error_flow, worst_flows
from core.evaluation.shown import MANY, top
from core.words import whole_percent
from pages._answer import MARK_IN_WORDS, marked_name
from pages._recommendation import one_line_each, usable_key
from pages._rows import settled_of
from pages._text import bare, plain, sentence, told_apart
from pages._verdict import decided_of, judged_by
from pages._widgets import draw

if TYPE_CHECKING:
    from core.evaluation.comparison import Comparison
    from core.runs.record import RunRecord

SCORES = {"f1": "F1", "precision": "Precision", "recall": "Recall"}


def show_classes(record: RunRecord, comparison: Comparison, names: dict[str, str], key: str) -> None:
    """Show a score of every class and strategy, and one strategy's mistakes."""
    by = settled_of(record, comparison.of_whole(), key)[1] if comparison.whole else ""
    comparison, names, advised = one_line_each(record, decided_of(record, comparison, key), names, key)
    comparison = by_size(comparison.ordered(judged_by()))
    keys = [summary.key for summary in comparison.strategies]
    st.subheader("Each class", anchor=False)
    what = st.segmented_control(
        "Score",
        list(SCORES),
        default="f1",
        format_func=SCORES.__getitem__,
        key="class_score",
        required=True,
    )
    title = SCORES[what or "f1"]
    n, shown_keys = len(keys), keys
    if n > MANY and not st.toggle(f"Show all {n}", key="all_classes"):
        shown_keys = list(top(comparison, judged_by(), MANY - 2, [advised]))
    recommended = usable_key(record, comparison, key)
    shown_names = {one: marked_name(names[one], one == recommended) for one in shown_keys}
    values = np.array([getattr(class_scores(summary.confusion), what or "f1") for summary in comparison.strategies
                       if summary.key in shown_keys])  # fmt: skip
    draw(
        charts_views.class_heat(shown_keys, shown_names, comparison.labels, values, title),
        "class_heat",
        f"{title} by class and strategy",
    )
    st.caption(
        f"{title} of each class against the rest, from all test rows together. {sentence(by)}"
        f"{f' {MARK_IN_WORDS}' if recommended else ''}"
    )
    st.subheader("Where errors go", anchor=False)
    chosen = st.selectbox(
        "Strategy",
        keys,
        keys.index(advised),
        format_func=told_apart(keys, lambda one: bare(names[one])),
        key="flow_strategy",
    )
    confusion = comparison.strategies[keys.index(chosen)].confusion
    draw(
        charts_views.error_flow(comparison.labels, error_flow(confusion), confusion),
        "error_flow",
        f"Decisions by true class under {names[chosen]}",
    )
    flows = worst_flows(confusion)
    if not flows:
        st.caption("No row was misclassified.")
    elif len(comparison.labels) > 2:
        st.caption("The largest of these errors:")
    if flows:
        said = (
            f"- {rows:,} of {confusion[true].sum():,} rows of **{plain(comparison.labels[true])}** "
            f"({whole_percent(rows / confusion[true].sum())}) are called **{plain(comparison.labels[decided])}**."
            for true, decided, rows in flows
        )
        st.markdown("\n".join(said))
