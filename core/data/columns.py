"""A column of a table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

#: One that a step of :mod:`core.data.preparation` prepares, or one of ``UNUSED``.
ColumnKind = str
#: The kinds of columns that nothing is learned from, and what people call them.
UNUSED = {"identifier": "Identifier (unused)", "constant": "Constant (unused)", "ignored": "Ignored"}


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    missing : int
        Rows without a value.
    distinct : int
        Different values, missing ones not counted.
    note : str
        One sentence on why it has its kind, where that is not plain.

    See Also
    --------
    core.data.kinds.describe_column : Makes one of values.

    Examples
    --------
    >>> column = Column("age", "numeric", missing=3, distinct=41)
    >>> column.kind, column.missing
    ('numeric', 3)
    """

    name: str
    kind: ColumnKind
    missing: int
    distinct: int
    note: str = ""


def count_distinct(values: pd.Series) -> int:
    """Return how many different values a column has, missing ones not counted.

    Examples
    --------
    >>> count_distinct(pd.Series([1.5, 2.0, 2.0, None])), count_distinct(pd.Series(["f", "m", "f"]))
    (2, 2)
    """
    if isinstance(values.dtype, np.dtype) and values.dtype.kind == "f":
        plain = values.to_numpy()
        return len(np.unique(plain[~np.isnan(plain)]))
    return int(values.nunique())
