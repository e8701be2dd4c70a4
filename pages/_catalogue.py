"""The catalogue: presets, search, families, and every strategy as a row."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.data.problem import Problem
from core.experiment.estimate import Workload
from core.plan import Plan, PlanError, StrategyChoice
from core.strategies import catalogue
from core.strategies.base import FAMILY_NAMES, Family, TableFacts
from core.strategies.cards import families
from core.strategies.choosing import combined, preset_for, sections_of, slow_in, slow_sentence
from core.strategies.presets import BUTTONS, PLAIN
from core.words import duration
from pages._effect import wait_for
from pages._strategy import show_choice
from pages._tab import remember, session
from pages._text import sentence

CHOSEN, ALL = "Chosen", "All"
# Longer lists show what a strategy does in its details only: trying sixty of them on the rows takes a while.
WIDE_ROWS = 12
PLACES = {
    "Rows": ("undersampling", "oversampling", "hybrid", "ensemble"),
    "Weights, loss or batches": ("weighting", "loss", "batches", "augmentation"),
    "Decision": ("decision",),
}


def show_catalogue(problem: Problem, work: Workload) -> None:
    plan, facts = problem.plan, problem.facts
    show_presets(facts, work, plan.strategies)
    query = st.text_input(
        "Search",
        placeholder="Name, word or author: smote, Chawla…",
        icon=":material/search:",
        key="search",
    )
    counts = {family: sum(cls.card.family == family for cls in catalogue().values()) for family in families()}
    shown = st.pills(
        "Family",
        [CHOSEN, ALL, *counts],
        default=CHOSEN,
        required=True,
        key="family",
        format_func=lambda f: (
            f"Chosen ({sizes(plan.strategies)})"
            if f == CHOSEN
            else f"All ({sum(counts.values())})"
            if f == ALL
            else f"{FAMILY_NAMES[f]} ({counts[f]})"
        ),
        label_visibility="collapsed",
    )
    flash = st.session_state.pop("flash", None)
    if flash is not None:
        st.warning(flash, icon=":material/warning:")
    sections = visible(plan, str(shown), query)
    rows = [choice for _, choices in sections for choice in choices]
    if query.strip():
        st.caption(f"{len(rows)} of {sum(counts.values())} strategies match, in all families.")
    if not rows:
        st.info("No strategy matches. Search for another word, or pick a family.")
    wide = len(rows) <= WIDE_ROWS
    if rows and not wide:
        wide = st.toggle(
            "Show what each does to the rows", key="wide_rows",
            help=f"All {len(rows)} are tried on your rows, one after the other, while you look around.",
        )  # fmt: skip
    pending = []
    for family, choices in sections:
        if family is not None:
            st.subheader(FAMILY_NAMES[family], anchor=False)
        with st.container(border=not wide, key=f"section_{family or CHOSEN}"):
            for choice in choices:
                effect = show_choice(problem, work, choice, wide=wide)
                pending += [] if effect is None else [effect]
    show_combine(plan, facts)
    if pending:
        wait_for(pending, flash)


def show_presets(facts: TableFacts, work: Workload, chosen: tuple[StrategyChoice, ...]) -> None:
    """Offer the presets, each with its size on this table and what it would cost; the one that is chosen stands out."""
    with st.container(horizontal=True, vertical_alignment="center", key="presets"):
        st.markdown("**Presets**", width="content")
        for preset in BUTTONS:
            choices = preset_for(preset, facts, work)
            slow = slow_sentence(slow_in(preset.choices, facts, work), work)
            st.button(
                f"{preset.name} ({sizes(choices)})",
                key=f"preset_{preset.name}",
                icon=":material/check:" if set(choices) == set(chosen) else None,
                on_click=choose_preset,
                args=(choices, slow),
                help=f"{preset.sentence} It takes {duration(work.seconds(choices))}. {sentence(slow)}".strip(),
            )

        st.button(
            "Clear", key="preset_clear", type="tertiary", icon=":material/close:", on_click=choose_preset,
            args=((PLAIN,), ""), disabled=chosen == (PLAIN,), help="Leaves only the plain network.",
        )  # fmt: skip


def sizes(choices: tuple[StrategyChoice, ...]) -> str:
    """Return how many strategies of the catalogue there are, and how many combinations of them."""
    n_combined = sum(len(choice.parts) > 1 for choice in choices)
    return f"{len(choices) - n_combined} + {n_combined} combined" if n_combined else str(len(choices))


def choose_preset(choices: tuple[StrategyChoice, ...], slow: str) -> None:
    remember(session().planned(strategies=choices))
    if slow:
        st.session_state["flash"] = sentence(slow)
    st.session_state["family"] = CHOSEN
    st.session_state["search"] = ""


def visible(plan: Plan, shown: str, query: str) -> Sequence[tuple[Family | None, list[StrategyChoice]]]:
    """Return the choices to show, by family; the plan's own stand in its order, under None. A search spans all."""
    if shown == CHOSEN and not query.strip():
        return ((None, list(plan.strategies)),)
    family = next((name for name in families() if name == shown and not query.strip()), None)
    return tuple(sections_of(plan, query, family).items())


def show_combine(plan: Plan, facts: TableFacts) -> None:
    """Offer to make one strategy of several that act in different places."""
    with st.expander("Combine strategies"):
        st.markdown("For example SMOTE with a tuned threshold: pick two or more.")
        picks: list[str] = []
        for column, (name, kinds) in zip(st.columns(3), PLACES.items(), strict=True):
            cards = [cls.card for cls in catalogue().values() if cls.card.family in kinds]
            picks += column.multiselect(
                name,
                [card.key for card in cards],
                placeholder="None",
                format_func={card.key: card.name for card in cards}.__getitem__,
                key=f"combine_{name}",
            )
        st.button("Add the combination", on_click=combine, args=(picks, plan, facts), disabled=len(picks) < 2)


def combine(names: list[str], plan: Plan, facts: TableFacts) -> None:
    try:
        choice = combined(names, plan, facts)
        remember(session().planned(strategies=(*plan.strategies, choice)))
        st.session_state["family"] = CHOSEN
        st.session_state["search"] = ""
    except PlanError as error:
        st.session_state["flash"] = sentence(error)
