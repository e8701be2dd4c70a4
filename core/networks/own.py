"""One's own network: a Keras model that somebody built elsewhere, from its file or its JSON."""

from __future__ import annotations

import json
import re
import tempfile
import warnings
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.networks import _own_file, _shapes
from core.networks._architecture import (
    PROBABILITIES,
    Json,
    activation_of,
    before,
    config_of,
    identity,
    input_end,
    is_model,
    kind_of,
    last_layer,
    layers_of,
    name_of,
    parsed,
    sources,
)
from core.networks._size import Size
from core.networks.base import Card, Network
from core.networks.code import NetworkCode
from core.networks.registry import register
from core.parameters import parameter
from core.plan import NetworkChoice
from core.settings import PlanError
from core.words import counted

if TYPE_CHECKING:
    import keras

MOST_WEIGHTS = 10_000_000
_WITH_UNITS = ("Dense", "EinsumDense")
#: Layers that hand on each value as it is, so that a probability before them can still be taken back to a logit.
_HANDING_ON = ("Flatten", "Reshape", "Identity")
_HOLDING = (
    *_WITH_UNITS, "Conv1D", "PReLU", "BatchNormalization", "LayerNormalization", "GroupNormalization",
    "RMSNormalization",
)  # fmt: skip
#: Layers and operations that bend their values, in lower case: none is a network's end.
_BENDING = ("relu", "leakyrelu", "elu", "selu", "silu", "gelu", "tanh", "softplus", "softsign", "exp", "relu6")
_LENGTH_OF_DIGEST = 8
_LONGEST_NAME = 40
#: A length that no other number in an architecture is.
_INPUTS = 987_654_321
#: Two outputs of two classes become one, their difference.
_OWN_CODE = '''ARCHITECTURE = {!r}


class Own:
    """The network that was brought, in its own JSON, up to its logits."""

    def build(self, n_features, n_outputs):
        made = keras.models.model_from_json(ARCHITECTURE.replace("INPUTS", str(n_features)))
        if made.output_shape[-1] == n_outputs:
            return made
        logits = made.outputs[0]
        return keras.Model(made.inputs, logits[:, 1:] - logits[:, :1])'''


def of_file(data: bytes, start_from_weights: bool = False, called: str = "") -> NetworkChoice:
    """Return the choice of a network from a ``.keras`` file, or from a file of its JSON.

    Nothing in the file is run. Its weights are used only where that is asked for.

    Parameters
    ----------
    called : str
        What it is called beside other networks, such as the name of its file.

    Raises
    ------
    PlanError
        It is no such file, or holds what is not read; the message says what, and the way out.

    See Also
    --------
    of_json : From JSON alone.

    Examples
    --------
    >>> of_file(b"PK, but no archive")
    Traceback (most recent call last):
    core.settings.PlanError: This is no .keras file, or a damaged one: save it again with model.save().
    """
    architecture, start = _own_file.read(data, start_from_weights)
    return _choice(architecture, start, called)


def of_path(text: str) -> NetworkChoice | None:
    """Return the choice of a network from the path of its file, or None where the text is no such path.

    Parameters
    ----------
    text : str
        Such as ``model.keras`` or ``model.json``; ``model.keras(weights=True)`` starts from the file's weights.

    Raises
    ------
    PlanError
        There is no such file, or as for :func:`of_file`.

    See Also
    --------
    of_file : From its bytes.

    Examples
    --------
    >>> of_path("mlp(hidden_layers=128)") is None
    True
    >>> of_path("nowhere/model.keras")
    Traceback (most recent call last):
    core.settings.PlanError: The network's file nowhere/model.keras cannot be read: No such file or directory.
    """
    path, bracket, inner = text.strip().partition("(weights=")
    if not path.lower().endswith((".keras", ".json")):
        return None
    try:
        data = Path(path).expanduser().read_bytes()
    except OSError as error:
        raise PlanError(f"The network's file {path} cannot be read: {error.strerror}.") from error
    return of_file(data, bool(bracket) and inner.strip() == "True)", Path(path).name)


def of_json(text: str) -> NetworkChoice:
    """Return the choice of a network from Keras' JSON of its architecture, as ``model.to_json()`` gives it.

    Raises
    ------
    PlanError
        It is no such JSON, or holds what is not read; the message says what, and the way out.

    See Also
    --------
    of_file : From a file.

    Examples
    --------
    >>> of_json('{"module": "keras", "class_name": "Functional", "config": {"layers": [{"class_name": "Lambda"}]}}')
    Traceback (most recent call last):
    core.settings.PlanError: The network has a Lambda layer, which is code and not run: write it with Keras' own \
layers, or build it by a function on the command line (--network my_module:build).
    """
    return _choice(text, "", "")


def _choice(architecture: str, start: str, called: str) -> NetworkChoice:
    text = _own_file.cleaned(architecture)
    Own(text).check()
    # What a key may hold: commas, brackets and equals signs would end it early.
    name = re.sub(r"[^\w.-]+", "_", called)[-_LONGEST_NAME:]
    given = {"start": start, "called": name}
    return NetworkChoice.of("own", architecture=text, **{key: value for key, value in given.items() if value})


