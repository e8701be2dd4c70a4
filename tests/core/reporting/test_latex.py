"""LaTeX that prints what the table says, whatever it says."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.reporting.latex import escape, tabular

COMMANDS = re.compile(
    r"\\(text(backslash|asciitilde|asciicircum|less|greater|bar|quotedbl|asciigrave)\{\}"
    r"|ensuremath\{\\(pm|times|star|dagger)\}|[&%$#_{}])|\{[\[\]]\}|[-']\{\}"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("50 % of A & B_1", r"50 \% of A \& B\_1"),
        (r"\input{secret}", r"\textbackslash{}input\{secret\}"),
        ("$x^2$ ~ #1", r"\$x\textasciicircum{}2\$ \textasciitilde{} \#1"),
        ("<script>", r"\textless{}script\textgreater{}"),
        ("0.7 ± 0.1", r"0.7 \ensuremath{\pm} 0.1"),
        ("a--b", "a-{}-b"),
        ("the table's ''", "the table's '{}'"),
        ("[1ex]", "{[}1ex{]}"),
        ("two\nlines\t\x00", "two lines"),
        ("Größe 年", "Größe 年"),
        (3, "3"),
    ],
)
def test_escape(text: object, expected: str) -> None:
    assert escape(text) == expected


@given(st.text())
def test_nothing_in_a_text_acts_as_a_command(text: str) -> None:
    left = COMMANDS.sub("", escape(text))
    assert not set(left) & set("\\&%$#_{}~^[]\n\r")


def test_a_table_with_rules_bold_cells_and_gaps() -> None:
    frame = pd.DataFrame(
        {"Plain_network": [0.5, np.float32(0.25)], "n": [3, 4], "word": ["a&b", None]}, index=["one", "100 %"]
    )
    best = pd.DataFrame({"Plain_network": [True, False], "n": [False] * 2, "word": [False] * 2})
    assert tabular(frame, best=best, corner="Table", decimals=2) == (
        "\\begin{tabular}{lrrl}\n\\toprule\n"
        "Table & Plain\\_network & n & word \\\\\n\\midrule\n"
        "one & \\textbf{0.50} & 3 & a\\&b \\\\\n"
        "100 \\% & 0.25 & 4 & -- \\\\\n"
        "\\bottomrule\n\\end{tabular}\n"
    )


def test_a_table_with_a_caption_floats() -> None:
    text = tabular(
        pd.DataFrame({"a": [1.0, 2.0]}), caption="F1 & more", label="tab:f1}\\x", rule_before_last=True
    ).splitlines()
    assert text[:4] == ["\\begin{table}", "\\centering", "\\caption{F1 \\& more}", "\\label{tab:f1--x}"]
    assert text[-1] == "\\end{table}"
    assert text[text.index("1 & 2.000 \\\\") - 1] == "\\midrule"
