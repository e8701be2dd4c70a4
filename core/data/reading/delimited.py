"""From the bytes of a text file to typed columns: encoding, separator, header, decimal comma."""

from __future__ import annotations

import codecs
import csv
import io
import logging
import re
from collections import Counter

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from core.data.reading.attribute_files import is_attribute_file, read_attribute_file, spaces_to_tabs
from core.data.reading.cells import FileReading, has_header, plain_names, quotes_marked
from core.data.reading.deciding import are_codes, are_padded
from core.data.reading.layout import lacks_header, without_foreign_lines
from core.data.reading.limits import MOST_CELL_CHARACTERS, check_cells, check_columns
from core.words import TableError, counted, quoted

_LOG = logging.getLogger(__name__)
_SAMPLE_BYTES = 100_000
_SAMPLE_ROWS = 200
_CHUNK = 1 << 22
_BLOCK = 1 << 20
_LARGEST_BLOCK = 1 << 24  # and so the longest row
_ODD_CELL = re.compile(r"In CSV column #(\d+): .*? invalid value '([^']*)'", re.DOTALL)
_WIDER = {
    pa.int64(): pa.float64(),
    pa.float64(): pa.string(),
    pa.date32(): pa.string(),
    pa.timestamp("s"): pa.string(),
    pa.timestamp("ns"): pa.string(),
}
_MOST_CODES = 500
_SAMPLES = 8  # places of a large file whose lines are looked at before the whole is read
_SEPARATORS = {"\t": "a tab", ";": "a semicolon", "|": "a bar", ",": "a comma"}
_BOMS = {
    codecs.BOM_UTF8: ("utf-8", "UTF-8 with a byte order mark"),
    codecs.BOM_UTF16_LE: ("utf-16-le", "UTF-16"),
    codecs.BOM_UTF16_BE: ("utf-16-be", "UTF-16"),
}
_OTHER_FORMATS = {
    b"%pdf": "a PDF",
    b"{": "JSON",
    b"[{": "JSON",
    b"<!doctype": "a web page",
    b"<html": "a web page",
    b"<?xml": "XML",
}
_COMMA_NUMBER = re.compile(r"\s*[-+]?\d*,\d+([eE][-+]?\d+)?\s*")
_POINT_NUMBER = re.compile(r"\s*[-+]?\d*\.\d+([eE][-+]?\d+)?\s*")
# "none" is a word that tables use as a level, so it is not taken as missing here.
NULLS = ["", "?", "#N/A", "#N/A N/A", "#NA", "N/A", "NA", "<NA>", "NULL", "NaN", "n/a", "nan", "null", "-nan", "-NaN"]


def read_delimited(data: memoryview, kept: FileReading | None = None) -> tuple[pd.DataFrame, list[str], FileReading]:
    """Read delimited text into typed columns; say what was detected or repaired.

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
    """
    notes: list[str] = []
    text, quotes = _as_utf8(data, notes)
    if not bytes(text[:_SAMPLE_BYTES]).strip():
        raise TableError("The file is empty: upload a CSV with a header and rows.")
    first_line = bytes(text[:200]).split(b"\n")[0].strip()
    if re.fullmatch(rb"sep=.", first_line):
        _, _, rest = bytes(text[:200]).partition(b"\n")
        text = text[min(len(text), 200) - len(rest) :]
    _check_size(text)
    if is_attribute_file(text):
        text, said = read_attribute_file(text)
        notes += said
        quotes = quotes or b'"' in bytes(text)
    spaced = spaces_to_tabs(text, _start(text), "".join(_SEPARATORS))
    if spaced is not None:
        text = spaced
        notes.append("The separator is a space, or several.")
    text, said = without_foreign_lines(text, _start(text), len(text) > _SAMPLE_BYTES, tuple(_SEPARATORS))
    notes += said
    sample, cut = _start(text), len(text) > _SAMPLE_BYTES
    separator, rows = (kept and _separated_as(sample, cut, kept)) or _separated(sample, cut)
    if separator != "," and spaced is None:
        notes.append(f"The separator is {_SEPARATORS[separator]}.")
    if len(rows) < 2 and len(text) <= _SAMPLE_BYTES:
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
    frame = _parse(text, separator, header, decimal, quotes, notes, typed=kept is None)
    return frame, notes, FileReading(separator, decimal, header)


