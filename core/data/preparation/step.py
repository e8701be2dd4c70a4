"""What a step is: it prepares one column, and knows every form in which it is kept and shipped."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, Self, TypeVar

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionDtype

from core.data.columns import Column, ColumnKind
from core.data.reading.cells import ColumnReading

if TYPE_CHECKING:
    import keras

    from core.decision.calibration import Graph

#: What an exported model takes for a column: floats with NaN for missing; days since 1970-01-01 with NaN for
#: missing; strings with "" for missing.
InputKind = Literal["number", "date", "text"]


@dataclass(frozen=True)
class Step(ABC):
    """The preparation of one column, fitted on training rows.

    Subclasses are frozen dataclasses of plain numbers, strings and tuples of them, entered by :func:`register`. They
    extend :class:`DenseStep` or :class:`CodedStep`, or a step that is there: a date is a number once it is days.

    Parameters
    ----------
    name : str
        Name of the column.

    See Also
    --------
    core.data.preparation.dates.DateStep : The shortest of them.

    Examples
    --------
    >>> from core.data.preparation import CategoryStep
    >>> step = CategoryStep.fit(pd.Series(["f", "m", "f"], name="sex"))
    >>> step.width, step.input_names
    (2, ('sex=f', 'sex=m'))
    """

    #: Names the step in files; never changed once a model was exported with it.
    kind: ClassVar[str]
    #: The columns that it prepares.
    column_kind: ClassVar[ColumnKind]
    #: What an exported model takes for such a column.
    input_kind: ClassVar[InputKind]

    name: str

    @classmethod
    @abstractmethod
    def fit(cls, column: pd.Series) -> Self:
        """Learn the step from training rows."""

    @classmethod
    @abstractmethod
    def suits(cls, dtype: np.dtype | ExtensionDtype) -> bool:
        """Return whether the type of a column's values alone says that it is of this kind."""

    @classmethod
    @abstractmethod
    def max_encoded(cls, column: Column) -> int:
        """Return how many encoded columns the step of a column makes at most."""

    @classmethod
    @abstractmethod
    def max_inputs(cls, column: Column) -> int:
        """Return how many inputs of the network the step of a column makes at most."""

    @classmethod
    def usual_inputs(cls, column: Column) -> int:
        """Return how many inputs of the network the step of a column makes as a rule, its indicator not counted."""
        return 1

    @property
    @abstractmethod
    def width(self) -> int:
        """Inputs of the network, a missing indicator not counted."""

    @property
    @abstractmethod
    def input_names(self) -> tuple[str, ...]:
        """Names of these inputs."""

    @abstractmethod
    def model_input(self, column: pd.Series) -> np.ndarray:
        """Return what an exported model takes for a column, float64 or str objects, shape (n,)."""

    @abstractmethod
    def usual_reading(self) -> ColumnReading:
        """Return how cells are read for a model that kept nothing on it."""

    @classmethod
    @abstractmethod
    def in_keras(
        cls, steps: Sequence[Self], inputs: Sequence[keras.KerasTensor], place: int
    ) -> tuple[list[keras.KerasTensor], list[keras.KerasTensor]]:
        """Return neighbouring steps in Keras' own layers and operations.

        Parameters
        ----------
        steps : sequence of steps that share this method
        inputs : sequence of KerasTensor
            One of shape (n, 1) for each step, of its :attr:`input_kind`.
        place : int
            Position of the first step among the dense or the coded ones, which makes layers' names unique.

        Returns
        -------
        inputs : list of KerasTensor
            Side by side the network's inputs, float64, shape (n, sum of the widths).
        indicators : list of KerasTensor
            Side by side the missing indicators, float64; empty where no step has one.
        """

    @classmethod
    @abstractmethod
    def in_onnx(cls, graph: Graph, steps: Sequence[Self], names: Sequence[str]) -> tuple[list[str], list[str]]:
        """Return the same as nodes of an ONNX graph: names of outputs, given the names of the inputs.

        Raises
        ------
        core.decision.NoOnnxForm
            Such a column has none: the model is exported without ``model.onnx``, with the error's sentence.
        """

    def fields(self) -> dict[str, object]:
        """Return what the step consists of, ready for JSON."""
        return asdict(self)


