"""The networks of a kept model, in ONNX and in Keras: any architecture, the same probabilities."""

from __future__ import annotations

import io
import json
import pickle
import subprocess
import sys
from dataclasses import replace

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers, ops
from scipy.special import expit, softmax

from core.exporting.forms import TOLERANCE, in_any_form
from core.exporting.new_rows import NewRows
from core.exporting.onnx_networks import build
from core.exporting.sample import sample_scorer
from core.exporting.scorer import Scorer
from core.exporting.shelf import Kept, Shelf
from core.networks import Network, networks
from core.networks.own import Own
from core.networks.scoring import KerasNetworks, OnnxNetworks, from_plain
from core.networks.trained import NetworkError, TrainedNetwork, probability_model
from core.runs.store import Store
from tests.core.exporting.test_shelf import Desk

RNG = np.random.default_rng(0)
X = np.hstack([RNG.standard_normal((300, 3)), RNG.integers(0, 2, (300, 2))]).astype(np.float32)
MASK = np.array([1, 1, 0, 1, 1], np.float32)


@keras.saving.register_keras_serializable("tests")
class Powers(layers.Layer):
    """A layer of a person's own, with weights."""

    def build(self, shape: tuple[int, ...]) -> None:
        self.scale = self.add_weight(shape=(shape[-1],), initializer="ones", name="scale")

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        return ops.square(x) * self.scale


@keras.saving.register_keras_serializable("tests")
class Norm(layers.Layer):
    """A layer whose operation has no form in ONNX."""

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        return ops.svd(x[:, :, None])[1]


def own(*middle: layers.Layer) -> keras.Model:
    """Return a model as somebody may bring it, with weights that are far from their start."""
    model = keras.Sequential([keras.Input((5,)), layers.Dense(6), *middle, layers.Dense(1)])
    model.set_weights([RNG.uniform(0.2, 0.8, weight.shape) for weight in model.weights])
    return model


def registered() -> dict[str, Network]:
    """Return every network as it is, those with number embeddings with both kinds, and one that somebody brought."""
    made = {key: cls() for key, cls in networks().items() if key != "own"}
    both = {f"{key} embedded": replace(one, embedding="both") for key, one in made.items() if hasattr(one, "embedding")}
    return made | both | {"own": Own(own(layers.BatchNormalization(), layers.Activation("gelu")).to_json())}


@pytest.mark.parametrize(("name", "network"), registered().items())
def test_every_network_of_the_registry_has_the_same_probabilities_in_onnx(name: str, network: Network) -> None:
    n_classes = 3 if name.endswith("embedded") else 2
    settled = network.member(0).for_rows(len(X), (0, 1, 2))
    model = settled.build(5, 3 if n_classes == 3 else 1)
    settled.adapt(model, X)
    one = TrainedNetwork.of(model, n_classes, input_mask=MASK, scale=1.5, offset=(0.3,))
    average = in_any_form([one], X)
    assert isinstance(average, OnnxNetworks), average
    np.testing.assert_allclose(average(X), probability_model([one], n_classes)(X), atol=1e-6)
    assert np.ptp(average(X)[:, 1]) > 1e-3


@pytest.mark.parametrize(
    "middle",
    [
        [layers.Activation("gelu")],
        [layers.BatchNormalization(), layers.Activation("silu"), layers.Dropout(0.5), layers.LayerNormalization()],
        [Powers()],
    ],
    ids=["exact GELU", "normalised", "a layer of one's own"],
)
def test_a_persons_own_network_runs_in_onnx(middle: list[layers.Layer]) -> None:
    one = TrainedNetwork.of(own(*middle), 2)
    average = in_any_form([one], X)
    assert isinstance(average, OnnxNetworks), average
    np.testing.assert_allclose(average(X), probability_model([one], 2)(X), atol=1e-6)


def test_members_count_as_one_network() -> None:
    inputs = keras.Input((5,))
    heads = layers.EinsumDense("bf,kfo->bko", (4, 3), bias_axes="ko", bias_initializer="normal")(inputs)
    weights = RNG.normal(size=(5, 3)).astype(np.float32), RNG.normal(size=3).astype(np.float32)
    plain = keras.Sequential([inputs, layers.Dense(3)])
    plain.set_weights(weights)
    many = TrainedNetwork.of(keras.Model(inputs, heads), 3)
    kernels, biases = many.weights
    inner = softmax(np.einsum("bf,kfo->bko", X, kernels) + biases, axis=-1).mean(axis=1)
    wanted = (inner + softmax(X @ weights[0] + weights[1], axis=-1)) / 2
    got = OnnxNetworks(build([many, TrainedNetwork.of(plain, 3)], 3).SerializeToString())(X)
    np.testing.assert_allclose(got, wanted, atol=1e-6)


def test_fifty_networks_are_converted_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    from core.exporting import _converting

    converted, calls = _converting.converted, []
    monkeypatch.setattr(_converting, "converted", lambda network: calls.append(1) or converted(network))
    first = TrainedNetwork.of(own(layers.Activation("relu")), 2)
    several = [
        replace(first, weights=tuple(RNG.normal(size=w.shape).astype(np.float32) for w in first.weights))
        for _ in range(50)
    ]
    got = OnnxNetworks(build(several, 2).SerializeToString())(X)
    logits = [np.maximum(X @ k + b, 0) @ out + shift for k, b, out, shift in (each.weights for each in several)]
    np.testing.assert_allclose(got[:, 1], np.mean([expit(z[:, 0]) for z in logits], axis=0), atol=1e-5)
    assert len(calls) == 1


