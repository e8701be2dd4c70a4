"""Trained networks as data, and the Keras models made of them, held against NumPy."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers, ops
from scipy.special import expit, softmax

from core.networks.trained import TrainedNetwork, custom_classes, probability_model

RNG = np.random.default_rng(0)
X = RNG.standard_normal((40, 5)).astype(np.float32)


def mlp(n_outputs: int, seed: int, members: int = 0) -> keras.Model:
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((5,))
    hidden = layers.Dense(8, activation="relu", bias_initializer="normal")(inputs)
    if not members:
        return keras.Model(inputs, layers.Dense(n_outputs)(hidden))
    heads = layers.EinsumDense("bf,kfo->bko", (members, n_outputs), bias_axes="ko")(hidden)
    return keras.Model(inputs, heads)


def forward(weights: tuple[np.ndarray, ...], rows: np.ndarray) -> np.ndarray:
    kernel, bias, out, shift = (array.astype(float) for array in weights)
    hidden = np.maximum(rows.astype(float) @ kernel + bias, 0)
    return np.einsum("bf,...fo->b...o", hidden, out) + shift


def probabilities(logits: np.ndarray) -> np.ndarray:
    p = np.concatenate([expit(-logits), expit(logits)], -1) if logits.shape[-1] == 1 else softmax(logits, -1)
    return p.mean(axis=1) if p.ndim == 3 else p


@pytest.mark.parametrize("n_classes", [2, 4])
def test_mask_scale_and_offset_are_in_the_model(n_classes: int) -> None:
    n_outputs = 1 if n_classes == 2 else n_classes
    mask = np.array([1, 0, 1, 1, 0], np.float32)
    offset = tuple(RNG.normal(size=n_outputs).tolist())
    network = TrainedNetwork.of(mlp(n_outputs, 1), n_classes, input_mask=mask, scale=2.5, offset=offset)
    wanted = 2.5 * (forward(network.weights, X * mask) + offset)
    np.testing.assert_allclose(network.model()(X), wanted, atol=1e-5)
    got = np.asarray(probability_model([network], n_classes)(X))
    np.testing.assert_allclose(got, probabilities(wanted), atol=1e-6)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_networks_are_averaged_whatever_they_have_inside(n_classes: int) -> None:
    n_outputs = 1 if n_classes == 2 else n_classes
    networks = [TrainedNetwork.of(mlp(n_outputs, i, members), n_classes) for i, members in enumerate((0, 4, 0))]
    wanted = np.mean([probabilities(forward(n.weights, X)) for n in networks], axis=0)
    np.testing.assert_allclose(probability_model(networks, n_classes)(X), wanted, atol=1e-6)
    np.testing.assert_allclose(probability_model(networks[1:2], n_classes)(X),
                               probabilities(forward(networks[1].weights, X)), atol=1e-6)  # fmt: skip


def test_what_does_nothing_is_left_out() -> None:
    network = TrainedNetwork.of(mlp(1, 0), 2, input_mask=np.ones(5, np.float32), offset=(0.0,))
    assert [type(layer).__name__ for layer in network.model().layers] == ["InputLayer", "Functional"]


def test_the_joint_model_opens_anywhere_in_safe_mode(tmp_path: Path) -> None:
    mask = np.array([1, 1, 1, 0, 1], np.float32)
    networks = [
        TrainedNetwork.of(mlp(1, i, members), 2, input_mask=mask, scale=1.5, offset=(0.25,))
        for i, members in enumerate((0, 3))
    ]
    model = probability_model(networks, 2)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(again(X), model(X))


def test_plain_data_gives_the_network_back() -> None:
    network = TrainedNetwork.of(mlp(3, 0), 3, input_mask=np.array([1, 0, 1, 1, 1], np.float32), offset=(1.0, 0.0, 2.0))
    again = TrainedNetwork.from_fields(json.loads(json.dumps(network.fields())), network.arrays())
    np.testing.assert_array_equal(again.model()(X), network.model()(X))


@pytest.mark.parametrize("broken", [{"offset": None}, {"architecture": 3}, {"scale": "much"}])
def test_other_data_is_refused(broken: dict[str, object]) -> None:
    network = TrainedNetwork.of(mlp(1, 0), 2)
    with pytest.raises(ValueError, match="network"):
        TrainedNetwork.from_fields(network.fields() | broken, network.arrays())


def test_a_persons_own_layer_travels_with_the_network() -> None:
    @keras.saving.register_keras_serializable("somebody")
    class Squared(layers.Layer):
        def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
            return ops.square(x)

    inputs = keras.Input((5,))
    inner = keras.Sequential([keras.Input((5,)), Squared(), layers.Dense(1)])
    network = TrainedNetwork.of(keras.Model(inputs, inner(inputs)), 2)
    assert network.custom == custom_classes(inner) == (("somebody>Squared", Squared),)
    del keras.saving.get_custom_objects()["somebody>Squared"]  # as in another process
    kernel, bias = network.weights
    np.testing.assert_allclose(network.model()(X), X**2 @ kernel + bias, atol=1e-5)
    stranger = TrainedNetwork(network.architecture, network.weights, 2)
    with pytest.raises(ValueError, match="Squared"):
        stranger.model()


def test_a_lambda_layer_is_refused() -> None:
    model = keras.Sequential([keras.Input((5,)), layers.Lambda(lambda x: x + 1), layers.Dense(1)])
    with pytest.raises(ValueError, match="has a Lambda layer"):
        TrainedNetwork.of(model, 2).model()


def test_the_module_imports_no_keras() -> None:
    code = "import sys, core.networks.trained; sys.exit('keras' in sys.modules or 'tensorflow' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
