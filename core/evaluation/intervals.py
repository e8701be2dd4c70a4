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
from scipy import sparse, stats

from core.evaluation.comparison import Comparison
from core.evaluation.metrics import METRICS
from core.evaluation.paired import rows_ratio
from core.plan import Plan
from core.results import FoldResult

Kind = Literal["folds", "rows"]
KIND_NAMES: dict[Kind, str] = {"folds": "by folds", "rows": "by rows"}
LEVEL = 0.95
_CELLS = 4_000_000
_RANKING = ("average_precision", "roc_auc")


@dataclass(frozen=True)
class Interval:
    """A value and its interval; nan where it is undefined."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Intervals:
    """Every strategy's interval on every metric.

    Parameters
    ----------
    kind : {"folds", "rows"}
    level : float
        Coverage that is aimed at.
    frame : DataFrame
        One row a strategy and metric, indexed so, with columns ``value``, ``low`` and ``high``.
    notes : tuple of str
        What limits these intervals, in plain sentences.
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
        value, low, high = self.frame.to_numpy(np.float64)[self.frame.index.get_loc((strategy, metric))]
        return Interval(float(value), float(low), float(high))


def intervals(found: Comparison, plan: Plan, kind: Kind = "folds", *, draws: int = 1000) -> Intervals:
    """Return every strategy's intervals over the comparison's common folds."""
    return by_folds(found, plan) if kind == "folds" else by_rows(found, plan, draws)


def by_folds(found: Comparison, plan: Plan) -> Intervals:
    """Return Student's t intervals of the means over folds.

    The variance carries Nadeau and Bengio's correction for training sets that overlap, as the tests of
    :mod:`core.evaluation.paired` do. Ends are cut at what the metric can reach. A fold on which a metric is
    undefined does not count for it; with fewer than two folds the ends are nan.
    """
    ratio = rows_ratio(plan.split)
    rows = {}
    keys = [metric.key for metric in METRICS]
    ends = np.array([reach(key) for key in keys]).T
    for s in found.strategies:
        scores = s.scores[keys].to_numpy(np.float64)
        n = np.isfinite(scores).sum(axis=0)
        with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
            warnings.simplefilter("ignore", RuntimeWarning)  # a metric without a fold is nan, as it should be
            value, spread = np.nanmean(scores, axis=0), np.nanstd(scores, axis=0, ddof=1)
            deviation = spread * np.sqrt(1 / n + ratio)
        half = stats.t.ppf((1 + LEVEL) / 2, n - 1) * deviation
        low, high = np.clip([value - half, value + half], *ends)
        for key, *row in zip(keys, value, low, high, strict=True):
            rows[s.key, key] = (float(row[0]), float(row[1]), float(row[2]))
    notes = []
    if found.folds < 2:
        notes.append("One fold has no spread: choose the interval by rows, or run more folds.")
    return Intervals("folds", LEVEL, _frame(rows), tuple(notes))


