"""The multilayer perceptron: dense layers one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from core.networks import _layers, _size
from core.networks._size import Size
from core.networks.base import Card, EmbeddedNetwork
from core.networks.registry import register
from core.parameters import parameter
from core.plan import PlanError

if TYPE_CHECKING:
    import keras

MAX_LAYERS = 6


def whole_units(hidden_layers: tuple[float, ...]) -> tuple[int, ...]:
    """Return the units of hidden layers as whole numbers.

    Raises
    ------
    PlanError
        There are too many layers, or a number is not whole.
    """
    whole = all(isinstance(units, int | float) and units == int(units) for units in hidden_layers)
    if not whole or len(hidden_layers) > MAX_LAYERS:
        raise PlanError(f"Hidden layers: use up to {MAX_LAYERS} layers of 1 to 2048 units, for example 64, 32.")
    return tuple(int(units) for units in hidden_layers)


@register
@dataclass(frozen=True)
class Mlp(EmbeddedNetwork):
    """Dense layers one after the other, each with normalisation, activation and dropout as chosen.

    See Also
    --------
    core.networks.linear.Linear : No hidden layer.

    Examples
    --------
    >>> Mlp(hidden_layers=(8,), normalization="batch").n_weights(4, 1)
    81
    """

    card = Card(
        "mlp",
        "Multilayer perceptron",
        "A few layers of simple units one after the other: small, quick, and hard to beat on small tables.",
        "Rumelhart, Hinton and Williams (1986)",
        "https://doi.org/10.1038/323533a0",
        "MLP",
    )

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

    def __post_init__(self) -> None:
        object.__setattr__(self, "hidden_layers", whole_units(self.hidden_layers))

    def build(self, n_features: int, n_outputs: int) -> keras.Model:
        return _layers.model(n_features, n_outputs, self._hidden, self.card.key)

    def _hidden(self, x: keras.KerasTensor) -> keras.KerasTensor:
        x = self.embedded(x)
        for place, units in enumerate(self.hidden_layers, 1):
            x = _layers.dense(x, int(units), f"hidden_{place}", self.activation)
            x = _layers.normalised(x, self.normalization, f"normalized_{place}")
            x = _layers.activated(x, self.activation, f"activated_{place}")
            x = _layers.dropped(x, self.dropout, f"dropout_{place}")
        return x

    def size(self, n_features: int, n_outputs: int) -> Size:
        width, total = self.embedded_size(n_features)
        units = [width, *map(int, self.hidden_layers), n_outputs]
        for inputs, outputs in pairwise(units):
            total += _size.dense(inputs, outputs)
        for outputs in units[1:-1]:
            total += _size.normalised(self.normalization, outputs) + _size.elementwise(outputs, 1 + (self.dropout > 0))
        return total
