"""From a file's bytes to a data frame: format, encoding, separator, header, decimal mark."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as parquet

MAX_BYTES = 2 * 1024**3
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_NULLS = [
    "",
    "NA",
    "N/A",
    "#N/A",
    "n/a",
    "NaN",
    "nan",
    "NULL",
    "null",
    "?",
    "-",
    "--",
    "<NA>",
]
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
_COMMA_DECIMAL = re.compile(r"[+-]?\d+,\d+")
_POINT_DECIMAL = re.compile(r"[+-]?\d+\.\d+")


class TableError(ValueError):
    """A file or a column that cannot be used; the message is one sentence with the way out."""


@dataclass
class Reading:
    """A frame on its way, and what had to be repaired."""

    notes: list[str] = field(default_factory=list)

    def note(self, sentence: str) -> None:
        self.notes.append(sentence)


def read_frame(data: bytes, name: str, reading: Reading) -> pd.DataFrame:
    """Return the rows of a CSV, TSV, Parquet or Excel file, plain, gzipped or alone in a zip.

    Raises
    ------
    TableError
        The file is empty, no text, has one column or no rows, or is larger than 2 GiB unpacked.
    """
    if not data:
        raise TableError(f"{name} is empty: choose a file with a header row and data rows.")
    data = _unpacked(data, name)
    if data[:4] == b"PAR1":
        return _checked(_distinct_names(parquet.read_table(io.BytesIO(data)).to_pandas(), reading), name)
    if data[:4] == b"PK\x03\x04":
        return _checked(_excel(data, name, reading), name)
    return _checked(_text(data, name, reading), name)


def _unpacked(data: bytes, name: str) -> bytes:
    if data[:2] == b"\x1f\x8b":
        try:
            with gzip.open(io.BytesIO(data)) as packed:
                return _limited(packed.read(MAX_BYTES + 1), name)
        except (OSError, EOFError) as error:
            raise TableError(f"{name} is a damaged gzip file: pack it again or upload the plain CSV.") from error
    if data[:4] != b"PK\x03\x04":
        return data
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = [info for info in archive.infolist() if not info.is_dir()]
            if any(info.filename == "[Content_Types].xml" for info in files):
                return data
            if len(files) != 1:
                raise TableError(f"{name} holds {len(files)} files: upload a zip with one table in it.")
            if files[0].file_size > MAX_BYTES:
                raise TableError(f"{name} unpacks to more than 2 GiB: upload a part of the rows.")
            with archive.open(files[0]) as packed:
                return _limited(packed.read(MAX_BYTES + 1), name)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
        raise TableError(f"{name} is a damaged or locked zip file: upload the plain CSV.") from error


def _limited(data: bytes, name: str) -> bytes:
    if len(data) > MAX_BYTES:
        raise TableError(f"{name} unpacks to more than 2 GiB: upload a part of the rows.")
    return data


def _excel(data: bytes, name: str, reading: Reading) -> pd.DataFrame:
    import openpyxl

    try:
        book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
        sheet = book.worksheets[0]
        if any(merged.min_row <= 2 for merged in sheet.merged_cells.ranges):
            raise TableError(f"{name} has merged header cells: unmerge them so that each column has one name.")
        frame = pd.read_excel(io.BytesIO(data), na_values=_NULLS)
    except TableError:
        raise
    except Exception as error:
        raise TableError(f"{name} could not be read as an Excel workbook: save the sheet as CSV.") from error
    if len(book.sheetnames) > 1:
        reading.note(f"Read the first of {len(book.sheetnames)} sheets, '{book.sheetnames[0]}'.")
    return _distinct_names(frame, reading)


def _decoded(data: bytes, name: str, reading: Reading) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            text = data.decode("utf-16")
        except UnicodeDecodeError as error:
            raise TableError(f"{name} is no text file: save the table as CSV.") from error
        reading.note("Read as UTF-16 text.")
        return text
    if b"\x00" in data[:65536]:
        raise TableError(f"{name} is no text file: save the table as CSV, Parquet or Excel.")
    if data[:3] == b"\xef\xbb\xbf":
        reading.note("A byte-order mark at the start was left out.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        sample = data[:65536]
        control = sum(byte < 9 or 13 < byte < 32 for byte in sample)
        if control > len(sample) / 100:
            raise TableError(f"{name} is no text file: save the table as CSV, Parquet or Excel.") from None
        reading.note("Read as Latin-1 text, since it is not valid UTF-8.")
        return data.decode("cp1252", errors="replace")


def _rows(text: str, separator: str, count: int = 200) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    rows: list[list[str]] = []
    try:
        for row in reader:
            if row:
                rows.append([cell.strip() for cell in row])
            if len(rows) == count:
                break
    except csv.Error:
        pass  # what was read so far is enough to judge the separator
    return rows


def _separator(head: str) -> str:
    """Return the separator that cuts the first rows into the most cells, equally many a row."""

    def merit(separator: str) -> tuple[float, int]:
        widths = Counter(len(row) for row in _rows(head, separator))
        if not widths:
            return (0.0, 0)
        width, rows = widths.most_common(1)[0]
        return (rows / sum(widths.values()) if width > 1 else 0.0, width)

    return max(_SEPARATORS, key=merit)


def _text(data: bytes, name: str, reading: Reading) -> pd.DataFrame:
    text = _decoded(data, name, reading)
    if not text.strip():
        raise TableError(f"{name} is empty: choose a file with a header row and data rows.")
    head = text[:200_000]
    if len(text) > len(head):
        head = head[: head.rfind("\n")]
    separator = _separator(head)
    rows = _rows(head, separator)
    if len(rows[0]) < 2 and max(len(row) for row in rows) < 2:
        raise TableError(f"{name} has one column: a table needs a target and at least one other column.")
    if separator != ",":
        reading.note(f"Columns are separated by {_SEPARATORS[separator]}.")
    names, has_header = _header(rows, reading)
    cells = [cell for row in rows[has_header:] for cell in row]
    commas = sum(_COMMA_DECIMAL.fullmatch(cell) is not None for cell in cells)
    points = sum(_POINT_DECIMAL.fullmatch(cell) is not None for cell in cells)
    decimal = "," if separator != "," and commas > points else "."
    if decimal == ",":
        reading.note("Numbers are written with a decimal comma.")
    body = _without_header(text) if has_header else text
    return _parsed(body, names, separator, decimal, name, has_header, reading)


def _header(rows: Sequence[Sequence[str]], reading: Reading) -> tuple[list[str], bool]:
    first = rows[0]
    numbers = sum(_NUMBER.fullmatch(cell) is not None for cell in first)
    if len(rows) > 1 and numbers * 2 >= len(first):
        reading.note("There is no header row: columns are called column_1, column_2, and so on.")
        return [f"column_{i + 1}" for i in range(len(first))], False
    return _distinct([cell or f"column_{i + 1}" for i, cell in enumerate(first)], reading), True


def _distinct(names: Sequence[str], reading: Reading) -> list[str]:
    taken: Counter[str] = Counter()
    out: list[str] = []
    for name in names:
        taken[name] += 1
        fresh = name
        while taken[name] > 1 and (fresh in names or fresh in out):
            fresh = f"{name}_{taken[name]}"
            if fresh in names or fresh in out:
                taken[name] += 1
        if fresh != name:
            reading.note(f"The column name '{name}' appears more than once: one is now called '{fresh}'.")
        out.append(fresh)
    return out


def _distinct_names(frame: pd.DataFrame, reading: Reading) -> pd.DataFrame:
    frame.columns = pd.Index(_distinct([str(column) for column in frame.columns], reading))
    return frame


def _without_header(text: str) -> str:
    """Drop the header record, which may hold quoted line breaks."""
    stream = io.StringIO(text, newline="")
    for row in csv.reader(iter(stream.readline, "")):
        if row:
            break
    return stream.read()


def _parsed(
    body: str, names: list[str], separator: str, decimal: str, name: str, has_header: bool, reading: Reading
) -> pd.DataFrame:
    if not body.strip():
        raise TableError(f"{name} has a header but no data rows.")
    data = body.encode()
    odd: list[int] = []

    def skip(row: arrow_csv.InvalidRow) -> str:
        odd.append(row.actual_columns)
        return "skip"

    try:
        table = arrow_csv.read_csv(
            pa.py_buffer(data),
            # One block: the type of a column is settled on all of its cells.
            read_options=arrow_csv.ReadOptions(column_names=names, block_size=max(len(data) + 1, 1 << 16)),
            parse_options=arrow_csv.ParseOptions(
                delimiter=separator, newlines_in_values='"' in body, invalid_row_handler=skip
            ),
            convert_options=arrow_csv.ConvertOptions(
                null_values=_NULLS, strings_can_be_null=True, quoted_strings_can_be_null=True, decimal_point=decimal
            ),
        )
    except pa.ArrowInvalid as error:
        reason = str(error).splitlines()[0]
        raise TableError(f"{name} could not be read as a CSV ({reason}): check its quotes and separators.") from error
    if odd:
        if len(odd) > table.num_rows / 4:
            raise TableError(
                f"{name}: {len(odd)} rows have another number of cells than the {len(names)} column names: "
                "check the separator and the header."
            )
        reading.note(f"{len(odd)} rows had another number of cells than the header and were left out.")
    return table.to_pandas(split_blocks=True, self_destruct=True)


def _checked(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    if frame.shape[1] < 2:
        raise TableError(f"{name} has one column: a table needs a target and at least one other column.")
    if len(frame) < 10:
        raise TableError(f"{name} has {len(frame)} data rows: at least 10 are needed.")
    return frame


def without_infinities(frame: pd.DataFrame, reading: Reading) -> pd.DataFrame:
    """Return the frame with infinite numbers turned into missing ones, and say so."""
    for column in frame.columns[[pd.api.types.is_float_dtype(dtype) for dtype in frame.dtypes]]:
        infinite = np.isinf(frame[column].to_numpy(dtype=np.float64, na_value=np.nan))
        if infinite.any():
            reading.note(f"Column '{column}' held {int(infinite.sum())} infinite values: they count as missing.")
            frame[column] = frame[column].mask(infinite)
    return frame
