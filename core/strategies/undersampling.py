"""Strategies that leave out rows of the larger classes."""

from __future__ import annotations

from dataclasses import dataclass

from imblearn.under_sampling import RandomUnderSampler

from core.strategies._sampling import cached, select
from core.strategies.base import Card, Strategy, TrainingView, parameter, register
from core.training.lane import Lane


@register
@dataclass(frozen=True)
class RandomUnder(Strategy):
    """Random under-sampling of every class down to the smallest."""

    replacement: bool = parameter(False, "Draw the kept rows with replacement.")  # type: ignore[assignment]

    card = Card(
        key="random_under",
        name="Random under-sampling",
        family="undersampling",
        sentence="Leaves out random rows of the larger classes until all classes are equally many.",
        helps="Large tables, where the rows left out were much alike.",
        harms="Small tables: most of what the larger class could teach is thrown away.",
        paper="Japkowicz & Stephen 2002, The class imbalance problem",
        link="https://doi.org/10.3233/IDA-2002-6504",
    )

    def refine(self, lane: Lane, view: TrainingView) -> list[Lane]:
        sampler = RandomUnderSampler(random_state=lane.seed, replacement=self.replacement)
        return [cached(view, (self,), lane, lambda: select(lane, view, sampler))]
