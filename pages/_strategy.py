"""One strategy of the catalogue: its sentence, its cost, its settings and what it does to the rows."""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import suppress
from functools import partial

import streamlit as st

from core.data.problem import Problem
from core.experiment.estimate import Workload
from core.plan import Plan, PlanError, StrategyChoice
from core.strategies import catalogue, label
from core.strategies.base import FAMILY_NAMES, Parameter, Strategy
from core.strategies.cards import COST_WORDS, described, needs
from core.strategies.choosing import numbers_of, why_not, with_parameter
from core.teaching.effects import Effect
from core.words import duration
from pages._effect import measured, show_effect, show_picture
from pages._guard import guarded_callback
from pages._parameters import parameter_field, title
from pages._tab import remember, session
from pages._text import plain, sentence


def show_choice(problem: Problem, work: Workload, choice: StrategyChoice, *, wide: bool) -> Future[Effect] | None:
    """Show a choice as a row with a tick box; one that does not apply is greyed, with the reason.

    A wide row has bars of what the strategy does to the rows beside it; a narrow one has them in its details.
    Returns its effect where that is still being computed.
    """
    plan, target = problem.plan, problem.target
    reason = why_not(choice, problem.facts)
    place = slot(choice, plan)
    with st.container(border=wide, key=f"row_{place}"):
        if not wide or reason is not None:
            with st.container(gap="xsmall"):
                details = _words(plan, work, choice, reason, place)
        else:
            words, beside = st.columns([3, 2], gap="medium")
            with words.container(gap="xsmall"):
                details = _words(plan, work, choice, reason, place)
        effect = measured(problem, choice) if reason is None and (wide or details.open) else None
        if details.open:
            with details:
                for position, part in enumerate(choice.parts):
                    show_details(choice, position, catalogue()[part.name], plan, f"{place}_{position}")
                if reason is None and st.button("Show me the code", key=f"code_{place}", icon=":material/code:"):
                    # With it come the report and its figures, which nothing else on this page needs.
                    from pages._code import show_code_of

                    show_code_of(problem, choice)
                if effect is not None:
                    if not wide:
                        show_effect(target, effect)
                    show_picture(target, effect, choice)
        if effect is None:
            return None
        if wide:
            with beside:
                show_effect(target, effect)
        return None if effect.done() else effect


def _words(plan: Plan, work: Workload, choice: StrategyChoice, reason: str | None, place: str):  # type: ignore[no-untyped-def]
    cards = [catalogue()[part.name].card for part in choice.parts]
    key = f"use_{choice.key}"
    ticked = choice in plan.strategies
    # The plan decides what is ticked: presets and other views change it behind the box's back.
    st.session_state[key] = ticked
    st.checkbox(
        f"**{plain(label(choice), 120)}**",
        key=key,
        disabled=reason is not None and not ticked,
        on_change=toggle,
        args=(choice, key),
    )
    sentences = " ".join(card.sentence for card in cards)
    about = "Settings and details"
    if reason is not None:
        st.markdown(f":gray[{sentences}]  \n:small[:material/block: {sentence(reason)}]")
    else:
        st.markdown(sentences)
        if work.too_slow(choice):
            took = duration(work.sampling(choice))
            st.markdown(
                f":small[:material/hourglass: On this table, its sampling takes {took}, so no preset includes it.]"
            )
        kinds = " + ".join(dict.fromkeys(_family(card.family) for card in cards))
        about = f"{kinds} · {_cost(work, choice)} · settings and details"
    return st.expander(about, key=f"details_{place}", on_change="rerun", type="compact")


def _family(family: str) -> str:
    return "Reference, no network" if family == "reference" else FAMILY_NAMES[family]  # type: ignore[index]


def _cost(work: Workload, choice: StrategyChoice) -> str:
    seconds = work.added(choice)
    if not seconds:
        return "no extra training"
    return f"adds {duration(seconds)}" if seconds >= 1 else "adds less than 1 s"


@guarded_callback
def toggle(choice: StrategyChoice, key: str) -> None:
    """Add a choice to the plan or take it out; the last one stays."""
    plan = session().plan
    chosen = () if plan is None else plan.strategies
    # A box drawn anew can report the tick that the plan gave it, as if someone had set it.
    if st.session_state[key] == (choice in chosen):
        return
    if st.session_state[key]:
        remember(session().planned(strategies=(*chosen, choice)))
    elif len(chosen) > 1:
        remember(session().planned(strategies=tuple(kept for kept in chosen if kept != choice)))
    else:
        st.session_state["flash"] = "A comparison needs at least one strategy: choose another before removing this one."


def slot(choice: StrategyChoice, plan: Plan) -> str:
    """Return a name for the row of a choice that stays when its parameters change."""
    names = "_".join(part.name for part in choice.parts)
    same = [other for other in plan.strategies if "_".join(part.name for part in other.parts) == names]
    return f"{names}_{same.index(choice)}" if len(same) > 1 and choice in same else names


def show_details(choice: StrategyChoice, position: int, cls: type[Strategy], plan: Plan, place: str) -> None:
    card = cls.card
    given = dict(choice.parts[position].parameters)
    chosen = choice in plan.strategies
    if cls.parameters():
        with st.container(horizontal=True):
            for parameter in cls.parameters():
                value = given.get(parameter.name, parameter.default)
                key = f"{place}_{parameter.name}"
                change = partial(set_parameter, choice, position, parameter, key)
                with suppress(PlanError):  # typed numbers that are none: the change says so
                    parameter_field(parameter, key, value, disabled=not chosen, on_change=change)
        lines = [f"{title(parameter)}: {sentence(described(parameter))}" for parameter in cls.parameters()]
        lines += [] if chosen else ["Tick the strategy to change its settings."]
        st.caption("  \n".join(lines))
    st.markdown(
        f"**Helps** {card.helps}\n\n**Harms** {card.harms}\n\n"
        f"**Needs** {', '.join(needs(cls))}\n\n**Costs** {COST_WORDS[cls.cost]}\n\n"
        f"**Paper** [{plain(card.paper, 160)}]({card.link})"
    )
    st.page_link(
        "pages/learn.py",
        label=f"Learn: {plain(card.name)} in a picture",
        icon=":material/school:",
        query_params={"strategy": card.key},
    )


def set_parameter(choice: StrategyChoice, position: int, parameter: Parameter, key: str) -> None:
    plan = session().plan
    if plan is None:
        return
    try:
        value = st.session_state[key]
        new = with_parameter(
            choice, position, parameter.name, numbers_of(value) if isinstance(parameter.default, tuple) else value
        )
        remember(session().planned(strategies=tuple(new if old == choice else old for old in plan.strategies)))
    except PlanError as error:
        st.session_state["flash"] = sentence(error)
