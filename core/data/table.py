"""A table: its rows, what is known of its columns, and how files and frames become one."""

from __future__ import annotations

import hashlib
import mmap
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

import pandas as pd

from core.data.by_hand import Converted, convert
from core.data.columns import Column, count_distinct
from core.data.kinds import describe_column, kind_labels
from core.data.preparation import step_for
from core.data.reading.cells import ColumnReading, FileReading, Reading
from core.data.reading.cleaning import clean
from core.data.reading.containers import read_any
from core.data.reading.deciding import decide
from core.data.readings import can_swap, is_day_first, other_order, swapped
from core.data.spellings import spellings_in
from core.plan import Plan
from core.words import TableError, listed, quoted, which_there_are

_MAX_THREADS = 4
_MANY_ROWS = 50_000  # rows


@dataclass(frozen=True, eq=False)
class Table:
    """A cleaned table.

    Parameters
    ----------
    frame : DataFrame
        Every column is bool, "boolean", an integer, a float, datetime64 or str.
    columns : tuple of Column
        In the frame's order.
    notes : tuple of str
        What reading detected or repaired, one sentence each.
    digest : str
        SHA-256 of the content, the same however the table was stored.
    reading : Reading
        How the cells became values; what scores rows reads them in the same way.
    before : tuple of (column, Converted) pairs
        What columns held before a kind chosen by hand made numbers or dates of their text.
    whole : tuple of (column, Converted) pairs
        What columns held before some of their values were taken as missing.

    See Also
    --------
    read_table : Of a file.
    from_frame : Of a DataFrame.

    Examples
    --------
    >>> table = read_table(b"age,sex,fraud\\n31,f,no\\n45,m,yes\\n27,f,no\\n", "people.csv")
    >>> [(column.name, column.kind) for column in table.columns]
    [('age', 'numeric'), ('sex', 'categorical'), ('fraud', 'categorical')]
    >>> table.with_kinds({"age": "ignored"}).column("age").note
    'Chosen by hand.'
    >>> [column.name for column in table.features("fraud")]
    ['age', 'sex']
    """

    name: str
    frame: pd.DataFrame
    columns: tuple[Column, ...]
    notes: tuple[str, ...]
    digest: str
    reading: Reading = field(default_factory=Reading)
    before: tuple[tuple[str, Converted], ...] = ()
    whole: tuple[tuple[str, Converted], ...] = ()

    def column(self, name: str) -> Column:
        """Return the column of that name.

        Raises
        ------
        TableError
            There is none.
        """
        for column in self.columns:
            if column.name == name:
                return column
        known = which_there_are(name, (column.name for column in self.columns), "it has")
        raise TableError(f"The table has no column {quoted(name)}: {known}")

    def features(self, target: str) -> tuple[Column, ...]:
        """Return the columns that can be learned from: numbers, categories and dates other than the target."""
        return tuple(c for c in self.columns if step_for(c) is not None and c.name != target)

    def with_kinds(self, kinds: Mapping[str, str]) -> Table:
        """Return the table with the kinds of some columns changed.

        Text that is to be a number or a date is parsed: what does not parse counts as missing, and
        the column's note says how many values. Where nothing parses, the change is refused.

        Raises
        ------
        TableError
            A column or kind is unknown, or the column's values do not fit the kind.
        """
        frame, columns, reading = self.frame, {column.name: column for column in self.columns}, self.reading
        before = dict(self.before)
        for name, kind in kinds.items():
            column = self.column(name)
            if kind not in kind_labels():
                raise TableError(f"Column kind {quoted(kind)} is unknown: use one of {', '.join(kind_labels())}.")
            if kind == column.kind:
                continue
            note = "Chosen by hand."
            converted = convert(frame[name], kind)
            if converted is None and name in before and kind not in ("numeric", "date"):
                converted = before.pop(name)  # the words that were no numbers or dates come back
            elif converted is not None:
                note += converted.note
                before.setdefault(name, Converted(frame[name], reading.of(name) or ColumnReading()))
            if converted is not None:
                frame = frame.assign(**{name: converted.values})
                missing = int(converted.values.isna().sum())
                column = replace(column, missing=missing, distinct=count_distinct(converted.values))
                reading = reading.with_column(name, converted.reading)
            columns[name] = replace(column, kind=kind, note=note)
        return replace(
            self, frame=frame, columns=tuple(columns.values()), reading=reading, before=tuple(before.items())
        )

    def with_merged(self, merged: Mapping[str, Sequence[tuple[str, str]]]) -> Table:
        """Return the table with spellings of labels merged: (spelling, what it becomes) pairs by column.

        Raises
        ------
        TableError
            A column is unknown.
        """
        frame, reading, notes, changed = self.frame, self.reading, list(self.notes), set()
        for name, pairs in merged.items():
            self.column(name)
            values = frame[name].astype(object).replace(dict(pairs)).astype(frame[name].dtype)
            merging = tuple((old, new) for old, new in pairs)
            reading = reading.with_column(name, replace(reading.of(name) or ColumnReading(), merged=merging))
            if not values.equals(frame[name]):
                changed.add(name)
                outdated = {spellings.sentence() for spellings in spellings_in(frame, [name])}
                notes = [note for note in notes if note not in outdated]
                notes.append(f"Spellings in {quoted(name)} merged by hand: {listed(old for old, _ in pairs)}.")
                frame = frame.assign(**{name: values})
        if not changed:
            return replace(self, reading=reading)
        fresh = from_clean(frame, self.name, tuple(notes), reading)
        columns = (
            replace(fresh.column(old.name), kind=old.kind, note=old.note) if old.name in changed else old
            for old in self.columns
        )
        return replace(fresh, columns=tuple(columns), before=self.before, whole=self.whole)

    def with_missing(self, missing: Mapping[str, Sequence[str]]) -> Table:
        """Return the table with some values of columns taken as missing, as texts by column; none takes them back.

        A column of text that holds numbers or dates alone otherwise becomes one of these.

        Raises
        ------
        TableError
            A column is unknown, or nothing is left of it.

        See Also
        --------
        core.data.readings.stand_ins : What is worth taking so.
        """
        frame, columns, reading = self.frame, {column.name: column for column in self.columns}, self.reading
        whole = dict(self.whole)
        for name, texts in missing.items():
            before = self.column(name)
            kept = whole.get(name) or Converted(frame[name], reading.of(name) or ColumnReading(), before.note)
            if not texts:
                if whole.pop(name, None) is not None:
                    frame, reading = frame.assign(**{name: kept.values}), reading.with_column(name, kept.reading)
                    columns[name] = replace(describe_column(kept.values), note=kept.note)
                continue
            how, values = replace(kept.reading, missing=tuple(texts)), kept.values
            if isinstance(values.dtype, pd.StringDtype):
                values = values.mask(values.isin(how.missing))
                decision = decide(pd.Series(values.dropna().unique(), dtype="str"))
                if decision.reading.kind != "text":
                    how = replace(decision.reading, missing=how.missing)
                    values, _ = how.values(values)
            else:
                values, _ = how.values(values)
            if frame[name].notna().any() and not values.notna().any():
                raise TableError(f"Column {quoted(name)} has no other values than {listed(texts)}: leave it as it is.")
            reading = reading.with_column(name, how)
            whole[name] = kept
            if values.equals(frame[name]):
                continue
            frame = frame.assign(**{name: values})
            columns[name] = replace(describe_column(values), note=f"Taken as missing: {listed(texts)}.")
        return replace(self, frame=frame, columns=tuple(columns.values()), reading=reading, whole=tuple(whole.items()))

    def with_day_first(self, day_first: Mapping[str, bool]) -> Table:
        """Return the table with the dates of columns read day first, or month first.

        Raises
        ------
        TableError
            A column is unknown, or its dates can be read in one order only.

        See Also
        --------
        core.data.readings.both_ways : The columns that can be read in both orders.
        """
        frame, columns, reading, notes = self.frame, list(self.columns), self.reading, self.notes
        for name, first in day_first.items():
            how, column = reading.of(name) or ColumnReading(), self.column(name)
            if not can_swap(frame[name], how):
                if how.kind == "date" and is_day_first(how) == first:
                    continue
                raise TableError(
                    f"Column {quoted(name)} has no dates that can be read {'day' if first else 'month'} first: "
                    "leave it as it is."
                )
            # What was guessed is settled now.
            notes = tuple(note for note in notes if not note.startswith(f"The dates in {quoted(name)} can be read"))
            if is_day_first(how) == first:
                continue
            frame = frame.assign(**{name: swapped(frame[name])})
            reading = reading.with_column(name, replace(how, formats=other_order(how)))
            note = f"Read {'day' if first else 'month'} first, as chosen."
            columns[columns.index(column)] = replace(column, note=note)
        return replace(self, frame=frame, columns=tuple(columns), reading=reading, notes=notes)

    def planned(self, plan: Plan) -> Table:
        """Return the table as a plan wants it; the same where it is so already.

        Spellings are merged, values taken as missing, kinds changed, then dates read in another order.

        Raises
        ------
        TableError
            The plan names a column that the table has not, or a kind that its values do not fit.
        """
        table = self.with_merged(dict(plan.merged)) if plan.merged else self
        table = table.with_missing(dict(plan.missing)) if plan.missing else table
        table = table.with_kinds(dict(plan.kinds)) if plan.kinds else table
        return table.with_day_first(dict(plan.day_first)) if plan.day_first else table


