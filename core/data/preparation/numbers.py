"""Numbers: imputed by the median, then scaled in the way that suits them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionDtype

from core.data.columns import Column, ColumnKind
from core.data.preparation.step import (
    NO_CHOICES,
    Choices,
    DenseStep,
    InputKind,
    Labels,
    Parts,
    Scripted,
    StepSetting,
    layer_name,
    register,
)
from core.data.reading.cells import ColumnReading

if TYPE_CHECKING:
    import keras

    from core.decision.calibration import Graph

#: Standard deviations from the mean beyond which an input of the network is cut.
CLIP = 10.0
#: What a robust input approaches, however far out the number is.
BOUND = 3.0
#: Kurtosis from which on tails are heavy; that of a normal distribution is 3, of an exponential one 9.
HEAVY = 8.0
_MAX_ABSOLUTE = 1e150  # squares of larger numbers overflow
_FAR = 1e6  # quartile ranges: what lies beyond is at the bound, and its square must not overflow
_SAMPLE = 20_000  # rows that decide on a scaling
_FEW_VALUES = 10  # a count or a code of so few values has no tail
_SAID = {
    "standard": "standard scaling",
    "robust": "robust scaling with a smooth clip, since the tails are heavy",
    "log": "signed logarithm, since the tails are heavy",
}


@register
@dataclass(frozen=True)
class NumberStep(DenseStep):
    """Impute, scale and clip a number.

    With x the number, or the median where it is missing, and z = (x - mean) / scale, the network's input is:
    ``standard``, clip(z, -10, 10); ``robust``, z / sqrt(1 + (z / 3)²) with the median as the mean and the range of the
    quartiles as the scale; ``log``, the standard form of sign(x) log(1 + |x| / unit). It is 0 where the column was
    constant in the training rows.

    Parameters
    ----------
    name : str
    median, mean, scale : float
        Of the training rows; mean and scale after the logarithm.
    indicator : bool
        An input of its own tells missing (1) from present (0), because training rows had both.
    constant : bool
        Training rows had one value at most, so nothing was learned of others.
    scaling : {"standard", "robust", "log"}
    unit : float
        What numbers are divided by before the logarithm.

    References
    ----------
    The smooth clip is that of Holzmüller et al. (2024), https://arxiv.org/abs/2407.04491, and of skrub's
    ``SquashingScaler``.

    Examples
    --------
    >>> import pandas as pd
    >>> step = NumberStep.fit(pd.Series([1.0, 3.0, None, 2.0], name="age"))
    >>> step.median, step.indicator, step.scaled(step.values(pd.Series([2.0, None]))).tolist()
    (2.0, True, [0.0, 0.0])
    >>> NumberStep.fit(pd.Series(np.geomspace(1, 1e9, 99), name="fee")).scaling
    'log'
    """

    kind: ClassVar[str] = "number"
    column_kind: ClassVar[ColumnKind] = "numeric"
    input_kind: ClassVar[InputKind] = "number"
    label: ClassVar[str] = "Numbers"
    settings: ClassVar[tuple[StepSetting, ...]] = (
        StepSetting(
            "scaling",
            "Scaling",
            "What large values count for: by their standard deviations, cut smoothly, or by their logarithm; "
            "auto takes what suits the training rows.",
            "auto",
            options=("auto", "standard", "robust", "log"),
        ),
    )

    median: float
    mean: float
    scale: float
    indicator: bool = False
    constant: bool = False
    scaling: str = "standard"
    unit: float = 1.0

    @classmethod
    def as_floats(cls, column: pd.Series) -> np.ndarray:
        """Return x, float64, shape (n,), NaN where missing."""
        return pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)

    @classmethod
    def fit(cls, column: pd.Series, labels: Labels | None = None, choices: Choices = NO_CHOICES) -> Self:
        return cls(str(column.name), *learned(cls.as_floats(column), str(cls.chosen(choices, "scaling"))))

    @classmethod
    def suits(cls, dtype: np.dtype | ExtensionDtype) -> bool:
        return pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype)

    @classmethod
    def max_dense(cls, column: Column, n_classes: int = 2, choices: Choices = NO_CHOICES) -> int:
        return 1 + (column.missing > 0)

    @property
    def dense_names(self) -> tuple[str, ...]:
        return (self.name,)

    @property
    def says(self) -> str:
        if self.constant:
            return "one value: only whether it is missing" if self.indicator else "one value: always 0"
        return _SAID[self.scaling]

    def values(self, column: pd.Series) -> np.ndarray:
        """Return x, float64, shape (n,), NaN where missing."""
        return self.as_floats(column)

    def scaled(self, x: np.ndarray) -> np.ndarray:
        """Return the network's input for x, shape (n,)."""
        if self.constant:
            return np.zeros(len(x))
        return scaled(x, self.median, self.mean, self.scale, self.scaling, self.unit)

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
    ) -> Parts[keras.KerasTensor]:
        from keras import layers, ops

        join = layers.Concatenate(dtype="float64", name=layer_name("numbers", place))
        x = join(list(inputs)) if len(inputs) > 1 else inputs[0]
        numbers = _Constants.of(steps)
        known = ops.isfinite(x)
        x = ops.where(known, x, numbers.median)
        if numbers.log.any():
            x = ops.where(numbers.log, ops.sign(x) * ops.log1p(ops.abs(x) / numbers.unit), x)
        z = (x - numbers.mean) / numbers.scale
        scaled = ops.clip(z, -CLIP, CLIP)
        if numbers.robust.any():
            z = ops.clip(z, -_FAR, _FAR)
            scaled = ops.where(numbers.robust, z / ops.sqrt(1 + ops.square(z / BOUND)), scaled)
        scaled = scaled * numbers.varies
        if not len(numbers.indicators):
            return Parts([scaled])
        return Parts([scaled], [1.0 - ops.cast(ops.take(known, numbers.indicators, axis=1), "float64")])

    @classmethod
    def in_onnx(cls, graph: Graph, steps: Sequence[Self], names: Sequence[str]) -> Parts[str]:
        from onnx import TensorProto

        numbers, x = _Constants.of(steps), graph.joined(names)
        missing = graph.add("Or", graph.add("IsNaN", x), graph.add("IsInf", x))
        x = graph.add("Where", missing, numbers.median, x)
        if numbers.log.any():
            size = graph.add("Log", graph.add("Add", graph.add("Div", graph.add("Abs", x), numbers.unit), 1.0))
            x = graph.add("Where", numbers.log, graph.add("Mul", graph.add("Sign", x), size), x)
        z = graph.add("Div", graph.add("Sub", x, numbers.mean), numbers.scale)
        scaled = graph.add("Clip", z, -CLIP, CLIP)
        if numbers.robust.any():
            z = graph.add("Clip", z, -_FAR, _FAR)
            part = graph.add("Div", z, BOUND)
            root = graph.add("Sqrt", graph.add("Add", graph.add("Mul", part, part), 1.0))
            scaled = graph.add("Where", numbers.robust, graph.add("Div", z, root), scaled)
        scaled = graph.add("Mul", scaled, numbers.varies)
        if not len(numbers.indicators):
            return Parts([scaled])
        flags = graph.add("Cast", missing, to=TensorProto.DOUBLE)
        return Parts([scaled], [graph.add("Gather", flags, numbers.indicators, axis=1)])


