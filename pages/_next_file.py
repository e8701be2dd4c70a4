"""The next file: a labelled file that was not in the run, tested once by every strategy."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from core.runs.looks import keep_look, looks, seen_results
from core.runs.stakes import stakes_of
from core.words import TableError, counted
from pages._answer import show_answer
from pages._cache import cached
from pages._guard import guarded, guarded_fragment
from pages._services import engine, store
from pages._tab import run_problem
from pages._text import plain, sentence

if TYPE_CHECKING:
    from concurrent.futures import Future

    from core.evaluation.comparison import Comparison
    from core.experiment.results import FoldResult
    from core.next_file import NextFile
    from core.runs.record import RunRecord

_WORK = "next_file_work"


@dataclass(frozen=True, eq=False)
class Work:
    """A test under way."""

    digest: str
    promise: Future[tuple[FoldResult, ...]]
    stop: threading.Event


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
        file = read(upload.file_id, record.id, key, upload.getvalue(), upload.name)
    except TableError as error:
        st.error(sentence(error), icon=":material/error:")
        return
    for note in file.notes:
        st.warning(sentence(note), icon=":material/info:")
    work: Work | None = st.session_state.get(_WORK)
    if work is not None and work.digest == file.digest:
        wait(record, file)
        return
    known = st.session_state.get(f"next_shown_{record.id}") == file.digest
    if not known and st.button("Test on it", type="primary", icon=":material/science:", key="next_test"):
        with guarded():
            start(record, file)
            st.rerun()
    if known:
        show(record, file, key)
    elif any(one.digest == file.digest for one in seen):
        st.info("This file was tested on before: every further look makes its figures less trustworthy.")


def start(record: RunRecord, file: NextFile) -> None:
    """Begin a test; what a file gave before is looked up, and counted as another look."""
    from core.experiment.next_rows import run_on

    before = seen_results(store(), record.id, file.digest)
    if before is not None:
        keep_look(store(), record.id, file.digest, file.name, before)
        st.session_state[f"next_shown_{record.id}"] = file.digest
        return
    stop = threading.Event()
    promise = engine().call(run_on, store().table(record.id), record.plan, file.frame, file.codes, stop=stop)
    st.session_state[_WORK] = Work(file.digest, promise, stop)


@st.fragment(run_every=0.5)
@guarded_fragment
def wait(record: RunRecord, file: NextFile) -> None:
    from concurrent.futures import CancelledError

    from core.experiment.memory import MemoryShortage
    from core.training.lane import Stopped

    work: Work | None = st.session_state.get(_WORK)
    if work is None:
        st.rerun()
        return
    if work.promise.done():
        st.session_state.pop(_WORK, None)
        try:
            keep_look(store(), record.id, file.digest, file.name, work.promise.result())
            st.session_state[f"next_shown_{record.id}"] = file.digest
        except (Stopped, CancelledError):
            st.toast("Stopped: the file was not looked at.")
        except MemoryShortage as error:
            st.session_state["trouble"] = str(error)
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center", key="testing"):
        st.markdown(":material/hourglass_top: Training every strategy on all rows of the run, then testing …")
        if st.button("Cancel", key="cancel_next", icon=":material/stop:"):
            work.stop.set()
            work.promise.cancel()


def show(record: RunRecord, file: NextFile, key: str) -> None:
    """Show what the file says of the run."""
    from core.next_file import answers
    from core.reporting.results import Results

    results = seen_results(store(), record.id, file.digest)
    if results is None:
        st.info("The results on this file are damaged: test on it again.")
        return
    look = next((one for one in looks(store(), record.id) if one.digest == file.digest), None)
    run = Results(run_problem(record.id, key), store().results(record.id), record.id, stakes_of(store(), record.id))
    for at, answer in enumerate(answers(run, file, results, stakes_of(store(), record.id), look)):
        if at:
            st.subheader(plain(answer.title, 120), anchor=False)
        show_answer(answer, f"next_{at}", f"{record.id}-next-{at}")


@cached(max_entries=4, spinner="Reading the file …")
def read(file_id: str, run_id: str, key: str, _data: bytes, _name: str) -> NextFile:
    from core.next_file import read_next

    return read_next(_data, _name, run_problem(run_id, key))