def read_table(source: str | Path | bytes | BinaryIO, name: str | None = None) -> Table:
    r"""Read a CSV, TSV, ARFF, KEEL, Parquet or Excel file, or a gzip or zip of a text file.

    What can be repaired (separator, lines that are no rows, decimal comma, encoding, missing header,
    doubled names, infinite values, a few ragged rows) is repaired, and the table's notes say so.

    Parameters
    ----------
    source : path, bytes, or binary file object
    name : str, optional
        Shown to people; the file's own name by default.

    Raises
    ------
    TableError
        The file cannot be read as a table; the message says what to change.

    See Also
    --------
    from_frame : Makes a table of a DataFrame.

    Examples
    --------
    >>> table = read_table(b"age;fraud\n3,5;no\n4,5;yes\n", "small.csv")
    >>> table.frame["age"].tolist(), table.notes
    ([3.5, 4.5], ('The separator is a semicolon.', 'Numbers are written with a decimal comma.'))
    """
    if isinstance(source, bytes):
        frame, notes, file = read_any(memoryview(source))
    elif isinstance(source, str | Path):
        path = Path(source)
        try:
            with path.open("rb") as handle:
                if os.fstat(handle.fileno()).st_size == 0:
                    raise TableError("The file is empty: upload a CSV with a header and rows.")
                # Mapped, a large file does not take its size in memory beside the table.
                frame, notes, file = read_any(memoryview(mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)))
        except OSError as error:
            raise TableError(f"The file {quoted(path.name)} cannot be opened: {error.strerror or error}.") from error
        name = name or path.name
    else:
        content = source.getbuffer() if hasattr(source, "getbuffer") else memoryview(source.read())
        frame, notes, file = read_any(content)
        name = name or Path(str(getattr(source, "name", "table"))).name
    return from_frame(frame, name or "table", tuple(notes), file)