def _start(text: memoryview) -> str:
    return bytes(text[:_SAMPLE_BYTES]).decode(errors="ignore")


def _check_size(text: memoryview) -> None:
    """Refuse too many columns or cells before anything is made of them."""
    head = bytes(text[:_LARGEST_BLOCK]).lstrip()
    first_line, end, _ = head.partition(b"\n" if b"\n" in head else b"\r")
    if not end and len(text) > _LARGEST_BLOCK:
        raise TableError(f"The first line is longer than {_LARGEST_BLOCK >> 20} MiB: save the table with line breaks.")
    columns = 1 + max(first_line.count(separator.encode()) for separator in _SEPARATORS)
    check_columns(columns)
    if len(text) > _LARGEST_BLOCK:
        lines = sum(bytes(text[at : at + _CHUNK]).count(end) for at in range(0, len(text), _CHUNK))
        check_cells(lines, columns, len(text))


def _as_utf8(data: memoryview, notes: list[str]) -> tuple[memoryview, bool]:
    """Return the text in UTF-8 without a byte order mark, and whether it holds a quotation mark."""
    head = bytes(data[:_SAMPLE_BYTES])
    for bom, (encoding, name) in _BOMS.items():
        if head.startswith(bom):
            notes.append(f"The file is {name}.")
            return _decoded(data[len(bom) :], encoding)
    # Text in UTF-16 has a zero byte in nearly every second place; other text has none.
    zeros = (head[0::2].count(0) / max(len(head), 1), head[1::2].count(0) / max(len(head), 1))
    if max(zeros) > 0.3 and min(zeros) < 0.1:
        notes.append("The file is UTF-16.")
        return _decoded(data, "utf-16-le" if zeros[1] > zeros[0] else "utf-16-be")
    controls = sum(head.count(code) for code in range(32) if code not in b"\t\n\r\f")
    if 0 in head or controls > len(head) / 100:
        raise TableError("This file is not text: upload a CSV, TSV, Parquet or Excel (.xlsx) file.")
    start = head[:1000].lstrip().lower()
    for magic, kind in _OTHER_FORMATS.items():
        if start.startswith(magic):
            raise TableError(f"This file is {kind}, not a table: upload a CSV, TSV, Parquet or Excel (.xlsx) file.")
    decoder = codecs.getincrementaldecoder("utf-8")()
    quotes = False
    try:
        for at in range(0, len(data), _CHUNK):
            chunk = bytes(data[at : at + _CHUNK])
            decoder.decode(chunk)
            quotes = quotes or b'"' in chunk
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        notes.append("The file is Latin-1 (Windows-1252), not UTF-8.")
        return _decoded(data, "cp1252")
    return data, quotes


def _decoded(data: memoryview, encoding: str) -> tuple[memoryview, bool]:
    try:
        text = codecs.decode(data, encoding, "replace" if encoding == "utf-8" else "strict")
    except UnicodeDecodeError:
        if encoding != "cp1252":
            raise TableError("This file's text is damaged: save it again as CSV in UTF-8.") from None
        text = codecs.decode(data, "latin-1")
    if "\0" in text:
        raise TableError("This file is not text: upload a CSV, TSV, Parquet or Excel (.xlsx) file.")
    return memoryview(text.encode(errors="replace")), '"' in text


def _separated(sample: str, cut: bool) -> tuple[str, list[list[str]]]:
    """Return the separator that cuts the sample into rows as long as the header, and those rows."""
    text = _whole_lines(sample, cut)
    best: tuple[tuple[bool, float], str, list[list[str]], int] | None = None
    for separator in _SEPARATORS:
        try:
            rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if row][:_SAMPLE_ROWS]
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
            rows = [row for row in reader if row][:_SAMPLE_ROWS]
        except csv.Error:
            continue
        if not kept.header and rows:
            return kept.separator, rows
        shared = len(set(plain_names(rows[0])) & set(kept.names)) if rows else 0
        if shared > best[0]:
            best = shared, separator, rows
    return (best[1], best[2]) if best[0] else None


