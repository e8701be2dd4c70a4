"""Batch normalisation for lanes against Keras' own layer."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from core.training._normalization import LaneBatchNormalization

LANES, ROWS, UNITS = 3, 16, 5


def stepped(layer: layers.BatchNormalization, x: np.ndarray) -> list[np.ndarray]:
    """Return what a layer makes of every lane, its new averages, and the slopes by values and weights."""
    layer.build((None, UNITS))
    rng = np.random.default_rng(1)
    weights = [rng.standard_normal((LANES, UNITS)).astype(np.float32) for _ in layer.trainable_variables]
    averages = [np.ones((LANES, UNITS), np.float32) for _ in layer.non_trainable_variables]

    @tf.function(autograph=False)
    def step(x: tf.Tensor, weights: list[tf.Tensor], averages: list[tf.Tensor]) -> list[tf.Tensor]:
        def one(given: tuple) -> tuple:  # type: ignore[type-arg]
            return layer.stateless_call(given[1], given[2], given[0], training=True)

        out, new = tf.vectorized_map(one, (x, weights, averages))
        loss = tf.reduce_sum(tf.sin(out) * tf.range(1.0, LANES + 1.0)[:, None, None])
        return [out, *new, *tf.gradients(loss, [x, *weights])]

    return [each.numpy() for each in step(tf.constant(x), weights, averages)]


@pytest.mark.parametrize("scale", [True, False])
def test_values_averages_and_slopes_are_those_of_keras(scale: bool) -> None:
    x = 3.0 + 2.0 * np.random.default_rng(0).standard_normal((LANES, ROWS, UNITS)).astype(np.float32)
    own, keras = (
        stepped(kind(momentum=0.9, center=scale, scale=scale), x)
        for kind in (LaneBatchNormalization, layers.BatchNormalization)
    )
    assert len(own) == len(keras) == (6 if scale else 4)
    for ours, theirs in zip(own, keras, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-5)


def test_a_frozen_layer_goes_by_its_averages() -> None:
    layer = LaneBatchNormalization(trainable=False, epsilon=0.0)
    x = np.full((4, UNITS), 7.0, np.float32)
    np.testing.assert_allclose(layer(x, training=True), x, rtol=1e-6)
