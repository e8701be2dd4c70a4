"""Doubtful labels: look at them, mark them as checked, or run again without them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from core.reporting.questions import Answer, QuestionError
from core.reporting.questions.suspects import ROW, WrongLabels
from core.reporting.safe_csv import safe_csv
from core.runs.labels import checked_rows, mark_checked, without_rows
from core.words import counted
from pages._answer import SHOWN, columns, table_height
from pages._guard import guarded
from pages._services import engine, store
from pages._subject import answered, subject_of
from pages._tab import remember, session
from pages._text import sentence

if TYPE_CHECKING:
    from core.evaluation.comparison import Comparison
    from core.runs.record import RunRecord


def show_suspects(record: RunRecord, comparison: Comparison, names: dict[str, str], key: str) -> None:
    """Show the labels that are to be doubted, and what can be done about them."""
    st.subheader("Doubtful labels", anchor=False)
    checked = checked_rows(store(), record.id)
    subject = replace(subject_of(record, comparison, names, key, "suspects", of_class=False), checked=checked)
    keys = f"{key} {' '.join(subject.keys)} {sorted(checked)}"
    try:
        answer = answered(WrongLabels(), subject, keys)
    except QuestionError as error:
        st.info(sentence(error), icon=":material/info:")
        return
    first, *others = answer.sentences
    st.markdown(f"**{sentence(first)}**")
    for other in (*others, *answer.notes):
        st.caption(sentence(other))
    if len(answer.table):
        act_on(record, answer, show_rows(answer))
    if checked and st.button(f"Doubt the {counted(len(checked), 'checked row')} again", key="uncheck"):
        with guarded():
            mark_checked(store(), record.id, checked, checked=False)
            st.rerun()


def show_rows(answer: Answer) -> list[int]:
    """Show the rows and return the positions of those that are ticked, all of them where none is."""
    event = st.dataframe(
        answer.table.head(SHOWN), hide_index=True, column_config=columns(answer), key="suspects_table",
        height=table_height(len(answer.table)), on_select="rerun", selection_mode="multi-row", placeholder="–",
    )  # fmt: skip
    ticked = list(event["selection"]["rows"]) if event else []
    return ticked or list(range(len(answer.table)))


def act_on(record: RunRecord, answer: Answer, places: Sequence[int]) -> None:
    """Offer what can be done with the rows that are ticked."""
    rows = [int(row) - 1 for row in answer.table[ROW].iloc[list(places)]]
    which = f"all {len(rows):,}" if len(rows) == len(answer.table) else counted(len(rows), "ticked row")
    st.caption("Tick rows to act on some of them only.")
    with st.container(horizontal=True):
        st.download_button(
            "Download as CSV", lambda: safe_csv(answer.table).encode("utf-8-sig"), f"{record.id}-labels.csv",
            "text/csv", icon=":material/download:", on_click="ignore", key="suspects_download",
        )  # fmt: skip
        if st.button(f"Mark {which} as checked", icon=":material/check:", key="check"):
            with guarded():
                mark_checked(store(), record.id, rows)
                st.rerun()
        if st.button(f"Run again without {which}", icon=":material/play_arrow:", key="run_without"):
            with guarded():
                fresh = without_rows(store(), record.id, rows)
                engine().submit(fresh)
                remember(replace(session(), run_id=fresh))
                st.query_params["run"] = fresh
                st.rerun()
