"""The History page: runs with their plans, to reopen, rename, repeat, resume or delete."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import streamlit as st

from pages._shared import empty, engine, plain, remember, sentence, session, store, warm_up

if TYPE_CHECKING:
    from core.store import RunRecord

PAGE = 20
BADGES = {
    "queued": ("Waiting", "gray"),
    "running": ("Running", "blue"),
    "finished": ("Finished", "green"),
    "cancelled": ("Cancelled", "orange"),
    "failed": ("Failed", "red"),
    "interrupted": ("Interrupted", "orange"),
}
RESUMABLE = ("cancelled", "failed", "interrupted")


def main() -> None:
    warm_up()
    st.title("History", anchor=False)
    records = store().records()
    if not records:
        empty("No runs yet: choose a table and press Run.", "pages/data.py", "Choose a table")
    shown = st.session_state.setdefault("history_shown", PAGE)
    for record in records[:shown]:
        show(record)
    if len(records) > shown and st.button(f"Show {min(PAGE, len(records) - shown)} more"):
        st.session_state["history_shown"] = shown + PAGE
        st.rerun()


def show(record: RunRecord) -> None:
    plan = record.plan
    text, color = BADGES[record.status]
    with st.container(border=True, key=f"run_{record.id}"):
        words, actions = st.columns([3, 2], vertical_alignment="center")
        with words:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"**{plain(record.name)}**", width="content")
                st.badge(text, color=color)  # type: ignore[arg-type]
                if record.example:
                    st.badge("Example", color="violet")
            repeats = f" × {plan.split.repeats} repeats" if plan.split.repeats > 1 else ""
            st.caption(
                f"{plain(record.table_name)}, target {plain(plan.target)} · {len(plan.strategies)} strategies × "
                f"{plan.split.folds} folds{repeats} · {when(record.created)}"
            )
            if record.message:
                st.caption(sentence(record.message))
        with actions.container(horizontal=True, horizontal_alignment="right"):
            if st.button("Open", key=f"open_{record.id}", type="primary"):
                st.switch_page("pages/compare.py", query_params={"run": record.id})
            if record.benchmark is not None and st.button(
                "Benchmark", key=f"benchmark_{record.id}", help="Opens the benchmark that this run is a table of."
            ):
                st.switch_page("pages/benchmark.py", query_params={"benchmark": record.benchmark.id})
            if record.status in RESUMABLE and st.button("Resume", key=f"resume_{record.id}"):
                engine().submit(record.id)
                st.switch_page("pages/compare.py", query_params={"run": record.id})
            if st.button("Use its plan", key=f"plan_{record.id}", help="Opens the table and the plan for a new run."):
                remember(session().reopened(store().table(record.id), plan))
                st.switch_page("pages/strategies.py")
            with st.popover("More", key=f"more_{record.id}"):
                st.text_input(
                    "Name", record.name, max_chars=80, key=f"name_{record.id}", on_change=rename, args=(record.id,)
                )
                st.button("Delete this run", key=f"delete_{record.id}", on_click=delete, args=(record.id,))


def rename(run_id: str) -> None:
    name = st.session_state[f"name_{run_id}"].strip()
    if name:
        store().rename(run_id, name)


def delete(run_id: str) -> None:
    if store().record(run_id).status in ("queued", "running"):
        engine().cancel(run_id)
    store().delete(run_id)


def when(created: str) -> str:
    """Return a moment as a person of this machine's time zone writes it."""
    return datetime.fromisoformat(created).astimezone().strftime("%d %b %Y, %H:%M")


main()
