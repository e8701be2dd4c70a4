"""The next file: a labelled file that was not in the run, tested once by every strategy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.runs.looks import keep_look, looks, seen_results
from core.runs.stakes import stakes_of
from core.words import TableError, counted
from pages._answer import show_answer
from pages._background import begin, under_way
from pages._cache import cached
from pages._guard import guarded
from pages._renamed import choose_columns
from pages._services import store
from pages._tab import run_problem
from pages._text import plain, sentence

if TYPE_CHECKING:
    from core.evaluation.comparison import Comparison
    from core.experiment.results import FoldResult
    from core.next_file import NextFile
    from core.runs.looks import Look
    from core.runs.record import RunRecord


def show_next_file(record: RunRecord, comparison: Comparison, names: dict[str, str], key: str) -> None:
    """Take a labelled file, test every strategy on it, and hold it against what cross-validation promised."""
    del comparison, names
    st.subheader("The next file", anchor=False)
    st.caption(
        "A labelled file that was not in the run: next month, another branch, another hospital. Every strategy is "
        "trained on all rows of the run and tested on it once."
    )
    seen = looks(store(), record.id)
    if seen:
        st.caption(
            "Tested on so far: " + ", ".join(f"{plain(one.name)} ({counted(one.times, 'look')})" for one in seen)
        )
    upload = st.file_uploader(
        "The next file as CSV, Parquet or Excel, with the label",
        type=["csv", "tsv", "txt", "arff", "dat", "data", "gz", "zip", "parquet", "xlsx"],
        key=f"next_{record.id}",
    )
    if upload is None:
        return
    try:
        file = read(upload.file_id, (), record.id, key, upload.getvalue(), upload.name)
        chosen = tuple(choose_columns(file.columns, upload.file_id).items())
        if chosen:
            file = read(upload.file_id, chosen, record.id, key, upload.getvalue(), upload.name)
    except TableError as error:
        st.error(sentence(error), icon=":material/error:")
        return
    for note in file.notes:
        st.warning(sentence(note), icon=":material/info:")
    about = ("next", record.id, file.kept_as)
    if under_way(about):
        return
    look = next((one for one in seen if one.digest == file.digest), None)
    if look is not None and st.session_state.get(f"next_shown_{record.id}") == file.kept_as:
        results = seen_results(store(), record.id, file.kept_as)
        if results is not None:
            show(record, file, key, results, look)
            return
        st.warning("The results on this file are damaged: test on it again.", icon=":material/warning:")
    if st.button("Test on it", type="primary", icon=":material/science:", key="next_test"):
        st.session_state[f"next_shown_{record.id}"] = file.kept_as
        with guarded():
            start(record, file, about)
    if look is not None:
        st.info("This file was tested on before: every further look makes its figures less trustworthy.")


def start(record: RunRecord, file: NextFile, about: tuple[object, ...]) -> None:
    """Begin a test; what a file gave before is looked up, and counted as another look."""
    from core.experiment.next_rows import run_on

    runs = store()
    before = seen_results(runs, record.id, file.kept_as)
    if before is not None:
        keep_look(runs, record.id, file.digest, file.name, before, file.kept_as)
        st.rerun()
    begin(
        about, lambda results: keep_look(runs, record.id, file.digest, file.name, results, file.kept_as),
        "Training every strategy on all rows of the run, then testing", "The file could not be tested on",
        run_on, runs.table(record.id), record.plan, file.frame, file.codes,
    )  # fmt: skip


def show(record: RunRecord, file: NextFile, key: str, results: tuple[FoldResult, ...], look: Look) -> None:
    """Show what the file says of the run."""
    from core.next_file import answers
    from core.reporting.results import Results

    stakes = stakes_of(store(), record.id)
    run = Results(run_problem(record.id, key), store().results(record.id), record.id, stakes)
    for at, answer in enumerate(answers(run, file, results, stakes, look)):
        if at:
            st.subheader(plain(answer.title, 120), anchor=False)
        show_answer(answer, f"next_{at}", f"{record.id}-next-{at}")


@cached(max_entries=4, spinner="Reading the file …")
def read(
    file_id: str, chosen: tuple[tuple[str, str], ...], run_id: str, key: str, _data: bytes, _name: str
) -> NextFile:
    from core.next_file import read_next

    return read_next(_data, _name, run_problem(run_id, key), chosen)
