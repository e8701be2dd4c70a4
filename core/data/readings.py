"""What a person can settle about how cells are read: the order of day and month, and numbers that stand for nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.data.reading.cells import ColumnReading, as_text, is_mark
from core.data.reading.date_formats import order_of
from core.data.reading.deciding import as_numbers
from core.words import counted, joined, quoted

if TYPE_CHECKING:
    from core.data.table import Table

_NINES = [
    *("9" * figures + part for figures in range(2, 10) for part in ("", ".9", ".99", ".999")),
    *("8" * figures for figures in range(3, 10)),
]
#: Numbers that tables write for missing ones: of nines or eights, and -1.
_STAND_INS = np.array([-1.0, *(sign * float(text) for text in _NINES for sign in (1, -1))])
# Beside many other values, one with so many rows is no measure, nor with so many times those of any other.
_OFTEN = 5
_NO_TIME = re.compile(r"(9999|2999|2099)-(12-31|01-01)|0001-01-01|19(00-01-01|70-01-01)|1899-12-3[01]")
#: Numbers between these are seconds since 1970 in the years 2000 to 2037.
_FIRST_SECOND, _LAST_SECOND = 946_684_800, 2_145_916_800
_MAX_WORDS = 3  # different words beside numbers, more of which are no sign of "missing"
_MIN_NUMBERS = 5  # different numbers
_FAR_DAYS = 365


@dataclass(frozen=True)
class BothWays:
    """A column whose every date can be read day first and month first.

    Parameters
    ----------
    name : str
    day_first : bool
        How it is read now.
    example : str
        A date as the file has it.
    day_first_date, month_first_date : str
        What it is either way.

    See Also
    --------
    both_ways : Finds them.
    core.data.table.Table.with_day_first : Settles it.

    Examples
    --------
    >>> BothWays("paid", False, "3/4/2024", "3 April 2024", "4 March 2024").sentence()
    'The dates in `paid` can be read day first or month first: `3/4/2024` is taken as 4 March 2024, not 3 April 2024.'
    """

    name: str
    day_first: bool
    example: str
    day_first_date: str
    month_first_date: str

    def sentence(self) -> str:
        """Return what is taken for what."""
        taken, other = self.day_first_date, self.month_first_date
        if not self.day_first:
            taken, other = other, taken
        return (
            f"The dates in {quoted(self.name)} can be read day first or month first: {quoted(self.example)} is taken "
            f"as {taken}, not {other}."
        )


def both_ways(table: Table) -> tuple[BothWays, ...]:
    """Return the columns whose dates can be read day first and month first, all of them, with another outcome.

    See Also
    --------
    swapped : The same moments read the other way.

    Examples
    --------
    >>> from core.data.table import from_frame
    >>> table = from_frame(pd.DataFrame({"paid": ["3/4/2024", "1/2/2024"], "y": ["no", "yes"]}))
    >>> [(found.name, found.day_first) for found in both_ways(table)]
    [('paid', False)]
    >>> table = table.with_day_first({"paid": True})
    >>> table.frame["paid"].dt.month.tolist(), both_ways(table)[0].day_first
    ([4, 2], True)
    """
    found = []
    for column in table.columns:
        reading = table.reading.of(column.name)
        values = table.frame[column.name]
        if reading is None or not can_swap(values, reading):
            continue
        moment = values[(values.dt.day != values.dt.month).to_numpy(bool) & values.notna().to_numpy()].iloc[0]
        other = swapped(pd.Series([moment])).iloc[0]
        dates = [_spoken(moment), _spoken(other)]
        first = is_day_first(reading)
        form = next(form for form in reading.formats if "%d" in form)
        example = re.sub(r"\b0", "", moment.strftime(re.split(r"[ T]%H|[ T]%I|, %", form)[0]))
        found.append(BothWays(column.name, first, example, *(dates if first else dates[::-1])))
    return tuple(found)


def can_swap(values: pd.Series, reading: ColumnReading) -> bool:
    """Return whether all dates of a column can be read day first and month first, and some differ.

    Examples
    --------
    >>> reading = ColumnReading("date", formats=("%d.%m.%Y",))
    >>> [can_swap(pd.Series(pd.to_datetime([day])), reading) for day in ("2024-04-03", "2024-04-13", "2024-04-04")]
    [True, False, False]
    """
    if (
        reading.kind != "date"
        or not reading.formats
        or any(order_of(form) not in ("d", "m") for form in reading.formats)
    ):
        return False
    if not pd.api.types.is_datetime64_any_dtype(values.dtype):
        return False
    known = values.dropna()
    return bool(len(known)) and bool((known.dt.day <= 12).all()) and bool((known.dt.day != known.dt.month).any())


def is_day_first(reading: ColumnReading) -> bool:
    """Return whether dates of figures are read day first.

    Examples
    --------
    >>> is_day_first(ColumnReading("date", formats=("%d/%m/%Y",)))
    True
    """
    return any(order_of(form) == "d" for form in reading.formats)


def swapped(values: pd.Series) -> pd.Series:
    """Return moments with day and month exchanged; the day of each is 12 at most.

    Examples
    --------
    >>> swapped(pd.Series(pd.to_datetime(["2024-04-03 17:00", None]))).astype(str).tolist()
    ['2024-03-04 17:00:00', nan]
    """
    known = values.dropna()
    years = known.to_numpy().astype("datetime64[Y]")
    months = (years.astype("datetime64[M]") + (known.dt.day.to_numpy() - 1)).astype("datetime64[D]")
    clock = known.to_numpy() - known.to_numpy().astype("datetime64[D]")
    moments = (months + (known.dt.month.to_numpy() - 1)).astype("datetime64[us]") + clock
    return pd.Series(moments, index=known.index, name=values.name, dtype=values.dtype).reindex(values.index)


def other_order(reading: ColumnReading) -> tuple[str, ...]:
    """Return the formats of a reading with day and month exchanged.

    Examples
    --------
    >>> other_order(ColumnReading("date", formats=("%d/%m/%Y %H:%M",)))
    ('%m/%d/%Y %H:%M',)
    """
    exchange = {"%d": "%m", "%m": "%d"}
    return tuple(re.sub("%[dm]", lambda code: exchange[code[0]], form) for form in reading.formats)


def _spoken(moment: pd.Timestamp) -> str:
    return f"{moment.day} {moment.strftime('%B %Y')}"


@dataclass(frozen=True)
class Epoch:
    """A column of numbers that could be moments, counted from 1970-01-01 on.

    Parameters
    ----------
    name : str
    unit : {"seconds", "milliseconds"}
    first, last : str
        The earliest and the latest, as dates.

    See Also
    --------
    epochs : Finds them.
    core.data.table.Table.with_kinds : Reads them as dates.

    Examples
    --------
    >>> Epoch("created", "seconds", "2024-01-01", "2024-05-05").sentence()
    'The numbers in `created`, as seconds since 1970, go from 2024-01-01 to 2024-05-05: are they moments?'
    """

    name: str
    unit: str
    first: str
    last: str

    def sentence(self) -> str:
        """Return the question."""
        return (
            f"The numbers in {quoted(self.name)}, as {self.unit} since 1970, go from {self.first} to {self.last}: are "
            "they moments?"
        )


def epochs(table: Table) -> tuple[Epoch, ...]:
    """Return the columns of numbers whose every value, as seconds or milliseconds since 1970, is in 2000 to 2037.

    See Also
    --------
    stand_ins : What else a person can settle.

    Examples
    --------
    >>> from core.data.table import from_frame
    >>> created = [1_704_067_200 + 100_000 * (row * row % 97) for row in range(20)]
    >>> table = from_frame(pd.DataFrame({"created": created, "y": ["no", "yes"] * 10}))
    >>> epochs(table)
    (Epoch(name='created', unit='seconds', first='2024-01-01', last='2024-04-19'),)
    >>> table.with_kinds({"created": "date"}).frame["created"].dt.year.unique().tolist()
    [2024]
    """
    found = []
    for column in table.columns:
        values = table.frame[column.name]
        if column.kind != "numeric" or column.distinct <= _MIN_NUMBERS or pd.api.types.is_bool_dtype(values.dtype):
            continue
        low, high = float(values.min()), float(values.max())
        for unit, size in (("seconds", 1), ("milliseconds", 1_000)):
            if _FIRST_SECOND * size <= low and high <= _LAST_SECOND * size:
                first, last = (str(np.datetime64(int(end / size), "s"))[:10] for end in (low, high))
                found.append(Epoch(column.name, unit, first, last))
    return tuple(found)


@dataclass(frozen=True)
class StandIns:
    """Values of a column of numbers or dates that likely stand for a missing one.

    Parameters
    ----------
    name : str
    values : tuple of (str, int) pairs
        Each as text, and its rows, most rows first.

    See Also
    --------
    stand_ins : Finds them.
    core.data.table.Table.with_missing : Takes them as missing.

    Examples
    --------
    >>> StandIns("age", (("-999", 12), ("999", 3))).sentence()
    'Column `age` has `-999` in 12 rows and `999` in 3 rows: do they stand for missing values?'
    """

    name: str
    values: tuple[tuple[str, int], ...]

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(text for text, _ in self.values)

    def sentence(self) -> str:
        """Return the question, with the counts."""
        said = joined([f"{quoted(text)} in {counted(rows, 'row')}" for text, rows in self.values])
        do, values = ("does it", "a missing value") if len(self.values) == 1 else ("do they", "missing values")
        return f"Column {quoted(self.name)} has {said}: {do} stand for {values}?"


def stand_ins(table: Table) -> tuple[StandIns, ...]:
    """Return the columns with numbers of nines, dates at the end of time, or a few words that likely mean "missing".

    Numbers such as -999 or 9999 and dates such as 9999-12-31 are looked for at the ends of a column, far from the
    other values; words, beside numbers alone.

    See Also
    --------
    both_ways : What else a person can settle.

    Examples
    --------
    >>> from core.data.table import from_frame
    >>> ages = [20, 31, 44, 58, 67, -999] * 4
    >>> table = from_frame(pd.DataFrame({"age": ages, "y": ["no", "yes"] * 12}))
    >>> stand_ins(table)
    (StandIns(name='age', values=(('-999', 4),)),)
    >>> stand_ins(table.with_missing({"age": ["-999"]})), table.with_missing({"age": ["-999"]}).column("age").missing
    ((), 4)
    """
    found = []
    for column in table.columns:
        values = table.frame[column.name]
        if pd.api.types.is_bool_dtype(values.dtype):
            continue
        if pd.api.types.is_numeric_dtype(values.dtype):
            pairs = _far_numbers(values)
        elif pd.api.types.is_datetime64_any_dtype(values.dtype):
            pairs = _far_moments(values)
        elif isinstance(values.dtype, pd.StringDtype) or values.dtype == object:
            pairs = _words(values)
        else:
            continue
        if pairs:
            found.append(StandIns(column.name, tuple(sorted(pairs, key=lambda pair: -pair[1]))))
    return tuple(found)


def _far_numbers(values: pd.Series) -> list[tuple[str, int]]:
    x = values.to_numpy(dtype=np.float64, na_value=np.nan)
    levels, counts = np.unique(x[~np.isnan(x)], return_counts=True)
    pairs: list[tuple[str, int]] = []
    while len(levels) > _MIN_NUMBERS:
        ends = [
            at for at in _of_nines(levels, counts)
            if (at in (0, len(levels) - 1) and _is_far(levels, at)) or _is_often(counts, at)
        ]  # fmt: skip
        if not ends:
            break
        pairs.append((as_text(levels[ends[0]]), int(counts[ends[0]])))
        levels, counts = np.delete(levels, ends[0]), np.delete(counts, ends[0])
    return pairs


def _far_moments(values: pd.Series) -> list[tuple[str, int]]:
    levels, counts = np.unique(values.dropna().to_numpy(), return_counts=True)
    pairs: list[tuple[str, int]] = []
    while len(levels) > _MIN_NUMBERS:
        days = levels.astype("datetime64[D]").astype(np.int64)
        gaps = {0: days[1] - days[0], len(days) - 1: days[-1] - days[-2]}
        spans = {0: days[-1] - days[1], len(days) - 1: days[-2] - days[0]}
        ends = [
            at for at, gap in gaps.items()
            if _NO_TIME.match(str(levels[at])) and counts[at] > 1 and gap > max(_FAR_DAYS, spans[at])
        ]  # fmt: skip
        if not ends:
            break
        moment = pd.Timestamp(levels[ends[0]])
        text = moment.isoformat(" ")
        pairs.append((text[:10] if moment == moment.normalize() else text, int(counts[ends[0]])))
        levels, counts = np.delete(levels, ends[0]), np.delete(counts, ends[0])
    return pairs


def _of_nines(levels: np.ndarray, counts: np.ndarray) -> list[int]:
    """Return the places of values of nines, or -1, that more than one row has."""
    return np.flatnonzero((counts > 1) & np.isin(levels, _STAND_INS)).tolist()


def _is_often(counts: np.ndarray, at: int) -> bool:
    """Return whether a value is far commoner than all others, as no measure of many values is."""
    others = np.delete(counts, at)
    return bool(counts[at] >= max(_OFTEN, _OFTEN * int(others.max())) and len(others) > 20 * _MIN_NUMBERS)


def _is_far(levels: np.ndarray, at: int) -> bool:
    """Return whether the value at an end is farther from the next than half of what the others span."""
    others = np.delete(levels, at)
    nines = levels[at]
    if nines < 0 and others[0] >= 0:  # below what is never negative
        return bool(np.ptp(others) > 10)
    if nines == -1:
        return False
    nearest = others[0] if at == 0 else others[-1]
    return bool(abs(nines - nearest) > 0.5 * np.ptp(others) and abs(nines) > 2 * np.abs(np.median(others)))


def _words(values: pd.Series) -> list[tuple[str, int]]:
    counts = values.dropna().value_counts()
    if len(counts) <= _MIN_NUMBERS:
        return []
    texts = pd.Series(counts.index.astype(str), dtype="str")
    figures = texts.str.contains(r"\d").to_numpy(bool)
    words = texts[~figures]
    marks = is_mark(words, loose=True)
    if not 1 <= len(words) <= _MAX_WORDS + marks.sum() or figures.sum() < _MIN_NUMBERS:
        return []
    numbers = as_numbers(texts[figures])
    if numbers is None or numbers.parsed is None or not numbers.parsed.notna().all():
        return []
    return [(text, int(counts.iloc[at])) for at, text in words.items()]  # type: ignore[call-overload]
