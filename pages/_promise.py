"""A promise on recall: what keeps it, and what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.reporting.questions import Subject
from core.reporting.questions.promise import PromiseOnRecall
from pages._glossary import explained
from pages._subject import show_question, subject_of
from pages._text import plain

if TYPE_CHECKING:
    from core.evaluation.comparison import Comparison
    from core.runs.record import RunRecord


def show_promise(record: RunRecord, comparison: Comparison, names: dict[str, str], key: str) -> None:
    """Show which threshold finds a share of the class's rows with a given confidence."""
    st.subheader("A promise on recall", anchor=False)
    subject = subject_of(record, comparison, names, key, "promise", lines=True)
    enter_promise(subject, record.id, key)


@st.fragment
def enter_promise(subject: Subject, run_id: str, key: str) -> None:
    left, right = st.columns(2, gap="medium")
    recall = left.number_input(
        f"Find at least this share of {plain(subject.label, 24)}, %", 1.0, 99.9, 90.0, 1.0, "%.1f",
        key="promise_recall",
        help=explained("The share of the class's rows that has to be found.", "promise", "recall"),
    )  # fmt: skip
    confidence = right.number_input(
        "With this confidence, %", 50.0, 99.9, 95.0, 1.0, "%.1f", key="promise_confidence",
        help=explained(
            "In so many of a hundred runs like this one, the threshold finds at least this share on later rows.",
            "threshold",
        ),
    )  # fmt: skip
    show_question(
        lambda: PromiseOnRecall(round(recall / 100, 6), round(confidence / 100, 6)), subject, key, f"{run_id}-promise"
    )
