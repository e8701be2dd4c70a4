"""A run's results, one view at a time: what is not looked at is not computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from core.evaluation.comparison import Comparison, compare
from core.runs.latest import Latest
from core.runs.store import StoreError
from core.strategies import choices_of, label
from pages._cache import cached
from pages._calibration import show_calibration
from pages._capacity import show_capacity
from pages._classes import show_classes
from pages._code import show_code
from pages._errors import show_errors
from pages._net_benefit import show_net_benefit
from pages._next_file import show_next_file
from pages._overview import show_overview
from pages._pairs import show_pairs
from pages._promise import show_promise
from pages._recommendation import show_recommendation
from pages._report import show_report
from pages._services import store
from pages._slices import show_slices
from pages._text import plain, sentence
from pages._threshold import show_threshold
from pages._training import show_training
from pages._why import show_why

if TYPE_CHECKING:
    from core.runs.record import RunRecord


class View(NamedTuple):
    """One way to look at a run; ``show`` takes the record, the comparison, strategy names and a cache key.

    With ``same_rows`` it holds strategies against each other row by row, so that all must have decided the same rows.
    """

    key: str
    title: str
    show: Callable[[RunRecord, Comparison, dict[str, str], str], None]
    same_rows: bool = False


VIEWS = (
    View("overview", "Overview", show_overview),
    View("pairs", "Pairs", show_pairs),
    View("threshold", "Threshold", show_threshold, same_rows=True),
    View("capacity", "Capacity", show_capacity, same_rows=True),
    View("net_benefit", "Net benefit", show_net_benefit, same_rows=True),
    View("promise", "Promise", show_promise, same_rows=True),
    View("calibration", "Calibration", show_calibration, same_rows=True),
    View("classes", "Classes", show_classes),
    View("slices", "For whom", show_slices, same_rows=True),
    View("why", "Why", show_why),
    View("errors", "Errors", show_errors, same_rows=True),
    View("next_file", "Next file", show_next_file),
    View("training", "Training", show_training),
    View("code", "Code", show_code),
    View("report", "Report", show_report),
)


def show_results(record: RunRecord, done: set[str]) -> None:
    """Show what the finished folds say, in the view that is chosen."""
    comparison = comparison_of(record.id)
    if store().finished_units(record.id) != done:  # one was damaged, and is set aside
        st.rerun()
    names = comparison.marked({choice.key: label(choice) for choice in choices_of(record.plan)})
    if len(done) < record.units_total:
        st.caption(f"Figures after {len(done)} of {record.units_total} folds.")
    show_notes(comparison, names)
    if comparison.strategies:
        key = f"{record.id} {store().fingerprint(record.id)}"
        show_recommendation(record, comparison, names, key)
        show_view(chosen_view(), record, comparison, names, key)


def show_view(view: View, record: RunRecord, comparison: Comparison, names: dict[str, str], key: str) -> None:
    if view.same_rows and comparison.partial:
        left_out = ", ".join(plain(names[s.key], 120) for s in comparison.partial)
        st.caption(f"Left out here, as they have not decided all rows: {left_out}.")
        comparison = comparison.of_whole()
        if not comparison.strategies:
            st.info("No strategy finished all folds, so there are no rows that all have decided.")
            return
    view.show(record, comparison, names, key)


def chosen_view() -> View:
    """Return the view that the switch stands on; the address keeps it, so that it can be linked and reloaded."""
    views = {view.key: view for view in VIEWS}
    key = st.segmented_control(
        "View",
        list(views),
        default=VIEWS[0].key,
        format_func=lambda key: views[key].title,
        key="view",
        label_visibility="collapsed",
        required=True,
        bind="query-params",
    )
    return views[key or VIEWS[0].key]


def comparison_of(run_id: str) -> Comparison:
    """Return the comparison of a run's finished folds."""
    return _latest(run_id).of(store().fingerprint(run_id))


@cached(max_entries=16)
def _latest(run_id: str) -> Latest[Comparison]:
    def make() -> Comparison:
        record = store().record(run_id)
        try:
            return compare(store().results(run_id), record.plan, record.classes)
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise StoreError("The results of this run do not fit its plan: delete it and run it anew.") from error

    return Latest(make)


def show_notes(comparison: Comparison, names: dict[str, str]) -> None:
    for key, reason in comparison.failed:
        st.warning(f"**{plain(names[key], 120)}** has no result: {sentence(reason)}", icon=":material/block:")
    for note in comparison.notes:
        st.warning(sentence(note), icon=":material/info:")
    changed = [(names[s.key], note) for s in comparison.strategies for note in (*s.notes, *s.errors)]
    if changed:
        with st.expander(f"What strategies had to change ({len(changed)})", icon=":material/info:"):
            for name, note in changed:
                st.markdown(f"**{plain(name, 120)}** – {sentence(note)}")
