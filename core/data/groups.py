"""Parting rows: so that no group is on both sides, and into parts that cross-fitted members hold out.

The generated script holds these functions as they stand here: they need NumPy and scikit-learn alone.
"""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold


def deal_groups(y: np.ndarray, groups: np.ndarray, parts: int, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return train and test positions of each part, with whole groups and the classes spread evenly.

    Up to 1,000 groups are dealt one by one by scikit-learn's ``StratifiedGroupKFold``, which takes seconds to minutes
    for more; of more, those with the rarest class are dealt first, then those with the next.

    Parameters
    ----------
    y : ndarray of int, shape (n,)
        Class codes.
    groups : ndarray of int, shape (n,)
        Each row's group.
    parts, seed : int

    Raises
    ------
    ValueError
        There are fewer groups than parts.

    See Also
    --------
    split_groups : Parts rows that are in order of time.

    Examples
    --------
    >>> y, groups = np.tile([0, 0, 1], 10), np.repeat(np.arange(10), 3)
    >>> [np.unique(groups[test]).size for _, test in deal_groups(y, groups, parts=5, seed=0)]
    [2, 2, 2, 2, 2]
    """
    names, at = np.unique(groups, return_inverse=True)
    if len(names) <= 1000:
        return list(StratifiedGroupKFold(parts, shuffle=True, random_state=seed).split(y, y, groups))
    rank = np.argsort(np.argsort(np.bincount(y), kind="stable"), kind="stable")
    rarest = np.full(len(names), len(rank))
    np.minimum.at(rarest, at, rank[y])
    dealt = np.zeros(len(names), int)
    for part, (_, chosen) in enumerate(StratifiedKFold(parts, shuffle=True, random_state=seed).split(rarest, rarest)):
        dealt[chosen] = part
    return [(np.flatnonzero(dealt[at] != part), np.flatnonzero(dealt[at] == part)) for part in range(parts)]


def split_groups(
    earlier: np.ndarray, later: np.ndarray, y: np.ndarray, groups: np.ndarray, parts: int, part: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return earlier and later rows without those that would put a group on both sides.

    Of the groups on both sides, one in ``parts`` keeps its later rows, and the others keep their earlier ones.

    Parameters
    ----------
    earlier, later : ndarray of int
        Positions in ``y`` and ``groups``.
    y, groups : ndarray of int, shape (n,)
        Class codes, and each row's group.
    parts, part : int
        How many parts the groups on both sides are dealt into, and which of these keeps its later rows.
    seed : int

    See Also
    --------
    deal_groups : Deals the groups.

    Examples
    --------
    >>> groups = np.array([0, 1, 2, 0, 1, 3])
    >>> y = np.array([0, 0, 1, 0, 0, 1])
    >>> earlier, later = split_groups(np.arange(3), np.arange(3, 6), y, groups, parts=2, part=0, seed=0)
    >>> set(groups[earlier]) & set(groups[later]), len(earlier), len(later)
    (set(), 2, 2)
    """
    shared = np.isin(groups, np.intersect1d(groups[earlier], groups[later]))
    rows = np.concatenate([earlier[shared[earlier]], later[shared[later]]])
    n_shared = len(np.unique(groups[rows]))
    keeps_later = np.zeros(len(groups), bool)
    if n_shared > 1:
        n_parts = min(parts, n_shared)
        _, chosen = deal_groups(y[rows], groups[rows], n_parts, seed)[part % n_parts]
        keeps_later = np.isin(groups, groups[rows[chosen]])
    return earlier[~keeps_later[earlier]], later[~shared[later] | keeps_later[later]]


def deal_rows(y: np.ndarray, parts: int, seed: int, moments: np.ndarray | None = None) -> list[np.ndarray]:
    """Return the positions in each of some stratified parts, in rising order; a class of one row is in none.

    Parameters
    ----------
    y : ndarray of int, shape (n,)
        Class codes.
    parts, seed : int
    moments : ndarray, shape (n,), optional
        When each row was; a part's rows of a class then follow each other.

    See Also
    --------
    deal_groups : Keeps groups together.

    Examples
    --------
    >>> [part.tolist() for part in deal_rows(np.array([0, 1, 0, 1, 2]), parts=2, seed=0, moments=np.arange(5))]
    [[0, 1], [2, 3]]
    """
    places = np.flatnonzero(np.bincount(y)[y] > 1)
    dealt = StratifiedKFold(parts, shuffle=True, random_state=seed)
    if moments is not None:
        places, dealt = places[np.argsort(moments[places], kind="stable")], StratifiedKFold(parts)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a class with fewer rows than parts is in some of them
        return [np.sort(places[part]) for _, part in dealt.split(places, y[places])]
