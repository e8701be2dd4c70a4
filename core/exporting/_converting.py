"""An architecture from Keras to ONNX: Keras' own export, with the weights as inputs."""

from __future__ import annotations

import tempfile
import threading
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import onnx
from onnx import helper, numpy_helper

from core.decision import NoOnnxForm
from core.exporting.onnx_graph import OPSET
from core.library_errors import meaning
from core.networks.trained import TrainedNetwork
from core.words import joined

INPUT = "prepared"
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class Converted:
    """An architecture in ONNX: its inputs are the prepared rows and its weights, ``w0`` and so on, in their order.

    Parameters
    ----------
    model : ModelProto
    n_features : int
    members : int or None
        Networks inside, along an axis of their own; None where the logits have no such axis.
    """

    model: onnx.ModelProto
    n_features: int
    members: int | None


def converted(network: TrainedNetwork) -> Converted:
    """Return a network's architecture in ONNX.

    Raises
    ------
    NoOnnxForm
        It has an operation that ONNX lacks, or Keras cannot convert it.
    """
    model = network.bare_model()
    rows = (None, *model.input_shape[1:])
    values = [keras.InputSpec(shape=rows, dtype="float32", name=INPUT)]
    values += [keras.InputSpec(shape=w.shape, dtype=w.dtype, name=f"w{i}") for i, w in enumerate(model.weights)]
    free = _FreeWeights(model)
    free([np.zeros((1, *rows[1:]), np.float32), *network.weights])
    try:
        with _ONE_AT_A_TIME, tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # Keras looks for a name that NumPy has no longer
            path = Path(folder) / "network.onnx"
            free.export(path, format="onnx", input_signature=[values], opset_version=OPSET, verbose=False)
            form = onnx.load(path)
    except Exception as error:
        # Keras and tf2onnx raise errors of many kinds of their own.
        raise NoOnnxForm(f"Keras cannot convert the network ({meaning(error)}).") from error
    _write_erfc(form.graph)
    unknown = {node.op_type for node in form.graph.node if not onnx.defs.has(node.op_type, OPSET, node.domain)}
    if unknown:
        raise NoOnnxForm(f"The network uses {joined(sorted(unknown))}, for which ONNX has no operation.")
    del form.graph.value_info[:]
    outputs = model.output_shape
    return Converted(form, model.input_shape[-1], outputs[1] if len(outputs) == 3 else None)


class _FreeWeights(keras.Model):
    """A model whose weights are inputs, so that one conversion serves all networks of an architecture."""

    def __init__(self, model: keras.Model) -> None:
        super().__init__(name="network")
        self._model = model

    def call(self, inputs: Sequence[keras.KerasTensor]) -> keras.KerasTensor:
        x, *weights = inputs
        given = {id(variable): weight for variable, weight in zip(self._model.weights, weights, strict=True)}
        trainable, fixed = (
            [given.get(id(variable), variable.value) for variable in variables]
            for variables in (self._model.trainable_variables, self._model.non_trainable_variables)
        )
        logits, _ = self._model.stateless_call(trainable, fixed, x, training=False)
        return logits


def _write_erfc(graph: onnx.GraphProto) -> None:
    """Write the exact GELU's complementary error function, which ONNX lacks, as 1 less the error function."""
    nodes = list(graph.node)
    del graph.node[:]
    for node in nodes:
        if node.op_type != "Erfc":
            graph.node.append(node)
            continue
        one, value = f"{node.output[0]}.one", f"{node.output[0]}.erf"
        graph.initializer.append(numpy_helper.from_array(np.asarray(1, np.float32), one))
        graph.node.append(helper.make_node("Erf", node.input, [value]))
        graph.node.append(helper.make_node("Sub", [one, value], node.output))
