"""What to use, above everything: one sentence, numbers to count, why, and what to do next as buttons."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from core.charts.waffle import waffle
from core.evaluation.checks import Evidence, Finding, run_checks
from core.evaluation.checks.decisions import twins
from core.evaluation.recommendation import Recommendation, recommend
from core.evaluation.resampling import groups_of
from core.evaluation.settled import advice_of as settled_advice
from core.evaluation.shown import folded
from core.evaluation.verdict import MAIN_METRIC
from core.runs.stakes import stakes_of
from core.words import duration
from pages._cache import cached
from pages._guard import guarded
from pages._services import store
from pages._start import start_run
from pages._tab import run_problem
from pages._text import bare, sentence, told_apart
from pages._verdict import assessment, chosen_spread, decided_of, judged_by, pick_metric, show_tests
from pages._view import open_view

if TYPE_CHECKING:
    from core.evaluation.comparison import Comparison
    from core.runs.record import RunRecord

_MOST_REPEATS = 10


def show_recommendation(
    record: RunRecord, comparison: Comparison, names: dict[str, str], key: str, *, whole: bool
) -> None:
    """Show what the run recommends on the metric that is picked, and below it the tests behind it.

    Parameters
    ----------
    whole : bool
        Whether all of it stands open; otherwise it is one line, to be opened.
    """
    advice = advice_of(record, comparison, key, judged_by())
    usable = advice is None or advice.is_usable
    line = "No strategy has a result yet." if advice is None else sentence(advice.headline)
    if whole:
        box = st.container(border=True, key="recommendation")
        title, pick = box.columns([3, 1], vertical_alignment="center")
        title.subheader("What to use", anchor=False)
    else:
        icon = ":material/lightbulb:" if usable else ":material/block:"
        pick = box = st.expander(line, icon=icon, key="recommendation_line")
    with pick:
        pick_metric(comparison)
    with box:
        words = box
        if whole and advice is not None and advice.counts is not None:
            words, picture = box.columns([3, 2], gap="large", vertical_alignment="center")
            picture.html(waffle(advice.counts))
        with words:
            if whole and usable:
                st.markdown(line if advice is None else f"##### {line}")
            elif whole:
                st.error(f"**{line}**", icon=":material/block:")
            if advice is not None:
                show_advice(record, advice, key)
        if advice is not None:
            show_grounds(record, comparison, names, key, advice)


def show_advice(record: RunRecord, advice: Recommendation, key: str) -> None:
    """Show what stands below the headline: counts, warnings and next steps."""
    if advice.counts is not None:
        st.markdown(sentence(advice.counts.text))
    for said in advice.helps:
        st.markdown(sentence(said))
    for said in advice.warnings:
        st.warning(sentence(said), icon=":material/warning:")
    if advice.key is not None:
        show_steps(record, advice, key)


def show_grounds(
    record: RunRecord, comparison: Comparison, names: dict[str, str], key: str, advice: Recommendation
) -> None:
    """Show why it is recommended: reasons, checks and tests."""
    worth = (advice.worth.text,) if advice.worth is not None else ()
    if advice.why or worth:
        st.markdown("\n".join(f"- {sentence(said)}" for said in (*advice.why, *worth)))
    show_checks(findings_of(record, comparison, key, judged_by()))
    show_pair(record, comparison, names, key)
    with st.expander("The tests behind it"):
        show_tests(record, comparison, key)


def recommended_key(record: RunRecord, comparison: Comparison, key: str) -> str:
    """Return the strategy that lists open on: the recommended one, else the best on the metric, else the first."""
    advice = advice_of(record, comparison, key, judged_by())
    if advice is not None and advice.key is not None:
        return str(advice.key)
    return comparison.ranked(judged_by())[0].key


def usable_key(record: RunRecord, comparison: Comparison, key: str) -> str | None:
    """Return the recommended strategy, to mark it in tables; None where none can be used."""
    advice = advice_of(record, comparison, key, judged_by())
    return advice.key if advice is not None and advice.is_usable else None


def one_line_each(
    record: RunRecord, comparison: Comparison, names: dict[str, str], key: str
) -> tuple[Comparison, dict[str, str], str]:
    """Return a comparison with one line for strategies that did the same thing, names that say so, and the advised."""
    advised = recommended_key(record, comparison, key)
    comparison, names = folded(comparison, names, alike_in(record, comparison, key), [advised])
    return comparison, names, advised


@cached(max_entries=8)
def alike_in(_record: RunRecord, _comparison: Comparison, key: str) -> tuple[tuple[str, ...], ...]:
    return twins(Evidence(_comparison.of_whole(), _record.plan, MAIN_METRIC))


def show_steps(record: RunRecord, advice: Recommendation, key: str) -> None:
    """Offer what a person does next: export, errors, another threshold, more repeats, more rows.

    Where nothing is usable, what would help comes first and the export last.
    """
    with st.container(horizontal=True, key="next_steps"):
        if advice.is_usable:
            step_to_export(record, advice)
        else:
            step_to_more_rows(primary=True)
        st.button(
            "Look at its errors", icon=":material/error:", key="step_errors", on_click=open_view, args=("errors",)
        )
        to_try = stakes_of(store(), record.id).to_try(len(record.classes))
        if to_try is not None:
            st.button(to_try[0], icon=":material/tune:", key="step_threshold", on_click=open_view, args=("threshold",),
                      help=to_try[1])  # fmt: skip
        repeats = None if record.active else more_repeats(record)
        if repeats is not None:
            step_to_repeats(record, key, repeats)
        if advice.is_usable:
            step_to_more_rows()
        else:
            step_to_export(record, advice)


def step_to_export(record: RunRecord, advice: Recommendation) -> None:
    if st.button("Export it", icon=":material/download:", type="primary" if advice.is_usable else "secondary",
                 key="step_export", help="Trains it on all rows, to download and to score new rows."):  # fmt: skip
        st.switch_page("pages/export.py", query_params={"run": record.id, "strategy": str(advice.key)})


def step_to_more_rows(*, primary: bool = False) -> None:
    st.button("Would more rows help?", icon=":material/stacked_line_chart:", type="primary" if primary else "secondary",
              key="step_rows", on_click=open_view, args=("more_rows",),
              help="Trains it on halves of the rows, and says about how many would be needed.")  # fmt: skip


def step_to_repeats(record: RunRecord, key: str, repeats: int) -> None:
    with guarded():
        seconds = seconds_of(record.id, key, repeats)
        if st.button(f"Run {repeats} repeats, {duration(seconds)}", icon=":material/replay:", key="step_repeats",
                     help="A new run with the same plan: more repeats tell strategies apart better."):  # fmt: skip
            plan = replace(record.plan, split=replace(record.plan.split, repeats=repeats))
            start_run(plan, store().table(record.id))


def more_repeats(record: RunRecord) -> int | None:
    """Return how many repeats a next run should have; None where more make no sense."""
    split = record.plan.split
    if split.time is not None or split.repeats >= _MOST_REPEATS:
        return None
    return 5 if split.repeats < 5 else _MOST_REPEATS


def show_checks(findings: tuple[Finding, ...]) -> None:
    """Show what the automatic checks found, one line each, with a way out."""
    if not findings:
        return
    with st.expander(f"Worth a look ({len(findings)})", key="findings"):
        for finding in findings:
            st.markdown(f"{sentence(finding.text)} {sentence(finding.way_out)} :gray-badge[{finding.code}]")


def show_pair(record: RunRecord, comparison: Comparison, names: dict[str, str], key: str) -> None:
    """Answer for two strategies that the person picks: is the one better than the other here?"""
    from core.evaluation.duel import duel

    if len(comparison.strategies) < 2:
        return
    with st.expander("Is one better than another here?"):
        keys = [s.key for s in comparison.strategies]
        left, right = st.columns(2)
        words = told_apart(keys, lambda one: bare(names[one]))
        first = left.selectbox("Is", keys, 1, format_func=words, key="duel_first")
        second = right.selectbox("better than", keys, 0, format_func=words, key="duel_second")
        if first == second:
            st.info("Choose two different strategies.")
            return
        decided = decided_of(record, comparison, key)
        pairs = assessment(record, decided, f"{key} decided", judged_by(), chosen_spread()).pairs
        st.markdown(f"**{sentence(duel(pairs, names, str(first), str(second)).text)}**")


@cached(max_entries=64, spinner="Working out what the choice is worth …")
def advice_of(_record: RunRecord, _comparison: Comparison, key: str, metric: str) -> Recommendation | None:
    stakes = stakes_of(store(), _record.id)
    if not stakes.is_default:
        return settled_advice(_comparison, run_problem(_record.id, key), stakes, metric, _record.cautions)
    judged = assessment(_record, _comparison, key, metric, "folds")
    groups = groups_of(run_problem(_record.id, key)) if _record.plan.split.group is not None else None
    return recommend(_comparison, _record.plan, metric, judged, _record.cautions, groups)


@cached(max_entries=64)
def findings_of(_record: RunRecord, _comparison: Comparison, key: str, metric: str) -> tuple[Finding, ...]:
    stakes = stakes_of(store(), _record.id)
    return run_checks(decided_of(_record, _comparison, key), _record.plan, metric, stakes)


@cached(max_entries=64)
def seconds_of(run_id: str, key: str, repeats: int) -> float:
    """Return the seconds that a run's plan would take with so many repeats."""
    from core.experiment.estimate import estimate_seconds

    problem = run_problem(run_id, key)
    plan = problem.plan
    return estimate_seconds(replace(problem, plan=replace(plan, split=replace(plan.split, repeats=repeats))))
