"""Strategies against each other on the same folds: is a difference more than the folds' noise?

Scores of cross-validation folds are not independent: any two training sets share most of their
rows. A plain paired t-test takes them for independent and calls noise a lead. Both tests here widen
the variance of the mean difference by Nadeau and Bengio's correction.

References
----------
Nadeau and Bengio (2003), "Inference for the generalization error", Machine Learning 52.
Holm (1979), "A simple sequentially rejective multiple test procedure", Scand. J. Statistics 6.
Benavoli, Corani, Demšar and Zaffalon (2017), "Time for a change", JMLR 18.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from core.evaluation.comparison import Comparison
from core.evaluation.metrics import metric_of
from core.plan import SplitSettings
from core.words import counted_range

MIN_FOLDS = 3
#: Below this a corrected p is clear.
ALPHA = 0.05
Words = Literal["clearly better", "no clear difference", "clearly worse"]
_SAME, _ALIKE = 1e-12, 1e-10


@dataclass(frozen=True, eq=False)
class Pairs:
    """Every strategy against every other on one metric; row against column in each matrix.

    Parameters
    ----------
    metric : str
    keys : tuple of str
        Strategies, in the comparison's order.
    shared : ndarray of int64, shape (n_strategies, n_strategies)
        Folds that a pair's test rests on: those on which both have this metric.
    ratio : float
        Test rows per training row, the correction's rho.
    rope : float
        Differences up to this size count as none.
    difference : ndarray of float64, shape (n_strategies, n_strategies)
        Mean over folds; above 0 where the row's strategy is better, whichever way the metric runs.
    spread : ndarray of float64, same shape
        Standard deviation (n - 1) of the folds' differences.
    p : ndarray of float64, same shape
        Two-sided, corrected for shared training rows, not for the number of pairs. nan on the
        diagonal, and where the folds allow no test.
    p_holm : ndarray of float64, same shape
        ``p`` after Holm's correction for all pairs; strategies that score the same on every fold are one.
    better, same, worse : ndarray of float64, same shape
        Posterior probability that the row's strategy is better than the column's by more than
        ``rope``, within it, worse by more; they sum to 1.
    notes : tuple of str
        Why there is no test, or what was left out, in plain sentences.

    See Also
    --------
    compare_pairs : Makes them.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> run = sample_run()
    >>> pairs = compare_pairs(run.comparison, run.plan.split, "recall")
    >>> round(float(pairs.difference[pairs.at("smote", "plain")]), 2), pairs.folds_in_words, pairs.tested
    (0.5, '3 folds', True)
    """

    metric: str
    keys: tuple[str, ...]
    shared: np.ndarray
    ratio: float
    rope: float
    difference: np.ndarray
    spread: np.ndarray
    p: np.ndarray
    p_holm: np.ndarray
    better: np.ndarray
    same: np.ndarray
    worse: np.ndarray
    notes: tuple[str, ...]

    @property
    def folds(self) -> int:
        """The maximum number of folds that a pair shares, or that a strategy without a rival has."""
        return int(self._counts().max(initial=0))

    @property
    def folds_in_words(self) -> str:
        """On how many folds pairs are tested, for example "5 folds" or "3 to 5 folds"."""
        return counted_range(self._counts().tolist() or [0], "fold")

    @property
    def tested(self) -> bool:
        """Whether some pair shares folds enough for a test."""
        return self.folds >= MIN_FOLDS

    def _counts(self) -> np.ndarray:
        return self.shared[np.triu_indices(len(self.keys), 1 if len(self.keys) > 1 else 0)]

    def at(self, first: str, second: str) -> tuple[int, int]:
        """Return the place of a pair in the matrices."""
        return self.keys.index(first), self.keys.index(second)

    def of(self, keys: Sequence[str]) -> Pairs:
        """Return some of the strategies, in their order here; the corrections stay those of all."""
        places = [at for at, key in enumerate(self.keys) if key in keys]
        matrices = ("shared", "difference", "spread", "p", "p_holm", "better", "same", "worse")
        some = {name: getattr(self, name)[np.ix_(places, places)] for name in matrices}
        return replace(self, keys=tuple(self.keys[at] for at in places), **some)

    @cached_property
    def first_alike(self) -> tuple[int, ...]:
        """For each strategy, the place of the first one that scores the same on every fold: itself for most."""
        if not self.keys:
            return ()
        own = np.diag(self.shared)
        same = (np.abs(self.difference) < _ALIKE) & ~(self.spread > _ALIKE)
        same &= (self.shared == own[:, None]) & (self.shared == own)
        np.fill_diagonal(same, True)
        return tuple(same.argmax(axis=1).tolist())

    def holm(self, questions: Sequence[tuple[str, str]]) -> dict[tuple[str, str], float]:
        """Return Holm's p for a family of pairs.

        The same pair asked twice counts once, and so do strategies that score the same on every fold: they did the
        same thing, and asking about both is one question. Whether one of them is better than the other is none.

        Examples
        --------
        >>> from core.evaluation.sample import sample_run
        >>> run = sample_run()
        >>> pairs = compare_pairs(run.comparison, run.plan.split, "f1")
        >>> family = pairs.holm([("smote", "plain"), ("plain", "smote")])
        >>> bool(family["smote", "plain"] == pairs.p[pairs.at("smote", "plain")])
        True
        """
        place = {key: self.first_alike[at] for at, key in enumerate(self.keys)}
        asked = {pair: frozenset(place[key] for key in pair) for pair in questions}
        apart = list({alike: pair for pair, alike in asked.items() if len(alike) > 1}.values())
        p = holm(np.array([self.p[self.at(*pair)] for pair in apart]))
        by_question = {asked[pair]: float(value) for pair, value in zip(apart, p, strict=True)}
        return {pair: by_question.get(alike, float(self.p[self.at(*pair)])) for pair, alike in asked.items()}

    def table(self) -> pd.DataFrame:
        """Return one row for each pair, first against second, in the order of ``keys``.

        Returns
        -------
        DataFrame
            Columns ``first``, ``second``, the matrices' names with ``shared`` last, and ``words``, which follow
            ``p_holm``.
        """
        i, j = np.triu_indices(len(self.keys), 1)
        names = np.array(self.keys, dtype=object)
        columns = {"first": names[i], "second": names[j]}
        columns |= {
            n: getattr(self, n)[i, j] for n in ("difference", "better", "same", "worse", "p", "p_holm", "shared")
        }
        frame = pd.DataFrame(columns)
        frame["words"] = [in_words(d, p) for d, p in zip(frame["difference"], frame["p_holm"], strict=True)]
        return frame


def in_words(difference: float, p: float) -> Words:
    """Return what a test says of the first strategy: only a p below 0.05 is clear.

    Examples
    --------
    >>> in_words(0.03, p=0.01), in_words(0.03, p=0.2)
    ('clearly better', 'no clear difference')
    """
    if not p < ALPHA:
        return "no clear difference"
    return "clearly better" if difference > 0 else "clearly worse"


def rows_ratio(split: SplitSettings) -> float:
    """Return the test rows per training row of a fold, Nadeau and Bengio's n_test / n_train.

    Validation rows count as training rows: stopping and thresholds are fitted on them. Folds in time
    order train on a growing past; their ratio is that of the mean sizes.

    See Also
    --------
    corrected_variance : What the ratio is for.

    Examples
    --------
    >>> rows_ratio(SplitSettings(folds=5))
    0.25
    """
    return 2 / (split.folds + 1) if split.time is not None else 1 / (split.folds - 1)


def corrected_variance(spread: np.ndarray, folds: int | np.ndarray, ratio: float) -> np.ndarray:
    """Return the variance of a mean over folds, ``(1 / folds + ratio) * spread ** 2``.

    See Also
    --------
    rows_ratio : The correction's ratio.

    Examples
    --------
    >>> round(float(corrected_variance(np.array(0.1), folds=5, ratio=0.25)), 4), round(0.1**2 / 5, 4)
    (0.0045, 0.002)
    """
    return (1 / folds + ratio) * np.square(spread)


def corrected_t_test(differences: np.ndarray, ratio: float) -> np.ndarray:
    """Return the corrected resampled t-test's two-sided p-values (Nadeau and Bengio 2003).

    Identical results, 0 on every fold, have p = 1. Where all folds differ by one and the same amount
    there is no spread to judge by, and p is nan, as it is below three folds.

    Parameters
    ----------
    differences : ndarray of float64, shape (n_folds, ...)
        The first strategy's score minus the second's, fold by fold; a fold that is nan does not count.
    ratio : float
        Test rows per training row.

    Returns
    -------
    ndarray of float64, shape (...)

    See Also
    --------
    correlated_t_test : The Bayesian test with the same variance.

    Examples
    --------
    >>> differences = np.array([0.02, 0.03, 0.01, 0.04, 0.02])
    >>> round(float(corrected_t_test(differences, ratio=0.25)), 3)
    0.035
    >>> round(float(stats.ttest_1samp(differences, 0).pvalue), 3)  # takes folds for independent
    0.009
    """
    folds, mean, spread, largest = _moments(differences)
    with np.errstate(divide="ignore", invalid="ignore"):
        deviation = np.sqrt(corrected_variance(spread, folds, ratio))
        p = 2 * stats.t.sf(np.abs(mean) / deviation, folds - 1)
    p = np.where(spread < _SAME, np.nan, p)
    return np.where(folds < MIN_FOLDS, np.nan, np.where(largest < _SAME, 1.0, p))


def _moments(differences: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the number, mean, standard deviation (n - 1) and largest size of what is not nan along the first axis."""
    folds = np.isfinite(differences).sum(axis=0)
    if not len(differences):
        nothing = np.full(folds.shape, np.nan)
        return folds, nothing, nothing, nothing
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # no fold, or one: nan
        mean, spread = np.nanmean(differences, axis=0), np.nanstd(differences, axis=0, ddof=1)
        return folds, mean, spread, np.nanmax(np.abs(differences), axis=0)


