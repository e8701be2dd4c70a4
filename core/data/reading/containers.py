"""Telling what a file is by its first bytes, and opening gzip and zip. Nothing is ever unpacked to disk."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import Protocol

import pandas as pd

from core.data.reading.cells import FileReading
from core.data.reading.columnar import read_parquet
from core.data.reading.delimited import read_delimited
from core.data.reading.limits import CHUNK_BYTES, MAX_EXCEL_BYTES, check_unpacked
from core.data.reading.spreadsheet import read_excel
from core.words import TableError, counted, listed, quoted

_SAVE_AS = "save the table as CSV, Parquet or Excel (.xlsx)"
# Formats that hold tables or models and are not read, by their first bytes.
_NAMED = {
    b"$FL2": "an SPSS file", b"$FL3": "an SPSS file", b"<stata_dta>": "a Stata file",
    b"\x00" * 12 + b"\xc2\xea\x81\x60": "a SAS file", b"\x89HDF": "an HDF5 file",
    b"SQLite format 3\x00": "an SQLite database",
    b"ARROW1": "an Arrow or Feather file", b"FEA1": "a Feather file", b"ORC": "an ORC file", b"Obj\x01": "an Avro file",
    b"\x93NUMPY": "a NumPy file", b"RDX": "an R data file", b"BZh": "a bzip2 archive",
    b"\xfd7zXZ\x00": "an xz archive",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive", b"Rar!": "a RAR archive", b"\x28\xb5\x2f\xfd": "a Zstandard archive",
}  # fmt: skip
_NAMED_ENTRIES = {
    "content.xml": "an OpenDocument file",
    "word/document.xml": "a Word document",
    "ppt/presentation.xml": "a presentation",
    "xl/workbook.bin": "a binary Excel workbook",
}


class _Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...


def read_any(data: memoryview, kept: FileReading | None = None) -> tuple[pd.DataFrame, list[str], FileReading]:
    r"""Read a table from the bytes of a CSV, ARFF, Parquet or Excel file, or a gzip or zip of a text file.

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

    See Also
    --------
    core.data.table.read_table : Cleans what was read, too.

    Examples
    --------
    >>> frame, notes, file = read_any(memoryview(gzip.compress(b"age;fraud\n31;no\n47;yes\n")))
    >>> frame["age"].tolist(), file.separator, notes
    ([31, 47], ';', ['The separator is a semicolon.'])
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
        return *read_parquet(data), FileReading()
    if magic.startswith(b"\xd0\xcf\x11\xe0"):
        raise TableError(
            "This is an old Excel (.xls) or a password-protected file: save it as .xlsx without a password."
        )
    start = bytes(data[:32])
    for first, kind in _NAMED.items():
        if start.startswith(first):
            raise TableError(f"This is {kind}, which is not read here: {_SAVE_AS}.")
    return read_delimited(data, kept)


def _inner(data: bytearray, kept: FileReading | None) -> tuple[pd.DataFrame, list[str], FileReading]:
    if data.startswith((b"PK", b"\x1f\x8b")):
        raise TableError("The archive holds another archive: unpack it and upload the table itself.")
    return read_any(memoryview(data), kept)


def _bounded(stream: _Stream, packed: int) -> bytearray:
    """Read a stream that unpacks as it is read, and stop where it grows too large."""
    out = bytearray()
    try:
        while chunk := stream.read(CHUNK_BYTES):
            out += chunk
            check_unpacked(len(out), packed)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise TableError("The archive is damaged, encrypted or of an unknown kind: pack the CSV again.") from error
    return out


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
            if size > MAX_EXCEL_BYTES:
                raise TableError("The workbook is too large for Excel reading: save the sheet as CSV or Parquet.")
            check_unpacked(size, len(data))
            return *read_excel(data), FileReading()
        for name, kind in _NAMED_ENTRIES.items():
            if name in names:
                raise TableError(f"This is {kind}, which is not read here: {_SAVE_AS}.")
        entries = [e for e in entries if not e.filename.startswith("__MACOSX/") and ".DS_Store" not in e.filename]
        if len(entries) != 1:
            inside = f" ({listed(e.filename for e in entries)})" if entries else ""
            raise TableError(f"The zip archive holds {counted(len(entries), 'file')}{inside}: it must hold one CSV.")
        name = entries[0].filename
        path = PurePosixPath(name.replace("\\", "/"))
        if path.is_absolute() or not path.parts or ".." in path.parts or ":" in path.parts[0]:
            raise TableError(f"The zip archive's file {quoted(name)} leads outside the archive: pack the CSV again.")
        check_unpacked(size, len(data))
        try:
            stream = archive.open(entries[0])
        except (RuntimeError, NotImplementedError, zipfile.BadZipFile) as error:
            raise TableError("The zip archive is damaged or encrypted: pack the CSV again.") from error
        with stream:
            return _inner(_bounded(stream, len(data)), kept)
