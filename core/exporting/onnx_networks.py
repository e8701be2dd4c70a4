"""Networks as an ONNX graph, which ONNX Runtime runs in any process."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from onnx import ModelProto, TensorProto, helper

from core.exporting.onnx_graph import OnnxGraph
from core.networks.trained import TrainedNetwork

INPUT, OUTPUT = "prepared", "probabilities"


def build(networks: Sequence[TrainedNetwork], n_classes: int) -> ModelProto:
    """Return the graph from prepared rows to the networks' mean probabilities.

    Keras converts every architecture once; each network enters it with its own weights. Imports TensorFlow.

    Returns
    -------
    ModelProto
        From ``prepared``, float32 of shape (n, n_features), to ``probabilities``, float32 of shape (n, n_classes).

    Raises
    ------
    NoOnnxForm
        A network has an operation that ONNX lacks, or Keras cannot convert it.

    See Also
    --------
    core.networks.trained.probability_model : The same model in Keras.
    """
    from core.exporting._converting import Converted, converted

    graph, forms = OnnxGraph(), dict[str, Converted]()
    logits: list[str] = []
    shares: list[float] = []
    for network in networks:
        form = forms.get(network.architecture)
        if form is None:
            form = forms[network.architecture] = converted(network)
        x = INPUT if network.input_mask is None else graph.add("Mul", INPUT, network.input_mask.astype(np.float32))
        z = graph.insert(form.model, {INPUT: x, **{f"w{i}": array for i, array in enumerate(network.weights)}})
        if any(network.offset):
            z = graph.add("Add", z, np.array(network.offset, np.float32))
        if network.scale != 1.0:
            z = graph.add("Mul", z, np.asarray(network.scale, np.float32))
        logits.append(graph.add("Unsqueeze", z, np.array([1])) if form.members is None else z)
        members = form.members or 1
        shares += members * [1 / members / len(networks)]
    return _model(graph, graph.joined(logits), shares, forms[networks[0].architecture].n_features, n_classes)


def build_dense(networks: Sequence[Sequence[np.ndarray]], n_classes: int) -> ModelProto:
    """Return the same of dense layers with ReLU between them, as models of earlier versions were kept.

    Parameters
    ----------
    networks : sequence of sequences of ndarray
        Kernel, bias, kernel, bias, ... of every network; all have the same shapes.

    See Also
    --------
    build : Of any network.

    Examples
    --------
    >>> dense = build_dense([(np.array([[1.0], [2.0]]), np.array([0.5]))], 2)
    >>> [node.op_type for node in dense.graph.node][:2]
    ['Unsqueeze', 'MatMul']
    """
    graph = OnnxGraph()
    arrays = [np.stack(same).astype(np.float32) for same in zip(*networks, strict=True)]
    x = graph.add("Unsqueeze", INPUT, np.array([0]))
    for place in range(0, len(arrays), 2):
        kernel, bias = arrays[place : place + 2]
        x = graph.add("Relu", x) if place else x
        x = graph.add("Add", graph.add("MatMul", x, kernel), bias[:, None, :])
    logits = graph.add("Transpose", x, perm=[1, 0, 2])
    return _model(graph, logits, len(networks) * [1.0], arrays[0].shape[1], n_classes)


def _model(graph: OnnxGraph, logits: str, shares: list[float], n_features: int, n_classes: int) -> ModelProto:
    """Return the model of logits of shape (n, members, outputs), which count by shares."""
    if n_classes == 2:
        p = graph.joined([graph.add("Sigmoid", graph.add("Neg", logits)), graph.add("Sigmoid", logits)], axis=2)
    else:
        p = graph.add("Softmax", logits, axis=2)
    if len(set(shares)) == 1:
        mean = graph.add("ReduceMean", p, np.array([1]), keepdims=0)
    else:
        weighted = graph.add("Mul", p, np.array(shares, np.float32)[None, :, None])
        mean = graph.add("ReduceSum", weighted, np.array([1]), keepdims=0)
    graph.nodes.append(helper.make_node("Identity", [mean], [OUTPUT]))
    return graph.model(
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["n", n_features])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["n", n_classes])],
    )
