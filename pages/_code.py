"""Show me the code: a strategy as a script that runs without this app."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.data.problem import Problem
from core.exporting.script import CodeError, file_name, libraries, script, table_csv
from core.reporting.file_names import file_stem
from core.strategies import choices_of, label
from pages._cache import cached
from pages._recommendation import recommended_key
from pages._services import store
from pages._text import bare, plain, sentence, told_apart

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.evaluation.comparison import Comparison
    from core.plan import StrategyChoice
    from core.runs.record import RunRecord


def show_code(record: RunRecord, comparison: Comparison, names: dict[str, str], key: str) -> None:
    """Show the chosen strategy's script, with the table that it reads beside it."""
    choices = {choice.key: choice for choice in choices_of(record.plan)}
    advised = recommended_key(record, comparison, key)
    picked = st.selectbox(
        "Strategy",
        list(choices),
        index=list(choices).index(advised) if advised in choices else 0,
        format_func=told_apart(choices, lambda one: bare(names[one])),
        key="code_strategy",
        help="Opens on the recommended one.",
    )
    csv = f"{file_stem(record.name)}.csv"
    _show(choices[picked], lambda: script_of(record, picked, csv, key), lambda: table_csv(_problem_of(record)), csv)


@st.dialog("Show me the code", width="large", icon=":material/code:")
def show_code_of(problem: Problem, choice: StrategyChoice) -> None:
    """Show a strategy's script before anything is trained."""
    csv = f"{file_stem(problem.table.name)}.csv"
    _show(choice, lambda: script(problem, choice, csv), lambda: table_csv(problem), csv)


def _show(choice: StrategyChoice, make: Callable[[], str], rows: Callable[[], bytes], csv: str) -> None:
    """Show a script; the table beside it is written on a press, since a large one takes seconds."""
    try:
        code = make()
    except CodeError as problem:
        st.info(sentence(problem), icon=":material/info:")
        return
    st.markdown(
        f"**{plain(label(choice), 120)}** in plain {plain(libraries(code))}, {len(code.splitlines()):,} lines. Put "
        "both files into one folder and run the script: it needs nothing from this app. Its folds and its training are "
        "the same; its random draws are others, which makes its figures differ a little."
    )
    with st.container(horizontal=True):
        st.download_button(
            "Download the script", code, file_name(choice), "text/x-python",
            icon=":material/code:", type="primary", key="download_script", on_click="ignore",
        )  # fmt: skip
        st.download_button(
            "Download its table", rows, csv, "text/csv", key="download_code_table", on_click="ignore",
            help="The rows as they were read and cleaned, as the script expects them.",
        )  # fmt: skip
    with st.container(border=True):
        st.code(code, language="python", height=560, wrap_lines=True)


@cached(max_entries=16)
def script_of(_record: RunRecord, picked: str, csv: str, key: str) -> str:
    """Return a strategy's script."""
    choice = next(choice for choice in choices_of(_record.plan) if choice.key == picked)
    return script(_problem_of(_record), choice, csv)


def _problem_of(record: RunRecord) -> Problem:
    return Problem.of(store().table(record.id), record.plan)