class _Misfits:
    """Rows that do not fit the header: how many, and the shortest; they may be millions, so that none is kept."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.count, self.cells, self.expected = 0, 0, 0

    def skip(self, row: pacsv.InvalidRow) -> str:
        # Blocks are parsed side by side, so that the first to be found is not always the same.
        self.cells = min(self.cells, row.actual_columns) if self.count else row.actual_columns
        self.count, self.expected = self.count + 1, row.expected_columns
        return "skip"


def _check_lengths(table: pa.Table) -> None:
    for name, column in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_string(column.type) and (pc.max(pc.binary_length(column)).as_py() or 0) > MOST_CELL_CHARACTERS:
            raise TableError(
                f"Column {quoted(name)} has a cell of more than {MOST_CELL_CHARACTERS:,} characters: "
                "look for a quotation mark that is not closed, or shorten it."
            )


def _parse(
    text: memoryview,
    separator: str,
    header: bool,
    decimal: str,
    quotes: bool,
    notes: list[str],
    typed: bool = True,
) -> pd.DataFrame:
    misfits = _Misfits()

    source = pa.py_buffer(text)
    parse = pacsv.ParseOptions(delimiter=separator, newlines_in_values=quotes, invalid_row_handler=misfits.skip)
    convert = pacsv.ConvertOptions(null_values=NULLS, strings_can_be_null=True, decimal_point=decimal)
    if not typed:
        convert = pacsv.ConvertOptions(null_values=[], strings_can_be_null=False)
        options = pacsv.ReadOptions(autogenerate_column_names=not header, block_size=_BLOCK)
        names = pacsv.open_csv(pa.BufferReader(source), options, parse, convert).schema.names
        convert.column_types = dict.fromkeys(names, pa.string())

    def by_sample() -> pa.Table:
        options = pacsv.ReadOptions(autogenerate_column_names=not header, block_size=_BLOCK)
        sample = _sample(text, quotes)
        guess = pacsv.read_csv(pa.BufferReader(sample), options, parse, convert).schema
        if len(set(guess.names)) < len(guess.names):
            raise pa.ArrowInvalid("types are given by name, and a name comes twice")
        # Every column needs a type here, or the first block alone would settle it.
        types = {
            field.name: pa.string() if pa.types.is_null(field.type) or pa.types.is_time(field.type) else field.type
            for field in guess
        }
        whole_numbers = [name for name, kind in types.items() if kind == pa.int64()]
        if whole_numbers:
            texts = pacsv.ConvertOptions(
                include_columns=whole_numbers, column_types=dict.fromkeys(whole_numbers, pa.string()), null_values=NULLS
            )
            for name, column in pacsv.read_csv(pa.BufferReader(sample), options, parse, texts).to_pydict().items():
                if are_padded(pd.Series(list(dict.fromkeys(column)), dtype="str")):
                    types[name] = pa.string()  # postcodes would lose their zeros
        given = pacsv.ConvertOptions(null_values=NULLS, strings_can_be_null=True, decimal_point=decimal)
        while True:
            misfits.clear()
            given.column_types = types
            try:
                return pacsv.read_csv(pa.BufferReader(source), options, parse, given)
            except pa.ArrowInvalid as error:
                odd = _ODD_CELL.search(str(error))
                name = guess.names[int(odd[1])] if odd and int(odd[1]) < len(guess.names) else ""
                # Truth values may be written as numbers, so that these two do not settle a number's type.
                if name not in types or types[name] not in _WIDER or (odd and odd[2].lower() in ("true", "false")):
                    raise
                types[name] = _WIDER[types[name]]

    def whole(block: int) -> pa.Table:
        misfits.clear()
        options = pacsv.ReadOptions(autogenerate_column_names=not header, block_size=block)
        return pacsv.read_csv(pa.BufferReader(source), options, parse, convert)

    # With the types of a sample given, Arrow need not keep the text to change its mind. Where they
    # do not hold, it settles them on the whole; where a row outgrows a block, in one block.
    for read in ((by_sample if typed else lambda: whole(_BLOCK)), lambda: whole(_BLOCK), lambda: whole(_LARGEST_BLOCK)):
        try:
            table = read()
            break
        except (pa.ArrowException, ValueError) as error:
            _LOG.info("Arrow could not read a CSV: %s", error)
    else:
        raise TableError(
            "The file cannot be read as CSV: look for a quotation mark that is not closed, or a row longer than "
            f"{_LARGEST_BLOCK >> 20} MiB, and save it again as CSV in UTF-8."
        )
    if typed and (codes := _code_columns(table)):
        quiet = pacsv.ParseOptions(
            delimiter=separator, newlines_in_values=quotes, invalid_row_handler=lambda row: "skip"
        )
        convert.include_columns, convert.column_types = codes, dict.fromkeys(codes, pa.string())
        convert.null_values = [mark for mark in NULLS if mark not in ("NA", "na")]
        options = pacsv.ReadOptions(autogenerate_column_names=not header, block_size=_LARGEST_BLOCK)
        again = pacsv.read_csv(pa.BufferReader(source), options, quiet, convert)
        for name in codes:
            table = table.set_column(table.schema.get_field_index(name), name, again.column(name))
    _check_lengths(table)
    if misfits.count:
        if misfits.count > 0.1 * (table.num_rows + misfits.count):
            raise TableError(
                f"{misfits.count:,} of {counted(table.num_rows + misfits.count, 'row')} do not fit the header "
                f"(one has {counted(misfits.cells, 'cell')}, the header {misfits.expected}): "
                "check the separator and the quotation marks."
            )
        notes.append(
            f"{counted(misfits.count, 'row')} with more or fewer cells than the header "
            f"({misfits.expected}) {'was' if misfits.count == 1 else 'were'} left out."
        )
    if not header:
        table = table.rename_columns([f"column {i + 1}" for i in range(table.num_columns)])
    return to_frame(table)


def _code_columns(table: pa.Table) -> list[str]:
    """Return the columns where ``NA`` may be one of many two-letter codes, and was taken as missing."""
    if len(set(table.column_names)) < table.num_columns:
        return []
    found = []
    for name in table.column_names:
        column = table.column(name)
        if pa.types.is_string(column.type) and column.null_count:
            levels = pd.Series(
                column.slice(0, _SAMPLE_BYTES).unique().drop_null().to_pylist()[:_MOST_CODES], dtype="str"
            )
            if are_codes(levels):
                found.append(name)
    return found


def _sample(text: memoryview, quotes: bool) -> bytes:
    """Return the header and whole lines from several places; the head only where a line break can stand in a cell."""
    if len(text) <= _BLOCK:
        return bytes(text)
    parts = [bytes(text[:_BLOCK])]
    if not quotes:
        for at in range(1, _SAMPLES):
            start = max(_BLOCK, len(text) * at // (_SAMPLES - 1) - _SAMPLE_BYTES)
            parts.append(bytes(text[start : start + _SAMPLE_BYTES]).partition(b"\n")[2])
    return b"".join(part[: part.rfind(b"\n") + 1] for part in parts)


def to_frame(table: pa.Table) -> pd.DataFrame:
    """Turn an Arrow table of flat columns into a frame, freeing the table as it goes.

    Times of day become text; days become moments; truth values with gaps stay truth values.
    """
    for at, field in enumerate(table.schema):
        if pa.types.is_time(field.type):
            table = table.set_column(at, field.name, table.column(at).cast(pa.string()))
    return table.to_pandas(
        date_as_object=False,
        split_blocks=True,
        self_destruct=True,
        ignore_metadata=True,
        types_mapper={pa.bool_(): pd.BooleanDtype()}.get,
    )
