"""The bytes of a ``.keras`` file: its architecture as JSON, and its weights where they are wanted. No Keras needed."""

from __future__ import annotations

import base64
import io
import json
import zipfile
import zlib
from typing import TYPE_CHECKING

from core.networks import _architecture
from core.settings import PlanError

if TYPE_CHECKING:
    import h5py

_MOST_UNPACKED = 200_000_000
#: A plan holds the weights that a network starts from, so that it can be repeated anywhere.
MOST_STARTING = 2_000_000
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError, KeyError, UnicodeDecodeError,
)  # fmt: skip


def read(data: bytes, weights: bool) -> tuple[str, str]:
    """Return a file's architecture as JSON, and its weights as base64 of Keras' HDF5, or an empty text.

    Parameters
    ----------
    data : bytes
        Of a ``.keras`` file, or of a JSON file of an architecture.
    weights : bool
        Whether the weights are wanted.

    Raises
    ------
    PlanError
        It is no such file, is damaged, or is too large once unpacked.
    """
    if data.lstrip()[:1] == b"{":
        if weights:
            raise PlanError("A JSON file holds no weights: bring the .keras file to start from its weights.")
        return _text(data), ""
    if data[:8] == b"\x89HDF\r\n\x1a\n":
        raise PlanError("This is an HDF5 file (.h5): open it with keras.models.load_model() and save it as .keras.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            architecture = _text(_entry(file, "config.json", _architecture.LONGEST))
            held = _entry(file, "model.weights.h5", _MOST_UNPACKED) if weights else b""
    except _DAMAGED as error:
        raise PlanError("This is no .keras file, or a damaged one: save it again with model.save().") from error
    return architecture, base64.b64encode(_without_optimizer(held)).decode() if weights else ""


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise PlanError("This is no JSON of a Keras model: paste what model.to_json() returns.") from error


def _entry(file: zipfile.ZipFile, name: str, most: int) -> bytes:
    """Return a file of the archive, unpacked no further than it may grow."""
    with file.open(name) as entry:
        data = entry.read(most + 1)
    if len(data) > most:
        raise PlanError(f"The .keras file's {name} is larger than {most / 1e6:,.0f} MB: it is too large to be read.")
    return data


def _without_optimizer(held: bytes) -> bytes:
    """Return a weights file without the optimizer's state, which is twice as large as the weights."""
    import h5py

    out = io.BytesIO()
    try:
        with h5py.File(io.BytesIO(held), "r") as source, h5py.File(out, "w") as target:
            _copy(source, target, [MOST_STARTING])
    except PlanError:  # too many weights, which are not damaged
        raise
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        raise PlanError("The .keras file's weights are damaged: save it again, or leave them out.") from error
    return out.getvalue()


def _copy(source: h5py.Group, target: h5py.Group, left: list[int]) -> None:
    import h5py

    for name in source:
        # Only what lies in the file itself: a link or an outside array could lead to any file of this machine.
        if name == "optimizer" or not isinstance(source.get(name, getlink=True), h5py.HardLink):
            continue
        each = source[name]
        if isinstance(each, h5py.Group):
            _copy(each, target.create_group(name), left)
        elif isinstance(each, h5py.Dataset) and not each.is_virtual and not each.external:
            left[0] -= each.size
            if left[0] < 0:
                raise PlanError(
                    f"The .keras file has more than {MOST_STARTING:,} weights: a plan cannot hold them, "
                    "so let the network start anew."
                )
            target.create_dataset(name, data=each[...], compression="gzip" if each.shape else None)
        target[name].attrs.update({key: value for key, value in each.attrs.items() if isinstance(value, str | int)})


def unpacked(held: str) -> bytes:
    """Return the HDF5 file that a plan holds as text, with what lies in the file itself alone.

    Raises
    ------
    PlanError
        The text is none.
    """
    try:
        data = base64.b64decode(held, validate=True)
    except ValueError as error:
        raise PlanError("The weights that this plan starts from are damaged: bring the .keras file again.") from error
    return _without_optimizer(data)


def cleaned(architecture: str) -> str:
    """Return an architecture without what belongs to another table, another run or another machine.

    Seeds go, as each network draws its own, and other precisions than single.
    Normalization layers go too: what they would do is done to the prepared vector already.

    Raises
    ------
    PlanError
        The architecture cannot be read.
    """
    raw = _architecture.parsed(architecture)
    waiting: list[object] = [raw]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting += each
        if not isinstance(each, dict):
            continue
        for name in ("build_config", "build_input_shape"):
            each.pop(name, None)
        if isinstance(each.get("seed"), int):
            each["seed"] = None
        if "dtype" in each and "keras_history" not in each and each["dtype"] != "string":
            each["dtype"] = "float32"
        if each.get("class_name") == "Normalization":
            each.update(_architecture.identity(each))
        waiting += each.values()
    return json.dumps(raw, separators=(",", ":"), sort_keys=True)
