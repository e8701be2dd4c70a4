"""Which networks the strategies are compared on: presets, and individual networks with their settings."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

import streamlit as st

from core.data.problem import Problem
from core.experiment.estimate import Workload
from core.experiment.fitting import check_networks
from core.networks import networks
from core.networks.presets import NETWORK_PRESETS, NetworkPreset, preset_of
from core.networks.reading import network_label, with_value
from core.parameters import Parameter
from core.plan import MAX_NETWORKS, NetworkChoice, PlanError
from core.strategies.cards import described
from core.strategies.choosing import numbers_of
from core.words import joined
from pages._guard import guarded_callback
from pages._own_network import leave_out, own_in, show_own
from pages._parameters import parameter_field, title
from pages._tab import remember, session
from pages._text import plain, sentence


def show_networks(problem: Problem, work: Workload) -> None:
    """Show the networks of the plan, and what else there is."""
    plan = problem.plan
    current = preset_of(plan.networks, plan.training, work.rows.n)
    with st.container(border=True, key="networks", gap="small"):
        st.markdown("**Network**", help="What is trained under every strategy.")
        with st.container(horizontal=True):
            for preset in NETWORK_PRESETS:
                st.button(
                    preset.label,
                    key=f"network_preset_{preset.name}",
                    icon=":material/check:" if preset == current else None,
                    on_click=choose_preset,
                    args=(preset, work.rows.n),
                    help=f"{preset.sentence} It takes {_times(work.times(preset.network, preset.training))} as long as "
                    "one small network.",
                )
        chosen = joined(plain(named(one), 120) for one in plan.networks)
        members = f", {plan.training.members} cross-fitted members each" if plan.training.members > 1 else ""
        st.caption(f"{current.sentence if current else 'Your own choice.'} Under every strategy: {chosen}{members}.")
        try:
            for note in check_networks(problem):
                st.caption(sentence(note))
        except PlanError as error:
            st.error(sentence(error), icon=":material/error:")
        individual = st.expander("Choose individual networks", key="network_cards", on_change="rerun", type="compact")
        if individual.open:
            with individual:
                st.caption(f"Up to {MAX_NETWORKS}: every strategy is then compared on each of them.")
                for key in networks():
                    if key != "own":
                        show_card(key, work, plan.networks)
        own = own_in(plan.networks)
        if own is not None:
            st.button("Remove your own network", key="own_leave_out", on_click=leave_out)
        brought = st.expander("Your own network", key="own_network", on_change="rerun", type="compact")
        if brought.open:
            with brought:
                show_own(problem)


def named(choice: NetworkChoice) -> str:
    """Return a network's short name, and its long one where that says more."""
    short, name = network_label(choice), networks()[choice.name].card.name
    return short if short.casefold().startswith(name.casefold()[:5]) else f"{short} ({name[:1].lower()}{name[1:]})"


def show_card(key: str, work: Workload, chosen: tuple[NetworkChoice, ...]) -> None:
    """Show a network: whether it is trained, what it is, what it costs, and its settings one click away."""
    cls = networks()[key]
    choice = next((one for one in chosen if one.name == key), None)
    with st.container(border=True, key=f"network_{key}", gap="xsmall"):
        box = f"use_network_{key}"
        st.session_state[box] = choice is not None
        st.toggle(f"**{plain(cls.card.name)}**", key=box, on_change=toggle, args=(key, box))
        st.markdown(plain(cls.card.sentence, 300))
        shown = choice or NetworkChoice(key)
        cost = _times(work.times(shown, work.training))
        with st.container(horizontal=True, vertical_alignment="center"):
            with st.popover("Settings", icon=":material/tune:", key=f"network_settings_{key}"):
                for parameter in cls.parameters():
                    place = f"network_{key}_{parameter.name}"
                    value = dict(shown.parameters).get(parameter.name, parameter.default)
                    with suppress(PlanError):  # typed numbers that are none: the change says so
                        parameter_field(
                            parameter, place, value, disabled=choice is None,
                            on_change=partial(set_value, shown, parameter, place),
                        )  # fmt: skip
                lines = [f"{title(one)}: {sentence(described(one))}" for one in cls.parameters()]
                lines += [] if choice else ["Switch the network on to change its settings."]
                st.caption("  \n".join(lines))
            paper = f" · [{plain(cls.card.paper, 160)}]({cls.card.link})" if cls.card.link else ""
            st.caption(f"{cost} as long as one small network{paper}")


def _times(factor: float) -> str:
    return f"{factor:.0f} times" if factor >= 1.5 else "about"


@guarded_callback
def choose_preset(preset: NetworkPreset, rows: float) -> None:
    """Take a preset's network and training for this table."""
    remember(session().planned(networks=(preset.network,), training=preset.training_on(rows)))


@guarded_callback
def toggle(key: str, box: str) -> None:
    """Add a network to the plan or take it out; the last one stays."""
    plan = session().plan
    chosen = () if plan is None else plan.networks
    kept = tuple(one for one in chosen if one.name != key)
    # A box drawn anew can report the state that the plan gave it, as if someone had set it.
    if st.session_state[box] == (len(kept) < len(chosen)):
        return
    if st.session_state[box] and len(chosen) == MAX_NETWORKS:
        st.session_state["flash"] = f"Up to {MAX_NETWORKS} networks are compared: switch one off before adding another."
    elif st.session_state[box]:
        remember(session().planned(networks=(*chosen, NetworkChoice(key))))
    elif kept:
        remember(session().planned(networks=kept))
    else:
        st.session_state["flash"] = "A comparison needs a network: switch another on before switching this one off."


def set_value(choice: NetworkChoice, parameter: Parameter, place: str) -> None:
    """Set a parameter of a network of the plan."""
    plan = session().plan
    if plan is None:
        return
    try:
        value = st.session_state[place]
        new = with_value(choice, parameter.name, numbers_of(value) if isinstance(parameter.default, tuple) else value)
        remember(session().planned(networks=tuple(new if old == choice else old for old in plan.networks)))
    except PlanError as error:
        st.session_state["flash"] = sentence(error)
