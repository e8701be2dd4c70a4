"""A person's own network: what is read, what is made of it for a table, and what is refused with which sentence."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
from keras import Input, Model, Sequential, layers, ops

from core.data.problem import Problem
from core.data.table import from_frame
from core.experiment.fitting import network_notes
from core.networks import make
from core.networks.own import Own, of_file, of_json
from core.networks.reading import network_label, parse_networks
from core.plan import NetworkChoice, Plan, PlanError, StrategyChoice

X = np.random.default_rng(0).normal(size=(30, 5)).astype(np.float32)


def own(choice: NetworkChoice) -> Own:
    network = make(choice.name, choice.parameters)
    assert isinstance(network, Own)
    return network


def fraud(n: int = 5, units: int = 1, end: str = "sigmoid") -> Model:
    """Return a model as tutorials on fraud have it."""
    model = Sequential(
        [
            Input((n,)),
            layers.Dense(32, "relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.3),
            layers.Dense(16, "relu"),
            layers.Dense(units, end),
        ]
    )
    model.compile("adam", "binary_crossentropy")
    return model


def file_of(model: Model, tmp_path: Path) -> bytes:
    model.save(tmp_path / "own.keras")
    return (tmp_path / "own.keras").read_bytes()


def functional(end: str) -> Model:
    x = inputs = Input((5,))
    x = x + layers.Dense(5, "silu")(x)
    x = layers.Dense(1)(layers.LayerNormalization()(x))
    ended = {
        "operation": ops.sigmoid,
        "activation": layers.Activation("sigmoid"),
        "layer": lambda z: layers.Flatten()(layers.Activation("sigmoid")(z)),
        "none": lambda z: z,
    }[end](x)
    return Model(inputs, ended)


def nested() -> Model:
    inner = Sequential([Input((5,)), layers.Dense(8, "relu")], name="inner")
    return Sequential([Input((5,)), inner, Sequential([Input((8,)), layers.Dense(1, "sigmoid")])])


@pytest.mark.parametrize(
    "model", [fraud(), *map(functional, ("operation", "activation", "layer", "none")), nested()], ids=lambda m: m.name
)
def test_its_last_activation_goes_and_the_logits_are_those_of_its_probabilities(model: Model, tmp_path: Path) -> None:
    network = own(of_file(file_of(model, tmp_path), start_from_weights=True))
    logits, was = network.build(5, 1), np.asarray(model(X))
    bounded = (was >= 0).all() and (was <= 1).all()  # but for the one that ends in no activation
    np.testing.assert_allclose(ops.sigmoid(logits(X)) if bounded else logits(X), was, atol=1e-6)
    assert network.n_weights(5, 1) == logits.count_params() == model.count_params()


def test_two_outputs_become_one_whose_sigmoid_is_the_softmax(tmp_path: Path) -> None:
    model = fraud(units=2, end="softmax")
    network = own(of_file(file_of(model, tmp_path), start_from_weights=True))
    np.testing.assert_allclose(ops.sigmoid(network.build(5, 1)(X))[:, 0], model(X)[:, 1], atol=1e-6)
    assert "Its two outputs become one, their difference." in network.notes(5, 2)


def test_the_weights_of_a_file_are_used_only_when_that_is_asked(tmp_path: Path) -> None:
    model = fraud()
    data = file_of(model, tmp_path)
    plain, started = own(of_file(data)), own(of_file(data, start_from_weights=True))
    assert not plain.start
    first = model.get_weights()[0]
    assert not np.array_equal(plain.build(5, 1).get_weights()[0], first)
    for seed in (0, 1):
        np.testing.assert_array_equal(started.initial_weights(started.build(5, 1), seed)[0], first)
    with pytest.raises(PlanError, match="A JSON file holds no weights"):
        of_file(model.to_json().encode(), start_from_weights=True)
    assert of_file(model.to_json().encode()) == of_json(model.to_json())


def test_its_first_layer_is_built_anew_for_a_table_of_another_width(tmp_path: Path) -> None:
    model = fraud(30)
    network = own(of_file(file_of(model, tmp_path), start_from_weights=True))
    built = network.build(5, 1)
    assert built.input_shape == (None, 5)
    assert network.notes(5, 2)[0] == "Its first layer is built anew for this table's 5 inputs; it was made for 30."
    assert network.n_weights(5, 1) == built.count_params()
    # What does not depend on the width starts from the file.
    np.testing.assert_array_equal(built.get_weights()[2], model.get_weights()[2])
    assert built(X).shape == (30, 1)
    of_any = own(of_json(Sequential([layers.Dense(4, "relu"), layers.Dense(3, "softmax")]).to_json()))
    assert of_any.build(7, 3).input_shape == (None, 7)
    assert "any number of" in of_any.notes(7, 3)[0]
    assert own(of_json(nested().to_json())).build(9, 1).input_shape == (None, 9)


def test_each_lane_draws_its_own_weights_whatever_seeds_were_saved() -> None:
    start = keras.initializers.GlorotUniform(seed=7)
    text = Sequential([Input((5,)), layers.Dense(4, "relu", kernel_initializer=start), layers.Dense(1)]).to_json()
    network = own(of_json(text))
    first, again, other = (network.initial_weights(network.build(5, 1), seed)[0] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_starting_weights_are_drawn_without_building_the_network_again(monkeypatch: pytest.MonkeyPatch) -> None:
    network = own(of_json(fraud().to_json()))
    model = network.build(5, 1)
    monkeypatch.delattr(Own, "build")
    drawn = network.initial_weights(model, 0)
    assert [weight.shape for weight in drawn] == [weight.shape for weight in model.get_weights()]
    assert not np.array_equal(drawn[0], network.initial_weights(model, 1)[0])


def test_other_precisions_and_normalisation_layers_are_taken_off() -> None:
    inputs = Input((5,))
    x = layers.Normalization(mean=[1.0] * 5, variance=[4.0] * 5)(inputs)
    text = Model(inputs, layers.Dense(1, dtype="float64")(layers.Dense(4, dtype="mixed_float16")(x))).to_json()
    built = own(of_json(text)).build(5, 1)
    assert {str(weight.dtype) for weight in built.weights} == {"float32"}
    assert len(built.weights) == 4


def test_a_plan_holds_it_and_its_key_stays_short(tmp_path: Path) -> None:
    choice = of_file(file_of(fraud(), tmp_path), start_from_weights=True)
    plan = Plan("y", (StrategyChoice.of("plain"),), networks=(choice,))
    again = Plan.from_json(plan.to_json())
    assert again == plan
    assert len(choice.key) < 60
    assert choice.key != of_json(fraud(units=2).to_json()).key
    for number in range(200):  # whatever digits its digest has
        key = NetworkChoice.of("own", architecture=f"{number}" * 99).key
        with pytest.raises(PlanError, match="A link or a key cannot hold a network of your own"):
            parse_networks(key)


def test_the_command_line_takes_a_file_and_a_link_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = file_of(fraud(), tmp_path)
    path = tmp_path / "own.keras"
    assert parse_networks(f"mlp, {path}", functions=True) == (NetworkChoice.of("mlp"), of_file(data, called=path.name))
    started = of_file(data, start_from_weights=True, called=path.name)
    assert parse_networks(f"{path}(weights=True)", functions=True) == (started,)
    assert network_label(started) == path.name
    monkeypatch.chdir(tmp_path)  # a short name, which the sentence shows whole
    with pytest.raises(PlanError, match=r"There is no network called './own.keras'"):
        parse_networks("./own.keras")


def two_inputs() -> Model:
    a, b = Input((2,)), Input((3,))
    return Model([a, b], layers.Dense(1)(layers.Concatenate()([a, b])))


def two_outputs() -> Model:
    a = Input((5,))
    return Model(a, [layers.Dense(1)(a), layers.Dense(1)(a)])


def frozen() -> Model:
    model = fraud()
    model.trainable = False
    return model


def changed_probability() -> Model:
    a = Input((5,))
    return Model(a, layers.Rescaling(0.5)(layers.Dense(1, "sigmoid")(a)))


def averaged_probability() -> Model:
    a = Input((5,))
    return Model(a, layers.Average()([layers.Dense(1, "sigmoid")(a), layers.Dense(1, "sigmoid")(a)]))


@keras.saving.register_keras_serializable("mine")
class Doubled(layers.Layer):
    """A layer of a person's own, whose module Keras leaves out of its JSON."""

    def call(self, x: object) -> object:
        return x * 2


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (Sequential([Input((5,)), Doubled(), layers.Dense(1)]), "a layer 'Doubled' (doubled), which is not read"),
        (two_inputs(), "The network has 2 inputs: it must take one vector of numbers."),
        (two_outputs(), "The network has 2 outputs: it must end in one layer"),
        (Sequential([Input((4, 3)), layers.Flatten(), layers.Dense(1)]), "The network takes an array of 4×3 per row"),
        (Sequential([Input((5,)), layers.Lambda(abs), layers.Dense(1)]), "has a Lambda layer (lambda"),
        (Sequential([Input((5,)), layers.Embedding(9, 2), layers.Flatten(), layers.Dense(1)]), "a layer 'Embedding'"),
        (frozen(), "The network has no trainable weights"),
        (Sequential([Input((5,)), layers.Flatten()]), "The network has no trainable weights"),
        (fraud(end="relu"), "The network ends in relu: end it in sigmoid, softmax or no activation."),
        (changed_probability(), "changes its probabilities afterwards, in its Rescaling layer"),
        (averaged_probability(), "changes its probabilities afterwards, in its Average layer"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_what_cannot_be_trained_is_refused_in_one_sentence(model: Model, says: str) -> None:
    with pytest.raises(PlanError) as caught:
        of_json(model.to_json())
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def changed(text: str, **config: object) -> str:
    raw = json.loads(text)
    raw["config"]["layers"][1]["config"] |= config
    return json.dumps(raw)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "This is no JSON of a Keras model"),
        ("[" * 100_000, "This is no JSON of a Keras model"),
        ('{"config": 3}', "This is no JSON of a Keras model"),
        (changed(fraud().to_json(), units=10**9), "weights: 10,000,000 fit beside those of other lanes"),
        (changed(fraud().to_json(), units=-1), "has no usable units"),
        (changed(fraud().to_json(), units="many"), "has no usable units"),
        (fraud().to_json().replace('"keras.layers"', '"os"'), "which is not read"),
        (fraud().to_json().replace('"class_name": "Dropout"', '"class_name": "Mine"'), "has a layer 'Mine' (dropout"),
        (
            fraud().to_json().replace('"class_name": "Sequential"', '"class_name": "Wide"'),
            "of the class 'Wide' is code",
        ),
        ('{"keras_version": "2.15", "class_name": "Sequential", "config": {}}', "saved by Keras 2"),
        (fraud().to_json().replace('"module": "keras.layers", ', ""), "saved by Keras 2"),
        (fraud().to_json().replace('"batch_shape"', '"batch_input_shape"'), "saved by Keras 2"),
        ('{"module": "keras", "class_name": "Sequential", "config": {"layers": []}}', "has no layers"),
        ('{"module": "keras", "class_name": "Functional", "config": {"layers": [{"class_name": 3}]}}', "has 0 inputs"),
        (fraud().to_json() + " " * 5_000_000, "4,000,000 are read"),
    ],
    ids=range(15),
)
def test_spoilt_json_is_refused_in_one_sentence(text: str, says: str) -> None:
    with pytest.raises(PlanError) as caught:
        of_json(text)
    assert says in str(caught.value)


