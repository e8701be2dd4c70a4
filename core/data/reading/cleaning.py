"""Cleaning a raw frame: names, infinite values, text that holds numbers, dates or nothing."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pandas as pd
from skrub import Cleaner

from core.words import TableError, counted, listed, quoted

_MOMENT = np.dtype("datetime64[us]")
_MOST_NAME_NOTES = 5
# Text beyond this many characters is no number and no date, and the parsers take quadratic time on it.
_LONGEST_PARSED = 1_000
_YEARS = (1, 9999)  # what a calendar date of Python can hold
# Thousands mark, decimal mark, and what a number looks like with them.
_WRITTEN = (
    (",", ".", re.compile(r"[-+]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?")),
    (".", ",", re.compile(r"[-+]?(\d{1,3}(\.\d{3})+|\d*)(,\d+)?")),
)


def clean(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the frame with plain names and types, and what was changed.

    Every column becomes one of: bool (nullable where values are missing), int, float, moment
    without time zone, or str. Null strings, dates and numbers as text are found by
    :class:`skrub.Cleaner`, which sees each different value once.

    Raises
    ------
    TableError
        There is no row, or fewer than two columns.
    """
    if isinstance(frame.columns, pd.MultiIndex):
        raise TableError("The table has several header rows: keep one row of column names.")
    if frame.shape[1] < 2:
        raise TableError("The table has one column only: it needs a target and at least one feature.")
    if not len(frame):
        raise TableError("The table has column names but no rows: add the rows.")
    names, notes = _names([str(name) for name in frame.columns])
    frame = frame.set_axis(names, axis=1).reset_index(drop=True)
    changed: dict[str, list[str]] = {}
    for name in names:
        given = frame[name]
        column, what = _plain(given)
        if what:
            changed.setdefault(what, []).append(name)
        if column is not given:
            frame[name] = column
        if pd.api.types.is_float_dtype(column.dtype):
            infinite = np.isinf(column.to_numpy())
            if infinite.any():
                frame[name] = column.mask(infinite)
                notes.append(f"{counted(int(infinite.sum()), 'infinite value')} in {quoted(name)} taken as missing.")
    notes += [f"{what}: {listed(where)}." for what, where in changed.items()]
    return frame, notes


def _names(raw: list[str]) -> tuple[list[str], list[str]]:
    names: list[str] = []
    taken = {name.strip() for name in raw}
    seen: set[str] = set()
    copies: dict[str, int] = {}
    nameless: list[str] = []
    repeated: list[str] = []
    for at, given in enumerate(raw):
        name = given.strip() or f"column {at + 1}"
        if not given.strip():
            nameless.append(f"Column {at + 1} has no name and is called {quoted(name)}.")
        if name in seen:
            base, copy = name, copies.get(name, 1)
            # Counting goes on where the last copy of this name left off, or many equal names take quadratic time.
            while name in seen or name in taken:
                copy += 1
                name = f"{base} ({copy})"
            copies[base] = copy
            repeated.append(
                f"The column name {quoted(base)} comes again: column {at + 1} is now called {quoted(name)}."
            )
        seen.add(name)
        names.append(name)
    return names, _few(nameless, "without a name") + _few(repeated, "with the name of an earlier one")


def _few(notes: list[str], kind: str) -> list[str]:
    """Return the first notes of a kind, and one on how many more there are."""
    more = len(notes) - _MOST_NAME_NOTES
    return notes if more <= 0 else [*notes[:_MOST_NAME_NOTES], f"{counted(more, 'more column')} {kind} got one."]


