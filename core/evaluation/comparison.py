"""Fold results become one comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from core.decision.top_rows import TopRows
from core.evaluation.metrics import METRICS, Metric, defined, metric_of, score
from core.evaluation.weighted import weighted_scores
from core.experiment.results import FoldResult, History
from core.plan import Plan
from core.strategies import choices_of, label
from core.words import counted, counted_range, joined, listed

PARTIAL_MARK = "†"


@dataclass(frozen=True, eq=False)
class StrategySummary:
    """One strategy over the folds that it finished.

    Parameters
    ----------
    key : str
    scores : DataFrame
        One row per fold, indexed by (repeat, fold), one column per metric; nan where the fold's test rows do
        not define it.
    confusion : ndarray of int64, shape (n_classes, n_classes)
        Truth down, decision across, summed over folds and repeats.
    seconds : float
        Mean training time per fold.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> plain, smote = sample_run().comparison.strategies
    >>> smote.key, round(float(smote.mean["recall"]), 2), smote.confusion.tolist()
    ('smote', 1.0, [[15, 3], [0, 6]])
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

    # Kept, as a page asks for them thousands of times while it runs.
    @cached_property
    def mean(self) -> pd.Series:
        return self.scores.mean()

    @cached_property
    def std(self) -> pd.Series:
        """Standard deviation over folds (n - 1); nan for one fold."""
        return self.scores.std()

    @cached_property
    def folds(self) -> pd.Series:
        """Folds that each metric's mean rests on."""
        return self.scores.notna().sum()


