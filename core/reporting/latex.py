"""Tables for papers: LaTeX text in which every character shows as itself."""

from __future__ import annotations

import re
from numbers import Integral, Real

import pandas as pd

_ESCAPES = {
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
    "`": r"\textasciigrave{}",
    "–": "--",
    "—": "---",
    "±": r"\ensuremath{\pm}",
    "×": r"\ensuremath{\times}",
    "★": r"\ensuremath{\star}",
    "†": r"\ensuremath{\dagger}",
    # An opening bracket after a line's \\ would be read as that command's optional length.
    "[": "{[}",
    "]": "{]}",
}
# Two hyphens in a row would print as a dash, two apostrophes as a quotation mark.
_SPECIAL = re.compile("|".join([r"-(?=-)", r"'(?=')", *(re.escape(character) for character in _ESCAPES)]))


def escape(text: object) -> str:
    """Return text for the body of a LaTeX document, on one line, so that no character acts as a command.

    Control characters are dropped. It needs ``\\usepackage[T1]{fontenc}`` and ``\\usepackage{textcomp}``.

    See Also
    --------
    tabular : Escapes a whole table.

    Examples
    --------
    >>> print(escape("50% of A_1"))
    50\\% of A\\_1
    """
    line = " ".join("".join(c for c in str(text) if c.isprintable() or c.isspace()).split())
    return _SPECIAL.sub(lambda match: _ESCAPES.get(match[0], f"{match[0]}{{}}"), line)


def tabular(
    frame: pd.DataFrame,
    *,
    best: pd.DataFrame | None = None,
    decimals: int = 3,
    missing: str = "--",
    caption: str | None = None,
    label: str | None = None,
    corner: str = "",
    rule_before_last: bool = False,
) -> str:
    """Return a frame as a LaTeX table with booktabs rules; names and text are escaped.

    Parameters
    ----------
    frame : DataFrame
        The index is the first column. Numbers are written with ``decimals`` places and to the right.
    best : DataFrame of bool, optional
        Of the frame's shape; cells to print bold.
    missing : str
        LaTeX for a missing value.
    caption, label : str, optional
        With either, the table floats; the caption is escaped, the label keeps letters, digits, ``:`` and ``-``.
    corner : str
        Heading of the first column.
    rule_before_last : bool
        Draw a line above the last row, for a row of means.

    Returns
    -------
    str
        Needs ``\\usepackage{booktabs}``, ``\\usepackage[T1]{fontenc}`` and ``\\usepackage{textcomp}``.

    Examples
    --------
    >>> frame = pd.DataFrame({"F1": [0.5, 0.75]}, ["plain", "smote"])
    >>> print(tabular(frame, best=frame == frame.max(), decimals=2), end="")
    \\begin{tabular}{lr}
    \\toprule
     & F1 \\\\
    \\midrule
    plain & 0.50 \\\\
    smote & \\textbf{0.75} \\\\
    \\bottomrule
    \\end{tabular}
    """

    def cell(value: object) -> str:
        if pd.isna(value):  # type: ignore[call-overload]
            return missing
        return f"{value:.{decimals}f}" if isinstance(value, Real) and not isinstance(value, Integral) else escape(value)

    rows = []
    for at, (name, values) in enumerate(zip(frame.index, frame.itertuples(index=False), strict=True)):
        cells = [cell(value) for value in values]
        if best is not None:
            marks = best.iloc[at]
            cells = [rf"\textbf{{{text}}}" if mark else text for text, mark in zip(cells, marks, strict=True)]
        rows.append(" & ".join([escape(name), *cells]) + r" \\")
    if rule_before_last and len(rows) > 1:
        rows.insert(-1, r"\midrule")
    sides = "".join("r" if pd.api.types.is_numeric_dtype(kind) else "l" for kind in frame.dtypes)
    head = " & ".join([escape(corner), *(escape(name) for name in frame.columns)]) + r" \\"
    lines = [rf"\begin{{tabular}}{{l{sides}}}", r"\toprule", head, r"\midrule", *rows, r"\bottomrule", r"\end{tabular}"]
    if caption is not None or label is not None:
        titled = [] if caption is None else [rf"\caption{{{escape(caption)}}}"]
        titled += [] if label is None else [rf"\label{{{re.sub(r'[^A-Za-z0-9:-]', '-', label)}}}"]
        lines = [r"\begin{table}", r"\centering", *titled, *lines, r"\end{table}"]
    return "\n".join(lines) + "\n"
