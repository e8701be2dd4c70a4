"""Strategies that leave the network alone and change the decision."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.evaluation.thresholds import best_scaling, best_threshold
from core.strategies.base import Card, Rule, Strategy, TrainingView, register
from core.training.lane import Lane


@register
@dataclass(frozen=True)
class ThresholdF1(Strategy):
    """The threshold with the highest F1 on validation rows; for more classes a factor a class."""

    card = Card(
        key="threshold_f1",
        name="Tuned threshold (F1)",
        family="decision",
        sentence="Keeps the network and chooses from which probability on a row counts as rare, for the highest F1.",
        helps="Where the network ranks rows well but decides too cautiously; probabilities stay as they are.",
        harms="With few rare validation rows the chosen threshold varies from fold to fold.",
        paper="Lipton, Elkan & Naryanaswamy 2014, Optimal Thresholding of Classifiers to Maximize F1 Measure",
        link="https://doi.org/10.1007/978-3-662-44851-9_15",
    )

    def rule(self, probabilities: np.ndarray, y: np.ndarray, view: TrainingView, lanes: list[Lane]) -> Rule | None:
        if view.n_classes == 2:
            return Rule.at(best_threshold(y, probabilities[:, 1]))
        return Rule(utility=np.diag(best_scaling(y, probabilities)))
