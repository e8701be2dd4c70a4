"""What makes a table hard, whatever the balance: neighbours, overlap, copies, leaks and gaps.

Distances are Euclidean over what the network sees: numbers scaled to variance 1, categories one-hot.
Everything describes the table before any split; nothing of it goes into a training.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors

from core.data.columns import Column
from core.data.leaks import Leak, find_leaks
from core.data.preparation import Labels, Preparation
from core.data.problem import Problem

KINDS = ("safe", "borderline", "rare", "outlier")
NEIGHBOURS = 5
_REFERENCE = 20_000
_QUERIES = 400


@dataclass(frozen=True)
class Gap:
    """A feature whose values are missing more often in one class than in another.

    Parameters
    ----------
    shares : tuple of float
        Missing share of each class, in the order of the codes.

    See Also
    --------
    difficulty : Finds the gaps of a table.

    Examples
    --------
    >>> round(Gap("income", shares=(0.02, 0.31)).spread, 2)
    0.29
    """

    name: str
    shares: tuple[float, ...]

    @property
    def spread(self) -> float:
        return max(self.shares) - min(self.shares)


@dataclass(frozen=True, eq=False)
class Difficulty:
    """What makes a table hard.

    Parameters
    ----------
    labels : tuple of str
        Class names by code.
    smallest : int
        Code of the smallest class.
    kinds : ndarray of float64, shape (n_classes, 4)
        Share of each class's rows that are safe, borderline, rare or outliers, as in ``KINDS``.
    looked_at : ndarray of int64, shape (n_classes,)
        Rows behind these shares.
    reference : int
        Rows among which neighbours were sought.
    overlap : ndarray of float64, shape (n_classes,)
        Share of each class's rows whose nearest neighbour is of another class (N3 of Lorena et al.
        2019, by class).
    fisher : float
        F1 of Lorena et al. (2019), in (0, 1]: near 0, one feature alone tells the classes apart.
    conflicts : int
        Rows that equal a row of another class in every feature.
    leaks : tuple of Leak
        Strongest first.
    gaps : tuple of Gap
        Features with missing values, the most uneven first.

    See Also
    --------
    difficulty : Measures it.
    core.data.findings.findings : The same in words.

    Examples
    --------
    >>> from core.data.samples import load_sample
    >>> from core.plan import Plan, StrategyChoice
    >>> problem = Problem.of(load_sample("abalone_9_vs_18"), Plan("rings", (StrategyChoice.of("plain"),)))
    >>> hard = difficulty(problem)
    >>> hard.labels, hard.looked_at.tolist(), hard.overlap.round(2).tolist()
    (('9', '18'), [400, 42], [0.02, 0.81])
    """

    labels: tuple[str, ...]
    smallest: int
    kinds: np.ndarray
    looked_at: np.ndarray
    reference: int
    overlap: np.ndarray
    fisher: float
    conflicts: int
    leaks: tuple[Leak, ...]
    gaps: tuple[Gap, ...]


def difficulty(problem: Problem, seed: int = 0) -> Difficulty:
    """Measure what makes a table hard.

    Neighbours are sought for at most 400 rows of each class, among at most 20,000 rows in the table's
    own class shares; leaks in at most 20,000 rows, as many of each class as there are or as fit; copies and
    gaps in all rows.

    See Also
    --------
    core.data.findings.findings : The same in words.

    Examples
    --------
    >>> from core.data.samples import load_sample
    >>> from core.plan import Plan, StrategyChoice
    >>> problem = Problem.of(load_sample("abalone_9_vs_18"), Plan("rings", (StrategyChoice.of("plain"),)))
    >>> hard = difficulty(problem)
    >>> dict(zip(KINDS, hard.kinds[hard.smallest].round(2).tolist(), strict=True))
    {'safe': 0.05, 'borderline': 0.29, 'rare': 0.12, 'outlier': 0.55}
    """
    target, features = problem.target, problem.features
    frame = problem.table.frame.iloc[target.rows]
    rng = np.random.default_rng(seed)
    reference = _stratified(target.codes, _REFERENCE, rng)
    codes = target.codes[reference]
    sample = frame.iloc[reference]
    labels = Labels(codes, len(target.classes), problem.groups(reference))
    preparation, encoded = Preparation.fit_encode(sample, features, labels, problem.choices)
    X = preparation.expand(encoded)
    kinds, looked_at, overlap = _neighbourhoods(X, codes, len(target.classes), rng)
    return Difficulty(
        target.labels,
        int(target.counts.argmin()),
        kinds,
        looked_at,
        len(reference),
        overlap,
        _fisher(X, codes),
        _conflicts(frame[[c.name for c in features]], target.codes),
        find_leaks(problem, seed),
        _gaps(frame, features, target.codes),
    )


def _stratified(codes: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    """Return row positions in the classes' own shares, ascending; a class keeps at least six rows if it has them."""
    if len(codes) <= most:
        return np.arange(len(codes))
    chosen = []
    for code in np.unique(codes):
        rows = np.flatnonzero(codes == code)
        take = min(len(rows), max(NEIGHBOURS + 1, round(most * len(rows) / len(codes))))
        chosen.append(rng.choice(rows, take, replace=False))
    return np.sort(np.concatenate(chosen))


