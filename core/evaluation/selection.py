"""What choosing the best of many strategies is worth: the leader's mean without its luck.

Of sixty strategies that are equally good, the one that leads has the luckiest mean, and nobody will see that figure
again. Bootstrap bias-corrected cross-validation lets a part of the tested rows choose and the others judge, many times
over, with the predictions that there are: nothing is trained again. What the chosen ones score on rows that had no say
is what the choice is worth.

The paper draws the rows that choose with replacement. A choice on such rows is made with twice the noise of the real
one, so that a strategy that leads by little is missed too often and the value comes out too low, by up to 0.08 in the
simulation of ``benchmarks/selection.py``. Here three quarters of the rows choose, drawn without replacement, which
leaves a third of the extra noise.

References
----------
Tsamardinos, Greasidou and Borboudakis (2018), "Bootstrapping the out-of-sample predictions for efficient and accurate
cross-validation", Machine Learning 107, doi 10.1007/s10994-018-5714-4.
Forman and Scholz (2010), "Apples-to-apples in cross-validation studies", SIGKDD Explorations 12.
Efron and Tibshirani (1993), "An Introduction to the Bootstrap".
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.evaluation.comparison import Comparison
from core.evaluation.intervals import reach
from core.evaluation.metrics import metric_of
from core.evaluation.outoffold import finished, mean_scores, pooled_repeats
from core.evaluation.proportions import around
from core.evaluation.resampling import bootstrap_weights, parted
from core.evaluation.weighted import Predictions
from core.plan import Plan
from core.words import counted, quoted

#: Of the rows, those that choose; the others judge.
SHARE = 0.75
MAX_DRAWS, _MIN_DRAWS = 400, 60
_CELLS, _WORK = 1_300_000, 300_000_000
_RATES = ("recall", "balanced_accuracy")
# Of decisions, and no means over rows: on the few rows of a fold they are biased.
_OF_COUNTS = ("precision", "f1", "mcc", "g_mean")


@dataclass(frozen=True)
class ChoiceValue:
    """What a choice by the highest mean is worth on new rows.

    Parameters
    ----------
    metric : str
    key : str
        The strategy that is chosen.
    candidates : int
        How many it was chosen from.
    raw : float
        Its own mean over folds, which the choice made too good.
    value, low, high : float
        What the choice is worth, and its 95% interval for other rows; ends are nan where there is none.
    recall_shift, rest_shift : float
        What the choice takes from the shares of the class and of the rest that it decides rightly, for two classes.
    note : str
        Why there is no corrected value, a sentence; empty where there is one.
    not_counted : str
        Which strategies of the run it was not chosen from, and why; empty where it was chosen from all.

    See Also
    --------
    value_of_choice : Computes it.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> run = sample_run()
    >>> worth = value_of_choice(run.comparison, run.plan, "f1")
    >>> worth.key, worth.value < worth.raw, worth.name
    ('smote', True, 'F1')
    """

    metric: str
    key: str
    candidates: int
    raw: float
    value: float
    low: float
    high: float
    recall_shift: float = 0.0
    rest_shift: float = 0.0
    note: str = ""
    not_counted: str = ""

    @property
    def name(self) -> str:
        """The metric's, for people."""
        return metric_of(self.metric).name

    @property
    def short(self) -> str:
        """The value alone in one sentence, for lists of runs."""
        if self.note:
            return self.note
        return f"On new rows expect about {self.value:.2f} on {self.name}{self._ends}."

    @property
    def text(self) -> str:
        """What it says, in a sentence or two."""
        if self.note:
            return self.note
        if self.candidates == 1:
            return f"{self.name} on new rows: {self.value:.2f}{self._ends}; its mean over folds here is {self.raw:.2f}."
        higher = metric_of(self.metric).higher_is_better
        lost = round(self.raw - self.value if higher else self.value - self.raw, 2)
        means = f"its mean here is {self.raw:.2f}"
        if lost > 0:
            means += f", in part by luck, as the {'highest' if higher else 'lowest'} of several"
        aside = f" Not counted: {self.not_counted}." if self.not_counted else ""
        return (
            f"From the best of {self.candidates} strategies by {self.name} expect about {self.value:.2f} on new rows"
            f"{self._ends}; {means}.{aside}"
        )

    @property
    def _ends(self) -> str:
        return f" (95% interval {self.low:.2f} to {self.high:.2f})" if np.isfinite(self.low) else ""