def _plain(column: pd.Series) -> tuple[pd.Series, str]:
    """Return a column in a plain type, and in words what that changed."""
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _plain(column.astype(dtype.categories.dtype))
    if isinstance(dtype, pd.DatetimeTZDtype):
        return _plain(column.dt.tz_convert(None))
    if isinstance(dtype, pd.PeriodDtype):
        return _plain(column.dt.to_timestamp())
    if pd.api.types.is_timedelta64_dtype(dtype):
        return column.dt.total_seconds(), "Time spans, read as seconds"
    if pd.api.types.is_bool_dtype(dtype):
        whole = not column.isna().any()
        return (column.astype(bool) if whole else column.astype("boolean")), ""
    if pd.api.types.is_complex_dtype(dtype):
        raise TableError(f"Column {quoted(column.name)} holds complex numbers: leave it out or split it in two.")
    if pd.api.types.is_numeric_dtype(dtype):
        if isinstance(dtype, np.dtype):
            return column, ""
        whole = pd.api.types.is_integer_dtype(dtype) and not column.isna().any()
        return column.astype("int64" if whole else "float64"), ""
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return _in_calendar(column)
    if pd.api.types.is_object_dtype(dtype):
        better = column.infer_objects()
        if pd.api.types.is_object_dtype(better.dtype) and pd.api.types.infer_dtype(column, skipna=True) == "boolean":
            better = column.astype("boolean")
        if pd.api.types.is_object_dtype(better.dtype) and pd.api.types.infer_dtype(column, skipna=True) in (
            "date",
            "datetime",
        ):
            better = pd.to_datetime(column, errors="coerce", utc=True).dt.tz_convert(None)
        if not pd.api.types.is_object_dtype(better.dtype):
            return _plain(better)
    return _clean_text(column)


def _in_calendar(column: pd.Series) -> tuple[pd.Series, str]:
    """Return moments in microseconds, without those that no calendar of Python or pandas can show."""
    first, last = (np.datetime64(f"{year:04d}", "Y").astype("datetime64[s]") for year in (_YEARS[0], _YEARS[1] + 1))
    values = column.to_numpy()
    seconds = values.astype("datetime64[s]")
    outside = (seconds < first) | (seconds >= last)
    if not outside.any():
        return (column if column.dtype == _MOMENT else column.astype(_MOMENT)), ""
    return column.mask(outside).astype(_MOMENT), f"Dates outside the years {_YEARS[0]} to {_YEARS[1]}, taken as missing"


def _clean_text(column: pd.Series) -> tuple[pd.Series, str]:
    """Clean text by its different values, so that the cost is that of the levels, not of the rows."""
    if pd.api.types.is_object_dtype(column.dtype):
        column = column.map(as_text, na_action="ignore")
    codes, levels = pd.factorize(column)
    if not len(levels):
        return pd.Series(np.full(len(column), np.nan), name=column.name), ""
    before = pd.Series(np.asarray(levels, dtype=object), name="x", dtype="str").str.strip()
    whole, before = before, before.str.slice(0, _LONGEST_PARSED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cleaned = Cleaner(drop_null_fraction=None, parse_numbers=True).fit_transform(before.to_frame())["x"]
    what = ""
    if pd.api.types.is_numeric_dtype(cleaned.dtype):
        # skrub settles that these are numbers, but in float32.
        cleaned = pd.to_numeric(before.where(cleaned.notna())).astype("float64")
        what = "Numbers written as text, read as numbers" if cleaned.notna().any() else ""
    elif pd.api.types.is_datetime64_any_dtype(cleaned.dtype):
        what = "Dates written as text, read as dates"
        cleaned, _ = _plain(cleaned)
    else:
        cleaned = cleaned.mask(before.str.lower().eq("none"), before)
        numbers = _punctuated_numbers(cleaned)
        if numbers is not None:
            cleaned, what = numbers, "Numbers written with decimal commas or thousands marks, read as numbers"
        elif (cut := whole.str.len() > _LONGEST_PARSED).any():
            cleaned = cleaned.mask(cut, whole)
    values = cleaned.array.take(codes, allow_fill=True)
    return pd.Series(values, name=column.name, index=column.index), what


def _punctuated_numbers(levels: pd.Series) -> pd.Series | None:
    """Read "1,234.5", "1.234,5" or "0,5" as numbers where every value is written so."""
    known = levels.dropna()
    if not known.str.contains(",", regex=False).any():
        return None
    for thousands, decimal, number in _WRITTEN:
        if all(map(number.fullmatch, known)):
            bare = levels.str.replace(thousands, "", regex=False).str.replace(decimal, ".", regex=False)
            return pd.to_numeric(bare).astype("float64")
    return None


def as_text(value: object) -> str:
    """Return a cell as the text of a level: whole numbers without a decimal point."""
    if isinstance(value, float | np.floating) and float(value).is_integer() and abs(float(value)) < 1e15:
        return str(int(value))
    return str(value)
