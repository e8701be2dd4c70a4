"""The network as it is, the one every other strategy has to beat."""

from __future__ import annotations

from dataclasses import dataclass

from core.strategies.base import Card, Strategy, register


@register
@dataclass(frozen=True)
class Plain(Strategy):
    """The network on the training rows as they are."""

    card = Card(
        key="plain",
        name="Plain network",
        family="baseline",
        sentence="Trains on the rows as they are, without any balancing: what every other strategy has to beat.",
        helps="Often best where only the ranking of rows counts, and its probabilities can be trusted.",
        harms="At a threshold of 0.5 it may find few rows of a rare class.",
        paper="Elor & Averbuch-Elor 2022, To SMOTE, or not to SMOTE?",
        link="https://arxiv.org/abs/2201.08528",
    )