@dataclass(frozen=True, eq=False)
class Comparison:
    """All strategies side by side.

    A strategy that failed on some folds has figures over the others, which cannot be held against means over
    all folds. It stands apart: behind the others, marked, and never the best. Pairs are tested on the folds
    that both finished.

    Parameters
    ----------
    labels : tuple of str
        Class names by code.
    strategies : tuple of StrategySummary
        Those with at least one fold, in the plan's order, those that failed on some folds last.
    failed : tuple of (key, reason) pairs
        Strategies without any result.
    folds : int
        Folds that at least one strategy finished.
    notes : tuple of str
        Which figures rest on fewer folds, and why, in plain sentences.
    top : TopRows
        How many of the labelled rows can be looked at.
    cost : Metric or None
        What decisions cost or bring, where that is settled.
    costs : mapping of (strategy, repeat, fold) to ndarray, shape (2, n_test)
        What each row's decision costs times what the row counts for in the field, and the latter.

    See Also
    --------
    compare : Makes it of fold results.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> comparison = sample_run().comparison
    >>> comparison.best("recall"), comparison.best("precision")
    (frozenset({'smote'}), frozenset({'plain'}))
    >>> comparison.folds_in_words()
    '3 folds'
    """

    labels: tuple[str, ...]
    strategies: tuple[StrategySummary, ...]
    failed: tuple[tuple[str, str], ...]
    folds: int
    notes: tuple[str, ...]
    results: tuple[FoldResult, ...]
    top: TopRows = field(default_factory=TopRows)
    cost: Metric | None = None
    costs: Mapping[tuple[str, int, int], np.ndarray] = field(default_factory=dict)

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """What strategies can be judged by."""
        return METRICS if self.cost is None else (*METRICS, self.cost)

    @property
    def whole(self) -> tuple[StrategySummary, ...]:
        """The strategies that finished every fold, whose means can be held against each other."""
        return tuple(s for s in self.strategies if len(s.scores) == self.folds)

    @property
    def partial(self) -> tuple[StrategySummary, ...]:
        """The strategies that failed on some folds."""
        return tuple(s for s in self.strategies if len(s.scores) < self.folds)

    def of_whole(self) -> Comparison:
        """Return the comparison without strategies that failed on some folds."""
        return replace(self, strategies=self.whole)

    def marked(self, names: Mapping[str, str]) -> dict[str, str]:
        """Return names with a dagger before those of strategies that failed on some folds."""
        apart = {s.key for s in self.partial}
        return {key: f"{PARTIAL_MARK} {name}" if key in apart else name for key, name in names.items()}

    def folds_in_words(self, metrics: Sequence[str] | None = None) -> str:
        """Return on how many folds means rest, for example "5 folds" or "2 to 5 folds".

        Parameters
        ----------
        metrics : sequence of str or None
            Those that are shown; None stands for all.
        """
        shown = [m.key for m in self.metrics] if metrics is None else list(metrics)
        rests_on = [s.folds.to_dict() for s in self.strategies]
        return counted_range([int(folds[key]) for folds in rests_on for key in shown] or [self.folds], "fold")

    @property
    def mark_in_words(self) -> str:
        """What the mark of :meth:`marked` means, a sentence; empty where no strategy bears it."""
        if not self.partial:
            return ""
        return f"{PARTIAL_MARK} failed on some folds: its figures rest on fewer folds and are not ranked."

    def best(self, metric: str) -> frozenset[str]:
        """Return the keys of the strategies whose mean is best, ties (to 1e-9) included.

        Only strategies that finished every fold can be the best.
        """
        higher = metric != "seconds" and metric_of(metric).higher_is_better
        means = {s.key: s.seconds if metric == "seconds" else float(s.mean[metric]) for s in self.whole}
        finite = [value for value in means.values() if np.isfinite(value)]
        if not finite:
            return frozenset()
        top = max(finite) if higher else min(finite)
        return frozenset(key for key, value in means.items() if abs(value - top) < 1e-9)

    def ranked(self, metric: str) -> tuple[StrategySummary, ...]:
        """Return the strategies by their means, the best first; those without a mean or with fewer folds come last.

        Examples
        --------
        >>> from core.evaluation.sample import sample_run
        >>> [summary.key for summary in sample_run().comparison.ranked("recall")]
        ['smote', 'plain']
        """
        sign = -1 if metric != "seconds" and metric_of(metric).higher_is_better else 1
        apart = {s.key for s in self.partial}

        def place(summary: StrategySummary) -> tuple[bool, bool, float]:
            mean = summary.seconds if metric == "seconds" else float(summary.mean[metric])
            return summary.key in apart, not np.isfinite(mean), sign * mean if np.isfinite(mean) else 0.0

        return tuple(sorted(self.strategies, key=place))

    def ordered(self, metric: str) -> Comparison:
        """Return the comparison with its strategies in the order of :meth:`ranked`."""
        return replace(self, strategies=self.ranked(metric))

    def table(self) -> pd.DataFrame:
        """Return means and standard deviations, one row per strategy and metric.

        Returns
        -------
        DataFrame
            Columns ``strategy``, ``metric``, ``mean``, ``std``, ``best``, ``folds`` (that the mean rests on) and
            ``failed_folds`` (of the strategy); ``seconds`` is the last metric.
        """
        rows = []
        for metric in [*(m.key for m in self.metrics), "seconds"]:
            best = self.best(metric)
            for s in self.strategies:
                timed = metric == "seconds"
                mean, std = (s.seconds, np.nan) if timed else (s.mean[metric], s.std[metric])
                done = len(s.scores)
                folds = done if timed else int(s.folds[metric])
                rows.append((s.key, metric, float(mean), float(std), s.key in best, folds, self.folds - done))
        heads = ["strategy", "metric", "mean", "std", "best", "folds", "failed_folds"]
        return pd.DataFrame(rows, columns=heads)


def compare(results: Sequence[FoldResult], plan: Plan, labels: Sequence[str], top: TopRows | None = None) -> Comparison:
    """Summarise the folds that are finished; more may follow.

    Each strategy is summarised over the folds that it finished; one that failed everywhere is set aside with
    its reason.

    Parameters
    ----------
    labels : sequence of str
        Class names by code.
    top : TopRows or None
        How many of the labelled rows can be looked at; by default as many of 1,000 as the plan says.

    See Also
    --------
    core.evaluation.settled.comparison_of : Knows the periods of rows and what decisions cost.
    core.evaluation.verdict.assess : Says in words what the comparison shows.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> run = sample_run()
    >>> comparison = compare(run.folds[1:], run.plan, ["no", "yes"])
    >>> [(summary.key, len(summary.scores)) for summary in comparison.strategies]
    [('smote', 3), ('plain', 2)]
    >>> comparison.marked(run.names)["plain"]
    '† Plain network'
    """
    order = [choice.key for choice in choices_of(plan)]
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
    tested = {place: fold for key in alive for place, fold in worked[key].items()}
    top = TopRows(np.array([plan.capacity.of_thousand])) if top is None else top
    summaries = []
    for key in sorted(alive, key=lambda key: len(worked[key]) < len(tested)):
        places = sorted(worked[key])
        folds = [worked[key][place] for place in places]
        summaries.append(_summary(key, folds, places, len(labels), tuple(errors[key]), top))
    failed = tuple((key, errors[key][0]) for key in order if not worked[key] and errors[key])
    names = {choice.key: label(choice) for choice in choices_of(plan)}
    gaps = {names[s.key]: len(tested) - len(s.scores) for s in summaries}
    notes = (*_partial_notes(gaps, len(tested)), *_undefined_notes([tested[p].y_true for p in sorted(tested)], labels))
    return Comparison(tuple(labels), tuple(summaries), failed, len(tested), notes, tuple(results), top)


