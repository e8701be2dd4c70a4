"""The Strategies page: what is to be compared, with which network and which split."""

from __future__ import annotations

import streamlit as st

from core.estimate import estimate_seconds
from core.experiment import facts_of
from core.plan import NetworkSettings, Plan, PlanError, SplitSettings, StrategyChoice
from core.session import combined, preset_for
from core.strategies import catalogue
from core.strategies.base import FAMILY_NAMES, TableFacts
from core.strategies.presets import BUTTONS, Preset
from core.table import Table, TableError, Target
from pages._shared import duration, empty, plain, remember, sentence, session, start_run, target_of, warm_up
from pages._strategy import show_choice, wait_for

CHOSEN, ALL = "Chosen", "All"
PLACES = {
    "Rows": ("undersampling", "oversampling", "hybrid", "ensemble"),
    "Weights, loss or batches": ("weighting", "loss", "batches", "augmentation"),
    "Decision": ("decision",),
}


def main() -> None:
    warm_up()
    state = session()
    st.title("Strategies", anchor=False)
    if state.table is None or state.plan is None:
        empty("First choose a table: a sample takes one click.", "pages/data.py", "Choose a table")
        return
    try:
        target = target_of(state.table, state.plan)
    except TableError as error:
        st.error(sentence(error), icon=":material/error:")
        empty("Choose another target.", "pages/data.py", "Back to the table")
        return
    show_plan(state.table, target, state.plan)
    show_catalogue(state.table, target, state.plan, facts_of(state.table, state.plan, target))


def show_plan(table: Table, target: Target, plan: Plan) -> None:
    """Show what would run; the settings stand in one form with the Run button, so none is lost on the way."""
    with st.form("plan", enter_to_submit=False):
        words, buttons = st.columns([3, 2], vertical_alignment="center")
        split = plan.split
        times = f"{split.folds} folds" + (f" × {split.repeats} repeats" if split.repeats > 1 else "")
        cost = duration(estimate_seconds(plan, table, target))
        words.markdown(f"**{len(plan.strategies)} strategies × {times}**, {cost}")
        words.caption(f"{plain(table.name)}, target {plain(plan.target)}")
        with st.expander("Network", icon=":material/hub:"):
            network_values = network_fields(plan.network)
        with st.expander("Split", icon=":material/call_split:"):
            split_values = split_fields(plan.split, [c.name for c in table.columns if c.name != plan.target])
        with buttons.container(horizontal=True, horizontal_alignment="right"):
            applied = st.form_submit_button("Apply settings")
            pressed = st.form_submit_button("Run", type="primary", icon=":material/play_arrow:")
        if not (applied or pressed):
            return
        try:
            layers = parse_layers(str(network_values.pop("hidden_layers")))
            changed = session().planned(
                network=NetworkSettings(hidden_layers=layers, **network_values),  # type: ignore[arg-type]
                split=SplitSettings(**split_values),  # type: ignore[arg-type]
            )
            remember(changed)
            if pressed and changed.plan is not None:
                start_run(changed.plan, table)
        except (PlanError, TableError) as error:
            st.error(sentence(error), icon=":material/error:")
            return
    st.rerun()


def network_fields(network: NetworkSettings) -> dict[str, object]:
    a, b, c = st.columns(3)
    return {
        "hidden_layers": a.text_input(
            "Hidden layers",
            ", ".join(str(units) for units in network.hidden_layers),
            help="Units of each layer, first to last, for example 64, 32. Empty means a linear model.",
        ),
        "dropout": b.number_input(
            "Dropout", 0.0, 0.9, network.dropout, 0.05, help="Share of hidden activations dropped while training."
        ),
        "learning_rate": c.number_input(
            "Learning rate", 1e-6, 1.0, network.learning_rate, 0.001, format="%.4f", help="Of the Adam optimizer."
        ),
        "batch_size": a.number_input("Batch size", 1, 65_536, network.batch_size, 32, help="Rows a step."),
        "epochs": b.number_input("Epochs", 1, 5_000, network.epochs, 5, help="The most passes over the rows."),
        "patience": c.number_input(
            "Early stopping after",
            0,
            5_000,
            network.patience,
            1,
            help="Epochs without a better validation loss before training stops; 0 turns it off.",
        ),
        "validation_split": a.number_input(
            "Validation share",
            0.05,
            0.5,
            network.validation_split,
            0.05,
            help="Share of the training rows kept for early stopping and thresholds; no sampler touches it.",
        ),
    }