def correlated_t_test(differences: np.ndarray, ratio: float, rope: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the Bayesian correlated t-test's probabilities (Benavoli et al. 2017).

    The posterior of the mean difference is Student's t with n - 1 degrees of freedom around the mean,
    with the corrected variance. Identical results are the same with probability 1; below three folds
    and without a spread, see :func:`corrected_t_test`, the probabilities are nan.

    Parameters
    ----------
    differences : ndarray of float64, shape (n_folds, ...)
        The first score minus the second's; above 0 is better. A fold that is nan does not count.
    rope : float
        Half width of the region of practical equivalence, at least 0.

    Returns
    -------
    worse, same, better : ndarray of float64, shape (...)
        They sum to 1.

    Raises
    ------
    ValueError
        ``rope`` is negative or not a number.

    See Also
    --------
    corrected_t_test : The test that gives a p-value.

    Examples
    --------
    >>> differences = np.array([0.02, 0.03, 0.01, 0.04, 0.02])
    >>> worse, same, better = correlated_t_test(differences, ratio=0.25, rope=0.01)
    >>> round(float(worse), 3), round(float(same), 3), round(float(better), 3)
    (0.006, 0.065, 0.929)
    """
    if not rope >= 0:
        raise ValueError(f"The width of practical equivalence is {rope:g}: choose 0 or more.")
    folds, mean, spread, largest = _moments(differences)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.where(spread < _SAME, np.nan, np.sqrt(corrected_variance(spread, folds, ratio)))
        worse, better = stats.t.cdf(-rope, folds - 1, mean, scale), stats.t.sf(rope, folds - 1, mean, scale)
    identical, few = largest < _SAME, folds < MIN_FOLDS
    worse = np.where(few, np.nan, np.where(identical, 0.0, worse))
    better = np.where(few, np.nan, np.where(identical, 0.0, better))
    return worse, np.clip(1 - worse - better, 0, 1), better


def holm(p: Sequence[float] | np.ndarray) -> np.ndarray:
    """Return p-values after Holm's step-down correction; nan stays nan and does not count.

    Parameters
    ----------
    p : sequence of float, or ndarray of float64, shape (n,)

    See Also
    --------
    compare_pairs : Corrects all pairs of a comparison.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.06, 0.06]

    References
    ----------
    Holm (1979), Scandinavian Journal of Statistics 6(2):65-70.
    """
    values = np.asarray(p, np.float64)
    adjusted = np.full(values.shape, np.nan)
    questions = np.flatnonzero(np.isfinite(values))
    order = questions[np.argsort(values[questions], kind="stable")]
    steps = values[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(1, np.maximum.accumulate(steps))
    return adjusted


def compare_pairs(comparison: Comparison, split: SplitSettings, metric: str, rope: float = 0.01) -> Pairs:
    """Test every strategy against every other, each pair on the folds that both finished.

    A fold on which the metric is undefined, because a class is absent, is left out.

    Parameters
    ----------
    metric : str
        A key of :data:`core.evaluation.metrics.METRICS`.
    rope : float
        Half width of the region of practical equivalence, in the metric's unit.

    Raises
    ------
    ValueError
        ``rope`` is negative.

    See Also
    --------
    core.evaluation.verdict.assess : Says in words what the tests show.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> run = sample_run()
    >>> pairs = compare_pairs(run.comparison, run.plan.split, "f1")
    >>> pairs.table()[["first", "second", "words"]].iloc[0].tolist()
    ['plain', 'smote', 'no clear difference']
    """
    # An outer join: a strategy has nan on a fold that it did not finish.
    scores = pd.DataFrame({s.key: s.scores[metric] for s in comparison.strategies})
    sign = 1 if metric_of(metric).higher_is_better else -1
    values = sign * scores.to_numpy(np.float64)
    differences = values[:, :, None] - values[:, None, :]
    ratio = rows_ratio(split)
    shared, mean, spread, _ = _moments(differences)
    p = corrected_t_test(differences, ratio)
    worse, same, better = correlated_t_test(differences, ratio, rope)
    for matrix in (p, worse, same, better):
        np.fill_diagonal(matrix, np.nan)
    pairs = Pairs(
        metric=metric,
        keys=tuple(s.key for s in comparison.strategies),
        shared=shared,
        ratio=ratio,
        rope=rope,
        difference=mean,
        spread=spread,
        p=p,
        p_holm=np.full_like(p, np.nan),
        better=better,
        same=same,
        worse=worse,
        notes=(),
    )
    pairs = replace(pairs, p_holm=_of_all_pairs(pairs))
    undefined = set().union(*(s.scores.index[s.scores[metric].isna()] for s in comparison.strategies))
    return replace(pairs, notes=_notes(pairs, len(undefined), comparison.folds))


def _of_all_pairs(pairs: Pairs) -> np.ndarray:
    """Return Holm's p of every pair, corrected for all pairs."""
    alike = np.array(pairs.first_alike, np.int64)
    first = np.unique(alike)
    i, j = np.triu_indices(len(first), 1)
    apart = np.full((len(first), len(first)), np.nan)
    apart[i, j] = apart[j, i] = holm(pairs.p[first[i], first[j]])
    place = np.searchsorted(first, alike)
    one = place[:, None] == place
    return np.where(one, pairs.p, apart[place[:, None], place])


def _notes(pairs: Pairs, undefined: int, folds: int) -> tuple[str, ...]:
    notes, upper = [], np.triu_indices(len(pairs.keys), 1)
    shared, p = pairs.shared[upper], pairs.p[upper]
    if undefined:
        notes.append(
            f"{undefined} of {folds} folds are left out here: their test rows lack a class, "
            "so that this metric is undefined."
        )
    if not pairs.tested:
        have = "1 fold is" if pairs.folds == 1 else f"{pairs.folds} folds are"
        notes.append(
            f"{have} too few for a test: the spread over folds cannot be judged. Run at least {MIN_FOLDS} folds."
        )
        return tuple(notes)
    few = int((shared < MIN_FOLDS).sum())
    if few:
        have = "1 pair shares" if few == 1 else f"{few} pairs share"
        notes.append(f"{have} fewer than {MIN_FOLDS} folds, too few for a test.")
    if np.isnan(p[shared >= MIN_FOLDS]).any():
        notes.append("Some pairs differ by the same amount on every fold: there is no spread to test against.")
    return tuple(notes)
