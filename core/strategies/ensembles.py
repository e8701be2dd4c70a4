"""Strategies that train many networks and average their probabilities."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from imblearn.under_sampling import RandomUnderSampler

from core.strategies._sampling import select
from core.strategies.base import Card, Strategy, TrainingView, parameter, register
from core.training.lane import Lane


def member_seed(lane: Lane, member: int) -> int:
    """Return the seed of an ensemble's member: its initial weights, batches and bag."""
    return int(np.random.SeedSequence([lane.seed, member]).generate_state(1)[0] >> 1)


@register
@dataclass(frozen=True)
class UnderBagging(Strategy):
    """Networks on differently under-sampled rows, averaged."""

    n_members: int = parameter(10, "Networks in the ensemble.", low=2, high=100)  # type: ignore[assignment]

    card = Card(
        key="under_bagging",
        name="Under-bagging",
        family="ensemble",
        sentence="Trains several networks, each on all rare rows and another random part of the rest, and averages.",
        helps="Strong imbalance: balanced networks that together still see most rows.",
        harms="Costs several networks; probabilities of the rare class come out too high.",
        paper="Barandela, Valdovinos & Sánchez 2003, New Applications of Ensembles of Classifiers",
        link="https://doi.org/10.1007/s10044-003-0192-z",
    )

    def refine(self, lane: Lane, view: TrainingView) -> list[Lane]:
        seeds = [member_seed(lane, member) for member in range(self.n_members)]
        return [
            select(replace(lane, seed=seed), view, RandomUnderSampler(random_state=seed)) for seed in seeds
        ]  # fmt: skip
