"""What a calibration is: it maps probabilities to others, and knows every form in which it is kept and shipped."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeVar

import numpy as np

if TYPE_CHECKING:
    import keras

TINY = 1e-7


class NoOnnxForm(Exception):
    """A part of a model that ONNX cannot say; the message is one sentence that says which and why.

    A model with such a part is exported without ``model.onnx``.

    See Also
    --------
    Graph : What a part is written into.

    Examples
    --------
    >>> raise NoOnnxForm("Column `note` is text, whose words ONNX has no operation for.")
    Traceback (most recent call last):
        ...
    core.decision.calibration.NoOnnxForm: Column `note` is text, whose words ONNX has no operation for.
    """


class Graph(Protocol):
    """An ONNX graph under construction; every node has one output, a name."""

    def add(self, operation: str, *inputs: str | np.ndarray | float, domain: str = "", **attributes: object) -> str:
        """Return the output of a new node; inputs are outputs of other nodes or constants."""
        ...

    def joined(self, parts: Sequence[str], axis: int = 1) -> str:
        """Return outputs side by side."""
        ...


@dataclass(frozen=True)
class Calibration(ABC):
    """Probabilities in, probabilities out: shape (n, n_classes) each, rows sum to 1.

    Subclasses are frozen dataclasses of plain numbers, strings and tuples of them. They are told apart by
    :attr:`kind` wherever they are written down, and are entered by :func:`register`.

    See Also
    --------
    core.decision.temperature.Temperature : The shortest of them.

    Examples
    --------
    What files keep of a calibration is enough to make it anew.

    >>> from core.decision import Temperature
    >>> Temperature(2.0).kind, Temperature(2.0).fields()
    ('temperature', {'value': 2.0})
    """

    #: Names the calibration in files; never changed once a model was exported with it.
    kind: ClassVar[str]
    #: What people call it.
    name: ClassVar[str]

    @abstractmethod
    def __call__(self, probabilities: np.ndarray) -> np.ndarray:
        """Return calibrated probabilities."""

    @abstractmethod
    def in_keras(self, probabilities: keras.KerasTensor) -> keras.KerasTensor:
        """Return the same in operations of ``keras.ops``."""

    @abstractmethod
    def in_onnx(self, graph: Graph, probabilities: str) -> str:
        """Return the same as nodes of an ONNX graph: the name of the last one's output.

        Raises
        ------
        NoOnnxForm
            It has none.
        """

    def fields(self) -> dict[str, object]:
        """Return what the calibration consists of, ready for JSON."""
        return asdict(self)


C = TypeVar("C", bound=type[Calibration])
_KINDS: dict[str, type[Calibration]] = {}


def register(cls: C) -> C:
    """Let files name a calibration by its kind.

    See Also
    --------
    kinds : Those that are entered.
    from_fields : Makes one of what a file says.

    Examples
    --------
    A kind names one calibration, so that files stay readable.

    >>> from core.decision import Temperature
    >>> register(Temperature)
    Traceback (most recent call last):
        ...
    ValueError: two calibrations are of the kind 'temperature'
    """
    if cls.kind in _KINDS:
        raise ValueError(f"two calibrations are of the kind {cls.kind!r}")
    _KINDS[cls.kind] = cls
    return cls


def kinds() -> tuple[type[Calibration], ...]:
    """Return every registered calibration.

    See Also
    --------
    register : Enters one.

    Examples
    --------
    >>> from core.decision import Isotonic, PriorShift, Temperature
    >>> {PriorShift, Temperature, Isotonic} <= set(kinds())
    True
    """
    return tuple(_KINDS.values())


def from_fields(kind: str, fields: Mapping[str, object]) -> Calibration:
    """Return the calibration that :meth:`Calibration.fields` was written of; JSON's lists become tuples.

    Raises
    ------
    ValueError
        No calibration is of this kind, or it has other fields.

    See Also
    --------
    register : Enters a kind.

    Examples
    --------
    >>> from core.decision import from_fields
    >>> from_fields("temperature", {"value": 2.0})
    Temperature(value=2.0)
    """
    if kind not in _KINDS:
        raise ValueError(f"No calibration is called {kind!r}.")
    try:
        return _KINDS[kind](**{name: _tuples(value) for name, value in fields.items()})
    except TypeError as error:
        raise ValueError(f"A calibration of the kind {kind!r} has other fields than {', '.join(fields)}.") from error


def _tuples(value: object) -> object:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def normalised(scores: np.ndarray) -> np.ndarray:
    """Return scores as shares of their row, shape (n, n_classes).

    See Also
    --------
    normalised_in_keras, normalised_in_onnx : The same in an exported model.

    Examples
    --------
    >>> import numpy as np
    >>> normalised(np.array([[1.0, 3.0], [2.0, 2.0]])).tolist()
    [[0.25, 0.75], [0.5, 0.5]]
    """
    return scores / scores.sum(axis=1, keepdims=True)


def normalised_in_keras(scores: keras.KerasTensor) -> keras.KerasTensor:
    """Return :func:`normalised` in operations of ``keras.ops``."""
    from keras import ops

    return scores / ops.sum(scores, axis=1, keepdims=True)


def normalised_in_onnx(graph: Graph, scores: str) -> str:
    """Return :func:`normalised` as nodes of an ONNX graph."""
    return graph.add("Div", scores, graph.add("ReduceSum", scores, np.array([1]), keepdims=1))