def learned(x: np.ndarray, scaling: str) -> tuple[float, float, float, bool, bool, str, float]:
    """Return median, mean, scale, whether values are missing beside others, whether all are one, scaling and unit.

    Examples
    --------
    >>> learned(np.array([1.0, 3.0, np.nan, 2.0]), "auto")[3:]
    (True, False, 'standard', 1.0)
    """
    from sklearn.preprocessing import StandardScaler

    missing = np.isnan(x)
    if missing.all():
        return 0.0, 0.0, 1.0, False, True, "standard", 1.0
    x = np.clip(x, -_MAX_ABSOLUTE, _MAX_ABSOLUTE)
    indicator, unit = bool(missing.any()), 1.0
    # The median that SimpleImputer finds, without its masked arrays.
    known = x[~missing] if indicator else x
    median = float(np.median(known))
    if scaling == "auto":
        scaling = suited(known)
    if scaling == "robust":
        low, high = np.quantile(_some(known), (0.25, 0.75))
        if high > low:
            return median, median, float(high - low), indicator, False, "robust", unit
        scaling = "standard" if known.min() == known.max() else "log"
    if indicator:
        x[missing] = median
    if scaling == "log":
        unit = _unit(known)
        x = _signed_log(_some(x), unit)
    scaler = StandardScaler(copy=False).fit(x[:, None])
    mean, scale = float(scaler.mean_[0]), float(scaler.scale_[0])
    # The scaler takes a spread within rounding error for none, and then scales by 1.
    constant = scale != float(np.sqrt(scaler.var_[0]))
    return median, mean, scale, indicator, constant, scaling, unit


