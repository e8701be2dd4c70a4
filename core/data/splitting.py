"""Which rows a fold fits on, holds back and tests on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, StratifiedShuffleSplit, TimeSeriesSplit

from core.data.problem import Problem
from core.plan import PlanError


@dataclass(frozen=True)
class Unit:
    """One fold of one repeat, both counted from 0.

    See Also
    --------
    split_rows : Its rows.

    Examples
    --------
    >>> Unit(repeat=0, fold=4).key
    'r000-f004'
    """

    repeat: int
    fold: int

    @property
    def key(self) -> str:
        return f"r{self.repeat:03d}-f{self.fold:03d}"


@dataclass(frozen=True, eq=False)
class FoldRows:
    """Positions among the labelled rows: fitted on, held for stopping and thresholds, and tested on.

    See Also
    --------
    split_rows : The rows of a fold.
    refit_rows : All rows.

    Examples
    --------
    >>> rows = FoldRows(fit=np.array([0, 2, 4]), valid=np.array([1]), test=np.array([3]))
    >>> len(rows.fit), len(rows.valid), len(rows.test)
    (3, 1, 1)
    """

    fit: np.ndarray
    valid: np.ndarray
    test: np.ndarray


def split_rows(problem: Problem, unit: Unit) -> FoldRows:
    """Return a unit's rows: stratified, with whole groups together, or the past before the future, as the plan says.

    Parameters
    ----------
    problem : Problem
    unit : Unit

    Returns
    -------
    FoldRows
        The three parts share no row; all are positions in ``problem.target.rows``.

    Raises
    ------
    PlanError
        The group or time column cannot be split into so many folds.

    See Also
    --------
    refit_rows : All rows, for the model that is exported.

    Examples
    --------
    >>> from core.data.samples import load_sample
    >>> from core.plan import Plan, StrategyChoice
    >>> problem = Problem.of(load_sample("abalone_9_vs_18"), Plan("rings", (StrategyChoice.of("plain"),)))
    >>> rows = split_rows(problem, Unit(repeat=0, fold=0))
    >>> len(rows.fit), len(rows.valid), len(rows.test)
    (467, 117, 147)
    """
    plan, y = problem.plan, problem.target.codes
    split = plan.split
    seed = split.fold_seed(unit.repeat)
    everything = np.arange(len(y))
    share = plan.network.validation_split
    if split.time is not None:
        order = np.argsort(_values(problem, split.time).to_numpy(), kind="stable")
        folds = list(TimeSeriesSplit(split.folds).split(order))
        train, test = (order[part] for part in folds[unit.fold])
        return _checked(FoldRows(*_past(train, share), np.sort(test)), y, split.time)
    if split.group is not None:
        groups = pd.factorize(_values(problem, split.group))[0]
        if len(np.unique(groups)) < split.folds:
            raise PlanError(
                f"Column '{split.group}' has fewer groups than folds: use fewer folds, or split by another column."
            )
        outer = StratifiedGroupKFold(split.folds, shuffle=True, random_state=seed)
        train, test = list(outer.split(everything, y, groups))[unit.fold]
        return _checked(FoldRows(*_grouped(train, y, groups, share, seed, split.group), test), y, split.group)
    outer_k = StratifiedKFold(split.folds, shuffle=True, random_state=seed)
    train, test = list(outer_k.split(everything, y))[unit.fold]
    return FoldRows(*stratified_split(train, y, share, seed), test)


# A class of four rows has two of them in the training part of every stratified fold, even of two folds.
_SAFE_ROWS = 4


def check_splits(problem: Problem) -> None:
    """Refuse a split that leaves a fold without what training needs, before anything is trained.

    Raises
    ------
    PlanError
        A fold cannot be made; the message says what to change.

    See Also
    --------
    split_rows : Makes the splits.

    Examples
    --------
    >>> from core.data.table import from_frame
    >>> from core.plan import Plan, SplitSettings, StrategyChoice
    >>> frame = pd.DataFrame({"town": ["Ulm", "Bonn"] * 20, "x": np.arange(40) / 7, "y": [0, 0, 0, 1] * 10})
    >>> plan = Plan("y", (StrategyChoice.of("plain"),), split=SplitSettings(folds=5, group="town"))
    >>> check_splits(Problem.of(from_frame(frame), plan))
    Traceback (most recent call last):
        ...
    core.plan.PlanError: Column 'town' has fewer groups than folds: use fewer folds, or split by another column.
    """
    split = problem.plan.split
    if split.time is None and split.group is None and problem.target.counts.max() >= _SAFE_ROWS:
        return
    # Of the first repeat alone: with many groups, a split takes seconds.
    for fold in range(split.folds):
        split_rows(problem, Unit(0, fold))


def refit_rows(problem: Problem) -> FoldRows:
    """Return all labelled rows, parted for fitting and for stopping as in a fold, with none to test on.

    Raises
    ------
    PlanError
        The group column has too few groups, or a class has no row in the past.

    See Also
    --------
    split_rows : The rows of a fold.

    Examples
    --------
    >>> from core.data.samples import load_sample
    >>> from core.plan import Plan, StrategyChoice
    >>> problem = Problem.of(load_sample("abalone_9_vs_18"), Plan("rings", (StrategyChoice.of("plain"),)))
    >>> rows = refit_rows(problem)
    >>> len(rows.fit), len(rows.valid), len(rows.test)
    (585, 146, 0)
    """
    split, y, share = problem.plan.split, problem.target.codes, problem.plan.network.validation_split
    everything, none = np.arange(len(y)), np.zeros(0, np.int64)
    if split.time is not None:
        order = np.argsort(_values(problem, split.time).to_numpy(), kind="stable")
        return _checked(FoldRows(*_past(order, share), none), y, split.time)
    if split.group is not None:
        groups = pd.factorize(_values(problem, split.group))[0]
        return _checked(
            FoldRows(*_grouped(everything, y, groups, share, split.seed, split.group), none), y, split.group
        )
    return FoldRows(*stratified_split(everything, y, share, split.seed), none)


def _past(ordered: np.ndarray, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Keep the last share of rows in time order for validation."""
    cut = max(1, round(len(ordered) * (1 - share)))
    return ordered[:cut], ordered[cut:]


