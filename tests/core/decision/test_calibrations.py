"""Every calibration, in every form in which it leaves the app."""

from __future__ import annotations

import json

import numpy as np
import pytest

from core.decision import Calibration, Isotonic, PriorShift, Temperature, from_fields, kinds

RNG = np.random.default_rng(0)
TWO = RNG.dirichlet((1, 1), 50)
THREE = RNG.dirichlet((1, 1, 1), 50)
LINE = ((0.1, 0.4, 0.9), (0.05, 0.3, 0.8))
EXAMPLES: tuple[tuple[Calibration, np.ndarray], ...] = (
    (PriorShift((0.5, 3.0)), TWO),
    (PriorShift((0.5, 3.0, 1.0)), THREE),
    (Temperature(1.7), TWO),
    (Temperature(0.6), THREE),
    (Isotonic((LINE,)), TWO),
    (Isotonic((((0.5,), (0.2,)),)), TWO),
    (Isotonic((LINE, LINE, LINE)), THREE),
)
NAMED = pytest.mark.parametrize(("calibration", "p"), EXAMPLES, ids=lambda value: getattr(value, "kind", ""))


def test_every_calibration_has_an_example_here() -> None:
    assert {type(calibration) for calibration, _ in EXAMPLES} == set(kinds())
    assert len({kind.kind for kind in kinds()}) == len({kind.name for kind in kinds()}) == len(kinds())


@NAMED
def test_probabilities_stay_probabilities(calibration: Calibration, p: np.ndarray) -> None:
    calibrated = calibration(p)
    assert calibrated.shape == p.shape
    assert np.all(calibrated >= 0)
    np.testing.assert_allclose(calibrated.sum(axis=1), 1)


@NAMED
def test_it_is_the_same_after_json(calibration: Calibration, p: np.ndarray) -> None:
    again = from_fields(calibration.kind, json.loads(json.dumps(calibration.fields())))
    assert again == calibration
    np.testing.assert_array_equal(again(p), calibration(p))


@NAMED
def test_keras_gives_the_same(calibration: Calibration, p: np.ndarray) -> None:
    import keras

    got = calibration.in_keras(keras.ops.convert_to_tensor(p, "float64"))
    np.testing.assert_allclose(np.asarray(got), calibration(p), atol=1e-12)


@NAMED
def test_onnx_gives_the_same(calibration: Calibration, p: np.ndarray) -> None:
    from onnx import TensorProto, helper

    from core.exporting.onnx_graph import OnnxGraph
    from core.networks.scoring import session

    graph = OnnxGraph()
    output = calibration.in_onnx(graph, "p")
    shape = ["n", p.shape[1]]
    model = graph.model(
        [helper.make_tensor_value_info("p", TensorProto.DOUBLE, shape)],
        [helper.make_tensor_value_info(output, TensorProto.DOUBLE, shape)],
    )
    (got,) = session(model.SerializeToString()).run(None, {"p": p})
    np.testing.assert_allclose(got, calibration(p), atol=1e-12)


def test_an_unknown_kind_and_foreign_fields_are_refused() -> None:
    with pytest.raises(ValueError, match="No calibration is called 'beta'"):
        from_fields("beta", {})
    with pytest.raises(ValueError, match="has other fields than slope"):
        from_fields("temperature", {"slope": 1.0})
