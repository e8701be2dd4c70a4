"""What every page needs: the session, the store, the engine, and what they share in showing a run."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from core.words import duration
from pages._cache import cached
from pages._person import my_runs
from pages._person import runs_folder as runs_folder
from pages._text import plain as plain
from pages._text import sentence as sentence

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from core.data.problem import Problem
    from core.data.table import Table
    from core.plan import Plan
    from core.runs.conductor import Conductor
    from core.runs.engine import Engine
    from core.runs.record import RunRecord
    from core.runs.store import Store
    from pages._session import Session

ROOT = Path(__file__).resolve().parent.parent


def session() -> Session:
    """Return this tab's state."""
    from pages._session import Session

    return st.session_state.setdefault("session", Session())


def remember(new: Session) -> None:
    """Keep a new state for this tab."""
    st.session_state["session"] = new


def store() -> Store:
    """Return the store of this person's runs."""
    return _store(str(my_runs()))


@st.cache_resource(show_spinner=False)
def _store(root: str) -> Store:
    from core.runs.store import Store

    return Store(Path(root))


def engine() -> Engine:
    """Return the engine for this person's runs; all of them share one cluster."""
    return _engine(str(my_runs()))


@st.cache_resource(show_spinner=False)
def _engine(root: str) -> Engine:
    from core.runs.engine import Engine

    return Engine(Path(root), conductor=_conductor())


@st.cache_resource(show_spinner=False)
def _conductor() -> Conductor:
    from core.runs.conductor import Conductor

    return Conductor(os.environ.get("COUNTERWEIGHT_SCHEDULER"))


@st.cache_resource(show_spinner=False)
def warm_up() -> threading.Thread:
    """Resume interrupted runs and load the libraries beside the first page, so that the first click need not wait."""

    def load() -> None:
        from core.runs.people import folders

        for module in (
            "core.data.samples",
            "pages._session",
            "core.strategies.choosing",
            "core.teaching.effects",
            "core.experiment.units",
            "core.charts.figures",
        ):
            import_module(module)
        for folder in folders(runs_folder()):
            _engine(str(folder))

    thread = threading.Thread(target=load, name="warm-up", daemon=True)
    thread.start()
    return thread


def problem_of(table: Table, plan: Plan) -> Problem:
    """Return a table under a plan; what the strategies and the network do not change is made once.

    Raises
    ------
    TableError, PlanError
        The plan does not suit the table; the message says why.
    """
    split, kinds = plan.split, tuple((column.name, column.kind) for column in table.columns)
    made = _problem(
        table, plan, table.digest, kinds, plan.kinds, plan.target, plan.positive, plan.classes,
        split.folds, split.seed, split.group, split.time, plan.network.validation_split,
    )  # fmt: skip
    return made if made.plan == plan else replace(made, plan=plan)


@cached(max_entries=32)
def _problem(_table: Table, _plan: Plan, *key: object) -> Problem:
    from core.data.problem import Problem
    from core.data.splitting import check_splits

    problem = Problem.of(_table, _plan)
    check_splits(problem)
    return problem


def reopen(record: RunRecord) -> None:
    """Take the table and the plan of a run in hand; column kinds that the table refuses are said and left out."""
    from core.words import TableError

    table = store().table(record.id)
    try:
        state = session().reopened(table, record.plan)
    except TableError as error:
        st.session_state["problem"] = str(error)
        state = session().reopened(table, replace(record.plan, kinds=()))
    remember(replace(state, run_id=record.id))


def start_run(plan: Plan, table: Table, *, agreed: bool = False) -> None:
    """Create the run, hand it to the engine and show it; one of more than a day waits for somebody to agree."""
    from core.experiment.estimate import estimate_seconds, too_long
    from core.plan import PlanError
    from core.runs.store import StoreError
    from core.words import TableError

    try:
        if not agreed and too_long(estimate_seconds(problem_of(table, plan))) is not None:
            st.session_state["long_run"] = plan
            st.rerun()
        run_id = store().create(plan, table)
        engine().submit(run_id)
    except (StoreError, TableError, PlanError) as error:
        st.error(sentence(error), icon=":material/error:")
        return
    st.switch_page("pages/compare.py", query_params={"run": run_id})


def ask_about_long_run() -> None:
    """Ask whether a run of more than a day is meant, where one was about to start."""
    from core.experiment.estimate import estimate_seconds, too_long

    state, waiting = session(), st.session_state.get("long_run")
    if waiting is None or state.table is None or state.plan != waiting:
        st.session_state.pop("long_run", None)
        return
    with st.container(border=True, key="long_run_question"):
        st.warning(
            sentence(too_long(estimate_seconds(problem_of(state.table, waiting)))), icon=":material/hourglass_top:"
        )
        with st.container(horizontal=True):
            if st.button("Run it all the same", key="long_run_yes"):
                st.session_state.pop("long_run")
                start_run(waiting, state.table, agreed=True)
            if st.button("Change the plan", key="long_run_no", type="primary"):
                st.session_state.pop("long_run")
                st.rerun()


def empty(message: str, page: str, label: str) -> None:
    """Say what to do next where there is nothing to show, and stop the page."""
    st.info(message, icon=":material/arrow_forward:")
    st.page_link(page, label=label, icon=":material/arrow_forward:")
    st.stop()


def draw(figure: go.Figure, key: str, alt: str) -> None:
    """Show a figure with the toolbar that all figures have."""
    from core.charts import theme

    st.plotly_chart(figure, key=key, config=dict(theme.CONFIG), alt=alt)


def progress_of(run_id: str, finished: int, total: int) -> tuple[float, str]:
    """Return the share done and what is being done, in words."""
    progress = store().progress(run_id)
    share, words = finished / max(1, total), f"Fold {min(finished + 1, total)} of {total}"
    if progress is not None:
        share += progress.share / max(1, total)
        words += f": {sentence(progress.doing)}"
        if progress.seconds_left is not None:
            words += f" – {duration(progress.seconds_left)} left"
    return min(1.0, share), words
