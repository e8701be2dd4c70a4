"""Tables as LaTeX, for papers: escaped text and the rules of the booktabs package."""

from __future__ import annotations

import re
from collections.abc import Sequence

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "±": r"$\pm$",
    "×": r"$\times$",
    "–": "--",
    "…": r"\ldots{}",
}
_ANY = re.compile("|".join(map(re.escape, _SPECIAL)))


def escape(text: object) -> str:
    """Return text on one line that LaTeX prints as it is written."""
    return _ANY.sub(lambda found: _SPECIAL[found.group()], " ".join(str(text).split()))


def table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    caption: str,
    label: str,
    bold: frozenset[tuple[int, int]] = frozenset(),
) -> str:
    r"""Return a ``table`` environment; it needs ``\usepackage{booktabs}``.

    Parameters
    ----------
    head : sequence of str
        Column names; the first column is set left, the others right.
    rows : sequence of sequences of str
        Cells as plain text; all text is escaped here.
    bold : set of (row, column)
        Cells to set in bold, counted from 0.
    """

    def cell(text: str, row: int, column: int) -> str:
        shown = escape(text)
        return rf"\textbf{{{shown}}}" if (row, column) in bold else shown

    lines = [" & ".join(cell(text, r, c) for c, text in enumerate(row)) + r" \\" for r, row in enumerate(rows)]
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{escape(caption)}}}",
            rf"\label{{{re.sub('[^a-zA-Z0-9:-]', '-', label)}}}",
            rf"\begin{{tabular}}{{l{'r' * (len(head) - 1)}}}",
            r"\toprule",
            " & ".join(map(escape, head)) + r" \\",
            r"\midrule",
            *lines,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )
