"""Keras' JSON of an architecture as plain data: what is in it, whether it may be read, and what it holds.

All of it is plain Python, so that a page refuses at once what a worker could not build.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from core.settings import PlanError

Json = Mapping[str, object]
Shape = tuple[int, ...]

LONGEST = 4_000_000
_MOST_LAYERS = 500
CODE_ANYWAY = "or build it by a function on the command line (--network my_module:build)"

_MODELS = ("Sequential", "Functional")
#: Modules whose objects are all Keras' own, compute numbers and nothing else.
_HARMLESS = (
    "keras.initializers", "keras.regularizers", "keras.constraints", "keras.activations", "keras.src.ops.numpy",
    "keras.src.ops.nn", "keras.src.ops.math",
)  # fmt: skip
#: Layers that make sense on a vector of numbers and run no code, read no file and draw no state from elsewhere.
LAYERS = frozenset((
    "InputLayer", "Dense", "EinsumDense", "Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax",
    "BatchNormalization", "LayerNormalization", "GroupNormalization", "RMSNormalization", "UnitNormalization",
    "Normalization", "Dropout", "AlphaDropout", "GaussianDropout", "GaussianNoise", "ActivityRegularization",
    "Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot", "Reshape", "Flatten",
    "Permute", "RepeatVector", "Rescaling", "Identity", "Conv1D", "MaxPooling1D", "AveragePooling1D",
    "GlobalMaxPooling1D", "GlobalAveragePooling1D",
))  # fmt: skip
_KERAS_2 = "This network was saved by Keras 2: open it in Keras 3 and save it again."
PROBABILITIES = ("sigmoid", "softmax")


def parsed(text: str) -> dict[str, object]:
    """Return an architecture that Keras wrote as JSON, after checking that all in it may be read.

    Raises
    ------
    PlanError
        It is no such JSON, or holds what is not read; the message says what, and the way out.
    """
    if len(text) > LONGEST:
        raise PlanError(f"The network's JSON has {len(text):,} characters: {LONGEST:,} are read.")
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PlanError("This is no JSON of a Keras model: paste what model.to_json() returns.") from error
    if not isinstance(raw, dict) or not isinstance(raw.get("config"), dict):
        raise PlanError("This is no JSON of a Keras model: paste what model.to_json() returns.")
    if raw.get("class_name") in ("Model", *_MODELS) and "module" not in raw:
        raise PlanError(_KERAS_2)
    if raw.get("class_name") not in _MODELS:
        name = str(raw.get("class_name"))[:60]
        raise PlanError(
            f"A network of the class '{name}' is code and not read: save a functional model, {CODE_ANYWAY}."
        )
    _check_objects(raw)
    return raw


def _check_objects(raw: object) -> None:
    """Refuse every object that is not Keras' own or could run code."""
    waiting, layers = [raw], 0
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting += each
        if not isinstance(each, dict):
            continue
        each.pop("compile_config", None)  # optimizer, loss and metrics, which are the plan's
        waiting += each.values()
        kind = each.get("class_name")
        if not isinstance(kind, str):
            continue
        where = f" ({name_of(each)[:60]})" if name_of(each) else ""
        if kind in ("Lambda", "__lambda__"):
            raise PlanError(
                f"The network has a Lambda layer{where}, which is code and not run: "
                f"write it with Keras' own layers, {CODE_ANYWAY}."
            )
        module, registered = each.get("module"), str(each.get("registered_name") or "")
        layers += module in ("keras.layers", "keras") and "name" in config_of(each)
        if module is None and not registered and not kind.startswith("__"):
            raise PlanError(_KERAS_2)  # Keras 3 leaves the module out of registered classes alone
        if ">" in registered or not _is_harmless(module, kind):
            raise PlanError(
                f"The network has a layer '{kind[:60]}'{where}, which is not read: "
                f"use Keras' layers for vectors of numbers, {CODE_ANYWAY}."
            )
    if layers > _MOST_LAYERS:
        raise PlanError(f"The network has {layers:,} layers: {_MOST_LAYERS:,} are read.")


def _is_harmless(module: object, kind: str) -> bool:
    if module == "keras.layers":
        return kind in LAYERS
    if module in ("keras", "keras.dtype_policies", "keras.src.models.functional", "keras.src.models.sequential"):
        return kind in _MODELS or kind.endswith("DTypePolicy")
    if module == "builtins":
        return kind == "function"  # an activation, by its name
    return module is None or module in _HARMLESS


def name_of(layer: Json) -> str:
    """Return a layer's name; empty where it has none."""
    name = config_of(layer).get("name")
    return name if isinstance(name, str) else ""


def config_of(of: Json) -> dict[str, object]:
    config = of.get("config")
    return config if isinstance(config, dict) else {}


def layers_of(model: Json) -> list[dict[str, object]]:
    """Return the layers of a model in their order.

    Raises
    ------
    PlanError
        There are none.
    """
    found = config_of(model).get("layers")
    layers = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    if not layers:
        raise PlanError("The network has no layers: save it after it was built.")
    return layers


