"""A promise on recall: the threshold comes from a bound that holds for any model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.decision import Rule
from core.decision.promise import CONFIDENCE, RECALL, positives_needed, promised_threshold, too_few
from core.strategies.base import Card, Deciding, StrategyError, TableFacts, parameter
from core.strategies.registry import register
from core.strategies.snippets import functions
from core.strategies.snippets.snippet import CodeFacts, Snippet
from core.strategies.view import TrainingView
from core.training.lane import Lane


@register
@dataclass(frozen=True)
class ThresholdPromise(Deciding):
    """The highest threshold that keeps a promise on recall with a given confidence.

    See Also
    --------
    core.decision.promise : The bound.
    core.strategies.thresholds.ThresholdRecall : A floor on validation rows, met on new rows about half of the time.

    Examples
    --------
    Of 100 positive validation rows four may be missed, and of 20 none could.

    >>> import numpy as np
    >>> from core.strategies.view import Numbers
    >>> y, p = np.ones(100, int), np.linspace(0.0, 0.99, 100)
    >>> view = TrainingView.of(Numbers(), np.zeros((100, 1)), y, n_classes=2, seed=0)
    >>> ThresholdPromise().rule(np.column_stack([1 - p, p]), y, view, []).threshold
    0.04
    >>> ThresholdPromise().rule(np.column_stack([1 - p, p])[:20], y[:20], view, [])
    Traceback (most recent call last):
        ...
    core.strategies.base.StrategyError: To promise 90% recall with 95% confidence takes 29 positive rows that the \
model has not learned from, and there are 20: promise less, or keep more rows for validation.
    """

    two_classes_only = True
    independent_rows = True
    card = Card(
        "threshold_promise",
        "Threshold by a promise on recall",
        "decision",
        "Finds at least the share of positive rows that you ask for, and keeps that promise on new rows nearly always.",
        helps="When missing too many is not an option, as in screening, and somebody has to answer for it.",
        harms="Needs positive validation rows, 29 for its defaults, and accepts more false alarms than a plain floor.",
        paper="Wilks (1941)",
        link="https://doi.org/10.1214/aoms/1177731788",
        formula=(r"\hat y = [p \ge p_{(r)}], \quad r = \max\{r : P(\mathrm{Bin}(n_+, 1 - f) < r) \le 1 - \gamma\}"),
    )

    recall: float = parameter(RECALL, "Share of positive rows to find.", low=0.01, high=0.999)
    confidence: float = parameter(CONFIDENCE, "How sure the promise is to be kept.", low=0.5, high=0.999)

    def why_not(self, facts: TableFacts) -> str | None:
        reason = super().why_not(facts)
        if reason is None and facts.minority < positives_needed(self.recall, self.confidence):
            return f"{too_few(facts.minority, self.recall, self.confidence)}: promise less, or collect more."
        return reason

    def code(self, facts: CodeFacts) -> Snippet:
        rule = f"promised(p_valid, y_valid, {self.recall!r}, {self.confidence!r})"
        return Snippet(helpers=(functions.PROMISED,), rule=rule)

    def rule(self, probabilities: np.ndarray, y: np.ndarray, view: TrainingView, lanes: list[Lane]) -> Rule | None:
        scores = probabilities[y == 1, 1]
        threshold = promised_threshold(scores, self.recall, self.confidence)
        if threshold is None:
            raise StrategyError(
                f"{too_few(len(scores), self.recall, self.confidence)}: promise less, or keep more rows for validation."
            )
        return Rule.at(threshold)
