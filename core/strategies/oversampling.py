"""Over-sampling: more rows of the smaller classes, repeated or made up."""

from __future__ import annotations

from dataclasses import dataclass

from core.strategies._sampling import Argument, OverSampler
from core.strategies.base import Card, TrainingView, parameter, register


@register
@dataclass(frozen=True)
class RandomOver(OverSampler):
    """Rows of the smaller classes repeated at random."""

    card = Card(
        "random_over",
        "Random over-sampling",
        "oversampling",
        "Repeats random rows of the smaller classes until all classes are the same size.",
        helps="A safe first try on any table: no row is lost and none is made up.",
        harms="The network can learn the repeated rows by heart.",
        paper="Buda, Maki and Mazurowski (2018)",
        link="https://doi.org/10.1016/j.neunet.2018.07.011",
    )
    imblearn = "over_sampling.RandomOverSampler"


@register
@dataclass(frozen=True)
class Smote(OverSampler):
    """New rows between a row and one of its nearest neighbours of the same class.

    With categorical columns beside numbers this is SMOTENC, with categorical columns alone SMOTEN.
    """

    card = Card(
        "smote",
        "SMOTE",
        "oversampling",
        "Makes new rows of the smaller classes, each on the line between two real neighbours.",
        helps="Numbers that vary smoothly, and a minority that forms a few clear groups.",
        harms="Where classes overlap, new rows land among the majority.",
        paper="Chawla et al. (2002)",
        link="https://doi.org/10.1613/jair.953",
        cost="fast",
    )
    imblearn = "over_sampling.SMOTE"
    returns = "appended"
    limited = (("k_neighbors", 1),)

    k_neighbors: int = parameter(5, "Neighbours of the same class to choose from.", low=1, high=50)

    def target(self, view: TrainingView) -> tuple[str, dict[str, Argument]]:
        if not view.categorical:
            return self.imblearn, {}
        if len(view.categorical) == view.encoded.shape[1]:
            return "over_sampling.SMOTEN", {}
        return "over_sampling.SMOTENC", {"categorical_features": list(view.categorical)}
