"""What rows are split by: the questions that the table raises, and the settings that answer them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages._cache import cached
from pages._tab import data_key, remember, session
from pages._text import plain, sentence, told_apart

if TYPE_CHECKING:
    from core.data.problem import Problem
    from core.data.profile import Profile
    from core.data.questions import SplitQuestion
    from core.data.table import Table
    from core.plan import Plan

# No table has a column of this name.
NO_COLUMN = ""
_DECLINED = "declined_questions"
ANSWERS = {"group": "Group by {}", "time": "Split by time in {}"}
ICONS = {"group": ":material/group_work:", "time": ":material/schedule:"}


def show_split(table: Table, plan: Plan, problem: Problem | None, profile: Profile | None) -> None:
    """Ask what only a person knows of the rows, and show what they are split by; all of it can be unset again."""
    st.subheader("How rows are split", anchor=False, help="Which rows train and which test, in every fold.")
    grouping = None if profile is None else profile.cautions.grouping
    if grouping is not None:
        show_answers("group", grouping.name, grouping.sentence, asked=False)
    if problem is not None:
        for question in questions_of(problem, data_key(table, plan)):
            is_known = grouping is not None and question.by == "group"
            if not is_known and (table.digest, question.by, question.column) not in declined():
                show_answers(question.by, question.column, f"{question.fact} {question.question}", asked=True)
    show_columns_of_split(table, plan)
    for note in () if profile is None else profile.split_notes:
        st.caption(f":material/call_split: {sentence(note)}")


def show_answers(by: str, column: str, words: str, *, asked: bool) -> None:
    """Show a question, or a warning where the class itself says that rows belong together, with its answers."""
    box, icon = (st.info, ICONS[by]) if asked else (st.warning, ":material/warning:")
    box(sentence(words), icon=icon)
    with st.container(horizontal=True):
        st.button(
            ANSWERS[by].format(plain(column)), icon=ICONS[by], key=f"{by}_suggested",
            on_click=split_by, kwargs={by: column},
        )  # fmt: skip
        if asked:
            st.button("No", key=f"{by}_declined", on_click=decline, args=(by, column), help="Stop asking")


def show_columns_of_split(table: Table, plan: Plan) -> None:
    from core.data.problem import orderable

    split, others = plan.split, [column for column in table.columns if column.name != plan.target]
    groups = [NO_COLUMN, *(column.name for column in others)]
    moments = [NO_COLUMN, *(column.name for column in others if orderable(column) or column.name == split.time)]
    left, right = st.columns(2)
    choose(
        left, "group", "Group by", groups, split.group,
        "Rows with the same value here, for example the same patient, never end up on both sides of a split.",
    )  # fmt: skip
    choose(
        right, "time", "Split by time", moments, split.time,
        "Earlier rows train and later ones test, by this column of dates or numbers. Rows without a value in it are "
        "left out.",
    )  # fmt: skip
    for place, by, name, is_feature in (
        (left, "group", split.group, split.group_as_feature),
        (right, "time", split.time, split.time_as_feature),
    ):
        if name is not None and is_usable(table, name):
            key = controlled(f"{by}_as_feature", is_feature)
            place.checkbox(
                f"Use {plain(name)} as a feature as well", key=key, on_change=take, args=(f"{by}_as_feature", key)
            )
    if split.time is not None:
        import pandas as pd

        is_date = split.time in table.frame and pd.api.types.is_datetime64_any_dtype(table.frame[split.time].dtype)
        key = controlled("gap", float(split.gap))
        right.number_input(
            f"Gap in {'days' if is_date else 'units of ' + plain(split.time)}",
            min_value=0.0, key=key, on_change=take, args=("gap", key),
            help="The least time between the last training row and the first test row: for labels that arrive late.",
        )  # fmt: skip


def choose(place: st.delta_generator.DeltaGenerator, by: str, label: str, names: list[str], now: str | None,
           words: str) -> None:  # fmt: skip
    key = controlled(f"{by}_column", now if now in names else NO_COLUMN)
    shown = told_apart(names, lambda name: name or "No column")
    place.selectbox(label, names, format_func=shown, key=key, help=words, on_change=take, args=(by, key))


def controlled(name: str, value: object) -> str:
    """Return the key of a widget that shows what the plan says, whoever changed it."""
    st.session_state[f"split_{name}"] = value
    return f"split_{name}"


def is_usable(table: Table, name: str) -> bool:
    """Return whether the column's kind allows to learn from it."""
    return any(column.name == name for column in table.features(NO_COLUMN))


def take(setting: str, key: str) -> None:
    value = st.session_state[key]
    split_by(**{setting: None if value == NO_COLUMN else value})


def split_by(**changes: object) -> None:
    from core.plan import PlanError

    try:
        remember(session().split_by(**changes))
    except PlanError as error:
        st.session_state["problem"] = str(error)


def declined() -> set[tuple[str, str, str]]:
    """Return the questions of this tab that were answered with no, as digest, setting and column."""
    return st.session_state.setdefault(_DECLINED, set())


def decline(by: str, column: str) -> None:
    table = session().table
    if table is not None:
        declined().add((table.digest, by, column))


@cached(max_entries=8)
def questions_of(_problem: Problem, key: int) -> tuple[SplitQuestion, ...]:
    from core.data.questions import split_questions

    return split_questions(_problem)
