"""Which rows a fold fits on, holds back and tests on."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, StratifiedShuffleSplit, TimeSeriesSplit

from core.data.groups import deal_groups, deal_rows, split_groups
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

    Parameters
    ----------
    fit, valid, test : ndarray of int
        They share no row, and no group where the plan splits by one.
    in_gap : int
        Rows that are left out because they lie too close before those held back or tested on.
    in_both : int
        Rows that are left out because their group is on the other side.

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
    in_gap: int = 0
    in_both: int = 0


def split_rows(problem: Problem, unit: Unit) -> FoldRows:
    """Return a unit's rows: stratified, with whole groups together, the past before the future, as the plan says.

    Where rows are split by group and by time, groups on both sides lose their rows on one of them: in each fold one
    in as many as there are folds is tested on its later rows, and the others train on their earlier ones.

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
    splitter = _Splitter.of(problem)
    return splitter.fold(unit.fold, splitter.outer(unit.repeat)[unit.fold], problem.plan.split.fold_seed(unit.repeat))


def repeat_rows(problem: Problem, repeat: int = 0) -> list[FoldRows]:
    """Return the rows of every fold of a repeat.

    Raises
    ------
    PlanError
        The group or time column cannot be split into so many folds.

    See Also
    --------
    split_rows : The rows of one fold.

    Examples
    --------
    >>> from core.data.samples import load_sample
    >>> from core.plan import Plan, StrategyChoice
    >>> problem = Problem.of(load_sample("abalone_9_vs_18"), Plan("rings", (StrategyChoice.of("plain"),)))
    >>> [len(rows.test) for rows in repeat_rows(problem)]
    [147, 146, 146, 146, 146]
    """
    splitter, seed = _Splitter.of(problem), problem.plan.split.fold_seed(repeat)
    return [splitter.fold(at, part, seed) for at, part in enumerate(splitter.outer(repeat))]


def gap_in_words(problem: Problem) -> str:
    """Return the gap between earlier and later rows with its unit: days, or that of the column.

    Examples
    --------
    >>> from core.data.table import from_frame
    >>> from core.plan import Plan, SplitSettings, StrategyChoice
    >>> frame = pd.DataFrame({"day": pd.date_range("2024-01-01", periods=40), "x": np.arange(40) / 7, "y": [0, 1] * 20})
    >>> plan = Plan("y", (StrategyChoice.of("plain"),), split=SplitSettings(folds=2, time="day", gap=7))
    >>> gap_in_words(Problem.of(from_frame(frame), plan))
    '7 days'
    """
    split = problem.plan.split
    if split.time is None or not pd.api.types.is_datetime64_any_dtype(problem.table.frame[split.time].dtype):
        return f"{split.gap:,.6g}"
    return f"{split.gap:,.6g} {'day' if split.gap == 1 else 'days'}"


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
    splitter = _Splitter.of(problem)
    return splitter.fold(0, (splitter.everything, None), problem.plan.split.seed)


def member_parts(problem: Problem, rows: np.ndarray, members: int) -> tuple[np.ndarray, ...]:
    """Return the part of some training rows that each cross-fitted member holds out.

    Parts are stratified and share no row, and no group where the plan splits by one; where it splits by time, a part's
    rows of a class follow each other. A class of one row is held out by no member.

    Parameters
    ----------
    rows : ndarray of int
        Positions in ``problem.target.rows``.
    members : int
        At least 2.

    Returns
    -------
    tuple of ndarray of int
        Positions in ``rows``, in rising order.

    Raises
    ------
    PlanError
        There are too few groups, or no class has as many rows as there are members.

    See Also
    --------
    split_rows : The rows of a fold.

    Examples
    --------
    >>> from core.data.samples import load_sample
    >>> from core.plan import Plan, StrategyChoice
    >>> problem = Problem.of(load_sample("abalone_9_vs_18"), Plan("rings", (StrategyChoice.of("plain"),)))
    >>> [len(part) for part in member_parts(problem, np.arange(100), members=5)]
    [20, 20, 20, 20, 20]
    """
    splitter, seed = _Splitter.of(problem), problem.plan.split.seed
    y = splitter.y[rows]
    if splitter.groups is not None:
        try:
            parts = [part for _, part in splitter.dealt(rows, members, seed)]
        except ValueError as error:
            raise PlanError(
                f"Column '{problem.plan.split.group}' has too few groups for {members} cross-fitted members: use fewer "
                "members, or split by another column."
            ) from error
        return tuple(np.flatnonzero(np.isin(rows, part)) for part in parts)
    counts = np.bincount(y)
    if counts.max(initial=0) < max(2, members):
        raise PlanError(f"No class has {members} rows to train on, one per cross-fitted member: use fewer members.")
    return tuple(deal_rows(y, members, seed, None if splitter.moments is None else splitter.moments[rows]))


