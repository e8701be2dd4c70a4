"""The History page: runs with their plans, to reopen, rename, compare, repeat, resume or delete."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import streamlit as st

from pages._briefs import briefs_of, wait_for_briefs
from pages._cache import cached
from pages._frame import framed
from pages._guard import guarded, guarded_callback
from pages._services import engine, store, warm_up
from pages._tab import reopen
from pages._text import plain, run_names, sentence, when
from pages._widgets import empty

if TYPE_CHECKING:
    from core.briefs import Brief
    from core.runs.record import RunRecord

PAGE = 20
_NOT_YET = "not worked out yet"
BADGES = {
    "queued": ("Waiting", "gray"),
    "running": ("Running", "blue"),
    "finished": ("Finished", "green"),
    "cancelled": ("Cancelled", "orange"),
    "failed": ("Failed", "red"),
    "interrupted": ("Interrupted", "orange"),
    "refused": ("Cannot run", "red"),
}


def main() -> None:
    warm_up()
    st.title("History", anchor=False)
    records, troubles = store().records(), store().troubles()
    if not records and not troubles:
        empty("No runs yet: choose a table and press Run.", "pages/data.py", "Choose a table")
    advised = briefs_of(records)
    picked = pick_runs(records, advised) if len(records) > 1 else records
    if len(picked) == 2 < len(records) and all(store().finished_units(record.id) for record in picked):
        st.subheader("Side by side", anchor=False)
        show_differences(*picked[::-1])
    else:
        show_pair(records)
    shown = st.session_state.setdefault("history_shown", PAGE)
    for record in picked[:shown]:
        show(record, advised[record.id])
    if len(picked) > shown and st.button(f"Show {min(PAGE, len(picked) - shown)} more"):
        st.session_state["history_shown"] = shown + PAGE
        st.rerun()
    for run_id, why in troubles:
        show_trouble(run_id, why)


def pick_runs(records: Sequence[RunRecord], advised: dict[str, Brief | None]) -> Sequence[RunRecord]:
    """Show the runs as a table, and return those that are picked, else all that are found."""
    import pandas as pd

    left, right = st.columns([3, 1], vertical_alignment="bottom")
    query = left.text_input(
        "Search", placeholder="A name, a table or a strategy…", icon=":material/search:", key="history_search"
    )
    grouped = right.toggle("Group by table", key="history_grouped")
    found = [record for record in records if matches(record, query, advised[record.id])]
    if grouped:
        found.sort(key=lambda record: record.table_name)  # stable: the newest first within a table
    if not found:
        st.info("No run matches.")
        return ()
    briefs = [advised[record.id] for record in found]
    table = pd.DataFrame(
        {
            "Run": [record.name for record in found],
            "Table": [record.table_name for record in found],
            "When": [when(record.created) for record in found],
            "Rows": pd.array([rows_of(record.id) for record in found], dtype="Int64"),
            "Strategies": [len(record.plan.strategies) for record in found],
            "Status": [BADGES[record.status][0] for record in found],
            "Recommended": [_NOT_YET if brief is None else brief.strategy or None for brief in briefs],
            "F1": [None if brief is None else brief.score for brief in briefs],
        }
    )
    if grouped:
        table.insert(0, "Table", table.pop("Table"))
    config = {
        "Run": st.column_config.Column(pinned=True, width=255),
        "Rows": st.column_config.NumberColumn(format="localized", width=80),
        "Strategies": st.column_config.NumberColumn(width=90),
        "Status": st.column_config.Column(width=90),
        "Recommended": st.column_config.Column(width=235),
        "F1": st.column_config.ProgressColumn(
            format="%.3f",
            min_value=0.0,
            max_value=1.0,
            width=110,
            help="Mean F1 over the folds of the recommended strategy.",
        ),
    }
    # On a phone, the cards below say it all, and can be read.
    box = st.container(key="runs_table")
    event = box.dataframe(
        table, hide_index=True, key=f"runs_{query}_{grouped}", column_config=config, placeholder="–",
        on_select="rerun", selection_mode="multi-row", height=35 * (min(len(found), 12) + 1) + 15,
    )  # fmt: skip
    box.caption("Tick one run to see it on its own, two to compare them side by side.")
    wait_for_briefs(advised)
    chosen = event["selection"]["rows"]
    return [found[row] for row in sorted(chosen)] if chosen else found


def matches(record: RunRecord, query: str, brief: Brief | None) -> bool:
    """Return whether every word of a query stands in a run's name, table, target or strategies."""
    from core.strategies import label

    names = " ".join(label(choice) for choice in record.plan.strategies)
    advised = "" if brief is None else brief.strategy
    text = f"{record.name} {record.table_name} {record.plan.target} {advised} {names}".casefold()
    return all(word in text for word in query.casefold().split())


