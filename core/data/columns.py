"""A column of a table, and how its kind is detected."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from core.words import counted

ColumnKind = Literal["numeric", "categorical", "date", "identifier", "constant", "ignored"]
FEATURE_KINDS: tuple[ColumnKind, ...] = ("numeric", "categorical", "date")
# Text with more different values is no feature, or one whose rare levels are grouped.
_MANY_VALUES = 50
_ID_NAME = re.compile(r"(?:^|[_\W])(id|uuid|guid|index|rownames?|unnamed: 0)$|[a-z]I[Dd]$|^key$", re.IGNORECASE)


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    missing : int
        Rows without a value.
    distinct : int
        Different values, missing ones not counted.
    note : str
        One sentence on why it has its kind, where that is not plain.
    """

    name: str
    kind: ColumnKind
    missing: int
    distinct: int
    note: str = ""


def describe_column(values: pd.Series) -> Column:
    """Return what is known of a cleaned column: its kind, detected from its type, name and values.

    Examples
    --------
    >>> describe_column(pd.Series([0.5, 1.5, None], name="age"))
    Column(name='age', kind='numeric', missing=1, distinct=2, note='')
    """
    name, rows = str(values.name), len(values)
    missing = int(values.isna().sum())
    known = rows - missing
    distinct = count_distinct(values)
    kind, note = _kind(values, name, known, distinct)
    if kind == "numeric" and missing == 0 and distinct == rows and _is_counter(values):
        kind, note = "identifier", "It counts the rows."
    return Column(name, kind, missing, distinct, note)


def count_distinct(values: pd.Series) -> int:
    """Return how many different values a column has, missing ones not counted."""
    if isinstance(values.dtype, np.dtype) and values.dtype.kind == "f":
        plain = values.to_numpy()
        return len(np.unique(plain[~np.isnan(plain)]))
    return int(values.nunique())


def _is_counter(values: pd.Series) -> bool:
    whole = pd.api.types.is_integer_dtype(values.dtype)
    return whole and len(values) >= 20 and int(values.max()) - int(values.min()) == len(values) - 1


def _kind(values: pd.Series, name: str, known: int, distinct: int) -> tuple[ColumnKind, str]:
    dtype = values.dtype
    if distinct == 0:
        return "constant", "It has no values."
    if distinct == 1 and known == len(values):
        return "constant", "It has one value only."
    if pd.api.types.is_bool_dtype(dtype):
        return "categorical", ""
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return "date", ""
    named_id = _ID_NAME.search(name) is not None
    if pd.api.types.is_numeric_dtype(dtype):
        if not (named_id and pd.api.types.is_integer_dtype(dtype)):
            return "numeric", ""
        if distinct == known or distinct > max(_MANY_VALUES, known / 2):
            return "identifier", "Its name and its many different values say that it only names the rows."
        return "categorical", "Its name says that its numbers are names."
    if distinct == known and known >= 10:
        return "identifier", "Every row has another text."
    if distinct > max(_MANY_VALUES, known / 2):
        return "ignored", f"It has {distinct:,} different texts in {counted(known, 'row')}: too many to learn from."
    if distinct > _MANY_VALUES:
        return "categorical", f"Only its commonest levels count; the rest of its {distinct:,} are grouped."
    return "categorical", ""
