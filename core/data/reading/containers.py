"""Opening what holds a table: gzip, zip, Parquet, Excel. Nothing is ever unpacked to disk."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import Protocol

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.data.reading.cells import FileReading
from core.data.reading.delimited import read_delimited, to_frame
from core.data.reading.spreadsheet import read_excel
from core.words import TableError, counted, listed, quoted

MOST_BYTES = 2 << 30
MOST_EXCEL_BYTES = 512 << 20
MOST_CELLS = 250_000_000
MOST_RATIO = 200  # unpacked to packed, beyond which a large archive is taken for a trap
LARGE_BYTES = 64 << 20
_CHUNK = 1 << 22


class _Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...


def read_any(data: memoryview, kept: FileReading | None = None) -> tuple[pd.DataFrame, list[str], FileReading]:
    """Read a table from the bytes of a CSV, TSV, Parquet or Excel file, or a gzip or zip of a CSV.

    What a file is, is told by its first bytes, not by its name. Archives that hold more than one
    file, lead outside their folder or grow beyond 2 GiB are refused.

    Parameters
    ----------
    kept : FileReading or None
        For new rows, how the text of the training table was laid out.

    Raises
    ------
    TableError
        The file is of another kind, damaged, or too large once unpacked.
    """
    if not len(data):
        raise TableError("The file is empty: upload a CSV with a header and rows.")
    magic = bytes(data[:8])
    if magic.startswith(b"\x1f\x8b"):
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            return _inner(_bounded(stream, len(data)), kept)
    if magic.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _read_zip(data, kept)
    if magic.startswith(b"PAR1"):
        return *_read_parquet(data), FileReading()
    if magic.startswith(b"\xd0\xcf\x11\xe0"):
        raise TableError("This is an old Excel or a password-protected file: save it as .xlsx without a password.")
    return read_delimited(data, kept)


def _inner(data: bytearray, kept: FileReading | None) -> tuple[pd.DataFrame, list[str], FileReading]:
    if data.startswith((b"PK", b"\x1f\x8b")):
        raise TableError("The archive holds another archive: unpack it and upload the table itself.")
    return read_any(memoryview(data), kept)


def _bounded(stream: _Stream, packed: int) -> bytearray:
    """Read a stream that unpacks as it is read, and stop where it grows too large."""
    out = bytearray()
    try:
        while chunk := stream.read(_CHUNK):
            out += chunk
            _check_size(len(out), packed)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise TableError("The archive is damaged, encrypted or of an unknown kind: pack the CSV again.") from error
    return out


def _check_size(unpacked: int, packed: int) -> None:
    if unpacked > MOST_BYTES:
        raise TableError(f"The archive holds more than {MOST_BYTES >> 30} GiB: upload a smaller table.")
    if unpacked > LARGE_BYTES and unpacked > MOST_RATIO * packed:
        raise TableError(
            f"The archive unpacks to more than {MOST_RATIO} times its size, as traps do: upload the table unpacked."
        )


def _read_zip(data: memoryview, kept: FileReading | None) -> tuple[pd.DataFrame, list[str], FileReading]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise TableError("The zip archive is damaged: pack the CSV again.") from error
    with archive:
        names = [entry.filename for entry in entries]
        size = sum(entry.file_size for entry in entries)
        if "xl/workbook.xml" in names:
            if size > MOST_EXCEL_BYTES:
                raise TableError("The workbook is too large for Excel reading: save the sheet as CSV or Parquet.")
            _check_size(size, len(data))
            return *read_excel(data), FileReading()
        entries = [e for e in entries if not e.filename.startswith("__MACOSX/") and ".DS_Store" not in e.filename]
        if len(entries) != 1:
            inside = f" ({listed(e.filename for e in entries)})" if entries else ""
            raise TableError(f"The zip archive holds {counted(len(entries), 'file')}{inside}: it must hold one CSV.")
        name = entries[0].filename
        path = PurePosixPath(name.replace("\\", "/"))
        if path.is_absolute() or not path.parts or ".." in path.parts or ":" in path.parts[0]:
            raise TableError(f"The zip archive's file {quoted(name)} leads outside the archive: pack the CSV again.")
        _check_size(size, len(data))
        try:
            stream = archive.open(entries[0])
        except (RuntimeError, NotImplementedError, zipfile.BadZipFile) as error:
            raise TableError("The zip archive is damaged or encrypted: pack the CSV again.") from error
        with stream:
            return _inner(_bounded(stream, len(data)), kept)


def _read_parquet(data: memoryview) -> tuple[pd.DataFrame, list[str]]:
    try:
        file = pq.ParquetFile(pa.BufferReader(pa.py_buffer(data)))
        schema = file.schema_arrow
        if file.metadata.num_rows * max(len(schema), 1) > MOST_CELLS:
            raise TableError(f"The Parquet file holds more than {MOST_CELLS:,} cells: upload a smaller table.")
        groups = (file.metadata.row_group(i) for i in range(file.metadata.num_row_groups))
        if sum(group.total_byte_size for group in groups) > MOST_BYTES:
            raise TableError(f"The Parquet file unpacks to more than {MOST_BYTES >> 30} GiB: upload a smaller table.")
        flat = [field.name for field in schema if not _is_nested(field.type)]
        dropped = [field.name for field in schema if _is_nested(field.type)]
        if len(set(schema.names)) < len(schema.names):
            raise TableError("The Parquet file has two columns of one name: rename one of them.")
        # Text stays coded until its size is known: one long text can stand for a million rows.
        texts = [field.name for field in schema if _is_text(field.type)]
        file = pq.ParquetFile(pa.BufferReader(pa.py_buffer(data)), read_dictionary=texts)
        table = file.read(columns=flat)
        _check_texts(table)
        _check_encoding(table)
        for at, field in enumerate(table.schema):
            plain = _plain_type(field.type)
            if plain != field.type:
                table = table.set_column(at, field.name, table.column(at).cast(plain, safe=False))
        frame = to_frame(table)
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, TableError):
            raise
        raise TableError("The Parquet file is damaged or of an unknown kind: write it again.") from error
    notes = [f"Columns that hold lists, records or bytes were left out: {listed(dropped)}."] if dropped else []
    return frame, notes


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _check_texts(table: pa.Table) -> None:
    size = 0
    for name in table.column_names:
        column = table.column(name)
        if not pa.types.is_dictionary(column.type) or not _is_text(column.type.value_type):
            continue
        for chunk in column.chunks:
            lengths = pc.binary_length(chunk.dictionary).take(chunk.indices)
            size += pc.sum(lengths.cast(pa.int64())).as_py() or 0
    if size > MOST_BYTES:
        raise TableError(f"The Parquet file's texts take more than {MOST_BYTES >> 30} GiB: upload a smaller table.")


def _check_encoding(table: pa.Table) -> None:
    """Refuse text that is not UTF-8: Arrow reads it without a look, and pandas fails on it much later."""
    for name in table.column_names:
        try:
            table.column(name).validate(full=True)
        except pa.ArrowInvalid as error:
            raise TableError(
                f"Column {quoted(name)} of the Parquet file holds text that is not UTF-8: write it again in UTF-8."
            ) from error


def _is_nested(kind: pa.DataType) -> bool:
    t = pa.types
    return t.is_nested(kind) or t.is_binary(kind) or t.is_large_binary(kind) or t.is_fixed_size_binary(kind)


def _plain_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        return _plain_type(kind.value_type)
    if pa.types.is_decimal(kind):
        return pa.float64()
    return pa.int64() if pa.types.is_duration(kind) else kind