def value_of_choice(
    comparison: Comparison,
    plan: Plan,
    metric: str,
    keys: Sequence[str] | None = None,
    groups: np.ndarray | None = None,
) -> ChoiceValue | None:
    """Return what choosing the strategy with the best mean is worth; None where none has a value on all folds.

    Parameters
    ----------
    comparison : Comparison
        Strategies that failed on some folds cannot be chosen.
    metric : str
        That it is chosen by.
    keys : sequence of str or None
        What it is chosen from; None stands for all.
    groups : ndarray of int64, shape (n_labelled,), or None
        Rows of one group choose together or judge together, see :func:`core.evaluation.resampling.groups_of`.

    See Also
    --------
    corrected : The computation on arrays.
    core.evaluation.recommendation.recommend : What to use, which need not be the leader.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> run = sample_run()
    >>> value_of_choice(run.comparison, run.plan, "recall", ["plain"]).text
    'Recall on new rows: 0.50 (95% interval 0.18 to 0.82); its mean over folds here is 0.50.'
    """
    means = {s.key: float(s.mean[metric]) for s in comparison.whole if keys is None or s.key in keys}
    means = {key: mean for key, mean in means.items() if np.isfinite(mean)}
    folds = finished(comparison)
    if not means or not folds:
        return None
    tested = np.unique(np.concatenate([r.test_rows for r in folds]))
    y = np.empty(len(tested), np.int64)
    for r in folds:
        y[np.searchsorted(tested, r.test_rows)] = r.y_true
    repeats = [pooled_repeats(folds, key, tested, comparison) for key in means]
    draws = int(np.clip(_WORK / (len(y) * sum(map(len, repeats))), _MIN_DRAWS, MAX_DRAWS))
    outcome = corrected(
        np.array(list(means.values())), repeats, y, metric,
        seed=plan.split.seed, draws=draws, groups=None if groups is None else groups[tested],
    )  # fmt: skip
    key = list(means)[outcome.pick]
    note = ""
    if not np.isfinite(outcome.value):
        counts = np.bincount(y, minlength=len(comparison.labels))
        rare = int(counts.argmin())
        note = (
            f"{quoted(comparison.labels[rare])} has {counted(int(counts[rare]), 'tested row')}, too few to let some "
            f"choose and others judge: the mean of {outcome.raw:.2f} cannot be corrected for the choice."
        )
    return ChoiceValue(
        metric, key, len(means), outcome.raw, outcome.value, outcome.low, outcome.high,
        outcome.recall_shift, outcome.rest_shift, note,
    )  # fmt: skip


@dataclass(frozen=True)
class Corrected:
    """What :func:`corrected` returns; ``pick`` is the place of the strategy that is chosen."""

    pick: int
    raw: float
    value: float
    low: float
    high: float
    recall_shift: float
    rest_shift: float


