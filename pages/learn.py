"""The Learn page: what one strategy does, on a toy table that can be made harder, and what is known of it."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING

import streamlit as st

from core.charts import toy as charts_toy
from core.networks import networks
from core.networks.reading import network_label
from core.plan import NetworkChoice, PlanError, StrategyChoice
from core.strategies import catalogue
from core.strategies.base import FAMILY_NAMES, Strategy
from core.strategies.cards import COST_WORDS, described, needs
from core.strategies.choosing import with_parameter
from core.teaching.toy import LETTERS, NETWORK, Regions, ToyRows, ToySettings, sampled, toy_networks, trained
from pages._frame import framed
from pages._parameters import parameter_field
from pages._services import engine, warm_up
from pages._tab import remember, session
from pages._text import plain, sentence
from pages._widgets import draw

if TYPE_CHECKING:
    import plotly.graph_objects as go

FIRST = "smote"
CHANGES = {
    "rows": "What training sees",
    "weights": "What training sees: the size of a row is its weight",
    "batches": "Training sees the same rows; batches hold them in different proportions",
    "none": "Training sees the rows as they are",
}


def main() -> None:
    warm_up()
    st.title("Learn", anchor=False)
    cls = chosen()
    card = cls.card
    st.subheader(plain(card.name), anchor=False)
    st.markdown(f"{sentence(card.sentence)}")
    try:
        settings, choice = toy_settings(), parameters(cls)
    except PlanError as error:
        st.error(sentence(error), icon=":material/error:")
        return
    show_rows(settings, choice)
    show_regions(settings, choice)
    other = other_network()
    if other is not None:
        show_regions(settings, choice, other)
    show_facts(cls)
    show_next(cls)


def chosen() -> type[Strategy]:
    """Return the strategy that the switch stands on; the address names it by its key."""
    known = catalogue()
    names = {key: f"{FAMILY_NAMES[cls.card.family]}: {cls.card.name}" for key, cls in known.items()}
    key = st.query_params.get("strategy", FIRST)
    if key not in known:
        st.warning("There is no strategy of this name; SMOTE is shown instead.", icon=":material/info:")
        key = FIRST
    # The address decides: links and the browser's Back change it behind the box's back.
    st.session_state["strategy"] = key
    st.selectbox(
        "Strategy", list(known), format_func=names.__getitem__, key="strategy", on_change=follow, help="Type to search."
    )
    return known[key]


def follow() -> None:
    st.query_params["strategy"] = st.session_state["strategy"]


def toy_settings() -> ToySettings:
    """Return what the sliders say; the address keeps them."""
    start = ToySettings()
    a, b, c, d = st.columns(4)
    imbalance = a.slider(
        "Imbalance",
        1,
        50,
        start.imbalance,
        key="imbalance",
        bind="query-params",
        help="Rows of the common class for each row of the rare one.",
    )
    overlap = b.slider(
        "Overlap",
        0.05,
        0.6,
        start.overlap,
        0.05,
        key="overlap",
        bind="query-params",
        help="How far the classes reach into each other.",
    )
    noise = c.slider(
        "Noise",
        0.0,
        0.4,
        start.noise,
        0.05,
        key="noise",
        bind="query-params",
        help="Share of the rare rows that have the wrong label.",
    )
    seed = d.number_input("Seed", 0, 999, start.seed, key="seed", bind="query-params", help="Draws different rows.")
    return ToySettings(imbalance, overlap, noise, int(seed))


def parameters(cls: type[Strategy]) -> StrategyChoice:
    """Show the strategy's own settings and return it with them."""
    choice = StrategyChoice.of(cls.card.key)
    if not cls.parameters():
        return choice
    with st.expander("Settings of the strategy", icon=":material/tune:"), st.container(horizontal=True):
        for parameter in cls.parameters():
            value = parameter_field(parameter, f"toy_{cls.card.key}_{parameter.name}")
            choice = with_parameter(choice, 0, parameter.name, value)
    return choice


@st.cache_resource(show_spinner=False, max_entries=64)
def rows_of(settings: ToySettings, choice: StrategyChoice) -> ToyRows:
    return sampled(settings, choice)


@st.cache_resource(show_spinner=False, max_entries=64)
def regions_of(settings: ToySettings, choice: StrategyChoice, network: NetworkChoice) -> Future[Regions]:
    return engine().call(trained, settings, choice, network)


def current(settings: ToySettings, choice: StrategyChoice, network: NetworkChoice, slot: str) -> Future[Regions]:
    """Return the training of these rows, and cancel this tab's previous one if it is still waiting."""
    training = regions_of(settings, choice, network)
    if training.cancelled():  # by another tab that looked at the same rows
        regions_of.clear(settings, choice, network)
        training = regions_of(settings, choice, network)
    previous = st.session_state.get(f"toy_training_{slot}")
    if previous is not None and previous is not training:
        previous.cancel()
    st.session_state[f"toy_training_{slot}"] = training
    return training


