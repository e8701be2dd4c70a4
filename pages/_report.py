"""A run to download: the report, and the results for programs and papers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.data.problem import Problem
from core.evaluation.verdict import MAIN_METRIC
from core.reporting.display import folds_frame, shown_class
from core.reporting.file_names import file_stem
from core.reporting.results import Results
from core.reporting.safe_csv import safe_csv
from core.reporting.writers import parquet, results_latex, summary_frame
from core.runs.labels import checked_rows
from core.runs.latest import Latest
from core.runs.reasons import kept_curve, kept_why
from core.runs.stakes import stakes_of
from core.strategies import choices_of
from pages._cache import cached
from pages._services import store

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.evaluation.comparison import Comparison
    from core.reporting.questions import Answer
    from core.runs.record import RunRecord
    from core.runs.store import Store


def show_report(record: RunRecord, comparison: Comparison, names: dict[str, str], key: str) -> None:
    """Offer the report and the results as files, each written once it is asked for."""
    st.markdown(
        "**One HTML file**: a first page for a reader with one minute, then the tests, the data, metrics and curves, "
        "pairs, thresholds, costs, capacity, net benefit, a promise on recall, calibration, classes, slices, errors, "
        "doubtful labels, the importance of columns once it is worked out, the plan, and the method with its papers. "
        "It opens offline, and the browser can print it to a PDF."
    )
    name = file_stem(record.name)
    results = results_of(record, comparison, key)
    version = answers_key(record, comparison, key)
    written = report_of(results, record.name, record.versions, version)
    st.download_button(
        "Download the report",
        lambda: written.of(version),
        f"{name}.html",
        "text/html",
        icon=":material/description:",
        type="primary",
        key="download_report",
        on_click="ignore",
        help="It is written when you press: within seconds, or up to a minute with dozens of strategies.",
    )
    st.markdown("**Results as data**: the figures of every strategy, and of every fold.")
    files: tuple[tuple[str, Callable[[], bytes], str, str], ...] = (
        ("Results, CSV", lambda: safe_csv(summary_frame(results)).encode(), f"{name}.csv", "text/csv"),
        (
            "Folds, Parquet",
            lambda: parquet(folds_frame(comparison, names)),
            f"{name}_folds.parquet",
            "application/octet-stream",
        ),
        ("Table, LaTeX", lambda: results_latex(results).encode(), f"{name}.tex", "text/x-tex"),
        ("Plan, JSON", lambda: record.plan.to_json().encode(), f"{name}_plan.json", "application/json"),
    )
    with st.container(horizontal=True):
        for title, content, file, mime in files:
            st.download_button(title, content, file, mime, key=f"download_{title}", on_click="ignore")


@cached(max_entries=8)
def results_of(_record: RunRecord, _comparison: Comparison, key: str) -> Results:
    return Results(
        Problem.of(store().table(_record.id), _record.plan),
        _comparison.results,
        _record.id,
        stakes_of(store(), _record.id),
    )


@cached(max_entries=4)
def report_of(_results: Results, name: str, versions: tuple[tuple[str, str], ...], key: str) -> Latest[bytes]:
    """Return what writes the report; a renamed run gets a new one.

    It is written in a thread that does not know who looks at the page, so the store is this page's.
    """
    runs = store()
    return Latest(lambda: write(runs, _results, name, versions))


def write(runs: Store, results: Results, name: str, versions: tuple[tuple[str, str], ...]) -> bytes:
    from core.reporting.asked import asked
    from core.reporting.report import report
    from core.why import importance_answer

    answers = [*asked(results, stakes_of(runs, results.run_id), checked_rows(runs, results.run_id))]
    if results.comparison.strategies:
        why = kept_why(runs, results.run_id, shown_class(results.comparison), False)
        if why is not None:
            answers.append(importance_answer(why, results))
        answers += more_rows(runs, results)
    return report(results, name, versions, answers).encode()


def more_rows(runs: Store, results: Results) -> list[Answer]:
    """Return whether more rows would help the recommended strategy, where somebody had that worked out."""
    from core.more_rows import answer_of, asked_for

    advice = results.advice
    if advice is None or advice.key is None:
        return []
    curve = kept_curve(runs, results.run_id, advice.key)
    return [] if curve is None else [answer_of(curve, results, *asked_for(advice, MAIN_METRIC))]


def answers_key(record: RunRecord, comparison: Comparison, key: str) -> str:
    """Return what makes the report's answers new, beside the results."""
    settled = sorted(stakes_of(store(), record.id).to_query().items()), sorted(checked_rows(store(), record.id))
    has_why = bool(comparison.strategies) and kept_why(store(), record.id, shown_class(comparison), False) is not None
    curves = [
        choice.key for choice in choices_of(record.plan) if kept_curve(store(), record.id, choice.key) is not None
    ]
    return f"{key} {settled} {has_why} {curves}"
