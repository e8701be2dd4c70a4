"""The residual network: blocks that add to what comes in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.networks import _layers, _size
from core.networks._size import Size
from core.networks.base import Card, EmbeddedNetwork
from core.networks.registry import register
from core.parameters import parameter

if TYPE_CHECKING:
    import keras


@register
@dataclass(frozen=True)
class Residual(EmbeddedNetwork):
    """A dense layer, then blocks of normalisation and two dense layers whose output is added to what came in.

    See Also
    --------
    core.networks.mlp.Mlp : Without the way past each block.

    Examples
    --------
    >>> Residual(blocks=1, units=4, expansion=2).n_weights(3, 1)
    129
    """

    card = Card(
        "residual",
        "Residual network",
        "Blocks that each add a correction to what came in, so that more layers still learn well.",
        "Gorishniy et al. (2021)",
        "https://arxiv.org/abs/2106.11959",
    )
    place = 20

    blocks: int = parameter(2, "Blocks one after the other.", low=1, high=8)
    units: int = parameter(64, "Units that pass from block to block.", low=1, high=2048)
    expansion: float = parameter(2.0, "Hidden units of a block per unit that passes.", low=0.25, high=8)
    activation: str = parameter("relu", "What a hidden unit makes of its sum.", choices=_layers.ACTIVATIONS)
    normalization: str = parameter(
        "batch", "Keeps what enters a block in range, over a batch or over a layer.", choices=_layers.NORMALIZATIONS
    )
    dropout: float = parameter(0.1, "Share of a block's hidden activations dropped while training.", low=0, high=0.9)
    residual_dropout: float = parameter(0.0, "Share of a block's output dropped while training.", low=0, high=0.9)

    @property
    def _inside(self) -> int:
        return max(1, int(self.units * self.expansion))

    def build(self, n_features: int, n_outputs: int) -> keras.Model:
        return _layers.model(n_features, n_outputs, self._hidden, self.card.key)

    def _hidden(self, x: keras.KerasTensor) -> keras.KerasTensor:
        from keras import layers

        x = _layers.dense(self.embedded(x), self.units, "entry", self.activation)
        for place in range(1, self.blocks + 1):
            h = _layers.normalised(x, self.normalization, f"normalized_{place}")
            h = _layers.dense(h, self._inside, f"hidden_{place}", self.activation)
            h = _layers.activated(h, self.activation, f"activated_{place}")
            h = _layers.dropped(h, self.dropout, f"dropout_{place}")
            h = _layers.dense(h, self.units, f"correction_{place}", self.activation)
            h = _layers.dropped(h, self.residual_dropout, f"residual_dropout_{place}")
            x = layers.Add(name=f"added_{place}")([x, h])
        x = _layers.normalised(x, self.normalization, "normalized_last")
        return _layers.activated(x, self.activation, "activated_last")

    def size(self, n_features: int, n_outputs: int) -> Size:
        width, total = self.embedded_size(n_features)
        block = (
            _size.normalised(self.normalization, self.units),
            _size.dense(self.units, self._inside),
            _size.elementwise(self._inside, 1 + (self.dropout > 0)),
            _size.dense(self._inside, self.units),
            _size.elementwise(self.units, 1 + (self.residual_dropout > 0)),
        )
        for part in (_size.dense(width, self.units), *block * self.blocks):
            total += part
        last = _size.normalised(self.normalization, self.units) + _size.elementwise(self.units)
        return total + last + _size.dense(self.units, n_outputs)
