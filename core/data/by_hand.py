"""Converting a column to numbers or dates because a person says that it holds them."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from core.data.reading.cells import ColumnReading, as_text, is_mark
from core.data.reading.deciding import by_hand
from core.words import TableError, counted, listed, quoted


@dataclass(frozen=True, eq=False)
class Converted:
    """A converted column: its values, how cells become them, and what was lost on the way.

    Parameters
    ----------
    note : str
        One sentence, with a space before it, on the values that became missing; empty where none did.

    See Also
    --------
    convert : Makes one.

    Examples
    --------
    >>> converted = convert(pd.Series(["31.12.2024", "15.1.2025"], name="paid"), "date")
    >>> converted.reading.formats, converted.values.dt.month.tolist()
    (('%d.%m.%Y',), [12, 1])
    """

    values: pd.Series
    reading: ColumnReading
    note: str = ""


def convert(column: pd.Series, kind: str) -> Converted | None:
    """Return a column as numbers or dates, None where it holds these already or is to be something else.

    Raises
    ------
    TableError
        Not one value is a number or date.

    See Also
    --------
    core.data.table.Table.with_kinds : The same for columns of a table.

    Examples
    --------
    >>> converted = convert(pd.Series(["3 kg", "4 kg", "unsure"], name="weight"), "numeric")
    >>> converted.values.tolist(), converted.note
    ([3.0, 4.0, nan], ' 1 value (`unsure`) is no number: missing.')
    """
    reading = _reading(column, kind)
    if reading is None:
        return None
    values, _ = reading.values(column)
    if column.notna().any() and not values.notna().any():
        raise _refused(column, kind)
    lost = column[(column.notna() & values.isna()).to_numpy()]
    if isinstance(column.dtype, pd.StringDtype):
        lost = lost[~is_mark(lost)]
    if not len(lost):
        return Converted(values, reading)
    verb, noun = "is" if len(lost) == 1 else "are", "number" if kind == "numeric" else "date"
    shown = listed(lost.drop_duplicates(), 3)
    return Converted(values, reading, f" {counted(len(lost), 'value')} ({shown}) {verb} no {noun}: missing.")


def _reading(column: pd.Series, kind: str) -> ColumnReading | None:
    moment = pd.api.types.is_datetime64_any_dtype(column.dtype)
    truth = pd.api.types.is_bool_dtype(column.dtype)
    number = pd.api.types.is_numeric_dtype(column.dtype) and not truth
    if (kind == "numeric" and number) or (kind == "date" and moment) or kind not in ("numeric", "date"):
        return None
    if kind == "numeric" and moment:
        raise TableError(f"Column {quoted(column.name)} holds dates and cannot be numeric: leave it as date.")
    if kind == "numeric" and truth:
        return ColumnReading("number")
    levels = pd.Series(column.dropna().map(as_text).unique(), dtype="str").str.strip()
    reading = by_hand(levels, kind)
    if reading is None:
        raise _refused(column, kind)
    return reading


def _refused(column: pd.Series, kind: str) -> TableError:
    truth = pd.api.types.is_bool_dtype(column.dtype)
    number = pd.api.types.is_numeric_dtype(column.dtype) and not truth
    example = f"values such as {quoted(column.dropna().iloc[0])}"
    holds = "numbers" if number else "truth values" if truth else example
    return TableError(
        f"Column {quoted(column.name)} cannot be {kind}, since it holds {holds}: "
        f"leave it as {'numeric' if number else 'categorical'} or change the values."
    )
