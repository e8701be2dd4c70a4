"""Strategies that repeat or make rows of the smaller classes."""

from __future__ import annotations

from dataclasses import dataclass

from imblearn.over_sampling import SMOTE, SMOTEN, SMOTENC, RandomOverSampler

from core.strategies._sampling import Sampler, cached, neighbours, select, synthesise
from core.strategies.base import Card, Strategy, TrainingView, parameter, register
from core.training.lane import Lane


@register
@dataclass(frozen=True)
class RandomOver(Strategy):
    """Random over-sampling of every class up to the largest."""

    card = Card(
        key="random_over",
        name="Random over-sampling",
        family="oversampling",
        sentence="Repeats random rows of the smaller classes until all classes are equally many.",
        helps="Small tables, where no row can be spared.",
        harms="The network may learn the repeated rows by heart; probabilities of the rare class come out too high.",
        paper="Japkowicz & Stephen 2002, The class imbalance problem",
        link="https://doi.org/10.3233/IDA-2002-6504",
    )

    def refine(self, lane: Lane, view: TrainingView) -> list[Lane]:
        return [cached(view, (self,), lane, lambda: select(lane, view, RandomOverSampler(random_state=lane.seed)))]


@register
@dataclass(frozen=True)
class Smote(Strategy):
    """SMOTE; SMOTENC where some columns are categorical, SMOTEN where all are."""

    k_neighbors: int = parameter(5, "Neighbours of the same class to draw a new row between.", low=1, high=50)  # type: ignore[assignment]

    card = Card(
        key="smote",
        name="SMOTE",
        family="oversampling",
        sentence="Makes new rows of the smaller classes, each between a real row and one of its neighbours.",
        helps="Numeric tables whose rare class lies in clear groups.",
        harms="Where classes overlap it fills the overlap; probabilities of the rare class come out too high.",
        paper="Chawla et al. 2002, SMOTE: Synthetic Minority Over-sampling Technique",
        link="https://doi.org/10.1613/jair.953",
        cost="fast",
    )

    def refine(self, lane: Lane, view: TrainingView) -> list[Lane]:
        k = neighbours(view, lane, self.k_neighbors, self.card.name)
        categorical = view.categorical
        sampler: Sampler
        if not categorical:
            sampler = SMOTE(k_neighbors=k, random_state=lane.seed)
        elif len(categorical) == view.encoded.shape[1]:
            sampler = SMOTEN(k_neighbors=k, random_state=lane.seed)
        else:
            sampler = SMOTENC(list(categorical), k_neighbors=k, random_state=lane.seed)
        return [cached(view, (self,), lane, lambda: synthesise(lane, view, sampler, encoded=bool(categorical)))]