def by_rows(found: Comparison, plan: Plan, draws: int = 1000) -> Intervals:
    """Return percentile intervals from a stratified bootstrap over the tested rows.

    Each draw takes as many rows of every class as there are, with replacement, and weighs every
    strategy's out-of-fold predictions alike. With several repeats each row was predicted several times:
    a draw's metric is taken from each repeat's pooled rows and averaged over repeats. Averaging a row's
    probabilities over repeats instead would judge an ensemble that nobody trained, and better than one
    network is; and decisions have no average. Drawing the (row, repeat) pairs apart would take five
    predictions of one row for five rows, and the intervals would be too narrow.

    A metric is nan in a draw in which a repeat that lacks folds has no row of some class; nan draws do not
    count. The seed is the plan's.

    Parameters
    ----------
    draws : int
        Bootstrap draws.
    """
    folds = _common(found)
    rows = {(s.key, m.key): (np.nan, np.nan, np.nan) for s in found.strategies for m in METRICS}
    if folds:
        tested = np.unique(np.concatenate([r.test_rows for r in folds]))
        y = np.empty(len(tested), np.int64)
        for r in folds:
            y[np.searchsorted(tested, r.test_rows)] = r.y_true
        n_classes = len(found.labels)
        prepared = {
            s.key: [_Repeat.of(part, tested, n_classes) for part in _repeats(folds, s.key)] for s in found.strategies
        }
        rng = np.random.default_rng([plan.split.seed, draws])
        every_row = np.ones((len(tested), 1))
        points = {key: _mean_scores(parts, every_row) for key, parts in prepared.items()}
        chunks: dict[str, list[dict[str, np.ndarray]]] = {key: [] for key in prepared}
        size = max(1, min(draws, _CELLS // len(tested)))
        for start in range(0, draws, size):
            weights = stratified_weights(y, min(size, draws - start), rng)
            for key, parts in prepared.items():
                chunks[key].append(_mean_scores(parts, weights))
        tail = (1 - LEVEL) / 2
        for key, drawn in chunks.items():
            for metric in METRICS:
                values = np.concatenate([chunk[metric.key] for chunk in drawn])
                values = values[np.isfinite(values)]
                ends = np.quantile(values, [tail, 1 - tail]) if len(values) else (np.nan, np.nan)
                rows[key, metric.key] = (float(points[key][metric.key][0]), float(ends[0]), float(ends[1]))
    notes = []
    if plan.split.group is not None:
        notes.append(
            f"Rows of one '{plan.split.group}' are not independent, so intervals by rows are too narrow: "
            "prefer those by folds."
        )
    return Intervals("rows", LEVEL, _frame(rows), tuple(notes))


def stratified_weights(y: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Return how often each row is drawn, shape (n, draws): in each draw a class keeps its number of rows."""
    weights = np.empty((len(y), draws))
    for code in np.unique(y):
        rows = np.flatnonzero(y == code)
        n = len(rows)
        picked = rng.integers(0, n, (draws, n)) + n * np.arange(draws)[:, None]
        weights[rows] = np.bincount(picked.ravel(), minlength=n * draws).reshape(draws, n).T
    return weights


def reach(metric: str) -> tuple[float, float]:
    """Return the least and the greatest value that a metric can take."""
    return {"mcc": (-1.0, 1.0), "log_loss": (0.0, np.inf), "brier": (0.0, 2.0)}.get(metric, (0.0, 1.0))


def weighted_scores(
    y: np.ndarray, probabilities: np.ndarray, decisions: np.ndarray, weights: np.ndarray
) -> dict[str, np.ndarray]:
    """Return every metric of :func:`core.evaluation.metrics.score` under many weightings of the rows at once.

    Parameters
    ----------
    y, decisions : ndarray of int64, shape (n,)
    probabilities : ndarray, shape (n, n_classes)
    weights : ndarray of float64, shape (n, n_draws)
        How often each row counts.

    Returns
    -------
    dict of ndarray, shape (n_draws,)
        By the metric's key; nan in draws that lack a class.
    """
    return _Repeat(np.arange(len(y)), len(y), y, probabilities, decisions).scores(weights)


class _Repeat:
    """One repeat's out-of-fold predictions, sorted and summed up once for all draws.

    ``rows`` are the predictions' places among the ``n_rows`` rows that weights are given for.
    """

    def __init__(
        self, rows: np.ndarray, n_rows: int, y: np.ndarray, probabilities: np.ndarray, decisions: np.ndarray
    ) -> None:
        p = np.asarray(probabilities, np.float64)
        p = p / p.sum(axis=1, keepdims=True)
        self.n_classes = n_classes = p.shape[1]
        n = len(rows)
        hot = np.eye(n_classes)[y]
        eps = np.finfo(np.float64).eps
        clipped = np.clip(p[np.arange(n), y], eps, 1 - eps)
        cells = sparse.csr_matrix((np.ones(n), (y * n_classes + decisions, rows)), (n_classes**2, n_rows))
        losses = np.zeros((2, n_rows))
        losses[:, rows] = ((p - hot) ** 2).sum(axis=1) / (2 if n_classes == 2 else 1), -np.log(clipped)
        self.sums = sparse.vstack([cells, sparse.csr_matrix(losses)], format="csr")
        wanted = (1,) if n_classes == 2 else tuple(range(n_classes))
        self.rankings = [_Ranking(rows, n_rows, y == code, p[:, code]) for code in wanted]

    @classmethod
    def of(cls, folds: Sequence[FoldResult], tested: np.ndarray, n_classes: int) -> _Repeat:
        """Pool a repeat's folds; ``tested`` are the rows, ascending, that weights are given for."""
        return cls(
            np.searchsorted(tested, np.concatenate([r.test_rows for r in folds])),
            len(tested),
            np.concatenate([r.y_true for r in folds]),
            np.concatenate([r.probabilities for r in folds]),
            np.concatenate([r.decisions for r in folds]),
        )

    def scores(self, weights: np.ndarray) -> dict[str, np.ndarray]:
        summed = self.sums @ weights
        k, draws = self.n_classes, weights.shape[1]
        confusion = summed[: k * k].T.reshape(draws, k, k)
        total = confusion.sum(axis=(1, 2))
        found = confusion_scores(confusion)
        ranked = np.mean([ranking.scores(weights) for ranking in self.rankings], axis=0)
        found.update(zip(_RANKING, ranked, strict=True))
        found["brier"], found["log_loss"] = summed[k * k] / total, summed[k * k + 1] / total
        whole = (confusion.sum(axis=2) > 0).all(axis=1)
        return {metric.key: np.where(whole, found[metric.key], np.nan) for metric in METRICS}


class _Ranking:
    """One class against the rest, as sums over runs of the sorted rows.

    Average precision and ROC AUC change only at positive rows. The negatives between two of them, and
    those tied with one, are summed by one sparse product, so that a draw costs one pass over its rows.
    """

    def __init__(self, rows: np.ndarray, n_rows: int, positive: np.ndarray, p: np.ndarray) -> None:
        order = np.argsort(-p, kind="stable")
        group = np.concatenate([[0], np.cumsum(np.diff(p[order]) != 0)]) if len(p) else np.zeros(0, np.int64)
        truth = positive[order]
        holds = np.unique(group[truth])  # groups of equal probability that hold a positive row
        self.size = m = len(holds)
        # Negatives fall into 2m + 1 runs: before, tied with, between and after the groups that hold positives.
        place = np.searchsorted(holds, group, side="left")
        tied = np.zeros(len(p), np.int64)
        if m:
            tied = (holds[np.minimum(place, m - 1)] == group).astype(np.int64)
        run = np.where(truth, 2 * m + 1 + place, 2 * place + tied)
        ones = np.ones(len(p))
        self.runs = sparse.csr_matrix((ones, (run, rows[order])), (3 * m + 1, n_rows))

    def scores(self, weights: np.ndarray) -> np.ndarray:
        """Return average precision and ROC AUC, shape (2, n_draws)."""
        m = self.size
        summed = self.runs @ weights
        negative, hits = summed[: 2 * m + 1], summed[2 * m + 1 :]
        if not m:
            return np.full((2, weights.shape[1]), np.nan)
        above = np.cumsum(negative, axis=0)  # negatives ranked above a group at 2i, tied ones included at 2i + 1
        found = np.cumsum(hits, axis=0)
        called = found + above[1 : 2 * m : 2]
        precision = np.divide(found, called, out=np.zeros_like(found), where=called > 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            average_precision = (hits * precision).sum(axis=0) / found[-1]
            beaten = above[-1] - (above[0 : 2 * m : 2] + above[1 : 2 * m : 2]) / 2
            auc = (hits * beaten).sum(axis=0) / (found[-1] * above[-1])
        return np.stack([average_precision, auc])


def confusion_scores(confusion: np.ndarray) -> dict[str, np.ndarray]:
    """Return the metrics that decisions decide, with :func:`core.evaluation.metrics.score`'s conventions.

    Parameters
    ----------
    confusion : ndarray, shape (..., n_classes, n_classes)
        Truth down, decision across.

    Returns
    -------
    dict of ndarray, shape (...)
        Recalls of a class without rows count as 0.
    """
    hits = np.diagonal(confusion, axis1=-2, axis2=-1).astype(np.float64)
    truth, called = confusion.sum(axis=-1).astype(np.float64), confusion.sum(axis=-2).astype(np.float64)
    total = truth.sum(axis=-1)
    precision, recall, f1 = _ratio(hits, called), _ratio(hits, truth), _ratio(2 * hits, truth + called)
    covariance = hits.sum(axis=-1) * total - (truth * called).sum(axis=-1)
    variances = (total**2 - (truth**2).sum(axis=-1)) * (total**2 - (called**2).sum(axis=-1))

    def shown(by_class: np.ndarray) -> np.ndarray:
        return by_class[..., 1] if by_class.shape[-1] == 2 else by_class.mean(axis=-1)

    return {
        "precision": shown(precision),
        "recall": shown(recall),
        "f1": shown(f1),
        "balanced_accuracy": recall.mean(axis=-1),
        "mcc": _ratio(covariance, np.sqrt(np.maximum(variances, 0))),
        "g_mean": np.prod(recall, axis=-1) ** (1 / recall.shape[-1]),
        "accuracy": _ratio(hits.sum(axis=-1), total),
    }


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros(np.shape(part)), where=whole > 0)


def _mean_scores(parts: Sequence[_Repeat], weights: np.ndarray) -> dict[str, np.ndarray]:
    found = [part.scores(weights) for part in parts]
    return {metric.key: np.mean([scores[metric.key] for scores in found], axis=0) for metric in METRICS}


def _common(found: Comparison) -> list[FoldResult]:
    """Return the results that the comparison rests on."""
    places = {(s.key, place) for s in found.strategies for place in s.scores.index}
    return [r for r in found.results if r.error is None and (r.strategy, (r.repeat, r.fold)) in places]


def _repeats(folds: Sequence[FoldResult], strategy: str) -> list[list[FoldResult]]:
    own = [r for r in folds if r.strategy == strategy]
    return [[r for r in own if r.repeat == repeat] for repeat in sorted({r.repeat for r in own})]


def _frame(rows: dict[tuple[str, str], tuple[float, float, float]]) -> pd.DataFrame:
    index = pd.MultiIndex.from_tuples(list(rows), names=["strategy", "metric"])
    return pd.DataFrame(list(rows.values()), index=index, columns=["value", "low", "high"])
