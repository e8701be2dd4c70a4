"""One Keras model from raw columns to probabilities, of Keras' own layers and operations alone.

Nothing of this project and no Lambda layer is in it, so that ``keras.models.load_model`` opens it
anywhere, in safe mode.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from keras import layers, ops

from core.data.preparation import Preparation, layer_name
from core.exporting.inputs import Input, inputs_of
from core.exporting.scorer import Scorer

_DOUBLE = "float64"


def build(scorer: Scorer) -> keras.Model:
    """Return the model: inputs of shape (n, 1) by name, output float64, shape (n, n_classes).

    See Also
    --------
    core.exporting.onnx_model.build : The same model as an ONNX graph.
    """
    raw = {
        one.name: keras.Input((1,), name=one.name, dtype="string" if one.kind == "text" else _DOUBLE)
        for one in inputs_of(scorer.preparation)
    }
    prepared = _prepared(scorer.preparation, list(raw.values()))
    p = _networks(scorer, prepared)
    for adjustment in scorer.adjustments:
        p = adjustment.in_keras(p)
    return keras.Model(raw, p, name="counterweight")


def _prepared(preparation: Preparation, raw: list[keras.KerasTensor]) -> keras.KerasTensor:
    columns = preparation.in_keras(raw)
    joined = ops.concatenate(columns, axis=1) if len(columns) > 1 else columns[0]
    # The networks were trained on single-precision inputs.
    return ops.cast(ops.cast(joined, "float32"), _DOUBLE)


def _networks(scorer: Scorer, x: keras.KerasTensor) -> keras.KerasTensor:
    stack = scorer.layers
    members = len(scorer.networks)
    weights: list[tuple[keras.Layer, list[np.ndarray]]] = []
    for place, (kernel, bias) in enumerate(stack):
        activation = "relu" if place < len(stack) - 1 else None
        units = kernel.shape[2]
        layer: keras.Layer
        if members == 1:
            layer = layers.Dense(units, activation=activation, dtype=_DOUBLE, name=layer_name("dense", place))
            weights.append((layer, [kernel[0], bias[0]]))
        else:
            # All members in one layer: n networks, l lane axis of weights and outputs.
            equation = "bi,lio->blo" if place == 0 else "bli,lio->blo"
            layer = layers.EinsumDense(
                equation,
                (members, units),
                activation=activation,
                bias_axes="lo",
                dtype=_DOUBLE,
                name=layer_name("dense", place),
            )
            weights.append((layer, [kernel, bias]))
        x = layer(x)
    for layer, arrays in weights:
        layer.set_weights(arrays)
    p = ops.concatenate([ops.sigmoid(-x), ops.sigmoid(x)], axis=-1) if len(scorer.classes) == 2 else ops.softmax(x)
    return p if members == 1 else ops.mean(p, axis=1)


def to_bytes(model: keras.Model) -> bytes:
    """Return the model as the bytes of a .keras file.

    See Also
    --------
    from_bytes : Opens them again.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return path.read_bytes()


def from_bytes(data: bytes) -> keras.Model:
    """Open the bytes of a .keras file, in safe mode.

    See Also
    --------
    to_bytes : Makes them.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        path.write_bytes(data)
        return keras.models.load_model(path)


def arrays_of(preparation: Preparation, frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return raw rows as a model takes them: float64 and object arrays of shape (n, 1) by input name.

    See Also
    --------
    predict : Takes them.
    """
    return {
        model_input.name: step.model_input(frame[step.name])[:, None]
        for model_input, step in zip(inputs_of(preparation), preparation.steps, strict=True)
    }


def predict(model: keras.Model, inputs: tuple[Input, ...], arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the model's probabilities, float64, shape (n, n_classes).

    See Also
    --------
    core.exporting.scorer.Scorer.probabilities : The same with NumPy alone.
    """
    kinds = {one.name: tf.string if one.kind == "text" else tf.float64 for one in inputs}
    tensors = {name: tf.constant(array, kinds[name]) for name, array in arrays.items()}
    return np.asarray(model(tensors))
