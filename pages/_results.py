"""A run's results, one view at a time: what is not looked at is not computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.evaluation.comparison import Comparison, compare
from core.runs.latest import Latest
from core.runs.stakes import stakes_of
from core.runs.store import StoreError
from core.strategies import choices_of, label
from pages._cache import cached
from pages._recommendation import show_recommendation
from pages._services import store
from pages._tab import run_problem
from pages._text import plain, sentence
from pages._verdict import start_metric
from pages._view import View, pick_view, wanted_view

if TYPE_CHECKING:
    from core.runs.record import RunRecord


def show_results(record: RunRecord, done: set[str]) -> None:
    """Show what the finished folds say, in the view that is chosen."""
    comparison = comparison_of(record.id)
    start_metric(comparison)
    if store().finished_units(record.id) != done:  # one was damaged, and is set aside
        st.rerun()
    names = comparison.marked({choice.key: label(choice) for choice in choices_of(record.plan)})
    if len(done) < record.units_total:
        st.caption(f"Figures after {len(done)} of {record.units_total} folds.")
    show_notes(comparison, names)
    if comparison.strategies:
        key = f"{record.id} {version_of(record.id)}"
        show_recommendation(record, comparison, names, key, whole=wanted_view().key == "overview")
        show_view(pick_view(), record, comparison, names, key)


def show_view(view: View, record: RunRecord, comparison: Comparison, names: dict[str, str], key: str) -> None:
    if view.same_rows and comparison.partial:
        left_out = ", ".join(plain(names[s.key], 120) for s in comparison.partial)
        st.caption(f"Left out here, as they have not decided all rows: {left_out}.")
        comparison = comparison.of_whole()
        if not comparison.strategies:
            st.info("No strategy finished all folds, so there are no rows that all have decided.")
            return
    view.show(record, comparison, names, key)


def version_of(run_id: str) -> str:
    """Return what makes a run's figures new: its finished folds, and what was settled about its decisions."""
    return f"{store().fingerprint(run_id)} {sorted(stakes_of(store(), run_id).to_query().items())}"


def comparison_of(run_id: str) -> Comparison:
    """Return the comparison of a run's finished folds."""
    return _latest(run_id).of(version_of(run_id))


@cached(max_entries=16)
def _latest(run_id: str) -> Latest[Comparison]:
    def make() -> Comparison:
        record, stakes = store().record(run_id), stakes_of(store(), run_id)
        try:
            # Reading the table anew is left out where nothing in it decides a figure.
            if not stakes.has_costs and stakes.capacity is None and not record.plan.capacity.per:
                return compare(store().results(run_id), record.plan, record.classes)
            from core.evaluation.settled import comparison_of as settled_comparison

            problem = run_problem(run_id, store().fingerprint(run_id))
            return settled_comparison(store().results(run_id), problem, stakes)
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
        with st.expander(f"What strategies had to change ({len(changed)})"):
            for name, note in changed:
                st.markdown(f"**{plain(name, 120)}** – {sentence(note)}")