def scaled(x: np.ndarray, median: float, mean: float, scale: float, scaling: str, unit: float) -> np.ndarray:
    """Return the network's inputs for numbers, NaN being missing.

    Examples
    --------
    >>> scaled(np.array([2.0, np.nan, 1e9]), 4.0, 4.0, 2.0, "robust", 1.0).round(2).tolist()
    [-0.95, 0.0, 3.0]
    """
    z = np.where(np.isnan(x), median, x)
    if scaling == "log":
        z = _signed_log(z, unit)
    # In place from here on, which takes half the time where there are many rows.
    z -= mean
    z /= scale
    if scaling != "robust":
        return np.clip(z, -CLIP, CLIP, out=z)
    np.clip(z, -_FAR, _FAR, out=z)
    root = z / BOUND
    root *= root
    root += 1
    z /= np.sqrt(root, out=root)
    return z


def suited(x: np.ndarray) -> str:
    """Return the scaling that suits numbers: standard, or another one where their tails are heavy.

    Parameters
    ----------
    x : ndarray of float64, shape (n,)
        Without missing values; some 20,000 of them, evenly spaced, decide.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> suited(rng.normal(size=500)), suited(rng.lognormal(sigma=2, size=500)), suited(rng.standard_t(1, size=500))
    ('standard', 'log', 'robust')
    """
    some = _some(x)
    if _kurtosis(some) < HEAVY or len(np.unique(some)) <= _FEW_VALUES:
        return "standard"
    low, quarter, three_quarters, high = np.quantile(some, (0, 0.25, 0.75, 1))
    one_sided = low >= 0 or high <= 0
    if one_sided and _kurtosis(_signed_log(some, _unit(some))) < HEAVY:
        return "log"
    return "robust" if three_quarters > quarter else "log"


def _some(x: np.ndarray) -> np.ndarray:
    """Return evenly spaced values, enough to decide by."""
    return x[:: -(-len(x) // _SAMPLE)]


def _kurtosis(x: np.ndarray) -> float:
    """Return the fourth standardised moment, 0 where nothing varies."""
    apart = x - x.mean()
    largest = float(np.abs(apart).max())
    if largest == 0:
        return 0.0
    squares = (apart / largest) ** 2
    return float((squares**2).mean() / squares.mean() ** 2)


def _unit(x: np.ndarray) -> float:
    """Return what numbers are divided by before the logarithm: where it bends is a small one, or a usual one.

    Of numbers on both sides of 0 it is a usual one, so that those around 0 are not torn apart.
    """
    some = np.abs(_some(x))
    some = some[some > 0]
    if not len(some):
        return 1.0
    one_sided = x.min() >= 0 or x.max() <= 0
    return max(float(np.quantile(some, 0.05 if one_sided else 0.5)), 1e-150)


def _signed_log(x: np.ndarray, unit: float) -> np.ndarray:
    size = np.minimum(np.abs(x), _MAX_ABSOLUTE)
    size /= unit
    return np.copysign(np.log1p(size, out=size), x, out=size)


@dataclass(frozen=True, eq=False)
class _Constants:
    """Constants of several steps, each of shape (1, n_steps) but for the positions of those with an indicator.

    ``varies`` is 1, or 0 for a column that was constant in training, whose input is 0.
    """

    median: np.ndarray
    mean: np.ndarray
    scale: np.ndarray
    unit: np.ndarray
    varies: np.ndarray
    robust: np.ndarray
    log: np.ndarray
    indicators: np.ndarray

    @classmethod
    def of(cls, steps: Sequence[NumberStep]) -> _Constants:
        median, mean, scale, unit = (
            np.array([[getattr(step, name) for step in steps]]) for name in ("median", "mean", "scale", "unit")
        )
        varies = np.array([[0.0 if step.constant else 1.0 for step in steps]])
        robust, log = (np.array([[step.scaling == scaling for step in steps]]) for scaling in ("robust", "log"))
        indicators = np.flatnonzero([step.indicator for step in steps])
        return cls(median, mean, scale, unit, varies, robust, log, indicators)


NumberStep.script = Scripted(
    "NUMBERS",
    "Numbers()",
    """
class Numbers(TransformerMixin, BaseEstimator):
    \"\"\"Numbers: medians for missing values, then the scaling that suits the column's training rows.\"\"\"

    def fit(self, X, y=None):
        self.learned_ = [learned(X[name].to_numpy(float), CHOSEN.get(name, {}).get("scaling", "auto")) for name in X]
        return self

    def transform(self, X):
        columns = []
        for name, (median, mean, scale, _, constant, scaling, unit) in zip(X, self.learned_):
            x = X[name].to_numpy(float)
            columns.append(np.zeros(len(x)) if constant else scaled(x, median, mean, scale, scaling, unit))
        return np.column_stack(columns)
""",
    sources=(learned, scaled, suited, _some, _kurtosis, _unit, _signed_log),
    constants=("CLIP", "BOUND", "HEAVY", "_MAX_ABSOLUTE", "_FAR", "_SAMPLE", "_FEW_VALUES"),
    indicators=True,
)
