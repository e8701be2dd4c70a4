"""Every tested row of a comparison, strategy by strategy, in one order."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core.evaluation.comparison import Comparison


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
