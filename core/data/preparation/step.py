"""What a step is: it prepares one column, and knows every form in which it is kept and shipped."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Generic, Literal, Self, TypeVar

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionDtype

from core.data.columns import Column, ColumnKind
from core.data.reading.cells import ColumnReading

if TYPE_CHECKING:
    import keras

    from core.decision.calibration import Graph

#: What an exported model takes for a column: floats with NaN for missing; days since 1970-01-01 with NaN for
#: missing; strings with "" for missing, of text lower-cased and cut after 10,000 characters.
InputKind = Literal["number", "date", "text", "words"]
#: What a person chose for the preparation of a column, by the names of its step's settings.
Choices = Mapping[str, str | int]
NO_CHOICES: Choices = MappingProxyType({})
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Labels:
    """The classes of the rows that a preparation is fitted on, for steps that look at them.

    Parameters
    ----------
    codes : ndarray of int64, shape (n,)
    n_classes : int
    groups : ndarray of int64, shape (n,), optional
        Rows of one group see no label of one another.

    See Also
    --------
    core.data.preparation.Preparation.fit_encode : Takes them.

    Examples
    --------
    >>> labels = Labels(np.array([0, 0, 1]), n_classes=2)
    >>> labels.groups is None
    True
    """

    codes: np.ndarray
    n_classes: int
    groups: np.ndarray | None = None


@dataclass(frozen=True)
class StepSetting:
    """What a person can choose about the preparation of a column.

    Parameters
    ----------
    name, label, help : str
        Its key in plans, its short name and one sentence for people.
    default : str or int
    options : tuple of str
        What can be chosen; empty for a whole number.
    low, high : int
        The range of a whole number.

    See Also
    --------
    Step.settings : Those of a kind of column.

    Examples
    --------
    >>> StepSetting("parts", "Parts", "How many parts.", 3, low=1, high=9).refusal(12)
    'use a whole number from 1 to 9'
    """

    name: str
    label: str
    help: str
    default: str | int
    options: tuple[str, ...] = ()
    low: int = 0
    high: int = 0

    def refusal(self, value: object) -> str:
        """Return what to use instead of a value, empty where it can be used."""
        if self.options:
            return "" if value in self.options else f"use one of {', '.join(self.options)}"
        if isinstance(value, int) and not isinstance(value, bool) and self.low <= value <= self.high:
            return ""
        return f"use a whole number from {self.low} to {self.high}"


@dataclass(frozen=True)
class Scripted:
    """How columns of a kind are prepared in a script, by a transformer of scikit-learn's form.

    Parameters
    ----------
    names : str
        The script's constant that holds the names of these columns.
    dense : str
        Expression for the transformer that gives dense inputs.
    text : str
        The transformer's class; the names of columns are those of the frame that it gets, and ``CHOSEN`` has
        settings by column.
    sources : tuple of functions
        Of this project, written out before the class without their docstrings.
    constants : tuple of str
        Names in the modules of these functions whose values are written out before them.
    imports : tuple of str
        Import lines, one name per line, beside those of NumPy and of scikit-learn's base classes.
    indicators : bool
        Missing indicators are added.
    codes : str
        Expression for the transformer that gives one code per column; empty for none.

    See Also
    --------
    core.exporting.script : Writes scripts.

    Examples
    --------
    >>> from core.data.preparation import NumberStep
    >>> NumberStep.script.names, NumberStep.script.dense
    ('NUMBERS', 'Numbers()')
    """

    names: str
    dense: str
    text: str
    sources: tuple[Callable[..., object], ...] = ()
    constants: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    indicators: bool = False
    codes: str = ""


@dataclass(frozen=True)
class Parts(Generic[T]):
    """What steps add to a model in one of its forms, the columns of each part side by side.

    Parameters
    ----------
    dense : list
        Inputs of the network, float64.
    indicators : list
        Missing indicators, float64.
    hot : list
        One-hot inputs, float64.

    See Also
    --------
    Step.in_keras, Step.in_onnx : Return it.

    Examples
    --------
    >>> Parts(dense=["scaled"]) + Parts(["more"], hot=["levels"])
    Parts(dense=['scaled', 'more'], indicators=[], hot=['levels'])
    """

    dense: list[T] = field(default_factory=list)
    indicators: list[T] = field(default_factory=list)
    hot: list[T] = field(default_factory=list)

    def __add__(self, other: Parts[T]) -> Parts[T]:
        return Parts(self.dense + other.dense, self.indicators + other.indicators, self.hot + other.hot)

    def in_order(self) -> list[T]:
        """Return all of them as a network takes them."""
        return [*self.dense, *self.indicators, *self.hot]


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
    >>> step.name, step.says
    ('sex', '2 levels')
    """

    #: Names the step in files; never changed once a model was exported with it.
    kind: ClassVar[str]
    #: The columns that it prepares.
    column_kind: ClassVar[ColumnKind]
    #: What an exported model takes for such a column.
    input_kind: ClassVar[InputKind]
    #: What people call such columns.
    label: ClassVar[str]
    #: How a script prepares them.
    script: ClassVar[Scripted]
    #: What a person can choose about them.
    settings: ClassVar[tuple[StepSetting, ...]] = ()

    name: str

    @classmethod
    @abstractmethod
    def fit(cls, column: pd.Series, labels: Labels | None = None, choices: Choices = NO_CHOICES) -> Self:
        """Learn the step from training rows, and from their classes where it looks at these."""

    @classmethod
    def fit_dense(
        cls, column: pd.Series, labels: Labels | None = None, choices: Choices = NO_CHOICES
    ) -> tuple[Self, np.ndarray, np.ndarray]:
        """Return the step, and what :meth:`dense` is for the training rows themselves.

        It differs from what ``dense`` returns where a step looks at classes: no row sees its own.
        """
        step = cls.fit(column, labels, choices)
        return step, *step.dense(column)

    @classmethod
    def chosen(cls, choices: Choices, name: str) -> str | int:
        """Return a setting as chosen, or its default."""
        return choices.get(name, next(setting.default for setting in cls.settings if setting.name == name))

    @classmethod
    @abstractmethod
    def suits(cls, dtype: np.dtype | ExtensionDtype) -> bool:
        """Return whether the type of a column's values alone says that it is of this kind."""

    @classmethod
    def recognises(cls, values: pd.Series, known: int, distinct: int) -> str:
        """Return one sentence on why a column of text is of this kind, empty where it is not.

        Parameters
        ----------
        values : Series of str
        known, distinct : int
            Rows with a value, and different values.
        """
        return ""

    @classmethod
    @abstractmethod
    def max_dense(cls, column: Column, n_classes: int = 2, choices: Choices = NO_CHOICES) -> int:
        """Return how many dense columns and indicators the step of a column makes at most."""

    @classmethod
    def max_hot(cls, column: Column) -> int:
        """Return how many one-hot inputs the step of a column makes at most."""
        return 0

    @classmethod
    def usual_inputs(cls, column: Column) -> int:
        """Return how many inputs of the network the step of a column makes as a rule, its indicator not counted."""
        return 1

    @classmethod
    def fitting_bytes(cls, values: pd.Series) -> int:
        """Return the bytes that fitting takes for a while, beside the column and what it becomes."""
        return 0

    @classmethod
    def tells(cls, column: Column, values: pd.Series) -> bool:
        """Return whether two rows of a column are told apart by anything."""
        return column.distinct > 1 or (column.distinct == 1 and column.missing > 0)

    @classmethod
    def foretold(cls, column: pd.Series, choices: Choices = NO_CHOICES) -> str:
        """Return how a column will be prepared, in a few words; empty where fitting is quick and says it better."""
        return ""

    @property
    def has_indicator(self) -> bool:
        """Whether an input of its own tells missing (1) from present (0)."""
        return False

    @property
    @abstractmethod
    def dense_names(self) -> tuple[str, ...]:
        """Names of the inputs that :meth:`dense` returns."""

    @property
    @abstractmethod
    def says(self) -> str:
        """How the column is prepared, in a few words."""

    @abstractmethod
    def dense(self, column: pd.Series) -> tuple[np.ndarray, np.ndarray]:
        """Return inputs, float64, shape (n, len(dense_names)), and which rows are missing, bool, shape (n,)."""

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
    ) -> Parts[keras.KerasTensor]:
        """Return neighbouring steps in Keras' own layers and operations.

        Parameters
        ----------
        steps : sequence of steps that share this method
        inputs : sequence of KerasTensor
            One of shape (n, 1) for each step, of its :attr:`input_kind`.
        place : int
            Position of the first step, which makes layers' names unique.
        """

    @classmethod
    @abstractmethod
    def in_onnx(cls, graph: Graph, steps: Sequence[Self], names: Sequence[str]) -> Parts[str]:
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
    """A step whose columns are all inputs of the network as they are, and that may have a missing indicator.

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

    @property
    def has_indicator(self) -> bool:
        return self.indicator


class CodedStep(Step):
    """A step that encodes a column as one code per row, which is expanded to one-hot inputs.

    It may have dense columns beside, which samplers see as numbers.

    See Also
    --------
    core.data.preparation.categories.CategoryStep : One of them.

    Examples
    --------
    >>> from core.data.preparation import CategoryStep
    >>> step = CategoryStep.fit(pd.Series(["f", "m", "f"], name="sex"))
    >>> step.codes(pd.Series(["m", "f", "unheard of"])).tolist(), step.width, step.input_names
    ([1, 0, 2], 2, ('sex=f', 'sex=m'))
    """

    #: Training rows had one code only, so nothing was learned of others: every code expands to zeros.
    constant: bool

    @property
    @abstractmethod
    def width(self) -> int:
        """One-hot inputs."""

    @property
    @abstractmethod
    def input_names(self) -> tuple[str, ...]:
        """Names of these inputs."""

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
    ['category', 'date', 'number', 'text']
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