def _partial_notes(gaps: Mapping[str, int], folds: int) -> list[str]:
    """Say which strategies have figures over some folds only, those with as many in one sentence."""
    notes = []
    for missing in sorted({number for number in gaps.values() if number}):
        names = [name for name, number in gaps.items() if number == missing]
        its = "its" if len(names) == 1 else "their"
        notes.append(
            f"{joined(names, 12)} failed on {missing} of {folds} folds: {its} figures rest on the other "
            f"{folds - missing}, stand apart under {PARTIAL_MARK} and are not ranked; tests against others use the "
            "folds that both finished."
        )
    return notes


def _undefined_notes(truths: Sequence[np.ndarray], labels: Sequence[str]) -> list[str]:
    """Say which metrics are undefined on folds whose test rows lack a class."""
    n_classes, notes = len(labels), []
    present = np.array([np.bincount(truth, minlength=n_classes) > 0 for truth in truths])
    known = defined(present) if truths else {}
    groups: dict[tuple[str, ...], list[np.ndarray]] = {}
    for fold in np.flatnonzero(~present.all(axis=1)) if truths else ():
        groups.setdefault(tuple(m.key for m in METRICS if not known[m.key][fold]), []).append(present[fold])
    for metrics, folds in groups.items():
        absent = [labels[code] for code in np.flatnonzero(~np.all(folds, axis=0)).tolist()]
        where = f"{len(folds)} of {counted(len(truths), 'fold')} {'has' if len(folds) == 1 else 'have'} no test row of "
        where += listed(absent, 4) if len(absent) == 1 or n_classes == 2 else f"some class ({listed(absent, 4)})"
        if metrics:
            are = f"{joined([m.name for m in METRICS if m.key in metrics])} are undefined there"
            rest = counted_range((int(known[key].sum()) for key in metrics), "fold")
            notes.append(f"{where}: {are} and left out of the means, which rest on {rest}.")
        else:
            notes.append(f"{where}: means over classes leave these classes out there.")
    return notes


def _confusion(truth: np.ndarray, decisions: np.ndarray, n_classes: int) -> np.ndarray:
    # scikit-learn's own takes longer to check its arguments than to count: of 63 strategies, for two seconds.
    return np.bincount(truth * n_classes + decisions, minlength=n_classes**2).reshape(n_classes, n_classes)


def _summary(
    key: str,
    folds: Sequence[FoldResult],
    places: Sequence[tuple[int, int]],
    n_classes: int,
    errors: tuple[str, ...],
    top: TopRows,
) -> StrategySummary:
    scores = [_scores(f, n_classes, top.of(f.test_rows)) for f in folds]
    index = pd.MultiIndex.from_tuples(places, names=["repeat", "fold"])
    confusion = np.sum([_confusion(f.y_true, f.decisions, n_classes) for f in folds], axis=0)
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


def _scores(fold: FoldResult, n_classes: int, top: TopRows) -> dict[str, float]:
    """Return a fold's metrics; many folds are scored at a time, so scikit-learn's checks are kept for odd ones."""
    if len(np.unique(fold.y_true)) < n_classes:
        return score(fold.y_true, fold.probabilities, fold.decisions, n_classes, top)
    once = np.ones((len(fold.y_true), 1))
    scores = weighted_scores(fold.y_true, fold.probabilities, fold.decisions, once, top)
    return {key: float(value[0]) for key, value in scores.items()}
