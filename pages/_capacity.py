"""Capacity: what is found by looking at so many rows only, with gain and lift."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.evaluation.periods import UNIT, moments
from core.reporting.questions import Subject
from core.reporting.questions.capacity import Capacity
from pages._subject import show_question, subject_of
from pages._text import plain

if TYPE_CHECKING:
    from core.evaluation.comparison import Comparison
    from core.runs.record import RunRecord


def show_capacity(record: RunRecord, comparison: Comparison, names: dict[str, str], key: str) -> None:
    """Show what each strategy finds among the rows that can be looked at."""
    st.subheader("Capacity", anchor=False)
    subject = subject_of(record, comparison, names, key, "capacity", lines=True)
    enter_capacity(subject, record.id, key)


@st.fragment
def enter_capacity(subject: Subject, run_id: str, key: str) -> None:
    known = moments(subject.problem)
    left, middle, right = st.columns(3, gap="medium", vertical_alignment="bottom")
    rows = left.number_input("Rows that can be looked at", 0.1, 1e9, 50.0, 10.0, "%.6g", key="capacity_rows")
    column = next(iter(known), "")
    if len(known) > 1:
        column = right.selectbox("By this column", list(known), format_func=plain, key="capacity_by")
    periods = ["", *known.get(column, ())]
    per = middle.selectbox(
        "For every", periods, key="capacity_per",
        format_func=lambda period: {"": "1,000 rows", UNIT: f"unit of {plain(column)}"}.get(period, period),
    )  # fmt: skip
    show_question(lambda: Capacity(rows, per, column if per else ""), subject, key, f"{run_id}-capacity")