@pytest.mark.parametrize("form", ["ONNX", "Keras"])
def test_a_row_does_not_depend_on_those_beside_it(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    one = TrainedNetwork.of(networks()["mlp"]().build(5, 1), 2)
    average = in_any_form([one], X) if form == "ONNX" else KerasNetworks((one,))
    whole = average(X)
    np.testing.assert_allclose(np.vstack([average(row[None]) for row in X[:40]]), whole[:40], atol=1e-12)
    monkeypatch.setattr("core.networks.scoring._CHUNK", 299)
    np.testing.assert_allclose(average(X), whole, atol=1e-12)


def test_parts_of_many_rows_make_one_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    average = sample_scorer().networks
    whole = average(X[:, :1])
    monkeypatch.setattr("core.networks.scoring._CHUNK", 70)
    np.testing.assert_array_equal(average(X[:, :1]), whole)
    assert average(X[:0, :1]).shape == (0, 2)


@pytest.fixture(scope="module")
def without_onnx() -> KerasNetworks:
    average = in_any_form([TrainedNetwork.of(own(Norm()), 2)], X)
    assert isinstance(average, KerasNetworks)
    return average


def test_what_onnx_lacks_runs_in_keras_and_says_so(without_onnx: KerasNetworks) -> None:
    assert without_onnx.why.endswith(".")
    assert "ONNX" in without_onnx.why or "convert" in without_onnx.why
    np.testing.assert_allclose(without_onnx(X), probability_model(without_onnx.trained, 2)(X), atol=1e-6)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(without_onnx))(X), without_onnx(X))


def test_a_form_that_differs_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OnnxNetworks, "__call__", lambda self, rows: np.full((len(rows), 2), 0.5 + 2 * TOLERANCE))
    model = keras.Sequential([keras.Input((5,)), layers.Dense(1, kernel_initializer="zeros")])
    average = in_any_form([TrainedNetwork.of(model, 2)], X)
    assert isinstance(average, KerasNetworks)
    assert average.why == "ONNX Runtime's probabilities differed from Keras' by 2.0e-05."


def test_a_kept_model_without_a_form_in_onnx_is_scored_by_a_worker() -> None:
    one = keras.Sequential([keras.Input((1,)), layers.Dense(1)])
    average = KerasNetworks((TrainedNetwork.of(one, 2),), "No reason.")
    scorer = Scorer.from_bytes(replace(sample_scorer(), networks=average).to_bytes())
    assert not scorer.networks.everywhere
    rows = pd.DataFrame({"age": [30.0, 62.0]})
    new = NewRows("new.csv", rows, rows, ())
    desk = Desk()
    desk.call = lambda function, *given, stop=None: desk.promises.append(done(function(*given))) or desk.promises[-1]  # type: ignore[method-assign]
    kept = Kept(None, "", b"", scorer)  # type: ignore[arg-type]
    scored = Shelf(Store, desk).score(kept, new, rows)  # type: ignore[arg-type]
    assert len(desk.promises) == 1
    np.testing.assert_allclose(scored["probability yes"], scorer.probabilities(rows)[:, 1])
    anywhere = Kept(None, "", b"", sample_scorer())  # type: ignore[arg-type]
    assert len(Shelf(Store, desk).score(anywhere, new, rows)) == 2  # type: ignore[arg-type]
    assert len(desk.promises) == 1


def done(value: object) -> object:
    from concurrent.futures import Future

    promise: Future[object] = Future()
    promise.set_result(value)
    return promise


def test_a_layer_of_ones_own_that_was_not_kept_is_said_in_a_sentence(without_onnx: KerasNetworks) -> None:
    fields, arrays = without_onnx.plain()
    again = from_plain(json.loads(json.dumps(fields)), arrays)
    registered = keras.saving.get_custom_objects()
    kept = registered.pop("tests>Norm")
    try:
        with pytest.raises(NetworkError, match=r"`tests>Norm`|`Norm`"):
            again(X)
    finally:
        registered["tests>Norm"] = kept


def test_a_model_of_an_earlier_version_scores_as_it_did() -> None:
    """It held kernels and biases, and nothing else of its networks."""
    with np.load(io.BytesIO(sample_scorer().to_bytes())) as archive:
        plain = json.loads(str(archive["plain"]))
    plain["networks"] = 2
    arrays = {"w0_0": [[1.0, -2.0]], "w0_1": [0.5, 0.0], "w0_2": [[1.0], [3.0]], "w0_3": [-1.0],
              "w1_0": [[2.0, 0.5]], "w1_1": [0.0, 1.0], "w1_2": [[-1.0], [1.0]], "w1_3": [0.25]}  # fmt: skip
    arrays = {name: np.array(array, np.float32) for name, array in arrays.items()}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, plain=np.array(json.dumps(plain)), **arrays)
    scorer, rows = Scorer.from_bytes(buffer.getvalue()), pd.DataFrame({"age": [30.0, 62.0]})
    x = scorer.preparation.transform(rows)
    w = [arrays[f"w{i}_{j}"] for i in range(2) for j in range(4)]
    logits = [np.maximum(x @ w[i] + w[i + 1], 0) @ w[i + 2] + w[i + 3] for i in (0, 4)]
    np.testing.assert_allclose(scorer.probabilities(rows)[:, 1], np.mean(expit(logits), axis=0)[:, 0], atol=1e-6)


def test_scoring_a_kept_model_imports_no_tensorflow() -> None:
    code = (
        "import sys, pandas as pd; from core.exporting.sample import sample_scorer as s; "
        "from core.exporting import Scorer; "
        "Scorer.from_bytes(s().to_bytes()).probabilities(pd.DataFrame({'age': [30.0]})); "
        "sys.exit('keras' in sys.modules or 'tensorflow' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
