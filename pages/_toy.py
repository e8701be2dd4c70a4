"""The toy table's pictures: its rows, what training sees of them, and what networks learn, side by side."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from core.charts import toy as charts_toy
from core.networks.reading import network_label
from core.plan import NetworkChoice, StrategyChoice
from core.strategies import catalogue
from core.strategies.presets import PLAIN
from core.teaching.toy import NETWORK, Regions, ToyRows, ToySettings, sampled, trained
from pages._services import engine
from pages._text import plain, sentence
from pages._widgets import draw

if TYPE_CHECKING:
    import plotly.graph_objects as go

SEEN = {
    "rows": "What training sees",
    "weights": "What training sees: size is weight",
    "batches": "Same rows, batches in other proportions",
    "none": "Training sees the rows as they are",
}


@dataclass(frozen=True)
class Picture:
    """A figure with a title above and words below; without a figure, why there is none."""

    key: str
    title: str
    words: str
    figure: go.Figure | None


@st.cache_resource(show_spinner=False, max_entries=64)
def rows_of(settings: ToySettings, choice: StrategyChoice) -> ToyRows:
    return sampled(settings, choice)


@st.cache_resource(show_spinner=False, max_entries=64)
def regions_of(settings: ToySettings, choice: StrategyChoice, network: NetworkChoice) -> Future[Regions]:
    return engine().call(trained, settings, choice, network)


def show_pictures(
    settings: ToySettings, choices: tuple[StrategyChoice, ...], others: tuple[NetworkChoice, ...]
) -> None:
    """Show the rows before and after every strategy, and what the small network and others learn from them.

    One strategy has all of its pictures in one row; two stand side by side, one column each beside the plain network.
    """
    seen = seen_pictures(settings, choices)
    learned, waiting = learned_pictures(settings, choices, NETWORK)
    rows = [seen, learned] if len(choices) > 1 else [seen + learned]
    for network in others:
        more, late = learned_pictures(settings, choices, network)
        rows.append(more)
        waiting += late
    with st.container(key="toy_pictures"):
        for row in rows:
            for column, picture in zip(st.columns(len(row)), row, strict=True):
                with column:
                    show(picture)
    for choice in choices:
        for note in rows_of(settings, choice).notes:
            st.caption(sentence(note))
    if waiting:
        wait_for(waiting)


def show(picture: Picture) -> None:
    st.markdown(f"**{picture.title}**")
    if picture.figure is None:
        st.caption(picture.words)
        return
    draw(picture.figure, picture.key, f"{picture.title}: {picture.words}")
    st.caption(picture.words)


def seen_pictures(settings: ToySettings, choices: tuple[StrategyChoice, ...]) -> list[Picture]:
    """Return the rows as they are, and as every strategy leaves them."""
    first = rows_of(settings, choices[0])
    words = f"{first.before[0]:,} common, {first.before[1]:,} rare"
    pictures = [Picture("toy_rows", "The rows", words, charts_toy.rows_before(first))]
    for place, choice in enumerate(choices):
        rows = rows_of(settings, choice)
        key = f"toy_rows_after{'_beside' if place else ''}"
        name = f"{name_of(choice)}: " if len(choices) > 1 else ""
        if rows.problem is not None:
            pictures.append(Picture(key, titled(name, "No rows"), f":material/block: {sentence(rows.problem)}", None))
        elif rows.change != "none":
            words = f"{rows.after[0]:,} common, {rows.after[1]:,} rare"
            words = words if rows.change == "rows" else f"They count as {words}"
            words += f", for the first of {rows.members} networks" if rows.members > 1 else ""
            pictures.append(Picture(key, titled(name, SEEN[rows.change]), words, charts_toy.rows_after(rows)))
        elif len(choices) > 1:
            pictures.append(Picture(key, titled(name, SEEN["none"]), words, charts_toy.rows_before(rows)))
    return pictures


def learned_pictures(
    settings: ToySettings, choices: tuple[StrategyChoice, ...], network: NetworkChoice
) -> tuple[list[Picture], list[Future[Regions]]]:
    """Return what a network learns, plain and under every strategy, and the trainings that are still under way.

    Until a training is done, the pictures of the previous one stay.
    """
    slot = "" if network == NETWORK else "_other"
    on = "" if network == NETWORK else f" on {plain(network_label(network))}"
    what = "the plain network" if network == NETWORK else plain(network_label(network))
    pictures: list[Picture] = []
    waiting: list[Future[Regions]] = []
    for place, choice in enumerate(choices):
        key = f"toy_chosen{'_beside' if place else ''}{slot}"
        training = current(settings, choice, network, key)
        kept: dict[str, Picture] = st.session_state.setdefault(f"{key}_kept", {})
        if not is_done(training):
            waiting.append(training)
            if not place:
                pictures.append(late(kept.get("plain"), f"toy_plain{slot}", what))
            if choice != PLAIN:
                pictures.append(late(kept.get("chosen"), key, name_of(choice)))
            continue
        if training.exception() is not None:
            regions_of.clear(settings, choice, network)
            words = f":material/error: The training failed: {sentence(training.exception())}"
            pictures.append(Picture(key, f"What {name_of(choice)} learns{on}", words, None))
            continue
        regions, rows = training.result(), rows_of(settings, choice)
        kept["plain"] = Picture(
            f"toy_plain{slot}", f"What {what} learns", sentence(regions.plain.in_words),
            charts_toy.plane(regions, regions.plain, rows),
        )  # fmt: skip
        pictures += [kept["plain"]] * (not place)
        if choice == PLAIN:
            continue
        chosen = regions.chosen
        words = sentence(chosen.in_words) if chosen.problem is None else f":material/block: {sentence(chosen.problem)}"
        figure = charts_toy.plane(regions, chosen, rows) if chosen.problem is None else None
        kept["chosen"] = Picture(key, f"What {name_of(choice)} learns{on}", words, figure)
        pictures.append(kept["chosen"])
    return pictures, waiting


def late(before: Picture | None, key: str, what: str) -> Picture:
    """Return what stands where a picture will be: the one before it, or that it is on its way."""
    if before is None or before.figure is None:
        return Picture(key, f"{what[:1].upper()}{what[1:]}", "Training on these rows…", None)
    return Picture(key, before.title, "Training on these rows… The picture is of the rows before.", before.figure)


def titled(name: str, title: str) -> str:
    """Return a title behind a strategy's name, where there is one."""
    return name + title[:1].lower() + title[1:] if name else title


def name_of(choice: StrategyChoice) -> str:
    return plain(catalogue()[choice.parts[0].name].card.name)


def current(settings: ToySettings, choice: StrategyChoice, network: NetworkChoice, slot: str) -> Future[Regions]:
    """Return the training of these rows, and cancel this tab's previous one if it is still waiting."""
    training = regions_of(settings, choice, network)
    if training.cancelled():  # by another tab that looked at the same rows
        regions_of.clear(settings, choice, network)
        training = regions_of(settings, choice, network)
    previous = st.session_state.get(f"training_{slot}")
    if previous is not None and previous is not training:
        previous.cancel()
    st.session_state[f"training_{slot}"] = training
    return training


def is_done(training: Future[Regions]) -> bool:
    """Return whether a training has ended, after a short wait: most have, and that is calmer than a flicker."""
    try:
        training.exception(timeout=0.7)
    except TimeoutError:
        return False
    return True


@st.fragment(run_every=0.4)
def wait_for(trainings: list[Future[Regions]]) -> None:
    """Redraw the page when networks are trained."""
    if any(training.done() for training in trainings):
        st.rerun()
