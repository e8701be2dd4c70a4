"""Small files that stand for large tables, each made in a moment; run as a script, it reads one and tells the cost."""

from __future__ import annotations

import gzip
import io
import json
import resource
import sys
import time
import zipfile
from collections.abc import Callable

import openpyxl
import pyarrow as pa
import pyarrow.parquet as parquet

CSV = b"a,b,t\n" + b"".join(b"%d.5,x%d,%d\n" % (i, i % 3, i % 2) for i in range(50))


def workbook(extra_rows: bytes) -> bytes:
    """Return a workbook of 20 rows with more of its sheet's XML put behind them."""
    book, plain, packed = openpyxl.Workbook(), io.BytesIO(), io.BytesIO()
    for row in [["a", "b", "t"], *([i, i / 2, i % 2] for i in range(20))]:
        book.active.append(row)
    book.save(plain)
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                part = part.replace(b"</sheetData>", extra_rows + b"</sheetData>")
            new.writestr(name, part)
    return packed.getvalue()


def cell(column: str, row: int) -> bytes:
    return b'<row r="%d"><c r="%s%d" t="n"><v>1</v></c></row>' % (row, column.encode(), row)


def cells(column: str) -> bytes:
    return b"".join(cell(column, row) for row in range(22, 20_022))


def parquet_of(table: pa.Table) -> bytes:
    out = io.BytesIO()
    parquet.write_table(table, out, compression="zstd", row_group_size=1 << 22, store_schema=False)
    return out.getvalue()


def repeated(text: str, rows: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), rows), [text])


def lying_parquet() -> bytes:
    """Return 130 million cells behind a footer, and a row group, that say one row."""
    data = parquet_of(pa.table({name: pa.repeat(1, 1 << 22) for name in ("a", "t")}))
    rows = (1 << 22) * 2  # zigzag
    number = bytearray()
    while rows:
        number.append(rows & 127 | (128 if rows > 127 else 0))
        rows >>= 7
    # The footer's number of rows, and the row group's, but not that of the column chunks.
    end = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    footer, one = data[end:-8], b"\x02"
    at = footer.index(bytes(number))
    footer = footer[:at] + one + footer[at + len(number) :]
    return data[:end] + footer + len(footer).to_bytes(4, "little") + b"PAR1"


MANY = 50_000
#: A name, how the file is made, and words of the sentence that refuses it; none where it is read.
TRAPS: dict[str, tuple[Callable[[], bytes], str]] = {
    "row number of 10^15": (lambda: workbook(cell("A", 10**15)), "below row 1,048,576"),
    "column ZZZ in 20,000 rows": (lambda: workbook(cells("ZZZ")), "`ZZZ`"),
    "column ALL in 20,000 rows": (lambda: workbook(cells("ALL")), "top left"),
    "20,000 equal names": (lambda: (b",a" * 20_000)[1:] + b"\n" + ((b",1" * 20_000)[1:] + b"\n") * 2, "20,000 columns"),
    "50,000 columns": (
        lambda: b",".join(b"c%d" % i for i in range(MANY)) + b"\n" + ((b",1" * MANY)[1:] + b"\n") * 2,
        "50,000 columns",
    ),
    "one text of 1 MB": (lambda: CSV + b"1," + b"word " * 200_000 + b",1\n", ""),
    "one number of 1 MB": (lambda: CSV + b"1," + b"1" * 1_000_000 + b",1\n", ""),
    "gzip of 62 MB": (lambda: gzip.compress(b"a,b\n" + b"0,0\n" * (62 << 18), 9), "200 times"),
    "one text in each of a million rows": (
        lambda: parquet_of(pa.table({"a": repeated("x" * 4000, 1 << 20), "t": pa.repeat(1, 1 << 20)})),
        "200 times",
    ),
    "a footer of one row": (lying_parquet, "damaged"),
    "40 million cells of one value": (
        lambda: parquet_of(pa.table({f"c{i}": pa.repeat(1, 1 << 20) for i in range(40)})),
        "200 times",
    ),
}  # fmt: skip


def main() -> None:
    from core.data.table import read_table
    from core.words import TableError

    read_table(CSV, "warm.csv")  # the libraries' first call loads code
    for name in sys.argv[1:]:
        data = TRAPS[name][0]()
        before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
        try:
            read_table(data, name)
            said = ""
        except TableError as error:
            said = str(error)
        seconds = time.process_time() - began
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        print(json.dumps({"name": name, "bytes": len(data), "said": said, "seconds": seconds, "grown": grown << 10}))


if __name__ == "__main__":
    main()
