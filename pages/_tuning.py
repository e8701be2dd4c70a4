"""Tuning: how much is tried before a run, and what was chosen after it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from core.data.periods import UNIT, moments_of
from core.evaluation.metrics import metric_of
from core.evaluation.tuned import TunedStrategy, tuned_strategies
from core.plan import TuningSettings
from core.reporting.tuned import tuned_grid
from core.settings import TRIALS, TUNE_ON, CapacitySettings
from core.strategies import choices_of
from core.words import duration, joined
from pages._cache import cached
from pages._services import store
from pages._text import bare, plain, told_apart

if TYPE_CHECKING:
    from core.data.table import Table
    from core.experiment.estimate import Workload
    from core.plan import Plan
    from core.runs.record import RunRecord


def tuning_field(plan: Plan, work: Workload | None) -> TuningSettings:
    """Ask how many settings of each strategy are tried, with what a run then takes."""
    left, right = st.columns(2)
    chosen = TuningSettings(
        left.selectbox(
            "Tuning", TRIALS, TRIALS.index(plan.tuning.trials), key="trials",
            # Not with the times: a browser goes on showing the words that a box was first chosen by.
            format_func=lambda trials: f"{trials} settings of each strategy" if trials else "Off",
            help="Tries settings of every strategy, the plain network's too, inside each fold: its own parameters, the "
            "learning rate, weight decay, dropout, width and depth of the network. They are judged on validation rows; "
            "no test row is seen. References keep their settings.",
        ),
        right.selectbox(
            "Settings chosen by", TUNE_ON, TUNE_ON.index(plan.tuning.tune_on), key="tune_on",
            format_func=lambda name: metric_of(name).name,
            help="On validation rows; without tuning it changes nothing. At k, the rows count that can be looked at: "
            "the capacity.",
        ),
    )  # fmt: skip
    if work is not None:
        choices = choices_of(plan)
        times = [
            f"{duration(_with_trials(work, trials).seconds(choices))} with {trials or 'none'}" for trials in TRIALS
        ]
        st.caption(f"Settings tried and run time: {joined(times)}.")
    return chosen


def capacity_field(table: Table, plan: Plan) -> CapacitySettings:
    """Ask how many rows can be looked at: of 1,000, or per period where the table has moments.

    Raises
    ------
    PlanError
        There cannot be so many.
    """
    known = moments_of(table, plan.split.time)
    start, column = plan.capacity, next(iter(known), "")
    left, middle, right = st.columns(3)
    rows = left.number_input(
        "Rows that can be looked at", 0.1, 1e9, start.rows, 10.0, "%.6g", key="plan_capacity_rows",
        help="The riskiest first, for Precision at k and Recall at k. It can be changed after the run, too.",
    )  # fmt: skip
    if not known:
        right.caption("Of every 1,000 rows, as no column says when a row is from.")
        return CapacitySettings(rows)
    if len(known) > 1:
        names = list(known)
        place = names.index(start.by) if start.by in names else 0
        column = right.selectbox(
            "By this column", names, place, format_func=told_apart(names, bare), key="plan_capacity_by"
        )
    periods = ["", *dict.fromkeys(period for periods in known.values() for period in periods)]
    per = middle.selectbox(
        "For every", periods, periods.index(start.per) if start.per in periods else 0, key="plan_capacity_per",
        format_func=lambda period: {"": "1,000 rows", UNIT: "unit"}.get(period, period),
    )  # fmt: skip
    return CapacitySettings(rows, per, column if per and len(known) > 1 else None)


def _with_trials(work: Workload, trials: int) -> Workload:
    return replace(work, tuning=TuningSettings(trials))


def show_tuned(record: RunRecord, names: dict[str, str], key: str) -> None:
    """Show what tuning chose in each fold, and how much that differs; nothing for a run without tuning."""
    if not record.plan.tuning.on:
        return
    st.subheader("Chosen settings", anchor=False)
    tuned = {strategy.key: strategy for strategy in _tuned(record.id, key) if strategy.key in names}
    if not tuned:
        st.info("Nothing could be tuned: the settings are those of the plan.")
        return
    st.caption(
        f"{record.plan.tuning.trials} settings of each strategy were tried in every fold, on validation rows alone. "
        "Settings that differ much between folds say that the choice matters little, or that there are few rows to "
        "choose by."
    )
    words = told_apart(tuned, lambda one: bare(names[one]))
    chosen = st.selectbox("Strategy", list(tuned), format_func=words, key="tuned_strategy")
    st.markdown(plain(tuned[chosen].in_words, 400))
    grid = tuned_grid(tuned[chosen])
    columns = dict(zip(grid.head, map(list, zip(*grid.rows, strict=True)), strict=True))
    st.dataframe(columns, hide_index=True, width="stretch", key="tuned_settings")


@cached(max_entries=8)
def _tuned(run_id: str, key: str) -> tuple[TunedStrategy, ...]:
    del key  # tells runs with more folds apart
    return tuned_strategies(store().results(run_id))
