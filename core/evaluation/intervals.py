"""How far each metric can be trusted: by the tested rows, and by the folds.

The two answer different questions. By rows: had other rows of the same kind been tested, with these
networks? By folds: had other rows been drawn to train and to test on? The second is wider where
training is fickle, and says little with few folds.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from core.evaluation._row_ends import RowEnds
from core.evaluation.comparison import Comparison, StrategySummary
from core.evaluation.outoffold import finished, mean_scores, pooled_repeats
from core.evaluation.paired import rows_ratio
from core.evaluation.proportions import f1_of_jaccard, wilson
from core.evaluation.resampling import bootstrap_weights
from core.plan import Plan
from core.words import joined

Kind = Literal["folds", "rows"]
KIND_NAMES: dict[Kind, str] = {"folds": "by folds", "rows": "by rows"}
COVERAGE = 0.95
_CELLS = 4_000_000
_SAME = 1e-12


@dataclass(frozen=True)
class Interval:
    """A value and its interval, nan where it is undefined, and the folds that they rest on.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> f1 = intervals(sample_run().comparison, sample_run().plan).of("smote", "f1")
    >>> round(f1.value, 2), round(f1.low, 2), round(f1.high, 2), f1.folds
    (0.82, 0.16, 1.0, 3)
    """

    value: float
    low: float
    high: float
    folds: int


@dataclass(frozen=True, eq=False)
class Intervals:
    """Every strategy's interval on every metric.

    Parameters
    ----------
    kind : {"folds", "rows"}
    level : float
        Coverage that is aimed at.
    frame : DataFrame
        One row per strategy and metric, indexed by them, with columns ``value``, ``low``, ``high`` and ``folds``.
    notes : tuple of str
        What limits these intervals, in plain sentences.

    See Also
    --------
    intervals : Computes them.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> run = sample_run()
    >>> shown = intervals(run.comparison, run.plan)
    >>> shown.name, len(shown.frame)
    ('95% interval by folds', 26)
    """

    kind: Kind
    level: float
    frame: pd.DataFrame
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        """For people, for example "95% interval by folds"."""
        return f"{self.level:.0%} interval {KIND_NAMES[self.kind]}"

    def of(self, strategy: str, metric: str) -> Interval:
        value, low, high, folds = self.frame.to_numpy(np.float64)[self.frame.index.get_loc((strategy, metric))]
        return Interval(float(value), float(low), float(high), int(folds))


def intervals(
    comparison: Comparison,
    plan: Plan,
    kind: Kind = "folds",
    *,
    draws: int = 1000,
    groups: np.ndarray | None = None,
) -> Intervals:
    """Return every strategy's intervals over the folds that it finished.

    Parameters
    ----------
    comparison : Comparison
    plan : Plan
        That the comparison is of.
    kind : {"folds", "rows"}
    draws : int
        Bootstrap draws of intervals by rows.
    groups : ndarray of int64, shape (n_labelled,), or None
        For intervals by rows: rows of one group are drawn together.

    See Also
    --------
    by_folds : What other rows to train and to test on would change.
    by_rows : What other test rows alone would change.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> run = sample_run()
    >>> recall = intervals(run.comparison, run.plan, "rows", draws=100).of("plain", "recall")
    >>> recall.value, recall.folds
    (0.5, 3)
    """
    return by_folds(comparison, plan) if kind == "folds" else by_rows(comparison, plan, draws, groups)


def by_folds(comparison: Comparison, plan: Plan) -> Intervals:
    """Return Student's t intervals of the means over folds.

    The variance carries Nadeau and Bengio's correction for training sets that overlap, as the tests of
    :mod:`core.evaluation.paired` do. Ends are cut at what the metric can reach. A fold on which a metric is
    undefined does not count for it; with fewer than two folds the ends are nan. A metric that is the same on every
    fold, such as an F1 of 0, has no spread to judge by: a share of two classes then has Wilson's interval of the
    counts, and everything else has none.

    See Also
    --------
    by_rows : What other test rows alone would change.
    core.evaluation.paired.corrected_variance : The correction.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> run = sample_run()
    >>> accuracy = by_folds(run.comparison, run.plan).of("plain", "accuracy")
    >>> round(accuracy.value, 2), round(accuracy.low, 2), round(accuracy.high, 2)
    (0.83, 0.55, 1.0)
    """
    ratio = rows_ratio(plan.split)
    rows = {}
    unsure: set[str] = set()
    keys = [metric.key for metric in comparison.metrics]
    ends = np.array([reach(key) for key in keys]).T
    for s in comparison.strategies:
        scores = s.scores[keys].to_numpy(np.float64)
        n = np.isfinite(scores).sum(axis=0)
        with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
            warnings.simplefilter("ignore", RuntimeWarning)  # a metric without a fold is nan, as it should be
            value, spread = np.nanmean(scores, axis=0), np.nanstd(scores, axis=0, ddof=1)
            deviation = spread * np.sqrt(1 / n + ratio)
        half = stats.t.ppf((1 + COVERAGE) / 2, n - 1) * deviation
        low, high = np.clip([value - half, value + half], *ends)
        flat = (n >= 2) & (spread < _SAME)
        unsure |= {metric.name for metric, same in zip(comparison.metrics, flat, strict=True) if same}
        for key, same, *row, folds in zip(keys, flat, value, low, high, n, strict=True):
            edges = _of_counts(s, key, float(row[0])) if same else (float(row[1]), float(row[2]))
            rows[s.key, key] = (float(row[0]), *edges, int(folds))
    notes = []
    if unsure:
        names = joined([metric.name for metric in comparison.metrics if metric.name in unsure])
        notes.append(
            f"Where {names} {'is' if len(unsure) == 1 else 'are'} the same on every fold, the folds show no spread: "
            "the interval is that of the counts, or there is none."
        )
    if comparison.folds < 2:
        notes.append("One fold has no spread: choose the interval by rows, or run more folds.")
    return Intervals("folds", COVERAGE, _frame(rows), tuple(notes))


def by_rows(comparison: Comparison, plan: Plan, draws: int = 1000, groups: np.ndarray | None = None) -> Intervals:
    """Return intervals for other test rows, with the networks that there are.

    Each draw of a bootstrap takes as many rows as there are, with replacement, whatever their classes, and weighs
    every strategy's out-of-fold predictions alike. With several repeats each row was predicted several times: a
    draw's metric is taken from each repeat's pooled rows and averaged over repeats. Averaging a row's probabilities
    over repeats instead would judge an ensemble that nobody trained, and better than one network is; and decisions
    have no average. Drawing the (row, repeat) pairs apart would take five predictions of one row for five rows, and
    the intervals would be too narrow.

    Where few rows stand behind a figure, draws are too much alike, and where all agree they have no spread: shares of
    two classes, F1 among them, have Wilson's interval of the counts, ROC AUC Newcombe's. The other metrics have the
    draws' percentiles, or a normal interval that leans inwards near the ends of what the metric can reach. The ends
    are nan where nothing can be said.

    A repeat's rows are pooled over its folds, so that a fold that lacks a class counts with the rows that it
    has. A repeat in which a draw leaves a metric undefined does not count for it, nor does a draw without any
    repeat. The seed is the plan's.

    Parameters
    ----------
    draws : int
        Bootstrap draws.
    groups : ndarray of int64, shape (n_labelled,), or None
        By labelled row, see :func:`core.evaluation.resampling.groups_of`: rows of one group are drawn together.

    See Also
    --------
    by_folds : What other rows to train and to test on would change.
    core.evaluation.resampling.bootstrap_weights : The draws.
    core.evaluation.proportions : Wilson's interval and Newcombe's.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> run = sample_run()
    >>> accuracy = by_rows(run.comparison, run.plan, draws=200).of("plain", "accuracy")
    >>> round(accuracy.value, 2), round(accuracy.low, 2), round(accuracy.high, 2)
    (0.83, 0.64, 0.93)
    """
    folds = finished(comparison)
    rows = {(s.key, m.key): (np.nan, np.nan, np.nan, 0) for s in comparison.strategies for m in comparison.metrics}
    if folds:
        tested = np.unique(np.concatenate([r.test_rows for r in folds]))
        parts = {s.key: pooled_repeats(folds, s.key, tested, comparison) for s in comparison.strategies}
        rng = np.random.default_rng([plan.split.seed, draws])
        every_row, metrics = np.ones((len(tested), 1)), [m.key for m in comparison.metrics]
        chunks: dict[str, list[dict[str, np.ndarray]]] = {key: [] for key in parts}
        size = max(1, min(draws, _CELLS // len(tested)))
        for start in range(0, draws, size):
            of_rows = None if groups is None else groups[tested]
            weights = bootstrap_weights(len(tested), min(size, draws - start), rng, of_rows)
            for key, own in parts.items():
                chunks[key].append(mean_scores(own, weights, metrics))
        looked = sum(share * len(part) for share, part in comparison.top.of(tested).parts(len(tested)))
        for summary in comparison.strategies:
            key = summary.key
            once = {name: float(value[0]) for name, value in mean_scores(parts[key], every_row, metrics).items()}
            drawn = {m.key: np.concatenate([chunk[m.key] for chunk in chunks[key]]) for m in comparison.metrics}
            is_simple = len(parts[key]) == 1 and groups is None
            ends = RowEnds(once, drawn, summary.confusion / len(parts[key]), is_simple, looked)
            for m in comparison.metrics:
                low, high = ends.of(m.key, reach(m.key), COVERAGE)
                rows[key, m.key] = (once[m.key], low, high, len(summary.scores))
    notes = []
    if plan.split.group is not None and groups is None:
        notes.append(
            f"Rows of one '{plan.split.group}' are not independent, so intervals by rows are too narrow: "
            "prefer those by folds."
        )
    return Intervals("rows", COVERAGE, _frame(rows), tuple(notes))


def _of_counts(summary: StrategySummary, metric: str, value: float) -> tuple[float, float]:
    """Return Wilson's interval of a share of two classes that is the same on every fold; nan for other metrics."""
    if len(summary.confusion) != 2:
        return np.nan, np.nan
    repeats = summary.scores.index.get_level_values("repeat").nunique()
    (_, alarms), (missed, found) = summary.confusion / repeats
    if metric == "f1":
        low, high = wilson(value / (2 - value), found + alarms + missed, COVERAGE)
        return f1_of_jaccard(low), f1_of_jaccard(high)
    rows = {"recall": missed + found, "precision": found + alarms, "accuracy": summary.confusion.sum() / repeats}
    return wilson(value, rows[metric], COVERAGE) if metric in rows else (np.nan, np.nan)


def reach(metric: str) -> tuple[float, float]:
    """Return the lowest and the highest value that a metric can take.

    Examples
    --------
    >>> reach("f1"), reach("mcc")
    ((0.0, 1.0), (-1.0, 1.0))
    """
    known = {"mcc": (-1.0, 1.0), "brier": (0.0, 2.0), **dict.fromkeys(("log_loss", "cost", "benefit"), (0.0, np.inf))}
    return known.get(metric, (0.0, 1.0))


def _frame(rows: dict[tuple[str, str], tuple[float, float, float, int]]) -> pd.DataFrame:
    index = pd.MultiIndex.from_tuples(list(rows), names=["strategy", "metric"])
    return pd.DataFrame(list(rows.values()), index=index, columns=["value", "low", "high", "folds"])
