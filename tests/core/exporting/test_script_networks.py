"""A script's network is the one that is trained: with the same weights it says the same."""

from __future__ import annotations

import runpy
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest

from core.data.problem import Problem
from core.data.table import from_frame
from core.exporting.script import CodeError, script
from core.networks.own import of_json
from core.networks.reading import network_of
from core.plan import NetworkChoice, Plan, SplitSettings, StrategyChoice

TABLE = from_frame(
    pd.DataFrame({"a": np.arange(40) % 7 * 1.0, "b": np.arange(40) % 5 * 0.5, "c": np.arange(40) % 3 * 2.0,
                  "y": ["no"] * 30 + ["yes"] * 10}),
    "small",
)  # fmt: skip


def own(outputs: int) -> NetworkChoice:
    """Return a network of one's own that was made for two inputs and ends in probabilities."""
    x = inputs = keras.Input((2,))
    x = keras.layers.BatchNormalization()(keras.layers.Dense(5, activation="relu")(x))
    end = keras.layers.Dense(outputs, activation="sigmoid" if outputs == 1 else "softmax")(x)
    return of_json(keras.Model(inputs, end).to_json())


def text_of(network: NetworkChoice) -> str:
    plan = Plan("y", (StrategyChoice.of("plain"),), networks=(network,), split=SplitSettings(folds=2))
    return script(Problem.of(TABLE, plan), plan.strategies[0])


@pytest.mark.parametrize(
    "network",
    [
        NetworkChoice("linear"),
        NetworkChoice.of("mlp", hidden_layers=(6,), activation="gelu", normalization="batch", dropout=0.3),
        NetworkChoice.of("mlp", hidden_layers=(6, 4), activation="selu", normalization="layer"),
        NetworkChoice.of("residual", units=6, blocks=2, residual_dropout=0.2),
        own(1),
        own(2),
    ],
    ids=lambda network: network.key[:40],
)
def test_the_network_of_a_script_is_that_of_the_registry(network: NetworkChoice, tmp_path: Path) -> None:
    path = tmp_path / "made.py"
    path.write_text(text_of(network))
    written = runpy.run_path(str(path))["network"](np.ones(3, bool))
    built = network_of(network).build(3, 1)
    rng = np.random.default_rng(0)
    weights = [rng.uniform(0.2, 1, weight.shape) for weight in built.get_weights()]
    built.set_weights(weights)
    written.set_weights(weights)
    X = rng.normal(size=(8, 3))
    np.testing.assert_allclose(written.predict(X, verbose=0), built.predict(X, verbose=0), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "network", [NetworkChoice("tabm"), NetworkChoice.of("mlp", embedding="piecewise")], ids=lambda one: one.key
)
def test_what_has_no_script_says_so(network: NetworkChoice) -> None:
    with pytest.raises(CodeError, match="is not written: export the model"):
        text_of(network)
