"""Rows drawn again and again: what intervals by rows and the value of a choice rest on."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.data.problem import Problem

#: Above this a class is parted row by row, which needs no sorting and is as good.
_MANY = 2_000


def bootstrap_weights(n: int, draws: int, rng: np.random.Generator, groups: np.ndarray | None = None) -> np.ndarray:
    """Return how often each row is drawn: as many rows as there are, with replacement.

    Classes are not kept at their numbers: had other rows been collected, there would have been more or fewer of
    each class.

    Parameters
    ----------
    n : int
        Rows.
    draws : int
    groups : ndarray of int64, shape (n,), or None
        Rows with one number are drawn together, as many groups as there are.

    Returns
    -------
    ndarray of float64, shape (n, draws)

    See Also
    --------
    parted : Parts rows instead.

    References
    ----------
    Efron and Tibshirani (1993), "An Introduction to the Bootstrap".
    Field and Welsh (2007), "Bootstrapping clustered data", J. R. Statist. Soc. B 69.

    Examples
    --------
    >>> weights = bootstrap_weights(4, 2, np.random.default_rng(0))
    >>> weights.shape, weights.sum(axis=0).tolist()
    ((4, 2), [4.0, 4.0])
    >>> bootstrap_weights(4, 1, np.random.default_rng(0), np.array([0, 0, 1, 1])).ravel().tolist()
    [0.0, 0.0, 2.0, 2.0]
    """
    if groups is not None:
        names, of_row = np.unique(groups, return_inverse=True)
        return bootstrap_weights(len(names), draws, rng)[of_row]
    picked = rng.integers(0, n, (draws, n)) + n * np.arange(draws)[:, None]
    counts = np.bincount(picked.ravel(), minlength=n * draws).reshape(draws, n)
    return np.ascontiguousarray(counts.T, np.float64)  # row by row, as products with it run


def parted(
    y: np.ndarray, draws: int, rng: np.random.Generator, share: float, groups: np.ndarray | None = None
) -> np.ndarray:
    """Return which rows fall into the larger of two parts: about a share of each class, without replacement.

    Of a class with two rows or more, each part has at least one. Groups are parted whole, whatever their classes.

    Parameters
    ----------
    y : ndarray of int64, shape (n,)
        Class codes.
    draws : int
    share : float
        Of the rows that fall into the larger part, in (0, 1).
    groups : ndarray of int64, shape (n,), or None

    Returns
    -------
    ndarray of float64, shape (n, draws)
        1 in the larger part, 0 in the other.

    See Also
    --------
    bootstrap_weights : Draws with replacement.

    Examples
    --------
    >>> larger = parted(np.array([0, 0, 0, 0, 1, 1, 1, 1]), 3, np.random.default_rng(0), share=0.75)
    >>> larger[:4].sum(axis=0).tolist(), larger[4:].sum(axis=0).tolist()
    ([3.0, 3.0, 3.0], [3.0, 3.0, 3.0])
    """
    if groups is not None:
        names, of_row = np.unique(groups, return_inverse=True)
        return parted(np.zeros(len(names), np.int64), draws, rng, share)[of_row]
    larger = np.empty((len(y), draws))
    for code in np.unique(y):
        rows = np.flatnonzero(y == code)
        lots = rng.random((len(rows), draws))
        if len(rows) > _MANY:
            larger[rows] = lots < share
        else:
            kept = min(max(1, round(share * len(rows))), max(1, len(rows) - 1))
            larger[rows] = lots.argsort(axis=0).argsort(axis=0) < kept
    return larger


def groups_of(problem: Problem) -> np.ndarray | None:
    """Return the group of each labelled row as a number, shape (n_labelled,); None where no group is kept together.

    Rows without a value are one group, as they are in the split.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> groups_of(sample_run().problem) is None
    True
    """
    group = problem.plan.split.group
    if group is None:
        return None
    return np.asarray(pd.factorize(problem.table.frame[group].iloc[problem.target.rows])[0])
