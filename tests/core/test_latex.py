"""Tables as LaTeX."""

from __future__ import annotations

import re

from core import latex


def test_special_characters_print_as_they_are() -> None:
    assert latex.escape("a_b & 5% of $x$ #1 {y} ~^\\") == (
        r"a\_b \& 5\% of \$x\$ \#1 \{y\} \textasciitilde{}\textasciicircum{}\textbackslash{}"
    )
    assert latex.escape("two\nlines") == "two lines"


def test_a_hostile_name_ends_no_cell_and_no_row() -> None:
    made = latex.table(
        ("Name", "F1"), (("a & b \\\\ \\input{secret}", "0.5"), ("c", "0.6")), "x_y", "t 1", frozenset({(1, 1)})
    )
    body = made.split(r"\midrule")[1].split(r"\bottomrule")[0]
    rows = [row for row in body.split(r" \\" + "\n") if row.strip()]
    assert len(rows) == 2
    assert all(len(re.findall(r"(?<!\\)&", row)) == 1 for row in rows)
    assert r"\input" not in made
    assert r"\textbf{0.6}" in rows[1]
    assert r"\label{t-1}" in made
