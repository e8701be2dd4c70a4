"""A table in hand: its columns and their kinds, and the target that is to be learned."""

from __future__ import annotations

import hashlib
import mmap
import os
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, Literal, cast, get_args

import numpy as np
import pandas as pd

from core.data.by_hand import Converted, converted
from core.data.classes import ClassChanges, change_classes, check_classes
from core.data.reading.cells import ColumnReading, FileReading, Reading, as_text
from core.data.reading.cleaning import clean
from core.data.reading.containers import read_any
from core.data.spellings import spellings_in
from core.plan import Plan
from core.words import TableError, counted, listed, quoted, which_there_are

__all__ = ["Column", "ColumnKind", "Table", "TableError", "Target", "encode_target", "from_frame", "read_table"]

ColumnKind = Literal["numeric", "categorical", "date", "identifier", "constant", "ignored"]
_FEATURE_KINDS = ("numeric", "categorical", "date")
MOST_CLASSES = 50
_MOST_LEVELS = 50
_THREADS = min(4, os.cpu_count() or 1)
_LONG = 50_000  # rows
_ID_NAME = re.compile(r"(?:^|[_\W])(id|uuid|guid|index|rownames?|unnamed: 0)$|[a-z]I[Dd]$|^key$", re.IGNORECASE)
# Names that a class has and hardly any other column; and names that a class may have, as may a feature
# ("marital status", "default: has credit in default").
_CLASS_NAME = re.compile(
    r"target|class|labels?|y|outcome|diagnosis|(is_?)?fraud|(is_?)?churn(ed)?|exited|survived|creditability|attrition|"
    r"stroke",
    re.IGNORECASE,
)
_PERHAPS_CLASS_NAME = re.compile(
    r"(?:^|[_\W])(target|class|labels?|outcome|diagnosis|fraud|churn(ed)?|survived|attrition|stroke|output|response|"
    r"default(ed)?|deposit|result|status|failure|event|death|income)(?:[_\W]|$)",
    re.IGNORECASE,
)


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
        What reading detected or repaired, a sentence each.
    digest : str
        SHA-256 of the content, the same however the table was stored.
    reading : Reading
        How the cells became values; what scores rows reads them in the same way.
    before : tuple of (column, Converted) pairs
        What columns held before a kind chosen by hand made numbers or dates of their text.
    """

    name: str
    frame: pd.DataFrame
    columns: tuple[Column, ...]
    notes: tuple[str, ...]
    digest: str
    reading: Reading = field(default_factory=Reading)
    before: tuple[tuple[str, Converted], ...] = ()

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
        there = which_there_are(name, (column.name for column in self.columns), "it has")
        raise TableError(f"The table has no column {quoted(name)}: {there}")

    def features(self, target: str) -> tuple[Column, ...]:
        """Return the columns that can be learned from: numbers, categories and dates other than the target."""
        return tuple(c for c in self.columns if c.kind in _FEATURE_KINDS and c.name != target)

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
            if kind not in get_args(ColumnKind):
                raise TableError(
                    f"Column kind {quoted(kind)} is unknown: use one of {', '.join(get_args(ColumnKind))}."
                )
            if kind == column.kind:
                continue
            note = "Chosen by hand."
            made = converted(frame[name], kind)
            if made is None and name in before and kind not in ("numeric", "date"):
                made = before.pop(name)  # the words that were no numbers or dates come back
            elif made is not None:
                note += made.note
                before.setdefault(name, Converted(frame[name], reading.of(name) or ColumnReading()))
            if made is not None:
                frame = frame.assign(**{name: made.values})
                column = replace(column, missing=int(made.values.isna().sum()), distinct=_distinct(made.values))
                reading = reading.with_column(name, made.reading)
            columns[name] = replace(column, kind=cast(ColumnKind, kind), note=note)
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
            read = replace(reading.of(name) or ColumnReading(), merged=tuple((one, other) for one, other in pairs))
            reading = reading.with_column(name, read)
            if not values.equals(frame[name]):
                changed.add(name)
                notes = [note for note in notes if note not in {one.sentence() for one in spellings_in(frame, [name])}]
                notes.append(f"Spellings in {quoted(name)} merged by hand: {listed(one for one, _ in pairs)}.")
                frame = frame.assign(**{name: values})
        if not changed:
            return replace(self, reading=reading)
        fresh = from_clean(frame, self.name, tuple(notes), reading)
        columns = (
            replace(fresh.column(old.name), kind=old.kind, note=old.note) if old.name in changed else old
            for old in self.columns
        )
        return replace(fresh, columns=tuple(columns), before=self.before)

    def planned(self, plan: Plan) -> Table:
        """Return the table as a plan wants it: spellings merged, then kinds changed; the same where it is so already.

        Raises
        ------
        TableError
            The plan names a column that the table has not, or a kind that its values do not fit.
        """
        table = self.with_merged(dict(plan.merged)) if plan.merged else self
        return table.with_kinds(dict(plan.kinds)) if plan.kinds else table


def read_table(source: str | Path | bytes | BinaryIO, name: str | None = None) -> Table:
    """Read a CSV, TSV, ARFF, KEEL, Parquet or Excel file, or a gzip or zip of a text file.

    What can be repaired (separator, lines that are no rows, decimal comma, encoding, missing header,
    doubled names, infinite values, a few ragged rows) is repaired and said in the table's notes.

    Parameters
    ----------
    source : path, bytes, or binary file object
    name : str, optional
        Shown to people; the file's own name by default.

    Raises
    ------
    TableError
        The file cannot be read as a table; the message says what to change.
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
    """Make a table of a DataFrame: clean it and find each column's kind.

    Raises
    ------
    TableError
        There is no row, or fewer than two columns.
    """
    cleaned = clean(frame, file)
    return from_clean(cleaned.frame, name, notes + cleaned.notes, cleaned.reading)


