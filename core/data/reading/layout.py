"""Lines of a file that are no rows: titles above the header, a second header, units, a total at the end."""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core.data.reading.cells import LOOSE_MARKS, MARKS
from core.words import counted, quoted

NUMBER = re.compile(r"\s*[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?\s*")
_WORD = re.compile(r"[^\W\d_]")
_NUMBERS_IN_LETTERS = ("inf", "infinity", "nan")
_NUMBERED_NAME = re.compile(r"[A-Za-z_. ]{1,12}\d+")
_TOTAL = re.compile(
    r"(grand |sub ?)?(totals?|sum|average|mean|summe|gesamt|insgesamt|total general|somme):?", re.IGNORECASE
)
_MAX_ABOVE = 60  # lines
_MIN_ROWS = 3  # below two lines of words, before one of them can be told to be foreign
_LONGEST_NAME = 80  # characters
_SAMPLE_ROWS = 200
_TAIL_BYTES = 20_000
_FITTING = 0.8  # of the rows, with which a separator can be judged

Row = Sequence[str]


@dataclass(frozen=True)
class Layout:
    """How many of the first rows are left out: above the header, and between it and the data.

    See Also
    --------
    foreign_rows : Finds it.

    Examples
    --------
    >>> rows = [["Visits"], ["age", "fraud"], ["years", "-"], ["31", "no"], ["47", "yes"], ["50", "no"]]
    >>> layout = Layout(above=1, below=1)
    >>> rows[layout.above], rows[layout.above + 1 + layout.below :][0]
    (['age', 'fraud'], ['31', 'no'])
    """

    above: int = 0
    below: int = 0


def is_missing(cell: str) -> bool:
    """Return whether a cell only says that there is no value.

    Examples
    --------
    >>> is_missing(" n/a"), is_missing("-"), is_missing("0")
    (True, True, False)
    """
    return cell.strip().lower() in MARKS or cell.strip().lower() in LOOSE_MARKS


def is_word(cell: str) -> bool:
    """Return whether a cell, found above numbers, is a name and neither a number nor a mark.

    Examples
    --------
    >>> is_word("age"), is_word("12"), is_word("NaN")
    (True, False, False)
    """
    text = cell.strip().lower()
    return bool(_WORD.match(text)) and text not in _NUMBERS_IN_LETTERS and not is_missing(text)


def numeric_columns(rows: Sequence[Row]) -> list[int]:
    """Return the places of columns that hold numbers, perhaps with gaps, in rows of one length.

    Examples
    --------
    >>> numeric_columns([["31", "no", "?"], ["47", "yes", "2.5"]])
    [0, 2]
    """
    return [
        at
        for at, column in enumerate(zip(*rows, strict=True))
        if all(NUMBER.fullmatch(cell) or is_missing(cell) for cell in column)
        and any(NUMBER.fullmatch(cell) for cell in column)
    ]


def lacks_header(rows: Sequence[Row]) -> bool:
    """Return whether the first row is data: numbers above numbers, or words that come again below.

    Examples
    --------
    >>> lacks_header([["age", "fraud"], ["31", "no"]]), lacks_header([["31", "no"], ["47", "yes"]])
    (False, True)
    """
    first = rows[0]
    body = [row for row in rows[1:] if len(row) == len(first)]
    columns = list(zip(*body, strict=True))
    numeric = [at for at, c in enumerate(columns) if all(NUMBER.fullmatch(cell) or is_missing(cell) for cell in c)]
    if not numeric:
        return len(body) > 2 and all(cell in column for cell, column in zip(first, columns, strict=True))
    on_top = [first[at].strip() for at in numeric if first[at].strip()]
    if any(map(is_word, on_top)):
        return False
    if on_top and all(cell.isascii() and cell.isdigit() for cell in on_top):
        names = [int(cell) for cell in on_top]
        counting = names == list(range(names[0], names[0] + len(names)))
        if counting and len(names) > 1 and (names[0] == 0 or 1900 <= names[0] <= 2100):
            return False  # pandas numbers its columns from 0, and pivot tables have one column per year
    return sum(bool(NUMBER.fullmatch(cell)) for cell in on_top) > len(on_top) / 2


