"""Whether what strategies reach on rows that were not in the run lies inside what cross-validation promised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.decision import PriorShift
from core.decision.top_rows import TopRows
from core.evaluation.intervals import Intervals
from core.evaluation.metrics import METRICS, score
from core.evaluation.weighted import weighted_scores
from core.experiment.results import FoldResult

_DRAWS, COVERAGE, _CELLS = 500, 0.95, 4_000_000


@dataclass(frozen=True, eq=False)
class KeptPromises:
    """Metrics on other rows beside those of cross-validation.

    Parameters
    ----------
    frame : DataFrame
        One row per strategy and metric: ``strategy``, ``metric``, ``value``, ``low``, ``high`` on the other rows;
        ``promised``, ``promised_low``, ``promised_high`` in cross-validation; ``inside``, False where the two differ
        by more than both intervals together allow, None where that cannot be told.

    See Also
    --------
    kept_promises : Makes them.
    """

    frame: pd.DataFrame


def kept_promises(
    results: Sequence[FoldResult], promised: Intervals, top: TopRows | None = None, *, seed: int = 0
) -> KeptPromises:
    """Hold metrics on other rows against those of cross-validation.

    Intervals on the other rows are by rows (bootstrap within the classes). Value and promise differ where the interval
    of their difference, joined of both intervals (Zou and Donner 2008), does not hold 0.

    Parameters
    ----------
    results : sequence of FoldResult
        Of the other rows, one per strategy; those with an error are passed over.
    promised : Intervals
        Of the run, by folds.
    top : TopRows or None
        How many of the other rows can be looked at; 50 of 1,000 by default.

    Examples
    --------
    >>> from core.evaluation.intervals import intervals
    >>> from core.evaluation.sample import sample_run
    >>> run = sample_run()
    >>> kept = kept_promises(run.folds[:1], intervals(run.comparison, run.plan)).frame
    >>> kept.loc[kept["metric"] == "recall", ["value", "promised", "inside"]].to_numpy().tolist()
    [[0.5, 0.5, True]]
    """
    rows = []
    known = set(promised.frame.index)
    for result in (one for one in results if one.error is None):
        n_classes = result.probabilities.shape[1]
        values = score(result.y_true, result.probabilities, result.decisions, n_classes, top)
        drawn = _drawn(result, top, np.random.default_rng(seed))
        for metric in METRICS:
            points = drawn[metric.key][np.isfinite(drawn[metric.key])]
            tails = [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2]
            low, high = np.quantile(points, tails) if len(points) else (np.nan, np.nan)
            value = values[metric.key]
            said = promised.of(result.strategy, metric.key) if (result.strategy, metric.key) in known else None
            own = (said.value, said.low, said.high) if said is not None else (np.nan,) * 3
            inside = _agree((value, float(low), float(high)), own)
            rows.append((result.strategy, metric.key, value, float(low), float(high), *own, inside))
    columns = ["strategy", "metric", "value", "low", "high", "promised", "promised_low", "promised_high", "inside"]
    return KeptPromises(pd.DataFrame(rows, columns=columns))


def shifted(results: Sequence[FoldResult], shares: np.ndarray) -> Mapping[str, tuple[float, float]]:
    """Return each strategy's Brier score on other rows, as it is and after prior correction to their classes' shares.

    Parameters
    ----------
    shares : ndarray, shape (n_classes,)
        The classes' shares in the run's table.

    Returns
    -------
    mapping of str to (float, float)
        The second is nan where the other rows lack a class: probabilities corrected to a share of 0 would only repeat
        that.

    See Also
    --------
    core.decision.PriorShift : The correction.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> before, after = shifted(sample_run().folds[:1], np.array([0.75, 0.25]))["plain"]
    >>> before == after
    True
    """
    scores = {}
    for result in (one for one in results if one.error is None):
        n_classes = result.probabilities.shape[1]
        now = np.bincount(result.y_true, minlength=n_classes) / max(1, len(result.y_true))
        factors = np.divide(now, shares, out=np.ones(n_classes), where=shares > 0)
        p = result.probabilities.astype(np.float64)
        after = p if np.allclose(factors, 1) else PriorShift(tuple(factors.tolist()))(p)
        lacking = bool((now[shares > 0] == 0).any())
        scores[result.strategy] = (
            score(result.y_true, p, result.decisions, n_classes)["brier"],
            np.nan if lacking else score(result.y_true, after, result.decisions, n_classes)["brier"],
        )
    return scores


def _drawn(result: FoldResult, top: TopRows | None, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return every metric on rows drawn again within their classes, a few draws at a time."""
    y, parts, left = result.y_true, [], _DRAWS
    while left > 0:
        draws = max(1, min(left, _CELLS // max(1, len(y))))
        weights = np.zeros((len(y), draws))
        for code in np.unique(y):
            own = np.flatnonzero(y == code)
            weights[own] = rng.multinomial(len(own), np.full(len(own), 1 / len(own)), size=draws).T
        parts.append(weighted_scores(y, result.probabilities, result.decisions, weights, top))
        left -= draws
    return {metric.key: np.concatenate([part[metric.key] for part in parts]) for metric in METRICS}


def _agree(one: tuple[float, float, float], other: tuple[float, float, float]) -> bool | None:
    if not np.isfinite([*one, *other]).all():
        return None
    difference = one[0] - other[0]
    low = difference - np.hypot(one[0] - one[1], other[2] - other[0])
    high = difference + np.hypot(one[2] - one[0], other[0] - other[1])
    return bool(low <= 0 <= high)