def show_rows(settings: ToySettings, choice: StrategyChoice) -> None:
    """Show the rows before and after."""
    rows = rows_of(settings, choice)
    if rows.problem is not None:
        st.warning(sentence(rows.problem), icon=":material/block:")
        return
    if rows.change == "none":
        return
    before, after = st.columns(2)
    with before:
        titled("The rows", f"{rows.before[0]:,} common, {rows.before[1]:,} rare", charts_toy.rows_before(rows), "rows")
    with after:
        words = f"{rows.after[0]:,} common, {rows.after[1]:,} rare"
        if rows.change != "rows":
            words = f"they count as {words}"
        if rows.members > 1:
            words += f", for the first of {rows.members} networks"
        titled(CHANGES[rows.change], words, charts_toy.rows_after(rows), "rows_after")
    for note in rows.notes:
        st.caption(sentence(note))


def titled(title: str, words: str, figure: go.Figure, key: str) -> None:
    st.markdown(f"**{title}**  \n{words}")
    draw(figure, f"toy_{key}", f"{title}: {words}")


def other_network() -> NetworkChoice | None:
    """Ask for a second network to show the same rows under."""
    names = {key: networks()[key].card.name for key in toy_networks()}
    keys = ("", *names)
    asked = st.query_params.get("network", "")
    st.session_state["toy_network"] = asked if asked in names else ""
    picked = st.selectbox(
        "The same rows under another network", keys, format_func=lambda key: names.get(key, "None"), key="toy_network",
        on_change=follow_network, help="Balancing may help one network and not another.", width=320,
    )  # fmt: skip
    return NetworkChoice(str(picked)) if picked else None


def follow_network() -> None:
    st.query_params["network"] = st.session_state["toy_network"]


def show_regions(settings: ToySettings, choice: StrategyChoice, network: NetworkChoice = NETWORK) -> None:
    """Show what the plain network and the strategy learn, as soon as they have."""
    slot = "small" if network == NETWORK else "other"
    training = current(settings, choice, network, slot)
    if not training.done():
        # Most are there before a person has looked at the rows: one short wait is calmer than a flicker.
        with st.spinner("Training on these rows…"):
            try:
                training.exception(timeout=1.5)
            except TimeoutError:
                wait_for(training)
                return
    if training.exception() is not None:
        st.warning(f"The training failed: {sentence(training.exception())}", icon=":material/error:")
        regions_of.clear(settings, choice, network)
        return
    regions, rows = training.result(), rows_of(settings, choice)
    plain_side, chosen_side = st.columns(2)
    name = catalogue()[choice.parts[0].name].card.name
    suffix = "" if network == NETWORK else "_other"
    on = "" if network == NETWORK else f" on {plain(network_label(network))}"
    what = "the plain network" if network == NETWORK else plain(network_label(network))
    with plain_side:
        titled(f"What {what} learns", regions.plain.in_words, plane_of(regions, False, rows), f"plain{suffix}")
    if choice == StrategyChoice.of("plain"):
        return
    with chosen_side:
        if regions.chosen.problem is not None:
            st.warning(sentence(regions.chosen.problem), icon=":material/block:")
            return
        title = f"What {plain(name)} learns{on}"
        titled(title, regions.chosen.in_words, plane_of(regions, True, rows), f"chosen{suffix}")


def plane_of(regions: Regions, chosen: bool, rows: ToyRows) -> go.Figure:
    return charts_toy.plane(regions, regions.chosen if chosen else regions.plain, rows)


@st.fragment(run_every=0.4)
def wait_for(training: Future[Regions]) -> None:
    """Redraw the page when the networks are trained."""
    if training.done():
        st.rerun()
    st.caption("Training on these rows…")


def show_facts(cls: type[Strategy]) -> None:
    """Show the formula, when it helps and harms, its parameters and its paper."""
    card = cls.card
    if card.formula:
        st.markdown("**Formula**")
        with st.container(key="formula"):
            st.latex(card.formula)
        st.caption("; ".join(f"${letters}$ {words}" for letters, words in LETTERS.items()) + ".")
    helps, harms = st.columns(2)
    helps.markdown(f"**Helps**  \n{sentence(card.helps)}")
    harms.markdown(f"**Harms**  \n{sentence(card.harms)}")
    # A second pair, so that a narrow page reads them in this order too.
    requirements, costs = st.columns(2)
    requirements.markdown(f"**Needs**  \n{capitalised(', '.join(needs(cls)))}")
    costs.markdown(f"**Costs**  \n{capitalised(COST_WORDS[cls.cost])}")
    if cls.parameters():
        st.markdown("**Parameters**")
        st.markdown(
            "\n".join(f"- `{parameter.name}` – {sentence(described(parameter))}" for parameter in cls.parameters())
        )
    st.markdown(f"**Paper**  \n[{plain(card.paper, 160)}]({card.link})")
    st.caption(
        "The toy table has 800 rows: 600 to learn from, 200 for early stopping and thresholds. The shares above the "
        "pictures are measured on 3,000 fresh rows with true labels."
    )


def capitalised(phrase: str) -> str:
    return phrase[:1].upper() + phrase[1:]


def show_next(cls: type[Strategy]) -> None:
    """Lead on: into the plan, where there is one, or to a table."""
    state, key = session(), cls.card.key
    if state.plan is None:
        st.page_link("pages/data.py", label="Try it on a table", icon=":material/arrow_forward:")
    elif StrategyChoice.of(key) in state.plan.strategies:
        st.page_link("pages/strategies.py", label="It is in your plan: go back to it", icon=":material/arrow_forward:")
    elif st.button("Add to the plan", icon=":material/add:"):
        remember(state.planned(strategies=(*state.plan.strategies, StrategyChoice.of(key))))
        st.switch_page("pages/strategies.py")


framed(main)
