"""What early stopping may go by instead of the loss: the metrics that say by themselves which epoch is better.

Metrics of decisions are taken at the threshold that is best for them on the same rows, as thresholds are chosen later;
with more than two classes, each row is called its most probable class. Scripts hold the functions as they stand here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from core.decision.confusion import f1, g_mean, hits, mcc, recalls

Score = Callable[[np.ndarray, np.ndarray], float]


def log_score(y: np.ndarray, p: np.ndarray) -> float:
    """Return the mean log of what the rows' own classes were given.

    Parameters
    ----------
    y : ndarray of int, shape (n,)
    p : ndarray, shape (n, n_classes)

    See Also
    --------
    STOP_SCORES : Every such score.

    Examples
    --------
    >>> round(log_score(np.array([0, 1]), np.array([[0.5, 0.5], [0.0, 1.0]])), 3)
    -0.347
    """
    return float(np.log(np.maximum(p[np.arange(len(y)), y], 1e-7)).mean())


def brier_score(y: np.ndarray, p: np.ndarray) -> float:
    """Return the mean squared distance to the truth with its sign turned, so that more is better.

    Examples
    --------
    >>> brier_score(np.array([0, 1]), np.array([[0.5, 0.5], [0.0, 1.0]]))
    -0.25
    """
    return -float(np.mean(np.sum((p - np.eye(p.shape[1])[y]) ** 2, axis=1)))


def ranking_score(metric: Callable[..., float], y: np.ndarray, p: np.ndarray) -> float:
    """Return a metric of ranking: of the second of two classes, or the mean over the classes that have rows.

    Examples
    --------
    >>> from sklearn.metrics import average_precision_score
    >>> ranking_score(average_precision_score, np.array([0, 1]), np.array([[0.9, 0.1], [0.2, 0.8]]))
    1.0
    """
    codes = [1] if p.shape[1] == 2 else np.unique(y)
    return float(np.mean([metric(y == code, p[:, code]) for code in codes]))


def average_precision(y: np.ndarray, p: np.ndarray) -> float:
    """Return the average precision.

    Examples
    --------
    >>> average_precision(np.array([0, 1]), np.array([[0.9, 0.1], [0.2, 0.8]]))
    1.0
    """
    from sklearn.metrics import average_precision_score

    return ranking_score(average_precision_score, y, p)


def roc_auc(y: np.ndarray, p: np.ndarray) -> float:
    """Return the area under the ROC curve.

    Examples
    --------
    >>> roc_auc(np.array([0, 1]), np.array([[0.9, 0.1], [0.2, 0.8]]))
    1.0
    """
    from sklearn.metrics import roc_auc_score

    return ranking_score(roc_auc_score, y, p)


def decision_score(metric: Callable[[np.ndarray], np.ndarray], y: np.ndarray, p: np.ndarray) -> float:
    """Return the best of a metric over all thresholds; with more than two classes, that of the most probable ones.

    Parameters
    ----------
    metric : callable
        From confusion matrices, shape (..., n_classes, n_classes), to values.

    Examples
    --------
    >>> decision_score(f1, np.array([0, 0, 1]), np.array([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4]]))
    1.0
    """
    from sklearn.metrics import confusion_matrix, roc_curve

    if p.shape[1] > 2:
        return float(metric(confusion_matrix(y, p.argmax(axis=1), labels=range(p.shape[1]))))
    negative, positive = np.bincount(y, minlength=2)
    false_alarms, found, _ = roc_curve(y, p[:, 1], drop_intermediate=False)
    confusion = np.empty((len(found), 2, 2))
    confusion[:, 0, 1], confusion[:, 1, 1] = false_alarms * negative, found * positive
    confusion[:, 0, 0], confusion[:, 1, 0] = negative - confusion[:, 0, 1], positive - confusion[:, 1, 1]
    return float(metric(confusion).max())


def balanced_accuracy(confusion: np.ndarray) -> np.ndarray:
    """Return the mean recall of the classes that have rows, shape (...).

    Examples
    --------
    >>> round(float(balanced_accuracy(np.array([[90, 10], [5, 5]]))), 3)
    0.7
    """
    return recalls(confusion).sum(axis=-1) / (confusion.sum(axis=-1) > 0).sum(axis=-1)


def accuracy(confusion: np.ndarray) -> np.ndarray:
    """Return the share of right decisions, shape (...).

    Examples
    --------
    >>> round(float(accuracy(np.array([[90, 10], [5, 5]]))), 3)
    0.864
    """
    return hits(confusion).sum(axis=-1) / confusion.sum(axis=(-2, -1))


#: By the name that a plan has for them; more is better.
SCORES: Mapping[str, Score] = {
    "average_precision": average_precision,
    "roc_auc": roc_auc,
    "f1": partial(decision_score, f1),
    "balanced_accuracy": partial(decision_score, balanced_accuracy),
    "mcc": partial(decision_score, mcc),
    "g_mean": partial(decision_score, g_mean),
    "brier": brier_score,
    "log_loss": log_score,
    "accuracy": partial(decision_score, accuracy),
}


def stop_score(name: str, y: np.ndarray, p: np.ndarray) -> float:
    """Return a score by its name; where the rows are of one class, their log score, since most others say nothing.

    See Also
    --------
    core.settings.STOP_ON : The names.

    Examples
    --------
    >>> stop_score("f1", np.array([0, 1]), np.array([[0.9, 0.1], [0.2, 0.8]]))
    1.0
    """
    return SCORES[name](y, p) if len(np.unique(y)) > 1 else log_score(y, p)


#: The same as training is given them.
STOP_SCORES: Mapping[str, Score] = {name: partial(stop_score, name) for name in SCORES}
