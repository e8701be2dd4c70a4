"""The rows that strategies get wrong, to browse and to download."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from core.evaluation.errors import TRUTH, RowErrors, error_table, errors_in_words, row_errors
from core.reporting.display import shown_class
from core.reporting.safe_csv import safe_csv
from pages._answer import number_format, table_height
from pages._cache import cached
from pages._rows import settled_of, tested_rows
from pages._services import store
from pages._suspects import show_suspects
from pages._tab import problem_of
from pages._text import plain, sentence, told_apart
from pages._why import show_pushes, worked_out

if TYPE_CHECKING:
    from core.evaluation.comparison import Comparison
    from core.runs.record import RunRecord

SHOWN = 1000
KINDS = {"all": "Wrong in all", "disagree": "Disagreed on", "any": "Wrong in any"}


def show_errors(record: RunRecord, comparison: Comparison, names: dict[str, str], key: str) -> None:
    """Show the rows that all strategies, or some, get wrong, and the labels that are to be doubted."""
    show_wrong(record, comparison, names, key)
    show_suspects(record, comparison, names, key)


def show_wrong(record: RunRecord, comparison: Comparison, names: dict[str, str], key: str) -> None:
    """Show the rows that all strategies, or some, get wrong."""
    errors = errors_of(record, comparison, key)
    st.subheader("Misclassified rows", anchor=False)
    for said in errors_in_words(errors, comparison.labels):
        st.markdown(sentence(said))
    st.caption(sentence(settled_of(record, comparison, key)[1]))
    kind = st.segmented_control(
        "Rows", list(KINDS), default="all", format_func=KINDS.__getitem__, key="error_kind", required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    codes = range(len(comparison.labels))
    classes = st.pills(
        "Show only these true classes",
        codes,
        selection_mode="multi",
        format_func=told_apart(codes, lambda code: plain(comparison.labels[code])),
        key=f"error_classes_{record.id}",
    )
    chosen = {"all": errors.all_wrong, "disagree": errors.disagree, "any": errors.wrong > 0}[kind or "all"]
    if classes:
        chosen = chosen & np.isin(errors.truth, classes)
    if not chosen.any():
        st.info("There is no such row.")
        return
    table = error_table(errors, chosen, labelled(record.id, key), comparison.labels, names)
    cut = f", of which the first {SHOWN:,} are shown" if len(table) > SHOWN else ""
    words, act = st.columns([3, 1], vertical_alignment="bottom")
    words.caption(f"{len(table):,} rows{cut}, most confidently wrong first. Press a heading to sort.")
    act.download_button(
        "Download as CSV",
        lambda: safe_csv(table).encode("utf-8-sig"),
        f"{record.id}-{kind}.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
        width="stretch",
    )
    config = {
        "Row": st.column_config.NumberColumn(pinned=True, width=70, help="Counted from 1 among the labelled rows."),
        "Wrong": st.column_config.NumberColumn(help="How many strategies get the row wrong."),
        TRUTH: st.column_config.NumberColumn(
            format=number_format(table[TRUTH].head(SHOWN)),
            help="Probability of the true class as trained, the mean over all strategies.",
        ),
    }
    shown = table.head(SHOWN)
    event = st.dataframe(
        shown, hide_index=True, column_config=config, height=table_height(len(shown)), key="error_table",
        placeholder="–", on_select="rerun", selection_mode="single-row",
    )  # fmt: skip
    ticked = event["selection"]["rows"]  # type: ignore[index]
    if tested_rows(comparison, key)[0].repeat.max() > 0:
        st.caption("With repeats, a row's decision is that of most repeats.")
    st.caption("Tick a row to see what drove its decision.")
    if ticked and ticked[0] < len(shown):
        show_pushed(record, comparison, names, key, int(shown["Row"].iloc[ticked[0]]) - 1)


def show_pushed(record: RunRecord, comparison: Comparison, names: dict[str, str], key: str, row: int) -> None:
    """Show which columns drove a row's decision, once it is worked out for the rows that go wrong."""
    code = record.positive if record.positive is not None else shown_class(comparison)
    why = worked_out(record, comparison, key, code, False, "Work out what drove these decisions")
    if why is not None and why.keys:
        show_pushes(names, why, row)


@cached(max_entries=4)
def errors_of(_record: RunRecord, _comparison: Comparison, key: str) -> RowErrors:
    """Return what goes wrong with decisions as they were settled."""
    return row_errors(settled_of(_record, _comparison, key)[0])


@cached(max_entries=2)
def labelled(run_id: str, key: str) -> pd.DataFrame:
    """Return the labelled rows of a run's table, in order."""
    table = store().table(run_id)
    return table.frame.iloc[problem_of(table, store().record(run_id).plan).target.rows]
