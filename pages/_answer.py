"""An answer on the page: sentences, the table to sort and download, figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.reporting.safe_csv import safe_csv
from pages._text import plain, sentence
from pages._widgets import draw

if TYPE_CHECKING:
    import pandas as pd
    from pandas.io.formats.style import Styler
    from streamlit.elements.lib.column_types import ColumnConfig

    from core.reporting.questions import Answer

SHOWN = 1000
_BEST = "font-weight: 700; background-color: rgba(15, 138, 126, 0.16)"


def show_answer(answer: Answer, key: str, file_name: str) -> None:
    """Show an answer; ``key`` names its parts on the page."""
    if answer.sentences:
        first, *others = answer.sentences
        st.markdown(f"**{sentence(first)}**")
        if others:
            st.markdown("\n".join(f"- {sentence(other)}" for other in others))
    if len(answer.table):
        show_table(answer, key, file_name)
    for at, drawing in enumerate(answer.drawings):
        st.subheader(plain(drawing.title, 120), anchor=False)
        draw(drawing.figure, f"{key}_figure_{at}", drawing.title)
        st.caption(sentence(drawing.caption))
    for note in answer.notes:
        st.caption(sentence(note))


def show_table(answer: Answer, key: str, file_name: str) -> None:
    table = answer.table.head(SHOWN)
    st.dataframe(
        marked(answer, table),
        hide_index=True,
        key=f"{key}_table",
        height=min(35 * (len(table) + 1) + 15, 460),
        column_config=columns(answer),
        placeholder="–",
    )
    cut = f" The first {SHOWN:,} of {len(answer.table):,} rows are shown." if len(answer.table) > SHOWN else ""
    words, act = st.columns([3, 1], vertical_alignment="center")
    words.caption(f"Press a heading to sort.{cut}")
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


def marked(answer: Answer, table: pd.DataFrame) -> Styler | pd.DataFrame:
    """Return the table with the rows that stand out coloured."""
    rows = [row for row in answer.best if row < len(table)]
    if not rows:
        return table
    style = table.style.apply(lambda row: [_BEST if row.name in rows else ""] * len(row), axis=1)
    return style.format({name: answer.column(str(name)).written for name in table.columns})


def columns(answer: Answer) -> dict[str, ColumnConfig]:
    """Return how the table's columns are shown and explained; the first one stays in sight."""
    config: dict[str, ColumnConfig] = {}
    for place, name in enumerate(map(str, answer.table.columns)):
        column = answer.column(name)
        said = column.help or None
        if place == 0:
            config[name] = st.column_config.Column(pinned=True, width=200, help=said)
        elif column.kind == "text":
            config[name] = st.column_config.Column(help=said)
        elif column.kind == "percent":
            config[name] = st.column_config.NumberColumn(format="percent", help=said)
        else:
            digits = 0 if column.kind == "whole" else column.digits
            config[name] = st.column_config.NumberColumn(format=f"%.{digits}f", help=said)
    return config