def _grouped(
    train: np.ndarray, y: np.ndarray, groups: np.ndarray, share: float, seed: int, column: str
) -> tuple[np.ndarray, np.ndarray]:
    """Keep about a share of rows, in whole groups, for validation."""
    inner = StratifiedGroupKFold(max(2, round(1 / share)), shuffle=True, random_state=seed)
    try:
        fit, valid = next(iter(inner.split(train, y[train], groups[train])))
    except ValueError as error:
        raise PlanError(
            f"Column '{column}' has too few groups to keep validation rows apart: split by another column, or by none."
        ) from error
    return train[fit], train[valid]


def stratified_split(train: np.ndarray, y: np.ndarray, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Keep a stratified share for validation; a class of one row stays in the rows that are fitted on.

    Raises
    ------
    PlanError
        No class has two rows.

    See Also
    --------
    split_rows : The rows of a fold.

    Examples
    --------
    >>> y = np.repeat([0, 1], [40, 10])
    >>> fit, valid = stratified_split(np.arange(50), y, share=0.2, seed=0)
    >>> np.bincount(y[fit]).tolist(), np.bincount(y[valid]).tolist()
    ([32, 8], [8, 2])
    """
    counts = np.bincount(y[train])
    lone = np.isin(y[train], np.flatnonzero(counts == 1))
    rest = train[~lone]
    if not len(rest):
        raise PlanError(
            "Every class has only one row left to train on, so none can be held back to stop on: "
            "add rows, or merge classes on the Data page."
        )
    size = max(round(share * len(rest)), len(np.unique(y[rest])))
    splitter = StratifiedShuffleSplit(1, test_size=size, random_state=seed)
    fit, valid = next(splitter.split(rest, y[rest]))
    return np.sort(np.concatenate([rest[fit], train[lone]])), np.sort(rest[valid])


def _checked(rows: FoldRows, y: np.ndarray, column: str) -> FoldRows:
    missing = set(np.unique(y)) - set(np.unique(y[rows.fit]))
    if missing:
        raise PlanError(f"Splitting by '{column}' leaves a class without training rows: use fewer folds.")
    return rows


def _values(problem: Problem, column: str) -> pd.Series:
    return problem.table.frame[column].iloc[problem.target.rows]
