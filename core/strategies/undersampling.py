"""Under-sampling: fewer rows of the larger classes."""

from __future__ import annotations

from dataclasses import dataclass

from core.strategies._sampling import UnderSampler
from core.strategies.base import Card, parameter, register


@register
@dataclass(frozen=True)
class RandomUnder(UnderSampler):
    """Random rows of the larger classes, as many as the smallest has."""

    card = Card(
        "random_under",
        "Random under-sampling",
        "undersampling",
        "Drops random rows of the larger classes until all classes are the same size.",
        helps="Many rows, of which most are alike; training gets faster too.",
        harms="Throws information away; with a small minority, almost all of it.",
        paper="He and Garcia (2009)",
        link="https://doi.org/10.1109/TKDE.2008.239",
    )
    imblearn = "under_sampling.RandomUnderSampler"

    replacement: bool = parameter(False, "Draw the kept rows with replacement.")
