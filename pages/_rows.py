"""What several views of a run share: its tested rows, and the class that they look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.evaluation.outoffold import OutOfFold, out_of_fold
from core.evaluation.settled import settled_rows
from core.runs.stakes import stakes_of
from pages._cache import cached
from pages._services import store
from pages._tab import run_problem
from pages._text import bare, told_apart

if TYPE_CHECKING:
    from core.evaluation.comparison import Comparison
    from core.runs.record import RunRecord


@cached(max_entries=4)
def tested_rows(_comparison: Comparison, key: str) -> tuple[OutOfFold, ...]:
    """Return every strategy's test rows; `key` is what makes them new."""
    return out_of_fold(_comparison)


@cached(max_entries=4)
def settled_of(_record: RunRecord, _comparison: Comparison, key: str) -> tuple[tuple[OutOfFold, ...], str]:
    """Return every strategy's test rows with decisions as they were settled, and by what rule those are."""
    stakes, own = stakes_of(store(), _record.id), tested_rows(_comparison, key)
    return settled_rows(own, run_problem(_record.id, key), stakes) if stakes.decides else (own, stakes.decided_by)


def class_against_rest(comparison: Comparison, positive: int | None, key: str) -> int:
    """Return the positive class of two, or the one of many that the person picks, the smallest at first."""
    if positive is not None:
        return positive
    counts = comparison.strategies[0].confusion.sum(axis=1)
    codes = range(len(comparison.labels))
    chosen = st.selectbox(
        "Class against the rest",
        codes,
        index=int(counts.argmin()),
        format_func=told_apart(codes, lambda code: bare(comparison.labels[code])),
        key=key,
    )
    return int(chosen)


def rest_of(comparison: Comparison, code: int) -> str:
    """Return what the rows of the other classes are called."""
    return comparison.labels[1 - code] if len(comparison.labels) == 2 else "the rest"
