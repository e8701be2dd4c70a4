"""For whom a strategy works: by any column or two, and the slices in which it falls behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.reporting.questions import Subject
from core.reporting.questions.slices import ForWhom
from pages._recommendation import recommended_key
from pages._subject import show_question, subject_of
from pages._text import bare, told_apart

if TYPE_CHECKING:
    from core.evaluation.comparison import Comparison
    from core.runs.record import RunRecord

EVERY = "All columns: find the worst"


def show_slices(record: RunRecord, comparison: Comparison, names: dict[str, str], key: str) -> None:
    """Show how one strategy does by the levels or quarters of columns."""
    st.subheader("Where it does worse", anchor=False)
    subject = subject_of(record, comparison, names, key, "slices")
    enter_slices(subject, record.id, key, recommended_key(record, comparison, key))


@st.fragment
def enter_slices(subject: Subject, run_id: str, key: str, first: str) -> None:
    columns = [str(name) for name in subject.problem.table.frame.columns if name != subject.problem.plan.target]
    left, middle, right = st.columns(3, gap="medium", vertical_alignment="bottom")
    keys = list(subject.keys)
    strategy = left.selectbox(
        "Strategy", keys, keys.index(first) if first in keys else 0,
        format_func=told_apart(keys, lambda one: bare(subject.names[one])), key="slices_strategy",
    )  # fmt: skip
    column = middle.selectbox(
        "By", ["", *columns], key="slices_column",
        format_func=told_apart(["", *columns], lambda name: bare(name) or EVERY),
    )  # fmt: skip
    if column:
        second = right.selectbox(
            "And by", ["", *(name for name in columns if name != column)], key="slices_second",
            format_func=told_apart(["", *columns], lambda name: bare(name) or "nothing else"),
        )  # fmt: skip
        pairs = False
    else:
        second, pairs = "", right.toggle("Look at pairs of columns as well", key="slices_pairs")
    show_question(lambda: ForWhom(column, second, strategy, pairs), subject, key, f"{run_id}-slices")
