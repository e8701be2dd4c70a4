"""Every tested row of a comparison, strategy by strategy, in one order."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.evaluation.comparison import Comparison
from core.evaluation.metrics import METRIC_NAMES
from core.evaluation.weighted import Predictions
from core.experiment.results import FoldResult


@dataclass(frozen=True, eq=False)
class OutOfFold:
    """What one strategy said of the test rows of all finished folds.

    Rows come fold by fold, repeat by repeat, in the same order for every strategy; with repeats a
    row of the table comes once per repeat.

    Parameters
    ----------
    key : str
    rows : ndarray of int64, shape (n,)
        Positions among the labelled rows of the table.
    fold : ndarray of int64, shape (n,)
        Which of the finished folds tested the row, counted over all repeats.
    repeat : ndarray of int64, shape (n,)
    truth : ndarray of int64, shape (n,)
        Class codes.
    probabilities : ndarray of float32, shape (n, n_classes)
    decisions : ndarray of int64, shape (n,)
        Class codes, by the strategy's own rule.
    thresholds : tuple of float
        For two classes, the threshold of each fold; empty for more.
    training_counts : ndarray of int64, shape (n_folds, n_classes)
        Training rows per class after the strategy, fold by fold.

    See Also
    --------
    out_of_fold : Gathers them.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> plain, smote = out_of_fold(sample_run().comparison)
    >>> len(plain.rows), plain.thresholds, smote.training_counts[0].tolist()
    (24, (0.5, 0.5, 0.5), [12, 12])
    """

    key: str
    rows: np.ndarray
    fold: np.ndarray
    repeat: np.ndarray
    truth: np.ndarray
    probabilities: np.ndarray
    decisions: np.ndarray
    thresholds: tuple[float, ...]
    training_counts: np.ndarray

    def chosen(self, rows: np.ndarray) -> OutOfFold:
        """Return some of the rows.

        Parameters
        ----------
        rows : ndarray of bool, shape (n,)
        """
        names = ("rows", "fold", "repeat", "truth", "probabilities", "decisions")
        return replace(self, **{name: getattr(self, name)[rows] for name in names})


def out_of_fold(comparison: Comparison) -> tuple[OutOfFold, ...]:
    """Return the test rows of every strategy that finished all folds; the others have not decided the same rows.

    See Also
    --------
    core.evaluation.curves.pooled : One class of one strategy.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> plain, smote = out_of_fold(sample_run().comparison)
    >>> int((plain.decisions != plain.truth).sum()), int((smote.decisions != smote.truth).sum())
    (4, 3)
    """
    by_place = {(r.strategy, r.repeat, r.fold): r for r in comparison.results if r.error is None}
    pooled = []
    for summary in comparison.whole:
        folds = [by_place[summary.key, int(repeat), int(fold)] for repeat, fold in summary.scores.index]
        sizes = [len(f.y_true) for f in folds]
        pooled.append(
            OutOfFold(
                key=summary.key,
                rows=np.concatenate([f.test_rows for f in folds]),
                fold=np.repeat(np.arange(len(folds)), sizes),
                repeat=np.repeat([f.repeat for f in folds], sizes),
                truth=np.concatenate([f.y_true for f in folds]),
                probabilities=np.concatenate([f.probabilities for f in folds]),
                decisions=np.concatenate([f.decisions for f in folds]),
                thresholds=tuple(f.threshold for f in folds if f.threshold is not None),
                training_counts=np.stack([f.class_counts for f in folds]),
            )
        )
    return tuple(pooled)


def finished(comparison: Comparison) -> list[FoldResult]:
    """Return the results that a comparison rests on.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> [(result.strategy, result.fold) for result in finished(sample_run().comparison)][:2]
    [('plain', 0), ('plain', 1)]
    """
    places = {(s.key, place) for s in comparison.strategies for place in s.scores.index}
    return [r for r in comparison.results if r.error is None and (r.strategy, (r.repeat, r.fold)) in places]


def pooled_repeats(
    folds: Sequence[FoldResult], strategy: str, tested: np.ndarray, comparison: Comparison | None = None
) -> list[Predictions]:
    """Return a strategy's predictions, the folds of a repeat together, to be scored under weights of the rows.

    Parameters
    ----------
    folds : sequence of FoldResult
        Without errors; those of other strategies are passed over.
    tested : ndarray of int64, shape (n,)
        The rows, ascending, that weights are given for.
    comparison : Comparison or None
        That knows how many rows can be looked at, and what decisions cost.

    See Also
    --------
    mean_scores : Scores them.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> predictions = pooled_repeats(sample_run().folds, "smote", np.arange(24))
    >>> len(predictions), mean_scores(predictions, np.ones((24, 1)))["recall"].tolist()
    (1, [1.0])
    """
    own = [r for r in folds if r.strategy == strategy]
    pooled = []
    for repeat in sorted({r.repeat for r in own}):
        part = [r for r in own if r.repeat == repeat]
        rows, truth, probabilities, decisions = (
            np.concatenate([getattr(r, name) for r in part])
            for name in ("test_rows", "y_true", "probabilities", "decisions")
        )
        top = None if comparison is None else comparison.top.of(rows)
        paid = [] if comparison is None else [comparison.costs.get((strategy, r.repeat, r.fold)) for r in part]
        whole = [one for one in paid if one is not None]
        costs = np.concatenate(whole, axis=1) if whole and len(whole) == len(part) else None
        place = np.searchsorted(tested, rows)
        pooled.append(Predictions(place, len(tested), truth, probabilities, decisions, top, costs))
    return pooled


def mean_scores(
    repeats: Sequence[Predictions], weights: np.ndarray, metrics: Sequence[str] = tuple(METRIC_NAMES)
) -> dict[str, np.ndarray]:
    """Return metrics under weights of the rows, each the mean over the repeats that define it.

    Parameters
    ----------
    repeats : sequence of Predictions
    weights : ndarray of float64, shape (n, n_draws)
    metrics : sequence of str
        Their keys; ranking costs most where it is among them.

    Returns
    -------
    dict of ndarray, shape (n_draws,)

    See Also
    --------
    pooled_repeats : Makes the predictions.
    """
    by_repeat = [repeat.scores(weights, metrics) for repeat in repeats]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # undefined in every repeat is nan, as it should be
        return {metric: np.nanmean([scores[metric] for scores in by_repeat], axis=0) for metric in metrics}
