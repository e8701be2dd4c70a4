"""What every network must do, whoever wrote it: found from the registry alone."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import keras
import numpy as np
import onnxruntime
import pytest
import tensorflow as tf
from keras import layers, ops

from core.networks import Network, make, many_valued, networks
from core.networks.base import EmbeddedNetwork
from core.networks.own import of_json
from core.plan import PlanError

FEATURES = 6
OWN = of_json(
    keras.Sequential(
        [keras.Input((FEATURES,)), layers.Dense(9, "silu"), layers.BatchNormalization(), layers.Dense(2, "softmax")]
    ).to_json()
)
ROWS = 200
# One's own network is none without its architecture; it is rebuilt for any number of outputs in test_own.py.
EXAMPLES: dict[str, dict[str, object]] = {"own": {"architecture": dict(OWN.parameters)["architecture"]}}
VARIANTS: dict[str, dict[str, object]] = {
    "mlp": {"normalization": "batch", "activation": "gelu", "dropout": 0.2},
    "residual": {"normalization": "layer", "dropout": 0.0, "activation": "silu"},
    "tabm": {"sharing": "full", "activation": "selu"},
}


def rows() -> np.ndarray:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(ROWS, FEATURES)).astype(np.float32)
    X[:, 2] = X[:, 2] > 0
    X[:, 3] = np.round(X[:, 3])  # ties
    return X


def cases() -> dict[str, Network]:
    """Return every network as it comes, with embeddings if it knows any, and in its variants."""
    found: dict[str, Network] = {}
    for key, cls in networks().items():
        plain = cls(**EXAMPLES.get(key, {}))
        several = [plain]
        if isinstance(plain, EmbeddedNetwork):
            kinds = ("piecewise", "periodic", "both") if key == "mlp" else ("both",)
            several += [replace(plain, embedding=kind) for kind in kinds]
        if key in VARIANTS:
            several.append(replace(several[-1], **VARIANTS[key]))
            several.append(replace(plain, **VARIANTS[key]))
        found |= {network.key: network for network in several}
    return found


CASES = cases()
# One conversion takes seconds: each network once, with all that it can have.
FULLEST = tuple({network.card.key: key for key, network in sorted(CASES.items(), key=lambda i: len(i[0]))}.values())


@cache
def settled(key: str) -> Network:
    return CASES[key].for_rows(ROWS, many_valued(rows()))


@cache
def built(key: str, n_outputs: int = 1) -> keras.Model:
    if key.startswith("own") and n_outputs > 1:
        pytest.skip("one's own network has as many outputs as it has")
    model = settled(key).build(FEATURES, n_outputs)
    settled(key).adapt(model, rows())
    return model


def test_importing_the_networks_never_imports_keras() -> None:
    code = "import sys, core.networks; sys.exit('keras' in sys.modules or 'tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3], check=False).returncode == 0


@pytest.mark.parametrize("key", networks())
def test_a_card_says_in_one_sentence_what_a_network_is(key: str) -> None:
    card = networks()[key].card
    assert card.key == key
    assert card.sentence.endswith(".")
    assert ". " not in card.sentence
    assert bool(card.paper) == card.link.startswith("https://")
    assert all(each.help.endswith(".") for each in networks()[key].parameters())


@pytest.mark.parametrize("key", CASES)
@pytest.mark.parametrize("n_outputs", [1, 5])
def test_logits_of_every_class_come_out(key: str, n_outputs: int) -> None:
    model, members = built(key, n_outputs), settled(key).inner_members
    assert model.output_shape == ((None, members, n_outputs) if members > 1 else (None, n_outputs))
    logits = ops.convert_to_numpy(model(rows()))
    assert np.isfinite(logits).all()
    assert logits.std(axis=0).min() > 0


@pytest.mark.parametrize("key", CASES)
@pytest.mark.parametrize("n_outputs", [1, 5])
def test_the_count_of_weights_without_keras_is_that_of_the_model(key: str, n_outputs: int) -> None:
    model, network = built(key, n_outputs), settled(key)
    assert network.n_weights(FEATURES, n_outputs) == model.count_params()
    assert network.row_flops(FEATURES, n_outputs) >= 2 * FEATURES * n_outputs
    assert network.row_floats(FEATURES, n_outputs) >= n_outputs


@pytest.mark.parametrize("key", CASES)
def test_a_model_survives_json_in_safe_mode(key: str) -> None:
    model = built(key)
    text = model.to_json()
    read = keras.models.model_from_json(text)
    read.set_weights(model.get_weights())
    np.testing.assert_array_equal(read(rows()), model(rows()))
    parts = json.loads(text)["config"]["layers"]
    assert "Lambda" not in {layer["class_name"] for layer in parts}
    assert all(layer["module"].startswith("keras.") for layer in parts)


@pytest.mark.parametrize("key", CASES)
def test_the_same_seed_starts_with_the_same_weights(key: str) -> None:
    network, model = settled(key), built(key)
    first, again = network.initial_weights(model, 3), network.initial_weights(network.build(FEATURES, 1), 3)
    other, new = network.initial_weights(model, 4), network.build(FEATURES, 1).get_weights()
    assert [each.shape for each in first] == [tuple(weight.shape) for weight in model.weights]
    for weight, one, same, another, usual in zip(model.weights, first, again, other, new, strict=True):
        if not weight.path.endswith(("moving_mean", "moving_variance")):
            np.testing.assert_array_equal(one, same)
        if one.std() and weight.trainable:
            assert not np.array_equal(one, another)
            # As large as a new model's own: half to twice, where there is enough to tell.
            if one.size >= 64:
                assert 0.5 < one.std() / usual.std() < 2


@pytest.mark.parametrize("key", CASES)
def test_lanes_of_it_are_computed_in_one_go_and_learn(key: str) -> None:
    network, model, lanes = settled(key), built(key), 3
    if any(isinstance(layer, keras.layers.Dropout) for layer in model.layers):
        pytest.skip("the trainer draws the masks of dropout")
    starts = [network.initial_weights(model, seed) for seed in range(lanes)]
    stacked = {id(weight): tf.stack([start[i] for start in starts]) for i, weight in enumerate(model.weights)}
    trainable = [stacked[id(weight)] for weight in model.trainable_variables]
    fixed = [stacked[id(weight)] for weight in model.non_trainable_variables]
    X = tf.constant(np.stack([rows()[lane::lanes][:50] for lane in range(lanes)]))

    def one(each: tuple[list[tf.Tensor], list[tf.Tensor], tf.Tensor]) -> tf.Tensor:
        return model.stateless_call(*each[:2], each[2], training=True)[0]

    @tf.function
    def forward_and_back() -> tuple[tf.Tensor, list[tf.Tensor]]:
        with tf.GradientTape() as tape:
            tape.watch(trainable)
            # Without a vectorised form of every operation this raises.
            logits = tf.vectorized_map(one, (trainable, fixed, X), fallback_to_while_loop=False)
            loss = tf.reduce_sum(tf.square(logits - 1))
        return logits, tape.gradient(loss, trainable)

    logits, slopes = forward_and_back()
    for lane in range(lanes):
        alone = one(([w[lane] for w in trainable], [w[lane] for w in fixed], X[lane]))
        np.testing.assert_allclose(logits[lane], alone, atol=2e-5)
    assert all(slope is not None and np.isfinite(slope).all() for slope in slopes)
    assert all(np.any(slope) for slope in slopes[-2:])


@pytest.mark.parametrize("key", FULLEST)
def test_onnx_gives_the_same(key: str, tmp_path: Path) -> None:
    model = built(key)
    probability = keras.Model(model.input, ops.sigmoid(model.output))
    probability(rows())
    probability.export(tmp_path / "model.onnx", format="onnx", verbose=False)
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    (got,) = session.run(None, {session.get_inputs()[0].name: rows()})
    np.testing.assert_allclose(got, probability(rows()), atol=1e-6)


def test_keys_of_networks_differ_and_name_what_was_changed() -> None:
    assert len(CASES) == len(set(CASES.values()))
    assert make("mlp", [("hidden_layers", (16.0, 8.0))]).key == "mlp(hidden_layers=16-8)"


@pytest.mark.parametrize(
    ("name", "parameters", "says"),
    [
        ("mlpp", {}, "There is no network called 'mlpp': did you mean mlp?"),
        ("mlp", {"layers": 3}, "Multilayer perceptron has no parameter 'layers'."),
        ("mlp", {"activation": "sine"}, "activation must be one of relu"),
        ("mlp", {"hidden_layers": (64, 5_000)}, "hidden_layers is 5000; choose 1 to 2048."),
        ("mlp", {"hidden_layers": (8,) * 7}, "use up to 6 layers"),
        ("mlp", {"hidden_layers": (8.5,)}, "use up to 6 layers"),
        ("tabm", {"hidden_layers": ("8",)}, "use up to 6 layers"),
        ("mlp", {"bins": 1_000}, "bins is 1000; choose 0 to 64."),
    ],
)
def test_a_network_that_there_is_not_is_refused(name: str, parameters: dict[str, object], says: str) -> None:
    with pytest.raises(PlanError, match=says.replace("?", r"\?").replace(".", r"\.")):
        make(name, parameters.items())  # type: ignore[arg-type]


def test_mixed_members_are_of_several_kinds_however_they_are_settled() -> None:
    kinds = [make("mixed").member(place).embedding for place in range(6)]  # type: ignore[attr-defined]
    assert sorted(kinds[:5]) == ["both", "none", "none", "periodic", "periodic"]
    assert kinds[5] == kinds[0]
    for place in range(5):
        first = make("mixed").for_rows(9_000, [1]).member(place)
        assert first == make("mixed").member(place).for_rows(9_000, [1])


@pytest.mark.parametrize("sharing", ["mini", "full"])
def test_members_of_tabm_share_weights_and_differ_from_the_start(sharing: str) -> None:
    network = make("tabm", [("sharing", sharing), ("k", 5)])
    model = network.build(FEATURES, 1)
    weights = network.initial_weights(model, 0)
    first = next(i for i, weight in enumerate(model.weights) if "member_embedding_first" in weight.path)
    for held in (weights[first], model.get_weights()[first]):
        assert set(np.unique(held)) == {-1, 1}
    five, one = make("tabm", [("k", 5)]).n_weights(200, 1), make("mlp").n_weights(200, 1)
    assert five < 1.2 * one
    # As many rows as members: Keras must not take a member's weights for a row's.
    model.set_weights([np.random.default_rng(i).normal(size=w.shape) for i, w in enumerate(weights)])
    np.testing.assert_allclose(model(rows()[:5]), np.asarray(model(rows()))[:5], atol=1e-4)
