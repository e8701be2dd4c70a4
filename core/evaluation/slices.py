"""For whom a strategy works: recall, precision and calibration by the levels or quarters of any column, or of two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy import stats

from core.evaluation.outoffold import OutOfFold
from core.evaluation.paired import holm
from core.words import shortened

#: Fewer rows of the class, or rows called it, than this say next to nothing.
FEW = 10
_LEVELS = 12
OTHER, MISSING = "(other)", "(missing)"


@dataclass(frozen=True, eq=False)
class Parts:
    """Rows by level or quarter.

    Parameters
    ----------
    names : tuple of str
    of_row : ndarray of int64, shape (n,)
        Each row's place among the names.

    See Also
    --------
    parts_of : Makes them of a column.
    """

    names: tuple[str, ...]
    of_row: np.ndarray


@dataclass(frozen=True, eq=False)
class Slices:
    """Figures of one strategy by slice.

    Parameters
    ----------
    names : tuple of str
    rows, of_class, called, hits : ndarray of int64, shape (n_slices,)
        All rows, those of the class, those called it, and those of the class called it.
    predicted : ndarray of float64, shape (n_slices,)
        Mean probability of the class.

    See Also
    --------
    slices : Counts them.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.evaluation.outoffold import out_of_fold
    >>> plain, smote = out_of_fold(sample_run().comparison)
    >>> counted = slices(plain, 1, Parts(("young", "old"), np.repeat([0, 1], 12)))
    >>> counted.hits.tolist(), counted.of_class.tolist()
    ([1, 2], [2, 4])
    """

    names: tuple[str, ...]
    rows: np.ndarray
    of_class: np.ndarray
    called: np.ndarray
    hits: np.ndarray
    predicted: np.ndarray

    @property
    def recall(self) -> np.ndarray:
        return _share(self.hits, self.of_class)

    @property
    def precision(self) -> np.ndarray:
        return _share(self.hits, self.called)

    @property
    def observed(self) -> np.ndarray:
        """Share of the class."""
        return _share(self.of_class, self.rows)


def parts_of(values: pd.Series) -> Parts:
    """Return a column's rows by level, or by quarter where it holds numbers or moments with more than a few values.

    The commonest levels stand alone, the others together; rows without a value are a part of their own.

    Parameters
    ----------
    values : Series
        Of a cleaned table.

    See Also
    --------
    crossed : Of two columns.

    Examples
    --------
    >>> parts_of(pd.Series([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0] * 2 + [None])).names
    ('up to 2', 'over 2 to 4', 'over 4 to 6', 'over 6', '(missing)')
    >>> parts_of(pd.Series(["a", "b", "a", None])).of_row.tolist()
    [0, 1, 0, 2]
    """
    missing = values.isna().to_numpy()
    known = values[~missing]
    ordered = pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype)
    moment = pd.api.types.is_datetime64_any_dtype(values.dtype)
    if (ordered or moment) and known.nunique() > 6:
        names, codes = _quarters(known, moment)
    else:
        counts = known.astype(str).value_counts(sort=True)
        shown = list(counts.index[:_LEVELS])
        codes = pd.Index(shown).get_indexer(known.astype(str))
        names = [shortened(name, 40) for name in shown] + ([OTHER] if len(counts) > _LEVELS else [])
        codes = np.where(codes < 0, len(shown), codes)
    of_row = np.full(len(values), len(names), np.int64)
    of_row[~missing] = codes
    return Parts((*names, *([MISSING] if missing.any() else [])), of_row)


def _quarters(known: pd.Series, moment: bool) -> tuple[list[str], np.ndarray]:
    numbers = known.to_numpy()
    edges = np.unique(np.quantile(numbers, [0.25, 0.5, 0.75], method="inverted_cdf"))
    edges = edges[edges < numbers.max()]
    shown = [str(pd.Timestamp(edge).date()) if moment else f"{edge:.6g}" for edge in edges]
    if not shown:
        return ["all"], np.zeros(len(numbers), np.int64)
    middle = [f"over {low} to {high}" for low, high in pairwise(shown)]
    return [f"up to {shown[0]}", *middle, f"over {shown[-1]}"], np.searchsorted(edges, numbers, side="left")


def crossed(first: Parts, second: Parts) -> Parts:
    """Return the rows by two columns at once; combinations without a row are left out.

    Examples
    --------
    >>> both = crossed(Parts(("a", "b"), np.array([0, 1, 0])), Parts(("x", "y"), np.array([0, 1, 0])))
    >>> both.names, both.of_row.tolist()
    (('a, x', 'b, y'), [0, 1, 0])
    """
    place = first.of_row * len(second.names) + second.of_row
    used, of_row = np.unique(place, return_inverse=True)
    names = [f"{first.names[at // len(second.names)]}, {second.names[at % len(second.names)]}" for at in used]
    return Parts(tuple(names), of_row)


def slices(rows: OutOfFold, code: int, parts: Parts) -> Slices:
    """Count one strategy's decisions by slice; of repeats, those of the first, so that each row counts once.

    Parameters
    ----------
    code : int
        The class, against the rest.
    parts : Parts
        Of the labelled rows of the table.

    See Also
    --------
    worst_slices : Looks for those that fall behind.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.evaluation.outoffold import out_of_fold
    >>> smote = out_of_fold(sample_run().comparison)[1]
    >>> slices(smote, 1, Parts(("young", "old"), np.repeat([0, 1], 12))).precision.round(2).tolist()
    [0.5, 0.8]
    """
    first = rows.repeat == rows.repeat.min()
    place, n = parts.of_row[rows.rows[first]], len(parts.names)
    truth, called = rows.truth[first] == code, rows.decisions[first] == code

    def counts(chosen: np.ndarray) -> np.ndarray:
        return np.bincount(place[chosen], minlength=n)

    every = counts(np.ones(len(place), bool))
    total = np.bincount(place, rows.probabilities[first, code].astype(np.float64), minlength=n)
    return Slices(parts.names, every, counts(truth), counts(called), counts(truth & called), _share(total, every))


def wilson_ends(hits: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return Wilson's 95% intervals of shares; nan without rows.

    Examples
    --------
    >>> low, high = wilson_ends(np.array([0, 9]), np.array([10, 10]))
    >>> low.round(2).tolist(), high.round(2).tolist()
    ([0.0, 0.6], [0.28, 0.98])
    """
    ends = [
        stats.binomtest(int(h), int(n)).proportion_ci(method="wilson") if n else (np.nan, np.nan)
        for h, n in zip(hits, rows, strict=True)
    ]
    low, high = np.array([tuple(end) for end in ends], np.float64).reshape(-1, 2).T
    return low, high


