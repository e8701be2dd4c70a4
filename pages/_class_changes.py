"""Merging classes and leaving classes out, for any target, and taking either back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages._cache import cached
from pages._refusal import change_classes
from pages._tab import data_key, remember, session
from pages._text import plain

if TYPE_CHECKING:
    from core.data.table import Table
    from core.data.target import ClassRows
    from core.plan import Plan

# No class is called so: an empty cell has no label.
LEAVE_OUT = ""
FEW = 30


def show_class_changes(table: Table, plan: Plan, *, opened: bool) -> None:
    """Offer to merge classes or leave their rows out, and list what was done so far.

    Parameters
    ----------
    opened : bool
        Whether the plan cannot run as it is, so that this is likely what a person looks for.
    """
    classes = classes_of(table, plan.target, data_key(table, plan))
    if not classes:
        return
    if len(classes) < 3 and not plan.classes:
        return
    show_changes(plan, {one.label: one.rows for one in classes})
    with st.expander("Merge classes or leave some out", expanded=opened, key="class_changes"):
        show_choice(table, plan, classes)


def show_choice(table: Table, plan: Plan, classes: tuple[ClassRows, ...]) -> None:
    from core.data.classes import OTHER

    rows = {one.label: one.rows for one in classes}
    gone = {name for name, _ in plan.classes}
    key = f"changed_{table.digest}_{plan.target}"
    few = [label for label, count in rows.items() if count < FEW and label not in gone]
    chosen = st.multiselect(
        "Classes", list(rows), key=key, placeholder="Choose classes",
        format_func=lambda label: f"{label} ({rows[label]:,} rows)",
    )  # fmt: skip
    if 1 < len(few) < len(rows) and set(few) != set(chosen):
        st.button(
            f"Choose the {len(few)} with fewer than {FEW} rows", key="choose_rare",
            on_click=lambda: st.session_state.update({key: few}),
        )  # fmt: skip
    merged_into = {into for _, into in plan.classes if into is not None}
    stay = [label for label in [*rows, *sorted(merged_into - set(rows))] if label not in gone and label not in chosen]
    others = [OTHER] if OTHER not in stay and OTHER not in rows and len(chosen) > 1 else []
    into = st.selectbox(
        "What to do with them", [*others, *stay, LEAVE_OUT], key=f"into_{len(others)}_{key}",
        format_func=lambda label: shown(label, is_new=label in others),
    )  # fmt: skip
    st.button(
        "Apply", key="apply_classes", disabled=not chosen, on_click=apply, args=(tuple(chosen), into, key)
    )  # fmt: skip


def show_changes(plan: Plan, rows: dict[str, int]) -> None:
    """List what was merged or left out, each with a button that takes it back."""
    for at, into in enumerate(dict.fromkeys(into for _, into in plan.classes)):
        names = [name for name, becomes in plan.classes if becomes == into]
        words, act = st.columns([5, 1], vertical_alignment="center")
        count = sum(rows.get(name, 0) for name in names)
        what = "left out" if into is None else f"counted as **{plain(into)}**"
        words.markdown(f"{plain(', '.join(names), 200)} ({count:,} rows): {what}")
        act.button("Undo", key=f"undo_class_{at}", on_click=undo, args=(tuple(names),), width="stretch")


def shown(label: str, *, is_new: bool) -> str:
    if label == LEAVE_OUT:
        return "Leave their rows out"
    return f"Merge into {label}" + (", a new class" if is_new else "")


def apply(names: tuple[str, ...], into: str, key: str) -> None:
    change_classes(names, None if into == LEAVE_OUT else into)
    st.session_state[key] = []


def undo(names: tuple[str, ...]) -> None:
    from core.data.classes import without_change

    plan = session().plan
    if plan is not None:
        changes = plan.classes
        for name in names:
            changes = without_change(changes, name)
        remember(session().planned(classes=changes, positive=None))


@cached(max_entries=8)
def classes_of(_table: Table, target: str, key: int) -> tuple[ClassRows, ...]:
    from core.data.target import rows_of_classes

    return rows_of_classes(_table, target)
