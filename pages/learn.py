"""The Learn page: what one strategy does, on a toy table that can be made harder, and what is known of it."""

from __future__ import annotations

import streamlit as st

from core.networks import networks
from core.plan import NetworkChoice, PlanError, StrategyChoice
from core.strategies import catalogue
from core.strategies.base import FAMILY_NAMES, Strategy
from core.strategies.cards import COST_WORDS, described, formula_parts, needs
from core.strategies.choosing import with_parameter
from core.strategies.presets import PLAIN
from core.teaching.letters import letters_of
from core.teaching.toy import ToySettings, toy_networks
from pages._frame import framed
from pages._glossary import explained, show_glossary, show_term
from pages._parameters import parameter_field
from pages._services import warm_up
from pages._tab import remember, session
from pages._text import plain, sentence
from pages._toy import show_pictures

FIRST = "smote"


def main() -> None:
    warm_up()
    st.title("Learn", anchor=False)
    show_term(st.query_params.get("term", ""))
    with st.container(key="halves_choice"):
        first, second, third = st.columns(3)
    with first:
        cls = chosen()
    with second:
        beside = chosen_beside(cls)
    with third:
        other = other_network()
    card = cls.card
    st.markdown(
        "See on a toy table with a rare class what a strategy does to the rows and what a network then learns. "
        f"**{plain(card.name)}** – {sentence(card.sentence)}"
    )
    try:
        settings, choice = toy_settings(), parameters(cls)
    except PlanError as error:
        st.error(sentence(error), icon=":material/error:")
        return
    choices = (choice,) if beside is None else (choice, StrategyChoice.of(beside.card.key))
    show_pictures(settings, choices, () if other is None else (other,))
    show_facts(cls, titled=beside is not None)
    if beside is not None:
        show_facts(beside, titled=True)
    show_about_the_toy()
    show_next(cls)
    show_glossary()


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


def chosen_beside(cls: type[Strategy]) -> type[Strategy] | None:
    """Ask for a second strategy, to be shown beside the first on the same rows."""
    names = {key: one.card.name for key, one in catalogue().items() if one is not cls and key != PLAIN.key}
    asked = st.query_params.get("beside", "")
    st.session_state["beside"] = asked if asked in names else ""
    picked = st.selectbox(
        "Compare with", ("", *names), format_func=lambda key: names.get(key, "No other strategy"), key="beside",
        on_change=put, args=("beside",), help="A second strategy on the same rows. Type to search.",
    )  # fmt: skip
    return catalogue()[picked] if picked else None


def put(name: str) -> None:
    """Put what a box says into the address, or take it out."""
    if st.session_state[name]:
        st.query_params[name] = st.session_state[name]
    else:
        st.query_params.pop(name, None)


def toy_settings() -> ToySettings:
    """Return what the sliders say; the address keeps them."""
    start = ToySettings()
    with st.container(key="halves_toy"):
        a, b, c, d = st.columns(4)
    imbalance = a.slider(
        "Imbalance",
        1,
        50,
        start.imbalance,
        key="imbalance",
        bind="query-params",
        help=explained("Rows of the common class for each row of the rare one.", "imbalance"),
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
    with st.expander("Settings of the strategy"), st.container(horizontal=True):
        for parameter in cls.parameters():
            value = parameter_field(parameter, f"toy_{cls.card.key}_{parameter.name}")
            choice = with_parameter(choice, 0, parameter.name, value)
    return choice


def other_network() -> NetworkChoice | None:
    """Ask for a second network to show the same rows under."""
    names = {key: networks()[key].card.name for key in toy_networks()}
    keys = ("", *names)
    asked = st.query_params.get("network", "")
    st.session_state["toy_network"] = asked if asked in names else ""
    picked = st.selectbox(
        "Also with this network", keys, format_func=lambda key: names.get(key, "No other network"), 
        key="toy_network", on_change=follow_network, help="Balancing may help one network and not another.",
    )  # fmt: skip
    return NetworkChoice(str(picked)) if picked else None


def follow_network() -> None:
    st.session_state["network"] = st.session_state["toy_network"]
    put("network")


def show_facts(cls: type[Strategy], *, titled: bool) -> None:
    """Show the formula, when it helps and harms, its parameters and its paper; of two strategies, under its name."""
    card = cls.card
    if titled:
        st.subheader(plain(card.name), anchor=False)
    if card.formula:
        st.markdown("**Formula**")
        # One by one, so that a narrow page breaks between them.
        with st.container(key=f"formula_{card.key}"):
            parts = (f"$\\displaystyle {part}$" for part in formula_parts(card.formula))
            st.markdown(" &emsp; ".join(parts), text_alignment="center")
        st.caption(" · ".join(f"${letter}$: {words}" for letter, words in letters_of(cls)))
    helps, harms = st.columns(2)
    helps.markdown(f"**When it helps**  \n{sentence(card.helps)}")
    harms.markdown(f"**When it harms**  \n{sentence(card.harms)}")
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


def show_about_the_toy() -> None:
    st.caption(
        "The toy table has 800 rows: networks learn from 600, and the other 200 decide when training stops and where "
        "thresholds lie. Where three networks decide together, each leaves out another third of the 600 for that. The "
        "shares below the pictures are measured on 3,000 new rows whose labels are all right."
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
