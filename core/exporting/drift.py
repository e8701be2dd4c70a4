"""How far new rows are from those that a model was trained on, column by column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from core.data.preparation import CategoryStep, NumberStep, Step
from core.words import joined, shortened

ALPHA, NOTABLE = 0.01, 0.1


@dataclass(frozen=True)
class Drift:
    """One column then and now.

    Parameters
    ----------
    distance : float
        In [0, 1], 0 for alike. Numbers and dates: the largest gap between the two cumulative
        distributions (Kolmogorov-Smirnov). Text: half the summed differences of the levels'
        shares (total variation). nan where a side has no value.
    p : float
        How likely a distance as large is by chance, Bonferroni-corrected over the columns.
    missing_then, missing_now : float
        Share of rows without a value.
    then, now : str
        The median, or the commonest level and its share.

    See Also
    --------
    drift : Measures it.

    Examples
    --------
    >>> Drift("age", "Kolmogorov-Smirnov", 0.05, 0.001, missing_then=0.0, missing_now=0.3, then="41", now="42").drifted
    True
    """

    name: str
    measure: str
    distance: float
    p: float
    missing_then: float
    missing_now: float
    then: str
    now: str

    @property
    def drifted(self) -> bool:
        """Return whether the column differs by more than chance, and by enough to matter."""
        more_missing = abs(self.missing_now - self.missing_then) >= NOTABLE
        return more_missing or bool(self.p < ALPHA and self.distance >= NOTABLE)


def drift_in_words(drifts: Sequence[Drift]) -> str:
    """Return which columns drifted, in one sentence; empty where none did.

    See Also
    --------
    drift : Measures the columns.

    Examples
    --------
    >>> drift_in_words([Drift("age", "total variation", 0.6, 0.001, 0.0, 0.0, "a (60%)", "b (90%)")])
    '1 of 1 columns drifted: age. Probabilities may be misleading.'
    """
    drifted = [shortened(column.name, 60) for column in drifts if column.drifted]
    if not drifted:
        return ""
    return (
        f"{len(drifted)} of {len(drifts)} columns drifted: {joined(drifted, most=5)}. Probabilities may be misleading."
    )


def drift(steps: Sequence[Step], before: pd.DataFrame, after: pd.DataFrame) -> tuple[Drift, ...]:
    """Compare the columns of two frames, the farthest apart first.

    Parameters
    ----------
    before, after : DataFrame
        Training rows and new rows, with a column for each step, in the types that the step reads.

    See Also
    --------
    drift_in_words : Says it in a sentence.

    Examples
    --------
    >>> before, after = pd.DataFrame({"age": np.arange(20.0, 60.0)}), pd.DataFrame({"age": np.arange(40.0, 80.0)})
    >>> column, = drift([NumberStep.fit(before["age"])], before, after)
    >>> column.distance, column.drifted, column.then, column.now
    (0.5, True, '39.5', '59.5')
    """
    measured = (_of(step, before[step.name], after[step.name], len(steps)) for step in steps)
    return tuple(sorted(filter(None, measured), key=lambda d: (not d.drifted, -np.nan_to_num(d.distance, nan=-1.0))))


def _of(step: Step, before: pd.Series, after: pd.Series, tests: int) -> Drift | None:
    gaps = float(before.isna().mean()), float(after.isna().mean()) if len(after) else 0.0
    if isinstance(step, CategoryStep):
        return Drift(step.name, "total variation", *_levels(step, before, after, tests, gaps))
    if not isinstance(step, NumberStep):
        return None
    return Drift(step.name, "Kolmogorov-Smirnov", *_numbers(step, before, after, tests, gaps))


_Measured = tuple[float, float, float, float, str, str]


def _numbers(step: NumberStep, before: pd.Series, after: pd.Series, tests: int, gaps: tuple[float, float]) -> _Measured:
    x, y = step.values(before), step.values(after)
    x, y = x[np.isfinite(x)], y[np.isfinite(y)]
    if not len(x) or not len(y):
        return np.nan, 1.0, *gaps, _middle(step, x), _middle(step, y)
    result = stats.ks_2samp(x, y, method="asymp")
    return float(result.statistic), min(1.0, tests * float(result.pvalue)), *gaps, _middle(step, x), _middle(step, y)


def _middle(step: NumberStep, x: np.ndarray) -> str:
    if not len(x):
        return "no values"
    return step.shown(float(np.median(x)))


def _levels(
    step: CategoryStep, before: pd.Series, after: pd.Series, tests: int, gaps: tuple[float, float]
) -> _Measured:
    counts = np.array([_counts(step, before), _counts(step, after)])
    names = [*step.levels, "(other)"]
    sums = counts.sum(axis=1)
    common = [
        f"{names[int(row.argmax())]} ({row.max() / total:.0%})" if total else "no values"
        for row, total in zip(counts, sums, strict=True)
    ]
    if not sums.all():
        return np.nan, 1.0, *gaps, common[0], common[1]
    shares = counts / sums[:, None]
    seen = counts[:, counts.sum(axis=0) > 0]
    p = float(stats.chi2_contingency(seen).pvalue) if seen.shape[1] > 1 else 1.0
    return float(np.abs(shares[0] - shares[1]).sum() / 2), min(1.0, tests * p), *gaps, common[0], common[1]


def _counts(step: CategoryStep, column: pd.Series) -> np.ndarray:
    """Return rows by level, and those of other levels last."""
    codes = step.codes(column[column.notna()])
    return np.bincount(np.minimum(codes, len(step.levels)), minlength=len(step.levels) + 1)
