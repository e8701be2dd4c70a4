"""Every metric under many weightings of the same rows at once, equal to scikit-learn's on rows repeated so often.

A bootstrap asks for the same metrics a thousand times. Decisions enter them as sums over the rows,
ranking as sums over runs of sorted rows: one sparse product answers all draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from scipy import sparse

from core.decision.confusion import f1_scores, g_mean, hits, mcc, precisions, ratio, recalls
from core.decision.top_rows import TopRows
from core.evaluation.metrics import METRIC_NAMES, defined

_AT_K = ("precision_at_k", "recall_at_k")
_COSTS = ("cost", "benefit")
_RANKING = ("average_precision", "roc_auc")
_LOSSES = ("brier", "log_loss")


def weighted_scores(
    y: np.ndarray, probabilities: np.ndarray, decisions: np.ndarray, weights: np.ndarray, top: TopRows | None = None
) -> dict[str, np.ndarray]:
    """Return every metric of :func:`core.evaluation.metrics.score` under many weightings of the rows at once.

    Parameters
    ----------
    y, decisions : ndarray of int64, shape (n,)
    probabilities : ndarray, shape (n, n_classes)
    weights : ndarray of float64, shape (n, n_draws)
        How often each row counts.
    top : TopRows or None
        How many of these rows can be looked at; 50 of 1,000 by default.

    Returns
    -------
    dict of ndarray, shape (n_draws,)
        By the metric's key; nan in draws that do not define it, see :func:`core.evaluation.metrics.defined`.

    See Also
    --------
    core.evaluation.metrics.score : The same for rows that all count once.

    Examples
    --------
    >>> y, p = np.array([0, 0, 0, 1]), np.array([[0.9, 0.1], [0.8, 0.2], [0.4, 0.6], [0.3, 0.7]])
    >>> weights = np.array([[1.0, 1.0], [1.0, 1.0], [1.0, 0.0], [1.0, 2.0]])
    >>> weighted_scores(y, p, p.argmax(axis=1), weights)["precision"].tolist()
    [0.5, 1.0]
    """
    return Predictions(np.arange(len(y)), len(y), y, probabilities, decisions, top).scores(weights)


class Predictions:
    """Out-of-fold predictions of one strategy, sorted and summed up once for all weightings.

    ``rows`` are the predictions' places among the ``n_rows`` rows that weights are given for. ``costs`` holds, for
    each prediction, what its decision costs times what the row counts for in the field, and the latter.

    See Also
    --------
    weighted_scores : All at once, for rows that are used once.

    Examples
    --------
    >>> y, p = np.array([0, 0, 0, 1]), np.array([[0.9, 0.1], [0.8, 0.2], [0.4, 0.6], [0.3, 0.7]])
    >>> predictions = Predictions(np.arange(4), 4, y, p, p.argmax(axis=1))
    >>> predictions.scores(np.ones((4, 1)))["f1"].round(2).tolist()
    [0.67]
    """

    def __init__(
        self, rows: np.ndarray, n_rows: int, y: np.ndarray, probabilities: np.ndarray, decisions: np.ndarray,
        top: TopRows | None = None, costs: np.ndarray | None = None,
    ) -> None:  # fmt: skip
        self.n_classes = np.shape(probabilities)[1]
        self._top, self._costs = top or TopRows(), costs
        self._rows, self._n_rows, self._y, self._probabilities = rows, n_rows, y, probabilities
        places = (y * self.n_classes + decisions, rows)
        self._cells = sparse.csr_matrix((np.ones(len(rows)), places), (self.n_classes**2, n_rows))

    @cached_property
    def _losses(self) -> np.ndarray:
        """Brier score and log loss by row, shape (2, n_rows)."""
        # Losses are of rows that sum to 1; ranking is of values as they are, whose ties the division would split.
        given = np.asarray(self._probabilities, np.float64)
        p = given / given.sum(axis=1, keepdims=True)
        eps = np.finfo(np.float64).eps
        clipped = np.clip(p[np.arange(len(p)), self._y], eps, 1 - eps)
        squares = ((p - np.eye(self.n_classes)[self._y]) ** 2).sum(axis=1)
        losses = np.zeros((2, self._n_rows))
        losses[:, self._rows] = squares / (2 if self.n_classes == 2 else 1), -np.log(clipped)
        return losses

    @cached_property
    def _rankings(self) -> list[_Ranking]:
        given = np.asarray(self._probabilities, np.float64)
        wanted = (1,) if self.n_classes == 2 else tuple(range(self.n_classes))
        return [_Ranking(self._rows, self._n_rows, self._y == code, given[:, code]) for code in wanted]

    @cached_property
    def _tops(self) -> list[list[tuple[float, _Ranking]]]:
        """By class and period, the share of rows that can be looked at and their ranking."""
        if self._top.period is None:
            return [[(float(self._top.share[0]), ranking)] for ranking in self._rankings]
        given, parts = np.asarray(self._probabilities, np.float64), self._top.parts(len(self._y))
        wanted = (1,) if self.n_classes == 2 else tuple(range(self.n_classes))
        return [
            [(share, _Ranking(self._rows[at], self._n_rows, self._y[at] == c, given[at, c])) for share, at in parts]
            for c in wanted
        ]

    @cached_property
    def _cost_sums(self) -> sparse.csr_matrix:
        """Costs and what they count for by row; sparse, since a product of two rows is no work for many threads."""
        sums = np.zeros((2, self._n_rows))
        if self._costs is not None:
            sums[:, self._rows] = self._costs
        return sparse.csr_matrix(sums)

    def scores(self, weights: np.ndarray, metrics: Sequence[str] = tuple(METRIC_NAMES)) -> dict[str, np.ndarray]:
        """Return metrics by key, shape (n_draws,), for weights of shape (n_rows, n_draws)."""
        k, draws = self.n_classes, weights.shape[1]
        summed = self._cells @ weights
        confusion = summed.T.reshape(draws, k, k)
        total = confusion.sum(axis=(1, 2))
        present = confusion.sum(axis=2) > 0
        by_key = confusion_scores(confusion)
        if any(metric in _RANKING for metric in metrics):
            ranked = np.stack([ranking.scores(weights) for ranking in self._rankings])
            # A class without rows has no ranking and does not count for the mean.
            ranked = _mean_over(present.T[:, None], ranked) if k > 2 else ranked[0]
            by_key.update(zip(_RANKING, ranked, strict=True))
        if any(metric in _AT_K for metric in metrics):
            at_k = np.stack([_at_k(parts, weights) for parts in self._tops])
            at_k = _mean_over(present.T[:, None], at_k) if k > 2 else at_k[0]
            by_key.update(zip(_AT_K, at_k, strict=True))
        if any(metric in _COSTS for metric in metrics):
            paid, counted = self._cost_sums @ weights
            per_row = np.divide(paid, counted, out=np.full(draws, np.nan), where=counted > 0)
            by_key.update(dict.fromkeys(_COSTS, per_row))
        if any(metric in _LOSSES for metric in metrics):
            by_key.update(zip(_LOSSES, ratio(self._losses @ weights, total), strict=True))
        known = defined(present)
        return {metric: np.where(known[metric], by_key[metric], np.nan) for metric in metrics}


class _Ranking:
    """One class against the rest, as sums over runs of the sorted rows.

    Average precision and ROC AUC change only at positive rows. The negatives between two of them, and
    those tied with one, are summed by one sparse product, so that a draw costs one pass over its rows.
    """

    def __init__(self, rows: np.ndarray, n_rows: int, positive: np.ndarray, p: np.ndarray) -> None:
        order = np.argsort(-p, kind="stable")
        group = np.concatenate([[0], np.cumsum(np.diff(p[order]) != 0)]) if len(p) else np.zeros(0, np.int64)
        truth = positive[order]
        holds = np.unique(group[truth])  # groups of equal probability that hold a positive row
        self.size = m = len(holds)
        # Negatives fall into 2m + 1 runs: before, tied with, between and after the groups that hold positives.
        place = np.searchsorted(holds, group, side="left")
        tied = np.zeros(len(p), np.int64)
        if m:
            tied = (holds[np.minimum(place, m - 1)] == group).astype(np.int64)
        run = np.where(truth, 2 * m + 1 + place, 2 * place + tied)
        ones = np.ones(len(p))
        self.runs = sparse.csr_matrix((ones, (run, rows[order])), (3 * m + 1, n_rows))

    def scores(self, weights: np.ndarray) -> np.ndarray:
        """Return average precision and ROC AUC, shape (2, n_draws)."""
        m = self.size
        summed = self.runs @ weights
        negative, positive = summed[: 2 * m + 1], summed[2 * m + 1 :]
        if not m:
            return np.full((2, weights.shape[1]), np.nan)
        above = np.cumsum(negative, axis=0)  # negatives ranked above a group at 2i, tied ones included at 2i + 1
        caught = np.cumsum(positive, axis=0)
        called = caught + above[1 : 2 * m : 2]
        precision = ratio(caught, called)
        with np.errstate(divide="ignore", invalid="ignore"):
            average_precision = (positive * precision).sum(axis=0) / caught[-1]
            beaten = above[-1] - (above[0 : 2 * m : 2] + above[1 : 2 * m : 2]) / 2
            auc = (positive * beaten).sum(axis=0) / (caught[-1] * above[-1])
        return np.stack([average_precision, auc])

    def among_top(self, weights: np.ndarray, share: float) -> np.ndarray:
        """Return positives among the top share of the rows, rows of that share, and positives, shape (3, n_draws).

        Of a group of equal probabilities at the edge, each row counts by the share of the group that is looked at.
        """
        m = self.size
        summed = self.runs @ weights
        looked = share * summed.sum(axis=0)
        if not m:
            return np.stack([np.zeros_like(looked), looked, np.zeros_like(looked)])
        negative, positive = summed[: 2 * m + 1], summed[2 * m + 1 :]
        group = positive + negative[1 : 2 * m : 2]
        above = np.cumsum(negative, axis=0)[0 : 2 * m : 2] + np.cumsum(positive, axis=0) - positive
        taken = np.clip(np.divide(looked - above, group, out=np.zeros_like(group), where=group > 0), 0, 1)
        return np.stack([(taken * positive).sum(axis=0), looked, positive.sum(axis=0)])


def _at_k(parts: Sequence[tuple[float, _Ranking]], weights: np.ndarray) -> np.ndarray:
    """Return precision and recall among the rows that can be looked at, over all periods, shape (2, n_draws)."""
    found = [ranking.among_top(weights, share) for share, ranking in parts]
    hits, looked, positives = np.sum(found, axis=0) if found else np.zeros((3, weights.shape[1]))
    nothing = np.full_like(hits, np.nan)
    return np.stack(
        [
            np.divide(hits, looked, out=nothing.copy(), where=looked > 0),
            np.divide(hits, positives, out=nothing, where=positives > 0),
        ]
    )


def confusion_scores(confusion: np.ndarray) -> dict[str, np.ndarray]:
    """Return the metrics that decisions decide, with :func:`core.evaluation.metrics.score`'s conventions.

    Parameters
    ----------
    confusion : ndarray, shape (..., n_classes, n_classes)
        Truth down, decision across.

    Returns
    -------
    dict of ndarray, shape (...)
        Means over classes leave out those without rows.

    See Also
    --------
    core.evaluation.classes.class_scores : Class by class.

    Examples
    --------
    >>> scores = confusion_scores(np.array([[95, 5], [5, 15]]))
    >>> round(float(scores["accuracy"]), 3), round(float(scores["balanced_accuracy"]), 3), round(float(scores["f1"]), 3)
    (0.917, 0.85, 0.75)
    """
    present = confusion.sum(axis=-1) > 0
    recall = recalls(confusion)

    def mean(by_class: np.ndarray) -> np.ndarray:
        return _mean_over(np.moveaxis(present, -1, 0), np.moveaxis(by_class, -1, 0))

    def shown(by_class: np.ndarray) -> np.ndarray:
        return by_class[..., 1] if by_class.shape[-1] == 2 else mean(by_class)

    return {
        "precision": shown(precisions(confusion)),
        "recall": shown(recall),
        "f1": shown(f1_scores(confusion)),
        "balanced_accuracy": mean(recall),
        "mcc": mcc(confusion),
        "g_mean": g_mean(confusion),
        "accuracy": ratio(hits(confusion).sum(axis=-1), confusion.sum(axis=(-2, -1))),
    }


def _mean_over(chosen: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the mean along the first axis of what is chosen; 0 where nothing is."""
    return ratio(np.where(chosen, values, 0).sum(axis=0), np.broadcast_to(chosen, values.shape).sum(axis=0))
