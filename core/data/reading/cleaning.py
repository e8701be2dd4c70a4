"""Cleaning a raw frame: names, infinite values, text that holds numbers, dates or nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from core.data.reading.cells import QUOTED, ColumnReading, FileReading, Reading, as_text, is_mark, plain_names
from core.data.reading.deciding import Decision, decide
from core.data.spellings import MAX_COMPARED, spellings_of
from core.words import TableError, counted, listed, quoted

_MOMENT = np.dtype("datetime64[us]")
_MAX_NAME_NOTES = 5
_YEARS = (1, 9999)  # what a calendar date of Python can hold


@dataclass(frozen=True, eq=False)
class Cleaned:
    """A frame with plain names and types, what was changed, and how each column was read.

    See Also
    --------
    clean : Makes one.

    Examples
    --------
    >>> cleaned = clean(pd.DataFrame({"paid": ["1.5 kg", "2 kg", "3 kg", "4 kg", "5 kg"], "y": [0, 1, 0, 0, 1]}))
    >>> cleaned.frame["paid"].tolist(), cleaned.reading.of("paid").unit
    ([1.5, 2.0, 3.0, 4.0, 5.0], 'kg')
    """

    frame: pd.DataFrame
    notes: tuple[str, ...]
    reading: Reading


def clean(frame: pd.DataFrame, file: FileReading | None = None) -> Cleaned:
    """Give a frame plain names and types.

    Every column becomes one of: bool (nullable where values are missing), int, float, moment
    without time zone, or str. Text is decided on by its different values, so that the cost is that
    of the levels, not of the rows; where nearly all are numbers or dates, the others count as
    missing, and that is said.

    Raises
    ------
    TableError
        There is no row, or fewer than two columns.

    See Also
    --------
    core.data.reading.deciding.decide : Decides how a column of text is read.

    Examples
    --------
    >>> cleaned = clean(pd.DataFrame({" day": ["2024-01-31", "n/a"], "ok": ["yes", "no"]}))
    >>> cleaned.frame["day"].dt.month.tolist(), cleaned.frame["ok"].tolist()
    ([1.0, nan], ['yes', 'no'])
    """
    if isinstance(frame.columns, pd.MultiIndex):
        raise TableError("The table has several header rows: keep one row of column names.")
    if frame.shape[1] < 2:
        raise TableError("The table has one column only: it needs a target and at least one feature.")
    if not len(frame):
        raise TableError("The table has column names but no rows: add the rows.")
    names, notes = _names([str(name) for name in frame.columns])
    frame = frame.set_axis(names, axis=1).reset_index(drop=True)
    file = file or FileReading()
    changed: dict[str, list[str]] = {}
    readings: dict[str, ColumnReading] = {}
    texts: dict[str, _Levels] = {}
    for name in names:
        given = frame[name]
        column, what = _plain(given)
        if isinstance(column, _Levels):
            texts[name] = column
            continue
        if what:
            changed.setdefault(what, []).append(name)
        if column is not given:
            frame[name] = column
        readings[name] = _reading_of(column, file.decimal)
    decided = _decided(texts, file.decimal)
    for name, levels in texts.items():
        decision = decided[name]
        frame[name], what, sentences = levels.read(decision)
        readings[name] = decision.reading
        notes += sentences
        if what:
            changed.setdefault(what, []).append(name)
    for name in names:
        column = frame[name]
        if pd.api.types.is_float_dtype(column.dtype):
            infinite = np.isinf(column.to_numpy())
            if infinite.any():
                frame[name] = column.mask(infinite)
                notes.append(f"{counted(int(infinite.sum()), 'infinite value')} in {quoted(name)} taken as missing.")
    notes += [f"{what}: {listed(where)}." for what, where in changed.items()]
    file = replace(file, names=tuple(names))
    return Cleaned(frame, tuple(notes), Reading(file, tuple((name, readings[name]) for name in names)))


def _names(raw: list[str]) -> tuple[list[str], list[str]]:
    names = plain_names(raw)
    nameless: list[str] = []
    repeated: list[str] = []
    for at, (given, name) in enumerate(zip(raw, names, strict=True)):
        base = given.strip() or f"column {at + 1}"
        if not given.strip():
            nameless.append(f"Column {at + 1} has no name and is called {quoted(base)}.")
        if name != base:
            repeated.append(
                f"The column name {quoted(base)} comes again: column {at + 1} is now called {quoted(name)}."
            )
    return names, _few(nameless, "without a name") + _few(repeated, "with the name of an earlier one")


def _few(notes: list[str], kind: str) -> list[str]:
    """Return the first notes of a kind, and one on how many more there are."""
    more = len(notes) - _MAX_NAME_NOTES
    return notes if more <= 0 else [*notes[:_MAX_NAME_NOTES], f"{counted(more, 'more column')} {kind} got one."]


def _reading_of(column: pd.Series, decimal: str) -> ColumnReading:
    """Return how cells become what a typed column holds."""
    if pd.api.types.is_bool_dtype(column.dtype):
        return ColumnReading("truth")
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return ColumnReading("date", formats=("ISO8601",))
    return ColumnReading("number", decimal)


def _plain(column: pd.Series) -> tuple[pd.Series | _Levels, str]:
    """Return a column in a plain type, or its levels where it holds text, and in words what that changed."""
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
    return _Levels.of(column), ""


def _in_calendar(column: pd.Series) -> tuple[pd.Series, str]:
    """Return moments in microseconds, without those that no calendar of Python or pandas can show."""
    first, last = (np.datetime64(f"{year:04d}", "Y").astype("datetime64[s]") for year in (_YEARS[0], _YEARS[1] + 1))
    values = column.to_numpy()
    seconds = values.astype("datetime64[s]")
    outside = (seconds < first) | (seconds >= last)
    if not outside.any():
        return (column if column.dtype == _MOMENT else column.astype(_MOMENT)), ""
    return column.mask(outside).astype(_MOMENT), f"Dates outside the years {_YEARS[0]} to {_YEARS[1]}, taken as missing"


@dataclass(frozen=True, eq=False)
class _Levels:
    """A column of text as its different values, trimmed, and each row's place among them (-1 for none)."""

    column: pd.Series
    codes: np.ndarray
    texts: pd.Series

    @classmethod
    def of(cls, column: pd.Series) -> _Levels:
        if pd.api.types.is_object_dtype(column.dtype):
            column = column.map(as_text, na_action="ignore")
        codes, levels = pd.factorize(column)
        return cls(column, codes, pd.Series(np.asarray(levels, dtype=object), dtype="str").str.strip())

    def read(self, decision: Decision) -> tuple[pd.Series, str, list[str]]:
        """Return the values, in words what they were, and one sentence each on what was not read as it stands."""
        reading, name = decision.reading, self.column.name
        if not len(self.texts):
            return pd.Series(np.full(len(self.column), np.nan), name=name), "", []
        values, _ = reading.levels(self.texts, decision.parsed)
        taken = pd.Series(values.array.take(self.codes, allow_fill=True), name=name, index=self.column.index)
        if reading.kind == "text":
            return taken, "", self._spellings(values)
        if values.isna().all():
            return taken, "", []
        sentences = []
        odd = self.texts[(values.isna().to_numpy(bool) & ~is_mark(self.texts.str.removeprefix(QUOTED)))]
        if len(odd):
            rows = int(np.isin(self.codes, odd.index).sum())
            holds = "number" if reading.kind == "number" else "date"
            shown = listed(odd.str.removeprefix(QUOTED), 3)
            sentences.append(
                f"{counted(rows, 'value')} of {quoted(name)} {'is' if rows == 1 else 'are'} no {holds} ({shown}) "
                f"and {'counts' if rows == 1 else 'count'} as missing."
            )
        if reading.kind == "date":
            if decision.either:
                order = "day" if _is_day_first(reading) else "month"
                sentences.append(
                    f"The dates in {quoted(name)} can be read day first or month first: they are read {order} first."
                )
            return taken, "Dates written as text, read as dates", sentences
        limits = self.texts.str.contains("^[(]?[<>≤≥]") & values.notna().to_numpy(bool)
        if limits.any():
            rows = int(np.isin(self.codes, np.flatnonzero(limits)).sum())
            sentences.append(
                f"{counted(rows, 'value')} of {quoted(name)} {'is a limit' if rows == 1 else 'are limits'} such as "
                f"{quoted(self.texts[limits].iloc[0])}: the number itself is taken."
            )
        if reading.unit:
            return taken, f"Numbers with {quoted(reading.unit)}, read as numbers", sentences
        if reading.thousands or reading.decimal == ",":
            return taken, "Numbers written with decimal commas or thousands marks, read as numbers", sentences
        return taken, "Numbers written as text, read as numbers", sentences

    def _spellings(self, values: pd.Series) -> list[str]:
        """Return a sentence where labels are one word in several spellings."""
        if len(values) > 2 * MAX_COMPARED:  # a few may differ by space alone
            return []
        rows = np.bincount(self.codes[self.codes >= 0], minlength=len(values))
        counts = pd.Series(rows, index=values.to_numpy()).groupby(level=0).sum()
        spellings = spellings_of(str(self.column.name), counts.index.tolist(), counts.tolist())
        return [] if spellings is None else [spellings.sentence()]


def _decided(columns: dict[str, _Levels], decimal: str) -> dict[str, Decision]:
    """Decide on all columns; dates that can be read both ways follow the table's other dates."""
    decisions = {name: decide(levels.texts, decimal) for name, levels in columns.items()}
    orders = Counter(
        _is_day_first(decision.reading)
        for decision in decisions.values()
        if not decision.either
        and any("%d" in form and "%m" in form and form[:2] != "%Y" for form in decision.reading.formats)
    )
    known = next(iter(orders)) if len(orders) == 1 else (True if not orders and decimal == "," else None)
    if known is None:
        return decisions
    return {
        name: decide(columns[name].texts, decimal, known) if decision.either else decision
        for name, decision in decisions.items()
    }


def _is_day_first(reading: ColumnReading) -> bool:
    return any("%m" in form and "%d" in form and form.index("%d") < form.index("%m") for form in reading.formats)
