"""The plan in the address: a link opens it, and every change is written back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages._tab import remember, session
from pages._text import plain, sentence

if TYPE_CHECKING:
    from core.data.table import Table
    from core.links import Link

_WRITTEN, _WAITING = "links_written", "link_waiting"


def restore_link() -> None:
    """Open the plan that the address holds, unless this tab wrote the address itself."""
    if not ({"table", "file"} & set(st.query_params)):
        return
    from core.data.samples import load_sample
    from core.links import NAMES, from_query
    from core.plan import PlanError
    from core.words import TableError

    query = {name: st.query_params[name] for name in NAMES if name in st.query_params}
    # All that were written, not the last alone: a quick press may come from a page that still shows an older one.
    if query in st.session_state.get(_WRITTEN, []):
        return
    _note(query)
    try:
        link = from_query(query)
        held = session().table
        if link.kind == "sample":
            _open(link, load_sample(link.table))
        elif held is not None and held.name == link.table:
            _open(link, held)
        else:
            st.session_state[_WAITING] = link
            return
    except (PlanError, TableError) as error:
        st.session_state["problem"] = str(error)


def show_waiting() -> bool:
    """Say what a link waits for, where its table was somebody's own; return whether one waits."""
    link: Link | None = st.session_state.get(_WAITING)
    if link is None:
        return False
    st.info(
        f"This link holds a plan for the table **{plain(link.table)}**, target **{plain(link.plan.target)}**. "
        "A link cannot carry the table itself: bring the file below, and the plan is applied to it.",
        icon=":material/link:",
    )
    return True


def apply_waiting(table: Table) -> bool:
    """Apply the plan that waits for a table; return whether there was one that fits."""
    from core.words import TableError

    link: Link | None = st.session_state.pop(_WAITING, None)
    if link is None:
        return False
    try:
        _open(link, table)
    except TableError as error:
        st.session_state["problem"] = f"The plan in the link does not fit this table. {error}"
        return False
    return True


def write_link() -> None:
    """Let the address hold the plan at hand."""
    state = session()
    if state.table is None or state.plan is None:
        return
    from core.links import to_query

    query = to_query(state.plan, state.table)
    _note(query)
    if st.query_params.to_dict() != query:
        st.query_params.from_dict(query)


def _open(link: Link, table: Table) -> None:
    from core.links import opened

    opened(link, table)  # refuses what does not fit before anything changes
    remember(session().reopened(table, link.plan))


def _note(query: dict[str, str]) -> None:
    written = st.session_state.setdefault(_WRITTEN, [])
    if query not in written:
        written.append(query)


def show_problem() -> None:
    """Say once what could not be opened."""
    problem = st.session_state.pop("problem", None)
    if problem is not None:
        st.error(sentence(problem), icon=":material/error:")
