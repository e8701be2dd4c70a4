"""Batch normalisation for lanes: Keras' own, with a slope that takes half as many passes over the values.

The slope stands beside the operation that it belongs to, as ``gradient_override_map`` has it: a ``custom_gradient``
would not survive vectorisation.
"""

from __future__ import annotations

import tensorflow as tf
from keras import layers

_SCALED = "CounterweightScaled"


class LaneBatchNormalization(layers.BatchNormalization):
    """Keras' layer: the same weights, values and slopes, within rounding."""

    def call(self, inputs: tf.Tensor, training: bool | None = None, mask: tf.Tensor | None = None) -> tf.Tensor:
        vectors = self.axis in (-1, 1) and len(inputs.shape) == 2 and inputs.dtype == self.compute_dtype == "float32"
        special = getattr(self, "renorm", False) or self.synchronized or mask is not None
        if not training or not self.trainable or not vectors or special:
            return super().call(inputs, training=training, mask=mask)
        mean = tf.reduce_mean(tf.stop_gradient(inputs), axis=0)
        centered = inputs - mean
        variance = tf.reduce_mean(tf.square(tf.stop_gradient(centered)), axis=0)
        for moving, now in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + now * (1.0 - self.momentum))
        factor = tf.math.rsqrt(variance + self.epsilon)
        if self.scale:
            factor = factor * self.gamma
        with tf.compat.v1.get_default_graph().gradient_override_map({"Mul": _SCALED}):
            scaled = tf.multiply(centered, factor)
        return scaled + self.beta if self.center else scaled


@tf.RegisterGradient(_SCALED)
def _scaled(op: tf.Operation, slope: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the slopes of ``centered * factor``, where what is centered and the factor follow from the same values.

    The first is the slope by these values themselves, so what stands between must be no part of a slope elsewhere.
    """
    centered, factor = op.inputs
    n = tf.cast(tf.shape(centered)[-2], slope.dtype)
    by_factor = tf.reduce_sum(slope * centered, axis=-2, keepdims=True)
    total = tf.reduce_sum(slope, axis=-2, keepdims=True)
    inverse = tf.reshape(_inverse_deviation(factor), tf.shape(by_factor))
    shared = centered * (inverse * inverse * by_factor / n) + total / n
    return (slope - shared) * tf.reshape(factor, tf.shape(by_factor)), tf.reshape(by_factor, tf.shape(factor))


def _inverse_deviation(factor: tf.Tensor) -> tf.Tensor:
    """Return the reciprocal root that a factor was made of."""
    waiting = [factor.op]
    while waiting:
        op = waiting.pop()
        if op.type == "Rsqrt":
            return op.outputs[0]
        waiting += [each.op for each in op.inputs]
    raise RuntimeError("A factor was not made of a reciprocal root.")
