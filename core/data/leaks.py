"""Features that give the class away: each alone, and two-valued ones that spell it out together.

What is looked at is what the network gets: numbers after imputing and scaling, the levels of a category after rare
ones were grouped, and whether a value is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from core.data.preparation import NumberStep, Preparation
from core.data.problem import Problem

LEAK = 0.99
FEW_VALUES = 50  # so many different values or fewer are judged one by one
_ROWS = 20_000
_CELLS = 4_000_000
_MIN_CLASS = 10
_LEAVES = 12
_PARTS = 3


@dataclass(frozen=True)
class Leak:
    """Features that give the class away almost by themselves.

    Parameters
    ----------
    names : tuple of str
        One feature, or several that do so together.
    score : float
        AUC of the values for a class against the rest (or of one minus them), or for values that
        repeat, the share of errors that knowing the value removes; 1 is perfect.
    by_order : bool
        The score is the AUC.

    See Also
    --------
    find_leaks : Looks for them.

    Examples
    --------
    >>> Leak(("is_new", "is_old"), score=1.0, by_order=False).name
    'is_new + is_old'
    """

    names: tuple[str, ...]
    score: float
    by_order: bool

    @property
    def name(self) -> str:
        return " + ".join(self.names)


def find_leaks(problem: Problem, seed: int = 0) -> tuple[Leak, ...]:
    """Return the leaks of a problem, the strongest first, found in as many rows of each class as there are or as fit.

    A feature alone leaks where it ranks a class before the others without an error, or where its levels foretell
    the class. Features of two values leak together where a small decision tree on them foretells the class of rows
    that it was not fitted on: indicators of the class, for example, or of what led to it.

    See Also
    --------
    ordered_score : How surely ordered values tell the class.
    purity : How surely levels do.

    Examples
    --------
    >>> import pandas as pd
    >>> from core.data.table import from_frame
    >>> from core.plan import Plan, StrategyChoice
    >>> frame = pd.DataFrame({"fee": [row / 7 for row in range(100)], "bad": ["no"] * 80 + ["yes"] * 20})
    >>> find_leaks(Problem.of(from_frame(frame), Plan("bad", (StrategyChoice.of("plain"),))))
    (Leak(names=('fee',), score=1.0, by_order=True),)
    """
    codes = problem.target.codes
    # Whom rows belong to tells nothing of the rows of others, which a fold is tested on.
    features = tuple(column for column in problem.features if column.name != problem.plan.split.group)
    if not features:
        return ()
    width = len(features)
    rows = _even(codes, min(_ROWS, max(2_000, _CELLS // width)), np.random.default_rng(seed))
    sample, y = problem.table.frame.iloc[problem.target.rows[rows]], codes[rows]
    preparation, encoded = Preparation.fit_encode(sample, features, choices=problem.choices)
    leaks: list[Leak] = []
    flags: list[tuple[str, np.ndarray]] = []
    for start, step in zip(preparation.starts, preparation.dense, strict=False):
        if not isinstance(step, NumberStep):
            continue  # several inputs, none of which is the column
        missing = np.isnan(step.values(sample[step.name]))
        x = encoded[:, start]
        values, levels = np.unique(x[~missing], return_inverse=True)
        score, by_order = 0.0, len(values) > 2
        if by_order:
            score = ordered_score(x[~missing], y[~missing])
        if score < LEAK and len(values) <= FEW_VALUES:
            coded = np.zeros(len(x), np.int64)
            coded[~missing] = levels + 1
            score, by_order = purity(coded, y), False
        if score < LEAK and missing.any():
            score, by_order = purity(missing.astype(np.int64), y), False
        leaks += [Leak((step.name,), score, by_order)] if score >= LEAK else []
        if missing.any():
            flags.append((step.name, missing))
        elif len(values) == 2:
            flags.append((step.name, x == values[1]))
    for at, category in zip(preparation.categorical, preparation.coded, strict=True):
        levels = np.rint(encoded[:, at]).astype(np.int64)
        score = purity(levels, y)
        leaks += [Leak((category.name,), score, False)] if score >= LEAK else []
        if len(np.unique(levels)) == 2:
            flags.append((category.name, levels == levels.max()))
    alone = {leak.name for leak in leaks}
    leaks += _together([(name, flag) for name, flag in flags if name not in alone], y)
    return tuple(sorted(leaks, key=lambda leak: -leak.score))


def ordered_score(values: np.ndarray, codes: np.ndarray) -> float:
    """Return the largest AUC of a class against the rest, or one minus it; 0 with too few rows to mean anything.

    See Also
    --------
    purity : The same for levels without an order.

    Examples
    --------
    >>> codes = np.array([0] * 30 + [1] * 10)
    >>> ordered_score(np.arange(40.0), codes), ordered_score(np.arange(40.0) % 2, codes)
    (1.0, 0.5)
    """
    ranks, best = rankdata(values), 0.0
    for code in np.unique(codes):
        own = codes == code
        n, others = int(own.sum()), int((~own).sum())
        if min(n, others) >= _MIN_CLASS:
            auc = (ranks[own].sum() - n * (n + 1) / 2) / (n * others)
            best = max(best, auc, 1 - auc)
    return float(best)


def purity(levels: np.ndarray, codes: np.ndarray) -> float:
    """Return the share of errors that the commonest class of a row's level removes (Goodman and Kruskal's lambda).

    A row's level is judged by its other rows, so that a level with one row tells nothing.

    Parameters
    ----------
    levels : ndarray of int64, shape (n,)
        From 0 on.
    codes : ndarray of int64, shape (n,)

    See Also
    --------
    ordered_score : The same for values with an order.

    Examples
    --------
    >>> codes = np.array([0, 0, 0, 0, 0, 0, 1, 1, 1, 1])
    >>> purity(codes, codes), purity(np.zeros(10, int), codes)
    (1.0, 0.0)
    """
    n_classes = int(codes.max()) + 1
    counts = np.bincount(levels * n_classes + codes, minlength=(int(levels.max()) + 1) * n_classes)
    counts = counts.reshape(-1, n_classes)
    top = counts.max(axis=1)
    is_top = counts == top[:, None]
    # Taking one row out of the commonest class leaves it the commonest only where it leads by two.
    second = np.where(is_top.sum(axis=1) > 1, top, np.where(is_top, -1, counts).max(axis=1))
    return _fewer_errors(int(top[top - 1 > second].sum()), codes)


def _fewer_errors(right: int, codes: np.ndarray) -> float:
    base = int(np.bincount(codes).max())
    return float((right - base) / max(1, len(codes) - base))


def _together(flags: Sequence[tuple[str, np.ndarray]], codes: np.ndarray) -> list[Leak]:
    if len(flags) < 2:
        return []
    from sklearn.model_selection import KFold, cross_val_predict
    from sklearn.tree import DecisionTreeClassifier

    X = np.column_stack([flag for _, flag in flags])
    classes = np.unique(codes)
    # As small as what it looks for: enough leaves for one indicator per class, or for any of several causes.
    leaves = max(len(classes), min(len(flags) + 1, _LEAVES))
    tree = DecisionTreeClassifier(max_leaf_nodes=leaves, random_state=0)
    foretold = cross_val_predict(tree, X, codes, cv=KFold(_PARTS, shuffle=True, random_state=0))
    score = _fewer_errors(int((foretold == codes).sum()), codes)
    if score < LEAK:
        return []
    used = set(np.flatnonzero(tree.fit(X, codes).feature_importances_ > 0).tolist())
    for code in classes:
        # The tree needs no indicator of the last class, and an indicator that is left would go on telling it.
        apart = np.abs(X[codes == code].mean(axis=0) - X[codes != code].mean(axis=0))
        used |= set(np.flatnonzero(apart >= LEAK).tolist())
    return [Leak(tuple(dict.fromkeys(flags[at][0] for at in sorted(used))), score, False)]


def _even(codes: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    """Return row positions with as many rows of each class as there are, or as fit."""
    classes = np.unique(codes)
    room = most // len(classes)
    own = [np.flatnonzero(codes == code) for code in classes]
    return np.concatenate([rng.choice(rows, room, replace=False) if len(rows) > room else rows for rows in own])
