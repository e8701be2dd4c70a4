"""CSV that a spreadsheet opens as what it is: text that looks like a formula stays text."""

from __future__ import annotations

import re

import pandas as pd

_RISKY = ("=", "+", "-", "@", "\t", "\n")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def safe_csv(frame: pd.DataFrame) -> str:
    """Return a frame as CSV without its index, safe to open in a spreadsheet.

    A cell or heading that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line break would run as a
    formula; it gets an apostrophe in front, which spreadsheets take as "this is text". Numbers, also
    those that are kept as text, stay as they are. Missing values become empty cells, and every line
    break within a cell a plain one.

    See Also
    --------
    guarded : What it does to a cell.

    References
    ----------
    OWASP, "CSV Injection".

    Examples
    --------
    >>> print(safe_csv(pd.DataFrame({"name": ["=1+1", "Ann"], "change": [-2, 3]})), end="")
    name,change
    '=1+1,-2
    Ann,3
    """
    safe = frame.rename(columns=guarded)
    for at, kind in enumerate(frame.dtypes):
        if not (pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_datetime64_any_dtype(kind)):
            safe.isetitem(at, frame.iloc[:, at].astype(object).map(guarded, na_action="ignore").to_numpy())
    return safe.to_csv(index=False, lineterminator="\n")


def guarded(cell: object) -> object:
    """Return a cell or heading as :func:`safe_csv` writes it.

    See Also
    --------
    safe_csv : A whole frame.

    Examples
    --------
    >>> guarded("=1+1"), guarded("-5.2"), guarded("-x")
    ("'=1+1", '-5.2', "'-x")
    """
    if not isinstance(cell, str):
        return cell
    # The writer does not quote a lone carriage return, and readers would begin a row there.
    cell = cell.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{cell}" if cell.startswith(_RISKY) and _NUMBER.fullmatch(cell) is None else cell
