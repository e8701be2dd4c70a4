"""Files that are no CSV: read where they hold a plain table, named where they do not."""

from __future__ import annotations

import gzip
import io
import time
import zipfile
from contextlib import suppress

import pytest

from core.data.table import read_table
from core.data.target import suggest_target
from core.words import TableError
from tests.core.data.reading import CASES

BODY = "".join(f"{i / 2}, {i % 7}, 'level {i % 3}', {'positive' if i % 5 == 0 else 'negative'}\n" for i in range(40))
KEEL = (
    "@relation ecoli\n@attribute Mcg real [0.0, 20.0]\n@attribute Gvh integer [0, 6]\n@attribute 'Alm 1' {a, b}\n"
    "@attribute Class {positive, negative}\n@inputs Mcg, Gvh, 'Alm 1'\n@outputs Class\n@data\n"
)


def test_arff_and_keel_are_read_with_their_names() -> None:
    table = read_table(CASES / "small.arff")
    assert [(column.name, column.kind) for column in table.columns] == [
        ("a", "numeric"), ("b", "numeric"), ("class", "categorical"),
    ]  # fmt: skip
    assert table.frame.shape == (60, 3)
    for data in (KEEL + BODY, "% a comment\n\n" + KEEL.upper().replace("CLASS", "Class") + "% another\n" + BODY):
        keel = read_table(data.encode(), "a.dat")
        assert keel.frame.shape == (40, 4)
        assert [column.kind for column in keel.columns] == ["numeric", "numeric", "categorical", "categorical"]
        assert keel.frame.iloc[4, 2] == "level 1"
        assert suggest_target(keel) == "Class"
        assert any("output" in note for note in keel.notes)
    assert (
        read_table(gzip.compress((KEEL + BODY).encode()), "a.gz").digest
        == read_table((KEEL + BODY).encode(), "a").digest
    )


def test_columns_separated_by_spaces_are_read() -> None:
    table = read_table(CASES / "space_separated.txt")
    assert table.frame.shape == (40, 4)
    lines = ["  age   colour  y"] + [f" {i:3d}   {('red', 'blue')[i % 2]:6s} {i % 3}  " for i in range(50)]
    wide = read_table("\r\n".join(lines).encode(), "a.txt")
    assert [(column.name, column.kind) for column in wide.columns] == [
        ("age", "identifier"), ("colour", "categorical"), ("y", "numeric"),
    ]  # fmt: skip
    assert any("space" in note for note in wide.notes)
    quoted = read_table("\n".join(f'{i} "dark red" {i % 2}' for i in range(30)).encode(), "a.txt")
    assert quoted.frame.iloc[0, 1] == "dark red"


def zip_of(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, b"<x/>")
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"@relation x\n@attribute a real\n@attribute b {0,1}\n@data\n{0 1, 1 1}\n", "sparse ARFF"),
        (b"@relation x\n@attribute a real\n1,2\n", "no line `@data`"),
        (b"1 1:0.5 3:1\n-1 2:0.25\n" * 20, "LIBSVM"),
        (b"$FL2@(#) SPSS", "an SPSS file"),
        (b"<stata_dta><header>", "a Stata file"),
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
        (b"SQLite format 3\x00", "an SQLite database"),
        (b"ARROW1\x00\x00", "an Arrow or Feather file"),
        (b"BZh91AY", "a bzip2 archive"),
        (zip_of("content.xml"), "an OpenDocument file"),
        (zip_of("xl/workbook.bin"), "a binary Excel workbook"),
        (b"hello there\nwhat is\nthis\n" * 9, "one column only"),
        (b"2024-01-01 10:00\n2024-01-02 11:00\n" * 9, "one column only"),
    ],
)
def test_what_is_not_read_is_named(data: bytes, words: str) -> None:
    with pytest.raises(TableError, match=words) as refused:
        read_table(data, "a")
    assert str(refused.value).endswith(".")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("fill", [" ", "\t", "%", ",", "@", "1 "])
def test_a_long_run_of_one_sign_takes_linear_time(fill: str) -> None:
    began = time.process_time()
    for data in (fill * 300_000, f"@relation x\n@attribute a real\n@attribute t real\n@data\n1{fill * 300_000}2,1\n"):
        with suppress(TableError):
            read_table(data.encode(), "a")
    assert time.process_time() - began < 10
