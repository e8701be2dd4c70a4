"""The Export page: download a strategy's model, and score new rows with it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from core.reporting.file_names import archive_name
from pages._cache import cached
from pages._frame import framed
from pages._guard import guarded, guarded_fragment
from pages._score import show_scoring
from pages._services import engine, store, warm_up
from pages._tab import remember, session
from pages._text import plain, run_names, sentence, told_apart
from pages._widgets import empty

if TYPE_CHECKING:
    from core.exporting.shelf import Kept, Shelf
    from core.plan import StrategyChoice
    from core.runs.record import RunRecord

CONTENTS = (
    ("model.keras", "takes raw columns – numbers, text, missing and unseen values – and returns probabilities"),
    ("predict.py", "scores a CSV with TensorFlow and pandas alone"),
    ("decision.json", "the decision rule, the class names, the calibration and the columns"),
    ("model_card.md", "data, strategy, figures, limits and versions, to pass on with the model"),
    ("model.onnx", "the same model for onnxruntime and other ONNX tools, without TensorFlow"),
)


def main() -> None:
    warm_up()
    st.title("Export", anchor=False)
    records = [record for record in store().records() if store().finished_units(record.id)]
    if not records:
        empty("Nothing to export yet: choose a table and press Run.", "pages/data.py", "Choose a table")
    st.caption("Train the strategy of your choice on all rows, download it as one file, and score new rows with it.")
    left, right = st.columns(2)
    with left:
        record = choose_run(records)
    with right:
        choice = choose_strategy(record)
    st.query_params.from_dict({"run": record.id, "strategy": choice.key})
    kept = show_model(record, choice)
    if kept is not None:
        show_scoring(record, kept, shelf())


def choose_run(records: list[RunRecord]) -> RunRecord:
    """Offer the runs; the address's first, then the one last looked at, then the newest."""
    by_id = {record.id: record for record in records}
    if st.session_state.get("export_run", records[0].id) not in by_id:
        del st.session_state["export_run"]  # deleted in another tab
    wanted = (st.query_params.get("run"), session().run_id, records[0].id)
    chosen = st.selectbox(
        "Run",
        list(by_id),
        index=list(by_id).index(next(key for key in wanted if key in by_id)),
        format_func=run_names(records).__getitem__,
        key="export_run",
    )
    if session().run_id != chosen:
        remember(replace(session(), run_id=chosen))
    return by_id[chosen]


def choose_strategy(record: RunRecord) -> StrategyChoice:
    """Offer the run's strategies; the address's first, then what the run recommends."""
    from core.strategies import choices_of, label

    by_key = {choice.key: choice for choice in choices_of(record.plan)}
    address = st.query_params.get("strategy")
    first = address if address in by_key else first_choice(record)
    return st.selectbox(
        "Strategy",
        list(by_key.values()),
        index=list(by_key).index(first),
        format_func=told_apart(by_key.values(), label),
        key=f"export_strategy_{record.id}",
    )


def first_choice(record: RunRecord) -> str:
    """Return the key of the strategy to start from: what the run recommends, where it can be exported."""
    from pages._results import version_of

    return suggestion(record.id, version_of(record.id))


@cached(max_entries=32)
def suggestion(run_id: str, version: str) -> str:
    from core.exporting import suggested
    from pages._results import comparison_of
    from pages._verdict import decided_of

    record = store().record(run_id)
    return suggested(decided_of(record, comparison_of(run_id), f"{run_id} {version}"), record.plan).key


@cached(max_entries=None)
def shelf() -> Shelf:
    """Return the kept exports of a person's runs, and those at work."""
    from core.exporting.shelf import Shelf

    return Shelf(store(), engine())


def show_model(record: RunRecord, choice: StrategyChoice) -> Kept | None:
    """Show how far the chosen model is, and return it once it is there."""
    from core.exporting import why_not

    exports = shelf()
    reason = why_not(choice)
    if reason is not None:
        st.info(sentence(reason), icon=":material/block:")
        st.button("Train on all rows", type="primary", icon=":material/model_training:", disabled=True)
        return None
    if exports.working(record, choice):
        wait(record, choice)
        return None
    kept = exports.find(record, choice)
    if kept is not None:
        show_download(record, choice, kept)
        return kept
    foreign = exports.not_from_here(record, choice)
    if foreign is not None:
        st.warning(sentence(foreign), icon=":material/gpp_maybe:")
    problem = exports.problem(record, choice)
    if problem is not None:
        st.error(sentence(problem), icon=":material/error:")
    if st.button(
        "Train on all rows",
        type="primary",
        icon=":material/model_training:",
        help="The comparison trained on parts of the rows; the exported model learns from all of them.",
    ):
        with guarded():
            exports.start(record, choice)
            st.rerun()
    st.caption(
        "You get one ZIP file: the model for Keras and ONNX, and a script that scores a CSV with it. A strategy that "
        "decides by a threshold keeps the one from the comparison, found on rows that its networks had not seen. "
        "Training runs in the background and takes seconds on a small table."
    )
    return None


@st.fragment(run_every=0.5)
@guarded_fragment
def wait(record: RunRecord, choice: StrategyChoice) -> None:
    if not shelf().working(record, choice):
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center", key="refitting"):
        st.markdown(":material/hourglass_top: Training on all rows, then packing and checking the files …")
        if st.button("Cancel", key="cancel_refit", icon=":material/stop:"):
            shelf().cancel(record, choice)


def show_download(record: RunRecord, choice: StrategyChoice, kept: Kept) -> None:
    from core.strategies import label

    with st.container(border=True, key="package"):
        words, act = st.columns([2, 1], vertical_alignment="center")
        words.markdown(f"**{plain(kept.scorer.target)}** – {sentence(kept.rule())}")
        act.download_button(
            "Download the model",
            kept.archive,
            file_name=archive_name(record.table_name, label(choice)),
            mime="application/zip",
            type="primary",
            icon=":material/download:",
            on_click="ignore",
            width="stretch",
        )
        inside = kept.files()
        st.markdown("\n".join(f"- `{name}` {what}" for name, what in CONTENTS if name in inside))
        st.caption(f":material/verified: {sentence(kept.checks)}")


framed(main)
