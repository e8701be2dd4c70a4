"""The metrics of a comparison, from scikit-learn and imbalanced-learn."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

# Not a part of it: of two threads that import the package and a part of it first, one would see half of both.
from imblearn import metrics as imbalanced_metrics
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    f1_score,
    log_loss,
    matthews_corrcoef,
    precision_score,
    recall_score,
    roc_auc_score,
)

from core.decision.top_rows import TopRows, precision_and_recall
from core.words import which_there_are


@dataclass(frozen=True)
class Metric:
    """One metric as pages and reports show it.

    See Also
    --------
    metric_of : Finds one by its key.

    Examples
    --------
    >>> [metric.name for metric in METRICS if not metric.higher_is_better]
    ['Brier score', 'Log loss']
    """

    key: str
    name: str
    higher_is_better: bool
    help: str


METRICS: tuple[Metric, ...] = (
    Metric("precision", "Precision", True, "Of the rows called positive, the share that is."),
    Metric("recall", "Recall", True, "Of the positive rows, the share that is found."),
    Metric("f1", "F1", True, "Harmonic mean of precision and recall."),
    Metric("average_precision", "Average precision", True, "Area under the precision-recall curve: ranking alone."),
    Metric("roc_auc", "ROC AUC", True, "Chance that a positive row ranks above a negative one."),
    Metric("balanced_accuracy", "Balanced accuracy", True, "Mean of the classes' recalls."),
    Metric("mcc", "MCC", True, "Matthews correlation of decision and truth, from -1 to 1."),
    Metric("g_mean", "G-mean", True, "Geometric mean of the classes' recalls."),
    Metric("brier", "Brier score", False, "Mean squared error of the probabilities: lower is better."),
    Metric("log_loss", "Log loss", False, "How surprised the probabilities are by the truth: lower is better."),
    Metric(
        "precision_at_k",
        "Precision at k",
        True,
        "Of the riskiest rows, as many as can be looked at, the share that is positive; 50 of 1,000 unless the run's "
        "capacity says otherwise.",
    ),
    Metric("recall_at_k", "Recall at k", True, "Of the positive rows, the share among those that can be looked at."),
    Metric("accuracy", "Accuracy", True, "Share of right decisions; on an imbalanced table it says little."),
)

#: What decisions cost or bring: metrics of a run whose costs are settled.
COST = Metric("cost", "Cost per row", False, "What the decision on a row costs on average: lower is better.")
BENEFIT = Metric("benefit", "Benefit per row", True, "What the decision on a row brings on average.")


#: What people read, by key.
METRIC_NAMES: Mapping[str, str] = {metric.key: metric.name for metric in METRICS}


def metric_of(key: str) -> Metric:
    """Return the metric of a key.

    Raises
    ------
    ValueError
        There is no such metric; the message offers those with close names.

    See Also
    --------
    METRICS : All of them.

    Examples
    --------
    >>> metric_of("brier").higher_is_better
    False
    """
    metric = next((metric for metric in (*METRICS, COST, BENEFIT) if metric.key == key), None)
    if metric is None:
        raise ValueError(f"There is no metric '{key}': {which_there_are(key, METRIC_NAMES, 'choose one of')}")
    return metric


def defined(present: np.ndarray) -> dict[str, np.ndarray]:
    """Return which metrics test rows define, by the classes that have rows: the same for every strategy.

    scikit-learn stands in 0 where a metric's denominator is empty (``zero_division``). For a decision that
    calls no row positive this is kept: the strategy chose it. Where the test rows hold no positive row, no
    strategy could score above 0, so that precision, recall and F1 are undefined there and no 0. Ranking,
    correlation and what averages over classes need rows of two classes.

    Parameters
    ----------
    present : ndarray of bool, shape (..., n_classes)
        Whether a class has rows.

    Returns
    -------
    dict of ndarray of bool, shape (...)
        By the metric's key.

    See Also
    --------
    score : The values.

    Examples
    --------
    >>> only_negatives = defined(np.array([True, False]))
    >>> bool(only_negatives["recall"]), bool(only_negatives["accuracy"])
    (False, True)
    """
    two, any_row = present.sum(axis=-1) > 1, present.any(axis=-1)
    of_classes = present[..., 1] if present.shape[-1] == 2 else two
    by_key = dict.fromkeys(("precision", "recall", "f1", "precision_at_k", "recall_at_k"), of_classes)
    by_key |= dict.fromkeys(("average_precision", "roc_auc", "balanced_accuracy", "mcc", "g_mean"), two)
    return by_key | dict.fromkeys(("brier", "log_loss", "accuracy", "cost", "benefit"), any_row)


def score(
    y_true: np.ndarray, probabilities: np.ndarray, decisions: np.ndarray, n_classes: int, top: TopRows | None = None
) -> dict[str, float]:
    """Return every metric of :data:`METRICS` by key.

    Precision, recall, F1 and average precision are the positive class's (code 1) for two classes
    and macro averages for more, over the classes that have rows; ROC AUC is one-vs-rest and macro for
    more; the Brier score is the mean squared distance to the one-hot truth, halved for two classes so
    that it is the usual one.

    Parameters
    ----------
    y_true, decisions : ndarray of int, shape (n,)
    probabilities : ndarray, shape (n, n_classes)
    top : TopRows or None
        How many of these rows can be looked at; 50 of 1,000 by default.

    Returns
    -------
    dict
        A metric that these rows do not define, see :func:`defined`, is nan.

    See Also
    --------
    core.evaluation.weighted.weighted_scores : The same under many weightings of the rows at once.

    Examples
    --------
    >>> y = np.array([0, 0, 0, 1])
    >>> p = np.array([[0.9, 0.1], [0.8, 0.2], [0.4, 0.6], [0.3, 0.7]])
    >>> scores = score(y, p, p.argmax(axis=1), 2)
    >>> scores["precision"], scores["recall"], scores["roc_auc"]
    (0.5, 1.0, 1.0)
    """
    binary = n_classes == 2
    labels = np.arange(n_classes)
    rows = np.bincount(y_true, minlength=n_classes) > 0
    here = labels[rows]
    average = "binary" if binary else "macro"
    # Rows sum to 1 but for rounding. Losses take it away; ranking does not, since the division would split exact ties.
    given = np.asarray(probabilities, np.float64)
    p = given / given.sum(axis=1, keepdims=True)
    hot = np.eye(n_classes)[y_true]
    by_class = {"labels": None if binary else here, "average": average, "zero_division": 0}

    def ranking(metric: Callable[..., float]) -> float:
        if len(here) < 2:
            return float("nan")
        if binary:
            return float(metric(y_true, given[:, 1]))
        return float(np.mean([metric(hot[:, c], given[:, c]) for c in here]))

    wanted = np.array([1]) if binary else here
    at_k = np.mean([precision_and_recall(y_true == c, given[:, c], top or TopRows()) for c in wanted], axis=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        values = {
            "precision": float(precision_score(y_true, decisions, **by_class)),
            "recall": float(recall_score(y_true, decisions, **by_class)),
            "f1": float(f1_score(y_true, decisions, **by_class)),
            "average_precision": ranking(average_precision_score),
            "roc_auc": ranking(roc_auc_score),
            "balanced_accuracy": float(balanced_accuracy_score(y_true, decisions)),
            "mcc": float(matthews_corrcoef(y_true, decisions)),
            "g_mean": float(
                imbalanced_metrics.geometric_mean_score(y_true, decisions, labels=here, average="multiclass")
            ),
            "brier": float(np.mean(np.sum((p - hot) ** 2, axis=1)) / (2 if binary else 1)),
            "log_loss": float(log_loss(y_true, p, labels=labels)),
            "precision_at_k": float(at_k[0]),
            "recall_at_k": float(at_k[1]),
            "accuracy": float(accuracy_score(y_true, decisions)),
        }
    known = defined(rows)  # of binary rows without a positive one, at_k is none either
    return {key: value if known[key] else float("nan") for key, value in values.items()}
