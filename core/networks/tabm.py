"""TabM: many networks in one that share most of their weights."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.networks import _layers, _size
from core.networks._size import Size
from core.networks.base import Card, EmbeddedNetwork
from core.networks.mlp import whole_units
from core.networks.registry import register
from core.parameters import parameter

if TYPE_CHECKING:
    import keras

_FIRST = "member_embedding_first"


@register
@dataclass(frozen=True)
class TabM(EmbeddedNetwork):
    """Members that share dense layers and differ by what multiplies their values (BatchEnsemble).

    Members come before rows in between: shape (k, n, units), so that the products need no transposed copies. What
    multiplies a member's inputs multiplies the first kernel instead, which has fewer numbers than a batch has, and no
    slope by the inputs is needed.

    See Also
    --------
    core.networks.mlp.Mlp : One member alone.

    Examples
    --------
    >>> network = TabM(k=4, hidden_layers=(8,))
    >>> network.inner_members, network.n_weights(3, 1)
    (4, 80)
    """

    card = Card(
        "tabm",
        "TabM",
        "Many networks in one that share most of their weights and whose probabilities are averaged.",
        "Gorishniy, Kotelnikov and Babenko (2024)",
        "https://arxiv.org/abs/2410.24210",
    )
    place = 30

    k: int = parameter(8, "Members inside the network.", low=2, high=64)
    sharing: str = parameter(
        "mini",
        "mini: members differ in what multiplies their inputs and in their outputs; full: in every layer.",
        choices=("mini", "full"),
    )
    hidden_layers: tuple[float, ...] = parameter(
        (64, 32), "Units of each hidden layer, first to last.", low=1, high=2048
    )
    activation: str = parameter("relu", "What a hidden unit makes of its sum.", choices=_layers.ACTIVATIONS)
    dropout: float = parameter(0.0, "Share of hidden activations dropped while training.", low=0, high=0.9)

    def __post_init__(self) -> None:
        object.__setattr__(self, "hidden_layers", whole_units(self.hidden_layers))

    @property
    def inner_members(self) -> int:
        return self.k

    def build(self, n_features: int, n_outputs: int) -> keras.Model:
        import keras
        from keras import initializers, layers, ops

        inputs = keras.Input((n_features,), name="prepared")
        one = ops.ones_like(inputs[:1, :1])
        x = self.embedded(inputs)
        width = int(x.shape[1])
        members = (self.k, width, 1) if self.hidden_layers else (self.k, 1, width)
        first = self._weights(one, members, initializers.RandomNormal(stddev=1.0), _FIRST)
        x = ops.expand_dims(x, 0)
        x = ops.matmul(x, first * self._first_kernel(one, width)) if self.hidden_layers else x * first
        for place, units in enumerate(map(int, self.hidden_layers), 1):
            x = self._hidden(x, one, units, place)
            x = _layers.activated(x, self.activation, f"activated_{place}")
            x = _layers.dropped(x, self.dropout, f"dropout_{place}")
        limit = math.sqrt(6 / (int(x.shape[-1]) + n_outputs))
        heads = layers.EinsumDense(
            "kbi,kio->kbo",
            (None, n_outputs),
            kernel_initializer=initializers.RandomUniform(-limit, limit),  # Glorot's, of one member
            name="heads",
        )(x)
        flat = layers.Flatten(name="flat_heads")(ops.transpose(heads, (1, 0, 2)))
        # Taken away as well, see _hidden.
        shifted = flat - self._weights(one, (1, self.k * n_outputs), "zeros", "head_bias")
        model = keras.Model(inputs, layers.Reshape((self.k, n_outputs), name="logits")(shifted), name=self.card.key)
        model.set_weights(self._signed(model, model.get_weights()))
        return model

    def _hidden(self, x: keras.KerasTensor, one: keras.KerasTensor, units: int, place: int) -> keras.KerasTensor:
        """Return a hidden layer's sums, shape (k, n, units), of those of the first layer or of the values before."""
        if self.sharing == "mini":
            if place > 1:
                return _layers.dense(x, units, f"hidden_{place}", self.activation)
            return x - self._weights(one, (1, 1, units), "zeros", "hidden_1_bias")
        if place > 1:
            x = x * self._weights(one, (self.k, 1, int(x.shape[-1])), "ones", f"member_embedding_in_{place}")
            x = _layers.dense(x, units, f"hidden_{place}", self.activation, bias=False)
        x = x * self._weights(one, (self.k, 1, units), "ones", f"member_embedding_out_{place}")
        # Taken away rather than added: Keras takes an added array for the bias of the wrong axis where a batch has as
        # many rows as there are members.
        return x - self._weights(one, (self.k, 1, units), "zeros", f"member_embedding_bias_{place}")

    def _first_kernel(self, one: keras.KerasTensor, width: int) -> keras.KerasTensor:
        """Return the kernel that members share in the first layer, with the usual start of its activation."""
        from keras import initializers

        units = int(self.hidden_layers[0])
        limit = math.sqrt(6 / (width + units))
        usual = initializers.RandomUniform(-limit, limit)
        start = initializers.RandomNormal(stddev=math.sqrt(1 / width)) if self.activation == "selu" else usual
        return self._weights(one, (1, width, units), start, "hidden_1")

    @staticmethod
    def _weights(
        one: keras.KerasTensor, shape: tuple[int, ...], start: str | keras.Initializer, name: str
    ) -> keras.KerasTensor:
        """Return weights of a shape.

        Keras has no layer that multiplies by a weight per value; a dense layer of the constant 1 holds them.
        """
        from keras import layers, ops

        held = layers.Dense(int(np.prod(shape)), use_bias=False, kernel_initializer=start, name=name)(one)
        return ops.reshape(held, shape)

    def initial_weights(self, model: keras.Model, seed: int) -> list[np.ndarray]:
        return self._signed(model, super().initial_weights(model, seed))

    def _signed(self, model: keras.Model, weights: list[np.ndarray]) -> list[np.ndarray]:
        """Return starting weights in which members differ by the signs of their inputs, unless these are embedded."""
        if self.embedding != "none":
            return weights
        first = model.get_layer(_FIRST).kernel
        place = next(i for i, weight in enumerate(model.weights) if weight is first)
        return [np.where(w < 0, -1, 1).astype(w.dtype) if i == place else w for i, w in enumerate(weights)]

    def size(self, n_features: int, n_outputs: int) -> Size:
        width, total = self.embedded_size(n_features)
        total += Size(self.k * width) if self.hidden_layers else _size.elementwise(self.k * width, 1, self.k * width)
        for place, units in enumerate(map(int, self.hidden_layers)):
            dense = _size.dense(width, units, self.k)
            if self.sharing == "mini":
                total += dense
            else:
                dense = Size(dense.weights - units, dense.flops, dense.floats)
                if place:
                    total += _size.elementwise(self.k * width, weights=self.k * width)
                total += dense + _size.elementwise(self.k * units, 2, weights=2 * self.k * units)
            total += _size.elementwise(self.k * units, 1 + (self.dropout > 0))
            width = units
        head = _size.dense(width, n_outputs)
        return total + Size(self.k * head.weights, self.k * head.flops, self.k * 2 * head.floats)
