"""Layers that know lanes, in the place of Keras' own.

Random operations have no vectorised form, so lanes share one draw of random bits.

A field of random bits per step and layer serves all lanes: multiplied by a lane's own odd number (its key), it gives
every lane its own mask, which does not depend on the lanes beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import keras
import tensorflow as tf
from keras import layers

from core.training._normalization import LaneBatchNormalization

_RANGE = 4294967296.0  # of 32 random bits


@dataclass(frozen=True, eq=False)
class _Draws:
    key: tf.Tensor
    step: tf.Tensor


_DRAWS: ContextVar[_Draws | None] = ContextVar("draws", default=None)


@contextmanager
def drawing(key: tf.Tensor, step: tf.Tensor) -> Iterator[None]:
    """Let the random layers inside draw for the lane of a key, int32 and odd, at a step, int32."""
    token = _DRAWS.set(_Draws(key, step))
    try:
        yield
    finally:
        _DRAWS.reset(token)


class _LaneRandom(layers.Layer):
    """A random layer of Keras in training, whose draws are the lane's own."""

    def __init__(self, original: layers.Layer, place: int) -> None:
        super().__init__(name=original.name, dtype=original.dtype_policy)
        # Its numbers alone: as a part of this layer, the original would bring along a state that nobody reads.
        self.rate = float(getattr(original, "rate", 0.0))
        self.stddev = float(getattr(original, "stddev", 0.0))
        self.noise_shape = getattr(original, "noise_shape", None)
        self.place = place

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def bits(self, shape: tf.Tensor) -> tf.Tensor:
        """Return 32 random bits per number, int32."""
        draws = _DRAWS.get()
        if draws is None:
            raise RuntimeError("A random layer was called in training outside of a step.")
        seed = tf.stack([draws.step, self.place])
        return tf.random.stateless_uniform(shape, seed, minval=None, maxval=None, dtype=tf.int32) * draws.key

    def kept(self, x: tf.Tensor) -> tf.Tensor:
        """Return 1 for what is kept and 0 for what is dropped, in the shape of ``x`` or of the noise."""
        noise_shape = self.noise_shape or [None] * len(x.shape)
        shape = [tf.shape(x)[i] if size is None else size for i, size in enumerate(noise_shape)]
        threshold = int((0.5 - self.rate) * _RANGE)
        return tf.cast(self.bits(tf.stack(shape)) < tf.constant(min(threshold, 2**31 - 1), tf.int32), x.dtype)

    def normal(self, x: tf.Tensor) -> tf.Tensor:
        """Return standard normal numbers in the shape of ``x``."""
        uniform = tf.cast(self.bits(tf.shape(x)), tf.float32) / _RANGE + 0.5
        return tf.cast(tf.math.ndtri(tf.clip_by_value(uniform, 1e-6, 1.0 - 1e-6)), x.dtype)

    def call(self, x: tf.Tensor, training: bool = False) -> tf.Tensor:
        return self.drawn(x) if training else x

    def drawn(self, x: tf.Tensor) -> tf.Tensor:
        raise NotImplementedError


class _Dropout(_LaneRandom):
    def drawn(self, x: tf.Tensor) -> tf.Tensor:
        # The mask is scaled, not the values: one array less to write on the way back.
        return x * (self.kept(x) / (1.0 - self.rate)) if self.rate < 1 else tf.zeros_like(x)


class _AlphaDropout(_LaneRandom):
    """Keeps mean and variance of SELU activations (Klambauer et al. 2017)."""

    def drawn(self, x: tf.Tensor) -> tf.Tensor:
        rate, floor = self.rate, -1.7580993408473766
        kept = self.kept(x)
        a = ((1 - rate) * (1 + rate * floor**2)) ** -0.5
        return a * (x * kept + floor * (1 - kept)) - a * floor * rate


class _GaussianNoise(_LaneRandom):
    def drawn(self, x: tf.Tensor) -> tf.Tensor:
        return x + self.stddev * self.normal(x)


class _GaussianDropout(_LaneRandom):
    def drawn(self, x: tf.Tensor) -> tf.Tensor:
        return x * (1.0 + (self.rate / (1.0 - self.rate)) ** 0.5 * self.normal(x))


_KINDS: dict[type[layers.Layer], type[_LaneRandom]] = {
    layers.Dropout: _Dropout,
    layers.AlphaDropout: _AlphaDropout,
    layers.GaussianNoise: _GaussianNoise,
    layers.GaussianDropout: _GaussianDropout,
}


def lane_aware(model: keras.Model) -> keras.Model:
    """Return the model with Keras' random layers and batch normalisation exchanged for such that know lanes.

    Its weights are those of the model, in the same order. A model of a person's own class is returned as it is:
    its layers are as right, but its random ones draw lane by lane, which takes longer.
    """
    exchangeable = (*_KINDS, layers.BatchNormalization)
    if not any(type(layer) in exchangeable for layer in model._flatten_layers()):
        return model
    if not isinstance(model, keras.Sequential) and type(model).__name__ != "Functional":
        return model
    places = iter(range(10_000))

    def exchanged(layer: layers.Layer) -> layers.Layer:
        if type(layer) is layers.BatchNormalization:
            return LaneBatchNormalization.from_config(layer.get_config())
        kind = _KINDS.get(type(layer))
        return layer.__class__.from_config(layer.get_config()) if kind is None else kind(layer, next(places))

    return keras.models.clone_model(model, clone_function=exchanged, recursive=True)
