"""How far new rows are from those that a model was trained on, column by column."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from core.data.preparation import CategoryStep, NumberStep, Step, TextStep
from core.data.tokens import beginnings, tokens_of
from core.words import joined, shortened

ALPHA, NOTABLE = 0.01, 0.1
_MOST_TEXTS, _MOST_WORDS, _HALVES = 5_000, 2_000, 2


def comparable(steps: Sequence[Step], found: Iterable[tuple[str, str | None]], time: str | None) -> list[Step]:
    """Return the steps of columns that a file has, without the moment that rows were split by.

    A later file has later moments, which says nothing of drift.

    Parameters
    ----------
    found : iterable of (needed, given or None) pairs
        Which column of the file serves each step.

    Examples
    --------
    >>> from core.exporting.sample import sample_scorer
    >>> steps = sample_scorer().preparation.steps
    >>> [len(comparable(steps, [("age", "Age")], time)) for time in (None, "age")]
    [1, 0]
    """
    given = dict(found)
    return [step for step in steps if given[step.name] is not None and step.name != time]


@dataclass(frozen=True)
class Drift:
    """One column then and now.

    Parameters
    ----------
    distance : float
        In [0, 1], 0 for alike. Numbers and dates: the largest gap between the two cumulative
        distributions (Kolmogorov-Smirnov). Categories: half the summed differences of the levels'
        shares (total variation). Text: the largest gap between the cumulative distributions of how new the rows look to
        a naive Bayes model of their words that was fitted on others, the mean of two halves. nan where a side has no
        value.
    p : float
        How likely a distance as large is by chance, Bonferroni-corrected over the columns.
    missing_then, missing_now : float
        Share of rows without a value.
    then, now : str
        The median, the commonest level and its share, or of the words that texts have, that whose share of texts
        differs most, and that share.

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
    if isinstance(step, TextStep):
        return Drift(
            step.name, "Kolmogorov-Smirnov of a naive Bayes model of words", *_texts(before, after, tests, gaps)
        )
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


def _texts(before: pd.Series, after: pd.Series, tests: int, gaps: tuple[float, float]) -> _Measured:
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.model_selection import StratifiedKFold
    from sklearn.naive_bayes import ComplementNB

    sides = [_some(column.dropna()) for column in (before, after)]
    common = ["" if len(side) else "no values" for side in sides]
    if any(common):
        return np.nan, 1.0, *gaps, common[0], common[1]
    is_new = np.repeat([0, 1], [len(side) for side in sides])
    counter = CountVectorizer(analyzer=tokens_of, binary=True, max_features=_MOST_WORDS)
    try:
        had = counter.fit_transform(beginnings(pd.concat(sides)))
    except ValueError:  # no text has a word
        return 0.0, 1.0, *gaps, "no words", "no words"
    shares = [np.asarray(had[is_new == side].mean(axis=0)).ravel() for side in (0, 1)]
    most = int(np.abs(shares[1] - shares[0]).argmax())
    word = counter.get_feature_names_out()[most]
    said = [f"{word} ({share[most]:.0%})" for share in shares]
    if min(len(side) for side in sides) < _HALVES:  # one row says nothing
        return 0.0, 1.0, *gaps, said[0], said[1]
    # Each half is judged by the other alone: scores of rows that share their models would be no independent draws.
    tested = []
    for fit, rest in StratifiedKFold(_HALVES, shuffle=True, random_state=0).split(had, is_new):
        scores = ComplementNB().fit(had[fit], is_new[fit]).predict_proba(had[rest])[:, 1]
        old, new = (scores[is_new[rest] == side] for side in (0, 1))
        tested.append(stats.ks_2samp(old, new, alternative="greater", method="asymp"))
    p = tests * _HALVES * min(float(one.pvalue) for one in tested)
    return float(np.mean([one.statistic for one in tested])), min(1.0, p), *gaps, said[0], said[1]


def _some(texts: pd.Series) -> pd.Series:
    """Return evenly spaced texts, enough to compare by."""
    return texts.iloc[:: max(1, -(-len(texts) // _MOST_TEXTS))]
