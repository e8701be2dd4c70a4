"""The gallery: tables that ship with the app, each with its finished comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.gallery import cards
from pages._services import store
from pages._tab import remember, session
from pages._text import plain, sentence

if TYPE_CHECKING:
    from core.data.samples import Sample
    from core.gallery import Card


def show_answer_picture() -> None:
    """Show what an answer looks like: the first example's."""
    example = next(iter(cards()), None)
    if example is None or example.counts is None:
        return
    from core.charts.waffle import waffle

    with st.container(border=True, key="answer_picture"):
        st.markdown(f"**What an answer looks like**  \n{plain(example.name)}")
        st.html(waffle(example.counts))
        st.caption(f"{example.counts.rows:,} rows like these, under the strategy that is recommended.")


def show_gallery() -> None:
    """Show every table once: its finished comparison to open, or its rows to start from."""
    from core.data.samples import SAMPLES

    finished = {card.table: card for card in cards()}
    ordered = sorted(SAMPLES, key=lambda sample: [*finished, sample.title].index(sample.title))
    st.subheader("Look at a finished comparison, or start with a sample", anchor=False)
    for column, sample in zip(st.columns(len(ordered)), ordered, strict=True):
        with column.container(border=True, height="stretch"):
            show_card(sample, finished.get(sample.title))


def show_card(sample: Sample, example: Card | None) -> None:
    st.markdown(f"**{plain(sample.title if example is None else example.name)}**")
    st.markdown(sample.sentence)
    if example is not None:
        counts = "" if example.counts is None else f" {sentence(example.counts.short)}"
        st.markdown(f"**The answer:** {sentence(example.headline)}{counts}")
        st.caption(f"{example.strategies} strategies, {example.folds} folds each")
    # Filled up to the bottom, so that the buttons of all cards stand in one row.
    st.space("stretch")
    with st.container():
        if example is not None and st.button(
            "Open the result", key=f"open_{example.run_id}", icon=":material/bar_chart:",
            help=f"Opens the comparison of {plain(example.name)}.",
        ):  # fmt: skip
            open_example(example.run_id)
        st.button(
            f"Use {plain(sample.title)}", key=f"sample_{sample.key}", on_click=open_sample, args=(sample.key,),
            type="tertiary", icon=":material/arrow_forward:", help="Opens the table, for a comparison of your own.",
        )  # fmt: skip


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


def open_sample(key: str) -> None:
    """Take up a table that ships with the app; for callbacks."""
    from core.data.samples import SAMPLES, load_sample

    target = next(sample.target for sample in SAMPLES if sample.key == key)
    remember(session().opened(load_sample(key), target))
