"""Numbers: imputed by the median, scaled and clipped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionDtype

from core.data.columns import Column, ColumnKind
from core.data.preparation.step import DenseStep, InputKind, layer_name, register
from core.data.reading.cells import ColumnReading

if TYPE_CHECKING:
    import keras

    from core.decision.calibration import Graph

#: Standard deviations from the mean beyond which an input of the network is cut.
CLIP = 10.0
_MAX_ABSOLUTE = 1e150  # squares of larger numbers overflow


@register
@dataclass(frozen=True)
class NumberStep(DenseStep):
    """Impute, scale and clip a number.

    The network's input is ``clip((x - mean) / scale, -CLIP, CLIP)``, where a missing x is the median, or 0
    where the column is constant.

    Parameters
    ----------
    name : str
    median, mean, scale : float
        Of the training rows.
    indicator : bool
        An input of its own tells missing (1) from present (0), because training rows had both.
    constant : bool
        Training rows had one value at most, so nothing was learned of others.

    Examples
    --------
    >>> import pandas as pd
    >>> step = NumberStep.fit(pd.Series([1.0, 3.0, None, 2.0], name="age"))
    >>> step.median, step.indicator, step.scaled(step.values(pd.Series([2.0, None]))).tolist()
    (2.0, True, [0.0, 0.0])
    """

    kind: ClassVar[str] = "number"
    column_kind: ClassVar[ColumnKind] = "numeric"
    input_kind: ClassVar[InputKind] = "number"

    median: float
    mean: float
    scale: float
    indicator: bool = False
    constant: bool = False

    @classmethod
    def as_floats(cls, column: pd.Series) -> np.ndarray:
        """Return x, float64, shape (n,), NaN where missing."""
        return pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)

    @classmethod
    def fit(cls, column: pd.Series) -> Self:
        from sklearn.preprocessing import StandardScaler

        name, x = str(column.name), cls.as_floats(column)
        missing = np.isnan(x)
        if missing.all():
            return cls(name, 0.0, 0.0, 1.0, constant=True)
        x = np.clip(x, -_MAX_ABSOLUTE, _MAX_ABSOLUTE)
        indicator = bool(missing.any())
        # The median that SimpleImputer finds, without its masked arrays.
        median = float(np.median(x[~missing] if indicator else x))
        if indicator:
            x[missing] = median
        scaler = StandardScaler(copy=False).fit(x[:, None])
        mean, scale = float(scaler.mean_[0]), float(scaler.scale_[0])
        # The scaler takes a spread within rounding error for none, and then scales by 1.
        constant = scale != float(np.sqrt(scaler.var_[0]))
        return cls(name, median, mean, scale, indicator, constant)

    @classmethod
    def suits(cls, dtype: np.dtype | ExtensionDtype) -> bool:
        return pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype)

    @classmethod
    def max_encoded(cls, column: Column) -> int:
        return 1 + (column.missing > 0)

    @classmethod
    def max_inputs(cls, column: Column) -> int:
        return cls.max_encoded(column)

    @property
    def width(self) -> int:
        return 1

    @property
    def input_names(self) -> tuple[str, ...]:
        return (self.name,)

    def values(self, column: pd.Series) -> np.ndarray:
        """Return x, float64, shape (n,), NaN where missing."""
        return self.as_floats(column)

    def scaled(self, x: np.ndarray) -> np.ndarray:
        """Return the network's input for x, shape (n,)."""
        if self.constant:
            return np.zeros(len(x))
        known = np.where(np.isnan(x), self.median, x)
        return np.clip((known - self.mean) / self.scale, -CLIP, CLIP)

    def dense(self, column: pd.Series) -> tuple[np.ndarray, np.ndarray]:
        x = self.values(column)
        return self.scaled(x)[:, None], np.isnan(x)

    def model_input(self, column: pd.Series) -> np.ndarray:
        return self.values(column)

    def usual_reading(self) -> ColumnReading:
        return ColumnReading("number")

    def shown(self, x: float) -> str:
        """Return x as people read it."""
        return f"{x:.4g}"

    @classmethod
    def in_keras(
        cls, steps: Sequence[Self], inputs: Sequence[keras.KerasTensor], place: int
    ) -> tuple[list[keras.KerasTensor], list[keras.KerasTensor]]:
        from keras import layers, ops

        join = layers.Concatenate(dtype="float64", name=layer_name("numbers", place))
        x = join(list(inputs)) if len(inputs) > 1 else inputs[0]
        numbers = _Constants.of(steps)
        known = ops.isfinite(x)
        x = ops.where(known, x, numbers.median)
        scaled = ops.clip((x - numbers.mean) / numbers.scale, -CLIP, CLIP) * numbers.varies
        if not len(numbers.indicators):
            return [scaled], []
        return [scaled], [1.0 - ops.cast(ops.take(known, numbers.indicators, axis=1), "float64")]

    @classmethod
    def in_onnx(cls, graph: Graph, steps: Sequence[Self], names: Sequence[str]) -> tuple[list[str], list[str]]:
        from onnx import TensorProto

        numbers, x = _Constants.of(steps), graph.joined(names)
        missing = graph.add("Or", graph.add("IsNaN", x), graph.add("IsInf", x))
        x = graph.add("Where", missing, numbers.median, x)
        scaled = graph.add("Div", graph.add("Sub", x, numbers.mean), numbers.scale)
        clipped = graph.add("Mul", graph.add("Clip", scaled, -CLIP, CLIP), numbers.varies)
        if not len(numbers.indicators):
            return [clipped], []
        flags = graph.add("Cast", missing, to=TensorProto.DOUBLE)
        return [clipped], [graph.add("Gather", flags, numbers.indicators, axis=1)]


@dataclass(frozen=True, eq=False)
class _Constants:
    """Constants of several steps, each of shape (1, n_steps) but for the positions of those with an indicator.

    ``varies`` is 1, or 0 for a column that was constant in training, whose input is 0.
    """

    median: np.ndarray
    mean: np.ndarray
    scale: np.ndarray
    varies: np.ndarray
    indicators: np.ndarray

    @classmethod
    def of(cls, steps: Sequence[NumberStep]) -> _Constants:
        median, mean, scale = (np.array([[getattr(s, n) for s in steps]]) for n in ("median", "mean", "scale"))
        varies = np.array([[0.0 if step.constant else 1.0 for step in steps]])
        return cls(median, mean, scale, varies, np.flatnonzero([step.indicator for step in steps]))
