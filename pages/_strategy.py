"""One strategy of the catalogue: its sentence, its settings and what it does to the rows."""

from __future__ import annotations

import html
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import streamlit as st

from core import charts
from core.effects import Effect, effect
from core.estimate import estimate_seconds
from core.plan import Plan, PlanError, StrategyChoice
from core.session import why_not, with_parameter
from core.strategies import catalogue, label
from core.strategies.base import FAMILY_NAMES, Parameter, Strategy, TableFacts
from core.table import Table, Target
from pages._shared import duration, plain, remember, sentence, session

CLASSES_SHOWN = 6
WORDS = {
    "rows": "Training rows <i class='cw-key cw-before'></i>before <i class='cw-key cw-after'></i>after",
    "weights": "What rows count for <i class='cw-key cw-before'></i>before <i class='cw-key cw-after'></i>after",
    "batches": "What batches hold <i class='cw-key cw-before'></i>before <i class='cw-key cw-after'></i>after",
    "none": "Training rows stay as they are",
}


def show_choice(
    table: Table, target: Target, plan: Plan, facts: TableFacts, choice: StrategyChoice
) -> Future[Effect] | None:
    """Show a choice as a row with a tick box; one that does not apply is greyed, with the reason.

    Returns its effect where that is still being found.
    """
    reason = why_not(choice, facts)
    cards = [catalogue()[part.name].card for part in choice.parts]
    place = slot(choice, plan)
    with st.container(border=True, key=f"row_{place}"):
        words, picture = st.columns([3, 2], gap="medium")
        with words.container(gap="xsmall"):
            key = f"use_{choice.key}"
            st.checkbox(
                f"**{plain(label(choice), 120)}**",
                value=choice in plan.strategies,
                key=key,
                disabled=reason is not None and choice not in plan.strategies,
                on_change=toggle,
                args=(choice, key),
            )
            for card in cards:
                st.markdown(card.sentence)
            if reason is not None:
                st.caption(f":material/block: {sentence(reason)}")
            else:
                alone = estimate_seconds(replace(plan, strategies=(choice,)), table, target)
                slow = ", and its sampler is slow" if any(card.cost == "slow" for card in cards) else ""
                families = ", ".join(FAMILY_NAMES[card.family] for card in cards)
                st.caption(f"{families} · {duration(alone)} alone{slow}")
            details = st.expander("Settings and details", key=f"details_{place}", on_change="rerun", type="compact")
            if details.open:
                with details:
                    for position, part in enumerate(choice.parts):
                        show_details(choice, position, catalogue()[part.name], plan, f"{place}_{position}")
                    if reason is None:
                        show_picture(target, measured(table, target, choice), choice)
        if reason is not None:
            return None
        found = measured(table, target, choice)
        with picture:
            if found.done():
                show_effect(target, found.result())
            else:
                st.caption("Trying it on your rows…")
        return None if found.done() else found


def toggle(choice: StrategyChoice, key: str) -> None:
    """Add a choice to the plan or take it out; the last one stays."""
    plan = session().plan
    chosen = () if plan is None else plan.strategies
    if st.session_state[key]:
        remember(session().planned(strategies=(*chosen, choice)))
    elif len(chosen) > 1:
        remember(session().planned(strategies=tuple(one for one in chosen if one != choice)))
    else:
        st.session_state[key] = True
        st.session_state["flash"] = "A comparison needs at least one strategy: choose another before this one goes."


def slot(choice: StrategyChoice, plan: Plan) -> str:
    """Return a name for the row of a choice that stays when its parameters change."""
    names = "_".join(part.name for part in choice.parts)
    same = [one for one in plan.strategies if "_".join(part.name for part in one.parts) == names]
    return f"{names}_{same.index(choice)}" if len(same) > 1 and choice in same else names


def show_details(choice: StrategyChoice, position: int, cls: type[Strategy], plan: Plan, place: str) -> None:
    card = cls.card
    given = dict(choice.parts[position].parameters)
    for parameter in cls.parameters():
        value = given.get(parameter.name, parameter.default)
        field(choice, position, parameter, value, choice not in plan.strategies, f"{place}_{parameter.name}")
    st.markdown(
        f"**Helps** {card.helps}\n\n**Harms** {card.harms}\n\n"
        f"{FAMILY_NAMES[card.family]} · [{plain(card.paper, 160)}]({card.link})"
    )


