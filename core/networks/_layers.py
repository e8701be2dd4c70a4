"""Layers that networks share, of Keras' own layers and operations alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

ACTIVATIONS = ("relu", "selu", "silu", "gelu", "elu", "tanh")
NORMALIZATIONS = ("none", "batch", "layer")
#: Keras' default of 0.99 takes some 300 steps to follow; a small table has fewer steps than that in 30 epochs.
_MOMENTUM = 0.9


def dense(
    x: keras.KerasTensor, units: int, name: str, activation: str = "relu", bias: bool = True
) -> keras.KerasTensor:
    """Return a dense layer without its activation, with starting weights that suit the activation.

    SELU keeps its activations' scale with LeCun's normal start only (Klambauer et al. 2017); the others start as
    Keras' layers do, with Glorot's uniform.
    """
    from keras import layers

    start = "lecun_normal" if activation == "selu" else "glorot_uniform"
    return layers.Dense(units, use_bias=bias, kernel_initializer=start, name=name)(x)


def activated(x: keras.KerasTensor, activation: str, name: str) -> keras.KerasTensor:
    """Return an activation's output; GELU is its tanh form, since ONNX Runtime lacks the exact one's ``Erfc``."""
    from keras import layers, ops

    if activation == "gelu":
        return ops.gelu(x, approximate=True)
    return layers.Activation(activation, name=name)(x)


def normalised(x: keras.KerasTensor, kind: str, name: str) -> keras.KerasTensor:
    """Return a normalisation's output: ``none``, ``batch`` or ``layer``."""
    from keras import layers

    if kind == "batch":
        return layers.BatchNormalization(momentum=_MOMENTUM, name=name)(x)
    if kind == "layer":
        return layers.LayerNormalization(epsilon=1e-5, name=name)(x)
    return x


def dropped(x: keras.KerasTensor, share: float, name: str) -> keras.KerasTensor:
    """Return the values with a share of them dropped while training."""
    from keras import layers

    return layers.Dropout(share, name=name)(x) if share else x


def model(
    n_features: int, n_outputs: int, hidden: Callable[[keras.KerasTensor], keras.KerasTensor], name: str
) -> keras.Model:
    """Return a network from the prepared vector over its hidden part to logits.

    Parameters
    ----------
    n_features : int
        Length of the prepared vector.
    n_outputs : int
        Logits: one for two classes, else one per class.
    hidden : callable
        From the prepared vector, shape (n, n_features), to the last hidden values, shape (n, any).
    """
    import keras

    inputs = keras.Input((n_features,), name="prepared")
    return keras.Model(inputs, dense(hidden(inputs), n_outputs, "logits"), name=name)
