"""Work on a finished run in the background: started by a button, waited for, cancelled, and kept when it is done."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from typing import TypeVar

import streamlit as st

from core.library_errors import sentence as in_words
from pages._guard import guarded_fragment, tell_trouble
from pages._services import engine

T = TypeVar("T")

_WORKS = "background_works"


@dataclass(frozen=True, eq=False)
class Work:
    """Work under way.

    Parameters
    ----------
    kept : Future of None
        Done once the result is kept, or raises why it is not.
    cancel : callable
        Stops it.
    doing : str
        What is waited for.
    failed : str
        What could not be done, before the reason.
    """

    kept: Future[None]
    cancel: Callable[[], None]
    doing: str
    failed: str


def begin(
    about: tuple[object, ...],
    keep: Callable[[T], object],
    doing: str,
    failed: str,
    function: Callable[..., T],
    *arguments: object,
) -> None:
    """Start work on a worker, and run the page anew; whoever leaves it finds the result when they return.

    Parameters
    ----------
    about : tuple
        What the work is on; the page that asks :func:`under_way` for the same waits for it.
    keep : callable
        Takes the result, in a thread of its own.
    """
    stop = threading.Event()
    promise = engine().call(function, *arguments, stop=stop)
    works()[about] = Work(_kept(promise, keep), lambda: _cancel(promise, stop), doing, failed)
    st.rerun()


def under_way(about: tuple[object, ...]) -> bool:
    """Tell whether such work is under way, and show it."""
    if about not in works():
        return False
    _wait(about)
    return True


def works() -> dict[tuple[object, ...], Work]:
    """Return this visitor's work, by what it is on."""
    found: dict[tuple[object, ...], Work] = st.session_state.setdefault(_WORKS, {})
    return found


@st.fragment(run_every=0.5)
@guarded_fragment
def _wait(about: tuple[object, ...]) -> None:
    from core.training.lane import Stopped

    work = works().get(about)
    if work is None:
        st.rerun()
        return
    if work.kept.done():
        works().pop(about, None)
        try:
            work.kept.result()
        except (Stopped, CancelledError):
            st.toast("Stopped.")
        except Exception as error:  # whatever a library met on a worker
            tell_trouble(in_words(error, work.failed))
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center", key=f"working_{about[0]}"):
        st.markdown(f":material/hourglass_top: {work.doing} …")
        if st.button("Cancel", key=f"cancel_{about[0]}", icon=":material/stop:"):
            work.cancel()


def _kept(promise: Future[T], keep: Callable[[T], object]) -> Future[None]:
    """Promise that a result is kept."""
    kept: Future[None] = Future()

    def take(done: Future[T]) -> None:
        try:
            keep(done.result())
        except BaseException as error:  # it belongs to whoever waits
            kept.set_exception(error)
        else:
            kept.set_result(None)

    promise.add_done_callback(take)
    return kept


def _cancel(promise: Future[T], stop: threading.Event) -> None:
    stop.set()
    promise.cancel()