def field(choice: StrategyChoice, position: int, parameter: Parameter, value: object, disabled: bool, key: str) -> None:
    """Show the widget that fits a parameter; it takes effect at once."""
    name = parameter.name.replace("_", " ").capitalize()
    common = {"key": key, "help": parameter.help, "disabled": disabled}
    change = partial(set_parameter, choice, position, parameter.name, key)
    if parameter.choices:
        st.selectbox(name, parameter.choices, index=parameter.choices.index(str(value)), on_change=change, **common)  # type: ignore[call-overload]
    elif isinstance(parameter.default, bool):
        st.toggle(name, bool(value), on_change=change, **common)  # type: ignore[arg-type]
    elif isinstance(parameter.default, int | float):
        number = type(parameter.default)
        low, high = (None if bound is None else number(bound) for bound in (parameter.low, parameter.high))
        st.number_input(name, low, high, number(value), on_change=change, **common)  # type: ignore


def set_parameter(choice: StrategyChoice, position: int, name: str, key: str) -> None:
    plan = session().plan
    if plan is None:
        return
    new = with_parameter(choice, position, name, st.session_state[key])
    try:
        remember(session().planned(strategies=tuple(new if one == choice else one for one in plan.strategies)))
    except PlanError as error:
        st.session_state["flash"] = sentence(error)


@st.cache_resource(show_spinner=False)
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="effects")


@st.cache_resource(show_spinner=False, max_entries=400)
def _effect(_table: Table, _target: Target, _choice: StrategyChoice, *key: object) -> Future[Effect]:
    return _pool().submit(effect, _table, _target, _choice)


def measured(table: Table, target: Target, choice: StrategyChoice) -> Future[Effect]:
    """Return the effect of a choice, found beside the page so that no slow sampler holds it up."""
    kinds = tuple((column.name, column.kind) for column in table.columns)
    return _effect(table, target, choice, table.digest, kinds, target.name, target.labels, choice.key)


def show_effect(target: Target, result: Effect) -> None:
    if result.problem is not None:
        st.caption(f":material/block: {sentence(result.problem)}")
    else:
        st.html(bars(target.labels, result))
        for note in result.notes:
            st.caption(sentence(note))


def show_picture(target: Target, found: Future[Effect], choice: StrategyChoice) -> None:
    """Show where the rows that a sampler takes or makes lie."""
    picture = found.result().picture if found.done() else None
    if picture is None:
        return
    st.caption("Your rows on their first two principal components.")
    figure = charts.rows_picture(picture, target.labels)
    st.plotly_chart(figure, key=f"picture_{choice.key}", config=dict(charts.CONFIG), alt="Rows kept, removed and new")


@st.fragment(run_every=0.7)
def wait_for(pending: list[Future[Effect]]) -> None:
    """Draw the page anew as effects are found."""
    if any(found.done() for found in pending):
        st.rerun()


def bars(labels: tuple[str, ...], result: Effect) -> str:
    """Return class counts before and after as HTML bars, the largest classes first."""
    order = sorted(range(len(labels)), key=lambda code: -result.before[code])
    largest = max(*result.before, *result.after)
    rows = "".join(
        _bar(labels[code], result.before[code], result.after[code], largest, result.change == "none")
        for code in order[:CLASSES_SHOWN]
    )
    hidden = len(order) - CLASSES_SHOWN
    more = f"<div class='cw-small'>and {hidden} more classes</div>" if hidden > 0 else ""
    networks = f", for each of {result.members} networks" if result.members > 1 else ""
    about = f" (tried on {result.sampled:,} rows)" if result.sampled else ""
    return f"{_STYLE}<div class='cw-small'>{WORDS[result.change]}{networks}{about}</div>{rows}{more}"


def _bar(name: str, before: int, after: int, largest: int, same: bool) -> str:
    short = html.escape(name if len(name) <= 18 else name[:17] + "…")
    later = f"<span class='cw-after' style='width:{100 * after / largest:.1f}%'></span>"
    counts = f"{before:,}" if same else f"{before:,} → {after:,}"
    return (
        f"<div class='cw-row'><span class='cw-name' title='{html.escape(name[:200], quote=True)}'>{short}</span>"
        f"<span class='cw-track'><span class='cw-before' style='width:{100 * before / largest:.1f}%'></span>"
        f"{'' if same else later}</span>"
        f"<span class='cw-count'>{counts}</span></div>"
    )


_STYLE = """<style>
.cw-small{font-size:.875rem;opacity:.8;margin-bottom:.25rem}
.cw-key{display:inline-block;width:.7rem;height:.5rem;margin:0 .25rem 0 .5rem}
.cw-row{display:grid;grid-template-columns:5.5rem 1fr 7.5rem;gap:.6rem;align-items:center;font-size:.9rem}
.cw-name{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.cw-track{display:grid;gap:2px}
.cw-track>span{display:block;height:7px;border-radius:2px;min-width:2px}
.cw-before{background:#8a8f98}.cw-after{background:#0f8a7e}
.cw-count{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
</style>"""
