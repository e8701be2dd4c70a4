"""A table with its column kinds, and the target that is to be predicted."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Literal, get_args

import numpy as np
import pandas as pd

from core.reading import Reading, TableError, read_frame, without_infinities

ColumnKind = Literal["numeric", "categorical", "date", "identifier", "constant", "ignored"]
Label = str | int | float | bool
MAX_CLASSES = 50
_ID_NAME = re.compile(r"(^|[_\s.-])(id|uuid|guid|key|index|nr|no|number)$|^(id|index|row)", re.IGNORECASE)
_TARGET_NAME = re.compile(
    r"^(target|class|label|y|outcome|response|diagnosis|status|result|is_.*|.*_?(fraud|churn|churned|default|fault))$",
    re.IGNORECASE,
)

__all__ = ["Column", "ColumnKind", "Label", "Table", "TableError", "Target", "encode_target", "read_table"]


@dataclass(frozen=True)
class Column:
    """What was found out about a column.

    Parameters
    ----------
    missing, distinct : int
        Cells without a value; different values among the others.
    note : str
        Why it has its kind, where that is not obvious.
    """

    name: str
    kind: ColumnKind
    missing: int
    distinct: int
    note: str = ""


@dataclass(frozen=True, eq=False)
class Table:
    """Rows as they were read and cleaned.

    Parameters
    ----------
    frame : DataFrame
        Numbers as numbers, dates as datetimes, everything else as text or booleans.
    notes : tuple of str
        What was repaired while reading, in plain sentences.
    digest : str
        SHA-256 of names, types and values.
    """

    name: str
    frame: pd.DataFrame
    columns: tuple[Column, ...]
    notes: tuple[str, ...]
    digest: str

    def column(self, name: str) -> Column:
        """Return a column by name.

        Raises
        ------
        TableError
            There is no such column.
        """
        found = next((column for column in self.columns if column.name == name), None)
        if found is None:
            raise TableError(f"There is no column '{name}' in {self.name}.")
        return found

    def with_kinds(self, kinds: Mapping[str, str]) -> Table:
        """Return the table with the kinds of some columns changed.

        Raises
        ------
        TableError
            A column or kind does not exist, or text is to be read as numbers or dates.
        """
        for name, kind in kinds.items():
            self.column(name)
            if kind not in get_args(ColumnKind):
                raise TableError(f"Column '{name}': there is no kind '{kind}'.")
            values = self.frame[name]
            if kind == "numeric" and not pd.api.types.is_numeric_dtype(values):
                raise TableError(f"Column '{name}' holds text and cannot be used as numbers.")
            if kind == "date" and not pd.api.types.is_datetime64_any_dtype(values):
                raise TableError(f"Column '{name}' holds no dates and cannot be used as dates.")
        columns = tuple(replace(c, kind=kinds.get(c.name, c.kind)) for c in self.columns)  # type: ignore[arg-type]
        return replace(self, columns=columns)

    def features(self, target: str) -> tuple[Column, ...]:
        """Return the columns that a network sees: numbers, categories and dates other than the target."""
        return tuple(c for c in self.columns if c.name != target and c.kind in ("numeric", "categorical", "date"))


@dataclass(frozen=True, eq=False)
class Target:
    """The labels as class codes.

    Parameters
    ----------
    classes : tuple
        Class labels by code, of the column's own type: for two classes (negative, positive),
        for more in sorted order.
    codes : ndarray of int64, shape (n,)
        Codes of the rows that have a label.
    rows : ndarray of int64, shape (n,)
        Positions of those rows in the table.
    positive : int or None
        1 for two classes.
    """

    name: str
    classes: tuple[Label, ...]
    codes: np.ndarray
    rows: np.ndarray
    positive: int | None

    @property
    def counts(self) -> np.ndarray:
        return np.bincount(self.codes, minlength=len(self.classes))

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(str(label) for label in self.classes)


def read_table(source: str | Path | bytes | BinaryIO, name: str | None = None) -> Table:
    """Read a table and find out what its columns are.

    CSV with any common separator, decimal mark and encoding, TSV, Parquet and Excel, plain,
    gzipped or alone in a zip. Null strings become missing values, infinite numbers too; text that
    holds numbers or dates throughout becomes numbers or dates (skrub's ``Cleaner``). What was
    repaired stands in ``notes``.

    Raises
    ------
    TableError
        The file cannot be read; the message says what to change.
    """
    if isinstance(source, str | Path):
        name = name or Path(source).name
        data = Path(source).read_bytes()
    else:
        data = source if isinstance(source, bytes) else source.read()
    reading = Reading()
    frame = read_frame(data, name or "The file", reading)
    frame = _cleaned(without_infinities(frame, reading), reading)
    return from_frame(frame, name or "table", tuple(reading.notes))


def from_frame(frame: pd.DataFrame, name: str, notes: tuple[str, ...] = ()) -> Table:
    """Return a clean frame as a table, with its columns' kinds found."""
    frame = frame.reset_index(drop=True)
    digest = hashlib.sha256(repr([(str(c), str(frame[c].dtype)) for c in frame.columns]).encode())
    for column in frame.columns:
        digest.update(pd.util.hash_pandas_object(frame[column], index=False).to_numpy().tobytes())
    columns = tuple(_column(str(column), frame[column]) for column in frame.columns)
    return Table(name, frame, columns, notes, digest.hexdigest())


def _cleaned(frame: pd.DataFrame, reading: Reading) -> pd.DataFrame:
    """Let skrub clean the columns that are still text."""
    from skrub import Cleaner

    texts = [c for c in frame.columns if not _typed(frame[c])]
    if not texts:
        return frame
    before = frame[texts].astype("object").where(frame[texts].notna(), None)
    odd = {c: before[c].map(lambda v: v if v is None or isinstance(v, str) else str(v)) for c in texts}
    after = Cleaner(drop_null_fraction=None, parse_numbers=True).fit_transform(pd.DataFrame(odd))
    for c in texts:
        clean = after[c]
        if pd.api.types.is_numeric_dtype(clean) and not pd.api.types.is_bool_dtype(clean):
            # skrub's numbers are float32; the text has them in full.
            frame[c] = pd.to_numeric(odd[c], errors="coerce").astype(np.float64)
            if frame[c].notna().any():
                reading.note(f"Column '{c}' held numbers written as text.")
        elif pd.api.types.is_datetime64_any_dtype(clean):
            frame[c] = clean.dt.tz_localize(None) if clean.dt.tz is not None else clean
            reading.note(f"Column '{c}' was read as dates.")
        else:
            # skrub takes "none" for missing; among categories ("telephone: none, yes") it is one of them.
            level = odd[c].str.fullmatch("none", case=False).fillna(False).astype(bool)
            frame[c] = _without_decimal_commas(clean.astype("object").mask(level, odd[c]), c, reading)
    return without_infinities(frame, reading)


def _typed(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values) or pd.api.types.is_datetime64_any_dtype(values)


def _without_decimal_commas(values: pd.Series, name: str, reading: Reading) -> pd.Series:
    known = values.dropna().astype(str)
    if len(known) and known.str.fullmatch(r"\s*[+-]?\d+(,\d+)?\s*").all():
        reading.note(f"Column '{name}' held numbers with a decimal comma.")
        return pd.to_numeric(values.astype("string").str.replace(",", "."), errors="coerce").astype(np.float64)
    return values.where(values.notna(), None).map(lambda v: v if v is None else str(v).strip())


def _column(name: str, values: pd.Series) -> Column:
    missing, n = int(values.isna().sum()), len(values)
    distinct = int(values.nunique())

    def column(kind: ColumnKind, note: str = "") -> Column:
        return Column(name, kind, missing, distinct, note)

    if missing == n:
        return column("constant", "has no values")
    if distinct == 1:
        return column("constant", "has one value throughout")
    if pd.api.types.is_datetime64_any_dtype(values):
        return column("date", "used as days")
    if pd.api.types.is_bool_dtype(values):
        return column("categorical")
    if pd.api.types.is_numeric_dtype(values):
        whole = pd.api.types.is_integer_dtype(values) or bool((values.dropna() % 1 == 0).all())
        unique = distinct == n - missing and n >= 20
        if unique and whole and (_ID_NAME.search(name) or bool((values.dropna().diff().iloc[1:].abs() == 1).all())):
            return column("identifier", "a different whole number in every row")
        return column("numeric")
    if distinct > 0.5 * (n - missing) and distinct > 20:
        whole_column = distinct == n - missing
        return column("identifier", f"a different text in {'every row' if whole_column else 'most rows'}")
    if distinct > 1000:
        return column("ignored", f"{distinct} different texts are too many for categories")
    return column("categorical")


def suggest_target(table: Table) -> str:
    """Return the column that is most likely the target: few classes, a telling name, or the last place."""

    def merit(place: int, column: Column) -> float:
        if not 2 <= column.distinct <= MAX_CLASSES or column.kind in ("identifier", "constant", "date", "ignored"):
            return -100.0
        points = 4.0 if place == len(table.columns) - 1 else 0.0
        points += 0.5 if place == 0 else 0.0
        points += 6.0 if _TARGET_NAME.match(column.name) else 0.0
        points += 2.0 if column.distinct == 2 else 1.0 if column.distinct <= 10 else 0.0
        return points - 3.0 * (column.missing > 0)

    place, best = max(enumerate(table.columns), key=lambda item: merit(*item))
    return best.name if merit(place, best) > -100 else table.columns[-1].name


def encode_target(table: Table, name: str, positive: str | None = None, folds: int = 2) -> Target:
    """Return the target column as class codes.

    Rows without a label are left out. Labels keep their type; whole numbers that were read as
    floats because some are missing become integers again.

    Parameters
    ----------
    positive : str or None
        Text of the positive class for two classes; None means the rarer one.
    folds : int
        Every class needs at least this many rows.

    Raises
    ------
    TableError
        The column cannot be a target; the message says why and what to change.
    """
    column = table.column(name)
    values = table.frame[name]
    rows = np.flatnonzero(values.notna().to_numpy())
    known = values.iloc[rows]
    if not len(rows):
        raise TableError(f"Column '{name}' has no labels: choose another target.")
    if pd.api.types.is_datetime64_any_dtype(known):
        raise TableError(f"Column '{name}' holds dates: choose a column of classes as the target.")
    if pd.api.types.is_float_dtype(known) and bool((known % 1 == 0).all()):
        known = known.astype(np.int64)
    raw = [value.item() if isinstance(value, np.generic) else value for value in known.unique()]
    classes: list[Label] = sorted(raw, key=lambda v: (isinstance(v, str), v))
    if len(classes) == 1:
        raise TableError(f"Column '{name}' has one class, '{classes[0]}': a target needs at least two.")
    if pd.api.types.is_float_dtype(known) and len(classes) > 10:
        raise TableError(f"Column '{name}' holds continuous values: choose a column of classes as the target.")
    if len(classes) == len(rows) and len(rows) > MAX_CLASSES:
        raise TableError(f"Column '{name}' is different in every row, like an identifier: choose another target.")
    if len(classes) > MAX_CLASSES:
        raise TableError(
            f"Column '{name}' has {len(classes)} classes, more than {MAX_CLASSES}: "
            "choose another target or merge classes."
        )
    lookup = {label: code for code, label in enumerate(classes)}
    codes = known.map(lookup).to_numpy(np.int64)
    counts = np.bincount(codes)
    smallest = int(counts.argmin())
    if counts[smallest] == 1:
        raise TableError(
            f"Class '{classes[smallest]}' of '{name}' has one row: remove it or merge it with another class."
        )
    if counts[smallest] < folds:
        raise TableError(
            f"Class '{classes[smallest]}' of '{name}' has {counts[smallest]} rows, fewer than the {folds} folds: "
            f"use at most {counts[smallest]} folds, or merge it with another class."
        )
    if not table.features(name):
        raise TableError(f"No column besides '{column.name}' varies: add columns that tell the classes apart.")
    if len(classes) == 2:
        chosen = _positive(classes, counts, positive, name)
        if chosen == 0:
            classes, codes = classes[::-1], 1 - codes
        return Target(name, tuple(classes), codes, rows, 1)
    return Target(name, tuple(classes), codes, rows, None)


def _positive(classes: list[Label], counts: np.ndarray, positive: str | None, name: str) -> int:
    if positive is None:
        return 0 if counts[0] < counts[1] else 1
    texts = [str(label) for label in classes]
    if positive not in texts:
        raise TableError(f"'{positive}' is no class of '{name}': choose '{texts[0]}' or '{texts[1]}'.")
    return texts.index(positive)
