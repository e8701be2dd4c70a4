"""Weights: some rows count more in the loss than others."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace

import numpy as np

from core.strategies.base import Card, Strategy, TrainingView, register
from core.training.lane import Lane


def weighted(lane: Lane, view: TrainingView, class_weights: np.ndarray) -> Lane:
    """Return the lane with each row's weight multiplied by its class's.

    Weights are scaled to a mean of 1 over the lane's rows: Adam's steps hardly depend on the
    loss's size, and the losses of different strategies stay comparable.
    """
    weights = class_weights[lane.labels(view.y)]
    if lane.sample_weight is not None:
        weights = weights * lane.sample_weight
    return replace(lane, sample_weight=(weights / weights.mean()).astype(np.float32))


def balanced(counts: np.ndarray) -> np.ndarray:
    """Return scikit-learn's balanced weights, n / (n_classes · n_j); classes without rows get 0."""
    present = counts > 0
    return np.divide(counts.sum() / present.sum(), counts, out=np.zeros(len(counts)), where=present)


@dataclass(frozen=True)
class ClassWeighting(Strategy):
    """A strategy that weighs rows by their class."""

    @abstractmethod
    def class_weights(self, counts: np.ndarray) -> np.ndarray:
        """Return a weight a class, shape (n_classes,), for class counts of the same shape."""

    def refine(self, lane: Lane, view: TrainingView) -> list[Lane]:
        counts = np.bincount(lane.labels(view.y), minlength=view.n_classes)
        return [weighted(lane, view, self.class_weights(counts))]


@register
@dataclass(frozen=True)
class BalancedWeights(ClassWeighting):
    """scikit-learn's balanced class weights."""

    card = Card(
        "class_weight",
        "Class weights",
        "weighting",
        "Makes a row of a small class count more, so that all classes matter equally in the loss.",
        helps="A safe first try on any table: all rows are used and none is repeated.",
        harms="A tiny class gets so heavy that single odd rows steer the network.",
        paper="King and Zeng (2001)",
        link="https://doi.org/10.1093/oxfordjournals.pan.a004868",
    )

    def class_weights(self, counts: np.ndarray) -> np.ndarray:
        return balanced(counts)
