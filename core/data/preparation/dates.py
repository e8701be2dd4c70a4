"""Dates: days since 1970, and from there on numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionDtype

from core.data.columns import ColumnKind
from core.data.preparation.numbers import NumberStep
from core.data.preparation.step import InputKind, register
from core.data.reading.cells import ColumnReading

_DAY = 86_400_000_000  # microseconds


@register
@dataclass(frozen=True)
class DateStep(NumberStep):
    """A moment as days, with fraction, since 1970-01-01; imputed, scaled and clipped as numbers are.

    Examples
    --------
    >>> import pandas as pd
    >>> DateStep.as_floats(pd.Series([pd.Timestamp("1970-01-02 12:00"), pd.NaT])).tolist()
    [1.5, nan]
    """

    kind: ClassVar[str] = "date"
    column_kind: ClassVar[ColumnKind] = "date"
    input_kind: ClassVar[InputKind] = "date"

    @classmethod
    def as_floats(cls, column: pd.Series) -> np.ndarray:
        moments = column.to_numpy().astype("datetime64[us]")
        return np.where(np.isnat(moments), np.nan, moments.astype(np.int64) / _DAY)

    @classmethod
    def suits(cls, dtype: np.dtype | ExtensionDtype) -> bool:
        return pd.api.types.is_datetime64_any_dtype(dtype)

    def usual_reading(self) -> ColumnReading:
        return ColumnReading("date", formats=("ISO8601",))

    def shown(self, x: float) -> str:
        return str(pd.Timestamp(x, unit="D").date())
