"""Starting weights of a model that is built already, drawn anew by its layers' initializers."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import TYPE_CHECKING

import keras
import numpy as np

if TYPE_CHECKING:
    from core.networks.base import Network


def drawn(model: keras.Model, seed: int) -> list[np.ndarray]:
    """Return new starting weights, in the order of ``model.weights``.

    A weight whose layer names no initializer for it keeps its value.

    Parameters
    ----------
    seed : int
        Not negative.
    """
    starts = {id(weight): start for layer in _leaves(model) for weight, start in _starts(layer)}
    seeds = np.random.SeedSequence(seed).generate_state(len(model.weights)).tolist()
    return [_draw(weight, starts.get(id(weight)), one) for weight, one in zip(model.weights, seeds, strict=True)]


def built_anew(network: Network, model: keras.Model, seed: int) -> list[np.ndarray]:
    """Return the weights of a network that is built once more, whatever its layers draw them by.

    The random states of Python and NumPy are afterwards what they were.
    """
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    keras.utils.set_random_seed(int(np.random.SeedSequence(seed).generate_state(1)[0] >> 1))
    try:
        return network.build(model.input_shape[-1], model.output_shape[-1]).get_weights()
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002


def _leaves(layer: keras.Layer) -> Iterator[keras.Layer]:
    yield from (each for each in layer._flatten_layers() if each.weights)


def _starts(layer: keras.Layer) -> Iterator[tuple[keras.Variable, keras.initializers.Initializer]]:
    for weight in layer.weights:
        start = getattr(layer, f"{weight.name}_initializer", None)
        if isinstance(start, keras.initializers.Initializer):
            yield weight, start


def _draw(weight: keras.Variable, start: keras.initializers.Initializer | None, seed: int) -> np.ndarray:
    if start is None:
        return np.asarray(weight)
    # Most weights of a network with normalisation start so, and Keras takes as long for these as for random ones.
    for kind, filled in ((keras.initializers.Zeros, np.zeros), (keras.initializers.Ones, np.ones)):
        if type(start) is kind:
            return filled(weight.shape, weight.dtype)
    return np.asarray(_with_seed(start, seed)(weight.shape, dtype=weight.dtype))


def _with_seed(start: keras.initializers.Initializer, seed: int) -> keras.initializers.Initializer:
    config = start.get_config()
    return type(start).from_config({**config, "seed": seed} if "seed" in config else config)
