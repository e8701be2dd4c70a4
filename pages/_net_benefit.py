"""Decision curves: where acting by a strategy beats acting on everybody and on nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.reporting.questions import Subject
from core.reporting.questions.net_benefit import NetBenefit
from core.words import percent
from pages._glossary import explained
from pages._subject import show_question, subject_of
from pages._text import plain

if TYPE_CHECKING:
    from core.evaluation.comparison import Comparison
    from core.runs.record import RunRecord


def show_net_benefit(record: RunRecord, comparison: Comparison, names: dict[str, str], key: str) -> None:
    """Show what acting from a probability on is worth under each strategy."""
    st.subheader("Net benefit", anchor=False)
    subject = subject_of(record, comparison, names, key, "net_benefit", lines=True)
    enter_net_benefit(subject, record.id, key)


@st.fragment
def enter_net_benefit(subject: Subject, run_id: str, key: str) -> None:
    share = subject.truth.mean()
    left, middle, right = st.columns(3, gap="medium", vertical_alignment="bottom")
    at = left.number_input(
        "Act at this probability or more, %", 0.1, 99.9, None, 1.0, "%.2f", key="net_benefit_at",
        placeholder=f"the class's share: {percent(share)}",
        help=explained("At 10% one hit is worth nine false alarms, at 50% one.", "net_benefit", "hit", "alarm"),
    )  # fmt: skip
    field = middle.number_input(
        f"Share of {plain(subject.label, 24)} in the field, %", 0.001, 99.9, None, 0.1, "%.3f", key="net_benefit_field",
        placeholder=f"as in the table: {percent(share)}",
        help=explained("How common the class is where the network will be used.", "prevalence"),
    )  # fmt: skip
    corrected = right.toggle(
        "With prior correction", key="net_benefit_corrected",
        help=explained(
            "Carries each strategy's probabilities back to the table's class shares first.", "prior_correction"
        ),
    )  # fmt: skip
    show_question(
        lambda: NetBenefit(round((at or 0) / 100, 6), round((field or 0) / 100, 8), corrected),
        subject, key, f"{run_id}-net-benefit",
    )  # fmt: skip