@cached(max_entries=None)
def rows_of(run_id: str) -> int | None:
    """Return how many rows a run's table has, by its file's footer; None where it cannot be read."""
    return store().table_rows(run_id)


def show_trouble(run_id: str, why: str) -> None:
    """Say why a run cannot be opened, and offer to delete it."""
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"trouble_{run_id}"):
        st.markdown(f":material/error: {sentence(why)}", width="stretch")
        if st.button("Delete this run…", key=f"ask_{run_id}", icon=":material/delete:"):
            confirm(run_id, run_id)


def show(record: RunRecord, brief: Brief | None) -> None:
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
            st.caption(
                f"{plain(record.table_name)}, target {plain(plan.target)} · {plan.in_words} · {when(record.created)}"
            )
            if record.message:
                st.caption(sentence(record.message))
            if brief is not None and brief.headline:
                st.markdown(sentence(brief.headline))
            show_plan(record)
        with actions.container(horizontal=True, horizontal_alignment="right"):
            if st.button("Open", key=f"open_{record.id}", type="primary"):
                st.switch_page("pages/compare.py", query_params={"run": record.id})
            if record.ranking is not None and st.button(
                "Ranking", key=f"ranking_{record.id}", help="Opens the ranking that this run belongs to."
            ):
                st.switch_page("pages/ranking.py", query_params={"ranking": record.ranking.id})
            if record.resumable and st.button("Resume", key=f"resume_{record.id}"):
                with guarded():
                    engine().submit(record.id)
                    st.switch_page("pages/compare.py", query_params={"run": record.id})
            again = "Repeat with changes" if record.status == "refused" else "Use its plan"
            if st.button(again, key=f"plan_{record.id}", help="Opens the table and the plan for a new run."):
                with guarded():
                    reopen(record)
                    st.switch_page("pages/strategies.py")
            with st.popover("More", key=f"more_{record.id}"):
                st.text_input(
                    "Name", record.name, max_chars=80, key=f"name_{record.id}", on_change=rename, args=(record.id,)
                )
                if st.button("Delete this run…", key=f"ask_{record.id}", icon=":material/delete:"):
                    confirm(record.id, record.name)


def show_plan(record: RunRecord) -> None:
    """Show the run's settings, on request."""
    from core.networks.reading import network_label
    from core.strategies import label

    plan = record.plan
    with st.expander("Plan", key=f"details_{record.id}", type="compact"):
        st.markdown("**Strategies:** " + ", ".join(plain(label(choice), 120) for choice in plan.strategies))
        network, split = plan.training, plan.split
        stopping = (
            f"stops after {network.patience} epochs without improvement" if network.patience else "no early stopping"
        )
        st.markdown(
            f"**Network:** {plain(', '.join(map(network_label, plan.networks)))}, learning rate "
            f"{network.learning_rate:g}, batch size {network.batch_size}, at most {network.epochs} epochs, {stopping}"
        )
        beside = f", grouped by {plain(split.group)}" if split.group else ""
        beside += f", split by time in {plain(split.time)}" if split.time else ""
        beside += f" with a gap of {split.gap:g}" if split.gap else ""
        st.markdown(f"**Split:** {split.folds} folds, repeats {split.repeats}, seed {split.seed}{beside}")
        st.caption("Made with " + ", ".join(plain(f"{name} {version}") for name, version in record.versions))


