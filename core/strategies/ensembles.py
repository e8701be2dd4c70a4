"""Ensembles: several networks on differently drawn rows, their probabilities averaged.

Member 0 keeps the lane's seed and so starts from the same weights as a strategy of one network;
the seeds of the others follow from it, and are the same for every ensemble of a fold.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core.strategies.base import Card, Strategy, TrainingView, parameter, register
from core.strategies.undersampling import RandomUnder
from core.training.lane import Lane


def _seed(seed: int, member: int) -> int:
    return seed if member == 0 else int(np.random.SeedSequence([seed, member]).generate_state(1)[0] >> 1)


def members(lane: Lane, count: int) -> list[Lane]:
    """Return copies of a lane that differ in their seed."""
    return [replace(lane, seed=_seed(lane.seed, i)) for i in range(count)]


def bag_seed(view: TrainingView, member: int) -> int:
    """Return the seed with which a member's rows are drawn."""
    return _seed(view.seed, member)


@dataclass(frozen=True)
class Ensemble(Strategy):
    """A strategy of several networks."""

    n_members: int = parameter(10, "Networks whose probabilities are averaged.", low=2, high=100)


@register
@dataclass(frozen=True)
class UnderBagging(Ensemble):
    """Each network sees all rows of the smallest class and as many random ones of each other class."""

    card = Card(
        "under_bagging",
        "Under-bagging",
        "ensemble",
        "Averages several networks, each trained on a different balanced subset of the rows.",
        helps="Strong imbalance: every network is balanced, and together they see most rows.",
        harms="Each network is weak where the smallest class has only a handful of rows.",
        paper="Barandela, Valdovinos and Sánchez (2003)",
        link="https://doi.org/10.1007/s10044-003-0192-z",
    )

    def refine(self, lane: Lane, view: TrainingView) -> list[Lane]:
        draw = RandomUnder().draw
        return [draw(member, view, bag_seed(view, i)) for i, member in enumerate(members(lane, self.n_members))]
