"""What each strategy's decisions cost or bring under a run's stakes, against flagging nobody and everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from core.decision.costs import CostError
from core.decision.stakes import Rule, Stakes
from core.evaluation.outoffold import OutOfFold

COVERAGE = 0.95


@dataclass(frozen=True, eq=False)
class Worth:
    """Mean cost or benefit of a row, by strategy.

    Parameters
    ----------
    keys : tuple of str
        Strategies, in order.
    rule : str
        By what rows are decided.
    thresholds : ndarray, shape (n_strategies,)
        The median over folds; nan where the strategy has none, and row by row.
    called, hits : ndarray, shape (n_strategies,)
        Rows called the class, and those of them that are, the mean over repeats.
    value : ndarray, shape (n_strategies, 3)
        The mean cost or benefit of a row, and its 95% interval.
    saved_nobody, saved_everybody : ndarray, shape (n_strategies, 3)
        How much better that is than flagging no row and every row, with 95% intervals of the difference.

    See Also
    --------
    worth : Works it out.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.evaluation.outoffold import out_of_fold
    >>> shown = worth(out_of_fold(sample_run().comparison), 1, Stakes())
    >>> shown.keys, shown.value[:, 0].round(2).tolist(), shown.saved_nobody[:, 0].round(2).tolist()
    (('plain', 'smote'), [1.29, 0.12], [1.21, 2.38])
    """

    keys: tuple[str, ...]
    rule: Rule
    thresholds: np.ndarray
    called: np.ndarray
    hits: np.ndarray
    value: np.ndarray
    saved_nobody: np.ndarray
    saved_everybody: np.ndarray


def worth(
    pooled: Sequence[OutOfFold], code: int, stakes: Stakes, frame: pd.DataFrame | None = None, rule: Rule | None = None
) -> Worth:
    """Return what every strategy's decisions cost or bring.

    A cheapest threshold is chosen on the rows of all other folds than the one that it decides, so that what it
    promises is not what it was chosen by. Intervals are those of means over rows, the class and the rest apart.

    Parameters
    ----------
    code : int
        The class, against the rest.
    frame : DataFrame or None
        The labelled rows of the table, for costs by row.
    rule : str or None
        Another way to decide than that of the stakes.

    Raises
    ------
    CostError
        A column cannot say what rows cost.

    See Also
    --------
    core.decision.stakes.Stakes : What was settled.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.evaluation.outoffold import out_of_fold
    >>> pooled = out_of_fold(sample_run().comparison)
    >>> cheapest = worth(pooled, 1, Stakes(), rule="cheapest")
    >>> cheapest.thresholds.round(2).tolist(), cheapest.value[:, 0].round(2).tolist()
    ([0.25, 0.5], [0.62, 0.12])
    """
    rule = stakes.rule if rule is None else rule
    rows = pooled[0].rows
    priced = price(pooled, code, stakes, frame, rule)
    places, once = np.unique(rows, return_inverse=True)
    counts = np.bincount(once)
    of_class = np.bincount(once, priced.truth) > 0
    share = float(of_class.mean()) if stakes.costs.prevalence is None else stakes.costs.prevalence
    sign = -1.0 if is_benefit(stakes) else 1.0
    called, hits, values, nobody, everybody = [], [], [], [], []
    for chosen, cost in zip(priced.called, priced.cost, strict=True):

        def mean(by_row: np.ndarray) -> np.ndarray:
            return _mean(np.bincount(once, by_row) / counts, of_class, share)

        called.append(chosen.sum() * len(places) / len(rows))
        hits.append((chosen & priced.truth).sum() * len(places) / len(rows))
        values.append(mean(cost))
        nobody.append(mean(sign * (priced.left - cost)))
        everybody.append(mean(sign * (priced.flagged - cost)))
    medians = np.array([np.median(one) if len(one) else np.nan for one in priced.thresholds])
    figures = (np.array(part) for part in (called, hits, values, nobody, everybody))
    return Worth(tuple(one.key for one in pooled), rule, medians, *figures)


def saved_in_words(amount: float, whom: str) -> str:
    """Return what is saved or lost against flagging nobody or everybody, in words.

    Examples
    --------
    >>> saved_in_words(1250.0, "nobody"), saved_in_words(-3.0, "everybody")
    ('saves 1,250.0 against flagging nobody', 'loses 3.0 against flagging everybody')
    """
    return f"{'saves' if amount >= 0 else 'loses'} {abs(amount):,.1f} against flagging {whom}"


def is_benefit(stakes: Stakes) -> bool:
    """Return whether the numbers of the stakes are to be high."""
    return stakes.costs.benefits and stakes.by_row is None


@dataclass(frozen=True, eq=False)
class Priced:
    """How every strategy decides each pooled row under some stakes, and what that costs.

    Parameters
    ----------
    truth : ndarray of bool, shape (n,)
    called : ndarray of bool, shape (n_strategies, n)
        Whether a row is called the class.
    cost : ndarray, shape (n_strategies, n)
        What the decision costs or brings.
    left, flagged : ndarray, shape (n,)
        What leaving and what flagging each row costs or brings.
    weight : ndarray, shape (n,)
        What a row counts for, where the share in the field is another.
    thresholds : tuple of ndarray, shape (n_folds,)
        By strategy; empty where it has none, and row by row.

    See Also
    --------
    price : Makes it.
    """

    truth: np.ndarray
    called: np.ndarray
    cost: np.ndarray
    left: np.ndarray
    flagged: np.ndarray
    weight: np.ndarray
    thresholds: tuple[np.ndarray, ...]


def price(
    pooled: Sequence[OutOfFold], code: int, stakes: Stakes, frame: pd.DataFrame | None = None, rule: Rule | None = None
) -> Priced:
    """Return how every strategy decides each row under some stakes, and what that costs.

    Raises
    ------
    CostError
        A column cannot say what rows cost.

    See Also
    --------
    worth : Sums it up.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.evaluation.outoffold import out_of_fold
    >>> price(out_of_fold(sample_run().comparison), 1, Stakes()).cost.sum(axis=1).tolist()
    [31.0, 3.0]
    """
    rule = stakes.rule if rule is None else rule
    truth = pooled[0].truth == code
    if stakes.by_row is not None and frame is not None:
        stakes.by_row.check(frame)
    of_rows = None if frame is None else frame.iloc[pooled[0].rows]
    left, flagged = _costs(stakes, truth, of_rows)
    gain = saved_by_flagging(truth, stakes, of_rows)
    decided = [_called(one, code, stakes, rule, gain, frame) for one in pooled]
    called = np.array([chosen for chosen, _ in decided])
    cost = np.where(called, flagged, left)
    return Priced(truth, called, cost, left, flagged, _weight(truth, stakes), tuple(cuts for _, cuts in decided))


def saved_by_flagging(truth: np.ndarray, stakes: Stakes, frame: pd.DataFrame | None = None) -> np.ndarray:
    """Return what calling each row the class saves, at the share in the field; negative where it costs.

    Parameters
    ----------
    truth : ndarray of bool, shape (n,)
    frame : DataFrame or None
        These rows of the table, for costs by row.

    Raises
    ------
    CostError
        Costs by row lack the table.

    See Also
    --------
    cheapest_threshold : The threshold by which most is saved.

    Examples
    --------
    >>> saved_by_flagging(np.array([True, False]), Stakes()).tolist()
    [10.0, -1.0]
    """
    left, flagged = _costs(stakes, truth, frame)
    return (-1.0 if is_benefit(stakes) else 1.0) * _weight(truth, stakes) * (left - flagged)


def _weight(truth: np.ndarray, stakes: Stakes) -> np.ndarray:
    """Return what each row counts for at the share in the field."""
    observed, field = float(truth.mean()), stakes.costs.prevalence
    share = observed if field is None else field
    return np.where(truth, share / max(observed, 1e-12), (1 - share) / max(1 - observed, 1e-12))


def cheapest_threshold(p: np.ndarray, gain: np.ndarray) -> float:
    """Return the threshold on ``p`` from which flagging rows gains most in all; of equally good ones the highest.

    Parameters
    ----------
    p : ndarray, shape (n,)
        Probabilities of the class.
    gain : ndarray, shape (n,)
        What flagging each row saves; negative where it costs.

    Examples
    --------
    >>> round(cheapest_threshold(np.array([0.1, 0.2, 0.4, 0.9]), np.array([-1.0, 9.0, -1.0, 9.0])), 2)
    0.15
    """
    order = np.argsort(-p, kind="stable")
    ranked, total = p[order], np.concatenate([[0.0], np.cumsum(gain[order])])
    # Between equal probabilities no threshold can stand.
    ends = np.concatenate([[0], np.flatnonzero(np.diff(ranked) < 0) + 1, [len(p)]])
    best = int(ends[np.argmax(total[ends])])
    above = ranked[best - 1] if best else np.nextafter(1.0, 2.0)
    below = ranked[best] if best < len(p) else 0.0
    return float((above + below) / 2) if best else float(np.nextafter(max(1.0, below), 2.0))


def _called(
    one: OutOfFold, code: int, stakes: Stakes, rule: Rule, gain: np.ndarray, frame: pd.DataFrame | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return which pooled rows are called the class, and the threshold of each fold."""
    p = one.probabilities[:, code].astype(np.float64)
    folds = np.unique(one.fold)
    if rule == "own":
        return one.decisions == code, np.array(one.thresholds, np.float64)
    if rule == "one":
        threshold = float(stakes.threshold or 0.0)
        return p >= threshold, np.full(len(folds), threshold)
    if rule == "rows":
        if stakes.by_row is None or frame is None:
            raise CostError("Deciding row by row needs costs that a column gives: choose the column.")
        return stakes.by_row.flagged(p, frame.iloc[one.rows]), np.zeros(0)
    called, cuts = np.zeros(len(p), bool), []
    for fold in folds:
        here = one.fold == fold
        # A row that another repeat tests again must not choose for itself.
        others = ~np.isin(one.rows, one.rows[here])
        source = others if others.any() else here
        cuts.append(cheapest_threshold(p[source], gain[source]))
        called[here] = p[here] >= cuts[-1]
    return called, np.array(cuts)


