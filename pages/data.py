"""The Data page: choose a table, its target and its column kinds, and see the classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages._cache import cached
from pages._class_changes import classes_of, show_class_changes
from pages._columns import show_columns
from pages._difficulty import show_difficulty
from pages._frame import framed
from pages._gallery import show_answer_picture, show_gallery
from pages._link import apply_waiting, restore_link, show_problem, show_waiting, write_link
from pages._readings import show_reading_questions
from pages._refusal import show_refusal
from pages._services import warm_up
from pages._split import show_split
from pages._start import ask_about_long_run, start_run
from pages._tab import data_key, has_table, problem_of, remember, session
from pages._text import plain, sentence
from pages._widgets import draw

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from core.data.cautions import Cautions
    from core.data.problem import Problem
    from core.data.profile import Profile
    from core.data.spellings import Spellings
    from core.data.table import Table
    from core.plan import Plan

PREVIEW_ROWS = 100
MAX_SPELLED = 5
MOST_CLASSES = 40


def main() -> None:
    restore_link()
    show_problem()
    # What a session needs takes two seconds to load: the first page comes without it.
    state = session() if has_table() else None
    if state is None or state.table is None or state.plan is None:
        show_home()
    else:
        write_link()
        show_waiting()
        show_table(state.table, state.plan)
    warm_up()


def show_home() -> None:
    """Show what this is, with a picture of an answer, and ways to start."""
    words, picture = st.columns([3, 2], gap="large")
    with words:
        st.title("Counterweight", anchor=False)
        st.markdown(
            "Which balancing strategy suits your table? Bring one with a rare class: Keras networks are trained under "
            "many strategies, on the same folds, and you learn which to use, what it finds and what it misses."
        )
        waiting = show_waiting()
        upload_table()
    if not waiting:
        with picture:
            show_answer_picture()
    show_gallery()


def upload_table() -> None:
    """Offer to upload a table."""
    st.subheader("Bring your own table", anchor=False)
    st.file_uploader(
        "A table as CSV, Parquet or Excel: a header, one example per row, one column with the class",
        type=["csv", "parquet", "xlsx", "tsv", "txt", "arff", "dat", "data", "gz", "zip"],
        key="upload",
        on_change=open_upload,
    )


def open_upload() -> None:
    from core.data.table import read_table
    from core.words import TableError

    upload = st.session_state["upload"]
    if upload is None:
        return
    try:
        table = read_table(upload.getvalue(), upload.name)
        if not apply_waiting(table):
            remember(session().opened(table))
    except TableError as error:
        st.session_state["problem"] = str(error)


def show_table(table: Table, plan: Plan) -> None:
    from core.data.classes import RareClassError
    from core.plan import PlanError
    from core.words import TableError

    ask_about_long_run()
    title, act = st.columns([2, 1], vertical_alignment="bottom")
    title.title(plain(table.name), anchor=False)
    title.caption(f"{len(table.frame):,} rows, {len(table.columns)} columns with the target")
    another = st.expander("Choose another table", key="another_table", on_change="rerun")
    with another:
        upload_table()
        if another.open:  # what is shut is not sent: the page runs again sooner
            show_gallery()
    spelled = spellings_of_table(table, data_key(table, plan))
    pointed_out = {label.sentence() for label in spelled}
    said = st.container()
    show_spellings(table, spelled)
    asked = show_reading_questions(table, plan)
    settled = {name for name, _ in plan.day_first}
    for note in table.notes:
        if note not in pointed_out and not is_about_order(note, {*asked, *settled}):
            said.caption(f":material/healing: {sentence(note)}")
    left, right = st.columns(2, gap="large")
    settings_help = True
    with left:
        st.subheader("Target", anchor=False)
        choose_target(table, plan)
        try:
            problem = problem_of(table, plan)
        except (TableError, PlanError) as error:
            show_refusal(error)
            problem = None
            show_class_sizes(table, plan)
            settings_help = isinstance(error, PlanError | RareClassError)
        if problem is not None:
            show_classes(problem)
        show_class_changes(table, plan, opened=problem is None and not settings_help)
    with right:
        if problem is not None:
            show_warnings(problem)
        show_split(table, plan, problem, None if problem is None else profiled(problem))
    show_columns(table, plan, problem)
    show_rows(table)
    if problem is not None:
        show_difficulty(problem)
    with act.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Choose strategies", icon=":material/tune:", disabled=not settings_help):
            st.switch_page("pages/strategies.py")
        if st.button("Run", type="primary", icon=":material/play_arrow:", disabled=problem is None) and problem:
            run(problem)


def is_about_order(note: str, names: set[str]) -> bool:
    """Return whether a note says how dates are read that the page asks about, or that were settled."""
    from core.words import quoted

    return any(note.startswith(f"The dates in {quoted(name)} can be read day first or month first") for name in names)


@cached(max_entries=8)
def spellings_of_table(_table: Table, key: int) -> tuple[Spellings, ...]:
    from core.data.spellings import spellings_in

    return spellings_in(_table.frame, [column.name for column in _table.columns if column.kind == "categorical"])


def show_spellings(table: Table, spelled: tuple[Spellings, ...]) -> None:
    """Point out labels in two spellings, each column with a button that merges them."""
    for at, spellings in enumerate(spelled[:MAX_SPELLED]):
        words, act = st.columns([5, 1], vertical_alignment="center")
        words.warning(sentence(spellings.sentence()), icon=":material/spellcheck:")
        act.button(
            "Merge",
            key=f"merge_{table.digest}_{at}",
            help=f"Count every spelling of a label in {plain(spellings.column)} as its most common one",
            on_click=merge_spellings,
            args=(spellings,),
            width="stretch",
        )


def merge_spellings(spelled: Spellings) -> None:
    remember(session().with_merged(spelled.column, spelled.merged))


def run(problem: Problem) -> None:
    """Run the plan, without the strategies that do not apply to this table."""
    from core.strategies.choosing import applicable

    chosen = applicable(problem.plan.strategies, problem.facts)
    if not chosen:
        st.error("None of the chosen strategies applies to this table: choose others.", icon=":material/error:")
        return
    state = session().planned(strategies=chosen)
    remember(state)
    if state.plan is not None:
        start_run(state.plan, problem.table)


def choose_target(table: Table, plan: Plan) -> None:
    names = [column.name for column in table.columns]
    st.selectbox(
        "The column with the class",
        names,
        index=names.index(plan.target) if plan.target in names else 0,
        key=f"target_{table.digest}",
        on_change=take_target,
        args=(f"target_{table.digest}",),
    )


def take_target(key: str) -> None:
    remember(session().with_target(st.session_state[key]))


def show_classes(problem: Problem) -> None:
    table, target = problem.table, problem.target
    if target.positive is not None:
        key = f"positive_{table.digest}_{target.name}"
        st.selectbox(
            "Positive class: the one to find",
            target.labels,
            index=target.positive,
            key=key,
            on_change=lambda: remember(session().planned(positive=st.session_state[key])),
        )
    profile = profiled(problem)
    st.markdown(f"**{sentence(profile.sentence)}**")
    draw_classes(profile.labels, tuple(profile.counts.tolist()))


def show_class_sizes(table: Table, plan: Plan) -> None:
    """Show the classes as the table has them, where the plan cannot run on them as they are."""
    classes = classes_of(table, plan.target, data_key(table, plan))
    if classes:
        some = classes[:MOST_CLASSES]
        draw_classes(tuple(one.label for one in some), tuple(one.rows for one in some))
        if classes[MOST_CLASSES:]:
            st.caption(f"And {len(classes) - MOST_CLASSES:,} smaller classes.")


def draw_classes(labels: tuple[str, ...], counts: tuple[int, ...]) -> None:
    draw(figure_of_classes(labels, counts), "classes", "Rows of each class")


@cached(max_entries=8)
def figure_of_classes(labels: tuple[str, ...], counts: tuple[int, ...]) -> go.Figure:
    import numpy as np

    from core.charts.figures import class_distribution

    return class_distribution(labels, np.array(counts))


def show_warnings(problem: Problem) -> None:
    """Show what to beware of, but for what is said beside the classes and the settings that rows are split by."""
    from core.words import quoted

    profile = profiled(problem)
    grouping = profile.cautions.grouping
    elsewhere = {*profile.split_notes, *(() if grouping is None else (grouping.sentence,))}
    changed = tuple(f"Class {quoted(name)} of {quoted(problem.target.name)} (" for name, _ in problem.plan.classes)
    told = [warning for warning in profile.warnings if warning not in elsewhere and not warning.startswith(changed)]
    if told:
        st.subheader("What to look out for", anchor=False)
    for warning in told:
        st.warning(sentence(warning), icon=":material/warning:")
    show_ways_out(profile.cautions)


def show_ways_out(cautions: Cautions) -> None:
    """Offer what the warnings advise, one click each."""
    with st.container(horizontal=True):
        leaking = tuple(dict.fromkeys(name for leak in cautions.leaks for name in leak.names))
        if leaking:
            st.button(
                f"Ignore {plain(', '.join(leaking), 80)}", icon=":material/visibility_off:", key="ignore_leaks",
                on_click=ignore_columns, args=(leaking,),
            )  # fmt: skip


def ignore_columns(names: tuple[str, ...]) -> None:
    remember(session().with_kinds(dict.fromkeys(names, "ignored")))


def profiled(problem: Problem) -> Profile:
    return profile_of(problem, data_key(problem.table, problem.plan))


@cached(max_entries=8)
def profile_of(_problem: Problem, key: int) -> Profile:
    from core.data.profile import describe

    return describe(_problem)


def show_rows(table: Table) -> None:
    """Show the first rows, once somebody asks for them."""
    n_rows = min(PREVIEW_ROWS, len(table.frame))
    box = st.expander(f"The first {n_rows:,} rows", key=f"rows_{table.digest}", on_change="rerun")
    if box.open:
        box.dataframe(table.frame.head(PREVIEW_ROWS), hide_index=True, height=320, placeholder="–")


framed(main)
