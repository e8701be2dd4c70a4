"""Capacity: what is found by looking at so many rows only, with gain and lift."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from core.data.periods import UNIT, moments
from core.reporting.questions import Subject
from core.reporting.questions.capacity import Capacity
from core.settings import CapacitySettings
from pages._stakes import follow, settle, settled_so_far
from pages._subject import show_question, subject_of
from pages._text import bare, told_apart

if TYPE_CHECKING:
    from core.evaluation.comparison import Comparison
    from core.runs.record import RunRecord


def show_capacity(record: RunRecord, comparison: Comparison, names: dict[str, str], key: str) -> None:
    """Show what each strategy finds among the rows that can be looked at."""
    st.subheader("Capacity", anchor=False)
    subject = subject_of(record, comparison, names, key, "capacity", lines=True)
    enter_capacity(subject, record, key)


@st.fragment
def enter_capacity(subject: Subject, record: RunRecord, key: str) -> None:
    known, stakes = moments(subject.problem), settled_so_far(record.id)
    start = stakes.capacity or record.plan.capacity
    left, middle, right = st.columns(3, gap="medium", vertical_alignment="bottom")
    rows = left.number_input("Rows that can be looked at", 0.1, 1e9, start.rows, 10.0, "%.6g", key="capacity_rows")
    column = next(iter(known), "")
    if len(known) > 1:
        place = list(known).index(start.by) if start.by in known else 0
        column = right.selectbox(
            "By this column", list(known), place, format_func=told_apart(known, bare), key="capacity_by"
        )
    periods = ["", *known.get(column, ())]
    per = middle.selectbox(
        "For every", periods, periods.index(start.per) if start.per in periods else 0, key="capacity_per",
        format_func=lambda period: {"": "1,000 rows", UNIT: f"unit of {bare(column)}"}.get(period, period),
    )  # fmt: skip
    asked = lambda: Capacity(rows, per, column if per else "")  # noqa: E731
    if show_question(asked, subject, key, f"{record.id}-capacity") is None:
        return
    chosen = CapacitySettings(rows, per, column if per and len(known) > 1 else None)
    settle(record, replace(stakes, capacity=None if chosen == record.plan.capacity else chosen))
    st.caption(
        "This capacity is kept with the run: it is the k of Precision at k and Recall at k, wherever they are shown."
    )
    follow()
