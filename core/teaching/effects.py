"""What a strategy does to the training rows, found by letting it do so: class counts before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from core.data.columns import Column
from core.data.preparation import Labels, Preparation
from core.data.problem import Problem
from core.data.table import Table
from core.data.target import Target
from core.plan import StrategyChoice
from core.strategies import TrainingView, parts_of, stages_of
from core.strategies.base import StrategyError
from core.training.lane import Lane

Change = Literal["rows", "weights", "batches", "none"]
FAST_ROWS, SLOW_ROWS = 20_000, 1_500


@dataclass(frozen=True, eq=False)
class Picture:
    """Training rows on their first two principal components.

    Parameters
    ----------
    points : ndarray of float64, shape (m, 2)
    codes : ndarray of int64, shape (m,)
    fate : ndarray of str, shape (m,)
        ``"kept"``, ``"repeated"`` (seen more than once), ``"removed"`` or ``"new"``.

    See Also
    --------
    effect : Draws one.

    Examples
    --------
    >>> from core.data.samples import load_sample
    >>> from core.plan import Plan
    >>> problem = Problem.of(load_sample("abalone_9_vs_18"), Plan("rings", (StrategyChoice.of("plain"),)))
    >>> picture = effect(problem, StrategyChoice.of("smote")).picture
    >>> {str(fate): int((picture.fate == fate).sum()) for fate in np.unique(picture.fate)}
    {'kept': 731, 'new': 647}
    """

    points: np.ndarray
    codes: np.ndarray
    fate: np.ndarray


@dataclass(frozen=True, eq=False)
class Effect:
    """Training rows by class before and after a strategy.

    Parameters
    ----------
    before, after : tuple of int
        Rows per class; where ``change`` is "weights" or "batches", ``after`` is what the class counts for.
    change : {"rows", "weights", "batches", "none"}
    members : int
        Networks that the strategy trains; ``after`` is their mean.
    sampled : int
        Rows that were tried, 0 for all: a slow strategy is tried on a sample and scaled up.
    picture : Picture or None
        None where the rows do not change.
    problem : str or None
        Why the strategy cannot work on these rows.

    See Also
    --------
    effect : Finds it.

    Examples
    --------
    >>> from core.data.samples import load_sample
    >>> from core.plan import Plan
    >>> problem = Problem.of(load_sample("abalone_9_vs_18"), Plan("rings", (StrategyChoice.of("plain"),)))
    >>> bagging = effect(problem, StrategyChoice.of("under_bagging", n_members=4))
    >>> bagging.members, bagging.before, bagging.after
    (4, (689, 42), (42, 42))
    """

    before: tuple[int, ...]
    after: tuple[int, ...]
    change: Change
    members: int = 1
    sampled: int = 0
    notes: tuple[str, ...] = ()
    picture: Picture | None = None
    problem: str | None = None


def effect(problem: Problem, choice: StrategyChoice) -> Effect:
    """Let a choice refine the whole table as if it were a fold's training rows.

    See Also
    --------
    core.teaching.toy.sampled : The same on a made-up table.

    Examples
    --------
    >>> from core.data.samples import load_sample
    >>> from core.plan import Plan
    >>> problem = Problem.of(load_sample("abalone_9_vs_18"), Plan("rings", (StrategyChoice.of("plain"),)))
    >>> for key in ("smote", "random_under", "balanced_batches"):
    ...     found = effect(problem, StrategyChoice.of(key))
    ...     print(key, found.before, found.after, found.change)
    smote (689, 42) (689, 689) rows
    random_under (689, 42) (42, 42) rows
    balanced_batches (689, 42) (366, 366) batches
    """
    slow = any(part.cost == "slow" for part in parts_of(choice))
    target = problem.target
    view = training_view(problem, SLOW_ROWS if slow else FAST_ROWS).fresh()
    before = tuple(int(count) for count in target.counts)
    scale = len(target.codes) / len(view.y)
    try:
        lanes = next(stages_of(parts_of(choice), Lane(np.arange(len(view.y)), seed=0), view))
    except StrategyError as error:
        return Effect(before, before, "none", problem=str(error))
    after, change = change_of(lanes, view)
    if change == "none":
        return Effect(before, before, "none", len(lanes), notes=tuple(view.notes))
    return Effect(
        before,
        whole_rows(after * scale),
        change,
        len(lanes),
        0 if scale == 1 else len(view.y),
        tuple(view.notes),
        _picture(view, lanes[0]) if change == "rows" else None,
    )


def whole_rows(counts: np.ndarray) -> tuple[int, ...]:
    """Return what classes count for as whole rows: those that count the same stay the same.

    Halves go up, whatever the last digits of a sum of weights are, so that an even balance never reads 365 and 366.

    Examples
    --------
    >>> whole_rows(np.array([365.49999999999994, 365.5, 12.2]))
    (366, 366, 12)
    """
    return tuple(int(count) for count in np.floor(np.round(counts, 6) + 0.5))


def change_of(lanes: Sequence[Lane], view: TrainingView) -> tuple[np.ndarray, Change]:
    """Return what the classes count for in lanes, the mean over lanes of shape (n_classes,), and what makes it so.

    See Also
    --------
    fates : What became of every row.

    Examples
    --------
    >>> from core.teaching.toy import ToySettings, toy_table
    >>> view = toy_table(ToySettings(imbalance=15)).view
    >>> common, rare = (np.flatnonzero(view.y == code) for code in (0, 1))
    >>> counts, change = change_of([Lane(np.concatenate([common[:100], rare]), seed=0)], view)
    >>> counts.tolist(), change
    ([100.0, 38.0], 'rows')
    """
    rows = np.mean([np.bincount(lane.labels(view.y), minlength=view.n_classes) for lane in lanes], axis=0)
    if all(lane.sample_weight is not None for lane in lanes):
        weighed = [np.bincount(lane.labels(view.y), lane.sample_weight, view.n_classes) for lane in lanes]
        return np.mean(weighed, axis=0), "weights"
    if lanes[0].batches != "shuffled":
        return np.full(view.n_classes, rows.mean()), "batches"
    return rows, "none" if np.array_equal(rows, view.class_counts) else "rows"


def fates(lane: Lane, n_rows: int) -> np.ndarray:
    """Return what became of every training row, and then "new" for every row that was made; see :class:`Picture`.

    See Also
    --------
    change_of : What the classes count for.

    Examples
    --------
    >>> fates(Lane(np.array([0, 2, 2]), seed=0), n_rows=3).tolist()
    ['kept', 'removed', 'repeated']
    """
    own = np.array(["removed", "kept", "repeated"])[np.minimum(np.bincount(lane.rows, minlength=n_rows), 2)]
    return np.concatenate([own, np.full(0 if lane.synthetic is None else len(lane.synthetic.y), "new")])


def training_view(problem: Problem, limit: int) -> TrainingView:
    """Return the labelled rows prepared for strategies; of a longer table, a stratified sample of about ``limit``.

    See Also
    --------
    effect : Lets a strategy refine it.

    Examples
    --------
    >>> from core.data.samples import load_sample
    >>> from core.plan import Plan
    >>> problem = Problem.of(load_sample("abalone_9_vs_18"), Plan("rings", (StrategyChoice.of("plain"),)))
    >>> training_view(problem, limit=200).class_counts.tolist()
    [189, 11]
    """
    return _training_view(problem.table, problem.target, problem.features, limit)


# By what it reads, not by the problem: another choice of strategies makes another problem of the same rows.
@lru_cache(maxsize=4)
def _training_view(table: Table, target: Target, features: tuple[Column, ...], limit: int) -> TrainingView:
    picked = np.arange(len(target.codes))
    if len(picked) > limit:
        rng = np.random.default_rng(0)
        share = limit / len(picked)
        picked = np.sort(
            np.concatenate(
                [
                    rng.choice(of_class, min(len(of_class), max(8, round(len(of_class) * share))), replace=False)
                    for of_class in (np.flatnonzero(target.codes == code) for code in range(len(target.classes)))
                ]
            )
        )
    frame = table.frame.iloc[target.rows[picked]]
    codes, n_classes = target.codes[picked], len(target.classes)
    preparation, encoded = Preparation.fit_encode(frame, features, Labels(codes, n_classes))
    return TrainingView.of(preparation, encoded, codes, n_classes, seed=0)


def _picture(view: TrainingView, lane: Lane, limit: int = 1_500) -> Picture:
    from sklearn.decomposition import PCA

    plane = PCA(2, svd_solver="covariance_eigh") if view.X.shape[1] > 1 else None
    points = view.X if plane is None else plane.fit_transform(view.X)
    fate, codes = fates(lane, len(view.y)), view.y
    if lane.synthetic is not None:
        new = lane.synthetic.X if plane is None else plane.transform(lane.synthetic.X)
        points, codes = np.concatenate([points, new]), np.concatenate([codes, lane.synthetic.y])
    if points.shape[1] == 1:
        points = np.column_stack([points, np.zeros(len(points))])
    shown = np.sort(np.random.default_rng(0).permutation(len(points))[:limit])
    return Picture(points[shown], codes[shown], fate[shown])
