"""The Strategies page: what is to be compared, with which network and which split."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.data.table import Table
from core.evaluation.metrics import METRIC_NAMES
from core.experiment.estimate import Workload
from core.plan import Plan, PlanError, SplitSettings, TrainingSettings
from core.settings import NOT_STOPPED_ON, SCHEDULES, STOP_ON
from core.strategies import choices_of
from core.words import TableError, duration
from pages._catalogue import show_catalogue
from pages._frame import framed
from pages._glossary import explained
from pages._link import restore_link, show_problem, show_waiting, write_link
from pages._networks import show_networks
from pages._refusal import show_changed_classes, show_refusal
from pages._services import warm_up
from pages._start import ask_about_long_run, start_run
from pages._tab import problem_of, remember, session
from pages._text import plain, sentence
from pages._tuning import capacity_field, tuning_field
from pages._widgets import empty

_APPLIED = "settings_applied"
SCHEDULE_NAMES = {"constant": "constant", "cosine": "cosine", "realmlp": "RealMLP's"}


def main() -> None:
    warm_up()
    restore_link()
    state = session()
    st.title("Strategies", anchor=False)
    applied = st.session_state.pop(_APPLIED, None)
    if applied is not None:
        st.toast(applied, icon=":material/check:")
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
    show_networks(problem, work)
    show_catalogue(problem, work)


def show_plan(table: Table, plan: Plan, work: Workload | None, notes: tuple[str, ...] = ()) -> None:
    """Show what would run; the settings stand in one form with the Run button, so none is lost on the way.

    Without a workload the plan cannot run as it is: its settings are there to be changed.
    """
    with st.form("plan", enter_to_submit=False):
        words, buttons = st.columns([3, 2], vertical_alignment="center")
        cost = "" if work is None else f", {duration(work.seconds(choices_of(plan)))}"
        words.markdown(f"**{plan.in_words}**{cost}")
        words.caption(f"{plain(table.name)}, target {plain(plan.target)}")
        for note in notes:
            words.caption(sentence(note))
        with st.expander("Training settings", type="compact"):
            training_values = training_fields(plan.training)
        with st.expander("Split settings", type="compact", expanded=work is None):
            split_values = split_fields(plan.split)
        tried = f"{plan.tuning.trials} settings of each strategy" if plan.tuning.on else "off"
        with st.expander(f"Tuning: {tried}", type="compact"):
            tuning = tuning_field(plan, work)
        with st.expander("Capacity", type="compact"):
            capacity = capacity_field(table, plan)
        with buttons.container(horizontal=True, horizontal_alignment="right"):
            applied = st.form_submit_button(
                "Apply without running", help="Takes over the settings in this box. Run does so too."
            )
            pressed = st.form_submit_button("Run", type="primary", icon=":material/play_arrow:", disabled=work is None)
        if not (applied or pressed):
            return
        try:
            changed = session().planned(
                training=replace(plan.training, **training_values),  # type: ignore[arg-type]
                split=replace(plan.split, **split_values),  # type: ignore[arg-type]
                tuning=tuning,
                capacity=capacity,
            )
            remember(changed)
            if pressed and changed.plan is not None:
                start_run(changed.plan, table)
                return  # it could not start, and has said why
            # Said by the rerun, as this one ends here.
            st.session_state[_APPLIED] = applied_in_words(plan, changed.plan or plan)
        except (PlanError, TableError) as error:
            st.error(sentence(error), icon=":material/error:")
            return
    st.rerun()


def applied_in_words(before: Plan, after: Plan) -> str:
    """Say what pressing Apply did."""
    if after == before:
        return "Nothing was changed."
    return f"Settings applied: {sentence(after.in_words)}."


def training_fields(training: TrainingSettings) -> dict[str, object]:
    a, b, c = st.columns(3)
    return {
        "learning_rate": a.number_input(
            "Learning rate", 1e-6, 1.0, training.learning_rate, 0.001, format="%.4f", help="Step size of AdamW."
        ),
        "batch_size": b.number_input(
            "Batch size", 1, 65_536, training.batch_size, 32,
            help=explained("Rows per step.", "batch"),
        ),
        "epochs": c.number_input(
            "Epochs", 1, 5_000, training.epochs, 5,
            help=explained("Maximum passes over the rows.", "epoch"),
        ),
        "patience": a.number_input(
            "Early stopping after", 0, 5_000, training.patience, 1,
            help=explained(
                "Epochs without a better result on the held-out rows before training stops; 0 turns it off.",
                "early_stopping",
            ),
        ),
        "validation_split": b.number_input(
            "Validation share", 0.05, 0.5, training.validation_split, 0.05,
            help=explained(
                "Share of the training rows held out for early stopping and thresholds; no sampler touches it.",
                "validation",
            ),
        ),
        "stop_on": c.selectbox(
            "Stop on", STOP_ON, STOP_ON.index(training.stop_on),
            format_func=lambda key: METRIC_NAMES.get(key, "Each network's own loss"),
            help="What early stopping watches on the held-out rows. F1 and other metrics of decisions are taken at "
            "the threshold that is best for them there. Not offered: "
            + "; ".join(f"{METRIC_NAMES[key]}, since {why}" for key, why in NOT_STOPPED_ON.items()) + ".",
        ),
        "members": a.number_input(
            "Members", 1, 20, training.members,
            help="Networks per strategy. Several are cross-fitted: each stops on another part of the training rows, so "
            "that all rows are learned from, and they decide together.",
        ),
        "weight_decay": b.number_input(
            "Weight decay", 0.0, 1.0, training.weight_decay, 0.004, format="%.3f",
            help="How much each epoch shrinks the weights, as a share; 0 turns it off.",
        ),
        "beta_2": c.number_input(
            "Beta 2", 0.5, 0.999999, training.beta_2, 0.01, format="%.4f",
            help="Decay rate of AdamW's running mean of squared gradients.",
        ),
        "schedule": a.selectbox(
            "Learning rate over time", SCHEDULES, SCHEDULES.index(training.schedule),
            format_func=SCHEDULE_NAMES.__getitem__,
            help="Whether it stays constant, falls along a cosine, or rises and falls as in RealMLP.",
        ),
        "warm_up": b.number_input(
            "Warm-up", 0.0, 0.5, training.warm_up, 0.05,
            help="Share of the steps in which the learning rate rises from 0.",
        ),
        "clip_norm": c.number_input(
            "Gradient clipping", 0.0, 1_000.0, training.clip_norm, 1.0,
            help="Longer gradients are scaled down to this norm, each network's on its own; 0 turns it off.",
        ),
    }  # fmt: skip


def split_fields(split: SplitSettings) -> dict[str, object]:
    a, b, c = st.columns(3)
    values: dict[str, object] = {
        "folds": a.number_input(
            "Folds",
            2,
            50,
            split.folds,
            help=explained("The table is split into this many parts; each is the test part once.", "fold"),
        ),
        "repeats": b.number_input(
            "Repeats",
            1,
            100,
            split.repeats,
            help=explained("How many times the table is split. More repeats give more certain figures.", "repeat"),
        ),
        "seed": c.number_input("Seed", 0, 2**31 - 1, split.seed, help="The same seed gives the same result."),
    }
    by = [f"grouped by {plain(split.group)}"] if split.group is not None else []
    by += [f"split by time in {plain(split.time)}"] if split.time is not None else []
    st.caption(f"Rows are {' and '.join(by) or 'neither grouped nor split by time'}: the Data page changes that.")
    return values


framed(main)