def from_clean(frame: pd.DataFrame, name: str, notes: tuple[str, ...], reading: Reading) -> Table:
    """Make a table of a frame that was cleaned before, as it is kept with a run: nothing is decided anew."""
    # Sorting and hashing let other threads work; on a small table, handing out costs more than it saves.
    with ThreadPoolExecutor(_THREADS if len(frame) > _LONG else 1) as pool:
        found = pool.map(_looked_at, [values for _, values in frame.items()])
        digest, columns = hashlib.sha256(), []
        for column, hashes in found:
            digest.update(f"{column.name}\0{len(frame)}\0".encode(errors="replace"))
            digest.update(hashes)
            columns.append(column)
    return Table(name, frame, tuple(columns), notes, digest.hexdigest(), reading)


def _looked_at(values: pd.Series) -> tuple[Column, bytes]:
    hashes = pd.util.hash_pandas_object(values, index=False).to_numpy().tobytes()
    return _column(values), _told_apart(values) + hashes


def _told_apart(values: pd.Series) -> bytes:
    """Return what goes into the digest for types that pandas hashes like whole numbers: True as 1, a day as a count.

    The others add nothing, so that their tables keep the digest that earlier runs recorded.
    """
    if pd.api.types.is_bool_dtype(values.dtype):
        return b"bool"
    return b"date" if pd.api.types.is_datetime64_any_dtype(values.dtype) else b""


def _column(values: pd.Series) -> Column:
    name, rows = str(values.name), len(values)
    missing = int(values.isna().sum())
    known = rows - missing
    distinct = _distinct(values)
    kind, note = _kind(values, name, known, distinct)
    if kind == "numeric" and missing == 0 and distinct == rows and _is_counter(values):
        kind, note = "identifier", "It counts the rows."
    return Column(name, kind, missing, distinct, note)


def _distinct(values: pd.Series) -> int:
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
        if distinct == known or distinct > max(_MOST_LEVELS, known / 2):
            return "identifier", "Its name and its many different values say that it only names the rows."
        return "categorical", "Its name says that its numbers are names."
    if distinct == known and known >= 10:
        return "identifier", "Every row has another text."
    if distinct > max(_MOST_LEVELS, known / 2):
        return "ignored", f"It has {distinct:,} different texts in {counted(known, 'row')}: too many to learn from."
    if distinct > _MOST_LEVELS:
        return "categorical", f"Only its commonest levels count; the rest of its {distinct:,} are grouped."
    return "categorical", ""


def suggest_target(table: Table) -> str:
    """Return the column that most looks like a class: by its place, few values, name and imbalance.

    Structure outweighs a name that features have as well: of a binary last column and an earlier
    "marital_status", the last column is suggested.
    """
    best, best_score = table.columns[-1].name, -1.0
    for at, column in enumerate(table.columns):
        if column.kind not in ("numeric", "categorical") or not 2 <= column.distinct <= MOST_CLASSES:
            continue
        values = table.frame[column.name]
        last, binary = at == len(table.columns) - 1, column.distinct == 2
        score = 3.0 * last + 1.5 * (last and binary) + 0.5 * (at == 0)
        score += (
            5.0 if _CLASS_NAME.fullmatch(column.name.strip()) else 1.5 * bool(_PERHAPS_CLASS_NAME.search(column.name))
        )
        score += 1.0 * (column.distinct <= 10) + 1.0 * binary + 0.5 * (column.kind == "categorical")
        score += 0.5 * (column.kind != "numeric" or _as_whole(values.dropna()) is not None)
        score += 0.5 * (0.5 - min(values.value_counts(normalize=True).min(), 0.5))
        score -= 0.5 * (column.missing > 0)  # a class is known of most rows that people collect
        if score > best_score:
            best, best_score = column.name, score
    return best