@st.dialog("Delete this run?")
def confirm(run_id: str, name: str) -> None:
    st.markdown(f"**{plain(name)}** will be deleted with its table and its results. This cannot be undone.")
    with st.container(horizontal=True):
        if st.button("Delete", key=f"delete_{run_id}", type="primary", on_click=delete, args=(run_id,)):
            st.rerun()
        if st.button("Keep it", key=f"keep_{run_id}"):
            st.rerun()


def show_pair(records: Sequence[RunRecord]) -> None:
    """Let a person lay two runs side by side."""
    known = {record.id: record for record in records if store().finished_units(record.id)}
    if len(known) < 2:
        return
    with st.expander("Compare two runs", key="pair"):
        names = run_names(known.values())
        left, right = st.columns(2)
        newest = list(known)
        first = left.selectbox("First", newest, 1, format_func=names.__getitem__, key="pair_first")
        second = right.selectbox("Second", newest, 0, format_func=names.__getitem__, key="pair_second")
        if first == second:
            st.info("Choose two different runs.")
            return
        show_differences(known[first], known[second])


def show_differences(first: RunRecord, second: RunRecord) -> None:
    import pandas as pd

    from core.evaluation.difference import differences
    from core.evaluation.metrics import METRIC_NAMES
    from core.reporting.display import BARS
    from core.runs.differences import what_else_differs
    from core.strategies import choices_of, label
    from pages._results import comparison_of

    for words in what_else_differs(first, second):
        st.caption(f":material/info: {sentence(words)}")
    one, other = comparison_of(first.id), comparison_of(second.id)
    both = differences(one, other)
    if both.empty:
        st.info("These two runs have no strategy in common.")
        return
    heads = {**METRIC_NAMES, "seconds": "Training time"}
    chosen = st.pills(
        "Metrics", list(heads), selection_mode="multi", default=BARS, format_func=heads.__getitem__, key="pair_metrics"
    )
    shown = both[both["metric"].isin(chosen)]
    names = {choice.key: label(choice) for choice in (*choices_of(first.plan), *choices_of(second.plan))}
    table = pd.DataFrame(
        {
            "Strategy": shown["strategy"].map(names),
            "Metric": shown["metric"].map(heads),
            "First": shown["first"],
            "Second": shown["second"],
            "Difference": shown["difference"],
            "Folds": [f"{a} and {b}" for a, b in zip(shown["first_folds"], shown["second_folds"], strict=True)],
        }
    )
    numbers = {name: st.column_config.NumberColumn(format="%.3f") for name in ("First", "Second")}
    numbers["Difference"] = st.column_config.NumberColumn(format="%+.3f", help="Second minus first.")
    st.dataframe(table, hide_index=True, column_config=numbers, key="pair_table", placeholder="–")
    st.caption(
        f"Means over up to {one.folds} folds of the first and {other.folds} of the second: a strategy that "
        "failed on some, or a metric that is undefined on some, has fewer. Brier score and log loss are better when "
        "lower."
    )


@guarded_callback
def rename(run_id: str) -> None:
    name = st.session_state[f"name_{run_id}"].strip()
    if name:
        store().rename(run_id, name)


@guarded_callback
def delete(run_id: str) -> None:
    from core.runs.store import NoSuchRun, StoreError

    with suppress(StoreError):  # damaged, or gone
        if store().record(run_id).active:
            engine().cancel(run_id)
    with suppress(NoSuchRun):  # another tab may have deleted it already
        store().delete(run_id)


framed(main)
