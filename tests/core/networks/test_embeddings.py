"""Number embeddings: bins at the quantiles of training rows, and waves."""

from __future__ import annotations

import numpy as np
from keras import Model, ops

from core.networks.mlp import Mlp


def beside(model: Model, layer: str, X: np.ndarray) -> np.ndarray:
    """Return what a layer of the model gives for rows."""
    return ops.convert_to_numpy(Model(model.input, model.get_layer(layer).output)(X))


def test_each_bin_says_how_far_a_number_has_come_through_it() -> None:
    network = Mlp(embedding="piecewise", bins=4)
    model = network.build(1, 1)
    network.adapt(model, np.arange(9, dtype=np.float32)[:, None])
    got = beside(model, "embedding_clipped", np.array([[-5], [0], [1], [2], [5], [8], [99]], np.float32))
    want = [[0, 0, 0, 0], [0, 0, 0, 0], [0.5, 0, 0, 0], [1, 0, 0, 0], [1, 1, 0.5, 0], [1, 1, 1, 1], [1, 1, 1, 1]]
    np.testing.assert_allclose(got, want, atol=1e-6)


def test_ties_leave_bins_over_that_stay_empty() -> None:
    network = Mlp(embedding="piecewise", bins=4)
    model = network.build(1, 1)
    network.adapt(model, np.repeat([0.0, 3.0, 5.0], [60, 20, 20]).astype(np.float32)[:, None])
    got = beside(model, "embedding_clipped", np.array([[0], [1.5], [3], [4], [5]], np.float32))
    np.testing.assert_allclose(got[:, :2], [[0, 0], [0.5, 0], [1, 0], [1, 0.5], [1, 1]], atol=1e-6)
    assert not got[:, 2:].any()


def test_numbers_alone_are_embedded() -> None:
    X = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    X[:, 1] = X[:, 1] > 0
    network = Mlp(embedding="both").for_rows(len(X), [0, 2])
    model = network.build(3, 1)
    network.adapt(model, X)
    assert beside(model, "embedding_clipped", X).shape == (50, 16)
    assert beside(model, "embedding_waves", X).shape == (50, 6)
    two_valued = Mlp(embedding="both").for_rows(len(X), [])
    assert two_valued.build(3, 1).count_params() == Mlp().n_weights(3, 1) == two_valued.n_weights(3, 1)


def test_waves_are_mixed_sines_of_each_number_alone() -> None:
    X = np.random.default_rng(1).normal(size=(40, 2)).astype(np.float32)
    model = Mlp(embedding="periodic", frequencies=5).build(2, 1)
    kernel, phase = model.get_layer("embedding_frequencies").get_weights()
    mix, shift = model.get_layer("embedding_mixed").get_weights()
    want = [
        np.sin(2 * np.pi * X[:, [f]] * kernel[f] + phase[f]) @ mix[f] + shift[f]  # (40, 3) of each number
        for f in range(2)
    ]
    np.testing.assert_allclose(beside(model, "embedding_waves", X), np.concatenate(want, axis=1), atol=1e-5)
    assert 0.02 < kernel.std() < 0.3
    assert np.abs(phase).max() > 1
