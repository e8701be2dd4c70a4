"""From the bytes of a text file to UTF-8."""

from __future__ import annotations

import codecs

from core.data.reading.limits import CHUNK_BYTES, SAMPLE_BYTES
from core.words import TableError

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


def as_utf8(data: memoryview, notes: list[str]) -> tuple[memoryview, bool]:
    """Return the text in UTF-8 without a byte order mark, and whether it holds a quotation mark.

    Parameters
    ----------
    data : memoryview of bytes
    notes : list of str
        Gets a sentence on the encoding where it is not UTF-8.

    Raises
    ------
    TableError
        The bytes are no text, or text of another format.

    Examples
    --------
    >>> notes = []
    >>> text, quotes = as_utf8(memoryview("größe,art".encode("latin-1")), notes)
    >>> bytes(text).decode(), quotes, notes
    ('größe,art', False, ['The file is Latin-1 (Windows-1252), not UTF-8.'])
    """
    head = bytes(data[:SAMPLE_BYTES])
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
        for at in range(0, len(data), CHUNK_BYTES):
            chunk = bytes(data[at : at + CHUNK_BYTES])
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
