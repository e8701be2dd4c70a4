"""The same model as an ONNX graph, built node by node.

Converters from Keras know neither its string look-ups nor its double-precision stacks; the graph
is short, so it is written out here from the same constants.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx
from onnx import TensorProto, helper

from core.data.preparation import Preparation
from core.exporting.inputs import inputs_of
from core.exporting.onnx_graph import OnnxGraph
from core.exporting.scorer import Scorer


def build(scorer: Scorer) -> onnx.ModelProto:
    """Return the model: inputs of shape (n, 1) by name, output ``probabilities``, double, shape (n, n_classes).

    See Also
    --------
    core.exporting.keras_model.build : The same model in Keras.
    """
    graph = OnnxGraph()
    inputs = inputs_of(scorer.preparation)
    x = _prepared(graph, scorer.preparation, [one.name for one in inputs])
    p = _networks(graph, scorer, x)
    for adjustment in scorer.adjustments:
        p = adjustment.in_onnx(graph, p)
    graph.nodes.append(helper.make_node("Identity", [p], ["probabilities"]))
    types = {"text": TensorProto.STRING, "number": TensorProto.DOUBLE, "date": TensorProto.DOUBLE}
    return graph.model(
        [helper.make_tensor_value_info(one.name, types[one.kind], ["n", 1]) for one in inputs],
        [helper.make_tensor_value_info("probabilities", TensorProto.DOUBLE, ["n", len(scorer.classes)])],
    )


def _prepared(graph: OnnxGraph, preparation: Preparation, names: list[str]) -> str:
    joined = graph.joined(preparation.in_onnx(graph, names))
    return graph.add("Cast", graph.add("Cast", joined, to=TensorProto.FLOAT), to=TensorProto.DOUBLE)


def _networks(graph: OnnxGraph, scorer: Scorer, x: str) -> str:
    for place, (kernel, bias) in enumerate(scorer.layers):
        # Networks first: (networks, rows, units).
        x = graph.add("Add", graph.add("MatMul", x, kernel), bias[:, None, :])
        if place < len(scorer.layers) - 1:
            x = graph.add("Relu", x)
    if len(scorer.classes) == 2:
        p = graph.joined([graph.add("Sigmoid", graph.add("Neg", x)), graph.add("Sigmoid", x)], axis=2)
    else:
        p = graph.add("Softmax", x, axis=2)
    return graph.add("ReduceMean", p, np.array([0]), keepdims=0)


def predict(data: bytes, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the probabilities that onnxruntime gets from a model's bytes, float64, shape (n, n_classes).

    See Also
    --------
    build : Makes the model.

    Examples
    --------
    >>> graph = OnnxGraph()
    >>> graph.nodes.append(helper.make_node("Identity", [graph.add("Neg", "x")], ["probabilities"]))
    >>> values = [helper.make_tensor_value_info(name, TensorProto.DOUBLE, ["n", 1]) for name in ("x", "probabilities")]
    >>> predict(graph.model(values[:1], values[1:]).SerializeToString(), {"x": np.array([[0.25]])}).tolist()
    [[-0.25]]
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, dict(arrays))[0])
