"""Starting a run, after a question where it would take more than a day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages._services import engine, store
from pages._tab import problem_of, session
from pages._text import sentence

if TYPE_CHECKING:
    from core.data.table import Table
    from core.plan import Plan

_LONG_RUN = "long_run"


def start_run(plan: Plan, table: Table, *, agreed: bool = False) -> None:
    """Create the run, hand it to the engine and show it.

    Parameters
    ----------
    agreed : bool
        Whether the person has agreed to a run of more than a day; without it, such a run waits for an answer to
        :func:`ask_about_long_run`.
    """
    from core.plan import PlanError
    from core.runs.store import StoreError
    from core.words import TableError

    try:
        if not agreed and _long(table, plan) is not None:
            st.session_state[_LONG_RUN] = plan
            st.rerun()
        run_id = store().create(plan, table)
        engine().submit(run_id)
    except (StoreError, TableError, PlanError) as error:
        st.error(sentence(error), icon=":material/error:")
        return
    st.switch_page("pages/compare.py", query_params={"run": run_id})


def ask_about_long_run() -> None:
    """Ask whether a run of more than a day is meant, on the page where it was about to start."""
    state, waiting = session(), st.session_state.get(_LONG_RUN)
    if waiting is None or state.table is None or state.plan != waiting:
        st.session_state.pop(_LONG_RUN, None)
        return
    with st.container(border=True, key="long_run_question"):
        st.warning(sentence(_long(state.table, waiting)), icon=":material/hourglass_top:")
        with st.container(horizontal=True):
            if st.button("Run it anyway", key="long_run_yes"):
                st.session_state.pop(_LONG_RUN)
                start_run(waiting, state.table, agreed=True)
            if st.button("Change the plan", key="long_run_no", type="primary"):
                st.session_state.pop(_LONG_RUN)
                st.rerun()


def _long(table: Table, plan: Plan) -> str | None:
    """Return one sentence about a run, or a network in it, that takes longer than anybody may want to wait."""
    from core.experiment.estimate import Workload, too_long
    from core.strategies import choices_of

    work = Workload.of(problem_of(table, plan))
    return too_long(work.seconds(choices_of(plan))) or work.slow_network()
