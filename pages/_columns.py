"""The columns beside the target: what each tells of the class, how it is distributed, and as what it is used."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from core.words import counted
from pages._cache import cached
from pages._in_view import came_into_view
from pages._tab import remember, session
from pages._text import plain, sentence
from pages._widgets import plot, show_numbers

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from streamlit.elements.lib.column_config_utils import ButtonColumnResult, ColumnConfig

    from core.data.columns import Column
    from core.data.distributions import RowSample
    from core.data.informativeness import Informativeness
    from core.data.problem import Problem
    from core.data.table import Table
    from core.plan import Plan
    from pages._session import Session

# A column's figure, the same in words, and what there is to say of its preparation and its figure.
Drawing = tuple["go.Figure | None", str, tuple[str, ...]]
ANY = "Any kind"
FIGURES, TABLE = "Figures", "Table"
# Columns that are drawn together, once their place comes into view.
BLOCK = 6
ACROSS = 3
# With no more columns, all are drawn at once, and there is nothing to search.
FEW = 9


@st.fragment
def show_columns(table: Table, plan: Plan, problem: Problem | None) -> None:
    """Show the columns beside the target, as figures with their settings or as a table to change many at once.

    Only the figures that come into view are made and sent, a few rows of them at a time.
    """
    if session().plan is not plan:
        st.rerun()  # a kind was changed here, which changes the whole page
    others = [column for column in table.columns if column.name != plan.target]
    st.subheader(f"Columns ({len(others):,})", anchor=False, help="Types were detected automatically.")
    told = {} if problem is None else told_of(problem)
    shown, view = arranging(others, told)
    if not shown:
        st.info("No column matches.", icon=":material/search_off:")
    elif view == TABLE or problem is None:
        show_as_table(table, shown, told, problem)
    else:
        show_part(table, shown, told, plan, problem, seen="")


def arranging(columns: list[Column], told: dict[str, Informativeness]) -> tuple[list[Column], str]:
    """Show what is looked for, and return the columns in their order and how to show them."""
    from core.data.informativeness import ORDERS, arranged

    search, kind = "", None
    with st.container(horizontal=True, vertical_alignment="bottom", key="columns_bar"):
        view = TABLE
        if told:
            view = st.segmented_control(
                "Show as", [FIGURES, TABLE], default=FIGURES, key="columns_as", required=True, width="content"
            )
        orders = ORDERS if told else ORDERS[1:]
        order = st.selectbox(
            "Sort", orders, key="columns_order" if told else "columns_order_untold", width=220,
            help="How telling a column is: the share of the uncertainty about the class that it takes away by itself, "
            "measured on a sample. Several columns together can tell more.",
        )  # fmt: skip
        if len(columns) > FEW:
            names = kinds()
            there = {str(column.kind) for column in columns}
            chosen = st.selectbox(
                "Kind", [ANY, *(name for name in names if name in there)], key="columns_of_kind", width=200,
                format_func=lambda name: names.get(name, name),
            )  # fmt: skip
            kind = None if chosen == ANY else chosen
            search = st.text_input("Find", placeholder="A part of a name", key="columns_search", width=220)
    return arranged(columns, told, str(order), search or "", kind), str(view)


@st.fragment
def show_part(
    table: Table, some: list[Column], told: dict[str, Informativeness], plan: Plan, problem: Problem, seen: str
) -> None:  # fmt: skip
    """Show some columns, once their place was seen: a block as figures, more than that in parts.

    Parts within parts, each twice as many as all before it: each place that waits to be seen costs time whenever the
    page runs again.
    """
    if seen and not came_into_view(seen, -(-len(some) // ACROSS), len(some)):
        return
    if len(some) <= FEW:
        show_block(table, some, told, plan, problem)
        return
    # What is sought, or sorted in another way, is looked at from the first one on.
    sought = [st.session_state.get(key) for key in ("columns_search", "columns_of_kind", "columns_order")]
    start, size = 0, BLOCK
    while start < len(some):
        part = some[start : start + size]
        key = f"columns_seen_{hash((table.digest, part[0].name, size, *sought))}" if start else ""
        show_part(table, part, told, plan, problem, key)
        start, size = start + size, 2 * (start + size)


def show_block(
    table: Table, some: list[Column], told: dict[str, Informativeness], plan: Plan, problem: Problem
) -> None:  # fmt: skip
    """Show some columns as figures with their settings."""
    if session().plan is not plan:
        st.rerun()  # a kind was changed here, which changes the whole page
    chosen = dict(problem.plan.prepared)
    key = hash((values_key(problem), *((column, chosen.get(column.name)) for column in some)))
    drawings = drawn(problem, tuple(column.name for column in some), key)
    for start in range(0, len(some), ACROSS):
        row = some[start : start + ACROSS]
        whole = len(row) == ACROSS  # then the columns are the cards: an element less for each
        for place, column in zip(st.columns(ACROSS, border=whole), row, strict=False):
            with place if whole else place.container(border=True, height="stretch"):
                show_card(table, column, told.get(column.name), drawings[column.name], problem.plan)


def show_card(table: Table, column: Column, told: Informativeness | None, drawing: Drawing, plan: Plan) -> None:
    tells = f" :gray[explains {told.share:.0%} of the class]" if told is not None and told.share >= 0.005 else ""
    st.markdown(f"**{plain(column.name)}**{tells}")
    figure, words, notes = drawing
    if figure is not None:
        plot(figure, f"column_{column.name}", words, {"displayModeBar": False})
        show_numbers([figure], [words], f"column_{column.name}")
    st.caption(" ".join(facts_of(column, len(table.frame), notes)))
    show_kind(table, column)
    show_readings(table, column, plan)


def show_kind(table: Table, column: Column) -> None:
    """Show as what a column is used and how it is prepared, each to be chosen."""
    from core.data.preparation import step_for

    step, names = step_for(column), kinds()
    settings = () if step is None else step.settings
    plan = session().plan
    chosen = {} if plan is None else dict(dict(plan.prepared).get(column.name, ()))
    # One element less each than columns, of which the page draws hundreds.
    row = st.container(horizontal=True, vertical_alignment="bottom") if settings else st.container()
    key = controlled(f"kind_{table.digest}_{column.name}", column.kind)
    row.selectbox(
        f"Kind of {plain(column.name)}", list(names), format_func=names.__getitem__, key=key,
        label_visibility="collapsed" if not settings else "visible", on_change=take_kind, args=(column.name, key),
    )  # fmt: skip
    for setting in settings:
        now = chosen.get(setting.name, setting.default)
        key = controlled(f"{setting.name}_{table.digest}_{column.name}", now)
        if setting.options:
            row.selectbox(
                setting.label, setting.options, format_func=str.capitalize, key=key, help=setting.help,
                on_change=take_setting, args=(column.name, setting.name, key),
            )  # fmt: skip
        else:
            row.number_input(
                setting.label, setting.low, setting.high, key=key, help=setting.help,
                on_change=take_setting, args=(column.name, setting.name, key),
            )  # fmt: skip


def show_readings(table: Table, column: Column, plan: Plan) -> None:
    """Let a person take back what values were taken as missing, and change the order of day and month."""
    texts = dict(plan.missing).get(column.name, ())
    if texts:
        st.button(
            f"Take {plain(', '.join(texts))} as a value again", key=f"present_{column.name}", on_click=take_missing,
            args=(column.name, ()),
        )  # fmt: skip
    if column.name in dict(plan.day_first):
        key = controlled(f"day_first_{table.digest}_{column.name}", dict(plan.day_first)[column.name])
        st.segmented_control(
            f"Order of day and month in {plain(column.name)}", [True, False], required=True, key=key,
            format_func=lambda first: "Day first" if first else "Month first", label_visibility="collapsed",
            on_change=take_order, args=(column.name, key),
        )  # fmt: skip


def controlled(key: str, value: object) -> str:
    """Return the key of a widget that shows what the plan says, whoever changed it."""
    st.session_state[key] = value
    return key


def facts_of(column: Column, n_rows: int, notes: tuple[str, ...]) -> list[str]:
    """Return what there is to say of a column, one sentence each, as Markdown."""
    values = f"{column.distinct:,} different values" if column.distinct != 1 else "1 value"
    missing = f", {column.missing:,} missing ({column.missing / max(1, n_rows):.1%})" if column.missing else ""
    return [f"{values}{missing}.", *(sentence(words) for words in (column.note, *notes) if words)]


def show_as_table(table: Table, shown: list[Column], told: dict[str, Informativeness], problem: Problem | None) -> None:
    import pandas as pd

    rows: dict[str, list[object]] = {
        "Column": [column.name for column in shown],
        "Kind": [kinds()[column.kind] for column in shown],
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
        rows["Explains"] = [told[column.name].share if column.name in told else 0.0 for column in shown]
        rows[f"Share of {smallest}"] = [list(told[c.name].rates) if c.name in told else [] for c in shown]
        config["Explains"] = st.column_config.ProgressColumn(
            format="percent", min_value=0, max_value=1, help="The share of the uncertainty about the class that it "
            "takes away by itself.",
        )  # fmt: skip
        config[f"Share of {smallest}"] = st.column_config.BarChartColumn(
            y_min=0, help=f"Share of {smallest} from low to high values, or in the commonest levels"
        )
    if any(column.note for column in shown):
        rows["Note"] = [column.note for column in shown]
        config["Note"] = st.column_config.TextColumn(width="large")
    st.caption("Tick rows to change the kind of many columns at once; the box in the header ticks all that are shown.")
    key = f"chosen_{hash((table.digest, tuple(rows['Column']), tuple(rows['Kind'])))}"
    chosen = st.dataframe(
        pd.DataFrame(rows), hide_index=True, key=key, on_select="rerun", selection_mode="multi-row",
        column_config=config, height=min(460, 38 + 35 * len(shown)),
        placeholder="–",
    )  # fmt: skip
    names = [shown[at].name for at in chosen["selection"]["rows"] if at < len(shown)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.selectbox("New kind", list(kinds()), format_func=kinds().__getitem__, key="new_kind", width=220)
        st.button(
            f"Set the kind of {counted(len(names), 'column')}" if names else "Set the kind", key="set_kinds",
            disabled=not names, on_click=set_kinds, args=(tuple(names), kind),
        )  # fmt: skip


def take_kind(name: str, key: str) -> None:
    set_kinds((name,), st.session_state[key])


def set_kinds(names: tuple[str, ...], kind: str) -> None:
    change(lambda: session().with_kinds(dict.fromkeys(names, kind)))


def take_setting(name: str, setting: str, key: str) -> None:
    change(lambda: session().with_prepared(name, **{setting: st.session_state[key]}))


def take_missing(name: str, texts: tuple[str, ...]) -> None:
    change(lambda: session().with_missing(name, texts))


def take_order(name: str, key: str) -> None:
    change(lambda: session().with_day_first(name, st.session_state[key]))


def change(changed: Callable[[], Session]) -> None:
    """Remember a changed session, or say why it cannot be changed so."""
    from core.plan import PlanError
    from core.words import TableError

    try:
        remember(changed())
    except (TableError, PlanError) as error:
        st.session_state["problem"] = str(error)


def kinds() -> dict[str, str]:
    """Return what people call each kind, those that are learned from first."""
    from core.data.kinds import kind_labels

    return kind_labels()


def values_key(problem: Problem) -> int:
    """Return what decides the classes and the values of a table under a plan, but for the kinds of its columns."""
    plan, target = problem.plan, problem.target
    readings = plan.merged, plan.missing, plan.day_first
    return hash((problem.table.digest, readings, plan.classes, plan.split.time, target.name, target.classes))


def told_of(problem: Problem) -> dict[str, Informativeness]:
    """Return what each column tells; where kinds were changed since it was measured, of these columns anew."""
    key, now = values_key(problem), {column.name: column.kind for column in problem.table.columns}
    measured = told_at_first(problem, key)
    changed = tuple((name, now[name]) for name, (kind, _) in measured.items() if kind != now[name])
    told = {name: one for name, (_, one) in measured.items()}
    return told | told_again(problem, changed, key) if changed else told


@cached(max_entries=8, spinner="Looking at the columns…")
def told_at_first(_problem: Problem, key: int) -> dict[str, tuple[str, Informativeness]]:
    from core.data.informativeness import informativeness

    told = informativeness(_problem)
    return {column.name: (column.kind, told[column.name]) for column in _problem.table.columns if column.name in told}


@cached(max_entries=32)
def told_again(_problem: Problem, changed: tuple[tuple[str, str], ...], key: int) -> dict[str, Informativeness]:
    from core.data.informativeness import informativeness

    return informativeness(_problem, [name for name, _ in changed])


@cached(max_entries=2)
def sample_of(_problem: Problem, key: int) -> RowSample:
    from core.data.distributions import sample_rows

    return sample_rows(_problem)


@cached(max_entries=32)
def drawn(_problem: Problem, names: tuple[str, ...], key: int) -> dict[str, Drawing]:
    """Return the drawings of some columns: asked for one by one, they would take longer to find than to show."""
    from core.charts.columns import column_figure, column_in_words
    from core.data.distributions import distribution, preparation_in_words

    labels, sample = _problem.target.labels, sample_of(_problem, values_key(_problem))
    drawings: dict[str, Drawing] = {}
    for name in names:
        column, chosen = _problem.table.column(name), dict(dict(_problem.plan.prepared).get(name, ()))
        said = preparation_in_words(column, sample, chosen)
        shown = distribution(column, sample, len(labels))
        drawings[name] = (
            (None, "", (said,)) if shown is None
            else (column_figure(shown, labels), column_in_words(shown, labels), (shown.note, said))
        )  # fmt: skip
    return drawings
