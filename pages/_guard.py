"""One answer to a run that is gone, damaged, held elsewhere or cannot be written: a sentence, and a way out.

Runs live in a folder that other tabs, other processes and people can change at any moment, so any look at one may
fail. A page catches it here, and goes on where there is something to go on with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

import streamlit as st

from core.plan import PlanError
from core.words import TableError
from pages._text import sentence

P = ParamSpec("P")
R = TypeVar("R")
_TROUBLE, _SAID = "trouble", "trouble_said"


def expected() -> tuple[type[Exception], ...]:
    """Return what can go wrong with a run, a table or a plan without anything being wrong with the app."""
    from core.runs.store import StoreError

    return StoreError, TableError, PlanError, OSError


def as_sentence(error: Exception) -> str:
    """Return an error as a sentence; those of the system are none, and name paths of the server."""
    if isinstance(error, OSError):
        return f"A file in the runs folder cannot be used ({error.strerror or 'no reason is known'}): try again later."
    return str(error)


@contextmanager
def guarded() -> Iterator[None]:
    """Show in a sentence what went wrong in a part of a page, whose other parts go on."""
    try:
        yield
    except expected() as error:
        st.error(sentence(as_sentence(error)), icon=":material/error:")


def guarded_callback(callback: Callable[P, object]) -> Callable[P, None]:
    """Let a button's or field's callback fail with a sentence, which the page then shows at its top."""

    @wraps(callback)
    def call(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            callback(*args, **kwargs)
        except expected() as error:
            tell_trouble(as_sentence(error))

    return call


def guarded_fragment(fragment: Callable[P, R]) -> Callable[P, R | None]:
    """Let a part that redraws itself end when what it shows is gone: the whole page then says so."""

    @wraps(fragment)
    def call(*args: P.args, **kwargs: P.kwargs) -> R | None:
        try:
            return fragment(*args, **kwargs)
        except expected() as error:
            trouble = as_sentence(error)
        if st.session_state.get(_SAID) == trouble:  # the page could not help it: not again and again
            st.error(sentence(trouble), icon=":material/error:")
            return None
        st.session_state[_TROUBLE] = st.session_state[_SAID] = trouble
        st.rerun()

    return call


def tell_trouble(said: str) -> None:
    """Let the page show a sentence at its top when it next runs."""
    st.session_state[_TROUBLE] = said


def show_trouble() -> None:
    """Show what the last press or look ran into, once."""
    trouble = st.session_state.pop(_TROUBLE, None)
    if trouble is not None:
        st.error(sentence(trouble), icon=":material/error:")


@contextmanager
def guarded_page() -> Iterator[None]:
    """Show in a sentence what ended a page, and where to go from there."""
    try:
        yield
    except expected() as error:
        st.error(sentence(as_sentence(error)), icon=":material/error:")
        with st.container(horizontal=True):
            st.page_link("pages/history.py", label="All runs", icon=":material/history:")
            st.page_link("pages/data.py", label="Choose a table", icon=":material/table_chart:")
