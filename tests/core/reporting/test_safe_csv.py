"""CSV that does nothing when a spreadsheet opens it."""

from __future__ import annotations

from io import StringIO

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.reporting.safe_csv import safe_csv


@pytest.mark.parametrize("cell", ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("x","y")'])
def test_what_looks_like_a_formula_becomes_text(cell: str) -> None:
    read = pd.read_csv(StringIO(safe_csv(pd.DataFrame({cell: [cell]}))), dtype=str)
    assert read.shape == (1, 1)
    assert read.columns[0] == read.iloc[0, 0] == f"'{cell}".replace("\r", "\n")


def test_a_line_break_within_a_cell_begins_no_row() -> None:
    assert safe_csv(pd.DataFrame({"a": ["x\r=1", "y\r\n=2"]})) == 'a\n"x\n=1"\n"y\n=2"\n'


def test_numbers_stay_numbers() -> None:
    frame = pd.DataFrame({"a": [-1.5, np.nan], "b": [-3, 4], "c": ["-2", "+1.5e3"], "d": [True, False]})
    assert safe_csv(frame) == "a,b,c,d\n-1.5,-3,-2,True\n,4,+1.5e3,False\n"


def test_categories_missing_text_and_doubled_names() -> None:
    frame = pd.DataFrame({"a": pd.Categorical(["=x", None]), "b": pd.Series(["ok", None], dtype="string")})
    frame.columns = ["a", "a"]
    assert safe_csv(frame) == "a,a\n'=x,ok\n,\n"


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")), min_size=1))
def test_no_cell_starts_as_a_formula_unless_it_is_a_number(cells: list[str]) -> None:
    read = pd.read_csv(
        StringIO(safe_csv(pd.DataFrame({"a": cells, "b": 1}))), dtype=str, keep_default_na=False, lineterminator="\n"
    )
    for cell in read["a"]:
        if cell.startswith(("=", "+", "-", "@", "\t", "\r")):
            float(cell)
