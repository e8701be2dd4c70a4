"""Strategies that change what a row weighs in the loss."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from sklearn.utils.class_weight import compute_class_weight

from core.strategies.base import Card, Strategy, TrainingView, register
from core.training.lane import Lane


def weigh(lane: Lane, view: TrainingView, class_weight: np.ndarray) -> Lane:
    """Return the lane with each row's weight multiplied by its class's, shape (n_classes,)."""
    weights = class_weight[lane.labels(view.y)]
    if lane.sample_weight is not None:
        weights = weights * lane.sample_weight
    return replace(lane, sample_weight=weights.astype(np.float32))


@register
@dataclass(frozen=True)
class ClassWeight(Strategy):
    """Balanced class weights, n / (n_classes * n_c), as scikit-learn computes them."""

    card = Card(
        key="class_weight",
        name="Class weights",
        family="weighting",
        sentence="Lets a mistake on a rare class count for more, in proportion to its rarity.",
        helps="Nearly always worth a try: no row is lost or made up.",
        harms="With very rare classes single rows pull hard; probabilities of the rare class come out too high.",
        paper="King & Zeng 2001, Logistic Regression in Rare Events Data",
        link="https://doi.org/10.1093/oxfordjournals.pan.a004868",
    )

    def refine(self, lane: Lane, view: TrainingView) -> list[Lane]:
        labels = lane.labels(view.y)
        present = np.unique(labels)
        weights = np.ones(view.n_classes)
        weights[present] = compute_class_weight("balanced", classes=present, y=labels)
        return [weigh(lane, view, weights)]
