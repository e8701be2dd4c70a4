"""How long samplers and references work on a fold, in processor seconds of one core.

Every coefficient was measured on one core of a server, on the four sample tables and on parts and multiples of
them. Samplers differ by orders of magnitude, so those that take more than a moment have a formula of their own in
the rows that they search (:meth:`core.strategies.Strategy.seconds`); the others are judged by their cost.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Cost = Literal["instant", "fast", "slow"]


@dataclass(frozen=True)
class TrainingSize:
    """The size of a fold's training rows, as far as it decides how long a sampler takes.

    Parameters
    ----------
    counts : tuple of float
        Rows per class.
    width : int
        Inputs of the network, one-hot levels counted singly.
    categorical : int
        Categorical columns.

    See Also
    --------
    core.strategies.base.Strategy.seconds : What it is for.

    Examples
    --------
    >>> size = TrainingSize((9_000, 1_000), width=10, categorical=0)
    >>> size.n, size.smallest, size.grown, size.models
    (10000, 1000, 18000, 1)
    """

    counts: tuple[float, ...]
    width: int
    categorical: int

    @property
    def n(self) -> float:
        """Rows in all."""
        return sum(self.counts)

    @property
    def smallest(self) -> float:
        """Rows of the smallest class that has any."""
        return min(count for count in self.counts if count)

    @property
    def largest(self) -> float:
        """Rows of the largest class."""
        return max(self.counts)

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.counts)

    @property
    def grown(self) -> float:
        """Rows once every class is as large as the largest."""
        return self.classes * self.largest

    @property
    def models(self) -> int:
        """Models of one class against the rest: one for two classes."""
        return 1 if self.classes == 2 else self.classes


def search(size: TrainingSize, queries: float, among: float) -> float:
    """Return the seconds of a search for neighbours: by a tree for up to 15 columns, by all pairs for more.

    Parameters
    ----------
    queries, among : float
        Rows whose neighbours are searched, and rows that may be neighbours.

    See Also
    --------
    search_all : Of all rows.

    Examples
    --------
    >>> from core.strategies.seconds import TrainingSize, search
    >>> round(search(TrainingSize((9_000, 1_000), width=10, categorical=0), 10_000, 10_000), 2)
    0.26
    """
    return queries * (2.6e-7 * math.sqrt(among) if size.width <= 15 else 5e-9 * among)


def search_all(size: TrainingSize) -> float:
    """Return the seconds of a search for the neighbours of every row.

    See Also
    --------
    search : Of some rows.

    Examples
    --------
    >>> size = TrainingSize((9_000, 1_000), width=10, categorical=0)
    >>> round(search_all(size), 2)
    0.26
    """
    return search(size, size.n, size.n)


def search_border(size: TrainingSize) -> float:
    """Return the seconds of finding smaller-class rows at the border, and making rows there.

    See Also
    --------
    search : Of some rows.

    Examples
    --------
    >>> size = TrainingSize((9_000, 1_000), width=10, categorical=0)
    >>> round(search_border(size), 2)
    0.13
    """
    return 0.003 + 5 * search(size, size.n - size.largest, size.n)


def smote(size: TrainingSize) -> float:
    """Return the seconds of SMOTE, or of its forms for categories.

    See Also
    --------
    search_border : Where rows at the border are found first.

    Examples
    --------
    >>> size = TrainingSize((9_000, 1_000), width=10, categorical=0)
    >>> round(smote(size), 3)
    0.035
    """
    new_rows = size.grown - size.n
    return 0.003 + new_rows * (4e-6 if not size.categorical else 4e-5 * size.categorical)


def by_cost(cost: Cost, size: TrainingSize) -> float:
    """Return the seconds of a strategy that has no formula of its own.

    See Also
    --------
    core.strategies.base.Strategy.seconds : Formulas of single strategies.

    Examples
    --------
    >>> size = TrainingSize((9_000, 1_000), width=10, categorical=0)
    >>> [round(by_cost(cost, size), 3) for cost in ("instant", "fast", "slow")]
    [0.008, 0.105, 0.26]
    """
    if cost == "slow":
        return search_all(size)
    return 0.005 + 1e-5 * size.n if cost == "fast" else 0.002 + 6e-7 * size.n
