"""Decisions: the same network, another rule from probabilities to classes, fitted on validation rows."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from core.evaluation import thresholds
from core.strategies.base import Card, Rule, Strategy, TrainingView, register
from core.training.lane import Lane


@dataclass(frozen=True)
class Threshold(Strategy):
    """A rule that maximises an objective over the validation rows' confusion matrix.

    Two classes: the threshold on the positive class's probability. More: a factor a class, by
    which probabilities are multiplied before the largest one wins.
    """

    position = 1

    @abstractmethod
    def objective(self, view: TrainingView) -> thresholds.Objective:
        """Return what is maximised."""

    def rule(self, probabilities: np.ndarray, y: np.ndarray, view: TrainingView, lanes: list[Lane]) -> Rule | None:
        if len(np.unique(y)) < 2:
            view.note(f"{self.card.name}: the validation rows hold one class only, so the threshold stayed as it was.")
            return None
        objective = self.objective(view)
        if view.n_classes == 2:
            return Rule.at(thresholds.best_threshold(y, probabilities[:, 1], objective))
        return Rule(utility=np.diag(thresholds.best_scales(y, probabilities, objective)))


@register
@dataclass(frozen=True)
class ThresholdF1(Threshold):
    """The threshold with the best F1."""

    card = Card(
        "threshold_f1",
        "Threshold by F1",
        "decision",
        "Trains the plain network, then moves the point from which a row is called positive to where F1 is best.",
        helps="Almost always where decisions count: costs nothing and leaves probabilities honest.",
        harms="With few validation rows of the smallest class the threshold is a guess.",
        paper="Lipton, Elkan and Naryanaswamy (2014)",
        link="https://arxiv.org/abs/1402.1892",
    )

    def objective(self, view: TrainingView) -> thresholds.Objective:
        return thresholds.f1
