"""Whether more rows would help: a run's strategy on halves of its training rows, worked out once and kept."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from core.asking import add_functions, results_of
from core.charts.lines import Axis, strategy_lines
from core.data.problem import Problem
from core.data.table import Table
from core.evaluation.learning_curve import Outlook, curve_of, ends_of, outlook
from core.evaluation.metrics import METRIC_NAMES, metric_of
from core.evaluation.recommendation import Recommendation
from core.evaluation.verdict import MAIN_METRIC
from core.experiment.estimate import Workload
from core.experiment.fewer_rows import MAX_FOLDS, SHARES, LearningCurve, run_on_fewer, settings_by_fold
from core.experiment.results import FoldResult
from core.plan import Plan, PlanError, StrategyChoice, TuningSettings
from core.reporting.display import Drawing, shown_class
from core.reporting.questions import Answer, Column, QuestionError
from core.reporting.results import Results
from core.runs.reasons import keep_curve, kept_curve
from core.runs.store import Store, StoreError, runs_folder
from core.strategies.presets import PLAIN
from core.strategies.seconds import TrainingSize
from core.words import TableError, counted, quoted, which_there_are


def work_out(
    table: Table,
    plan: Plan,
    strategy: str,
    whole: tuple[FoldResult, ...],
    report: Callable[[float, str], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> LearningCurve:
    """Train a strategy on halves of its training rows, and return its learning curve.

    A tuned run's parts have the settings that tuning chose in each fold. Where those were not kept, all is trained
    anew without tuning.

    See Also
    --------
    core.experiment.fewer_rows.run_on_fewer : The training.
    """
    curve = curve_of(strategy, run_on_fewer(table, plan, strategy, whole, report, should_stop))
    tuned = plan.tuning.on and settings_by_fold(plan, strategy, whole) is not None
    return replace(curve, tuned=tuned)


def seconds(problem: Problem, choice: StrategyChoice, whole: Sequence[FoldResult] = ()) -> float:
    """Return roughly how long a learning curve takes.

    Parameters
    ----------
    whole : sequence of FoldResult
        The run's.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> run = sample_run()
    >>> 0 < seconds(run.problem, run.plan.strategies[0]) < 60
    True
    """
    plan = replace(problem.plan, tuning=TuningSettings())
    folds = min(MAX_FOLDS, plan.split.folds)
    work = replace(Workload.of(replace(problem, plan=plan)), units=folds)
    anew = settings_by_fold(problem.plan, choice.key, whole) is None
    parts = [share for share in SHARES if share < 1 or anew]
    return sum(replace(work, rows=_smaller(work, share)).seconds((choice,)) for share in parts)


def _smaller(work: Workload, share: float) -> TrainingSize:
    return replace(work.rows, counts=tuple(max(1.0, count * share) for count in work.rows.counts))


def answer_of(curve: LearningCurve, results: Results, metric: str = MAIN_METRIC, wanted: float | None = None) -> Answer:
    """Return what more rows would do for a metric, as sentences, a table and a figure.

    Parameters
    ----------
    wanted : float or None
        The score that is asked for; None asks for 0.05 more than now.

    Raises
    ------
    ValueError
        There is no such metric.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> rows = np.array([[4.0, 1.0], [8.0, 2.0], [16.0, 4.0]])
    >>> curve = LearningCurve("smote", rows, ("f1",), np.full((3, 3, 1), 0.8))
    >>> print(answer_of(curve, Results(sample_run().problem, sample_run().folds)).sentences[0])
    More rows would not help SMOTE: F1 is 0.80 with half of the rows, and 0.80 with all.
    """
    name = METRIC_NAMES[metric_of(metric).key]
    code = shown_class(results.comparison)
    seen = outlook(curve, metric, results.plan.split, wanted)
    value, low, high = ends_of(curve, metric, results.plan.split.folds)
    table = pd.DataFrame(
        {
            "Training rows": curve.rows.sum(axis=1).round(),
            f"of {results.target.labels[code]}": curve.rows[:, code].round(),
            name: value, "Low": low, "High": high,
        }
    )  # fmt: skip
    columns = {
        "Training rows": Column("whole", "The mean over folds; the last line has all of them."),
        f"of {results.target.labels[code]}": Column("whole", ""),
        name: Column("number", metric_of(metric).help),
        "Low": Column("number", "95% interval by folds."),
        "High": Column("number", "95% interval by folds."),
    }
    called = results.names.get(curve.key, curve.key)
    if not np.isfinite(seen.now):
        return Answer("More rows", (f"{called} has no value of {name} on halves of the rows.",), table, columns)
    axes = (Axis("Training rows", ",.0f"), Axis(name, ".3f"))
    figure = strategy_lines([curve.key], {curve.key: called}, curve.rows.sum(axis=1), value[None], axes,
                            ends=(low[None], high[None]))  # fmt: skip
    figure.update_traces(mode="lines+markers", selector={"mode": "lines", "hoverinfo": None})
    caption = f"{name} on the test rows, by the rows that {called} learned from, with 95% intervals by folds."
    folds = curve.scores.shape[1]
    notes = [
        f"Trained anew on parts of the training rows of {counted(folds, 'fold')}, each within the next larger one. "
        "What lies beyond all rows is an inverse power law through these points: take it as a rough guide."
    ]
    if results.plan.tuning.on:
        notes.append(
            "Settings are those that tuning chose on all training rows of each fold: with fewer rows it might have "
            "chosen others."
            if curve.tuned
            else "Without tuning, so that the value with all rows is not that of the run."
        )
    return Answer(
        "More rows", tuple(_said(seen, called, name, code, results)), table, columns,
        drawings=(Drawing("Learning curve", caption, figure),), notes=tuple(notes),
    )  # fmt: skip


def _said(seen: Outlook, called: str, name: str, code: int, results: Results) -> list[str]:
    called = "the plain network" if called == results.names.get(PLAIN.key) else called
    label, n = quoted(results.target.labels[code]), int(results.target.counts[code])
    if not seen.helps:
        return [
            f"More rows would not help {called}: {name} is {seen.half:.2f} with half of the rows, and {seen.now:.2f} "
            "with all."
        ]
    article = "an" if name[0] in "AFM" else "a"  # F1 and MCC are spelt
    twice = f"with twice the rows ({2 * n:,} of {label}) {name} would be about {seen.doubled:.2f}"
    if np.isfinite(seen.times) and seen.times > 1:
        first = (
            f"About {_rounded(n * seen.times):,} rows of {label} (there are {n:,}) would be needed for {article} "
            f"{name} of {seen.wanted:.2f}, which is {seen.now:.2f} now; {twice}."
        )
    elif np.isfinite(seen.times):
        first = f"{name} is {seen.now:.2f} already; {twice}."
    else:
        first = (
            f"More rows would help a little: {twice}, which is {seen.now:.2f} now, and levels off near "
            f"{seen.limit:.2f}."
        )
    if seen.is_clear:
        return [first]
    if np.isnan(seen.p):
        return [first, "There are too few folds to tell this rise from chance."]
    return [first, f"These folds cannot tell the rise from chance (p = {seen.p:.2f}), so that it may be none."]


def _rounded(number: float) -> int:
    """Return a number with two digits, as it is no more exact."""
    return int(float(f"{number:.2g}")) if number >= 100 else round(number)


def worked_out(
    store: Store, results: Results, strategy: str, report: Callable[[float, str], None] | None = None
) -> LearningCurve:
    """Return what is kept, else work it out in this process and keep it."""
    kept = kept_curve(store, results.run_id, strategy)
    if kept is None:
        kept = work_out(results.table, results.plan, strategy, results.folds, report)
        keep_curve(store, results.run_id, strategy, kept)
    return kept


def asked_for(advice: Recommendation | None, metric: str) -> tuple[str, float | None]:
    """Return the metric to speak of and the score to ask for: one better than chance, where rows are ranked by it.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.evaluation.recommendation import recommend
    >>> asked_for(recommend(sample_run().comparison, sample_run().plan), "f1")
    ('f1', None)
    >>> asked_for(None, "cost")
    ('f1', None)
    """
    if advice is not None and advice.needed_precision is not None:
        return "average_precision", advice.needed_precision
    # A curve has no costs: they are settled after the run.
    return metric if metric in METRIC_NAMES else MAIN_METRIC, None


def main(arguments: Sequence[str]) -> int:
    """Say on the command line whether more rows would help a kept run, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m core rows", description="Say whether more rows would help, and about how many."
    )
    parser.add_argument("run", metavar="RUN", help="a run's id, or its name in History")
    parser.add_argument("--strategy", help="its key (default: the recommended one)")
    parser.add_argument("--metric", default=None, help="that is judged by, such as average_precision (default: f1)")
    parser.add_argument("--wanted", type=float, help="the score that is asked for (default: 0.05 more than now)")
    add_functions(parser)
    parser.add_argument("--runs", type=Path, metavar="FOLDER", help="where runs are kept (default: the app's folder)")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    given = parser.parse_args(list(arguments))
    store = Store(given.runs or runs_folder())
    try:
        results = results_of(store, given.run, given.network)
        if given.metric is not None and given.metric not in METRIC_NAMES:
            there = which_there_are(given.metric, METRIC_NAMES, "choose one of")
            raise QuestionError(f"There is no metric '{given.metric[:60]}': {there}")
        advice = results.advice
        strategy = given.strategy or (advice.key if advice is not None else None)
        if strategy is None or strategy not in results.names:
            there = which_there_are(str(strategy or ""), results.names, "choose one of")
            raise QuestionError(f"This run has no result of a strategy '{str(strategy or '')[:60]}': {there}")
        metric, wanted = asked_for(advice, MAIN_METRIC) if given.metric is None else (given.metric, None)
        curve = worked_out(store, results, strategy)
    except (PlanError, QuestionError, StoreError, TableError) as problem:
        print(problem, file=sys.stderr)
        return 2
    answer = answer_of(curve, results, metric, wanted if given.wanted is None else given.wanted)
    print(json.dumps(answer.as_json(), ensure_ascii=False) if given.json else answer)
    return 0
