"""The columns beside the target: what each tells of the class, how it is distributed, and as what it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages._cache import cached
from pages._tab import remember, session
from pages._text import plain, sentence

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from streamlit.elements.lib.column_config_utils import ButtonColumnResult, ColumnConfig

    from core.data.columns import Column
    from core.data.distributions import RowSample
    from core.data.informativeness import Informativeness
    from core.data.problem import Problem
    from core.data.table import Table
    from core.plan import Plan

KINDS = {
    "numeric": "Numbers",
    "categorical": "Categories",
    "text": "Text",
    "date": "Dates and times",
    "identifier": "Identifier (unused)",
    "constant": "Constant (unused)",
    "ignored": "Ignored",
}
ANY = "Any kind"
FIGURES, TABLE = "Figures", "Table"
PER_PAGE = 9
ACROSS = 3
# With no more columns than one page holds, there is nothing to search.
FEW = PER_PAGE


@st.fragment
def show_columns(table: Table, plan: Plan, problem: Problem | None) -> None:
    """Show the columns beside the target, as figures with their settings or as a table to change many at once.

    Only the figures of one page are made and sent; choosing another reruns this part alone.
    """
    if session().plan is not plan:
        st.rerun()  # a kind was changed here, which changes the whole page
    others = [column for column in table.columns if column.name != plan.target]
    st.subheader(f"Columns ({len(others):,})", anchor=False, help="Types were detected automatically.")
    told = {} if problem is None else told_of(problem, key_of(problem))
    shown, view = arranging(others, told)
    if not shown:
        st.info("No column is called so.", icon=":material/search_off:")
    elif view == TABLE or problem is None:
        show_as_table(table, shown, told, problem)
    else:
        show_as_figures(table, shown, told, problem)


def arranging(columns: list[Column], told: dict[str, Informativeness]) -> tuple[list[Column], str]:
    """Show what is looked for, and return the columns in their order and how to show them."""
    from core.data.informativeness import ORDERS, arranged

    search, kind = "", None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        view = TABLE
        if told:
            view = st.segmented_control(
                "Show as", [FIGURES, TABLE], default=FIGURES, key="columns_as", required=True, width="content"
            )
        orders = ORDERS if told else ORDERS[1:]
        order = st.selectbox(
            "Sort", orders, key=f"columns_order_{len(orders)}", width=220,
            help="How telling a column is: the share of the uncertainty about the class that it takes away by itself, "
            "measured on a sample. Several columns together can tell more.",
        )  # fmt: skip
        if len(columns) > FEW:
            kinds = [ANY, *(name for name in KINDS if any(column.kind == name for column in columns))]
            chosen = st.selectbox("Kind", kinds, format_func=lambda name: KINDS.get(name, name), key="columns_of_kind",
                                  width=200)  # fmt: skip
            kind = None if chosen == ANY else chosen
            search = st.text_input("Find", placeholder="A part of a name", key="columns_search", width=220)
    return arranged(columns, told, str(order), search or "", kind), str(view)


def show_as_figures(table: Table, shown: list[Column], told: dict[str, Informativeness], problem: Problem) -> None:
    n_pages = -(-len(shown) // PER_PAGE)
    page = 1
    if n_pages > 1:
        page = min(n_pages, st.session_state.get("columns_page", 1) or 1)
    some = shown[(page - 1) * PER_PAGE : page * PER_PAGE]
    for start in range(0, len(some), ACROSS):
        for place, column in zip(st.columns(ACROSS), some[start : start + ACROSS], strict=False):
            with place.container(border=True, height="stretch"):
                show_card(table, column, told.get(column.name), problem)
    if n_pages > 1:
        st.pagination(n_pages, key="columns_page")
        st.caption(f"Columns {(page - 1) * PER_PAGE + 1:,} to {(page - 1) * PER_PAGE + len(some):,} of {len(shown):,}")


def show_card(table: Table, column: Column, told: Informativeness | None, problem: Problem) -> None:
    tells = f" :gray[tells {told.share:.0%}]" if told is not None and told.share >= 0.005 else ""
    st.markdown(f"**{plain(column.name)}**{tells}")
    show_kind(table, column)
    figure, words, note = drawn(problem, column.name, (*key_of(problem), column.name, column.kind))
    if figure is not None:
        st.plotly_chart(figure, key=f"column_{column.name}", config={"displayModeBar": False}, alt=words)
    st.caption(" ".join(facts_of(column, len(table.frame), note)))


def show_kind(table: Table, column: Column) -> None:
    key = f"kind_{table.digest}_{column.name}"
    st.session_state[key] = column.kind
    st.selectbox(
        f"Kind of {plain(column.name)}", list(KINDS), format_func=KINDS.__getitem__, key=key,
        label_visibility="collapsed", on_change=take_kind, args=(column.name, key),
    )  # fmt: skip


def facts_of(column: Column, n_rows: int, note: str) -> list[str]:
    """Return what there is to say of a column, one sentence each, as Markdown."""
    values = f"{column.distinct:,} different values" if column.distinct != 1 else "1 value"
    missing = f", {column.missing:,} missing ({column.missing / max(1, n_rows):.1%})" if column.missing else ""
    return [f"{values}{missing}.", *(sentence(words) for words in (column.note, note) if words)]


def show_as_table(table: Table, shown: list[Column], told: dict[str, Informativeness], problem: Problem | None) -> None:
    import pandas as pd

    rows: dict[str, list[object]] = {
        "Column": [column.name for column in shown],
        "Kind": [KINDS[column.kind] for column in shown],
        "Different values": [column.distinct for column in shown],
        "Missing": [column.missing for column in shown],
    }
    config: dict[str, ColumnConfig | ButtonColumnResult | str | None] = {
        "Column": st.column_config.TextColumn(pinned=True),
        "Different values": st.column_config.NumberColumn(format="localized"),
        "Missing": st.column_config.NumberColumn(format="localized"),
    }
    if problem is not None:
        smallest = problem.target.labels[int(problem.target.counts.argmin())]
        rows["Tells"] = [told[column.name].share if column.name in told else 0.0 for column in shown]
        rows[f"Rows of {smallest}"] = [list(told[c.name].rates) if c.name in told else [] for c in shown]
        config["Tells"] = st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1)
        config[f"Rows of {smallest}"] = st.column_config.BarChartColumn(
            y_min=0, help=f"Share of {smallest} from low to high values, or in the commonest levels"
        )
    rows["Note"] = [column.note for column in shown]
    config["Note"] = st.column_config.TextColumn(width="large")
    st.caption("Tick rows to change the kind of many columns at once; the box in the header ticks all that are shown.")
    key = f"chosen_{hash((table.digest, tuple(rows['Column']), tuple(rows['Kind'])))}"
    chosen = st.dataframe(
        pd.DataFrame(rows), hide_index=True, key=key, on_select="rerun", selection_mode="multi-row",
        column_config=config, height=min(460, 38 + 35 * len(shown)),
    )  # fmt: skip
    names = [shown[at].name for at in chosen["selection"]["rows"] if at < len(shown)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.selectbox("New kind", list(KINDS), format_func=KINDS.__getitem__, key="new_kind", width=220)
        st.button(
            f"Set the kind of {len(names):,} {'column' if len(names) == 1 else 'columns'}", key="set_kinds",
            disabled=not names, on_click=set_kinds, args=(tuple(names), kind),
        )  # fmt: skip


def take_kind(name: str, key: str) -> None:
    set_kinds((name,), st.session_state[key])


def set_kinds(names: tuple[str, ...], kind: str) -> None:
    from core.words import TableError

    try:
        remember(session().with_kinds(dict.fromkeys(names, kind)))
    except TableError as error:
        st.session_state["problem"] = str(error)


def key_of(problem: Problem) -> tuple[object, ...]:
    """Return what decides the classes and the values of a table under a plan."""
    plan, target = problem.plan, problem.target
    return problem.table.digest, plan.kinds, plan.merged, plan.classes, plan.split.time, target.name, target.classes


@cached(max_entries=8, spinner="Looking at the columns…")
def told_of(_problem: Problem, key: tuple[object, ...]) -> dict[str, Informativeness]:
    from core.data.informativeness import informativeness

    return informativeness(_problem)


@cached(max_entries=2)
def sample_of(_problem: Problem, key: tuple[object, ...]) -> RowSample:
    from core.data.distributions import sample_rows

    return sample_rows(_problem)


@cached(max_entries=200)
def drawn(_problem: Problem, _name: str, key: tuple[object, ...]) -> tuple[go.Figure | None, str, str]:
    """Return a column's figure, the same in words, and what it does not show."""
    from core.charts.columns import column_figure, column_in_words
    from core.data.distributions import distribution

    labels = _problem.target.labels
    shown = distribution(_problem.table.column(_name), sample_of(_problem, key_of(_problem)), len(labels))
    if shown is None:
        return None, "", ""
    return column_figure(shown, labels), column_in_words(shown, labels), shown.note
