"""What more rows would do, read off what fewer rows do.

The curve of a score over training rows is taken for an inverse power law, ``a - b * n ** -c`` (Figueroa, Zeng-Treitler,
Kandula and Ngo 2012, doi 10.1186/1472-6947-12-8): it levels off at a. With a handful of points c is one of four
exponents. Whether it rises at all is tested on the folds, by each fold's own slope, with the correction for training
rows that folds share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.evaluation.importance import importance_ends
from core.evaluation.intervals import reach
from core.evaluation.metrics import METRICS, metric_of, score
from core.evaluation.paired import corrected_t_test, rows_ratio
from core.experiment.fewer_rows import LearningCurve, Part
from core.plan import SplitSettings

#: A gain by twice the rows that is worth speaking of, and what somebody may want where they do not say.
WORTH, WANTED = 0.01, 0.05
_EXPONENTS = (0.25, 0.5, 0.75, 1.0)
# Farther out than this many times the rows, a curve of four points says nothing.
_FARTHEST = 10.0


def curve_of(key: str, parts: Sequence[Part]) -> LearningCurve:
    """Return the learning curve of results on growing parts of the same folds' training rows.

    See Also
    --------
    core.experiment.fewer_rows.run_on_fewer : Makes the parts.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> smote = tuple(result for result in sample_run().folds if result.strategy == "smote")
    >>> curve_of("smote", [Part(np.array([6, 2]), smote), Part(np.array([12, 4]), smote)]).of("recall").tolist()
    [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    """
    scores = np.full((len(parts), max(len(part.results) for part in parts), len(METRICS)), np.nan)
    for point, part in enumerate(parts):
        for fold, result in enumerate(part.results):
            if result.error is None:
                known = score(result.y_true, result.probabilities, result.decisions, result.probabilities.shape[1])
                scores[point, fold] = [known[metric.key] for metric in METRICS]
    rows = np.array([part.rows for part in parts], np.float64)
    return LearningCurve(key, rows, tuple(metric.key for metric in METRICS), scores)


@dataclass(frozen=True)
class Outlook:
    """What more rows would do for one metric.

    Parameters
    ----------
    half, now, doubled : float
        The mean score with half of the rows and with all, and what the curve says of twice as many.
    limit : float
        Where the curve levels off; nan where it does not rise.
    wanted : float
        The score that is asked for.
    times : float
        How many times as many rows it takes; nan where they are out of reach.
    p : float
        Of the question whether the curve rises at all.

    See Also
    --------
    outlook : Computes it.
    """

    half: float
    now: float
    doubled: float
    limit: float
    wanted: float
    times: float
    p: float

    @property
    def helps(self) -> bool:
        """Whether twice the rows would bring a gain worth speaking of."""
        return abs(self.doubled - self.now) >= WORTH

    @property
    def is_clear(self) -> bool:
        """Whether the folds tell the rise from chance."""
        return self.p < 0.05


def outlook(curve: LearningCurve, metric: str, split: SplitSettings, wanted: float | None = None) -> Outlook:
    """Return what more rows would do for a metric.

    Parameters
    ----------
    wanted : float or None
        The score that is asked for; None asks for 0.05 more than now.

    See Also
    --------
    core.more_rows.answer_of : Says it in words.

    Examples
    --------
    A score that is 0.8 with endless rows, and misses that by 1 / sqrt(rows):

    >>> rows = np.array([[25.0, 25.0], [50.0, 50.0], [100.0, 100.0], [200.0, 200.0]])
    >>> values = 0.8 - rows.sum(axis=1) ** -0.5
    >>> scores = np.repeat(values[:, None, None], 5, axis=1)
    >>> scores = scores + np.linspace(-1e-3, 1e-3, 5)[:, None] * np.arange(4)[:, None, None]
    >>> seen = outlook(LearningCurve("plain", rows, ("f1",), scores), "f1", SplitSettings(folds=5), wanted=0.775)
    >>> round(seen.now, 2), round(seen.doubled, 2), round(seen.times, 1), seen.helps, seen.is_clear
    (0.75, 0.76, 4.0, True, True)
    """
    sign = 1 if metric_of(metric).higher_is_better else -1
    values = sign * curve.of(metric)
    whole = np.isfinite(values).all(axis=0)
    if not whole.any():
        return Outlook(*([np.nan] * 7))
    values, n = values[:, whole], curve.rows.sum(axis=1)
    means = values.mean(axis=1)
    b, c = _power_law(n, means)
    now, doubled = float(means[-1]), float(means[-1] + b * n[-1] ** -c * (1 - 2**-c))
    goal = now + WANTED if wanted is None else sign * wanted
    # The curve through the last point: what is noise there is no gain to come.
    limit, times = now + b * n[-1] ** -c if b > 0 else np.nan, np.nan
    if b > 0 and now < goal < limit:
        times = float((b * n[-1] ** -c / (limit - goal)) ** (1 / c))
    elif goal <= now:
        times = 1.0
    return Outlook(
        sign * float(means[-2]), sign * now, sign * doubled, sign * float(limit), sign * float(goal),
        times if times <= _FARTHEST else np.nan, _rise(n, values, split),
    )  # fmt: skip


def _power_law(n: np.ndarray, values: np.ndarray) -> tuple[float, float]:
    """Return b, at least 0, and c of ``a - b * n ** -c`` with the least squares."""
    best, least = (0.0, 1.0), float(np.square(values - values.mean()).sum())
    for c in _EXPONENTS:
        slope, a = np.polyfit(n**-c, values, 1)
        error = float(np.square(a + slope * n**-c - values).sum())
        if slope < 0 and error < least:
            best, least = (float(-slope), c), error
    return best


def _rise(n: np.ndarray, values: np.ndarray, split: SplitSettings) -> float:
    """Return p of the question whether scores rise with the rows, by the folds' own slopes; 1 where they fall."""
    x = np.log2(n) - np.log2(n).mean()
    slopes = x @ values / np.square(x).sum()
    return float(corrected_t_test(slopes, rows_ratio(split))) if slopes.mean() > 0 else 1.0


def ends_of(curve: LearningCurve, metric: str, folds: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the mean of each point and its 95% interval by folds, each of shape (n_points,).

    Parameters
    ----------
    folds : int
        Of the plan.
    """
    values = curve.of(metric)
    known = np.isfinite(values).all(axis=0)
    if not known.any():
        nothing = np.full(len(values), np.nan)
        return nothing, nothing, nothing
    mean, low, high = importance_ends(values[:, known], folds)
    return mean, *np.clip([low, high], *reach(metric))