def parse_layers(text: str) -> tuple[int, ...]:
    """Return the units of the hidden layers that a person typed."""
    try:
        return tuple(int(part) for part in text.replace(";", ",").split(",") if part.strip())
    except ValueError as error:
        raise PlanError("Hidden layers: write whole numbers with commas between them, for example 64, 32.") from error


def split_fields(split: SplitSettings, columns: list[str]) -> dict[str, object]:
    a, b, c = st.columns(3)
    return {
        "folds": a.number_input(
            "Folds", 2, 50, split.folds, help="The table is cut into so many parts; each is the test part once."
        ),
        "repeats": b.number_input(
            "Repeats", 1, 100, split.repeats, help="How often the cutting is done anew. More repeats, surer figures."
        ),
        "seed": c.number_input("Seed", 0, 2**31 - 1, split.seed, help="The same seed gives the same result."),
        "group": a.selectbox(
            "Keep together",
            columns,
            index=columns.index(split.group) if split.group in columns else None,
            placeholder="No column",
            help="Rows with the same value here, a patient for example, never stand on both sides of a split.",
        ),
        "time": b.selectbox(
            "Order in time",
            columns,
            index=columns.index(split.time) if split.time in columns else None,
            placeholder="No column",
            help="Train on the past and test on what came after, by this column.",
        ),
    }


def show_catalogue(table: Table, target: Target, plan: Plan, facts: TableFacts) -> None:
    search, presets = st.columns([2, 3], vertical_alignment="bottom")
    asked = search.text_input("Search", placeholder="smote, weights, threshold…", icon=":material/search:")
    with presets.container(horizontal=True):
        for preset in BUTTONS:
            st.button(preset.name, key=f"preset_{preset.name}", on_click=choose_preset, args=(preset, facts))
    families = [family for family in FAMILY_NAMES if any(cls.card.family == family for cls in catalogue().values())]
    shown = st.pills(
        "Family",
        [CHOSEN, ALL, *families],
        default=CHOSEN,
        required=True,
        key="family",
        format_func=lambda f: f"Chosen ({len(plan.strategies)})" if f == CHOSEN else FAMILY_NAMES.get(f, f),
        label_visibility="collapsed",
    )
    flash = st.session_state.pop("flash", None)
    if flash is not None:
        st.warning(flash, icon=":material/warning:")
    rows = visible(plan, str(shown), asked.strip().lower())
    if not rows:
        st.info("No strategy matches. Search for another word, or pick a family.")
    pending = [found for choice in rows if (found := show_choice(table, target, plan, facts, choice)) is not None]
    show_combine(plan, facts)
    if pending:
        wait_for(pending)


def show_combine(plan: Plan, facts: TableFacts) -> None:
    """Offer to make one strategy of several that act in different places."""
    with st.expander("Combine strategies", icon=":material/join:"):
        st.markdown("For example SMOTE with a tuned threshold: pick from two places or more.")
        picks = []
        for column, (name, families) in zip(st.columns(3), PLACES.items(), strict=True):
            cards = [cls.card for cls in catalogue().values() if cls.card.family in families]
            picks.append(
                column.selectbox(
                    name,
                    [card.key for card in cards],
                    index=None,
                    placeholder="None",
                    format_func={card.key: card.name for card in cards}.__getitem__,
                    key=f"combine_{name}",
                )
            )
        chosen = [pick for pick in picks if pick is not None]
        st.button("Add the combination", on_click=combine, args=(chosen, plan, facts), disabled=len(chosen) < 2)


def combine(names: list[str], plan: Plan, facts: TableFacts) -> None:
    try:
        choice = combined(names, plan, facts)
        remember(session().planned(strategies=(*plan.strategies, choice)))
        st.session_state["family"] = CHOSEN
    except PlanError as error:
        st.session_state["flash"] = sentence(error)


def visible(plan: Plan, family: str, asked: str) -> list[StrategyChoice]:
    """Return the choices to show: those of the plan with its parameters, the others with their defaults."""
    single = {choice.parts[0].name: choice for choice in plan.strategies if len(choice.parts) == 1}
    if family == CHOSEN and not asked:
        return list(plan.strategies)
    cards = [cls.card for cls in catalogue().values()]
    if asked:
        cards = [c for c in cards if asked in f"{c.key} {c.name} {c.sentence} {FAMILY_NAMES[c.family]}".lower()]
    elif family != ALL:
        cards = [card for card in cards if card.family == family]
    return [single.get(card.key, StrategyChoice.of(card.key)) for card in cards]


def choose_preset(preset: Preset, facts: TableFacts) -> None:
    remember(session().planned(strategies=preset_for(preset, facts)))
    st.session_state["family"] = CHOSEN


main()