@register
@dataclass(frozen=True)
class Own(Network):
    """A Keras model that somebody built elsewhere, taken to logits and to this table's inputs.

    See Also
    --------
    of_file : Reads one.
    core.networks.function.FunctionNetwork : One that Python code builds.

    Examples
    --------
    >>> Own().why_not(4, 2)
    'No network was brought: upload a .keras file, or paste the JSON of an architecture.'
    """

    card = Card(
        "own",
        "Your own network",
        "A Keras model that you built elsewhere, from its .keras file or the JSON of its architecture.",
    )
    place = 95

    architecture: str = parameter("", "Keras' JSON of the model, as model.to_json() gives it.")
    start: str = parameter("", "Weights that it starts from, base64 of Keras' HDF5; new ones unless given.")
    called: str = parameter("", "What it is called, such as the name of its file.")

    def __post_init__(self) -> None:
        if len(self.architecture) == _LENGTH_OF_DIGEST:
            raise PlanError("A link or a key cannot hold a network of your own: bring its .keras file or JSON again.")

    def check(self) -> None:
        """Check what can be checked without a table and without Keras.

        Raises
        ------
        PlanError
            The model cannot be trained; the message says why, and the way out.
        """
        model = self._read()
        end = input_end(model)
        _to_logits(model)
        _check_size(_shapes.count(model, end.length or 1), model)

    def why_not(self, n_features: int, n_classes: int) -> str | None:
        try:
            _for_table(self.architecture, n_features, _outputs(n_classes))
        except PlanError as error:
            return str(error)
        return None

    def notes(self, n_features: int, n_classes: int) -> tuple[str, ...]:
        notes = _for_table(self.architecture, n_features, _outputs(n_classes)).notes
        return (*notes, "It starts from the weights in its file.") if self.start else notes

    def code(self) -> NetworkCode:
        model = self._read()
        _to_logits(model)
        _resize(model, _INPUTS)
        architecture = json.dumps(model).replace(str(_INPUTS), "INPUTS")
        return NetworkCode(
            _OWN_CODE.format(architecture),
            "Own()",
            ("import keras",),
            "the weights in the network's file: it starts from new ones" if self.start else "",
        )

    def size(self, n_features: int, n_outputs: int) -> Size:
        return _for_table(self.architecture, n_features, n_outputs).size

    def build(self, n_features: int, n_outputs: int) -> keras.Model:
        import keras

        tabled = _for_table(self.architecture, n_features, n_outputs)
        try:
            # Keras refuses here whatever is no layer of its own: nothing is passed as custom objects.
            model = keras.models.model_from_json(tabled.json)
            shape = tuple(model.output_shape)
        except (
            TypeError,
            ValueError,
            AttributeError,
            KeyError,
            IndexError,
            AssertionError,
            RuntimeError,
            ArithmeticError,
        ) as error:
            reason = " ".join(str(error).split())[:200]
            raise PlanError(f"Keras cannot build this network for {n_features:,} inputs: {reason}") from error
        wanted = (None, 2 if tabled.difference else n_outputs)
        if shape != wanted:
            raise PlanError(f"The network's output has the shape {shape[1:]}: it must have {wanted[1]} per row.")
        if not model.trainable_variables:
            raise PlanError("The network has no trainable weights: set trainable=True on its layers and save it again.")
        if self.start:
            self._start(model)
        (inputs,), (logits,) = model.inputs, model.outputs
        if tabled.difference:
            logits = logits[:, 1:2] - logits[:, 0:1]
        return keras.Model(inputs, logits, name=self.card.key)

    def initial_weights(self, model: keras.Model, seed: int) -> list[np.ndarray]:
        # Keras' own layers name their initializers; weights of a file, and what stands in for those that do not fit
        # this table, are there only after building.
        from core.networks._drawing import built_anew, drawn

        return built_anew(self, model, seed) if self.start else drawn(model, seed)

    def _read(self) -> dict[str, object]:
        if not self.architecture:
            raise PlanError("No network was brought: upload a .keras file, or paste the JSON of an architecture.")
        try:
            return parsed(self.architecture)
        except RecursionError as error:
            raise PlanError("The network's layers lie too deep in one another: save it flat.") from error

    def _start(self, model: keras.Model) -> None:
        """Set the weights that the file has, but for layers whose shape this table changed."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.weights.h5"
            path.write_bytes(_own_file.unpacked(self.start))
            try:
                with warnings.catch_warnings():  # of layers whose shape differs, which notes tell of
                    warnings.simplefilter("ignore")
                    model.load_weights(path, skip_mismatch=True)
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise PlanError("The weights do not fit the network: bring the .keras file again.") from error


@dataclass(frozen=True)
class _ForTable:
    """A network of one's own, made for a table: its JSON up to logits, and what a person should know of it."""

    json: str
    size: Size
    #: Whether two outputs become one: the second logit less the first, whose sigmoid is the softmax's second part.
    difference: bool
    notes: tuple[str, ...]


