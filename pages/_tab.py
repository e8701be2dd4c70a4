"""What this browser tab has in hand: a table, a plan for it, and the run on view."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

import streamlit as st

from pages._cache import cached
from pages._services import store

if TYPE_CHECKING:
    from core.data.problem import Problem
    from core.data.table import Table
    from core.plan import Plan
    from core.runs.record import RunRecord
    from pages._session import Session


def session() -> Session:
    """Return this tab's state."""
    from pages._session import Session

    return st.session_state.setdefault("session", Session())


def has_table() -> bool:
    """Return whether this tab holds a table, without loading what a session needs."""
    state = st.session_state.get("session")
    return state is not None and state.table is not None and state.plan is not None


def remember(new: Session) -> None:
    """Keep a new state for this tab."""
    st.session_state["session"] = new


def problem_of(table: Table, plan: Plan) -> Problem:
    """Return a table under a plan; the parts that neither strategies nor network change are computed once.

    Raises
    ------
    TableError, PlanError
        The plan does not suit the table; the message says why.
    """
    problem = _problem(table, plan, data_key(table, plan))
    return problem if problem.plan == plan else replace(problem, plan=plan)


def data_key(table: Table, plan: Plan) -> int:
    """Return what tells a table under a plan from others, whatever is compared on it.

    One number: hashing the kinds of 500 columns anew for everything that is cached would take longer than the page.
    """
    beside = ("strategies", "networks", "training")
    kinds = tuple((column.name, column.kind) for column in table.columns)
    chosen = tuple(getattr(plan, field.name) for field in fields(plan) if field.name not in beside)
    return hash((table.digest, kinds, chosen, plan.training.validation_split))


@cached(max_entries=32)
def _problem(_table: Table, _plan: Plan, key: int) -> Problem:
    from core.data.problem import Problem
    from core.data.split_checks import check_splits

    problem = Problem.of(_table, _plan)
    check_splits(problem)
    return problem


def reopen(record: RunRecord) -> None:
    """Take up a run's table and plan; where the table refuses the column kinds, say so and go on without them."""
    from core.words import TableError

    table = store().table(record.id)
    try:
        state = session().reopened(table, record.plan)
    except TableError as error:
        st.session_state["problem"] = str(error)
        state = session().reopened(table, replace(record.plan, kinds=()))
    remember(replace(state, run_id=record.id))


@cached(max_entries=4)
def run_problem(run_id: str, key: str) -> Problem:
    """Return a run's table under its plan."""
    return problem_of(store().table(run_id), store().record(run_id).plan)
