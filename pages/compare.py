"""The Compare page: a run as it goes on, and its strategies side by side."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from core.examples import open_example
from core.runs.progress import end_in_words, progress_of_run, queue_in_words
from core.runs.store import StoreError
from core.words import counted
from pages._frame import framed
from pages._guard import guarded, guarded_callback, guarded_fragment
from pages._results import show_results
from pages._services import engine, store, warm_up
from pages._tab import remember, reopen, session
from pages._text import plain, sentence
from pages._widgets import empty

if TYPE_CHECKING:
    from core.runs.record import RunRecord


def main() -> None:
    warm_up()
    record = wanted()
    if record is None:
        st.title("Compare", anchor=False)
        empty("Nothing to compare yet: choose a table and press Run.", "pages/data.py", "Choose a table")
        return
    st.query_params["run"] = record.id
    if session().run_id != record.id:
        remember(replace(session(), run_id=record.id))
    show_header(record)
    done = store().finished_units(record.id)
    if record.active:
        show_progress(record, len(done))
    elif record.status != "finished" or len(done) < record.units_total:
        show_end(record, len(done))
    if done:
        show_results(record, done)
    elif record.active:
        st.caption("The first figures appear after the first fold.")


def wanted() -> RunRecord | None:
    """Return the run of the address, else the one last looked at, else the newest."""
    address = st.query_params.get("run")
    if address is not None:
        with suppress(StoreError):  # without it, the page says that there is no such run
            open_example(store(), address)
    records = {record.id: record for record in store().records()}
    if address is not None and address not in records:
        st.warning("There is no run at this address; it may have been deleted. This is the newest one.")
    newest = next(iter(records), None)
    return next((records[key] for key in (address, session().run_id, newest) if key in records), None)


def show_header(record: RunRecord) -> None:
    plan = record.plan
    words, act = st.columns([3, 1], vertical_alignment="center")
    words.title(plain(record.name), anchor=False)
    positive = f", positive class {plain(record.classes[record.positive])}" if record.positive is not None else ""
    words.caption(f"{plain(record.table_name)}, target {plain(plan.target)}{positive} · {plan.in_words}")
    with act.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Change the plan", icon=":material/tune:"):
            with guarded():
                reopen(record)
                st.switch_page("pages/strategies.py")


@st.fragment(run_every=0.5)
@guarded_fragment
def show_progress(record: RunRecord, drawn: int) -> None:
    """Follow the run; when a fold arrives or the run ends, the whole page is redrawn."""
    now = store().record(record.id)
    finished = len(store().finished_units(record.id))
    if not now.active or finished != drawn:
        st.rerun()
    bar, stop = st.columns([5, 1], vertical_alignment="center")
    if now.status == "queued":
        ahead = engine().position(record.id)
        bar.progress(0.0, queue_in_words(ahead))
    else:
        share, words = progress_of_run(store().progress(record.id), finished, now.units_total)
        others = engine().beside(record.id)
        if others:
            words += f" – taking turns with {counted(others, 'other run')}"
        bar.progress(share, sentence(words))
    # A callback, since a fold that arrives at this moment redraws the page before the button is reached.
    stop.button(
        "Cancel",
        key="cancel",
        help="Stops the run and keeps every finished fold.",
        on_click=cancel,
        args=(record.id,),
        width="stretch",
    )


@guarded_callback
def cancel(run_id: str) -> None:
    engine().cancel(run_id)
    st.toast("Cancelling: finished folds are kept.")


def show_end(record: RunRecord, finished: int) -> None:
    words, act = st.columns([4, 1], vertical_alignment="center")
    show = words.error if record.status in ("failed", "refused") else words.info
    show(sentence(end_in_words(record, finished)))
    if record.status == "refused":
        if act.button("Repeat with changes", icon=":material/tune:", type="primary", width="stretch"):
            with guarded():
                reopen(record)
                st.switch_page("pages/strategies.py")
        return
    if act.button("Resume", icon=":material/resume:", type="primary", width="stretch"):
        with guarded():
            engine().submit(record.id)
            st.rerun()


framed(main)
