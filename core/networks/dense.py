"""The dense network of the app: its starting weights, and one lane of it as a Keras model."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from core.networks.trained import TrainedNetwork

if TYPE_CHECKING:
    import keras

Weights = tuple[np.ndarray, ...]


def layer_sizes(n_features: int, hidden: Sequence[int], n_classes: int) -> list[tuple[int, int]]:
    """Return (inputs, units) of every dense layer; two classes have one output unit.

    See Also
    --------
    initial_weights : What they start with.

    Examples
    --------
    >>> layer_sizes(20, (64, 32), 2)
    [(20, 64), (64, 32), (32, 1)]
    """
    sizes = [n_features, *hidden, 1 if n_classes == 2 else n_classes]
    return list(pairwise(sizes))


def initial_weights(
    n_features: int, hidden: Sequence[int], n_classes: int, seed: int, bias: Sequence[float] = ()
) -> Weights:
    """Return kernels and biases as a Keras ``Dense`` stack starts: Glorot uniform and zeros.

    Parameters
    ----------
    bias : sequence of float
        Output bias by class; for two classes the single output starts at their difference.

    Returns
    -------
    tuple of ndarray of float32
        kernel, bias, kernel, bias, ...; kernels of shape (inputs, units), biases (units,).

    See Also
    --------
    layer_sizes : Their shapes.
    build : The network in Keras.

    Examples
    --------
    The output bias is the log odds of the classes.

    >>> import numpy as np
    >>> weights = initial_weights(4, (8,), 2, seed=0, bias=np.log([0.9, 0.1]).tolist())
    >>> [array.shape for array in weights], round(float(weights[-1][0]), 2)
    ([(4, 8), (8,), (8, 1), (1,)], -2.2)
    """
    rng = np.random.default_rng([seed, 0])
    weights: list[np.ndarray] = []
    for inputs, units in layer_sizes(n_features, hidden, n_classes):
        limit = np.sqrt(6.0 / (inputs + units))
        weights.append(rng.uniform(-limit, limit, (inputs, units)).astype(np.float32))
        weights.append(np.zeros(units, np.float32))
    if bias:
        start = [bias[1] - bias[0]] if n_classes == 2 else list(bias)
        weights[-1] = np.asarray(start, np.float32)
    return tuple(weights)


def build(n_features: int, hidden: Sequence[int], n_classes: int, dropout: float = 0.0) -> keras.Sequential:
    """Return the plain Keras model of one lane: sigmoid output for two classes, softmax for more."""
    import keras

    layers: list[keras.Layer] = [keras.Input((n_features,))]
    for units in hidden:
        layers.append(keras.layers.Dense(units, activation="relu"))
        if dropout:
            layers.append(keras.layers.Dropout(dropout))
    if n_classes == 2:
        layers.append(keras.layers.Dense(1, activation="sigmoid"))
    else:
        layers.append(keras.layers.Dense(n_classes, activation="softmax"))
    return keras.Sequential(layers)


def trained_dense(weights: Weights, n_classes: int) -> TrainedNetwork:
    """Return kernels and biases as a network.

    See Also
    --------
    initial_weights : What they start as.
    """
    sizes = tuple(kernel.shape for kernel in weights[::2])
    return TrainedNetwork(_architecture(sizes), weights, n_classes)


@cache
def _architecture(sizes: tuple[tuple[int, int], ...]) -> str:
    from core.networks.mlp import Mlp

    hidden = tuple(units for _, units in sizes[:-1])
    return str(Mlp(hidden_layers=hidden).build(sizes[0][0], sizes[-1][1]).to_json())
