"""How far each metric can be trusted: by the tested rows, and by the folds.

The two answer different questions. By rows: had other rows of the same kind been tested, with these
networks? By folds: had other rows been drawn to train and to test on? The second is wider where
training is fickle, and says little with few folds.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from core.evaluation.comparison import Comparison
from core.evaluation.metrics import METRICS
from core.evaluation.paired import rows_ratio
from core.evaluation.weighted import Predictions
from core.experiment.results import FoldResult
from core.plan import Plan

Kind = Literal["folds", "rows"]
KIND_NAMES: dict[Kind, str] = {"folds": "by folds", "rows": "by rows"}
COVERAGE = 0.95
_CELLS = 4_000_000


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
    ('95 % interval by folds', 22)
    """

    kind: Kind
    level: float
    frame: pd.DataFrame
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        """For people, for example "95 % interval by folds"."""
        return f"{self.level:.0%} interval {KIND_NAMES[self.kind]}".replace("%", " %")

    def of(self, strategy: str, metric: str) -> Interval:
        value, low, high, folds = self.frame.to_numpy(np.float64)[self.frame.index.get_loc((strategy, metric))]
        return Interval(float(value), float(low), float(high), int(folds))


def intervals(comparison: Comparison, plan: Plan, kind: Kind = "folds", *, draws: int = 1000) -> Intervals:
    """Return every strategy's intervals over the folds that it finished.

    Parameters
    ----------
    comparison : Comparison
    plan : Plan
        That the comparison is of.
    kind : {"folds", "rows"}
    draws : int
        Bootstrap draws of intervals by rows.

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
    return by_folds(comparison, plan) if kind == "folds" else by_rows(comparison, plan, draws)


def by_folds(comparison: Comparison, plan: Plan) -> Intervals:
    """Return Student's t intervals of the means over folds.

    The variance carries Nadeau and Bengio's correction for training sets that overlap, as the tests of
    :mod:`core.evaluation.paired` do. Ends are cut at what the metric can reach. A fold on which a metric is
    undefined does not count for it; with fewer than two folds the ends are nan.

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
    keys = [metric.key for metric in METRICS]
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
        for key, *row, folds in zip(keys, value, low, high, n, strict=True):
            rows[s.key, key] = (float(row[0]), float(row[1]), float(row[2]), int(folds))
    notes = []
    if comparison.folds < 2:
        notes.append("One fold has no spread: choose the interval by rows, or run more folds.")
    return Intervals("folds", COVERAGE, _frame(rows), tuple(notes))