def identity(layer: Json) -> dict[str, object]:
    """Return a layer in a layer's place that changes nothing, as Keras' JSON has it."""
    config = {"name": name_of(layer), "trainable": True, "dtype": "float32", "activation": "linear"}
    return {"module": "keras.layers", "class_name": "Activation", "config": config, "registered_name": None}


def is_model(layer: Json) -> bool:
    """Return whether a layer is a model of its own."""
    return layer.get("class_name") in _MODELS


def kind_of(layer: Json) -> str:
    """Return the class of a layer or an operation."""
    return str(layer.get("class_name"))


def ends(model: Json, which: str) -> list[str]:
    """Return the names of a functional model's ``input_layers`` or ``output_layers``."""
    given = config_of(model).get(which)
    if isinstance(given, list) and given and isinstance(given[0], str):
        given = [given]
    if isinstance(given, dict):
        given = list(given.values())
    if not isinstance(given, list):
        return []
    return [str(one[0]) for one in given if isinstance(one, list) and one]


def sources(layer: Json) -> list[tuple[str, Shape | None]]:
    """Return the layers that a functional model's layer takes its input from, and the shapes that were saved."""
    found: list[tuple[str, Shape | None]] = []
    waiting: list[object] = [layer.get("inbound_nodes")]
    while waiting:
        each = waiting.pop(0)
        if isinstance(each, list):
            waiting = [*each, *waiting]
        elif isinstance(each, dict) and each.get("class_name") == "__keras_tensor__":
            config = config_of(each)
            history, shape = config.get("keras_history"), config.get("shape")
            if isinstance(history, list) and history:
                found.append((str(history[0]), _static(shape)))
        elif isinstance(each, dict):
            waiting = [*each.values(), *waiting]
    return found


def _static(shape: object) -> Shape | None:
    """Return a shape without its first axis, or None where it is not all known."""
    if not isinstance(shape, list) or not shape or not all(isinstance(size, int) for size in shape[1:]):
        return None
    return tuple(shape[1:])


@dataclass(frozen=True)
class InputEnd:
    """What a model takes.

    Parameters
    ----------
    layer : dict or None
        The input layer, a part of the model's JSON; None where the model has none, as a ``Sequential`` may.
    length : int or None
        Length of the vector; None for any.
    """

    layer: dict[str, object] | None
    length: int | None


def input_end(model: Json) -> InputEnd:
    """Return what a model takes.

    Raises
    ------
    PlanError
        It takes several inputs, or no vector of numbers.
    """
    layers = layers_of(model)
    if kind_of(model) == "Sequential":
        first = layers[0]
        if kind_of(first) != "InputLayer":
            return input_end(first) if is_model(first) else InputEnd(None, None)
    else:
        names = ends(model, "input_layers")
        if len(names) != 1:
            raise PlanError(f"The network has {len(names)} inputs: it must take one vector of numbers.")
        first = next((each for each in layers if name_of(each) == names[0]), layers[0])
    if "batch_input_shape" in config_of(first):
        raise PlanError(_KERAS_2)
    shape = config_of(first).get("batch_shape")
    if not isinstance(shape, list) or len(shape) != 2:
        sizes = shape[1:] if isinstance(shape, list) else []
        shown = (
            "an array of " + "×".join("?" if size is None else str(size) for size in sizes) if sizes else "one number"
        )
        raise PlanError(f"The network takes {shown} per row: it must take one vector, as Input((n,)).")
    if str(config_of(first).get("dtype")) == "string":
        raise PlanError("The network takes text: it must take one vector of numbers.")
    length = shape[1]
    return InputEnd(first, length if isinstance(length, int) else None)


def last_layer(model: Json) -> tuple[dict[str, object], Json]:
    """Return the layer that a model's output comes from, and the model, perhaps an inner one, that it stands in.

    Raises
    ------
    PlanError
        There are several outputs.
    """
    layers = layers_of(model)
    if kind_of(model) == "Sequential":
        last = layers[-1]
    else:
        names = ends(model, "output_layers")
        if len(names) != 1:
            raise PlanError(f"The network has {len(names)} outputs: it must end in one layer, of one unit per class.")
        last = next((each for each in layers if name_of(each) == names[0]), layers[-1])
    return last_layer(last) if is_model(last) else (last, model)


def before(layer: Json, model: Json) -> list[dict[str, object]]:
    """Return the layers of a model whose outputs a layer takes."""
    layers = layers_of(model)
    if kind_of(model) == "Sequential":
        place = next(i for i, each in enumerate(layers) if each is layer)
        return layers[max(place - 1, 0) : place]
    names = {name for name, _ in sources(layer)}
    return [each for each in layers if name_of(each) in names]


def activation_of(layer: Json) -> str:
    """Return the activation that a layer ends in; ``linear`` where it has none."""
    kind, activation = kind_of(layer), config_of(layer).get("activation")
    if kind in ("Softmax", "Sigmoid"):
        return kind.lower()
    if isinstance(activation, dict):
        inner = activation.get("config")
        return inner if isinstance(inner, str) else str(activation.get("class_name"))
    return activation if isinstance(activation, str) else "linear"
