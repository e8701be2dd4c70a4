"""Scoring new rows on the Export page: upload, which columns do not fit, the scored file, and drift."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from core.data.classes import change_notes
from core.runs.stakes import stakes_of
from pages._cache import cached
from pages._renamed import choose_columns
from pages._services import store
from pages._text import bare, plain, sentence

if TYPE_CHECKING:
    import pandas as pd

    from core.data.table import Table
    from core.exporting.by_risk import Looked
    from core.exporting.drift import Drift
    from core.exporting.new_rows import Match, NewRows
    from core.exporting.shelf import Kept, Shelf
    from core.runs.record import RunRecord

PREVIEW_ROWS = 100
THEN_AND_NOW = (
    "The median, the most common level and its share, or the word whose share of texts differs most, and that share."
)


@dataclass(frozen=True, eq=False)
class Scored:
    """A scored file: its text for the download, its first rows, how often each class was decided."""

    csv: bytes
    head: pd.DataFrame
    decided: dict[str, int]
    problems: tuple[str, ...]
    drifts: tuple[Drift, ...]


def show_scoring(record: RunRecord, kept: Kept, shelf: Shelf) -> None:
    """Take a file of new rows and give it back with probabilities and decisions."""
    from core.networks.trained import NetworkError
    from core.runs.store import StoreError
    from core.words import TableError

    st.subheader("Score new rows", anchor=False)
    for note in change_notes(record.plan.classes):
        st.caption(sentence(note))
    upload = st.file_uploader(
        "New rows as CSV, Parquet or Excel, with the columns of the training table; the class may be missing",
        type=["csv", "tsv", "txt", "arff", "dat", "data", "gz", "zip", "parquet", "xlsx"],
        key=f"score_{record.id}",
    )
    if upload is None:
        return
    try:
        rows = new_rows(upload.file_id, str(kept.folder), kept, upload.getvalue(), upload.name)
        matched = settle(record, kept, rows, upload.file_id)
        looked = enter_looked(record, kept, rows)
        done = scored(upload.file_id, str(kept.folder), matched.found, record.id, kept, rows, matched, shelf, looked)
    except (TableError, NetworkError, StoreError) as error:
        st.error(sentence(error), icon=":material/error:")
        return
    for note in (matched.sentence(), *done.problems):
        if note:
            st.warning(sentence(note), icon=":material/warning:")
    show_scored(upload.name, done)
    show_drift(done.drifts)


def enter_looked(record: RunRecord, kept: Kept, rows: NewRows) -> Looked:
    """Return how many rows can be looked at; it starts from what was settled for the run."""
    from core.exporting.by_risk import Looked, looked_at

    if len(kept.scorer.classes) != 2:
        return Looked()
    table = training_table(record.id, store().fingerprint(record.id))
    start = looked_at(table, record.plan, stakes_of(store(), record.id), len(rows.raw))
    per = f" per {bare(start.per)}" if start.per else ""
    first = st.number_input(
        f"Rows that can be looked at{per}", 0, None, start.rows, key=f"first_{record.id}_{start.per}",
        help="Above 0, the riskiest rows come first, and so many of them are marked in the column 'look at'.",
    )  # fmt: skip
    return replace(start, rows=int(first))


@cached(max_entries=4, spinner="Reading the rows …")
def new_rows(file_id: str, folder: str, _kept: Kept, _data: bytes, _name: str) -> NewRows:
    from core.exporting.new_rows import read_rows

    scorer = _kept.scorer
    return read_rows(_data, _name, scorer.reading, scorer.target)


@cached(max_entries=4)
def training_table(run_id: str, key: str) -> Table:
    table = store().table(run_id)
    return table.planned(store().record(run_id).plan)


def settle(record: RunRecord, kept: Kept, rows: NewRows, file_id: str) -> Match:
    """Match the columns by name, and ask where one is missing and another could be it."""
    from core.exporting.new_rows import match

    steps = kept.scorer.preparation.steps
    known = [column.name for column in training_table(record.id, store().fingerprint(record.id)).columns]
    first = match(steps, known, rows)
    chosen = choose_columns(first, file_id)
    return match(steps, known, rows, chosen) if chosen else first


@cached(max_entries=4, spinner="Scoring …")
def scored(
    file_id: str,
    folder: str,
    columns: tuple[tuple[str, str | None], ...],
    run_id: str,
    _kept: Kept,
    _rows: NewRows,
    _matched: Match,
    _shelf: Shelf,
    looked: Looked,
) -> Scored:
    """Return the scored file; what has no underscore is what makes it new.

    Where rows can be looked at, the riskiest come first, and so many of them are marked.
    """
    from core.exporting.by_risk import by_risk
    from core.exporting.drift import comparable, drift
    from core.exporting.new_rows import aligned
    from core.exporting.settled import cost_note
    from core.reporting.safe_csv import safe_csv

    scorer = _kept.scorer
    steps = scorer.preparation.steps
    training = training_table(run_id, store().fingerprint(run_id)).frame
    frame, problems = aligned(steps, _rows, _matched, scorer.reading, training)
    cells = _matched.named(_rows.frame)
    result = _shelf.score(_kept, _rows, frame, cells)
    if looked.rows:
        periods = looked.periods(cells, scorer.reading)
        result = by_risk(result, str(result.columns[_rows.raw.shape[1]]), looked.rows, periods)
    added = list(result.columns[_rows.raw.shape[1] :])
    head = result.head(PREVIEW_ROWS)[[added[-1], *added[:-1], *_rows.raw.columns]]
    decision = added[-2] if looked.rows else added[-1]
    decided = {str(name): int(count) for name, count in result[decision].value_counts().items()}
    time = store().record(run_id).plan.split.time
    drifts = drift(comparable(steps, _matched.found, time), training, frame)
    notes = (*_rows.notes, *problems, *filter(None, (cost_note(scorer, cells),)))
    return Scored(safe_csv(result).encode(), head, decided, notes, drifts)


def show_scored(name: str, done: Scored) -> None:
    words, act = st.columns([2, 1], vertical_alignment="center")
    counts = ", ".join(f"{count:,} × {plain(label)}" for label, count in done.decided.items())
    words.markdown(f"**{sum(done.decided.values()):,} rows scored**: {counts}")
    act.download_button(
        "Download the scored rows",
        done.csv,
        file_name=f"{name.rsplit('.', 1)[0]}-scored.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        width="stretch",
    )
    st.dataframe(done.head, hide_index=True, height=320, key="scored", placeholder="–")


def show_drift(drifts: tuple[Drift, ...]) -> None:
    import pandas as pd

    from core.exporting.drift import drift_in_words

    st.subheader("Drift from the training table", anchor=False)
    warning = drift_in_words(drifts)
    if warning:
        st.warning(sentence(warning), icon=":material/trending_up:")
    else:
        st.markdown(":material/check: No column differs from the training table by more than chance.")
    st.caption(
        "0 means the same distribution, 1 nothing in common: for numbers the largest gap between the cumulative "
        "distributions (Kolmogorov–Smirnov), for categories half the sum of the differences in shares (total "
        "variation), for text the gap that a model of its words leaves between new and old rows. A "
        "column has drifted if this is 0.1 or more and chance explains it in fewer than 1 in 100 files, or if the "
        "share of missing values changed by 10 percentage points or more."
    )
    rows = pd.DataFrame(
        {
            "Column": [column.name for column in drifts],
            "Drift": [column.distance for column in drifts],
            "Verdict": ["drifted" if column.drifted else "alike" for column in drifts],
            "In training": [column.then for column in drifts],
            "Now": [column.now for column in drifts],
            "Missing then": [column.missing_then for column in drifts],
            "Missing now": [column.missing_now for column in drifts],
        }
    )
    st.dataframe(
        rows,
        hide_index=True,
        key="drift",
        height=min(35 * (len(rows) + 1) + 15, 520),
        column_config={
            "Column": st.column_config.TextColumn(pinned=True, width=200),
            "Drift": st.column_config.ProgressColumn(min_value=0.0, max_value=1.0, format="%.2f", width=140),
            "In training": st.column_config.TextColumn(help=THEN_AND_NOW),
            "Now": st.column_config.TextColumn(help=THEN_AND_NOW),
            "Missing then": st.column_config.NumberColumn(format="percent"),
            "Missing now": st.column_config.NumberColumn(format="percent"),
        },
        placeholder="–",
    )
