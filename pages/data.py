"""The Data page: choose a table, its target and its column kinds, and see the classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages._cache import cached
from pages._difficulty import show_difficulty
from pages._frame import framed
from pages._gallery import show_gallery
from pages._link import apply_waiting, restore_link, show_problem, show_waiting, write_link
from pages._shared import plain, remember, sentence, session, start_run, target_of, warm_up

if TYPE_CHECKING:
    from core.data.profile import Profile
    from core.data.table import Table, Target
    from core.plan import Plan

KINDS = {
    "numeric": "Numbers",
    "categorical": "Categories",
    "date": "Dates",
    "identifier": "Identifier (unused)",
    "constant": "Constant (unused)",
    "ignored": "Ignored",
}
PREVIEW_ROWS = 100


def main() -> None:
    restore_link()
    state = session()
    show_problem()
    if state.table is None or state.plan is None:
        st.title("Which balancing strategy suits your table?")
        st.markdown(
            "Bring a table with a rare class. Counterweight trains one Keras network under many balancing "
            "strategies, on the same folds, and shows them side by side."
        )
        if not show_waiting():
            show_gallery()
        choose_table()
    else:
        write_link()
        show_waiting()
        show_table(state.table, state.plan)
    warm_up()


def choose_table() -> None:
    """Offer the samples and an upload."""
    from core.data.samples import SAMPLES

    st.subheader("Start with a sample", anchor=False)
    for column, sample in zip(st.columns(len(SAMPLES)), SAMPLES, strict=True):
        with column.container(border=True, height="stretch"):
            st.markdown(f"**{sample.title}**")
            st.caption(sample.sentence)
            st.button(f"Use {sample.title}", key=f"sample_{sample.key}", on_click=open_sample, args=(sample.key,))
    st.subheader("Or bring your own", anchor=False)
    st.file_uploader(
        "A table as CSV, Parquet or Excel, up to 500 MB: a header, one row an example, one column with the class",
        type=["csv", "tsv", "txt", "gz", "zip", "parquet", "xlsx"],
        key="upload",
        on_change=open_upload,
    )


def open_sample(key: str) -> None:
    from core.data.samples import SAMPLES, load_sample

    target = next(sample.target for sample in SAMPLES if sample.key == key)
    remember(session().opened(load_sample(key), target))


def open_upload() -> None:
    from core.data.table import TableError, read_table

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
    from core.data.table import TableError

    title, act = st.columns([2, 1], vertical_alignment="bottom")
    title.title(plain(table.name), anchor=False)
    title.caption(f"{len(table.frame):,} rows, {len(table.columns)} columns")
    with st.expander("Choose another table"):
        choose_table()
    for note in table.notes:
        st.caption(f":material/healing: {sentence(note)}")
    left, right = st.columns(2, gap="large")
    with left:
        choose_target(table, plan)
        try:
            target = target_of(table, plan)
        except TableError as error:
            st.error(sentence(error), icon=":material/error:")
            target = None
        if target is not None:
            show_classes(table, plan, target)
    with right:
        show_columns(table, plan)
    if target is not None:
        show_difficulty(table, plan, target)
    with act.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Choose strategies", icon=":material/tune:", disabled=target is None):
            st.switch_page("pages/strategies.py")
        if st.button("Run", type="primary", icon=":material/play_arrow:", disabled=target is None) and target:
            run(table, plan, target)


def run(table: Table, plan: Plan, target: Target) -> None:
    """Run the plan, without the strategies that do not apply to this table."""
    from core.experiment.units import facts_of
    from core.strategies.choosing import applicable

    chosen = applicable(plan.strategies, facts_of(table, plan, target))
    state = session().planned(strategies=chosen)
    remember(state)
    start_run(state.plan, table)


def choose_target(table: Table, plan: Plan) -> None:
    names = [column.name for column in table.columns]
    st.selectbox(
        "Target: the column with the class",
        names,
        index=names.index(plan.target) if plan.target in names else 0,
        key=f"target_{table.digest}",
        on_change=lambda: remember(session().planned(target=st.session_state[f"target_{table.digest}"], positive=None)),
    )


def show_classes(table: Table, plan: Plan, target: Target) -> None:
    from core.charts import figures as charts
    from core.charts import theme

    if target.positive is not None:
        key = f"positive_{table.digest}_{target.name}"
        st.selectbox(
            "Positive class: the one to find",
            target.labels,
            index=target.positive,
            key=key,
            on_change=lambda: remember(session().planned(positive=st.session_state[key])),
        )
    profile = profile_of(table, target, (table.digest, plan.kinds, target.name, target.classes, plan.split.folds))
    st.markdown(f"**{sentence(profile.sentence.replace('`', chr(39)))}**")
    st.plotly_chart(
        charts.class_distribution(profile), key="classes", config=dict(theme.CONFIG), alt="Rows of each class"
    )
    for warning in profile.warnings:
        st.warning(sentence(warning), icon=":material/warning:")


@cached(max_entries=8)
def profile_of(_table: Table, _target: Target, key: tuple[object, ...]) -> Profile:
    from core.data.profile import describe

    return describe(_table, _target)


def show_columns(table: Table, plan: Plan) -> None:
    import pandas as pd

    st.markdown("**Columns** – kinds were found by themselves; change any that is wrong.")
    rows = pd.DataFrame(
        {
            "Column": [column.name for column in table.columns],
            "Kind": [KINDS[column.kind] for column in table.columns],
            "Distinct": [column.distinct for column in table.columns],
            "Missing": [column.missing for column in table.columns],
            "Note": [column.note for column in table.columns],
        }
    )
    key = f"kinds_{table.digest}_{len(plan.kinds)}_{hash(plan.kinds)}"
    st.data_editor(
        rows,
        hide_index=True,
        key=key,
        disabled=["Column", "Distinct", "Missing", "Note"],
        column_config={"Kind": st.column_config.SelectboxColumn(options=list(KINDS.values()), required=True)},
        on_change=change_kinds,
        args=(key, [column.name for column in table.columns]),
    )
    st.markdown("**Preview**")
    st.dataframe(table.frame.head(PREVIEW_ROWS), hide_index=True, height=320)


def change_kinds(key: str, names: list[str]) -> None:
    from core.data.table import TableError

    kinds = {shown: kind for kind, shown in KINDS.items()}
    edited = st.session_state[key]["edited_rows"]
    try:
        remember(session().with_kinds({names[int(row)]: kinds[cells["Kind"]] for row, cells in edited.items()}))
    except TableError as error:
        st.session_state["problem"] = str(error)


framed(main)
