"""What a model's inputs are called and take: one for each column, in the steps' order."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from core.data.preparation import CategoryStep, NumberStep, Preparation, Step
from core.data.reading.cells import ColumnReading, Reading
from core.data.table import Table

_WHOLE = re.compile(r"-?(0|[1-9]\d*)")
InputKind = Literal["number", "date", "text"]
# Keras gives its own operations such names ("mean", "clip_3"), and no two parts of a model may share one.
_OPERATION = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Input:
    """One input of an exported model.

    Parameters
    ----------
    column : str
        Name in the table.
    name : str
        Name in the model; another one only where Keras cannot use the column's.
    kind : {"number", "date", "text"}
        Floats with NaN for missing; days since 1970-01-01 with NaN for missing; strings with ""
        for missing.
    """

    column: str
    name: str
    kind: InputKind


def usual(step: Step) -> ColumnReading:
    """Return how a column is read for a model that kept nothing on it: as plain as its values are."""
    if isinstance(step, NumberStep):
        return ColumnReading("date", formats=("ISO8601",)) if step.date else ColumnReading("number")
    if step.levels and set(step.levels) <= {"True", "False"}:
        return ColumnReading("truth")
    return ColumnReading("number" if step.levels and all(map(_WHOLE.fullmatch, step.levels)) else "text")


def readings_of(table: Table, preparation: Preparation) -> Reading:
    """Return how the inputs' columns are read; of a run of an earlier version, which kept nothing, as is usual."""
    columns = [(step.name, table.reading.of(step.name) or usual(step)) for step in preparation.steps]
    return Reading(replace(table.reading.file, names=tuple(map(str, table.frame.columns))), tuple(columns))


def inputs_of(preparation: Preparation) -> tuple[Input, ...]:
    """Return the inputs of a model with this preparation, numbers and dates first."""
    import keras

    taken: set[str] = set()
    found = []
    for step in preparation.steps:
        name = step.name.replace("/", "∕")
        base = re.sub(r"_\d+$", "", name)
        if _OPERATION.fullmatch(name) and hasattr(keras.ops, base):
            name = f"{name} (column)"
        while name in taken:
            name += "'"
        taken.add(name)
        kind: InputKind = "text" if isinstance(step, CategoryStep) else "date" if step.date else "number"
        found.append(Input(step.name, name, kind))
    return tuple(found)


@dataclass(frozen=True, eq=False)
class Numbers:
    """The numeric steps' constants, each of shape (1, n_numbers) but for the positions of those with an indicator.

    ``varies`` is 1, or 0 for a column that was constant in training, whose input is 0.
    """

    median: np.ndarray
    mean: np.ndarray
    scale: np.ndarray
    varies: np.ndarray
    indicators: np.ndarray

    @classmethod
    def of(cls, steps: tuple[NumberStep, ...]) -> Numbers:
        median, mean, scale = (np.array([[getattr(s, n) for s in steps]]) for n in ("median", "mean", "scale"))
        varies = np.array([[0.0 if step.constant else 1.0 for step in steps]])
        return cls(median, mean, scale, varies, np.flatnonzero([step.indicator for step in steps]))


def level_rows(step: CategoryStep) -> np.ndarray:
    """Return one-hot rows, float64, shape (2 + levels, width): for missing, for unseen, then for each level."""
    rows = np.zeros((2 + len(step.levels), step.width + 1))
    mode = step.levels.index(step.mode) if step.mode in step.levels else step.unseen
    rows[0, step.width - 1 if step.missing else mode] = 1
    rows[1, step.unseen] = 1
    rows[np.arange(len(step.levels)) + 2, np.arange(len(step.levels))] = 1
    if step.constant:
        rows[:] = 0
    # An unseen level without a code of its own falls into the extra column: all zeros.
    return rows[:, : step.width]
