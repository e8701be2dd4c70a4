"""What training rows never showed has no say: a constant column's input is 0 wherever rows are scored."""

from __future__ import annotations

import io
import json

import numpy as np
import pandas as pd
import pytest

from core.data.preparation import Preparation
from core.data.table import from_frame
from core.estimator import StrategyClassifier
from core.exporting import keras_model, onnx_model
from core.exporting.forms import in_any_form
from core.exporting.scorer import Scorer
from core.networks.mlp import Mlp
from core.networks.trained import TrainedNetwork
from core.settings import TrainingSettings
from core.training.lane import Lane, Synthetic
from core.training.lanes import Block, LaneTask, predict, train

CONSTANT = ("amount", "tenth", "nothing", "day", "level", "rare")


def frame() -> pd.DataFrame:
    """Return 60 training rows: "x", "c" and whether "gappy" is missing vary, the rest is constant."""
    n = 60
    return pd.DataFrame(
        {
            "x": np.random.default_rng(0).normal(size=n),
            "amount": np.zeros(n),
            "tenth": np.full(n, 0.1),
            "nothing": np.full(n, np.nan),
            "gappy": np.where(np.arange(n) % 3 > 0, 5.0, np.nan),
            "day": pd.Timestamp("2024-02-01"),
            "c": [("a", "b")[i % 2] for i in range(n)],
            "level": "only",
            "rare": "only",
        }
    )


def later() -> pd.DataFrame:
    """Return the first rows with other values in the columns that were constant."""
    return frame().head(6).assign(
        amount=250.0, tenth=-9.0, nothing=3.0, day=pd.Timestamp("2029-01-01"), level="another", rare=None
    )  # fmt: skip


@pytest.fixture(scope="module")
def preparation() -> Preparation:
    kinds = dict.fromkeys(("amount", "tenth", "nothing", "gappy"), "numeric") | {"day": "date"}
    kinds |= dict.fromkeys(("c", "level", "rare"), "categorical")
    return Preparation.fit(frame(), from_frame(frame(), "made").with_kinds(kinds).columns)


def test_the_inputs_of_constant_columns_are_0(preparation: Preparation) -> None:
    assert {step.name for step in preparation.steps if step.constant} == {*CONSTANT, "gappy"}
    inputs = pd.DataFrame(preparation.transform(later()), columns=preparation.feature_names)
    of_constant = [name for name in inputs if name.split("=")[0] in CONSTANT or name == "gappy"]
    assert (inputs[of_constant] == 0).all(axis=None)
    assert inputs["gappy is missing"].tolist() == [1, 0, 0, 1, 0, 0]
    np.testing.assert_array_equal(inputs, preparation.transform(frame().head(6)))


@pytest.fixture(scope="module")
def networks(preparation: Preparation) -> list[TrainedNetwork]:
    width = len(preparation.feature_names)
    return [TrainedNetwork.of(Mlp(hidden_layers=(8,)).build(width, 1), 2) for _ in range(2)]


@pytest.fixture(scope="module")
def scorer(preparation: Preparation, networks: list[TrainedNetwork]) -> Scorer:
    return Scorer("y", ("no", "yes"), preparation, in_any_form(networks, preparation.transform(frame())))


def test_every_exported_form_scores_so(scorer: Scorer, networks: list[TrainedNetwork]) -> None:
    preparation = scorer.preparation
    expected = scorer.probabilities(frame().head(6))
    again = Scorer.from_bytes(scorer.to_bytes())
    np.testing.assert_allclose(again.probabilities(later()), expected, rtol=1e-12)
    arrays = keras_model.arrays_of(preparation, later())
    model = keras_model.from_bytes(keras_model.to_bytes(keras_model.build(scorer, networks)))
    got = keras_model.predict(model, keras_model.inputs_of(preparation), arrays).final
    np.testing.assert_allclose(got, expected, atol=1e-6)
    graph = onnx_model.build(scorer).SerializeToString()
    np.testing.assert_allclose(onnx_model.predict(graph, arrays).final, expected, atol=1e-6)


def test_a_model_of_an_earlier_version_scores_as_it_did(scorer: Scorer) -> None:
    """Its networks were trained with 1 for a level that was the only one, which they still get."""
    with np.load(io.BytesIO(scorer.to_bytes())) as archive:
        arrays = dict(archive)
    plain = json.loads(str(arrays.pop("plain")))
    for _, step in plain["steps"]:
        del step["constant"]
    buffer = io.BytesIO()
    np.savez_compressed(buffer, plain=np.array(json.dumps(plain)), **arrays)
    old = Scorer.from_bytes(buffer.getvalue()).preparation
    inputs = pd.DataFrame(old.transform(later().assign(level="only")), columns=old.feature_names)
    assert inputs["level=only"].tolist() == [1] * 6
    assert inputs["amount"].tolist() == [10] * 6


def test_a_lane_ignores_what_its_own_rows_never_showed() -> None:
    """A bag may lack a level, and a sampler's rows may bring one back."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 4)).astype(np.float32)
    X[:, 2] = np.arange(200) >= 100  # 0 in the first half, as a one-hot level
    X[:, 3] = np.where(np.arange(200) < 100, -0.2, 5.0)  # a scaled truth value
    y = (X[:, 0] > 0).astype(np.int64)
    half = np.arange(100)
    made = Synthetic(X[150:160], np.zeros((10, 1)), y[150:160])
    lanes = [Lane(half, 0), Lane(half, 0, synthetic=made), Lane(np.arange(200), 0)]
    settings = TrainingSettings(epochs=3, batch_size=50)
    trained = train([Block(X, y, X, y)], [LaneTask(0, lane, Mlp(hidden_layers=(8,))) for lane in lanes], settings, 2)
    moved = X[:20].copy()
    moved[:, 2:] = [1, 5]
    change = np.abs(predict(trained, moved) - predict(trained, X[:20])).max(axis=(1, 2))
    assert change[0] == 0
    assert (change[1:] > 0.001).all()


def test_the_estimator_ignores_a_column_that_was_constant() -> None:
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=300), np.zeros(300)])
    y = (X[:, 0] + 0.3 * rng.normal(size=300) > 1).astype(int)
    model = StrategyClassifier("class_weight", epochs=5, random_state=0).fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X + np.array([0, 250])), model.predict_proba(X))