def _costs(stakes: Stakes, truth: np.ndarray, frame: pd.DataFrame | None) -> tuple[np.ndarray, np.ndarray]:
    """Return what leaving and what flagging each row costs or brings, given its truth."""
    if stakes.by_row is not None:
        if frame is None:
            raise CostError("Costs by row need the table that they are in.")
        nobody, every = np.zeros(len(truth), np.int64), np.ones(len(truth), np.int64)
        return stakes.by_row.total(truth, nobody, frame), stakes.by_row.total(truth, every, frame)
    matrix = np.array(stakes.costs.matrix, np.float64)
    return matrix[truth.astype(np.int64), 0], matrix[truth.astype(np.int64), 1]


def _mean(values: np.ndarray, of_class: np.ndarray, share: float) -> np.ndarray:
    """Return a mean over rows at a share of the class, and its interval."""
    middle, variance = 0.0, 0.0
    for side, weight in ((of_class, share), (~of_class, 1 - share)):
        n = int(side.sum())
        if n:
            middle += weight * float(values[side].mean())
            variance += weight**2 * float(values[side].var(ddof=1) / n if n > 1 else 0.0)
    half = float(stats.norm.ppf((1 + COVERAGE) / 2)) * np.sqrt(variance)
    return np.array([middle, middle - half, middle + half])
