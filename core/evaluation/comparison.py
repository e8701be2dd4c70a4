"""Fold results become one comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.metrics import confusion_matrix

from core.evaluation.metrics import METRICS, score
from core.evaluation.weighted import weighted_scores
from core.experiment.results import FoldResult, History
from core.plan import Plan


@dataclass(frozen=True, eq=False)
class StrategySummary:
    """One strategy over the folds that all working strategies have in common.

    Parameters
    ----------
    key : str
    scores : DataFrame
        One row a fold, indexed by (repeat, fold), one column a metric.
    confusion : ndarray of int64, shape (n_classes, n_classes)
        Truth down, decision across, summed over folds and repeats.
    seconds : float
        Mean training time of a fold.
    """

    key: str
    scores: pd.DataFrame
    confusion: np.ndarray
    seconds: float
    lanes: int
    class_counts: np.ndarray
    histories: tuple[History, ...]
    notes: tuple[str, ...]
    errors: tuple[str, ...]

    @property
    def mean(self) -> pd.Series:
        return self.scores.mean()

    @property
    def std(self) -> pd.Series:
        """Standard deviation over folds (n - 1); nan for one fold."""
        return self.scores.std()


@dataclass(frozen=True, eq=False)
class Comparison:
    """All strategies side by side, in the plan's order.

    Parameters
    ----------
    labels : tuple of str
        Class names by code.
    strategies : tuple of StrategySummary
        Those with at least one common fold.
    failed : tuple of (key, reason) pairs
        Strategies without any result.
    folds : int
        Folds that the figures rest on.
    notes : tuple of str
        What was left out of the comparison, in plain sentences.
    """

    labels: tuple[str, ...]
    strategies: tuple[StrategySummary, ...]
    failed: tuple[tuple[str, str], ...]
    folds: int
    notes: tuple[str, ...]
    results: tuple[FoldResult, ...]

    def best(self, metric: str) -> frozenset[str]:
        """Return the keys of the strategies whose mean is best, ties (to 1e-9) included."""
        higher = next((m.higher_is_better for m in METRICS if m.key == metric), metric != "seconds")
        means = {s.key: s.seconds if metric == "seconds" else float(s.mean[metric]) for s in self.strategies}
        known = [value for value in means.values() if np.isfinite(value)]
        if not known:
            return frozenset()
        top = max(known) if higher else min(known)
        return frozenset(key for key, value in means.items() if abs(value - top) < 1e-9)

    def table(self) -> pd.DataFrame:
        """Return means and standard deviations, one row a strategy and metric.

        Returns
        -------
        DataFrame
            Columns ``strategy``, ``metric``, ``mean``, ``std``, ``best``; ``seconds`` is the last metric.
        """
        rows = []
        for metric in [*(m.key for m in METRICS), "seconds"]:
            best = self.best(metric)
            for s in self.strategies:
                timed = metric == "seconds"
                mean, std = (s.seconds, np.nan) if timed else (s.mean[metric], s.std[metric])
                rows.append((s.key, metric, float(mean), float(std), s.key in best))
        return pd.DataFrame(rows, columns=["strategy", "metric", "mean", "std", "best"])


def compare(results: Sequence[FoldResult], plan: Plan, labels: Sequence[str]) -> Comparison:
    """Summarise the folds that are there; more folds may follow.

    Strategies are compared on the folds that all of them finished; a strategy that failed
    everywhere is set aside with its reason.

    Parameters
    ----------
    labels : sequence of str
        Class names by code.
    """
    order = [choice.key for choice in plan.strategies]
    worked: dict[str, dict[tuple[int, int], FoldResult]] = {key: {} for key in order}
    errors: dict[str, list[str]] = {key: [] for key in order}
    for result in results:
        if result.strategy not in worked:
            continue
        if result.error is None:
            worked[result.strategy][result.repeat, result.fold] = result
        elif result.error not in errors[result.strategy]:
            errors[result.strategy].append(result.error)
    alive = [key for key in order if worked[key]]
    common = set.intersection(*(set(worked[key]) for key in alive)) if alive else set()
    seen = set().union(*(set(worked[key]) for key in alive))
    notes = []
    if alive and common != seen:
        partial = [key for key in alive if set(worked[key]) != seen]
        notes.append(
            f"Compared on the {len(common)} folds that every strategy finished: "
            f"{', '.join(partial)} failed on some of the {len(seen)}."
        )
    summaries = []
    for key in alive if common else []:
        folds = [worked[key][place] for place in sorted(common)]
        summaries.append(_summary(key, folds, sorted(common), len(labels), tuple(errors[key])))
    failed = tuple((key, errors[key][0]) for key in order if not worked[key] and errors[key])
    return Comparison(tuple(labels), tuple(summaries), failed, len(common), tuple(notes), tuple(results))


def _summary(
    key: str, folds: Sequence[FoldResult], places: Sequence[tuple[int, int]], n_classes: int, errors: tuple[str, ...]
) -> StrategySummary:
    scores = [_scores(f, n_classes) for f in folds]
    index = pd.MultiIndex.from_tuples(places, names=["repeat", "fold"])
    confusion = np.sum([confusion_matrix(f.y_true, f.decisions, labels=np.arange(n_classes)) for f in folds], axis=0)
    return StrategySummary(
        key=key,
        scores=pd.DataFrame(scores, index=index),
        confusion=confusion,
        seconds=float(np.mean([f.seconds for f in folds])),
        lanes=max(f.lanes for f in folds),
        class_counts=np.mean([f.class_counts for f in folds], axis=0).round().astype(np.int64),
        histories=tuple(f.history for f in folds if f.history is not None),
        notes=tuple(dict.fromkeys(note for f in folds for note in f.notes)),
        errors=errors,
    )


def _scores(fold: FoldResult, n_classes: int) -> dict[str, float]:
    """Return a fold's metrics; many folds are scored at a time, so scikit-learn's checks are kept for odd ones."""
    if len(np.unique(fold.y_true)) < n_classes:
        return score(fold.y_true, fold.probabilities, fold.decisions, n_classes)
    once = np.ones((len(fold.y_true), 1))
    found = weighted_scores(fold.y_true, fold.probabilities, fold.decisions, once)
    return {key: float(value[0]) for key, value in found.items()}
