"""How the kind of a column is detected."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from core.data.columns import UNUSED, Column, ColumnKind, count_distinct
from core.data.preparation import steps
from core.words import counted

# Text with more different values is no feature, or one whose rare levels are grouped.
_MANY_VALUES = 50
_SURE = 10  # rows, before different values in all of them mean something
_ID_NAME = re.compile(r"(?:^|[_\W])(id|uuid|guid|index|rownames?|unnamed: 0)$|[a-z]I[Dd]$|^key$", re.IGNORECASE)


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


def kind_labels() -> dict[ColumnKind, str]:
    """Return every kind of column and what people call it, those that are used first.

    Examples
    --------
    >>> sorted(kind_labels())
    ['categorical', 'constant', 'date', 'identifier', 'ignored', 'numeric', 'text']
    """
    return {step.column_kind: step.label for step in steps()} | UNUSED


def kind_of_text(values: pd.Series, known: int, distinct: int) -> tuple[ColumnKind, str] | None:
    """Return the kind that claims a column of text for itself, and why; None where it is for categories or names.

    Examples
    --------
    >>> notes = pd.Series([f"the parcel {row} never came to me" for row in range(60)])
    >>> kind_of_text(notes, 60, 60), kind_of_text(pd.Series(["a@b.example"] * 60), 60, 1)
    (('text', 'Text of 6 words on average.'), None)
    """
    for step in steps():
        note = step.recognises(values, known, distinct)
        if note:
            return step.column_kind, note
    return None


def kind_of_type(values: pd.Series) -> ColumnKind | None:
    """Return the kind that the type of a column's values alone says, None for text.

    Examples
    --------
    >>> kind_of_type(pd.Series([1, 2])), kind_of_type(pd.Series([True])), kind_of_type(pd.Series(["a"]))
    ('numeric', 'categorical', None)
    """
    return next((step.column_kind for step in steps() if step.suits(values.dtype)), None)


def _is_counter(values: pd.Series) -> bool:
    whole = pd.api.types.is_integer_dtype(values.dtype)
    return whole and len(values) >= 20 and int(values.max()) - int(values.min()) == len(values) - 1


def _is_whole(values: pd.Series) -> bool:
    """Return whether a column holds numbers without a fraction; those with gaps are stored as floats."""
    if pd.api.types.is_float_dtype(values.dtype):
        plain = values.dropna().to_numpy()
        return bool((plain == np.trunc(plain)).all())
    return pd.api.types.is_integer_dtype(values.dtype)


def _identifier(known: int, distinct: int) -> tuple[ColumnKind, str]:
    """Return the kind of a column whose values are names: of rows, or of whom or what several rows belong to."""
    if distinct > known / 2:
        return "identifier", "Its name and its many different values say that it only names the rows."
    return "identifier", "Its name and its many different values say that it names whom or what rows belong to."


def _kind(values: pd.Series, name: str, known: int, distinct: int) -> tuple[ColumnKind, str]:
    if distinct == 0:
        return "constant", "It has no values."
    if distinct == 1 and known == len(values):
        return "constant", "It has one value only."
    kind = kind_of_type(values)
    named_id = _ID_NAME.search(name) is not None
    if kind is not None:
        if not (named_id and _is_whole(values)):
            return kind, ""
        if distinct == known or distinct > _MANY_VALUES:
            return _identifier(known, distinct)
        return "categorical", "Its name says that its numbers are names."
    claimed = None if named_id else kind_of_text(values, known, distinct)
    if claimed is not None and (distinct < known or known >= _SURE):
        return claimed
    if distinct == known and known >= _SURE:
        return "identifier", "Every value is unique."
    if named_id and distinct > _MANY_VALUES:
        return _identifier(known, distinct)
    if distinct > max(_MANY_VALUES, known / 2):
        return "ignored", f"It has {distinct:,} different values in {counted(known, 'row')}: too many to learn from."
    if distinct > _MANY_VALUES:
        return "categorical", "Many levels: each by how common it is and by its classes, the commonest one by one too."
    return "categorical", ""
