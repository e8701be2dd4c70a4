"""Why a plan cannot run on its table, with the ways out that one click takes."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.data.classes import OTHER, ManyClassesError, RareClassError, with_change
from core.words import counted
from pages._tab import remember, session
from pages._text import bare, plain, sentence, told_apart


def show_refusal(error: Exception) -> None:
    """Say why the plan cannot run; where classes are too rare or too many, offer what one click changes."""
    st.error(sentence(error), icon=":material/error:")
    if isinstance(error, RareClassError):
        show_rare(error)
    if isinstance(error, ManyClassesError):
        st.button(
            f"Merge the {len(error.rarest)} rarest into {OTHER}", icon=":material/merge:", key="merge_many",
            on_click=change_classes, args=(error.rarest, OTHER),
        )  # fmt: skip


def show_rare(error: RareClassError) -> None:
    names = tuple(name for name, _ in error.classes)
    with st.container(border=True, key="rare_classes"):
        if error.folds >= 2:
            st.button(f"Use {error.folds} folds", key="fewer_folds", on_click=use_folds, args=(error.folds,))
        if error.into:
            with st.container(horizontal=True, vertical_alignment="bottom"):
                into = st.selectbox(
                    f"Merge {plain(', '.join(names), 80)} into", error.into,
                    format_func=told_apart(error.into, bare), key="merge_into",
                )  # fmt: skip
                merged = tuple(name for name in names if name != into)
                st.button("Merge", key="merge_classes", on_click=change_classes, args=(merged, into))
        if error.can_leave_out:
            rows = counted(sum(rows for _, rows in error.classes), "row")
            st.button(f"Leave out {rows}", key="leave_out_classes", on_click=change_classes, args=(names, None))


def show_changed_classes() -> None:
    """Offer to use the classes as the table has them, where the plan merges some or leaves some out."""
    plan = session().plan
    if plan is not None and plan.classes:
        st.button(
            "Use the classes as they are", icon=":material/undo:", key="undo_classes",
            help="Brings back all classes that were merged or left out.", on_click=undo_classes,
        )  # fmt: skip


def use_folds(folds: int) -> None:
    plan = session().plan
    if plan is not None:
        remember(session().planned(split=replace(plan.split, folds=folds)))


def change_classes(names: tuple[str, ...], into: str | None) -> None:
    plan = session().plan
    if plan is not None:
        remember(session().planned(classes=with_change(plan.classes, names, into), positive=None))


def undo_classes() -> None:
    remember(session().planned(classes=(), positive=None))
