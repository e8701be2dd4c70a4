"""Strategy against strategy: how likely each is better, the same, or worse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from core.charts.pairs import CELLS, Cell, pair_heatmap
from core.evaluation.paired import Pairs, compare_pairs
from core.evaluation.shown import MANY, top
from core.runs.stakes import stakes_of
from pages._answer import MARK_IN_WORDS, marked_name
from pages._cache import cached
from pages._glossary import explained
from pages._recommendation import one_line_each, usable_key
from pages._rows import settled_of
from pages._services import store
from pages._text import sentence
from pages._verdict import decided_of
from pages._widgets import draw

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from streamlit.elements.lib.column_types import ColumnConfig

    from core.evaluation.comparison import Comparison
    from core.runs.record import RunRecord


def show_pairs(record: RunRecord, comparison: Comparison, names: dict[str, str], key: str) -> None:
    """Show every strategy against every other on one metric."""
    st.subheader("Strategy against strategy", anchor=False)
    if len(comparison.strategies) < 2:
        st.info("Only one strategy has results: run two or more to compare them.")
        return
    left, middle, right = st.columns([1, 1, 1], vertical_alignment="bottom")
    # Starts at the verdict's metric, and is free to leave it.
    names_of = {one.key: one.name for one in comparison.metrics}
    judged_by = str(st.session_state.get("judged_by", "f1"))
    metric = left.selectbox(
        "Metric",
        list(names_of),
        index=list(names_of).index(judged_by),
        format_func=names_of.__getitem__,
        key="pairs_metric",
    )
    cell = middle.selectbox("Cells show", list(CELLS), format_func=CELLS.__getitem__, key="pairs_cell")
    rope = right.number_input(
        "Ignore differences up to", 0.0, 0.5, 0.01, 0.005, format="%.3f", key="pairs_rope",
        help=explained("In the metric's own unit: the region of practical equivalence.", "rope", "p_value", "holm"),
    )  # fmt: skip
    decides = stakes_of(store(), record.id).decides
    by = settled_of(record, comparison.of_whole(), key)[1] if decides and comparison.whole else ""
    comparison, names, advised = one_line_each(record, decided_of(record, comparison, key), names, key)
    # The best on top, as in the overview. All are compared, so that what is corrected for does not depend on the view.
    recommended = usable_key(record, comparison, key)
    shown_names = {one: marked_name(name, one == recommended) for one, name in names.items()}
    every = paired(record, comparison.ordered(metric), key, metric, rope)
    n, pairs = len(every.keys), every
    if n > MANY and not st.toggle(f"Show all {n}", key="all_pairs"):
        pairs = every.of(top(comparison, metric, MANY - 2, [advised]))
    for note in pairs.notes:
        st.info(sentence(note), icon=":material/info:")
    if not pairs.tested:
        return
    st.caption(" ".join(filter(None, (cell_in_words(every, cell), sentence(by), MARK_IN_WORDS if recommended else ""))))
    draw(
        heatmap(pairs, shown_names, f"{key} {metric} {rope} {len(pairs.keys)} {recommended}", cell),
        "pairs",
        "Strategy against strategy",
    )
    with st.expander("Every pair with its tests"):
        shown = table(every, names)
        config: dict[str, ColumnConfig] = {
            head: st.column_config.NumberColumn(format="%.3f") for head in shown.select_dtypes("number").columns
        }
        st.dataframe(shown, hide_index=True, key="pairs_table", column_config=config, placeholder="–")


def cell_in_words(pairs: Pairs, cell: Cell) -> str:
    """Return what a cell says, in words."""
    n = len(pairs.keys) * (len(pairs.keys) - 1) // 2
    if cell == "p_holm":
        return (
            f"Corrected resampled t-test on {pairs.folds_in_words} that both finished; Holm's correction for all {n} "
            "pairs, so p-values are larger than in the verdict, which asks fewer questions. Below 0.05 a difference is "
            "clear."
        )
    word = {"better": "better by more than", "same": "within", "worse": "worse by more than"}[cell]
    return (
        f"Read along a row: the chance in % that its strategy is {word} {pairs.rope:g}, "
        f"by the Bayesian correlated t-test on {pairs.folds_in_words} that both finished. Point at a cell or "
        "tap it for the whole pair; what is missing to 100% is the chance that the two are the same, or the other way "
        "round. Each chance is for its pair alone. Among many pairs some high chances come about by luck, so that the "
        "table and the recommendation, which look at all of them together, can say “no clear difference” where 98% "
        "stands here."
    )


def table(pairs: Pairs, names: dict[str, str]) -> pd.DataFrame:
    """Return all pairs under headings for people."""
    heads = {
        "first": "Strategy", "second": "Against", "difference": "Lead", "better": "Better", "same": "Same",
        "worse": "Worse", "p": "p", "p_holm": "p (Holm)", "words": "In words", "shared": "Folds",
    }  # fmt: skip
    frame = pairs.table()
    for column in ("first", "second"):
        frame[column] = frame[column].map(names)
    return frame.rename(columns=heads)


@cached(max_entries=64)
def paired(_record: RunRecord, _comparison: Comparison, key: str, metric: str, rope: float) -> Pairs:
    return compare_pairs(_comparison, _record.plan.split, metric, rope)


@cached(max_entries=64)
def heatmap(_pairs: Pairs, _names: dict[str, str], key: str, cell: Cell) -> go.Figure:
    return pair_heatmap(_pairs, _names, cell)
