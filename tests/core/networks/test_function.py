"""Networks that a function of the person's own builds."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from pathlib import Path

import cloudpickle
import keras
import numpy as np
import pytest

from core.cli import main
from core.data.samples import load_sample
from core.links import from_query
from core.networks.function import FunctionNetwork
from core.networks.reading import network_of, parse_networks
from core.plan import NetworkChoice, PlanError


class Doubled(keras.layers.Layer):
    """A layer that Keras does not know."""

    def call(self, x: object) -> object:
        return 2 * x  # type: ignore[operator]


def own(last: dict[str, object] | None = None, width: int = 0, **frozen: object) -> Callable[[int, int], object]:
    def build(n_features: int, n_outputs: int) -> object:
        x = inputs = keras.Input((n_features + width,))
        x = Doubled()(keras.layers.Dense(8, "relu", **frozen)(x))
        return keras.Model(inputs, keras.layers.Dense(n_outputs, **{**(last or {}), **frozen})(x))

    return build


class Forgetful(keras.layers.Layer):
    """It needs a function and does not say which it had."""

    def __init__(self, bend: Callable[[object], object], **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.bend = bend

    def call(self, x: object) -> object:
        return self.bend(x)


def with_softmax_layer(n_features: int, n_outputs: int) -> object:
    layers = [keras.layers.Dense(n_outputs), keras.layers.Softmax()]
    return keras.Sequential([keras.Input((n_features,)), *layers])


def with_forgetful_layer(n_features: int, n_outputs: int) -> object:
    layers = [Forgetful(lambda x: x), keras.layers.Dense(n_outputs)]
    return keras.Sequential([keras.Input((n_features,)), *layers])


def test_a_function_with_a_layer_of_its_own_is_counted_as_keras_counts() -> None:
    network = network_of(NetworkChoice.function(own()))
    assert network.n_weights(5, 3) == network.build(5, 3).count_params() == 6 * 8 + 9 * 3
    assert network.row_floats(5, 3) == 5 + 8 + 8 + 3


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda n_features, n_outputs: "model", "must return a Keras model; it returned str"),
        (own(width=1), r"takes \(None, 5\) and gives \(None, 1\)"),
        (lambda n_features, n_outputs: 1 / 0, r"mine:build\(4, 1\) raised ZeroDivisionError: division by zero"),
        (with_softmax_layer, "ends in probabilities: leave its last Softmax out"),
        (with_forgetful_layer, "cannot be told as JSON: give its own layers a get_config method"),
        (own(trainable=False), "no trainable weights"),
    ],
)
def test_a_model_that_cannot_be_trained_gets_one_sentence(build: Callable[[int, int], object], says: str) -> None:
    network = FunctionNetwork("mine:build", build)
    with pytest.raises(PlanError, match=says):
        network.build(4, 1)
    assert "mine:build" in str(network.why_not(4, 2))


def test_a_last_sigmoid_is_taken_off() -> None:
    model = FunctionNetwork("mine:build", own({"activation": "sigmoid", "bias_initializer": "ones"})).build(4, 1)
    np.testing.assert_allclose(model(np.zeros((1, 4), np.float32)), [[1.0]])  # type: ignore[operator]


def test_it_travels_as_code_and_draws_by_seed() -> None:
    network = cloudpickle.loads(cloudpickle.dumps(FunctionNetwork("mine:build", own())))
    first, again, other = (network.initial_weights(network.build(4, 1), seed)[0] for seed in (0, 0, 1))
    model = network.build(4, 1)
    state = random.getstate()
    network.initial_weights(model, 2**40)
    assert random.getstate() == state
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the name of a module on the path that tells when it is imported."""
    code = "return keras.Sequential([keras.Input((n_features,)), keras.layers.Dense(n_outputs)])"
    text = f"import keras\ndef build(n_features, n_outputs):\n    {code}\nvalue = 1\n"
    (tmp_path / "own_networks.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "own_networks", raising=False)
    return "own_networks"


def test_a_typed_name_finds_its_function(module: str) -> None:
    (choice,) = parse_networks(f"{module}:build", functions=True)
    assert choice.build is sys.modules[module].build
    for name, says in ((f"{module}:value", "has no function 'value'"), ("nowhere_at_all:build", "no module")):
        with pytest.raises(PlanError, match=says):
            parse_networks(name, functions=True)


def test_a_link_runs_no_code(module: str) -> None:
    with pytest.raises(PlanError, match="function of a Python program"):
        from_query({"table": "yeast", "networks": f"{module}:build"})
    assert module not in sys.modules


def test_commands_on_a_kept_run_train_its_function_again_where_it_is_named(
    module: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each said so by a traceback, and there was no way to name it."""
    kept, later = ["--runs", str(tmp_path / "runs")], tmp_path / "later.csv"
    load_sample("abalone_9_vs_18").frame.sample(200, random_state=0).to_csv(later, index=False)
    named = ["--network", f"{module}:build"]
    settings = ["--strategies", "plain", "--folds", "2", "--epochs", "2", "--quiet", "--name", "Own"]
    assert main(["run", "abalone_9_vs_18", *settings, *named, *kept]) == 0
    for command in (["why", "Own"], ["rows", "Own"], ["test", "Own", str(later)]):
        capsys.readouterr()
        assert main([*command, *kept]) == 2
        said = capsys.readouterr().err
        assert "on the command line with --network and this name" in said
        assert said.count("\n") == 1
        assert main([*command, *kept, "--network", "nowhere:build"]) == 2
        assert "The run has no network 'nowhere:build'" in capsys.readouterr().err
        assert main([*command, *kept, *named]) == 0
    assert "Tested on later.csv" in capsys.readouterr().out
