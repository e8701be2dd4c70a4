"""From an Excel workbook's first sheet to columns: titles above the header, merged and stacked headers."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable

import openpyxl
import pandas as pd

from core.data.reading.cells import as_text
from core.data.reading.layout import read_layout
from core.data.reading.limits import MAX_COLUMNS, MAX_SHEET_CELLS, MAX_SHEET_ROWS, check_columns, check_unpacked
from core.words import TableError, counted, listed, quoted

_Row = tuple[object, ...]
_MAX_TITLES = 10
_SAMPLE_ROWS = 200
_SPARSE_CELLS = 1_000_000
_SPARSE_SHARE = 0.05
_DAMAGED = "The Excel file cannot be read: save the sheet as CSV or as a new .xlsx."


def read_excel(data: memoryview) -> tuple[pd.DataFrame, list[str]]:
    """Read a workbook's first sheet; say what was left out or joined.

    Lone titles above the header are left out. A header of two rows, where the upper has cells merged
    over the lower's, becomes one: "2023" over "visits" is "2023 visits". Formulas are read as the
    values that Excel kept for them. The sheet is read row by row, so that one far-off cell cannot
    claim the memory; entities in its XML are refused (defusedxml).

    Raises
    ------
    TableError
        The file is damaged, the first sheet has no table, or a column has values but no name.

    See Also
    --------
    core.data.reading.containers.read_any : Reads any file.

    Examples
    --------
    >>> book = openpyxl.Workbook()
    >>> for row in (("Visits of 2024",), ("age", "fraud"), (31, "no"), (47, "yes")):
    ...     book.active.append(row)
    >>> book.save(file := io.BytesIO())
    >>> frame, notes = read_excel(memoryview(file.getvalue()))
    >>> frame["age"].tolist(), notes
    ([31, 47], ['1 line above the header was left out: `Visits of 2024`.'])
    """
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        title, others = str(sheet.title), len(book.sheetnames) - 1
        sheet.reset_dimensions()  # what a sheet says of its size is often wrong, and would cut rows off
        rows = _rows(sheet.iter_rows(values_only=True), len(data))
    except TableError:
        raise
    except Exception as error:  # openpyxl lets errors of many libraries through on damaged files
        raise TableError(_DAMAGED) from error
    notes = [f"Only the first sheet, {quoted(title)}, was read ({others} more in the file)."] if others else []
    above = _titles(rows)
    if above:
        notes.append(
            f"{counted(above, 'line')} above the header was left out: {quoted(rows[0][0])}.".replace(
                "lines above the header was", "lines above the header were"
            )
        )
    rows = rows[above:]
    if len(rows) < 2:
        raise TableError(f"The first sheet {quoted(title)} has no table: put it on the first sheet.")
    width = max(map(len, rows))
    header, second = (list(row) + [None] * (width - len(row)) for row in rows[:2])
    if _is_stacked(header, second, rows[2:]):
        header = _joined(header, second)
        rows = rows[1:]
        notes.append("The two header rows were joined into one.")
    else:
        rows, sentences = _without_foreign_rows(rows, width)
        notes += sentences
        header = list(rows[0]) + [None] * (width - len(rows[0]))
    filled = {at for row in rows[1:] for at, cell in enumerate(row) if cell is not None}
    nameless = sorted(at for at in filled if header[at] is None)
    if any(nameless):  # the first column alone may go without a name: it is often an index
        words = "column" if len(nameless) == 1 else "columns"
        letters = listed(openpyxl.utils.get_column_letter(at + 1) for at in nameless)
        raise TableError(
            f"The header of sheet {quoted(title)} has merged or empty cells ({words} {letters}): "
            "unmerge them and give every column its own name in one row."
        )
    kept = [at for at in range(width) if header[at] is not None or at in nameless]
    body = [[row[at] if at < len(row) else None for at in kept] for row in rows[1:]]
    frame = pd.DataFrame(body, dtype=object).dropna(how="all")
    frame.columns = pd.Index(["" if header[at] is None else str(header[at]) for at in kept])
    return frame, notes


def _rows(given: Iterable[_Row], size: int) -> list[_Row]:
    """Return the rows that hold anything, each without the empty cells at its end.

    A row or a cell can be placed anywhere in a sheet, and one text can stand in many cells, so that
    rows, columns, cells and characters are counted while they come.

    Parameters
    ----------
    size : int
        Bytes of the workbook.
    """
    rows: list[_Row] = []
    cells = filled = characters = 0
    for number, row in enumerate(given, 1):
        if number > MAX_SHEET_ROWS:
            raise TableError(
                f"The first sheet has a cell below row {MAX_SHEET_ROWS:,}, the last that Excel knows: "
                "save it as CSV or as a new .xlsx."
            )
        row = _trimmed(row)
        if not row:
            continue
        if len(row) > MAX_COLUMNS and len(row) - row.count(None) < MAX_COLUMNS:
            letter = openpyxl.utils.get_column_letter(len(row))
            raise TableError(
                f"The first sheet has a cell in column {quoted(letter)} of row {number:,}, far from the table: remove "
                "it, or save the table as CSV."
            )
        check_columns(len(row))
        cells += len(row)
        filled += len(row) - row.count(None)
        characters += sum(len(cell) for cell in row if isinstance(cell, str))
        if cells > MAX_SHEET_CELLS:
            raise TableError(f"The first sheet spans more than {MAX_SHEET_CELLS:,} cells: save it as CSV or Parquet.")
        if cells > _SPARSE_CELLS and filled < _SPARSE_SHARE * cells:
            raise TableError(
                f"The first sheet has values in {filled:,} of {cells:,} cells: put the table at its top left, "
                "or save it as CSV."
            )
        check_unpacked(characters, size)
        rows.append(row)
    return rows


def _trimmed(row: _Row) -> _Row:
    """Return a row without the empty cells at its end."""
    filled = len(row)
    while filled and row[filled - 1] is None:
        filled -= 1
    return row[:filled]


def _titles(rows: list[_Row]) -> int:
    """Return how many lines of one cell stand above a table of several columns."""
    lone = itertools.takewhile(lambda row: sum(cell is not None for cell in row) == 1, rows[: _MAX_TITLES + 1])
    above = sum(1 for _ in lone)
    return above if above <= _MAX_TITLES and above < len(rows) else 0


def _without_foreign_rows(rows: list[_Row], width: int) -> tuple[list[_Row], list[str]]:
    """Leave out a second header, a row of units and a total at the end; say which rows these were."""

    def texts(some: list[_Row]) -> list[list[str]]:
        padded = (list(row) + [None] * (width - len(row)) for row in some)
        return [["" if cell is None else as_text(cell) for cell in row] for row in padded]

    sample = texts(rows[:_SAMPLE_ROWS])
    (last,) = texts(rows[-1:])
    layout, total = read_layout(sample, last, whole=len(rows) <= _SAMPLE_ROWS)
    notes = []
    if total:
        notes.append(f"The last row, a total, was left out: {quoted(', '.join(last))}.")
        rows = rows[:-1]
    if layout.above:
        notes.append(f"A row above the header was left out: {quoted(', '.join(sample[0]))}.")
    elif layout.below:
        notes.append(f"A second header or a row of units was left out: {quoted(', '.join(sample[1]))}.")
        rows = [rows[0], *rows[2:]]
    return rows[layout.above :], notes


def _is_stacked(upper: list[object], lower: list[object], body: list[_Row]) -> bool:
    """Return whether the second row names the columns that the first leaves nameless, above values of another kind."""
    gaps = [at for at, name in enumerate(upper) if name is None]
    if not gaps or not body or upper[0] is None:
        return False
    named = [cell for cell in lower if cell is not None]
    if not all(isinstance(cell, str) for cell in named) or any(lower[at] is None for at in gaps):
        return False
    return any(not isinstance(cell, str) and cell is not None for row in body for cell in row)


def _joined(upper: list[object], lower: list[object]) -> list[object]:
    names: list[object] = []
    group: object = None
    for above, below in zip(upper, lower, strict=True):
        group = group if above is None else above
        names.append(group if below is None else f"{group} {below}")
    return names