def from_frame(
    frame: pd.DataFrame, name: str = "table", notes: tuple[str, ...] = (), file: FileReading | None = None
) -> Table:
    """Make a table of a DataFrame: clean it and detect the kind of every column.

    Parameters
    ----------
    frame : DataFrame
        Stays as it is.
    name : str
        Shown to people.
    notes : tuple of str
        What was done to the rows before, one sentence each.
    file : FileReading or None
        How the file was laid out that the frame was read from.

    Raises
    ------
    TableError
        There is no row, or fewer than two columns.

    Examples
    --------
    >>> table = from_frame(pd.DataFrame({"price": ["3.5", "4", "n/a"], "sold": ["yes", "no", "no"]}))
    >>> table.frame["price"].tolist(), table.column("price").missing
    ([3.5, 4.0, nan], 1)
    """
    cleaned = clean(frame, file)
    return from_clean(cleaned.frame, name, notes + cleaned.notes, cleaned.reading)


def from_clean(frame: pd.DataFrame, name: str, notes: tuple[str, ...], reading: Reading) -> Table:
    """Make a table of a frame that was cleaned before, as a run keeps it: nothing is decided anew.

    See Also
    --------
    from_frame : Cleans the frame first.

    Examples
    --------
    >>> table = from_frame(pd.DataFrame({"age": ["3", "4"], "fraud": ["no", "yes"]}))
    >>> again = from_clean(table.frame, table.name, table.notes, table.reading)
    >>> again.digest == table.digest
    True
    """
    # Sorting and hashing let other threads work; on a small table, handing out costs more than it saves.
    with ThreadPoolExecutor(_n_threads() if len(frame) > _MANY_ROWS else 1) as pool:
        digest, columns = hashlib.sha256(), []
        for column, hashes in pool.map(_described_and_hashed, [values for _, values in frame.items()]):
            digest.update(f"{column.name}\0{len(frame)}\0".encode(errors="replace"))
            digest.update(hashes)
            columns.append(column)
    return Table(name, frame, tuple(columns), notes, digest.hexdigest(), reading)


def _n_threads() -> int:
    from core.machine import usable_cores  # Dask, on which it rests, takes a moment to import

    return min(_MAX_THREADS, usable_cores())


def _described_and_hashed(values: pd.Series) -> tuple[Column, bytes]:
    hashes = pd.util.hash_pandas_object(values, index=False).to_numpy().tobytes()
    return describe_column(values), _type_mark(values) + hashes


def _type_mark(values: pd.Series) -> bytes:
    """Return what goes into the digest for types that pandas hashes like whole numbers: True as 1, a day as a count.

    The others add nothing, so that their tables keep the digest that earlier runs recorded.
    """
    if pd.api.types.is_bool_dtype(values.dtype):
        return b"bool"
    return b"date" if pd.api.types.is_datetime64_any_dtype(values.dtype) else b""
