"""Why: which columns count under each strategy, their effect, and what pushed a single row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.runs.reasons import keep_why, kept_why
from core.runs.stakes import stakes_of
from pages._answer import show_answer
from pages._background import begin, under_way
from pages._glossary import explained
from pages._guard import guarded
from pages._rows import class_against_rest, settled_of
from pages._services import store
from pages._tab import run_problem
from pages._text import bare, sentence, told_apart
from pages._widgets import draw

if TYPE_CHECKING:
    from core.evaluation.comparison import Comparison
    from core.experiment.importance import Why
    from core.runs.record import RunRecord


def show_why(record: RunRecord, comparison: Comparison, names: dict[str, str], key: str) -> None:
    """Show which columns count, once it has been worked out."""
    st.subheader("Importance", anchor=False)
    code = class_against_rest(comparison, record.positive, "why_class")
    together = st.toggle(
        "Permute similar columns together", key="why_together",
        help=explained(
            "Where two columns say the same, permuting one of them costs nothing, since the other is still there.",
            "importance",
        ),
    )  # fmt: skip
    why = worked_out(record, comparison, key, code, together)
    if why is not None:
        show_reasons(record, comparison, names, key, why)


def worked_out(
    record: RunRecord, comparison: Comparison, key: str, code: int, together: bool, label: str = "Work it out"
) -> Why | None:
    """Return what is kept; else None, with how far the work is, or a button that starts it."""
    about = ("why", record.id, code, together)
    if under_way(about):
        return None
    why = kept_why(store(), record.id, code, together)
    if why is None:
        st.caption(
            "The networks of up to three folds are trained anew, on a sample where the table is large, and each column "
            "is permuted among test rows. It takes up to a minute, in the background."
        )
        if st.button(label, type="primary", icon=":material/psychology:", key="why_start"):
            with guarded():
                start(record, comparison, key, about)
    return why


def start(record: RunRecord, comparison: Comparison, key: str, about: tuple[str, str, int, bool]) -> None:
    from core.experiment.importance import explain, tuned_by_fold
    from core.why import hard_rows

    runs, (_, _, code, together) = store(), about
    rows = hard_rows(settled_of(record, comparison.of_whole(), key)[0])
    begin(
        about, lambda why: keep_why(runs, record.id, code, together, why),
        "Training networks, then permuting columns", "The columns that count could not be worked out",
        explain, runs.table(record.id), record.plan, code, rows, together,
        tuned_by_fold(comparison.results),
    )  # fmt: skip


def show_reasons(record: RunRecord, comparison: Comparison, names: dict[str, str], key: str, why: Why) -> None:
    from core.reporting.results import Results
    from core.why import effect_drawing, importance_answer

    run = Results(run_problem(record.id, key), comparison.results, record.id, stakes_of(store(), record.id))
    show_answer(importance_answer(why, run), "why", f"{record.id}-importance")
    with_effect = [column for column, grid in zip(why.columns, why.grids, strict=True) if grid]
    if with_effect and why.keys:
        st.subheader("Effect of a column", anchor=False)
        column = st.selectbox("Column", with_effect, format_func=told_apart(with_effect, bare), key="why_column")
        drawing = effect_drawing(why, run, column)
        if drawing is not None:
            draw(drawing.figure, "why_effect", drawing.title)
            st.caption(sentence(drawing.caption))
    if len(why.rows) and why.keys:
        show_pushes(names, why)


def show_pushes(names: dict[str, str], why: Why, row: int | None = None) -> None:
    """Show which columns pushed one of the rows that most strategies get wrong; at first the one that is given."""
    from core.why import pushes_table

    rows = why.rows.tolist()
    if row is not None and row not in rows:
        st.info(
            f"Row {row + 1:,} is not among the {len(rows):,} that were looked at: those that most strategies get "
            "wrong, of the folds whose networks were trained anew."
        )
        return
    st.subheader("What drove a row's decision", anchor=False)
    left, right = st.columns(2)
    row = left.selectbox(
        "Row, among those that most strategies get wrong", rows, rows.index(row) if row is not None else 0,
        format_func=lambda at: f"Row {at + 1:,}", key=f"why_row_{row}",
    )  # fmt: skip
    strategy = right.selectbox(
        "Strategy", why.keys, format_func=told_apart(why.keys, lambda one: bare(names.get(one, one))),
        key="why_strategy",
    )  # fmt: skip
    st.dataframe(
        pushes_table(why, row, strategy), hide_index=True, key="why_pushes",
        column_config={"Push": st.column_config.NumberColumn(format="%+.3f")},
        placeholder="–",
    )  # fmt: skip
    st.caption(
        "How much higher the probability of the class is than where the column's value comes from other rows. Row "
        "numbers are those of the Errors view."
    )
