"""The linear network: no hidden layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.networks import _layers, _size
from core.networks._size import Size
from core.networks.base import Card, EmbeddedNetwork
from core.networks.registry import register

if TYPE_CHECKING:
    import keras


@register
@dataclass(frozen=True)
class Linear(EmbeddedNetwork):
    """A weighted sum of the inputs; with piecewise embeddings, of a step-wise function of each.

    See Also
    --------
    core.networks.mlp.Mlp : With hidden layers.

    Examples
    --------
    >>> Linear().n_weights(4, 1)
    5
    """

    card = Card(
        "linear",
        "Linear",
        "No hidden layer, only a weighted sum of the inputs: it wins on some small tables.",
        "Cox (1958)",
        "https://doi.org/10.1111/j.2517-6161.1958.tb00292.x",
    )

    place = 90

    def build(self, n_features: int, n_outputs: int) -> keras.Model:
        return _layers.model(n_features, n_outputs, self.embedded, self.card.key)

    def size(self, n_features: int, n_outputs: int) -> Size:
        width, total = self.embedded_size(n_features)
        return total + _size.dense(width, n_outputs)