Path_ = tuple[str | int, ...]


def places(of: object, here: Path_ = ()) -> Iterator[Path_]:
    """Yield where each value of a JSON object is."""
    for key, value in of.items() if isinstance(of, dict) else enumerate(of) if isinstance(of, list) else ():
        yield (*here, key)
        yield from places(value, (*here, key))


@pytest.mark.parametrize("spoilt", [None, "x", [], {"class_name": "Dense"}, 10**12], ids=str)
def test_json_that_is_spoilt_anywhere_is_read_or_refused_in_one_sentence(spoilt: object) -> None:
    texts = [functional("layer").to_json(), nested().to_json()]
    refused = 0
    for text in texts:
        for place in places(json.loads(text)):
            raw = inner = json.loads(text)
            for key in place[:-1]:
                inner = inner[key]
            inner[place[-1]] = spoilt
            try:
                own(of_json(json.dumps(raw))).why_not(7, 2)
            except PlanError as error:
                refused += "\n" not in str(error)
    assert refused > 10


def zipped(**entries: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in entries.items():
            file.writestr(name.replace("_json", ".json").replace("_h5", ".weights.h5"), data)
    return out.getvalue()


def test_spoilt_files_are_refused_in_one_sentence(tmp_path: Path) -> None:
    good = file_of(fraud(), tmp_path)
    for data, says in (
        (b"", "This is no .keras file"),
        (good[: len(good) // 2], "This is no .keras file"),
        (zipped(other=b"{}"), "This is no .keras file"),
        (zipped(config_json=b" " * 5_000_000), "config.json is larger than 4 MB"),
        (zipped(config_json=b"\xff\xfe"), "This is no JSON of a Keras model"),
        (b"\x89HDF\r\n\x1a\n" + b"0" * 99, r"an HDF5 file \(.h5\)"),
    ):
        with pytest.raises(PlanError, match=says):
            of_file(data)
    damaged = zipped(config_json=fraud().to_json().encode(), model_h5=b"no hdf5")
    assert own(of_file(damaged)).build(5, 1).count_params()
    with pytest.raises(PlanError, match="weights are damaged"):
        of_file(damaged, start_from_weights=True)


def test_more_weights_than_a_plan_holds_are_not_called_damaged(tmp_path: Path) -> None:
    wide = Sequential([Input((5,)), layers.Dense(1500, "relu"), layers.Dense(1500, "relu"), layers.Dense(1)])
    with pytest.raises(PlanError, match="more than 2,000,000 weights: a plan cannot hold them"):
        of_file(file_of(wide, tmp_path), start_from_weights=True)


def test_a_table_that_it_does_not_fit_is_told_before_anything_starts() -> None:
    network = own(of_json(fraud(units=3, end="softmax").to_json()))
    assert network.why_not(5, 3) is None
    assert network.why_not(5, 2) == "The network has 3 outputs and the table 2 classes: end in 1 or 2."
    assert network.why_not(5, 4) == "The network has 3 outputs and the table 4 classes: end in 4."
    fixed = own(of_json(Sequential([Input((6,)), layers.Reshape((3, 2)), layers.Dense(1)]).to_json()))
    assert "must end in one vector" in str(fixed.why_not(6, 2))
    uneven = Sequential([Input((6,)), layers.Reshape((3, 2)), layers.Flatten(), layers.Dense(1)])
    with pytest.raises(PlanError, match="Keras cannot build this network for 5 inputs"):
        own(of_json(uneven.to_json())).build(5, 1)


def test_the_model_that_the_documentation_shows_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (Path(__file__).parents[3] / "docs" / "own-network.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    exec(text.split("```python\n")[1].split("```")[0], {})
    network = own(of_file((tmp_path / "model.keras").read_bytes()))
    assert network.why_not(30, 2) is None
    assert network.notes(30, 2) == (
        "Its last sigmoid is left out in training, which reads logits, and is there again in scoring.",
    )


def test_reading_needs_no_keras(tmp_path: Path) -> None:
    (tmp_path / "own.keras").write_bytes(file_of(fraud(), tmp_path))
    code = (
        "import sys; from core.networks.own import of_file; from core.networks.registry import make\n"
        f"choice = of_file(open({str(tmp_path / 'own.keras')!r}, 'rb').read(), True)\n"
        "network = make(choice.name, choice.parameters); network.notes(5, 2); network.n_weights(5, 1)\n"
        "sys.exit('keras' in sys.modules or 'tensorflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3], check=False).returncode == 0


def test_what_became_of_it_is_said_beside_what_became_of_the_table() -> None:
    table = from_frame(pd.DataFrame({"x": [0.5, 1.5, 2.0, 3.0] * 5, "y": ["no"] * 15 + ["yes"] * 5}), "small")
    networks = (NetworkChoice.of("mlp"), of_json(fraud(30).to_json()), NetworkChoice("another_program:build"))
    problem = Problem.of(table, Plan("y", (StrategyChoice.of("plain"),), networks=networks))
    assert network_notes(problem) == own(networks[1]).notes(1, 2)
    assert "it was made for 30." in network_notes(problem)[0]
