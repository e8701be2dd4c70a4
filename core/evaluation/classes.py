"""How each class fares under a strategy, and where its rows go wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core.decision.confusion import f1_scores, precisions, ratio, recalls
from core.evaluation.comparison import Comparison


@dataclass(frozen=True, eq=False)
class ClassScores:
    """Precision, recall and F1 of every class, each shape (n_classes,); nan for a class without rows.

    A class that is never called has a precision of 0, as in scikit-learn.

    See Also
    --------
    class_scores : Makes them of a confusion matrix.

    Examples
    --------
    >>> class_scores(np.array([[8, 0], [2, 0]])).precision.tolist()
    [0.8, 0.0]
    """

    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray


def class_scores(confusion: np.ndarray) -> ClassScores:
    """Return the scores of every class against the rest.

    Parameters
    ----------
    confusion : ndarray, shape (n_classes, n_classes)
        Truth down, decision across.

    See Also
    --------
    core.evaluation.weighted.confusion_scores : Means over the classes.

    Examples
    --------
    >>> class_scores(np.array([[95, 5], [5, 15]])).recall.tolist()
    [0.95, 0.75]
    """
    present = confusion.sum(axis=1) > 0
    scores = (precisions(confusion), recalls(confusion), f1_scores(confusion))
    return ClassScores(*(np.where(present, values, np.nan) for values in scores))


def by_size(comparison: Comparison) -> Comparison:
    """Return the comparison with its labels and confusion matrices in the order of the classes' rows, largest first.

    Its results stay as they are: it is for views of the confusion matrices.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> comparison = sample_run().comparison
    >>> by_size(comparison).labels, by_size(replace(comparison, labels=("a", "b"))).labels
    (('no', 'yes'), ('a', 'b'))
    """
    counts = comparison.strategies[0].confusion.sum(axis=1)
    order = np.argsort(-counts, kind="stable")
    return replace(
        comparison,
        labels=tuple(comparison.labels[code] for code in order),
        strategies=tuple(replace(s, confusion=s.confusion[np.ix_(order, order)]) for s in comparison.strategies),
    )


def error_flow(confusion: np.ndarray) -> np.ndarray:
    """Return the share of each true class that is called each class; rows sum to 1, or to 0 without rows.

    See Also
    --------
    worst_flows : The commonest mistakes alone.

    Examples
    --------
    >>> error_flow(np.array([[3, 1], [0, 0]])).tolist()
    [[0.75, 0.25], [0.0, 0.0]]
    """
    return ratio(confusion, confusion.sum(axis=1, keepdims=True))


def worst_flows(confusion: np.ndarray, maximum: int = 3) -> list[tuple[int, int, int]]:
    """Return the commonest mistakes as (true class, decided class, rows), by their share of the true class.

    See Also
    --------
    error_flow : All of them, as shares.

    Examples
    --------
    >>> worst_flows(np.array([[90, 10], [5, 5]]))
    [(1, 0, 5), (0, 1, 10)]
    """
    share = error_flow(confusion)
    np.fill_diagonal(share, 0)
    order = np.argsort(-share, axis=None, kind="stable")[:maximum]
    pairs = [(int(i), int(j)) for i, j in zip(*np.unravel_index(order, share.shape), strict=True)]
    return [(i, j, int(confusion[i, j])) for i, j in pairs if share[i, j] > 0]
