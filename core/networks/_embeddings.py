"""Number embeddings: each number becomes several, so that a small network draws sharp or wavy borders.

Every function takes the numbers, shape (n, n_numbers), and returns what stands beside them, shape (n, any).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from core.networks._size import Size, dense, elementwise

if TYPE_CHECKING:
    import keras

EMBEDDINGS = ("none", "piecewise", "periodic", "both")
PERIODIC_OUTPUTS = 3
_BINS = "embedding_bins"
#: Below any number, so that a bin that ties left over stays empty; numbers behind the preparation's clip are small.
_NEVER = 1e6


def embedded(
    x: keras.KerasTensor, numbers: tuple[int, ...] | None, kind: str, bins: int, frequencies: int, sigma: float
) -> keras.KerasTensor:
    """Return the prepared vector with the embeddings of its numbers beside it.

    Parameters
    ----------
    x : KerasTensor, shape (n, n_features)
    numbers : tuple of int or None
        Which inputs are numbers; None for all.
    kind : {"none", "piecewise", "periodic", "both"}
    bins, frequencies : int
        Of each number.
    sigma : float
        Standard deviation of the frequencies that periodic embeddings start with.
    """
    from keras import ops

    if kind == "none" or numbers == ():
        return x
    z = x if numbers is None or len(numbers) == x.shape[1] else ops.take(x, list(numbers), axis=1)
    parts = [x]
    if kind in ("piecewise", "both"):
        parts.append(piecewise(z, bins))
    if kind in ("periodic", "both"):
        parts.append(periodic(z, frequencies, sigma))
    return ops.concatenate(parts, axis=1)


def piecewise(z: keras.KerasTensor, bins: int) -> keras.KerasTensor:
    """Return how far each number has come through each of its quantile bins, clipped to [0, 1].

    The bins' edges are weights, set by :func:`adapt`: a batch normalisation that never learns takes the lower edge
    away and divides by the width.

    Gorishniy, Rubachev and Babenko (2022), https://arxiv.org/abs/2203.05556
    """
    from keras import layers, ops

    repeated = ops.repeat(z, bins, axis=1)
    frozen = layers.BatchNormalization(center=False, scale=False, epsilon=1e-12, trainable=False, name=_BINS)
    return layers.ReLU(max_value=1.0, name="embedding_clipped")(frozen(repeated))


def periodic(z: keras.KerasTensor, frequencies: int, sigma: float) -> keras.KerasTensor:
    """Return three learned mixtures of cosines of each number (PBLD).

    Numbers come before rows in between, so that the products need no transposed copies of large arrays. A sine of
    an evenly spread phase is a cosine of one, and its slope takes one operation less.

    Holzmüller, Grinsztajn and Steinwart (2024), https://arxiv.org/abs/2407.04491
    """
    from keras import initializers, layers, ops

    turns = layers.Rescaling(2 * math.pi, name="embedding_turns")(z)
    angles = layers.EinsumDense(
        "fb,fk->fbk",
        (None, frequencies),
        bias_axes="fk",
        kernel_initializer=initializers.RandomNormal(stddev=sigma),
        bias_initializer=initializers.RandomUniform(-math.pi, math.pi),
        name="embedding_frequencies",
    )(ops.transpose(turns))
    limit = 1 / math.sqrt(frequencies)
    mixed = layers.EinsumDense(
        "fbk,fko->fbo",
        (None, PERIODIC_OUTPUTS),
        bias_axes="fo",
        kernel_initializer=initializers.RandomUniform(-limit, limit),
        bias_initializer=initializers.RandomUniform(-limit, limit),
        name="embedding_mixed",
    )(ops.sin(angles))
    return layers.Flatten(name="embedding_waves")(ops.transpose(mixed, (1, 0, 2)))


def adapt(model: keras.Model, X: np.ndarray, numbers: tuple[int, ...] | None) -> None:
    """Set the edges of a model's bins to quantiles of the training rows; a model without bins stays as it is.

    Ties make fewer bins: those left over give 0 for every row.

    Parameters
    ----------
    X : ndarray of float32, shape (n, n_features)
        Prepared training rows.
    """
    layer = next((each for each in model.layers if each.name == _BINS), None)
    if layer is None:
        return
    z = X if numbers is None else X[:, list(numbers)]
    bins = layer.moving_mean.shape[0] // max(z.shape[1], 1)
    edges = np.quantile(z, np.linspace(0, 1, bins + 1), axis=0).astype(np.float32)
    lower = np.full((z.shape[1], bins), _NEVER, np.float32)
    width = np.ones_like(lower)
    for column, of_column in enumerate(edges.T):
        distinct = np.unique(of_column)
        found = np.diff(distinct)
        lower[column, : len(found)], width[column, : len(found)] = distinct[:-1], found
    layer.moving_mean.assign(lower.ravel())
    layer.moving_variance.assign(np.square(width).ravel())


def size(n_features: int, numbers: tuple[int, ...] | None, kind: str, bins: int, frequencies: int) -> tuple[int, Size]:
    """Return the length of the embedded vector, and the embeddings' size."""
    count = n_features if numbers is None else len(numbers)
    if kind == "none" or not count:
        return n_features, Size()
    width, total = n_features, Size()
    if kind in ("piecewise", "both"):
        width += count * bins
        total += elementwise(count * bins, 4, weights=2 * count * bins)
    if kind in ("periodic", "both"):
        width += count * PERIODIC_OUTPUTS
        waves, one = dense(1, frequencies), dense(frequencies, PERIODIC_OUTPUTS)
        total += Size(
            count * (waves.weights + one.weights),
            count * (waves.flops + one.flops),
            count * (waves.floats + one.floats),
        )
        total += elementwise(count * frequencies, 3) + elementwise(count * (1 + PERIODIC_OUTPUTS))
    return width, total + elementwise(width)
