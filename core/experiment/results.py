"""What a run leaves behind: one record for each strategy and fold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class History:
    """Loss by epoch, one value per epoch, averaged over a strategy's lanes.

    See Also
    --------
    core.training.lanes.TrainedLane : The losses of a single network.

    Examples
    --------
    >>> history = History(np.array([0.7, 0.5, 0.3]), np.array([0.7, 0.6, 0.8]), best_epoch=1)
    >>> float(history.validation_loss[history.best_epoch])
    0.6
    """

    train_loss: NDArray[np.float32]
    validation_loss: NDArray[np.float32]
    best_epoch: int


@dataclass(frozen=True, eq=False)
class FoldResult:
    """One strategy on one test fold; its fields are the columns of the file that keeps it.

    Parameters
    ----------
    strategy : str
        ``StrategyChoice.key``.
    repeat, fold : int
        Counted from 0.
    test_rows : ndarray of int64, shape (n_test,)
        Row positions in the table (after rows without a label were dropped).
    y_true : ndarray of int64, shape (n_test,)
        Class codes; for two classes 1 is the positive class.
    probabilities : ndarray of float32, shape (n_test, n_classes)
        Rows sum to 1; after the strategy's own calibration, if it has one.
    decisions : ndarray of int64, shape (n_test,)
        Class codes that the decision rule chose.
    threshold : float or None
        For two classes, the probability of the positive class from which a row is called positive.
    class_counts : ndarray of int64, shape (n_classes,)
        Training rows per class after the strategy (mean over its lanes).
    seconds : float
        Training time, this strategy's share of the stack and its own sampling.
    lanes : int
        Networks trained.
    notes : tuple of str
        What the strategy had to change, in plain sentences.
    error : str or None
        Why the strategy has no result on this fold; arrays are then empty.
    tuned : tuple of str
        What tuning chose on this fold, each as ``name=value``; empty where nothing was tuned.

    See Also
    --------
    core.evaluation.comparison.compare : Sets the results of a run side by side.

    Examples
    --------
    >>> from core.examples import EXAMPLES, examples
    >>> from core.runs.store import Store
    >>> result = Store(EXAMPLES).results(examples()[0].record.id)[0]
    >>> result.strategy, result.probabilities.shape == (len(result.test_rows), 2), result.lanes
    ('plain', True, 1)
    """

    strategy: str
    repeat: int
    fold: int
    test_rows: NDArray[np.int64]
    y_true: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    decisions: NDArray[np.int64]
    threshold: float | None
    class_counts: NDArray[np.int64]
    seconds: float
    lanes: int
    history: History | None = None
    notes: tuple[str, ...] = ()
    error: str | None = None
    tuned: tuple[str, ...] = ()

    @classmethod
    def failed(
        cls, strategy: str, repeat: int, fold: int, n_classes: int, error: str, *, seconds: float = 0.0
    ) -> FoldResult:
        """Return the result of a strategy that could not work on a fold.

        Examples
        --------
        >>> from core.experiment.results import FoldResult
        >>> result = FoldResult.failed("smote", 0, 2, n_classes=3, error="One class has a single row.")
        >>> result.probabilities.shape, len(result.test_rows), result.lanes
        ((0, 3), 0, 0)
        """
        no_codes = np.zeros(0, np.int64)
        return cls(
            strategy=strategy,
            repeat=repeat,
            fold=fold,
            test_rows=no_codes,
            y_true=no_codes,
            probabilities=np.zeros((0, n_classes), np.float32),
            decisions=no_codes,
            threshold=None,
            class_counts=np.zeros(n_classes, np.int64),
            seconds=seconds,
            lanes=0,
            error=error,
        )
