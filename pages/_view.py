"""The views of a run: what there is to look at, in groups, and which one the address asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

import streamlit as st

from pages._guard import guarded_callback

if TYPE_CHECKING:
    from core.evaluation.comparison import Comparison
    from core.runs.record import RunRecord

HOW_GOOD, WHAT_TO_DO, WHY, TAKE_AWAY = "How good", "What to do", "Why", "Download"
GROUPS = (HOW_GOOD, WHAT_TO_DO, WHY, TAKE_AWAY)

Show = Callable[["RunRecord", "Comparison", dict[str, str], str], None]


@dataclass(frozen=True)
class View:
    """One way to look at a run: the function ``show_<key>`` in ``pages/_<key>.py``, imported once somebody opens it.

    The function takes the record, the comparison, strategy names and a cache key.

    Parameters
    ----------
    key : str
        Its name in the address, never changed afterwards.
    same_rows : bool
        Whether it holds strategies against each other row by row, so that all must have decided the same rows.
    """

    key: str
    title: str
    group: str
    same_rows: bool = False

    @property
    def show(self) -> Show:
        return cast(Show, getattr(import_module(f"pages._{self.key}"), f"show_{self.key}"))


VIEWS: Sequence[View] = (
    View("overview", "Overview", HOW_GOOD),
    View("pairs", "Pairs", HOW_GOOD),
    View("classes", "Classes", HOW_GOOD),
    View("calibration", "Calibration", HOW_GOOD, same_rows=True),
    View("threshold", "Threshold and costs", WHAT_TO_DO, same_rows=True),
    View("capacity", "Capacity", WHAT_TO_DO, same_rows=True),
    View("promise", "Promise", WHAT_TO_DO, same_rows=True),
    View("net_benefit", "Net benefit", WHAT_TO_DO, same_rows=True),
    View("next_file", "Next file", WHAT_TO_DO),
    View("more_rows", "More rows", WHAT_TO_DO),
    View("errors", "Errors", WHY, same_rows=True),
    View("why", "Importance", WHY),
    View("slices", "Where worse", WHY, same_rows=True),
    View("training", "Training", WHY),
    View("code", "Code", TAKE_AWAY),
    View("report", "Report", TAKE_AWAY),
)


def view_named(name: str | None) -> View:
    """Return the view of an address: by key or by title, in any case; the first where there is no such view.

    Examples
    --------
    >>> view_named("net_benefit").title, view_named("Net Benefit").key, view_named("nonsense").key
    ('Net benefit', 'net_benefit', 'overview')
    """
    asked = (name or "").strip().casefold()
    return next((view for view in VIEWS if asked in (view.key, view.title.casefold())), VIEWS[0])


def wanted_view() -> View:
    """Return the view that the address asks for."""
    return view_named(st.query_params.get("view"))


def open_view(key: str) -> None:
    """Put a view into the address, so that it can be linked and reloaded; for callbacks."""
    st.query_params["view"] = key


def pick_view() -> View:
    """Show the groups and the views of the open group, and return the view to show."""
    view = wanted_view()
    group_key, view_key = "view_group", f"view_of_{GROUPS.index(view.group)}"
    # The address decides: whatever changes it, both rows follow.
    st.session_state[group_key], st.session_state[view_key] = view.group, view.key
    titles = {one.key: one.title for one in VIEWS if one.group == view.group}
    with st.container(gap="xsmall", key="views"):
        st.segmented_control(
            "What to look at", GROUPS, key=group_key, required=True, on_change=_take_group, label_visibility="collapsed"
        )
        st.pills(
            "View", list(titles), key=view_key, required=True, format_func=titles.__getitem__, on_change=_take_view,
            args=(view_key,), label_visibility="collapsed",
        )  # fmt: skip
    return view


@guarded_callback
def _take_group() -> None:
    group = st.session_state["view_group"]
    open_view(next(view.key for view in VIEWS if view.group == group))


@guarded_callback
def _take_view(key: str) -> None:
    open_view(st.session_state[key])