def difference_ends(hits: np.ndarray, rows: np.ndarray, reference: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return how far each slice's share is from a reference slice's, with Newcombe's 95% interval.

    See Also
    --------
    wilson_ends : Of the shares themselves.

    References
    ----------
    Newcombe (1998), method 10, https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8%3C873::AID-SIM779%3E3.0.CO;2-I.

    Examples
    --------
    >>> difference, low, high = difference_ends(np.array([56, 48]), np.array([70, 80]), reference=1)
    >>> round(float(difference[0]), 3), round(float(low[0]), 3), round(float(high[0]), 3)
    (0.2, 0.052, 0.334)
    """
    share = _share(hits, rows)
    low, high = wilson_ends(hits, rows)
    difference = share - share[reference]
    below = np.hypot(share - low, high[reference] - share[reference])
    above = np.hypot(high - share, share[reference] - low[reference])
    return difference, difference - below, difference + above


@dataclass(frozen=True, eq=False)
class Worst:
    """A slice that falls behind the rows outside of it.

    Parameters
    ----------
    column, name : str
        The column, or two with "×" between them, and the slice.
    measure : str
        "recall" or "precision".
    value, elsewhere : float
        In the slice, and outside of it.
    hits, rows : int
        That the value rests on.
    p : float
        How likely a slice as bad is by chance (Fisher's exact test, one-sided), corrected for all slices that were
        looked at (Holm).

    See Also
    --------
    worst_slices : Finds them.
    """

    column: str
    name: str
    measure: str
    value: float
    elsewhere: float
    hits: int
    rows: int
    p: float


def worst_slices(
    rows: OutOfFold, code: int, columns: Sequence[tuple[str, Parts]], *, pairs: bool = False
) -> tuple[Worst, ...]:
    """Return the slices in which a strategy is worse than elsewhere, the surest first.

    Parameters
    ----------
    columns : sequence of (name, Parts)
    pairs : bool
        Look at every two columns together as well.

    Returns
    -------
    tuple of Worst
        All slices with enough rows to tell in which a measure is lower than elsewhere.

    See Also
    --------
    slices : All slices of one column.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.evaluation.outoffold import out_of_fold
    >>> plain = out_of_fold(sample_run().comparison)[0]
    >>> worst_slices(plain, 1, [("age", Parts(("young", "old"), np.repeat([0, 1], 12)))])
    ()
    """
    looked = [*columns]
    if pairs:
        looked += [
            (f"{one} × {other}", crossed(first, second))
            for i, (one, first) in enumerate(columns)
            for other, second in columns[i + 1 :]
        ]
    found: list[Worst] = []
    for column, parts in looked:
        counted = slices(rows, code, parts)
        for measure, whole in (("recall", counted.of_class), ("precision", counted.called)):
            total, hits = int(whole.sum()), int(counted.hits.sum())
            chance = stats.hypergeom.cdf(counted.hits, total, hits, whole)
            for at in np.flatnonzero((whole >= FEW) & (total - whole >= FEW)):
                value = counted.hits[at] / whole[at]
                elsewhere = (hits - counted.hits[at]) / (total - whole[at])
                found.append(
                    Worst(column, counted.names[at], measure, float(value), float(elsewhere), int(counted.hits[at]),
                          int(whole[at]), float(chance[at]))
                )  # fmt: skip
    corrected = holm(np.array([one.p for one in found]))
    behind = [replace(one, p=float(p)) for one, p in zip(found, corrected, strict=True) if one.value < one.elsewhere]
    return tuple(sorted(behind, key=lambda one: one.p))


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
