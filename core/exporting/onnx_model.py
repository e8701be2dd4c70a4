"""The same model as an ONNX graph: preparation and calibration node by node, around the networks' graph.

Converters from Keras know neither its string look-ups nor its double-precision parts, which are short, so they are
written out here from the same constants. The networks are what Keras itself converts.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx
from onnx import TensorProto, helper

from core.decision import NoOnnxForm
from core.exporting.inputs import inputs_of
from core.exporting.onnx_graph import OnnxGraph
from core.exporting.onnx_networks import INPUT
from core.exporting.scorer import Probabilities, Scorer
from core.networks.scoring import KerasNetworks, OnnxNetworks, session

_MEAN = "mean of the networks:"


def build(scorer: Scorer) -> onnx.ModelProto:
    """Return the model: inputs of shape (n, 1) by name, output ``probabilities``, double, shape (n, n_classes).

    Raises
    ------
    NoOnnxForm
        A part has none; the message says which.

    See Also
    --------
    core.exporting.keras_model.build : The same model in Keras.
    """
    if not isinstance(scorer.networks, OnnxNetworks):
        assert isinstance(scorer.networks, KerasNetworks)
        raise NoOnnxForm(scorer.networks.why)
    graph = OnnxGraph()
    inputs = inputs_of(scorer.preparation)
    columns = graph.joined(scorer.preparation.in_onnx(graph, [one.name for one in inputs]))
    # The networks were trained on single-precision inputs.
    x = graph.add("Cast", columns, to=TensorProto.FLOAT)
    mean = graph.insert(onnx.load_from_string(scorer.networks.graph), {INPUT: x})
    graph.nodes.append(helper.make_node("Cast", [mean], [_MEAN], to=TensorProto.DOUBLE))
    p = _MEAN
    for adjustment in scorer.adjustments:
        p = adjustment.in_onnx(graph, p)
    graph.nodes.append(helper.make_node("Identity", [p], ["probabilities"]))
    return graph.model(
        [
            helper.make_tensor_value_info(
                one.name, TensorProto.STRING if one.is_string else TensorProto.DOUBLE, ["n", 1]
            )
            for one in inputs
        ],
        [helper.make_tensor_value_info("probabilities", TensorProto.DOUBLE, ["n", len(scorer.classes)])],
    )


def predict(data: bytes, arrays: Mapping[str, np.ndarray]) -> Probabilities:
    """Return what ONNX Runtime makes of rows.

    See Also
    --------
    build : Makes the model.

    Examples
    --------
    >>> graph = OnnxGraph()
    >>> graph.nodes.append(helper.make_node("Neg", ["x"], ["mean of the networks:"]))
    >>> graph.nodes.append(helper.make_node("Abs", ["mean of the networks:"], ["probabilities"]))
    >>> values = [helper.make_tensor_value_info(name, TensorProto.DOUBLE, ["n", 1]) for name in ("x", "probabilities")]
    >>> predict(graph.model(values[:1], values[1:]).SerializeToString(), {"x": np.array([[0.25]])})
    Probabilities(mean=array([[-0.25]]), final=array([[0.25]]))
    """
    both = onnx.load_from_string(data)
    both.graph.output.append(helper.make_tensor_value_info(_MEAN, TensorProto.DOUBLE, None))
    final, mean = session(both.SerializeToString()).run(["probabilities", _MEAN], dict(arrays))
    return Probabilities(np.asarray(mean), np.asarray(final))
