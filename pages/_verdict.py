"""The tests behind the recommendation, in words, with the choice of metric and interval that goes with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.decision.costs import CostError
from core.evaluation.intervals import Intervals, Kind, intervals
from core.evaluation.resampling import groups_of
from core.evaluation.settled import decided
from core.evaluation.settled import judged_by as start_of
from core.evaluation.verdict import MAIN_METRIC, Assessment, assess
from core.runs.stakes import stakes_of
from pages._cache import cached
from pages._glossary import explained
from pages._services import store
from pages._tab import run_problem
from pages._text import sentence

if TYPE_CHECKING:
    from core.evaluation.comparison import Comparison
    from core.runs.record import RunRecord

SPREADS = {
    "folds": "95% interval by folds",
    "rows": "95% interval by rows",
    "deviation": "Deviation over folds",
}
_HELP = (
    "By folds: how much the value would vary with other training and test rows. By rows: how much with other test rows "
    "alone (1,000 bootstrap draws). The deviation shows how folds differ, not how certain the mean is."
)


def start_metric(comparison: Comparison) -> None:
    """Start from the run's costs where they are settled, else from F1, until the person picks another metric."""
    start, known = start_of(comparison), {metric.key for metric in comparison.metrics}
    if st.session_state.get("judged_start", MAIN_METRIC) != start or judged_by() not in known:
        st.session_state["judged_by"] = start
    st.session_state["judged_start"] = start


def pick_metric(comparison: Comparison) -> None:
    """Let the person choose what strategies are judged by."""
    names = {metric.key: metric.name for metric in comparison.metrics}
    st.session_state["judged_by"] = judged_by()  # what was picked stays, whatever else changes
    st.selectbox(
        "Rank by", list(names), format_func=names.__getitem__, key="judged_by",
        help=explained(
            "Decides which strategy leads. Average precision judges the ranking and knows no threshold. Costs appear "
            "here once you enter them under Threshold and costs; k is how many rows can be looked at, as under "
            "Capacity.",
            "f1", "recall", "precision", "average_precision", "roc_auc", "mcc",
        ),
    )  # fmt: skip


def pick_spread() -> None:
    """Let the person choose what tables and figures show beside each mean."""
    st.selectbox(
        "Uncertainty",
        list(SPREADS),
        format_func=SPREADS.__getitem__,
        key="spread",
        help=explained(_HELP, "interval", "bootstrap", "fold"),
    )


def judged_by() -> str:
    """Return the metric that strategies are judged by."""
    return str(st.session_state.get("judged_by", MAIN_METRIC))


def show_tests(record: RunRecord, comparison: Comparison, key: str) -> None:
    """Show what the tests say on the metric that is picked, and what they do not say."""
    verdict = assessment(record, decided_of(record, comparison, key), f"{key} decided", judged_by(), chosen_spread())
    if not verdict.sentences:
        st.markdown("No strategy has a value on this metric: its test rows lack a class.")
        return
    st.markdown("\n".join(f"- {sentence(said.text)}" for said in verdict.sentences if said.kind != "caution"))
    # Without a test, its sentence is among those above.
    notes = verdict.intervals.notes + (verdict.pairs.notes if verdict.pairs.tested else ())
    for note in notes:
        st.caption(sentence(note))
    if verdict.pairs.tested and len(comparison.strategies) > 1:
        st.caption(
            f"Tested on {verdict.pairs.folds_in_words} that both of a pair finished, corrected for training rows "
            "that folds share (Nadeau and Bengio) and for the number of questions (Holm). Clear means p below 0.05."
        )


@cached(max_entries=16)
def decided_of(_record: RunRecord, _comparison: Comparison, key: str) -> Comparison:
    """Return the comparison with its decisions as they were settled, which the recommendation is about."""
    stakes = stakes_of(store(), _record.id)
    if not stakes.decides:
        return _comparison
    try:
        return decided(_comparison, run_problem(_record.id, key), stakes)
    except CostError:
        return _comparison


def chosen_spread() -> str:
    """Return what is picked beside the verdict: "folds", "rows" or "deviation"."""
    return str(st.session_state.get("spread", "folds"))


def chosen_intervals(record: RunRecord, comparison: Comparison, key: str) -> Intervals | None:
    """Return the intervals that tables and figures should show; None for the deviation over folds."""
    spread = chosen_spread()
    return None if spread == "deviation" else run_intervals(record, comparison, key, _kind(spread))


def _kind(spread: str) -> Kind:
    return "rows" if spread == "rows" else "folds"


@cached(max_entries=16, spinner="Drawing test rows 1,000 times …")
def run_intervals(_record: RunRecord, _comparison: Comparison, key: str, kind: Kind) -> Intervals:
    groups = None
    if kind == "rows" and _record.plan.split.group is not None:
        groups = groups_of(run_problem(_record.id, key))
    return intervals(_comparison, _record.plan, kind, groups=groups)


@cached(max_entries=64)
def assessment(
    _record: RunRecord, _comparison: Comparison, key: str, metric: str, spread: str, rope: float = 0.01
) -> Assessment:
    shown = run_intervals(_record, _comparison, key, _kind(spread))
    return assess(_comparison, _record.plan, metric, shown, rope, _record.cautions)
