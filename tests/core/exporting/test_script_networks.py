"""A script's network is the one that is trained: with the same weights it says the same."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pandas as pd
import pytest

from core.data.problem import Problem
from core.data.table import from_frame
from core.exporting.script import CodeError, script
from core.networks import many_valued, networks
from core.networks.own import of_json
from core.networks.reading import network_of
from core.plan import NetworkChoice, Plan, SplitSettings, StrategyChoice, TrainingSettings

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


def text_of(network: NetworkChoice, training: TrainingSettings | None = None) -> str:
    plan = Plan(
        "y", (StrategyChoice.of("plain"),), networks=(network,), training=training or TrainingSettings(),
        split=SplitSettings(folds=2),
    )  # fmt: skip
    return script(Problem.of(TABLE, plan), plan.strategies[0])


@pytest.mark.parametrize(
    "network",
    [
        *(NetworkChoice(key) for key in networks() if key not in ("own", "mixed")),
        NetworkChoice.of("mlp", hidden_layers=(6,), activation="gelu", normalization="batch", dropout=0.3),
        NetworkChoice.of("mlp", hidden_layers=(6, 4), activation="selu", normalization="layer"),
        NetworkChoice.of("mlp", hidden_layers=(6,), embedding="piecewise", bins=4),
        NetworkChoice.of("linear", embedding="periodic"),
        NetworkChoice.of("residual", units=6, blocks=2, residual_dropout=0.2, embedding="both"),
        NetworkChoice.of("tabm", k=3, sharing="full", embedding="piecewise"),
        own(1),
        own(2),
    ],
    ids=lambda network: network.key[:40],
)
def test_the_network_of_a_script_is_that_of_the_registry(network: NetworkChoice, tmp_path: Path) -> None:
    path = tmp_path / "made.py"
    path.write_text(text_of(network))
    names = runpy.run_path(str(path))
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 3)).astype(np.float32)
    X[:, 1] = X[:, 1] > 0  # no number: it is not embedded
    ours, theirs = network_of(network).for_rows(40, many_valued(X)), names["NETWORK"]
    if "many_valued" in names:
        theirs = theirs.for_rows(40, names["many_valued"](X))
    built = ours.build(3, 1)
    ours.adapt(built, X)
    written = names["network"](X, SimpleNamespace(network=theirs, X=X))
    start = built.get_weights()
    same = [weight for weight in written.weights if weight.shape in {w.shape for w in built.weights}]
    assert len(same) == len(start)
    # What the rows settle is there already; all else is drawn, and drawn here once for both.
    for mine, its in zip(built.weights, same, strict=True):
        if "embedding_bins" in mine.path:
            np.testing.assert_allclose(its, mine, rtol=1e-6)
        else:
            drawn = rng.uniform(0.2, 1, mine.shape)
            mine.assign(drawn)
            its.assign(drawn)
    np.testing.assert_allclose(written.predict(X, verbose=0), built.predict(X, verbose=0), rtol=1e-4, atol=1e-5)


def test_every_member_of_a_mixture_is_in_the_script() -> None:
    text = text_of(NetworkChoice("mixed"), TrainingSettings(members=5))
    kinds = [text.count(f'Mlp(embedding="{kind}")') for kind in ("none", "periodic", "both", "piecewise")]
    assert kinds == [2, 2, 1, 0]


def test_a_network_of_which_nothing_is_embedded_brings_no_embeddings() -> None:
    text = text_of(NetworkChoice("mlp"))
    assert "piecewise" not in text
    assert "many_valued" not in text


def test_weights_that_a_network_brought_are_said_to_be_left_out() -> None:
    brought = own(1)
    text = text_of(NetworkChoice.of("own", architecture=dict(brought.parameters)["architecture"], start="AAAA"))
    assert "Left out: the weights in the network's file: it starts from new ones." in text


def test_a_function_is_imported_from_its_module() -> None:
    assert "from my_module import build\n" in text_of(NetworkChoice("my_module:build"))
    with pytest.raises(CodeError, match="is not written: move the function into a module"):
        text_of(NetworkChoice("__main__:build"))
