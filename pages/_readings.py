"""Questions about how cells are read: the order of day and month, and values that stand for missing ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages._cache import cached
from pages._columns import set_kinds, take_missing
from pages._tab import data_key, remember, session
from pages._text import plain, sentence

if TYPE_CHECKING:
    from core.data.readings import BothWays, Epoch, StandIns
    from core.data.table import Table
    from core.plan import Plan

MOST = 3
_DECLINED = "declined_stand_ins"


def show_reading_questions(table: Table, plan: Plan) -> tuple[str, ...]:
    """Ask what the cells do not say, and return the columns whose order of day and month is asked about."""
    both, stand_ins, epochs = questions_of(table, data_key(table, plan))
    unsettled = [found for found in both if found.name not in dict(plan.day_first)]
    for at, found in enumerate(unsettled[:MOST]):
        st.info(sentence(found.sentence()), icon=":material/calendar_month:")
        with st.container(horizontal=True):
            for first, label, date in (
                (True, "Day first", found.day_first_date),
                (False, "Month first", found.month_first_date),
            ):
                st.button(
                    f"{label}: {date}", key=f"day_first_{at}_{first}", on_click=settle, args=(found.name, first)
                )  # fmt: skip
    open_ones = [found for found in stand_ins if (table.digest, found.name) not in declined()]
    for at, values in enumerate(open_ones[:MOST]):
        st.info(sentence(values.sentence()), icon=":material/question_mark:")
        with st.container(horizontal=True):
            st.button(
                "Take as missing", key=f"missing_{at}", on_click=take_missing,
                args=(values.name, (*dict(plan.missing).get(values.name, ()), *values.texts)),
            )  # fmt: skip
            st.button("No, they are values", key=f"present_{at}", on_click=decline, args=((values.name,),))
    rest = open_ones[MOST:]
    if rest:
        st.info(
            f"{len(rest):,} more columns have values that may stand for missing ones.", icon=":material/question_mark:"
        )
        with st.container(horizontal=True):
            st.button(
                f"Take them as missing in all {len(open_ones):,} columns", key="missing_everywhere",
                on_click=take_everywhere, args=(tuple(open_ones),),
            )  # fmt: skip
            st.button(
                "No, they are values", key="present_everywhere", on_click=decline,
                args=(tuple(found.name for found in open_ones),),
            )  # fmt: skip
    counted_on = [one for one in epochs if one.name != plan.target and (table.digest, one.name) not in declined()]
    for at, one in enumerate(counted_on[:MOST]):
        st.info(sentence(one.sentence()), icon=":material/schedule:")
        with st.container(horizontal=True):
            st.button("Yes, moments", key=f"moments_{at}", on_click=set_kinds, args=((one.name,), "date"))
            st.button("No, numbers", key=f"numbers_{at}", on_click=decline, args=((one.name,),))
    if len(unsettled) > MOST:
        st.caption(f"More such columns: {plain(', '.join(found.name for found in unsettled[MOST:]), 200)}")
    return tuple(found.name for found in unsettled)


def settle(name: str, first: bool) -> None:
    remember(session().with_day_first(name, first))


def take_everywhere(found: tuple[StandIns, ...]) -> None:
    for one in found:
        plan = session().plan
        before = () if plan is None else dict(plan.missing).get(one.name, ())
        take_missing(one.name, (*before, *one.texts))


def declined() -> set[tuple[str, str]]:
    """Return the columns of this tab whose values are values, as digest and column."""
    return st.session_state.setdefault(_DECLINED, set())


def decline(names: tuple[str, ...]) -> None:
    table = session().table
    if table is not None:
        declined().update((table.digest, name) for name in names)


@cached(max_entries=8)
def questions_of(_table: Table, key: int) -> tuple[tuple[BothWays, ...], tuple[StandIns, ...], tuple[Epoch, ...]]:
    from core.data.readings import both_ways, epochs, stand_ins

    return both_ways(_table), stand_ins(_table), epochs(_table)
