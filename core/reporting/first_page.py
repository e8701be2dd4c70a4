"""The report's first page, for a reader with one minute: what to use, what it does, and what else was found."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.evaluation.intervals import Interval, Intervals, intervals
from core.evaluation.metrics import metric_of
from core.evaluation.shown import plain_keys
from core.reporting._html import bullets, escaped, scrolled, worded
from core.reporting.display import Grid, html_table
from core.reporting.questions import Answer, questions
from core.reporting.results import Results
from core.settings import CapacitySettings

# What it shows of a strategy beside what it is judged by, and the answers that it quotes.
_SHOWN = ("precision", "recall", "f1", "average_precision")
_QUOTED = ("promise", "net_benefit", "calibration", "slices", "errors", "suspects")


def first_page(results: Results, shown: Intervals, answers: Sequence[Answer]) -> str:
    """Return the page as HTML; empty where nothing has a result.

    Parameters
    ----------
    answers : sequence of Answer
        What was asked of the run; the first sentence of each is its answer in short.

    See Also
    --------
    core.reporting.report.report : Puts it at the head.

    Examples
    --------
    >>> from core.evaluation.intervals import intervals
    >>> from core.evaluation.sample import sample_run
    >>> results = Results(sample_run().problem, sample_run().folds)
    >>> page = first_page(results, intervals(results.comparison, results.plan), ())
    >>> "In one minute" in page, "Plain network, recommended" in page
    (True, True)
    """
    advice = results.advice
    if advice is None:
        return ""
    counts = f"<p>{worded(advice.counts.text)}</p>" if advice.counts is not None else ""
    worth = (advice.worth.text,) if advice.worth is not None else ()
    saved = advice.why[:1] if results.stakes.has_costs else ()
    # The table shows what the headline is about: decisions as they were settled.
    decided = intervals(results.decided, results.plan) if results.stakes.decides else shown
    quoted = _quoted(results)
    found = "".join(
        f"<li><strong>{escaped(answer.title)}</strong>: {worded(answer.sentences[0])}</li>"
        for answer in answers
        if answer.sentences and answer.title in quoted
    )
    settled = bullets(results.stakes.sentences())
    return (
        f"<section class='verdict minute'><h2>In one minute</h2><p><strong>{worded(advice.headline)}</strong></p>"
        f"{counts}{bullets((*saved, *advice.helps, *advice.warnings, *worth))}"
        f"{_table(results, advice.key, advice.metric, decided)}"
        + (f"<h3>What was settled</h3>{settled}" if settled else "")
        + (f"<h3>What else was found</h3><ul>{found}</ul>" if found else "")
        + "</section>"
    )


def _table(results: Results, advised: str | None, metric: str, shown: Intervals) -> str:
    """Return the recommended strategy beside the one with the best mean and the plain network."""
    comparison, lines = results.lines
    best = [s.key for s in comparison.ranked(metric)[:1]]
    keys = dict.fromkeys([*([] if advised is None else [advised]), *best, *plain_keys(comparison)[:1]])
    names, metrics = comparison.marked(lines), tuple(dict.fromkeys((metric, *_SHOWN)))
    rows = tuple(
        (
            names[key] + (", recommended" if key == advised else ""),
            *(_cell(shown.of(key, one)) for one in metrics),
        )
        for key in keys
    )
    grid = Grid(("Strategy", *(metric_of(one).name for one in metrics)), rows, frozenset())
    note = f"<p class='small'>Values and {escaped(shown.name)}, {comparison.folds_in_words()}.</p>"
    return scrolled(html_table(grid)) + note


def _cell(value: Interval) -> str:
    if np.isnan(value.value):
        return "–"
    return f"{value.value:.3f}" + ("" if np.isnan(value.low) else f"\n{value.low:.3f} to {value.high:.3f}")


def _quoted(results: Results) -> frozenset[str]:
    """Return the titles of the answers to quote: on what nobody settled there is little to say."""
    keys = {*_QUOTED}
    if results.stakes.has_costs:
        keys.add("costs")
    if results.stakes.capacity is not None or results.plan.capacity != CapacitySettings():
        keys.add("capacity")
    return frozenset({"Importance", *(question.title for key, question in questions().items() if key in keys)})
