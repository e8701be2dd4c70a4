"""How lopsided a table is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.table import Table, Target


@dataclass(frozen=True, eq=False)
class Profile:
    """The class distribution and what to know before a run.

    Parameters
    ----------
    counts : ndarray of int64, shape (n_classes,)
    shares : ndarray of float64, shape (n_classes,)
    imbalance_ratio : float
        Rows of the largest class for each row of the smallest.
    sentence : str
        The imbalance in words.
    """

    labels: tuple[str, ...]
    counts: np.ndarray
    shares: np.ndarray
    imbalance_ratio: float
    sentence: str
    warnings: tuple[str, ...]


def describe(table: Table, target: Target) -> Profile:
    """Return the profile of a table's target.

    The sentence speaks of the positive class for two classes and of the smallest class for more.
    """
    counts = target.counts
    n = int(counts.sum())
    rarest = int(counts.argmin()) if target.positive is None else target.positive
    label = target.labels[rarest]
    one_in = n / counts[rarest]
    sentence = (
        f"1 in {one_in:.0f} rows is `{label}`" if one_in >= 1.95 else f"{counts[rarest] / n:.0%} of rows are `{label}`"
    )
    warnings = []
    unlabelled = len(table.frame) - n
    if unlabelled:
        warnings.append(f"{unlabelled:,} rows have no label in '{target.name}' and are left out.")
    if counts.min() < 50:
        small = target.labels[int(counts.argmin())]
        warnings.append(f"'{small}' has only {counts.min()} rows: expect figures that vary much from fold to fold.")
    empty = [c.name for c in table.features(target.name) if c.missing > 0.5 * len(table.frame)]
    if empty:
        warnings.append(f"More than half of the values are missing in: {', '.join(empty[:5])}.")
    ratio = float(counts.max() / counts.min())
    if ratio < 1.5:
        warnings.append("The classes are nearly equal in size: balancing will change little.")
    return Profile(target.labels, counts, counts / n, ratio, sentence, tuple(warnings))
