"""An ONNX graph under construction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
from onnx import helper, numpy_helper

#: The version of ONNX' operations that every part of a model is written in.
OPSET = 18
_ML_OPSET, _IR = 3, 9


class OnnxGraph:
    """Nodes and constants on their way into a graph; every node has one output, named by its place.

    See Also
    --------
    core.exporting.onnx_model.build : A whole model.

    Examples
    --------
    >>> graph = OnnxGraph()
    >>> graph.add("Neg", graph.add("Add", "x", np.array([1.0])))
    'Neg_1:'
    >>> [node.op_type for node in graph.nodes], len(graph.constants)
    (['Add', 'Neg'], 1)
    """

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

    def insert(self, model: onnx.ModelProto, inputs: Mapping[str, str | np.ndarray]) -> str:
        """Return the only output of another model, put in here as a part.

        Parameters
        ----------
        model : ModelProto
            Of this graph's version of ONNX' operations.
        inputs : mapping of str to str or ndarray
            What each of its inputs is: an output of a node here, or a constant.
        """
        # Nodes grow with every insertion, so that no two have the same prefix.
        prefix = f"{len(self.nodes)}:/"
        part = onnx.compose.add_prefix(model, prefix).graph
        for name, value in inputs.items():
            if isinstance(value, str):
                self.nodes.append(helper.make_node("Identity", [value], [prefix + name]))
            else:
                self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), prefix + name))
        self.nodes += part.node
        self.constants += part.initializer
        return part.output[0].name

    def model(self, inputs: Sequence[onnx.ValueInfoProto], outputs: Sequence[onnx.ValueInfoProto]) -> onnx.ModelProto:
        """Return the checked model of the nodes so far."""
        graph = helper.make_graph(self.nodes, "counterweight", inputs, outputs, self.constants)
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", _ML_OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=_IR, producer_name="counterweight")
        onnx.checker.check_model(model)
        return model
