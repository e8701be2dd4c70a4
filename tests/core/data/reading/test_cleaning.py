"""Cleaning takes a time that grows with the table, and no value of a file ends in an error of a library."""

from __future__ import annotations

import io
import time

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from core.data.reading.cleaning import clean
from core.data.table import read_table
from core.words import TableError


def parquet_of(**columns: pa.Array) -> bytes:
    out = io.BytesIO()
    parquet.write_table(pa.table(columns), out)
    return out.getvalue()


def test_equal_names_take_linear_time() -> None:
    def seconds(names: list[str]) -> float:
        began = time.process_time()
        cleaned = clean(pd.DataFrame([range(len(names))] * 2, columns=names))
        assert cleaned.frame.columns.is_unique
        assert len(cleaned.notes) in (0, 6)  # five in full, and how many more there are
        return time.process_time() - began

    unlike = seconds([f"a{i}" for i in range(8000)])
    assert seconds(["a"] * 8000) < 3 * unlike


def test_a_copy_never_takes_a_name_that_is_there() -> None:
    cleaned = clean(pd.DataFrame([[1, 2, 3, 4]], columns=["a", "a", "a (2)", "a"]))
    assert list(cleaned.frame.columns) == ["a", "a (3)", "a (2)", "a (4)"]


@pytest.mark.parametrize("cell", ["word " * 200_000, "1" * 1_000_000], ids=["words", "digits"])
def test_one_long_cell_takes_linear_time(cell: str) -> None:
    data = f"a,b,t\nx,{cell},1\n" + "".join(f"{i},x{i % 3},{i % 2}\n" for i in range(30))
    began = time.process_time()
    table = read_table(data.encode(), "a.csv")
    assert time.process_time() - began < 5
    assert table.frame["b"].iloc[0] == cell.strip()
    assert table.frame["b"].nunique() == 4


@pytest.mark.parametrize(
    "days",
    [pa.array([2**31 - 1] + [1] * 29, pa.date32()), pa.array([2**61] + [86_400_000] * 29, pa.timestamp("ms"))],
    ids=["date32", "milliseconds"],
)
def test_a_date_that_no_calendar_holds_is_missing_and_said(days: pa.Array) -> None:
    table = read_table(parquet_of(day=days, x=pa.array(range(30)), t=pa.array([0, 1] * 15)), "a.parquet")
    assert table.column("day").kind == "date"
    assert table.column("day").missing == 1
    assert table.frame["day"].iloc[1] == pd.Timestamp("1970-01-02")
    assert any("outside the years 1 to 9999" in note and "`day`" in note for note in table.notes)


def test_text_that_is_not_utf8_is_refused_by_its_column() -> None:
    offsets = pa.py_buffer(b"\0\0\0\0\2\0\0\0\4\0\0\0")
    text = pa.Array.from_buffers(pa.string(), 2, [None, offsets, pa.py_buffer(b"\xff\xfeab")])
    with pytest.raises(TableError, match=r"Column `s` .* not UTF-8"):
        read_table(parquet_of(s=text, t=pa.array([0, 1])), "a.parquet")
