"""The gallery: finished runs that ship with the app."""

from __future__ import annotations

import streamlit as st

from core.examples import examples
from pages._services import store
from pages._text import plain, sentence


def show_gallery() -> None:
    """Show the examples as cards; pressing one opens it."""
    shown = examples()
    if not shown:
        return
    st.subheader("Look at a finished comparison", anchor=False)
    for column, example in zip(st.columns(len(shown)), shown, strict=True):
        record = example.record
        with column.container(border=True, height="stretch", key=f"example_{record.id}"):
            st.markdown(f"**{plain(record.name)}**")
            strategies = f"{len(record.plan.strategies)} strategies × {record.units_total} folds"
            st.caption(f":violet-badge[Example] {strategies}  \n{sentence(example.headline)}")
            if st.button(
                f"Open {plain(record.name.split(':')[0], 40)}",
                key=f"open_{record.id}",
                icon=":material/bar_chart:",
                help=f"Opens the comparison of {plain(record.name)}.",
            ):
                open_example(record.id)


def open_example(run_id: str) -> None:
    """Copy an example to this person's runs and show it."""
    from core.examples import open_example
    from core.runs.store import StoreError

    try:
        open_example(store(), run_id)
    except StoreError as error:
        st.error(sentence(error), icon=":material/error:")
        return
    st.switch_page("pages/compare.py", query_params={"run": run_id})