def foreign_rows(rows: Sequence[Row]) -> Layout:
    """Return which of a table's first rows are no part of it.

    Rows of another length above a header are titles. Of two rows of words above columns of numbers,
    one is foreign: the first where its cells cannot be names, or only number the columns (X1, X2)
    while the second names them; the second otherwise.

    See Also
    --------
    read_layout : The last row as well.

    Examples
    --------
    >>> rows = [["Members"], ["name", "age", "weight"], ["", "years", "kg"]]
    >>> rows += [["Ada", "31", "61"], ["Bob", "47", "84"], ["Cem", "50", "73"]]
    >>> foreign_rows(rows)
    Layout(above=1, below=1)
    """
    width = Counter(map(len, rows)).most_common(1)[0][0]
    above = next(at for at, row in enumerate(rows) if len(row) == width)
    body = [row for row in rows[above:] if len(row) == width]
    if above:
        row_names = above == 1 and len(rows[0]) == width - 1  # a header that leaves out the column of row names
        if above > _MAX_ABOVE or row_names or len(body) < _MIN_ROWS or _is_data(body):
            return Layout()
    if len(body) < 2 + _MIN_ROWS:
        return Layout(above)
    first, second, rest = body[0], body[1], body[2:]
    numeric = numeric_columns(rest)
    if (
        not numeric
        or not _is_foreign(second, rest, numeric)
        or not any(not NUMBER.fullmatch(first[at]) for at in numeric)
    ):
        return Layout(above)
    if _can_name(second) and (not _can_name(first) or (_only_numbers(first) and not _only_numbers(second))):
        return Layout(above + 1)
    return Layout(above, 1)


def _is_data(body: Sequence[Row]) -> bool:
    """Return whether rows below titles begin without a header."""
    if len(body) >= 2 + _MIN_ROWS and numeric_columns(body[2:]):
        return lacks_header([body[0], *body[2:]])
    return lacks_header(body)


def _is_foreign(row: Row, rest: Sequence[Row], numeric: Sequence[int]) -> bool:
    """Return whether a row has words above every column of numbers, and in the others nothing that comes again."""
    numeric_words = [not is_missing(row[at]) and not NUMBER.fullmatch(row[at]) for at in numeric]
    if any(NUMBER.fullmatch(row[at]) for at in numeric) or sum(numeric_words) < max(2, len(numeric) / 2):
        return False
    others = [at for at in range(len(row)) if at not in set(numeric) and not is_missing(row[at])]
    return not any(row[at] == other[at] for at in others for other in rest)


def _can_name(row: Row) -> bool:
    names = [cell.strip() for cell in row]
    return (
        all(names)
        and len(set(names)) == len(names)
        and not any(NUMBER.fullmatch(name) or len(name) > _LONGEST_NAME for name in names)
    )


def _only_numbers(row: Row) -> bool:
    return sum(bool(_NUMBERED_NAME.fullmatch(cell.strip())) for cell in row) >= len(row) * 2 / 3


def is_total(row: Row, body: Sequence[Row], whole: bool) -> bool:
    """Return whether a table's last row sums it up.

    Parameters
    ----------
    body : sequence of rows
        Rows above it.
    whole : bool
        They are all that there are, so that sums can be looked at.

    See Also
    --------
    read_layout : The first rows as well.

    Examples
    --------
    >>> body = [["name", "visits"], ["Ada", "6"], ["Bob", "8"]]
    >>> is_total(["Total", "14"], body, whole=True), is_total(["Total", "9"], body, whole=True)
    (True, False)
    """
    at = next((at for at, cell in enumerate(row) if cell.strip()), None)
    body = [other for other in body[1:] if len(other) == len(row)]
    if at is None or not body or not _TOTAL.fullmatch(row[at].strip()):
        return False
    if any(other[at].strip().lower() == row[at].strip().lower() for other in body):
        return False
    others = [i for i in range(len(row)) if i != at]
    if not all(is_missing(row[i]) or NUMBER.fullmatch(row[i]) for i in others):
        return False
    numeric = set(numeric_columns(body))
    if at in numeric or any(is_missing(row[i]) and not any(is_missing(other[i]) for other in body) for i in others):
        return True
    return whole and any(_sums_up(row[i], [other[i] for other in body]) for i in numeric)


def _sums_up(cell: str, column: Sequence[str]) -> bool:
    if not NUMBER.fullmatch(cell):
        return False
    value, *values = (float(c.replace(",", ".")) for c in (cell, *(c for c in column if NUMBER.fullmatch(c))))
    return any(math.isclose(value, sums, rel_tol=0.01) for sums in (sum(values), sum(values) / len(values)))


