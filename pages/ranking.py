"""The Ranking page: one plan on several tables, and which strategy ranks best over all of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from core.data.profile import imbalance_sentence
from core.data.samples import SAMPLES, load_sample
from core.data.table import read_table
from core.data.target import suggest_target
from core.evaluation.ranking import needed_in_words
from core.experiment.estimate import Workload, too_long
from core.networks.presets import DEFAULT_PRESET, NETWORK_PRESETS, training_rows
from core.plan import Plan, PlanError, SplitSettings
from core.runs.ranking import Entry, RankingError, create, find, plan_for, rankings, why_left_out, without_slow
from core.runs.store import StoreError
from core.strategies import choices_of
from core.strategies.presets import PRESETS
from core.words import TableError, duration
from pages._frame import framed
from pages._ranking_results import show_results
from pages._services import engine, store, warm_up
from pages._tab import problem_of, session
from pages._text import plain, sentence

if TYPE_CHECKING:
    from core.data.problem import Problem

TABLES, PROBLEMS, UPLOADS = "ranking_tables", "ranking_problems", "ranking_uploads"
OWN = "Own"


def main() -> None:
    warm_up()
    ranking_id = st.query_params.get("ranking")
    if ranking_id is not None:
        try:
            show_results(find(store(), ranking_id))
            return
        except StoreError as error:
            st.warning(sentence(error), icon=":material/info:")
    st.title("Ranking", anchor=False)
    st.markdown(
        "Run the same strategies on several tables and see which one ranks best over all of them. A lead that "
        "holds on many tables says more than a lead on one."
    )
    show_tables()
    show_start()
    show_earlier()


def entries() -> tuple[Entry, ...]:
    return st.session_state.get(TABLES, ())


def show_tables() -> None:
    """Show the chosen tables, each with its target, and the ways to add more."""
    st.subheader("Tables", anchor=False)
    names = {entry.table.name for entry in entries()}
    with st.container(horizontal=True):
        for sample in SAMPLES:
            st.button(
                f"Add {sample.title}",
                key=f"add_{sample.key}",
                icon=":material/add:",
                disabled=sample.title in names,
                on_click=add_sample,
                args=(sample.key,),
            )
    key = f"ranking_upload_{st.session_state.get(UPLOADS, 0)}"
    st.file_uploader(
        "Or add your own: several files at once as CSV, Parquet or Excel",
        type=["csv", "parquet", "xlsx", "tsv", "txt", "arff", "dat", "data", "gz", "zip"],
        accept_multiple_files=True,
        key=key,
        on_change=add_uploads,
        args=(key,),
    )
    problems = st.session_state.get(PROBLEMS, ())
    if problems:
        for problem in problems:
            st.error(sentence(problem), icon=":material/error:")
        st.button("Clear these messages", key="clear_problems", on_click=lambda: st.session_state.pop(PROBLEMS, None))
    for position, entry in enumerate(entries()):
        show_entry(position, entry)


def show_entry(position: int, entry: Entry) -> None:
    table = entry.table
    with st.container(border=True, key=f"table_{position}"):
        words, choice, act = st.columns([3, 2, 1], vertical_alignment="center")
        columns = [column.name for column in table.columns]
        key = f"ranking_target_{position}_{table.digest}"
        choice.selectbox(
            "Target",
            columns,
            index=columns.index(entry.target),
            key=key,
            on_change=lambda: change(position, replace(entry, target=st.session_state[key])),
        )
        act.button("Remove", key=f"remove_{position}", on_click=change, args=(position, None), width="stretch")
        words.markdown(f"**{plain(table.name)}** · {len(table.frame):,} rows, {len(table.columns)} columns")
        try:
            problem = problem_of(table, plan_for(chosen_plan(), entry.target))
            words.caption(sentence(imbalance_sentence(problem.target)))
        except TableError as error:
            st.error(sentence(why_left_out(table.name, error)), icon=":material/error:")


def add_sample(key: str) -> None:
    target = next(sample.target for sample in SAMPLES if sample.key == key)
    st.session_state[TABLES] = (*entries(), Entry(load_sample(key), target))


def add_uploads(key: str) -> None:
    """Keep what was uploaded, since the widget forgets it when another page is opened."""
    for upload in st.session_state[key]:
        try:
            table = read_table(upload.getvalue(), upload.name)
            st.session_state[TABLES] = (*entries(), Entry(table, suggest_target(table)))
        except TableError as error:
            problem = why_left_out(upload.name, error)
            st.session_state[PROBLEMS] = (*st.session_state.get(PROBLEMS, ()), problem)
    st.session_state[UPLOADS] = st.session_state.get(UPLOADS, 0) + 1


def change(position: int, entry: Entry | None) -> None:
    """Put another entry in a place, or none."""
    kept = [*entries()]
    kept[position : position + 1] = [] if entry is None else [entry]
    st.session_state[TABLES] = tuple(kept)


def chosen_plan() -> Plan:
    """Return what the fields below the tables say; they are drawn later than the tables that need it."""
    own = session().plan
    state = st.session_state
    name = state.get("ranking_strategies", OWN if own is not None else "Start")
    start = own if own is not None else Plan("", PRESETS["Start"])
    strategies = start.strategies if name == OWN else PRESETS[name]
    split = SplitSettings(
        state.get("ranking_folds", start.split.folds),
        state.get("ranking_repeats", start.split.repeats if start.split.time is None else 1),
        state.get("ranking_seed", start.split.seed),
    )
    networks, training = start.networks, start.training
    network = state.get("ranking_network", OWN if own is not None else DEFAULT_PRESET.name)
    if network != OWN:
        preset = next(one for one in NETWORK_PRESETS if one.name == network)
        # One plan for all tables: the epochs are those that suit the largest.
        rows = max((len(entry.table.frame) for entry in entries()), default=0)
        networks, training = (preset.network,), preset.training_on(training_rows(rows, start))
    return replace(start, strategies=strategies, split=split, networks=networks, training=training)


def show_start() -> None:
    """Show which plan runs on the tables, what it costs, and the button that starts it."""
    own = session().plan
    st.subheader("Plan", anchor=False)
    plan = chosen_plan()
    options = [*([OWN] if own is not None else []), *PRESETS]
    counts = {name: len(own.strategies if name == OWN and own else PRESETS[name]) for name in options}
    labels = {preset.name: preset.label for preset in NETWORK_PRESETS}
    with st.container(key="halves_plan"):
        strategies, network, folds, repeats, seed = st.columns([3, 3, 1, 1, 1])
    strategies.selectbox(
        "Strategies",
        options,
        key="ranking_strategies",
        format_func=lambda name: f"{'Chosen on the Strategies page' if name == OWN else name} ({counts[name]})",
        help="A strategy that does not apply to a table has no result there.",
    )
    network.selectbox(
        "Network",
        [*([OWN] if own is not None else []), *(preset.name for preset in NETWORK_PRESETS)],
        index=0 if own is not None else NETWORK_PRESETS.index(DEFAULT_PRESET),
        key="ranking_network",
        format_func=lambda name: "Chosen on the Strategies page" if name == OWN else labels[name],
        help="  \n".join(f"{preset.name}: {preset.sentence}" for preset in NETWORK_PRESETS),
    )
    folds.number_input("Folds", 2, 50, plan.split.folds, key="ranking_folds", help="Of each table.")
    repeats.number_input("Repeats", 1, 100, plan.split.repeats, key="ranking_repeats",
                         help="How many times each table is split.")  # fmt: skip
    seed.number_input("Seed", 0, 2**31 - 1, plan.split.seed, key="ranking_seed",
                      help="The same seed gives the same result.")  # fmt: skip
    problems = usable_problems(plan)
    if strategies_from_preset():
        plan, slow = without_slow(plan, problems)
        if slow:
            st.info(sentence(slow), icon=":material/hourglass_top:")
    seconds = sum(Workload.of(problem).seconds(choices_of(plan)) for problem in problems)
    long = too_long(seconds)
    if long is not None:
        st.warning(sentence(long), icon=":material/hourglass_top:")
    meant = long is None or st.checkbox("Run it anyway", key="ranking_long_run")
    with st.container(horizontal=True, vertical_alignment="center"):
        ready = len(problems) >= 2 and meant
        pressed = st.button("Run ranking", type="primary", icon=":material/play_arrow:", disabled=not ready)
        if len(problems) < 2:
            needed = needed_in_words(len(plan.strategies))
            st.caption(f"Add at least two tables. {needed} You get the ranks in any case.")
        else:
            st.caption(
                f"{len(problems)} tables × {len(plan.strategies)} strategies × {plan.split.folds} folds, "
                f"{duration(seconds)}. " + needed_in_words(len(plan.strategies))
            )
    if pressed:
        start(plan)


def strategies_from_preset() -> bool:
    """Return whether nobody asked for these strategies one by one."""
    return st.session_state.get("ranking_strategies", OWN) != OWN or session().plan is None


def usable_problems(plan: Plan) -> list[Problem]:
    usable = []
    for entry in entries():
        try:
            usable.append(problem_of(entry.table, plan_for(plan, entry.target)))
        except TableError:
            continue
    return usable


def start(plan: Plan) -> None:
    try:
        created = create(store(), plan, entries(), left_out=st.session_state.get(PROBLEMS, ()))
        for record in created.records:
            engine().submit(record.id)
    except (RankingError, StoreError, TableError, PlanError) as error:
        st.error(sentence(error), icon=":material/error:")
        return
    st.session_state.pop(PROBLEMS, None)
    st.query_params["ranking"] = created.id
    st.rerun()


def show_earlier() -> None:
    earlier = rankings(store())
    if not earlier:
        return
    st.subheader("Earlier rankings", anchor=False)
    for runs in earlier[:20]:
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"ranking_{runs.id}"):
            tables = plain(", ".join(runs.tables), 120)
            waiting = " · running" if runs.active else f" · {len(runs.stopped)} stopped" if runs.stopped else ""
            st.markdown(f"**{plain(runs.name)}** · {tables}{waiting}", width="stretch")
            if st.button("Open", key=f"open_ranking_{runs.id}"):
                st.query_params["ranking"] = runs.id
                st.rerun()


framed(main)
