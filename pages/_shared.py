"""What every page needs: the session, the store, the engine, and text that is safe to show."""

from __future__ import annotations

import os
import re
import threading
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from core.words import duration

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from core.data.table import Table, Target
    from core.plan import Plan
    from core.runs.conductor import Conductor
    from core.runs.engine import Engine
    from core.runs.store import Store
    from pages._session import Session

ROOT = Path(__file__).resolve().parent.parent
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~>$<&:^=\"'])")
# Streamlit turns these into links, symbols or icons after the Markdown is parsed, where a backslash no longer helps.
_LATE = re.compile(r"(?<=[:<>\-~=@])(?=\S)|(?<=www)(?=\\?\.)", re.IGNORECASE)


def plain(text: object, limit: int = 60) -> str:
    """Return text for a Markdown label or message so that every character shows as itself, cut to a length."""
    line = " ".join(str(text).split())
    line = line if len(line) <= limit else line[: limit - 1] + "…"
    return _SPECIAL.sub(r"\\\1", _LATE.sub("\u2060", line))


def sentence(text: object) -> str:
    """Return a message as Markdown that shows as it is written."""
    return plain(text, 600)


def runs_folder() -> Path:
    """Return the folder that holds the runs."""
    from core.runs import store

    return store.runs_folder()


def session() -> Session:
    """Return this tab's state."""
    from pages._session import Session

    return st.session_state.setdefault("session", Session())


def remember(new: Session) -> None:
    """Keep a new state for this tab."""
    st.session_state["session"] = new


def my_runs() -> Path:
    """Return the folder that holds the runs of whoever looks at the page; nobody else's can be reached from it."""
    from core.runs.people import UnknownPerson, folder_of, person_of

    claims = st.user.to_dict()
    if "is_logged_in" not in claims:
        return runs_folder()  # no sign-in is set up: one person on one machine
    if not claims["is_logged_in"]:
        st.stop()
    try:
        return folder_of(runs_folder(), person_of(claims))
    except UnknownPerson as error:
        st.error(sentence(error), icon=":material/error:")
        st.stop()


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


def sign_in() -> None:
    """Where Streamlit's ``[auth]`` is set up, let nobody in who has not signed in."""
    claims = st.user.to_dict()
    if "is_logged_in" not in claims:
        return
    if claims["is_logged_in"]:
        with st.sidebar:
            st.caption(f"Signed in as {plain(claims.get('email') or claims.get('name') or 'you')}")
            st.button("Sign out", icon=":material/logout:", on_click=st.logout)
        return
    st.title("Counterweight", anchor=False)
    st.markdown("Compare balancing strategies on your imbalanced table. Your tables and runs are seen by you alone.")
    auth = st.secrets.get("auth", {})
    names = [str(name) for name, value in auth.items() if hasattr(value, "items")]
    for name in names or [None]:
        label = "Sign in" if name is None else f"Sign in with {plain(name.title())}"
        st.button(
            label, type="primary", icon=":material/login:", key=f"sign_in_{name}", on_click=st.login, args=(name,)
        )
    st.stop()


def target_of(table: Table, plan: Plan) -> Target:
    """Return the encoded target of a plan.

    Raises
    ------
    TableError
        The column cannot be a target; the message says why.
    """
    return _target(table, table.digest, plan.target, plan.positive, plan.split.folds)


@st.cache_resource(show_spinner=False, max_entries=32)
def _target(_table: Table, digest: str, name: str, positive: str | None, folds: int) -> Target:
    from core.data.table import encode_target

    return encode_target(_table, name, positive, folds)


def start_run(plan: Plan, table: Table) -> None:
    """Create the run, hand it to the engine and show it."""
    from core.data.table import TableError
    from core.runs.store import StoreError

    try:
        run_id = store().create(plan, table)
        engine().submit(run_id)
    except (StoreError, TableError) as error:
        st.error(sentence(error), icon=":material/error:")
        return
    st.switch_page("pages/compare.py", query_params={"run": run_id})


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