class DenseStep(Step):
    """A step whose encoded columns are inputs of the network, and that may have a missing indicator.

    See Also
    --------
    core.data.preparation.numbers.NumberStep : One of them.

    Examples
    --------
    >>> from core.data.preparation import NumberStep
    >>> inputs, missing = NumberStep.fit(pd.Series([1.0, 3.0], name="age")).dense(pd.Series([3.0, None]))
    >>> inputs.tolist(), missing.tolist()
    ([[1.0], [0.0]], [False, True])
    """

    #: An input of its own tells missing (1) from present (0), because training rows had both.
    indicator: bool
    #: Training rows had one value at most, so nothing was learned of others.
    constant: bool

    @abstractmethod
    def dense(self, column: pd.Series) -> tuple[np.ndarray, np.ndarray]:
        """Return the inputs, float64, shape (n, width), and which rows are missing, bool, shape (n,)."""


class CodedStep(Step):
    """A step that encodes a column as one code per row, which is expanded to one-hot inputs.

    See Also
    --------
    core.data.preparation.categories.CategoryStep : One of them.

    Examples
    --------
    >>> from core.data.preparation import CategoryStep
    >>> step = CategoryStep.fit(pd.Series(["f", "m", "f"], name="sex"))
    >>> step.codes(pd.Series(["m", "f", "unheard of"])).tolist(), step.width
    ([1, 0, 2], 2)
    """

    #: Training rows had one code only, so nothing was learned of others: every code expands to zeros.
    constant: bool

    @abstractmethod
    def codes(self, column: pd.Series) -> np.ndarray:
        """Return codes, int64, shape (n,); those from ``width`` on expand to zeros."""


S = TypeVar("S", bound=type[Step])
_STEPS: dict[str, type[Step]] = {}


def register(cls: S) -> S:
    """Let files name a step by its kind, and columns be prepared by it.

    See Also
    --------
    step_for : Finds the step of a column.

    Examples
    --------
    >>> from core.data.preparation import CategoryStep
    >>> register(CategoryStep)
    Traceback (most recent call last):
        ...
    ValueError: two steps are of the kind 'category' or prepare categorical columns
    """
    if any(cls.kind == other.kind or cls.column_kind == other.column_kind for other in _STEPS.values()):
        raise ValueError(f"two steps are of the kind {cls.kind!r} or prepare {cls.column_kind} columns")
    _STEPS[cls.kind] = cls
    return cls


def steps() -> tuple[type[Step], ...]:
    """Return every registered step.

    See Also
    --------
    register : Adds one.

    Examples
    --------
    >>> from core.data.preparation import steps
    >>> sorted(step.kind for step in steps())
    ['category', 'date', 'number']
    """
    return tuple(_STEPS.values())


def step_for(column: Column) -> type[Step] | None:
    """Return the step that prepares columns of a kind, None where such a column is no feature.

    See Also
    --------
    steps : All steps.

    Examples
    --------
    >>> from core.data.preparation import step_for
    >>> step_for(Column("sex", "categorical", missing=0, distinct=2)).kind
    'category'
    """
    return next((cls for cls in _STEPS.values() if cls.column_kind == column.kind), None)


def from_fields(kind: str, fields: Mapping[str, object]) -> Step:
    """Return the step that :meth:`Step.fields` was written of; JSON's lists become tuples.

    Raises
    ------
    ValueError
        No step is of this kind, or it has other fields.

    Examples
    --------
    >>> from core.data.preparation import from_fields
    >>> from_fields("category", {"name": "sex", "mode": "f", "levels": ["f", "m"]}).width
    2
    """
    if kind not in _STEPS:
        raise ValueError(f"No step is called {kind!r}.")
    plain = {name: _tuples(value) for name, value in fields.items()}
    # Earlier versions told dates from other numbers by a field.
    is_date = plain.pop("date", False)
    make: Callable[..., Step] = _STEPS["date" if kind == "number" and is_date else kind]
    try:
        return make(**plain)
    except TypeError as error:
        raise ValueError(f"A step of the kind {kind!r} has other fields than {', '.join(fields)}.") from error


def _tuples(value: object) -> object:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def layer_name(layer: str, place: int = 0) -> str:
    """Return the name of a layer in an exported model: one that TensorFlow takes and that no column has.

    Examples
    --------
    >>> layer_name("numbers", 1)
    'counterweight.numbers.1'
    """
    return f"counterweight.{layer}.{place}"