def _neighbourhoods(
    X: np.ndarray, codes: np.ndarray, n_classes: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return kinds and the rows behind them (Napierała and Stefanowski 2016), and overlap, by class."""
    k = min(NEIGHBOURS, len(X) - 1)
    index = NearestNeighbors(n_neighbors=k + 1, algorithm="brute").fit(X)

    def neighbours(rows: np.ndarray) -> np.ndarray:
        neighbours = index.kneighbors(X[rows], return_distance=False)
        # A row is its own neighbour, but among copies not always the first.
        own = neighbours == rows[:, None]
        own[~own.any(axis=1), -1] = True
        return neighbours[~own].reshape(len(rows), k)

    kinds, looked_at, overlap = np.zeros((n_classes, 4)), np.zeros(n_classes, np.int64), np.zeros(n_classes)
    for code in range(n_classes):
        rows = np.flatnonzero(codes == code)
        if len(rows) > _QUERIES:
            rows = rng.choice(rows, _QUERIES, replace=False)
        near = neighbours(rows)
        alike = codes[near] == code
        count = alike.sum(axis=1)
        kind = np.select([count > 0.7 * k, count > 0.3 * k, count == 1], [0, 1, 2], default=3)
        lone = np.flatnonzero(count == 1)
        if len(lone):
            # Rare only where the one neighbour alike is as lone as the row itself; else it borders on its class.
            partner = near[lone, alike[lone].argmax(axis=1)]
            theirs = neighbours(partner)
            others = ((codes[theirs] == code) & (theirs != rows[lone][:, None])).sum(axis=1)
            kind[lone] = np.where(others > 0, 1, 2)
        kinds[code] = np.bincount(kind, minlength=4) / max(1, len(rows))
        looked_at[code], overlap[code] = len(rows), (~alike[:, 0]).mean()
    return kinds, looked_at, overlap


def _fisher(X: np.ndarray, codes: np.ndarray) -> float:
    """Return F1 of Lorena et al. (2019): 1 / (1 + the largest ratio of variance between classes to that within)."""
    overall = X.mean(axis=0, dtype=np.float64)
    between, within = np.zeros(X.shape[1]), np.zeros(X.shape[1])
    for code in np.unique(codes):
        own = X[codes == code].astype(np.float64)
        between += len(own) * (own.mean(axis=0) - overall) ** 2
        within += ((own - own.mean(axis=0)) ** 2).sum(axis=0)
    if (between[within <= 1e-9] > 1e-9).any():
        return 0.0
    ratio = np.divide(between, within, out=np.zeros(len(within)), where=within > 1e-9)
    return float(1 / (1 + ratio.max()))


def _conflicts(features: pd.DataFrame, codes: np.ndarray) -> int:
    same = pd.factorize(pd.util.hash_pandas_object(features, index=False))[0]
    low, high = np.full(same.max() + 1, codes.max()), np.zeros(same.max() + 1, np.int64)
    np.minimum.at(low, same, codes)
    np.maximum.at(high, same, codes)
    return int((low[same] != high[same]).sum())


def _gaps(frame: pd.DataFrame, features: Sequence[Column], codes: np.ndarray) -> tuple[Gap, ...]:
    totals = np.maximum(np.bincount(codes), 1)
    gaps = []
    for column in features:
        if column.missing:
            missing = frame[column.name].isna().to_numpy()
            shares = np.bincount(codes[missing], minlength=len(totals)) / totals
            gaps.append(Gap(column.name, tuple(shares.tolist())))
    return tuple(sorted(gaps, key=lambda gap: -gap.spread))
