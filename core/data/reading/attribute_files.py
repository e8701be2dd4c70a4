"""Text that is no CSV but holds a table all the same: ARFF and KEEL files, columns separated by spaces."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter

from core.data.reading.layout import NUMBER, is_missing, numeric_columns
from core.words import TableError, counted, quoted

_DATA = re.compile(rb"^[ \t]*@data[^\n]*(\n|$)", re.IGNORECASE | re.MULTILINE)
_ATTRIBUTE = re.compile(r"""[ \t]*@attribute\s+('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s{]+)\s*(.*)""", re.IGNORECASE)
_OUTPUT = re.compile(r"[ \t]*@outputs?\s+(.+)", re.IGNORECASE)
_SPARSE_TEXT = re.compile(r"[-+]?\d+(\.\d+)?(\s+\d+:[-+.\deE]+)+\s*")  # LIBSVM: "1 3:0.5 7:1"
_HEAD_BYTES = 100_000
_LONGEST_HEADER = 1 << 22
_SAMPLE_ROWS = 200
_FITTING = 0.9


def is_attribute_file(text: memoryview) -> bool:
    r"""Return whether text is an ARFF or KEEL file.

    See Also
    --------
    read_attribute_file : Turns it into CSV.

    Examples
    --------
    >>> is_attribute_file(memoryview(b"% a comment\n@RELATION cars")), is_attribute_file(memoryview(b"age,fraud"))
    (True, False)
    """
    lines = (line.strip() for line in bytes(text[:_HEAD_BYTES]).splitlines())
    first = next((line for line in lines if line and not line.startswith(b"%")), b"")
    return first.lower().startswith(b"@relation")


def read_attribute_file(text: memoryview) -> tuple[memoryview, list[str]]:
    r"""Turn an ARFF or KEEL file into CSV whose header has the attributes' names.

    Raises
    ------
    TableError
        It has no data, or is one of ARFF's forms that hold no plain table.

    See Also
    --------
    is_attribute_file : Tells such a file.

    Examples
    --------
    >>> file = b"@relation cars\n@attribute speed real\n@attribute ok {no, yes}\n@data\n30, yes\n"
    >>> text, notes = read_attribute_file(memoryview(file))
    >>> bytes(text), notes
    (b'speed,ok\n30,yes\n', ['The file is ARFF or KEEL, with 2 attributes.'])
    """
    start = _DATA.search(bytes(text[:_LONGEST_HEADER]))
    if start is None:
        raise TableError("This ARFF file has no line `@data`: save it again, or save the table as CSV.")
    header = bytes(text[: start.start()]).decode(errors="replace")
    attributes = [match for line in header.splitlines() if (match := _ATTRIBUTE.match(line))]
    names = [_unquoted(match[1]) for match in attributes]
    if any(match[2].strip().lower().startswith("relational") for match in attributes):
        raise TableError("This ARFF file holds tables within a table: save one of them as CSV.")
    body = bytes(text[start.end() :])
    if body.lstrip().startswith(b"{"):
        raise TableError("This is a sparse ARFF file: save it as a dense ARFF or as CSV.")
    if b"%" in body:
        body = re.sub(rb"^[ \t]*%[^\n]*(\n|$)", b"", body, flags=re.MULTILINE)
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    if b"'" in body or b"\\" in body or b'"' in body:
        mark = "'" if b"'" in body else '"'
        lines = io.StringIO(body.decode(errors="replace"), newline="")
        try:
            reader = csv.reader(lines, quotechar=mark, escapechar="\\", skipinitialspace=True)
            writer.writerows([cell.strip() for cell in row] for row in reader if row)
        except csv.Error as error:
            raise TableError("This ARFF file's quotation marks do not pair up: save the table as CSV.") from error
        body = b""
    else:
        body = re.sub(rb"[ \t]+", b" ", body).replace(b" ,", b",").replace(b", ", b",")
    notes = [f"The file is ARFF or KEEL, with {counted(len(names), 'attribute')}."]
    outputs = [match[1].strip() for line in header.splitlines() if (match := _OUTPUT.match(line))]
    if outputs:
        notes.append(f"It calls {quoted(outputs[0])} its output.")
    return memoryview(out.getvalue().encode() + body), notes


def _unquoted(name: str) -> str:
    return re.sub(r"\\(.)", r"\1", name[1:-1]) if name[:1] in ("'", '"') else name


def spaces_to_tabs(text: memoryview, sample: str, separators: str) -> memoryview | None:
    r"""Return text whose columns are separated by spaces with tabs in their place, None where it is none.

    Raises
    ------
    TableError
        It is LIBSVM's sparse form.

    Examples
    --------
    >>> text = "age  fraud\n 3   no\n41   yes"
    >>> bytes(spaces_to_tabs(memoryview(text.encode()), text, ",;"))
    b'age\tfraud\n3\tno\n41\tyes'
    """
    lines = [line.strip() for line in sample.splitlines()[:_SAMPLE_ROWS] if line.strip()]
    lines = lines[:-1] if len(lines) > 2 and len(text) > len(sample) else lines
    if lines and all(map(_SPARSE_TEXT.fullmatch, lines[:20])):
        raise TableError("This file is LIBSVM's sparse form: save it as CSV with one column per feature.")
    if len(lines) < 2 or any(_fits([line.split(mark) for line in lines]) for mark in separators):
        return None
    rows = [_split(line) for line in lines]
    if not _fits(rows) or not any(_is_number(cell) for row in rows[1:] for cell in row):
        return None
    width = Counter(map(len, rows)).most_common(1)[0][0]
    if not numeric_columns([row for row in rows[1:] if len(row) == width]):
        return None
    whole = bytes(text)
    if b'"' in whole:
        out = io.StringIO(newline="")
        csv.writer(out, delimiter="\t", lineterminator="\n").writerows(
            _split(line.strip()) for line in whole.decode(errors="replace").splitlines() if line.strip()
        )
        return memoryview(out.getvalue().encode())
    # One run after the other, and its ends next: a pattern for both would take quadratic time on a long run.
    return memoryview(re.sub(rb"^\t|\t(?=\r?$)", b"", re.sub(rb"[ \t]+", b"\t", whole), flags=re.MULTILINE))


def _split(line: str) -> list[str]:
    try:
        return next(csv.reader([line.replace("\t", " ")], delimiter=" ", skipinitialspace=True))
    except (csv.Error, StopIteration):
        return line.split()


def _is_number(cell: str) -> bool:
    return bool(NUMBER.fullmatch(cell)) and not is_missing(cell)


def _fits(rows: list[list[str]]) -> bool:
    """Return whether rows have several cells, and nearly all as many."""
    width, times = Counter(map(len, rows)).most_common(1)[0]
    return width > 1 and times >= _FITTING * len(rows)
