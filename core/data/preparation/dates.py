"""Moments: how long after the first training row, and where in the day, the week, the month and the year."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self, TypeVar

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionDtype

from core.data.columns import Column, ColumnKind
from core.data.preparation.numbers import NumberStep, learned, suited
from core.data.preparation.step import NO_CHOICES, Choices, InputKind, Labels, Parts, Scripted, StepSetting, register
from core.data.reading.cells import ColumnReading, days_of

if TYPE_CHECKING:
    import keras

    from core.decision.calibration import Graph

#: Parts of a moment, in the order of their inputs; the weekend is one input, the others are points on a circle.
PARTS = ("hour", "weekday", "weekend", "day", "month")
_SAID = {
    "hour": "hour of day",
    "weekday": "day of week",
    "weekend": "weekend",
    "day": "day of month",
    "month": "month",
}


@register
@dataclass(frozen=True)
class DateStep(NumberStep):
    """A moment as time since the first training row, and its parts that vary there.

    The time is scaled as numbers are: days since 1970-01-01, with fraction, differ from seconds since the first row
    by a factor and a shift that the scaling takes away. Hour of day, day of week, day of month and month are the sine
    and cosine of their place on a circle; whether it is a weekend is 0 or 1. All these are 0 where the moment is
    missing.

    Parameters
    ----------
    parts : tuple of str
        Of ``PARTS``, those that vary in the training rows; steps of earlier versions have none.

    Examples
    --------
    >>> import pandas as pd
    >>> step = DateStep.fit(pd.Series(pd.to_datetime(["2024-01-05 12:00", "2024-01-06 18:00"]), name="paid"))
    >>> step.parts, step.dense(pd.Series([pd.Timestamp("2024-01-06 06:00")]))[0].round(2).tolist()
    (('hour', 'weekday', 'weekend', 'day'), [[0.2, 1.0, 0.0, -0.97, -0.22, 1.0, 0.85, 0.53]])
    """

    kind: ClassVar[str] = "date"
    column_kind: ClassVar[ColumnKind] = "date"
    input_kind: ClassVar[InputKind] = "date"
    label: ClassVar[str] = "Dates and times"
    settings: ClassVar[tuple[StepSetting, ...]] = ()

    parts: tuple[str, ...] = ()

    @classmethod
    def as_floats(cls, column: pd.Series) -> np.ndarray:
        return days_of(column)

    @classmethod
    def fit(cls, column: pd.Series, labels: Labels | None = None, choices: Choices = NO_CHOICES) -> Self:
        days = cls.as_floats(column)
        return cls(str(column.name), *learned_days(days), varying(days))

    @classmethod
    def suits(cls, dtype: np.dtype | ExtensionDtype) -> bool:
        return pd.api.types.is_datetime64_any_dtype(dtype)

    @classmethod
    def max_dense(cls, column: Column, n_classes: int = 2, choices: Choices = NO_CHOICES) -> int:
        return 2 * len(PARTS) + (column.missing > 0)

    @classmethod
    def usual_inputs(cls, column: Column) -> int:
        return 2 * len(PARTS) - 2  # a day without an hour, or a month alone

    @property
    def dense_names(self) -> tuple[str, ...]:
        names = [self.name]
        for part in self.parts:
            said = f"{self.name}: {_SAID[part]}"
            names += [said] if part == "weekend" else [f"{said} (sine)", f"{said} (cosine)"]
        return tuple(names)

    @property
    def says(self) -> str:
        if self.constant and not self.parts:
            return "one moment: always 0"
        time = "time since the first row" + " with a smooth clip, since some are far off" * (self.scaling == "robust")
        return ", ".join([time, *(_SAID[part] for part in self.parts)])

    def dense(self, column: pd.Series) -> tuple[np.ndarray, np.ndarray]:
        days = self.values(column)
        missing = np.isnan(days)
        inputs = np.zeros((len(days), len(self.dense_names)))
        inputs[:, 0] = self.scaled(days)
        inputs[~missing, 1:] = placed(days[~missing], self.parts)
        return inputs, missing

    def usual_reading(self) -> ColumnReading:
        return ColumnReading("date", formats=("ISO8601",))

    def shown(self, x: float) -> str:
        moment = np.datetime64(round(x * 86_400_000_000), "us")
        day = str(moment.astype("datetime64[D]"))
        return str(moment)[11:16] if day == "1900-01-01" else day  # a time of day without a date

    @classmethod
    def in_keras(
        cls, steps: Sequence[Self], inputs: Sequence[keras.KerasTensor], place: int
    ) -> Parts[keras.KerasTensor]:
        from keras import ops

        exported: Parts[keras.KerasTensor] = Parts()
        for at, (step, days) in enumerate(zip(steps, inputs, strict=True), place):
            exported += super().in_keras([step], [days], at)
            known = ops.isfinite(days)
            parts = _on_circles(ops.where(known, days, 0.0), step.parts, ops)
            exported += Parts([ops.where(known, one, 0.0) for name in step.parts for one in parts[name]])
        return exported

    @classmethod
    def in_onnx(cls, graph: Graph, steps: Sequence[Self], names: Sequence[str]) -> Parts[str]:
        exported: Parts[str] = Parts()
        for step, days in zip(steps, names, strict=True):
            exported += super().in_onnx(graph, [step], [days])
            missing = graph.add("Or", graph.add("IsNaN", days), graph.add("IsInf", days))
            nodes = _Nodes(graph)
            known = _Node(nodes, graph.add("Where", missing, 0.0, days))
            parts = _on_circles(known, step.parts, nodes)
            exported += Parts(
                [graph.add("Where", missing, 0.0, one.name) for name in step.parts for one in parts[name]]
            )
        return exported


class _Functions(Protocol):
    """NumPy, ``keras.ops``, or the nodes of an ONNX graph."""

    @property
    def floor(self) -> Callable[[Any], Any]: ...

    @property
    def sin(self) -> Callable[[Any], Any]: ...


A = TypeVar("A", bound=Any)


def learned_days(days: np.ndarray) -> tuple[float, float, float, bool, bool, str, float]:
    """Return what is learned of moments as of numbers, with a smooth clip where some are far off.

    Examples
    --------
    >>> end_of_time = 2_932_896.0
    >>> learned_days(np.arange(100.0))[5], learned_days(np.append(np.arange(100.0), end_of_time))[5]
    ('standard', 'robust')
    """
    known = days[~np.isnan(days)]
    return learned(days, "standard" if not len(known) or suited(known) == "standard" else "robust")


def varying(days: np.ndarray) -> tuple[str, ...]:
    """Return the parts that differ between moments, given as days since 1970-01-01, NaN being missing.

    Examples
    --------
    >>> varying(np.array([0.0, 31.0, np.nan]))
    ('weekday', 'weekend', 'month')
    """
    known = np.unique(days[~np.isnan(days)])
    if len(known) < 2:
        return ()
    return tuple(part for part in PARTS if np.ptp(placed(known, (part,)), axis=0).max() > 1e-9)


def placed(days: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Return the inputs of the parts of moments side by side, none of which is missing.

    Examples
    --------
    >>> placed(np.array([0.25]), ("hour", "weekend")).round(9).tolist()
    [[1.0, 0.0, 0.0]]
    """
    parts = _on_circles(days, names, np)
    columns = [one for name in names for one in parts[name]]
    return np.column_stack(columns) if columns else np.zeros((len(days), 0))


