"""Lines that are no rows are left out and named, and never turn a column of numbers into something else."""

from __future__ import annotations

import io

import openpyxl
import pytest

from core.data.table import Table, read_table
from tests.core.data.reading import CASES

ROWS = [
    [f"{i * 0.5 - 3:.1f}", str(i * 7 % 31), ("red", "blue", "green")[i % 3], str(int(i % 5 == 0))] for i in range(40)
]
NAMES = ["speed", "weight", "colour", "faulty"]
TOTAL = ["Total", str(sum(int(row[1]) for row in ROWS)), "", "8"]
#: Rows above the header, the header, rows below it, rows at the end; and words of the note, none where all is data.
LAYOUTS = {
    "plain": ([], NAMES, [], [], ""),
    "title": ([["Report of 2024"]], NAMES, [], [], "`Report of 2024`"),
    "titles": ([["Report"], ["for us, and them"], ["(c) us"]], NAMES, [], [], "3 lines above the header"),
    "title with commas": ([["Report", "claims", "2024", "Q1"]], NAMES, [], [], "Line 1, above the header"),
    "codes above": ([["X1", "X2", "X3", "Y"]], NAMES, [], [], "`X1,X2,X3,Y`"),
    "units": ([], NAMES, [["km/h", "kg", "", "yes/no"]], [], "Line 2, a second header or a line of units"),
    "long names below": ([], NAMES, [["Speed of it", "Weight of it", "Colour of it", "Whether faulty"]], [], "Line 2"),
    "total": ([], NAMES, [], [TOTAL], "last line, a total"),
    "title, units and total": ([["Report"]], NAMES, [["km/h", "kg", "-", "0/1"]], [TOTAL], "last line, a total"),
    "missing marks": ([], NAMES, [["na", "12", "red", "0"], ["unknown", "-", "blue", "1"]], [], ""),
    "a brand": ([], NAMES, [], [["3.5", "4", "Total", "1"]], ""),
}  # fmt: skip


def check(table: Table, more: int, words: str) -> None:
    assert [column.name for column in table.columns] == NAMES
    assert [table.column(name).kind for name in ("speed", "weight", "faulty")] == ["numeric"] * 3
    assert len(table.frame) == len(ROWS) + more
    assert table.frame["weight"].dropna().iloc[-len(ROWS) - more :].sum() < 1000
    assert any(words in note for note in table.notes) or not words
    assert words or not any("left out" in note for note in table.notes)


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=list(LAYOUTS))
@pytest.mark.parametrize("separator", [",", ";"])
def test_a_foreign_line_is_left_out_and_named(layout: tuple, separator: str) -> None:  # type: ignore[type-arg]
    above, names, below, end, words = layout
    lines = [",".join(row) for row in above]
    lines += [separator.join(row) for row in [names, *below, *ROWS, *end]]
    if separator == ";" and any("," in line for line in lines):
        lines[: len(above)] = [separator.join(row) for row in above]
    data = "\n".join(lines) + "\n"
    more = len(below) + len(end) if not words else 0
    check(read_table(data.encode(), "a.csv"), more, words.replace(",", separator) if "X1" in words else words)


@pytest.mark.parametrize("name", ["title", "codes above", "units", "long names below", "total", "missing marks"])
def test_a_workbook_is_treated_alike(name: str) -> None:
    above, names, below, end, words = LAYOUTS[name]
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in [*above, names, *below, *ROWS, *end]:
        book.active.append([float(cell) if cell.replace(".", "").lstrip("-").isdigit() else cell for cell in row])
    book.save(out)
    table = read_table(out.getvalue(), "a.xlsx")
    assert [column.name for column in table.columns] == NAMES
    assert table.column("weight").kind == "numeric"
    assert len(table.frame) == len(ROWS) + (0 if words else len(below) + len(end))
    assert any("left out" in note for note in table.notes) == bool(words)


def test_numbers_and_one_word_are_a_header() -> None:
    table = read_table(CASES / "numbered_columns_named_target.csv")
    assert [column.name for column in table.columns] == ["0", "1", "2", "3", "Class"]
    assert len(table.frame) == 200
    assert table.notes == ()


@pytest.mark.parametrize(
    ("file", "names", "rows", "words"),
    [
        ("licence_above_the_header.csv", 9, 300, "This file is part of a data set."),
        ("two_header_rows.csv", 4, 60, "`X1,X2,X3,Y`"),
        ("title_line_with_commas.csv", 4, 60, "`Report, claims, 2024, Q1`"),
    ],
)
def test_the_files_that_showed_it(file: str, names: int, rows: int, words: str) -> None:
    table = read_table(CASES / file)
    assert table.frame.shape == (rows, names)
    assert {column.kind for column in table.columns[1:]} == {"numeric"}
    assert any(words in note for note in table.notes)


def test_a_header_without_the_name_of_the_row_names_is_not_lost() -> None:
    lines = ["a,b,t", *(f"r{i},{i},{i / 2},{i % 2}" for i in range(30))]
    with pytest.raises(ValueError, match="first line has 3 cells and most lines have 4"):
        read_table("\n".join(lines).encode(), "a.csv")