def by_rows(comparison: Comparison, plan: Plan, draws: int = 1000) -> Intervals:
    """Return percentile intervals from a stratified bootstrap over the tested rows.

    Each draw takes as many rows of every class as there are, with replacement, and weighs every
    strategy's out-of-fold predictions alike. With several repeats each row was predicted several times:
    a draw's metric is taken from each repeat's pooled rows and averaged over repeats. Averaging a row's
    probabilities over repeats instead would judge an ensemble that nobody trained, and better than one
    network is; and decisions have no average. Drawing the (row, repeat) pairs apart would take five
    predictions of one row for five rows, and the intervals would be too narrow.

    A repeat's rows are pooled over its folds, so that a fold that lacks a class counts with the rows that it
    has. A repeat in which a draw leaves a metric undefined does not count for it, nor does a draw without any
    repeat. The seed is the plan's.

    Parameters
    ----------
    draws : int
        Bootstrap draws.

    See Also
    --------
    by_folds : What other rows to train and to test on would change.
    stratified_weights : The draws.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> run = sample_run()
    >>> accuracy = by_rows(run.comparison, run.plan, draws=200).of("plain", "accuracy")
    >>> round(accuracy.value, 2), accuracy.low < accuracy.value < accuracy.high
    (0.83, True)
    """
    folds = _finished(comparison)
    rows = {(s.key, m.key): (np.nan, np.nan, np.nan, 0) for s in comparison.strategies for m in METRICS}
    if folds:
        tested = np.unique(np.concatenate([r.test_rows for r in folds]))
        y = np.empty(len(tested), np.int64)
        for r in folds:
            y[np.searchsorted(tested, r.test_rows)] = r.y_true
        prepared = {s.key: [_pooled(part, tested) for part in _repeats(folds, s.key)] for s in comparison.strategies}
        rng = np.random.default_rng([plan.split.seed, draws])
        every_row = np.ones((len(tested), 1))
        points = {key: _mean_scores(parts, every_row) for key, parts in prepared.items()}
        chunks: dict[str, list[dict[str, np.ndarray]]] = {key: [] for key in prepared}
        size = max(1, min(draws, _CELLS // len(tested)))
        for start in range(0, draws, size):
            weights = stratified_weights(y, min(size, draws - start), rng)
            for key, parts in prepared.items():
                chunks[key].append(_mean_scores(parts, weights))
        tail = (1 - COVERAGE) / 2
        counts = {s.key: len(s.scores) for s in comparison.strategies}
        for key, drawn in chunks.items():
            for metric in METRICS:
                values = np.concatenate([chunk[metric.key] for chunk in drawn])
                values = values[np.isfinite(values)]
                ends = np.quantile(values, [tail, 1 - tail]) if len(values) else (np.nan, np.nan)
                rows[key, metric.key] = (
                    float(points[key][metric.key][0]), float(ends[0]), float(ends[1]), counts[key]
                )  # fmt: skip
    notes = []
    if plan.split.group is not None:
        notes.append(
            f"Rows of one '{plan.split.group}' are not independent, so intervals by rows are too narrow: "
            "prefer those by folds."
        )
    return Intervals("rows", COVERAGE, _frame(rows), tuple(notes))


def stratified_weights(y: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Return how often each row is drawn, shape (n, draws): in each draw a class keeps its number of rows.

    Examples
    --------
    >>> y = np.array([0, 0, 0, 1])
    >>> weights = stratified_weights(y, draws=2, rng=np.random.default_rng(0))
    >>> weights[y == 0].sum(axis=0).tolist(), weights[y == 1].tolist()
    ([3.0, 3.0], [[1.0, 1.0]])
    """
    weights = np.empty((len(y), draws))
    for code in np.unique(y):
        rows = np.flatnonzero(y == code)
        n = len(rows)
        picked = rng.integers(0, n, (draws, n)) + n * np.arange(draws)[:, None]
        weights[rows] = np.bincount(picked.ravel(), minlength=n * draws).reshape(draws, n).T
    return weights


def reach(metric: str) -> tuple[float, float]:
    """Return the lowest and the highest value that a metric can take.

    Examples
    --------
    >>> reach("f1"), reach("mcc")
    ((0.0, 1.0), (-1.0, 1.0))
    """
    return {"mcc": (-1.0, 1.0), "log_loss": (0.0, np.inf), "brier": (0.0, 2.0)}.get(metric, (0.0, 1.0))


def _pooled(folds: Sequence[FoldResult], tested: np.ndarray) -> Predictions:
    """Pool a repeat's folds; ``tested`` are the rows, ascending, that weights are given for."""
    return Predictions(
        np.searchsorted(tested, np.concatenate([r.test_rows for r in folds])),
        len(tested),
        np.concatenate([r.y_true for r in folds]),
        np.concatenate([r.probabilities for r in folds]),
        np.concatenate([r.decisions for r in folds]),
    )


def _mean_scores(parts: Sequence[Predictions], weights: np.ndarray) -> dict[str, np.ndarray]:
    by_repeat = [part.scores(weights) for part in parts]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # undefined in every repeat is nan, as it should be
        return {metric.key: np.nanmean([scores[metric.key] for scores in by_repeat], axis=0) for metric in METRICS}


def _finished(comparison: Comparison) -> list[FoldResult]:
    """Return the results that the comparison rests on."""
    places = {(s.key, place) for s in comparison.strategies for place in s.scores.index}
    return [r for r in comparison.results if r.error is None and (r.strategy, (r.repeat, r.fold)) in places]


def _repeats(folds: Sequence[FoldResult], strategy: str) -> list[list[FoldResult]]:
    own = [r for r in folds if r.strategy == strategy]
    return [[r for r in own if r.repeat == repeat] for repeat in sorted({r.repeat for r in own})]


def _frame(rows: dict[tuple[str, str], tuple[float, float, float, int]]) -> pd.DataFrame:
    index = pd.MultiIndex.from_tuples(list(rows), names=["strategy", "metric"])
    return pd.DataFrame(list(rows.values()), index=index, columns=["value", "low", "high", "folds"])
