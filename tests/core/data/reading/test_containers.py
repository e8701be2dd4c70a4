"""Archives that are traps, and workbooks as people make them."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Sequence

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from core.data.reading import limits
from core.data.table import read_table
from core.words import TableError

CSV = b"a,b,t\n" + b"".join(b"%d.5,x%d,%d\n" % (i, i % 3, i % 2) for i in range(50))


def zipped(**entries: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return out.getvalue()


def lying(data: bytes) -> bytes:
    """Return the zip with a declared size of a tenth."""
    size = len(CSV).to_bytes(4, "little")
    return data.replace(size, (len(CSV) // 10).to_bytes(4, "little"))


BOMB = b"a,b\n" + b"0,0\n" * (17 << 20)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (gzip.compress(BOMB, 9), "200 times"),
        (zipped(**{"a.csv": BOMB}), "200 times"),
        (lying(zipped(**{"a.csv": CSV})), "damaged"),
        (gzip.compress(zipped(**{"a.csv": CSV})), "another archive"),
        (zipped(**{"a.gz": gzip.compress(CSV)}), "another archive"),
        (zipped(**{"/etc/a.csv": CSV}), "outside the archive"),
        (zipped(**{"..\\a.csv": CSV}), "outside the archive"),
        (zipped(**{"C:\\a.csv": CSV}), "outside the archive"),
        (zipped(**{".": CSV}), "outside the archive"),
        (zipped(**{"a.csv": CSV, "b.csv": CSV}), "holds 2 files"),
        (zipped(), "archive"),
    ],
    ids=["gzip bomb", "zip bomb", "lying", "nested", "nested gzip", "root", "up", "drive", "dot", "two", "none"],
)
def test_traps_are_refused_in_one_sentence(data: bytes, words: str) -> None:
    with pytest.raises(TableError, match=words) as caught:
        read_table(data, "a.zip")
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


def workbook(rows: Sequence[Sequence[object]], merged: Sequence[str] = ()) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for cells in merged:
        book.active.merge_cells(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def patched(data: bytes, name: str, start: bytes, fresh: bytes) -> bytes:
    """Return a workbook with a piece put behind the first place of ``start`` in one of its files."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {entry: archive.read(entry) for entry in archive.namelist()}
    assert start in parts[name]
    parts[name] = parts[name].replace(start, fresh + start, 1)
    return zipped(**parts)


BODY = [[i, i / 2, "yes" if i % 5 == 0 else "no"] for i in range(20)]


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml"])
def test_entities_in_a_workbook_are_refused(part: str) -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
    root = {"sheet1.xml": b"<worksheet", "workbook.xml": b"<workbook", "styles.xml": b"<styleSheet"}[
        part.split("/")[-1]
    ]
    with pytest.raises(TableError, match="Excel file cannot be read"):
        read_table(patched(workbook([["a", "b", "t"], *BODY]), part, root, bomb), "a.xlsx")


def test_a_header_merged_over_two_rows_becomes_one() -> None:
    rows = [["Survey of 2024"], [], ["visits", None, "class"], ["spring", "autumn", None], *BODY]
    table = read_table(workbook(rows, ["A1:C1", "A3:B3", "C3:C4"]), "a.xlsx")
    assert [column.name for column in table.columns] == ["visits spring", "visits autumn", "class"]
    assert len(table.frame) == 20
    assert any("header rows were joined" in note for note in table.notes)
    assert any("Survey of 2024" in note for note in table.notes)


def test_a_merged_header_without_names_below_is_refused() -> None:
    with pytest.raises(TableError, match=r"merged or empty cells \(column `B`\)"):
        read_table(workbook([["visits", None, "class"], *BODY], ["A1:B1"]), "a.xlsx")


def test_one_far_off_cell_does_not_claim_the_memory() -> None:
    rows = [["a", "b", "t"], *BODY]
    far = b'<row r="1048576"><c r="XFD1048576" t="n"><v>1</v></c></row>'
    with pytest.raises(TableError, match=r"column `XFD`"):
        read_table(patched(workbook(rows), "xl/worksheets/sheet1.xml", b"</sheetData>", far), "a.xlsx")


def test_text_that_grows_when_parquet_is_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_BYTES", 1 << 20)
    out = io.BytesIO()
    parquet.write_table(pa.table({"a": ["x" * 10_000] * 1_000, "t": [0, 1] * 500}), out)
    assert out.tell() < 1 << 20
    with pytest.raises(TableError, match="unpacks to more than"):
        read_table(out.getvalue(), "a.parquet")


def test_pickled_objects_are_never_loaded() -> None:
    """Bytes, as pickles would be stored, are left out; pandas' own notes in the file are not read."""
    out = io.BytesIO()
    frame = pd.DataFrame({"a": np.arange(30.0), "t": [0, 1] * 15, "p": [b"\x80\x04cos\nsystem\n"] * 30}, dtype=object)
    frame.astype({"a": "float64", "t": "int64"}).to_parquet(out)
    table = read_table(out.getvalue(), "a.parquet")
    assert [column.name for column in table.columns] == ["a", "t"]
    array = io.BytesIO()
    np.save(array, np.array([{}, 1], dtype=object), allow_pickle=True)
    with pytest.raises(TableError, match="a NumPy file, which is not read"):
        read_table(array.getvalue(), "a.npy")
