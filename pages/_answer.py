"""An answer on the page: sentences, the table to sort and download, figures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from core.reporting.safe_csv import safe_csv
from pages._text import plain, sentence
from pages._widgets import draw

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from pandas.io.formats.style import Styler
    from streamlit.elements.lib.column_types import ColumnConfig

    from core.reporting.questions import Answer

SHOWN = 1000
BEST = "font-weight: 700; background-color: rgba(15, 138, 126, 0.16)"
MARK = "►"
MARK_IN_WORDS = f"{MARK} is the recommended strategy."


def show_answer(answer: Answer, key: str, file_name: str, advised: str | None = None) -> None:
    """Show an answer; ``key`` names its parts on the page.

    Parameters
    ----------
    advised : str or None
        The recommended strategy's name, which the table marks.
    """
    if answer.sentences:
        first, *others = answer.sentences
        st.markdown(f"**{sentence(first)}**")
        if len(others) == 1:
            st.markdown(sentence(others[0]))
        elif others:
            st.markdown("\n".join(f"- {sentence(other)}" for other in others))
    if len(answer.table):
        show_table(answer, key, file_name, advised)
    for at, drawing in enumerate(answer.drawings):
        st.subheader(plain(drawing.title, 120), anchor=False)
        draw(drawing.figure, f"{key}_figure_{at}", drawing.title)
        st.caption(sentence(drawing.caption))
    for note in answer.notes:
        st.caption(sentence(note))


def show_table(answer: Answer, key: str, file_name: str, advised: str | None = None) -> None:
    read = answer.for_reading()
    table = read.table.head(SHOWN).copy()
    marks = "Strategy" in table and (table["Strategy"] == advised).any()
    if marks:
        table["Strategy"] = [marked_name(name, name == advised) for name in table["Strategy"]]
    st.dataframe(
        written(read, table),
        hide_index=True,
        key=f"{key}_table",
        height=table_height(len(table)),
        column_config=columns(replace(read, table=table), formats=False),
        placeholder="–",
    )
    said = "Press a heading to sort."
    if marks:
        said = f"{MARK_IN_WORDS} {said}"
    if answer.best:
        said = f"Coloured: {answer.best_in_words}. {said}"
    if len(answer.table) > SHOWN:
        said += f" The first {SHOWN:,} of {len(answer.table):,} rows are shown."
    words, act = st.columns([3, 1], vertical_alignment="center")
    words.caption(said)
    act.download_button(
        "Download as CSV",
        lambda: safe_csv(answer.table).encode("utf-8-sig"),
        f"{file_name}.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
        key=f"{key}_download",
        width="stretch",
    )


def marked_name(name: object, advised: bool) -> str:
    """Return a strategy's name as a table shows it: the recommended one is marked."""
    return f"{MARK} {name}" if advised else str(name)


def name_width(names: Iterable[object]) -> int:
    """Return how wide a column of names is, in pixels: beside it, a phone has room for a number and its bar."""
    return max(110, min(220, 30 + 8 * max((len(str(name)) for name in names), default=0)))


def table_height(rows: int) -> int:
    """Return the height of a table that shows all of its rows, or scrolls where there are many, in pixels."""
    return 35 * (min(rows, 12) + 1) + 3


def written(answer: Answer, table: pd.DataFrame) -> Styler:
    """Return the table with its numbers written as everywhere, and the rows that stand out coloured.

    Numbers stay numbers underneath, so that sorting is right.
    """
    rows = {row for row in answer.best if row < len(table)}
    style = table.style.apply(lambda row: [BEST if row.name in rows else ""] * len(row), axis=1)
    shown = (str(name) for name in table.columns)
    return style.format({name: answer.column(name).written for name in shown if answer.column(name).kind != "text"})


def columns(answer: Answer, *, formats: bool = True) -> dict[str, ColumnConfig]:
    """Return how the table's columns are shown and explained; the first one stays in sight.

    Parameters
    ----------
    formats : bool
        Whether numbers are written here, rather than in the table itself.
    """
    config: dict[str, ColumnConfig] = {}
    for place, name in enumerate(map(str, answer.table.columns)):
        column = answer.column(name)
        said = column.help or None
        if place == 0 and column.kind == "text":
            config[name] = st.column_config.Column(pinned=True, width=name_width(answer.table[name]), help=said)
        elif place == 0:
            config[name] = st.column_config.NumberColumn(pinned=True, width=70, help=said)
        elif column.kind == "text":
            config[name] = st.column_config.Column(help=said)
        elif not formats:
            config[name] = st.column_config.NumberColumn(help=said)
        elif column.kind == "percent":
            config[name] = st.column_config.NumberColumn(format="percent", help=said)
        else:
            form = "%,.0f" if column.kind == "whole" else number_format(answer.table[name], column.digits)
            config[name] = st.column_config.NumberColumn(format=form, help=said)
    return config


def number_format(values: pd.Series, digits: int = 3) -> str:
    """Return how a column that sorts as numbers is written: with so many decimals, or, where one of its numbers would
    be 0 with them, with as many digits that count.

    Examples
    --------
    >>> import pandas as pd
    >>> number_format(pd.Series([0.25, 0.018])), number_format(pd.Series([0.25, 0.0004]))
    ('%,.3f', '%.3g')
    """
    sizes = values.abs()
    return f"%.{digits}g" if ((sizes > 0) & (sizes < 10.0**-digits)).any() else f"%,.{digits}f"