@dataclass(frozen=True, eq=False)
class Target:
    """The class of every labelled row.

    Parameters
    ----------
    classes : tuple
        For two classes (negative, positive); for more, sorted. In the column's own type.
    codes : ndarray of int64, shape (n,)
        Positions in ``classes``.
    rows : ndarray of int64, shape (n,)
        Positions of the labelled rows in the table's frame.
    positive : int or None
        1 for two classes, None for more.
    notes : tuple of str
        Rows left out because they have no label.
    """

    name: str
    classes: tuple[str | int | float | bool, ...]
    codes: np.ndarray
    rows: np.ndarray
    positive: int | None
    notes: tuple[str, ...] = field(default=())

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names as text, in the order of the codes."""
        return tuple(map(str, self.classes))

    @property
    def counts(self) -> np.ndarray:
        """Rows of each class, shape (n_classes,)."""
        return np.bincount(self.codes, minlength=len(self.classes))


def encode_target(
    table: Table,
    name: str,
    positive: str | None = None,
    folds: int = 2,
    changes: ClassChanges = (),
    usable: np.ndarray | None = None,
) -> Target:
    """Turn a column into class codes, and refuse what no classifier can be compared on.

    Rows without a label are left out and noted. Whole numbers read as floats become integers.

    Parameters
    ----------
    positive : str or None
        Text of the positive class for two classes; None means the rarer one.
    folds : int
        Every class needs a row in each fold.
    changes : tuple of (class, class or None) pairs
        Classes that count as another one, or whose rows are left out.
    usable : ndarray of bool, shape (rows of the table,), optional
        False where a row must be left out, whatever its label.

    Raises
    ------
    TableError
        One class, too many classes or continuous values, an unknown class to change, an unknown positive
        class, or a class with fewer rows than folds (:class:`core.data.classes.RareClassError`).
    """
    column = table.column(name)
    shown = f"The target {quoted(name)}"
    values = table.frame[name]
    labelled = values.notna().to_numpy()
    rows = np.flatnonzero(labelled if usable is None else labelled & usable)
    values = values.iloc[rows]
    distinct = column.distinct if usable is None else _distinct(values)
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        raise TableError(f"{shown} holds dates: choose a column that holds classes.")
    if not len(rows):
        raise TableError(f"{shown} has no labels: choose another column.")
    if distinct == 1:
        raise TableError(f"{shown} has one class only ({quoted(as_text(values.iloc[0]))}): choose another column.")
    if distinct == len(rows) and len(rows) > 2:
        raise TableError(f"{shown} has another value in every row, like an identifier: choose a column of classes.")
    if pd.api.types.is_float_dtype(values.dtype):
        whole = _as_whole(values)
        if whole is None and distinct > 10:
            raise TableError(
                f"{shown} has continuous values ({distinct:,} different ones): "
                "choose a column of classes, or cut it into classes first."
            )
        values = values if whole is None else whole
    if distinct > MOST_CLASSES:
        raise TableError(
            f"{shown} has {distinct:,} classes and at most {MOST_CLASSES} are possible: "
            "choose another column, or merge the rare classes."
        )
    found = np.unique(np.asarray(values.astype(object).tolist()), return_inverse=True)
    classes, codes = [_scalar(value) for value in found[0]], found[1].astype(np.int64)
    left_out = int((~labelled if usable is None else ~labelled & usable).sum())
    notes: tuple[str, ...] = ()
    if left_out:
        notes = (f"{counted(left_out, 'row')} without a label in {quoted(name)} left out.",)
    if changes:
        kept, codes, more = change_classes(name, list(map(str, classes)), codes, changes)
        classes, notes = [classes[code] for code in kept], notes + more
        rows, codes = rows[codes >= 0], codes[codes >= 0]
        if len(classes) < 2:
            raise TableError(f"{shown} keeps fewer than two classes: merge or leave out fewer of them.")
    counts = np.bincount(codes)
    check_classes(name, list(map(str, classes)), counts, folds)
    if len(classes) == 2:
        texts = [str(value) for value in classes]
        if positive is not None and positive not in texts:
            raise TableError(
                f"{shown} has no class {quoted(positive)}: {which_there_are(positive, texts, 'its classes are')}"
            )
        minority = int(counts[1] > counts[0]) ^ 1
        chosen = minority if positive is None else texts.index(positive)
        if chosen == 0:
            classes, codes = classes[::-1], 1 - codes
    return Target(name, tuple(classes), codes, rows.astype(np.int64), 1 if len(classes) == 2 else None, notes)


def _as_whole(values: pd.Series) -> pd.Series | None:
    """Return floats that are whole numbers as integers, None where one has a fraction."""
    if not pd.api.types.is_float_dtype(values.dtype):
        return values
    plain = values.to_numpy()
    return values.astype("int64") if (plain == np.trunc(plain)).all() and (np.abs(plain) < 2**53).all() else None


def _scalar(value: object) -> str | int | float | bool:
    plain = value.item() if isinstance(value, np.generic) else value
    return plain if isinstance(plain, bool | int | float) else str(plain)