def _on_circles(days: A, names: Sequence[str], xp: _Functions) -> dict[str, list[A]]:
    """Return the inputs of the parts of moments, given days since 1970-01-01.

    Only arithmetic, floor and sine are used, so that arrays, tensors and graphs get the same. The calendar is that of
    Howard Hinnant, "chrono-compatible low-level date algorithms", with days counted from March 1 of the year 0.
    """
    parts = {}
    whole = xp.floor(days)
    if "hour" in names:
        parts["hour"] = _circle(days - whole, xp)
    if "weekday" in names or "weekend" in names:
        weekday = whole + 3.0 - xp.floor((whole + 3.0) / 7.0) * 7.0  # 1970-01-01 was a Thursday
        parts["weekday"] = _circle(weekday / 7.0, xp)
        parts["weekend"] = [xp.floor(weekday / 5.0)]
    if "day" in names or "month" in names:
        count = whole + 719468.0
        in_era = count - xp.floor(count / 146097.0) * 146097.0
        leaps = xp.floor(in_era / 36524.0) - xp.floor(in_era / 1460.0) - xp.floor(in_era / 146096.0)
        year = xp.floor((in_era + leaps) / 365.0)
        in_year = in_era - year * 365.0 - xp.floor(year / 4.0) + xp.floor(year / 100.0)
        month = xp.floor((in_year * 5.0 + 2.0) / 153.0)  # from March on
        day = in_year - xp.floor((month * 153.0 + 2.0) / 5.0)  # from 0 on
        parts["day"], parts["month"] = _circle(day / 31.0, xp), _circle((month + 2.0) / 12.0, xp)
    return parts


def _circle(turns: A, xp: _Functions) -> list[A]:
    return [xp.sin(turns * (2 * np.pi)), xp.sin((turns + 0.25) * (2 * np.pi))]


@dataclass(frozen=True)
class _Node:
    """A value in an ONNX graph that can be calculated with."""

    nodes: _Nodes
    name: str

    def _with(self, operation: str, other: _Node | float) -> _Node:
        given = other.name if isinstance(other, _Node) else np.float64(other)
        return _Node(self.nodes, self.nodes.graph.add(operation, self.name, given))

    def __add__(self, other: _Node | float) -> _Node:
        return self._with("Add", other)

    def __sub__(self, other: _Node | float) -> _Node:
        return self._with("Sub", other)

    def __mul__(self, other: _Node | float) -> _Node:
        return self._with("Mul", other)

    def __truediv__(self, other: _Node | float) -> _Node:
        return self._with("Div", other)


@dataclass(frozen=True)
class _Nodes:
    """Functions that add nodes to an ONNX graph."""

    graph: Graph

    def floor(self, x: _Node) -> _Node:
        return _Node(self, self.graph.add("Floor", x.name))

    def sin(self, x: _Node) -> _Node:
        return _Node(self, self.graph.add("Sin", x.name))


DateStep.script = Scripted(
    "DATES",
    "Dates()",
    """
class Dates(TransformerMixin, BaseEstimator):
    \"\"\"Moments: the time, scaled, and those parts of it that vary in the training rows.\"\"\"

    def fit(self, X, y=None):
        self.learned_ = [(learned_days(X[name].to_numpy(float)), varying(X[name].to_numpy(float))) for name in X]
        return self

    def transform(self, X):
        columns = []
        for name, ((median, mean, scale, _, constant, scaling, unit), parts) in zip(X, self.learned_):
            days = X[name].to_numpy(float)
            columns.append(np.zeros(len(days)) if constant else scaled(days, median, mean, scale, scaling, unit))
            circles = placed(np.nan_to_num(days), parts)
            circles[np.isnan(days)] = 0
            columns.append(circles)
        return np.column_stack(columns)
""",
    sources=(*NumberStep.script.sources, learned_days, varying, placed, _on_circles, _circle),
    constants=(*NumberStep.script.constants, "PARTS"),
    indicators=True,
)
