"""The Strategies page: what is to be compared, with which network and which split."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.choices import pieces
from core.data.table import Table
from core.experiment.estimate import Workload
from core.networks.reading import settings_of
from core.plan import NetworkChoice, ParameterValue, Plan, PlanError, SplitSettings
from core.words import TableError, duration
from pages._catalogue import show_catalogue
from pages._frame import framed
from pages._link import restore_link, show_problem, show_waiting, write_link
from pages._refusal import show_changed_classes, show_refusal
from pages._services import warm_up
from pages._start import ask_about_long_run, start_run
from pages._tab import problem_of, remember, session
from pages._text import plain, sentence
from pages._widgets import empty


def main() -> None:
    warm_up()
    restore_link()
    state = session()
    st.title("Strategies", anchor=False)
    show_problem()
    if state.table is None or state.plan is None:
        show_waiting()
        empty("First choose a table: a sample takes one click.", "pages/data.py", "Choose a table")
        return
    write_link()
    try:
        problem = problem_of(state.table, state.plan)
    except (TableError, PlanError) as error:
        show_refusal(error)
        show_changed_classes()
        st.page_link("pages/data.py", label="Back to the table", icon=":material/arrow_back:")
        show_plan(state.table, state.plan, None)
        return
    work = Workload.of(problem)
    ask_about_long_run()
    show_plan(state.table, state.plan, work, problem.notes)
    show_catalogue(problem, work)


def show_plan(table: Table, plan: Plan, work: Workload | None, notes: tuple[str, ...] = ()) -> None:
    """Show what would run; the settings stand in one form with the Run button, so none is lost on the way.

    Without a workload the plan cannot run as it is: its settings are there to be changed.
    """
    with st.form("plan", enter_to_submit=False):
        words, buttons = st.columns([3, 2], vertical_alignment="center")
        split = plan.split
        cost = "" if work is None else f", {duration(work.seconds(plan.strategies))}"
        words.markdown(f"**{len(plan.strategies)} strategies × {split.in_words}**{cost}")
        words.caption(f"{plain(table.name)}, target {plain(plan.target)}")
        for note in notes:
            words.caption(sentence(note))
        with st.expander("Network settings", type="compact"):
            layers, dropout, training_values = network_fields(plan)
        with st.expander("Split settings", type="compact", expanded=work is None):
            split_values = split_fields(plan.split)
        with buttons.container(horizontal=True, horizontal_alignment="right"):
            applied = st.form_submit_button("Apply settings")
            pressed = st.form_submit_button("Run", type="primary", icon=":material/play_arrow:", disabled=work is None)
        if not (applied or pressed):
            return
        try:
            network = dense(layers, dropout)
            training = replace(plan.training, **training_values)  # type: ignore[arg-type]
            settings_of(network, training)
            changed = session().planned(
                networks=(network,),
                training=training,
                split=SplitSettings(**split_values),  # type: ignore[arg-type]
            )
            remember(changed)
            if pressed and changed.plan is not None:
                start_run(changed.plan, table)
                return  # it could not start, and has said why
        except (PlanError, TableError) as error:
            st.error(sentence(error), icon=":material/error:")
            return
    st.rerun()


def dense(layers: str, dropout: float) -> NetworkChoice:
    """Return the dense network of layers that a person typed."""
    try:
        units = tuple(map(int, pieces(layers.replace(";", ","))))
    except ValueError as error:
        raise PlanError("Hidden layers: write whole numbers with commas between them, for example 64, 32.") from error
    given: dict[str, ParameterValue] = {} if units == (64, 32) else {"hidden_layers": units}
    return NetworkChoice.of("mlp", **given, **({"dropout": dropout} if dropout else {}))


def network_fields(plan: Plan) -> tuple[str, float, dict[str, object]]:
    a, b, c = st.columns(3)
    network = settings_of(plan.networks[0], plan.training)
    layers = a.text_input(
        "Hidden layers",
        ", ".join(str(units) for units in network.hidden_layers),
        help="Units of each layer, first to last, for example 64, 32. Empty means a linear model.",
    )
    dropout = b.number_input(
        "Dropout", 0.0, 0.9, network.dropout, 0.05, help="Share of hidden activations dropped during training."
    )
    return (
        layers,
        dropout,
        {
            "learning_rate": c.number_input(
                "Learning rate", 1e-6, 1.0, network.learning_rate, 0.001, format="%.4f", help="Of the Adam optimizer."
            ),
            "batch_size": a.number_input("Batch size", 1, 65_536, network.batch_size, 32, help="Rows per step."),
            "epochs": b.number_input(
                "Epochs", 1, 5_000, network.epochs, 5, help="Maximum number of passes over the rows."
            ),
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
                help="Share of the training rows held out for early stopping and thresholds; no sampler touches it.",
            ),
        },
    )


def split_fields(split: SplitSettings) -> dict[str, object]:
    a, b, c = st.columns(3)
    values: dict[str, object] = {
        "folds": a.number_input(
            "Folds", 2, 50, split.folds, help="The table is split into this many parts; each is the test part once."
        ),
        "repeats": b.number_input(
            "Repeats",
            1,
            100,
            split.repeats,
            help="How many times the table is split. More repeats give more certain figures.",
        ),
        "seed": c.number_input("Seed", 0, 2**31 - 1, split.seed, help="The same seed gives the same result."),
    }
    by = [f"grouped by {plain(split.group)}"] if split.group is not None else []
    by += [f"split by time in {plain(split.time)}"] if split.time is not None else []
    st.caption(f"Rows are {' and '.join(by) or 'neither grouped nor split by time'}: the Data page changes that.")
    return values


framed(main)