@dataclass(frozen=True, eq=False)
class _Splitter:
    """What splitting needs of a problem: with ``order``, rows are taken in it, so that positions follow time."""

    problem: Problem
    y: np.ndarray
    groups: np.ndarray | None
    order: np.ndarray | None
    moments: np.ndarray | None
    is_trial: bool = False

    @classmethod
    def of(cls, problem: Problem) -> _Splitter:
        split = problem.plan.split
        groups = order = moments = None
        if split.group is not None:
            groups = pd.factorize(_values(problem, split.group))[0]
        if split.time is not None:
            values = _values(problem, split.time)
            order, moments = np.argsort(values.to_numpy(), kind="stable"), _moments(values)
        return cls(problem, problem.target.codes, groups, order, moments)

    @property
    def everything(self) -> np.ndarray:
        return np.arange(len(self.y)) if self.order is None else self.order

    def outer(self, repeat: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return the training and test rows of every fold, before a gap or groups take any out."""
        split = self.problem.plan.split
        if self.order is not None:
            folds = TimeSeriesSplit(split.folds).split(self.order)
            return [(self.order[train], self.order[test]) for train, test in folds]
        if self.groups is not None:
            n_groups = len(np.unique(self.groups))
            if n_groups < split.folds:
                raise PlanError(
                    f"Column '{split.group}' has fewer groups ({n_groups:,}) than folds ({split.folds}): use fewer "
                    "folds, or split by another column."
                )
            return self.dealt(self.everything, split.folds, split.fold_seed(repeat))
        splitter = StratifiedKFold(split.folds, shuffle=True, random_state=split.fold_seed(repeat))
        return list(splitter.split(self.everything, self.y))

    def fold(self, fold: int, outer: tuple[np.ndarray, np.ndarray | None], seed: int) -> FoldRows:
        """Return a fold's rows; without test rows, those to fit a model on all rows."""
        split, share = self.problem.plan.split, self.problem.plan.training.validation_split
        train, test = outer
        tested = np.zeros(0, np.int64) if test is None else test
        if self.order is None and self.groups is None:
            return FoldRows(*stratified_split(train, self.y, share, seed), tested)
        if self.order is None:
            return self._checked(FoldRows(*self._grouped(train, share, seed), tested), fold, test is not None)
        in_gap = in_both = 0
        if test is not None:
            train, tested, in_gap, in_both = self._apart(train, tested, split.folds, fold, seed)
        cut = max(1, round(len(train) * (1 - share)))
        fit, valid, also_in_gap, also_in_both = self._apart(train[:cut], train[cut:], max(2, round(1 / share)), 0, seed)
        rows = FoldRows(fit, valid, np.sort(tested), in_gap + also_in_gap, in_both + also_in_both)
        return self._checked(rows, fold, test is not None)

    def _apart(
        self, earlier: np.ndarray, later: np.ndarray, parts: int, part: int, seed: int
    ) -> tuple[np.ndarray, np.ndarray, int, int]:
        """Return earlier and later rows without those in the gap or on both sides, and how many of each those are."""
        gap, before = self.problem.plan.split.gap, len(earlier)
        if gap and self.moments is not None and len(later):
            earlier = earlier[self.moments[earlier] <= self.moments[later].min() - gap]
        in_gap, rows = before - len(earlier), len(earlier) + len(later)
        if self.groups is not None:
            earlier, later = split_groups(earlier, later, self.y, self.groups, parts, part, seed)
        return earlier, later, in_gap, rows - len(earlier) - len(later)

    def dealt(self, rows: np.ndarray, parts: int, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
        assert self.groups is not None
        y, groups = self.y[rows], self.groups[rows]
        if self.problem.plan.split.seeding < 3:
            splitter = StratifiedGroupKFold(parts, shuffle=True, random_state=seed)
            dealt = list(splitter.split(rows, y, groups))
        else:
            dealt = deal_groups(y, groups, parts, seed)
        return [(rows[train], rows[test]) for train, test in dealt]

    def _grouped(self, train: np.ndarray, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Keep about a share of rows, in whole groups, for validation."""
        try:
            return self.dealt(train, max(2, round(1 / share)), seed)[0]
        except ValueError as error:
            raise PlanError(
                f"Column '{self.problem.plan.split.group}' has too few groups to keep validation rows apart: split by "
                "another column, or by none."
            ) from error

    def _checked(self, rows: FoldRows, fold: int, tests: bool) -> FoldRows:
        split, labels = self.problem.plan.split, self.problem.target.labels
        by = f"Splitting by '{split.group or split.time}'"
        if split.group is not None and split.time is not None:
            by = f"Splitting by '{split.group}' and '{split.time}'"
        where = f"in fold {fold + 1} of {split.folds}" if tests else "for the final model"
        there = set(np.unique(self.y[rows.fit]).tolist())
        missing = [label for code, label in enumerate(labels) if code not in there]
        if missing:
            raise PlanError(
                f"{by} leaves a class without training rows ('{missing[0]}', {where}): {self._way_out(tests)}."
            )
        for part, purpose in ((rows.valid, "to stop training on"), *([(rows.test, "to test on")] if tests else [])):
            if not len(part):
                raise PlanError(f"{by} leaves no row {purpose} {where}: {self._way_out(tests)}.")
        return rows

    def _way_out(self, tests: bool) -> str:
        """Return what would leave every fold what it needs; by time, with numbers that were tried."""
        split = self.problem.plan.split
        ways = ["use fewer folds"] if tests else []
        ways += ["a shorter gap"] if split.gap else []
        if tests and split.time is not None and not self.is_trial:
            folds = next((n for n in range(split.folds - 1, 1, -1) if self._works(n, split.gap)), None)
            ways = [] if folds is None else [f"use {folds} folds"]
            if split.gap and self._works(split.folds, 0.0):
                low, high = 0, math.ceil(split.gap) - 1
                while low < high:
                    middle = (low + high + 1) // 2
                    low, high = (middle, high) if self._works(split.folds, middle) else (low, middle - 1)
                shorter = f"a gap of {gap_in_words(self._other(split.folds, low))}" if low else "no gap"
                ways += [shorter if ways else f"use {shorter}"]
        both = split.group is not None and split.time is not None
        ways += ["split by one of the two columns" if both else "split by another column"]
        return f"{', '.join(ways[:-1])}{', or ' if ways[1:] else ''}{ways[-1]}"

    def _other(self, folds: int, gap: float) -> Problem:
        plan = self.problem.plan
        return replace(self.problem, plan=replace(plan, split=replace(plan.split, folds=folds, gap=gap)))

    def _works(self, folds: int, gap: float) -> bool:
        """Return whether so many folds with such a gap all have what they need."""
        other, seed = (
            replace(self, problem=self._other(folds, gap), is_trial=True),
            self.problem.plan.split.fold_seed(0),
        )
        try:
            for fold, part in enumerate(other.outer(0)):
                other.fold(fold, part, seed)
        except ValueError:
            return False
        return True


def _moments(values: pd.Series) -> np.ndarray:
    """Return moments as numbers: days where the column holds moments, else its own."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return ((values - pd.Timestamp("1970-01-01")) / pd.Timedelta("1D")).to_numpy(float)
    return values.to_numpy(float)


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


def _values(problem: Problem, column: str) -> pd.Series:
    return problem.table.frame[column].iloc[problem.target.rows]