def corrected(
    means: np.ndarray,
    repeats: Sequence[Sequence[Predictions]],
    y: np.ndarray,
    metric: str,
    *,
    seed: int = 0,
    draws: int = MAX_DRAWS,
    groups: np.ndarray | None = None,
) -> Corrected:
    """Return the value of a choice from out-of-fold predictions.

    In each draw, :data:`SHARE` of the rows choose the strategy that is best on them, and it is scored on the others;
    the value is the mean over draws. Scores of a part are of few rows: each strategy's are moved so that their mean
    over draws is its mean over folds. F1 and its like are biased on the few rows of a fold (Forman and Scholz 2010):
    theirs is the score on all rows of a repeat, less what the bootstrap says of its bias (Efron and Tibshirani 1993,
    chapter 10). For a metric that is a mean over rows nothing moves.

    The interval is that of :func:`core.evaluation.proportions.around`. Its variance is a bootstrap's, of the
    strategies that were chosen, and a sixth of the squared correction besides: how much of the leader's luck there
    was to take away is itself uncertain. The simulation of ``benchmarks/selection.py`` shows that it covers.

    Parameters
    ----------
    means : ndarray of float64, shape (n_strategies,)
        Over folds; the best one is chosen.
    repeats : sequence of sequence of Predictions
        By strategy and repeat, for weights of ``n`` rows.
    y : ndarray of int64, shape (n,)
    metric : str
    groups : ndarray of int64, shape (n,), or None

    Returns
    -------
    Corrected
        Value and ends are nan where no draw leaves a class to choose and to judge with.

    See Also
    --------
    value_of_choice : For a comparison.
    """
    sign = 1 if metric_of(metric).higher_is_better else -1
    pick = int(np.argmax(sign * means))
    raw = float(means[pick])
    binary = repeats[0][0].n_classes == 2
    wanted = tuple(dict.fromkeys((metric, *_RATES))) if binary else (metric,)
    choosing, judging, drawn = _drawn(repeats, y, wanted, metric, seed, draws, groups)
    centre = means
    if metric in _OF_COUNTS:
        every_row = np.ones((len(y), 1))
        pooled = np.array([mean_scores(own, every_row, (metric,))[metric][0] for own in repeats])
        centre = _without_bias(pooled, drawn, reach(metric))
    usable = np.isfinite(choosing[metric]).all(axis=0) & np.isfinite(judging[metric]).all(axis=0)
    if not usable.any():
        return Corrected(pick, raw, np.nan, np.nan, np.nan, 0.0, 0.0)
    picked = np.argmax(sign * _centred(choosing[metric][:, usable], means), axis=0)
    at = np.arange(len(picked))
    value = float(_centred(judging[metric][:, usable], centre)[picked, at].mean())
    luck = float(centre[pick]) - value
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # no draw defines it
        deviation = float(np.nanstd(drawn, axis=1)[picked].mean())
    low, high = around(value, float(np.hypot(deviation, luck / np.sqrt(6))), reach(metric))
    shifts = [0.0, 0.0]
    # The shares lose as the metric does: by as much more as the pick's luck is larger than that of those chosen.
    lost = float(centre[picked].mean()) - value
    if binary and sign * lost > 1e-6:
        scale = float(np.clip(luck / lost, 0, 3))
        recall, balanced = (_centred(judging[rate][:, usable], 0.0)[picked, at].mean() for rate in _RATES)
        shifts = [float(scale * recall), float(scale * (2 * balanced - recall))]
    return Corrected(pick, raw, value, low, high, *shifts)


def _without_bias(scores: np.ndarray, drawn: np.ndarray, ends: tuple[float, float]) -> np.ndarray:
    """Return scores, shape (n_strategies,), less what bootstrap draws, shape (n_strategies, n_draws), are off by."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # no draw defines it
        bias = np.nanmean(drawn, axis=1) - scores
    return np.clip(scores - np.nan_to_num(bias), *ends)


def _centred(scores: np.ndarray, means: np.ndarray | float) -> np.ndarray:
    """Move each strategy's scores, shape (n_strategies, n_draws), so that their mean over draws is the given one."""
    return scores - scores.mean(axis=1, keepdims=True) + np.reshape(means, (-1, 1))


def _drawn(
    repeats: Sequence[Sequence[Predictions]],
    y: np.ndarray,
    wanted: Sequence[str],
    metric: str,
    seed: int,
    draws: int,
    groups: np.ndarray | None,
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], np.ndarray]:
    """Score every strategy on the rows that choose, on those that judge, and on a bootstrap's."""
    rng = np.random.default_rng([seed, draws, len(y)])
    choosing: dict[str, list[np.ndarray]] = {metric: []}
    judging: dict[str, list[np.ndarray]] = {name: [] for name in wanted}
    drawn = []
    size = max(1, min(draws, _CELLS // len(y)))
    for start in range(0, draws, size):
        number = min(size, draws - start)
        larger = parted(y, number, rng, SHARE, groups)
        weights = bootstrap_weights(len(y), number, rng, groups)
        # One product for all three, in each of which a strategy's rows are summed up in the same order.
        together = np.concatenate([larger, 1 - larger, weights], axis=1)
        scores = [mean_scores(own, together, wanted) for own in repeats]
        for name in wanted:
            first, other, third = np.split(np.stack([of_one[name] for of_one in scores]), 3, axis=1)
            judging[name].append(other)
            if name == metric:
                choosing[metric].append(first)
                drawn.append(third)
    return (
        {name: np.concatenate(parts, axis=1) for name, parts in choosing.items()},
        {name: np.concatenate(parts, axis=1) for name, parts in judging.items()},
        np.concatenate(drawn, axis=1),
    )
