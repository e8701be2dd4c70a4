"""The ends of one strategy's intervals by rows, metric by metric.

Shares of two classes (precision, recall, accuracy, and F1 as one) have Wilson's interval, the area under the ROC curve
Newcombe's; what is made of two shares joins their intervals (Zou and Donner 2008). The rest rests on the bootstrap: by
percentiles where it may lean, else by its standard deviation.

References
----------
Zou and Donner (2008), "Construction of confidence limits about effect measures", Statistics in Medicine 27.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.evaluation.proportions import around, auc_interval, f1_of_jaccard, rows_behind, wilson

Ends = tuple[float, float]
_NONE: Ends = (np.nan, np.nan)


@dataclass(frozen=True, eq=False)
class RowEnds:
    """What one strategy's intervals by rows are made of.

    Parameters
    ----------
    values : mapping of str to float
        Its metrics on all rows, the mean over repeats.
    drawn : mapping of str to ndarray of float64, shape (n_draws,)
        Its metrics on drawn rows; nan where a draw does not define one.
    confusion : ndarray of float64, shape (n_classes, n_classes)
        Truth down, decision across, the mean over repeats.
    is_simple : bool
        Rows are independent and were tested once, so that counts are all there is to know.
    looked : float
        How many rows can be looked at.
    """

    values: Mapping[str, float]
    drawn: Mapping[str, np.ndarray]
    confusion: np.ndarray
    is_simple: bool
    looked: float

    def of(self, metric: str, reach: Ends, level: float) -> Ends:
        """Return the ends of a metric's interval; nan where nothing can be said."""
        value = self.values[metric]
        if not np.isfinite(value):
            return _NONE
        if len(self.confusion) == 2:
            exact = self._of_counts(metric, level)
            if exact is not None:
                return exact
        drawn = self.drawn[metric][np.isfinite(self.drawn[metric])]
        if not len(drawn) or np.ptp(drawn) < 1e-12:
            return _NONE
        if metric in ("mcc", "brier", "log_loss"):
            return around(value, float(drawn.std()), reach, level)
        low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
        if metric == "average_precision":  # near 1 the draws of a few rows are too much alike
            edges = around(value, float(drawn.std()), reach, level)
            low, high = np.fmin(low, edges[0]), np.fmax(high, edges[1])
        return float(low), float(high)

    def _of_counts(self, metric: str, level: float) -> Ends | None:
        (quiet, alarms), (missed, found) = self.confusion
        if metric == "roc_auc" and self.is_simple:
            return auc_interval(self.values[metric], round(missed + found), round(quiet + alarms), level)
        if metric in ("balanced_accuracy", "g_mean"):
            recall = self._share("recall", missed + found, level)
            rest = quiet + alarms
            return _joined(metric, self.values["recall"], recall, quiet / rest, wilson(quiet / rest, rest, level))
        if metric == "f1":
            low, high = self._share("f1", found + alarms + missed, level)
            return f1_of_jaccard(low), f1_of_jaccard(high)
        positives = missed + found
        rows = {"recall": positives, "precision": found + alarms, "accuracy": self.confusion.sum()}
        rows |= {"recall_at_k": positives, "precision_at_k": self.looked}
        return self._share(metric, rows[metric], level) if metric in rows else None

    def _share(self, metric: str, rows: float, level: float) -> Ends:
        """Return Wilson's interval of a share, of a Jaccard index for F1; with repeats or groups, of as many rows as
        its standard deviation stands for."""
        value, deviation = self.values[metric], float(np.nanstd(self.drawn[metric]))
        if metric == "f1":
            deviation *= 2 / (2 - value) ** 2
            value /= 2 - value
        behind = rows if self.is_simple else rows_behind(value, deviation)
        return wilson(value, behind if np.isfinite(behind) else rows, level)


def _joined(metric: str, recall: float, of_recall: Ends, quiet: float, of_quiet: Ends) -> Ends:
    """Return the ends for the mean of two independent shares, arithmetic or geometric."""
    if metric == "balanced_accuracy":
        middle = (recall + quiet) / 2
        return (
            middle - float(np.hypot(recall - of_recall[0], quiet - of_quiet[0])) / 2,
            middle + float(np.hypot(recall - of_recall[1], quiet - of_quiet[1])) / 2,
        )
    if not recall > 0 or not quiet > 0:
        return 0.0, float(np.sqrt(of_recall[1] * of_quiet[1]))
    with np.errstate(divide="ignore"):
        middle = np.log([recall, quiet]).mean()
        steps = [np.hypot(*(np.log([recall, quiet]) - np.log([of_recall[i], of_quiet[i]]))) / 2 for i in (0, 1)]
    return float(np.exp(middle - steps[0])), min(1.0, float(np.exp(middle + steps[1])))
