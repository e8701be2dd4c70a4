"""The same model as an ONNX graph, built node by node.

Converters from Keras know neither its string look-ups nor its double-precision stacks; the graph
is short, so it is written out here from the same constants.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from core.data.preparation import CategoryStep, Preparation
from core.decision.calibration import TINY, PriorShift, Temperature
from core.exporting.inputs import Numbers, inputs_of, level_rows
from core.exporting.scorer import Adjustment, Scorer

_OPSET, _ML_OPSET, _IR = 18, 3, 9


class _Graph:
    """Nodes and constants on their way into a graph; every node has one output, named by its place."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, array: np.ndarray) -> str:
        name = f"constant_{len(self.constants)}:"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, operation: str, *inputs: str | np.ndarray | float, domain: str = "", **attributes: object) -> str:
        name = f"{operation}_{len(self.nodes)}:"
        names = [given if isinstance(given, str) else self.constant(np.asarray(given)) for given in inputs]
        self.nodes.append(helper.make_node(operation, names, [name], domain=domain, **attributes))  # type: ignore[arg-type]
        return name

    def joined(self, parts: Sequence[str], axis: int = 1) -> str:
        return parts[0] if len(parts) == 1 else self.add("Concat", *parts, axis=axis)


def build(scorer: Scorer) -> onnx.ModelProto:
    """Return the model: inputs of shape (n, 1) by name, output ``probabilities``, double, shape (n, n_classes)."""
    graph = _Graph()
    inputs = inputs_of(scorer.preparation)
    x = _prepared(graph, scorer.preparation, [one.name for one in inputs])
    p = _networks(graph, scorer, x)
    for adjustment in scorer.adjustments:
        p = _adjusted(graph, p, adjustment)
    graph.nodes.append(helper.make_node("Identity", [p], ["probabilities"]))
    types = {"text": TensorProto.STRING, "number": TensorProto.DOUBLE, "date": TensorProto.DOUBLE}
    made = helper.make_graph(
        graph.nodes,
        "counterweight",
        [helper.make_tensor_value_info(one.name, types[one.kind], ["n", 1]) for one in inputs],
        [helper.make_tensor_value_info("probabilities", TensorProto.DOUBLE, ["n", len(scorer.classes)])],
        graph.constants,
    )
    opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid("ai.onnx.ml", _ML_OPSET)]
    model = helper.make_model(made, opset_imports=opsets, ir_version=_IR, producer_name="counterweight")
    onnx.checker.check_model(model)
    return model


def _prepared(graph: _Graph, preparation: Preparation, names: list[str]) -> str:
    count = len(preparation.numbers)
    columns = []
    if count:
        numbers = Numbers.of(preparation.numbers)
        x = graph.joined(names[:count])
        missing = graph.add("Or", graph.add("IsNaN", x), graph.add("IsInf", x))
        x = graph.add("Where", missing, numbers.median, x)
        scaled = graph.add("Div", graph.add("Sub", x, numbers.mean), numbers.scale)
        columns.append(graph.add("Clip", scaled, -10.0, 10.0))
        if len(numbers.indicators):
            shown = graph.add("Gather", graph.add("Cast", missing, to=TensorProto.DOUBLE), numbers.indicators, axis=1)
            columns.append(shown)
    for step, name in zip(preparation.categories, names[count:], strict=True):
        columns.append(_levels(graph, step, name))
    joined = graph.joined(columns)
    return graph.add("Cast", graph.add("Cast", joined, to=TensorProto.FLOAT), to=TensorProto.DOUBLE)


def _levels(graph: _Graph, step: CategoryStep, name: str) -> str:
    keys = ["", *step.levels]
    codes = [0, *range(2, 2 + len(step.levels))]
    code = graph.add("LabelEncoder", name, domain="ai.onnx.ml", keys_strings=keys, values_int64s=codes, default_int64=1)
    hot = graph.add("Gather", level_rows(step), code, axis=0)
    return graph.add("Reshape", hot, np.array([-1, step.width]))


def _networks(graph: _Graph, scorer: Scorer, x: str) -> str:
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


def _adjusted(graph: _Graph, p: str, adjustment: Adjustment) -> str:
    if isinstance(adjustment, PriorShift):
        return _normalised(graph, graph.add("Mul", p, np.array([adjustment.factors])))
    if isinstance(adjustment, Temperature):
        logits = graph.add("Div", graph.add("Log", graph.add("Max", p, TINY)), adjustment.value)
        return graph.add("Softmax", logits, axis=1)
    codes = [1] if len(adjustment.lines) == 1 else range(len(adjustment.lines))
    bent = [
        _bent(graph, graph.add("Gather", p, np.array([c]), axis=1), *line)
        for c, line in zip(codes, adjustment.lines, strict=True)
    ]
    if len(bent) == 1:
        return graph.joined([graph.add("Sub", 1.0, bent[0]), bent[0]])
    return _normalised(graph, graph.joined(bent))


def _bent(graph: _Graph, p: str, x: tuple[float, ...], y: tuple[float, ...]) -> str:
    if len(x) == 1:
        return graph.add("Add", graph.add("Mul", p, 0.0), y[0])
    way = graph.add("Div", graph.add("Sub", p, np.array([x[:-1]])), np.diff(x)[None])
    return graph.add("Add", graph.add("MatMul", graph.add("Clip", way, 0.0, 1.0), np.diff(y)[:, None]), y[0])


def _normalised(graph: _Graph, scores: str) -> str:
    return graph.add("Div", scores, graph.add("ReduceSum", scores, np.array([1]), keepdims=1))


def predict(data: bytes, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the probabilities that onnxruntime gets from a model's bytes, float64, shape (n, n_classes)."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, dict(arrays))[0])
