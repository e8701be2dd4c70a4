"""From the bytes of a text file to typed columns: its separator, header and decimal comma are detected here."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter

import pandas as pd

from core.data.reading.attribute_files import is_attribute_file, read_attribute_file, spaces_to_tabs
from core.data.reading.cells import FileReading, has_header, plain_names, quotes_marked
from core.data.reading.encoding import as_utf8
from core.data.reading.layout import lacks_header, without_foreign_lines
from core.data.reading.limits import CHUNK_BYTES, MAX_ROW_BYTES, SAMPLE_BYTES, check_cells, check_columns
from core.data.reading.parsing import parse
from core.words import TableError, counted

_MAX_SAMPLE_ROWS = 200

_SEPARATORS = {"\t": "a tab", ";": "a semicolon", "|": "a bar", ",": "a comma"}

_COMMA_NUMBER = re.compile(r"\s*[-+]?\d*,\d+([eE][-+]?\d+)?\s*")
_POINT_NUMBER = re.compile(r"\s*[-+]?\d*\.\d+([eE][-+]?\d+)?\s*")


def read_delimited(data: memoryview, kept: FileReading | None = None) -> tuple[pd.DataFrame, list[str], FileReading]:
    r"""Read delimited text into typed columns; say what was detected or repaired.

    The encoding, the separator, the decimal comma and a missing header are detected. Rows with
    another number of cells than the header are left out, and refused where they are many.

    Parameters
    ----------
    data : memoryview of bytes
    kept : FileReading or None
        How the training table was laid out, for new rows: whether they have a header is not decided
        anew, and every column stays text, to be read as that table's column was.

    Returns
    -------
    frame : DataFrame
        The type of every column is settled on the whole column.
    notes : list of str
    file : FileReading

    Raises
    ------
    TableError
        The bytes are no text, hold one column or no row, or most rows do not fit the header.

    See Also
    --------
    core.data.reading.containers.read_any : Reads other files as well.

    Examples
    --------
    >>> frame, notes, file = read_delimited(memoryview(b"age;fraud\n3,5;no\n4,5;yes\n"))
    >>> frame["age"].tolist(), file.separator, file.decimal
    ([3.5, 4.5], ';', ',')
    """
    notes: list[str] = []
    text, quotes = as_utf8(data, notes)
    if not bytes(text[:SAMPLE_BYTES]).strip():
        raise TableError("The file is empty: upload a CSV with a header and rows.")
    first_line = bytes(text[:200]).split(b"\n")[0].strip()
    if re.fullmatch(rb"sep=.", first_line):
        _, _, rest = bytes(text[:200]).partition(b"\n")
        text = text[min(len(text), 200) - len(rest) :]
    _check_size(text)
    if is_attribute_file(text):
        text, sentences = read_attribute_file(text)
        notes += sentences
        quotes = quotes or b'"' in bytes(text)
    spaced = spaces_to_tabs(text, _start(text), "".join(_SEPARATORS))
    if spaced is not None:
        text = spaced
        notes.append("The separator is a space, or several.")
    text, sentences = without_foreign_lines(text, _start(text), len(text) > SAMPLE_BYTES, tuple(_SEPARATORS))
    notes += sentences
    sample, cut = _start(text), len(text) > SAMPLE_BYTES
    separator, rows = (kept and _separated_as(sample, cut, kept)) or _separated(sample, cut)
    if separator != "," and spaced is None:
        notes.append(f"The separator is {_SEPARATORS[separator]}.")
    if len(rows) < 2 and len(text) <= SAMPLE_BYTES:
        raise TableError("The file has one line and no rows: it needs a line of column names and rows below it.")
    header = not lacks_header(rows) if kept is None else has_header(rows[0], kept)
    if not header:
        notes.append("The file has no header: its columns are called column 1, column 2 and so on.")
    cells = [cell for row in rows[header:] for cell in row]
    commas = sum(map(bool, map(_COMMA_NUMBER.fullmatch, cells)))
    decimal = "," if separator != "," and commas > sum(map(bool, map(_POINT_NUMBER.fullmatch, cells))) else "."
    if decimal == ",":
        notes.append("Numbers are written with a decimal comma.")
    if quotes and re.search(b'"NA"', text):
        text = memoryview(quotes_marked(bytes(text), separator))
    frame = parse(text, separator, header, decimal, quotes, notes, typed=kept is None)
    return frame, notes, FileReading(separator, decimal, header)


def _start(text: memoryview) -> str:
    return bytes(text[:SAMPLE_BYTES]).decode(errors="ignore")


def _check_size(text: memoryview) -> None:
    """Refuse too many columns or cells before anything is made of them."""
    head = bytes(text[:MAX_ROW_BYTES]).lstrip()
    first_line, end, _ = head.partition(b"\n" if b"\n" in head else b"\r")
    if not end and len(text) > MAX_ROW_BYTES:
        raise TableError(f"The first line is longer than {MAX_ROW_BYTES >> 20} MiB: save the table with line breaks.")
    columns = 1 + max(first_line.count(separator.encode()) for separator in _SEPARATORS)
    check_columns(columns)
    if len(text) > MAX_ROW_BYTES:
        lines = sum(bytes(text[at : at + CHUNK_BYTES]).count(end) for at in range(0, len(text), CHUNK_BYTES))
        check_cells(lines, columns, len(text))


def _separated(sample: str, cut: bool) -> tuple[str, list[list[str]]]:
    """Return the separator that cuts the sample into rows as long as the header, and those rows."""
    text = _whole_lines(sample, cut)
    best: tuple[tuple[bool, float], str, list[list[str]], int] | None = None
    for separator in _SEPARATORS:
        try:
            rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if row][
                :_MAX_SAMPLE_ROWS
            ]
        except csv.Error:
            continue
        if not rows:
            raise TableError("The file is empty: upload a CSV with a header and rows.")
        width, times = Counter(map(len, rows)).most_common(1)[0]
        score = (len(rows[0]) == width, round(times / len(rows), 1))
        if max(width, len(rows[0])) > 1 and (best is None or score > best[0]):
            best = score, separator, rows, width
    if best is None:
        raise TableError(
            "The file has one column only: a table needs a target and at least one feature, "
            "separated by commas, semicolons, tabs or spaces."
        )
    (fits, _), separator, rows, width = best
    if not fits and len(rows) > 2:
        raise TableError(
            f"The first line has {counted(len(rows[0]), 'cell')} and most lines have {width}: "
            "the first line must name every column, with nothing above it."
        )
    return separator, rows


def _whole_lines(sample: str, cut: bool) -> str:
    lines = sample.splitlines(keepends=True)
    return "".join(lines[:-1] if cut and len(lines) > 1 else lines)


def _separated_as(sample: str, cut: bool, kept: FileReading) -> tuple[str, list[list[str]]] | None:
    """Cut new rows so that their header has most of the training table's names, None where it has none of them."""
    best: tuple[int, str, list[list[str]]] = 0, "", []
    for separator in dict.fromkeys((kept.separator, *_SEPARATORS)):
        try:
            reader = csv.reader(io.StringIO(_whole_lines(sample, cut), newline=""), delimiter=separator)
            rows = [row for row in reader if row][:_MAX_SAMPLE_ROWS]
        except csv.Error:
            continue
        if not kept.header and rows:
            return kept.separator, rows
        shared = len(set(plain_names(rows[0])) & set(kept.names)) if rows else 0
        if shared > best[0]:
            best = shared, separator, rows
    return (best[1], best[2]) if best[0] else None
