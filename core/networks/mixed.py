"""The mixture: cross-fitted members of several kinds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

from core.networks import _layers
from core.networks._size import Size
from core.networks.base import Card, Network
from core.networks.mlp import Mlp, whole_units
from core.networks.registry import register
from core.parameters import parameter

if TYPE_CHECKING:
    import keras

#: The embeddings of the members, in turn: two members are of two kinds already.
_KINDS = ("none", "periodic", "none", "periodic", "both")


@register
@dataclass(frozen=True)
class Mixed(Network):
    """Multilayer perceptrons as cross-fitted members: two plain, two with periodic embeddings, one with both kinds.

    A single network without further members is the plain one.

    See Also
    --------
    core.networks.mlp.Mlp : Every member is one.

    Examples
    --------
    >>> [Mixed().member(place).key for place in (0, 1, 4, 5)]
    ['mlp', 'mlp(embedding=periodic)', 'mlp(embedding=both)', 'mlp']
    """

    card = Card(
        "mixed",
        "Mixed members",
        "Small networks that see numbers in different ways, some as they are, some as waves or steps, and decide "
        "together.",
        "Holzmüller, Grinsztajn and Steinwart (2024)",
        "https://arxiv.org/abs/2407.04491",
    )
    place = 10

    hidden_layers: tuple[float, ...] = parameter(
        (64, 32), "Units of each hidden layer, first to last.", low=1, high=2048
    )
    activation: str = parameter("relu", "What a hidden unit makes of its sum.", choices=_layers.ACTIVATIONS)
    normalization: str = parameter(
        "none",
        "Keeps the sums of a hidden layer in range, over a batch or over a layer.",
        choices=_layers.NORMALIZATIONS,
    )
    dropout: float = parameter(0.0, "Share of hidden activations dropped while training.", low=0, high=0.9)
    #: What :meth:`for_rows` settles for the members. No parameters: nobody chooses them.
    n_rows: int | None = field(default=None, kw_only=True)
    numbers: tuple[int, ...] | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "hidden_layers", whole_units(self.hidden_layers))

    def for_rows(self, n_rows: int, numbers: Sequence[int] | None = None) -> Self:
        return replace(self, n_rows=n_rows, numbers=None if numbers is None else tuple(map(int, numbers)))

    def member(self, place: int) -> Mlp:
        one = Mlp(
            hidden_layers=self.hidden_layers,
            activation=self.activation,
            normalization=self.normalization,
            dropout=self.dropout,
            embedding=_KINDS[place % len(_KINDS)],
        )
        return one if self.n_rows is None else one.for_rows(self.n_rows, self.numbers)

    def build(self, n_features: int, n_outputs: int) -> keras.Model:
        return self.member(0).build(n_features, n_outputs)

    def size(self, n_features: int, n_outputs: int) -> Size:
        return self.member(0).size(n_features, n_outputs)
