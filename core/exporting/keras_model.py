"""One Keras model from raw columns to probabilities, of Keras' own layers and operations alone.

Nothing of this project and no Lambda layer is in it, so that ``keras.models.load_model`` opens it
anywhere, in safe mode.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from keras import layers, ops

from core.data.preparation import Preparation, layer_name
from core.exporting.inputs import Input, inputs_of
from core.exporting.scorer import Probabilities, Scorer
from core.networks.trained import TrainedNetwork, probability_model

_DOUBLE = "float64"
_WORDY_ROWS = 500  # at a time, where a column is text
_MEAN = layer_name("mean")


def build(scorer: Scorer, networks: Sequence[TrainedNetwork]) -> keras.Model:
    """Return the model: inputs of shape (n, 1) by name, output float64, shape (n, n_classes).

    Parameters
    ----------
    networks : sequence of TrainedNetwork
        Those that the scorer runs.

    See Also
    --------
    core.exporting.onnx_model.build : The same model as an ONNX graph.
    """
    raw = {
        one.name: keras.Input((1,), name=one.name, dtype="string" if one.is_string else _DOUBLE)
        for one in inputs_of(scorer.preparation)
    }
    prepared = _prepared(scorer.preparation, list(raw.values()))
    average = probability_model(networks, len(scorer.classes), name=layer_name("networks"))
    p = layers.Identity(dtype=_DOUBLE, name=_MEAN)(average(prepared))
    for adjustment in scorer.adjustments:
        p = adjustment.in_keras(p)
    return keras.Model(raw, p, name="counterweight")


def _prepared(preparation: Preparation, raw: list[keras.KerasTensor]) -> keras.KerasTensor:
    columns = preparation.in_keras(raw)
    # The networks were trained on single-precision inputs.
    return ops.cast(ops.concatenate(columns, axis=1) if len(columns) > 1 else columns[0], "float32")


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


def from_bytes(data: bytes, custom: Mapping[str, type] | None = None) -> keras.Model:
    """Open the bytes of a .keras file, in safe mode.

    Parameters
    ----------
    custom : mapping of str to type, optional
        Layer classes of a person's own by the names that the file has for them.

    See Also
    --------
    to_bytes : Makes them.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        path.write_bytes(data)
        return keras.models.load_model(path, custom_objects=dict(custom or {}), safe_mode=True)


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


def predict(model: keras.Model, inputs: tuple[Input, ...], arrays: Mapping[str, np.ndarray]) -> Probabilities:
    """Return what the model makes of rows.

    See Also
    --------
    core.exporting.scorer.Scorer.probabilities : The same without Keras.
    """
    kinds = {one.name: tf.string if one.is_string else tf.float64 for one in inputs}
    tensors = {name: tf.constant(array, kinds[name]) for name, array in arrays.items()}
    both = keras.Model(model.inputs, [model.get_layer(_MEAN).output, model.output])
    given = [tensors[tensor.name] for tensor in model.inputs]
    n_rows = len(given[0])
    # The counts of all words of a text lie side by side: a few rows at a time fit into memory.
    step = _WORDY_ROWS if any(one.kind == "words" for one in inputs) else max(1, n_rows)
    parts = [both([tensor[at : at + step] for tensor in given]) for at in range(0, max(1, n_rows), step)]
    mean, final = (np.concatenate(of_parts) for of_parts in zip(*parts, strict=True))
    return Probabilities(mean, final)