def _outputs(n_classes: int) -> int:
    return 1 if n_classes == 2 else n_classes


@lru_cache(maxsize=64)
def _for_table(architecture: str, n_features: int, n_outputs: int) -> _ForTable:
    model = Own(architecture)._read()
    notes: list[str] = []
    length = input_end(model).length
    if length != n_features:
        _resize(model, n_features)
        had = "any number of" if length is None else f"{length:,}"
        notes.append(f"Its first layer is built anew for this table's {n_features:,} inputs; it was made for {had}.")
    ended = _to_logits(model)
    if ended != "linear":
        notes.append(f"Its last {ended} is left out in training, which reads logits, and is there again in scoring.")
    shape, size = _shapes.walked(model, (n_features,))
    if len(shape) != 1:
        raise PlanError(f"The network's output has the shape {shape} per row: it must end in one vector.")
    (units,) = shape
    difference = n_outputs == 1 and units == 2
    if units != n_outputs and not difference:
        wanted = "1 or 2" if n_outputs == 1 else f"{n_outputs:,}"
        classes = max(n_outputs, 2)
        raise PlanError(f"The network has {counted(units, 'output')} and the table {classes} classes: end in {wanted}.")
    if difference:
        notes.append("Its two outputs become one, their difference.")
    _check_size(size, model)
    return _ForTable(json.dumps(model), size, difference, tuple(notes))


def _resize(model: dict[str, object], n_features: int) -> None:
    """Let a model, and inner ones that take its input, take vectors of a length."""
    layers = layers_of(model)
    end = input_end(model).layer
    if end is not None:
        config_of(end)["batch_shape"] = [None, n_features]
    elif not is_model(layers[0]):
        config = {"batch_shape": [None, n_features], "dtype": "float32", "name": "prepared"}
        first = {"module": "keras.layers", "class_name": "InputLayer", "config": config, "registered_name": None}
        config_of(model)["layers"] = [first, *layers]
    if kind_of(model) == "Sequential":
        fed = layers[:1] if kind_of(layers[0]) != "InputLayer" else layers[1:2]
    else:
        name = name_of(end or {})
        fed = [each for each in layers if name in {source for source, _ in sources(each)}]
    for each in fed:
        if is_model(each):
            _resize(each, n_features)


def _to_logits(model: Json) -> str:
    """Take the sigmoid or softmax off a model's end, and return what was there.

    Raises
    ------
    PlanError
        The end is another activation, or a probability that cannot be taken back to a logit.
    """
    layer, within = last_layer(model)
    for _ in layers_of(within):
        if kind_of(layer) not in _HANDING_ON and (kind_of(layer), activation_of(layer)) != ("Activation", "linear"):
            break
        earlier = before(layer, within)
        if len(earlier) != 1 or is_model(earlier[0]):
            break
        layer = earlier[0]
    ended, kind = activation_of(layer), kind_of(layer)
    if ended in PROBABILITIES:
        if kind in _WITH_UNITS:
            config_of(layer)["activation"] = "linear"
        else:
            layer.update(identity(layer))
            for node in _nodes(layer):
                node["kwargs"] = {}
    elif ended != "linear" or kind.lower() in _BENDING:
        shown = ended if ended != "linear" else kind
        raise PlanError(f"The network ends in {shown[:40]}: end it in sigmoid, softmax or no activation.")
    changed = _probability_before(layer, within, kind)
    if changed is not None:
        raise PlanError(
            f"The network changes its probabilities afterwards, in its {changed} layer: "
            "end it in sigmoid, softmax or no activation."
        )
    return ended


def _nodes(layer: Json) -> list[dict[str, object]]:
    nodes = layer.get("inbound_nodes")
    return [node for node in nodes if isinstance(node, dict)] if isinstance(nodes, list) else []


def _probability_before(layer: Json, within: Json, kind: str) -> str | None:
    """Return the kind of a layer without weights that a sigmoid or a softmax goes into at a model's end, if any."""
    waiting, seen = [(layer, kind)], 0
    while waiting and seen < 1_000:
        each, after = waiting.pop()
        seen += 1
        if kind_of(each) in _HOLDING and each is layer:
            return None
        for earlier in before(each, within):
            if is_model(earlier):
                continue
            if activation_of(earlier) in PROBABILITIES:
                return after
            if kind_of(earlier) not in _HOLDING:
                waiting.append((earlier, kind_of(earlier)))
    return None


def _check_size(size: Size, model: Json) -> None:
    if size.weights > MOST_WEIGHTS:
        raise PlanError(
            f"The network has {size.weights:,} weights: {MOST_WEIGHTS:,} fit beside those of other lanes, "
            "so use fewer units."
        )
    if not _learns(model):
        raise PlanError("The network has no trainable weights: set trainable=True on its layers and save it again.")


def _learns(model: Json) -> bool:
    return any(
        _learns(each) if is_model(each) else kind_of(each) in _HOLDING and config_of(each).get("trainable") is not False
        for each in layers_of(model)
    )
