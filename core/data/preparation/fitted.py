"""The preparation of a table: a step for every feature, fitted on training rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, groupby
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.data.columns import Column
from core.data.preparation.step import NO_CHOICES, Choices, CodedStep, DenseStep, Labels, Parts, Step, step_for

if TYPE_CHECKING:
    import keras

    from core.decision.calibration import Graph

#: What a person chose for each column: nothing.
NOTHING_CHOSEN: Mapping[str, Choices] = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class Preparation:
    """Imputation, scaling and encoding, fitted on training rows only.

    ``encode`` gives the columns of the dense steps (in the order of the steps), then the missing indicators
    (in the same order), then one code per coded step. ``expand`` turns the codes into one-hot inputs.

    Parameters
    ----------
    steps : tuple of Step
        Dense ones, as of numbers and dates, first. Plain data: another program can repeat them.

    See Also
    --------
    core.data.problem.Problem : Says which columns are features.

    Examples
    --------
    >>> import pandas as pd
    >>> from core.data.table import from_frame
    >>> table = from_frame(pd.DataFrame({"age": [20.0, 40.0, 20.0, 40.0], "sex": ["f", "m", "f", "f"]}))
    >>> preparation = Preparation.fit(table.frame, table.columns)
    >>> preparation.feature_names
    ('age', 'sex=f', 'sex=m')
    >>> preparation.transform(table.frame[:2]).tolist()
    [[-1.0, 1.0, 0.0], [1.0, 0.0, 1.0]]
    """

    steps: tuple[Step, ...]

    @classmethod
    def fit(
        cls,
        frame: pd.DataFrame,
        columns: Sequence[Column],
        labels: Labels | None = None,
        choices: Mapping[str, Choices] = NOTHING_CHOSEN,
    ) -> Preparation:
        """Learn the steps from training rows; columns that are no feature are passed over.

        Parameters
        ----------
        frame : DataFrame
        columns : sequence of Column
        labels : Labels, optional
            The classes of these rows; without them, no column is prepared by its levels' classes.
        choices : mapping of column to settings
            What a person chose for some columns.
        """
        return cls(tuple(kind.fit(frame[name], labels, chosen) for kind, name, chosen in _kinds(columns, choices)))

    @classmethod
    def fit_encode(
        cls,
        frame: pd.DataFrame,
        columns: Sequence[Column],
        labels: Labels | None = None,
        choices: Mapping[str, Choices] = NOTHING_CHOSEN,
    ) -> tuple[Preparation, np.ndarray]:
        """Learn the steps, and return what the training rows themselves are trained with.

        It differs from what :meth:`encode` makes of them where a step looks at classes: no row sees its own.
        """
        made = [kind.fit_dense(frame[name], labels, chosen) for kind, name, chosen in _kinds(columns, choices)]
        preparation = cls(tuple(step for step, *_ in made))
        return preparation, preparation._joined(frame, [(dense, missing) for _, dense, missing in made])

    @cached_property
    def dense(self) -> tuple[DenseStep, ...]:
        return tuple(step for step in self.steps if isinstance(step, DenseStep))

    @cached_property
    def coded(self) -> tuple[CodedStep, ...]:
        return tuple(step for step in self.steps if isinstance(step, CodedStep))

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """The first encoded column of every step, and behind them the first indicator."""
        return tuple(accumulate((len(step.dense_names) for step in self.steps), initial=0))

    @property
    def _n_dense(self) -> int:
        return self.starts[-1] + sum(step.has_indicator for step in self.steps)

    @property
    def categorical(self) -> tuple[int, ...]:
        """Columns of ``encode``'s result that hold codes."""
        return tuple(range(self._n_dense, self._n_dense + len(self.coded)))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of ``expand``'s columns: ``age``, ``age is missing``, ``sex=F``."""
        dense = [name for step in self.steps for name in step.dense_names]
        indicators = [f"{step.name} is missing" for step in self.steps if step.has_indicator]
        return (*dense, *indicators, *(name for step in self.coded for name in step.input_names))

    def encode(self, frame: pd.DataFrame) -> np.ndarray:
        """Return dense columns, missing indicators and codes, float64, shape (n, n_encoded)."""
        return self._joined(frame, (step.dense(frame[step.name]) for step in self.steps))

    def _joined(self, frame: pd.DataFrame, parts: Iterable[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
        encoded = np.empty((len(frame), self._n_dense + len(self.coded)))
        indicator = self.starts[-1]
        for start, end, step, (columns, missing) in zip(self.starts, self.starts[1:], self.steps, parts, strict=False):
            encoded[:, start:end] = columns
            if step.has_indicator:
                encoded[:, indicator] = missing
                indicator += 1
        for at, coded in zip(self.categorical, self.coded, strict=True):
            encoded[:, at] = coded.codes(frame[coded.name])
        return encoded

    def expand(self, encoded: np.ndarray) -> np.ndarray:
        """Return network inputs, float32, shape (n, n_features); codes are rounded, unknown ones become zeros."""
        expanded = np.zeros((len(encoded), len(self.feature_names)), dtype=np.float32)
        expanded[:, : self._n_dense] = encoded[:, : self._n_dense]
        start = self._n_dense
        rows = np.arange(len(encoded))
        for at, step in zip(self.categorical, self.coded, strict=True):
            codes = np.rint(encoded[:, at]).astype(np.int64)
            known = (codes >= 0) & (codes < step.width) & (not step.constant)
            expanded[rows[known], start + codes[known]] = 1
            start += step.width
        return expanded

    def inputs_of(self, names: Iterable[str]) -> np.ndarray:
        """Return the places in ``expand``'s columns of what some columns of the table become."""
        owners = [step.name for step in self.steps for _ in step.dense_names]
        owners += [step.name for step in self.steps if step.has_indicator]
        owners += [step.name for step in self.coded for _ in step.input_names]
        return np.flatnonzero(np.isin(np.array(owners, dtype=object), list(names)))

    def transform(self, frame: pd.DataFrame) -> np.ndarray:
        """Return network inputs of raw rows, float32, shape (n, n_features)."""
        return self.expand(self.encode(frame))

    def in_keras(self, inputs: Sequence[keras.KerasTensor]) -> list[keras.KerasTensor]:
        """Return ``transform`` in Keras' layers and operations: side by side the network's inputs, float64.

        Parameters
        ----------
        inputs : sequence of KerasTensor
            One per step, of shape (n, 1).
        """
        exported: Parts[keras.KerasTensor] = Parts()
        for place, steps in _runs(self.steps):
            exported += steps[0].in_keras(steps, inputs[place : place + len(steps)], place)
        return exported.in_order()

    def in_onnx(self, graph: Graph, names: Sequence[str]) -> list[str]:
        """Return ``transform`` as nodes of an ONNX graph: the outputs' names, given the inputs', one per step."""
        exported: Parts[str] = Parts()
        for place, steps in _runs(self.steps):
            exported += steps[0].in_onnx(graph, steps, names[place : place + len(steps)])
        return exported.in_order()


def _kinds(columns: Sequence[Column], choices: Mapping[str, Choices]) -> Iterator[tuple[type[Step], str, Choices]]:
    """Return the kind of step of every feature, its column and its settings: dense steps, then those with codes."""
    kinds = [(kind, column.name) for column in columns if (kind := step_for(column)) is not None]
    for coded in (False, True):
        for kind, name in kinds:
            if issubclass(kind, CodedStep) == coded:
                yield kind, name, choices.get(name, NO_CHOICES)


def _runs(steps: Sequence[Step]) -> Iterator[tuple[int, list[Step]]]:
    """Return neighbouring steps with the same exported form, and the position of the first."""
    place = 0
    for _, run in groupby(steps, key=_form):
        members = list(run)
        yield place, members
        place += len(members)


def _form(step: Step) -> type:
    """Return the class that says how a step is exported: that of numbers for dates, too."""
    return next(cls for cls in type(step).__mro__ if "in_keras" in vars(cls) or "in_onnx" in vars(cls))