def read_layout(rows: Sequence[Row], last: Row, whole: bool) -> tuple[Layout, bool]:
    """Return which of a table's first rows are left out, and whether its last row is a total.

    Parameters
    ----------
    rows : sequence of rows
        The first ones.
    last : row
    whole : bool
        The rows are all that there are, the last one with them.

    See Also
    --------
    without_foreign_lines : The same for text.

    Examples
    --------
    >>> rows = [["name", "visits"], ["Ada", "6"], ["Bob", "8"], ["Total", "14"]]
    >>> read_layout(rows, rows[-1], whole=True)
    (Layout(above=0, below=0), True)
    """
    if whole and _is_called_total(last):
        rows = rows[:-1]
    layout = foreign_rows(rows) if rows else Layout()
    body = [*rows[layout.above : layout.above + 1], *rows[layout.above + 1 + layout.below :]]
    return layout, is_total(last, body, whole)


def _is_called_total(row: Row) -> bool:
    first = next((cell.strip() for cell in row if cell.strip()), "")
    return bool(_TOTAL.fullmatch(first))


def without_foreign_lines(
    text: memoryview, sample: str, cut: bool, separators: Sequence[str]
) -> tuple[memoryview, list[str]]:
    r"""Leave titles, a second header, units and a total out of delimited text; say which lines these were.

    Parameters
    ----------
    text : memoryview of UTF-8
    sample : str
        Its beginning.
    cut : bool
        Whether there is more of it.

    See Also
    --------
    read_layout : The same for rows of cells.

    Examples
    --------
    >>> file = "name,visits\nAda,6\nBob,8\nTotal,14\n"
    >>> text, notes = without_foreign_lines(memoryview(file.encode()), file, cut=False, separators=",;")
    >>> bytes(text).decode().splitlines(), notes
    (['name,visits', 'Ada,6', 'Bob,8'], ['The last line, a total, was left out: `Total,14`.'])
    """
    best: tuple[float, str, list[list[str]], list[int]] | None = None
    lines = list(io.StringIO(sample, newline=""))
    lines = lines[:-1] if cut and len(lines) > 1 else lines
    for separator in separators:
        rows, starts = _rows(lines, separator)
        width, times = Counter(map(len, rows)).most_common(1)[0] if rows else (0, 0)
        if width > 1 and (best is None or times / len(rows) > best[0]):
            best = times / len(rows), separator, rows, starts
    if best is None or best[0] < _FITTING or len(best[2]) < 2:
        return text, []
    _, separator, rows, starts = best
    notes: list[str] = []
    end, last = _last_line(text)
    row = next(csv.reader([last], delimiter=separator), []) if last.count('"') % 2 == 0 else []
    layout, total = read_layout(rows, row, whole=not cut and len(rows) < _SAMPLE_ROWS)
    if total:
        notes.append(f"The last line, a total, was left out: {quoted(last)}.")
        text = text[:end]
    offsets = [sum(len(line.encode()) for line in lines[:start]) for start in starts]
    if layout.below:
        at = layout.above + 1
        notes.append(
            f"Line {starts[at] + 1}, a second header or a line of units, was left out: {_line(lines, starts, at)}."
        )
        header = bytes(text[offsets[layout.above] : offsets[at]])
        text = memoryview(header + bytes(text[offsets[at + layout.below] :]))
    elif layout.above:
        text = text[offsets[layout.above] :]
    if layout.above:
        shown = _line(lines, starts, 0)
        notes.append(
            f"Line {starts[0] + 1}, above the header, was left out: {shown}."
            if layout.above == 1
            else f"{counted(layout.above, 'line')} above the header were left out, from {shown} on."
        )
    return text, notes


def _rows(lines: Sequence[str], separator: str) -> tuple[list[list[str]], list[int]]:
    """Return the first rows that are not empty, and the line on which each begins, counted from 0."""
    rows: list[list[str]] = []
    starts: list[int] = []
    reader = csv.reader(iter(lines), delimiter=separator)
    start = 0
    try:
        for row in reader:
            if row:
                rows.append(row)
                starts.append(start)
            start = reader.line_num
            if len(rows) == _SAMPLE_ROWS:
                break
    except csv.Error:
        return [], []
    return rows, starts


def _line(lines: Sequence[str], starts: Sequence[int], at: int) -> str:
    return quoted(lines[starts[at]])


def _last_line(text: memoryview) -> tuple[int, str]:
    """Return where the last line that is not empty begins, and the line."""
    tail = bytes(text[-_TAIL_BYTES:]).rstrip()
    start = max(tail.rfind(b"\n"), tail.rfind(b"\r")) + 1
    return max(0, len(text) - _TAIL_BYTES) + start, tail[start:].decode(errors="replace")
