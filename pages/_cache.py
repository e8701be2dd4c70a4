"""Results that a page keeps from one rerun to the next, each for the person whose tables and runs it came from."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import streamlit as st

from pages._person import my_runs

P = ParamSpec("P")
R = TypeVar("R")


def cached(*, max_entries: int | None, spinner: str | None = None) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Keep what a function returns, by its arguments and by the person who looks at the page.

    Streamlit's own caches are shared by all sessions. A run's id, a table's digest or a file's name does not tell
    people apart: an example has the same id in everybody's runs, and may have another name in each.

    Parameters
    ----------
    max_entries : int or None
        How many results are kept, over all people; None keeps all.
    spinner : str, optional
        Shown while the function runs.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @st.cache_resource(show_spinner=spinner or False, max_entries=max_entries)
        @wraps(function)
        def kept(*args: P.args, **kwargs: P.kwargs) -> R:
            kwargs.pop("whose")
            return function(*args, **kwargs)

        @wraps(function)
        def of_person(*args: P.args, **kwargs: P.kwargs) -> R:
            return kept(*args, **{**kwargs, "whose": str(my_runs())})  # type: ignore[arg-type]

        return of_person

    return decorate
