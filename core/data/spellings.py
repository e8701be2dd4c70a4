"""Labels that are one word in two spellings, and merging them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.words import listed, quoted

MAX_COMPARED = 200  # levels of a column
_MAX_SHOWN = 3
_MAX_CHARACTERS = 100


@dataclass(frozen=True)
class Spellings:
    """The labels of one column that differ by letter case, spaces, hyphens or a full stop alone.

    Parameters
    ----------
    groups : tuple of tuple of str
        The spellings of each word, the commonest first.

    See Also
    --------
    spellings_of : Makes one.

    Examples
    --------
    >>> spellings = Spellings("paid", (("yes", "Yes", "yes "),))
    >>> spellings.merged
    (('Yes', 'yes'), ('yes ', 'yes'))
    """

    column: str
    groups: tuple[tuple[str, ...], ...]

    @property
    def merged(self) -> tuple[tuple[str, str], ...]:
        """What merging does: (spelling, the commonest one) pairs."""
        return tuple((other, group[0]) for group in self.groups for other in group[1:])

    def sentence(self) -> str:
        """Return in one sentence what is spelled in two ways."""
        shown = "; ".join(listed(group) for group in self.groups[:_MAX_SHOWN])
        rest = f"; and {len(self.groups) - _MAX_SHOWN:,} more" if len(self.groups) > _MAX_SHOWN else ""
        return f"Column {quoted(self.column)} has labels in more than one spelling ({shown}{rest}), counted separately."


def spellings_of(column: str, levels: Sequence[str], counts: Iterable[int]) -> Spellings | None:
    """Return the spellings of a column's levels, None where every word has one.

    Examples
    --------
    >>> spellings_of("y", ["ok", "Ok ", "fraud"], [50, 3, 7]).merged
    (('Ok ', 'ok'),)
    """
    if not 1 < len(levels) <= MAX_COMPARED:
        return None
    groups: dict[str, list[tuple[int, str]]] = {}
    for level, count in zip(levels, counts, strict=True):
        if len(level) <= _MAX_CHARACTERS and (key := _key(level)):
            groups.setdefault(key, []).append((-count, level))
    repeated = tuple(tuple(level for _, level in sorted(group)) for group in groups.values() if len(group) > 1)
    return Spellings(column, repeated) if repeated else None


def spellings_in(frame: pd.DataFrame, columns: Iterable[str]) -> tuple[Spellings, ...]:
    """Return the columns of text that have labels in more than one spelling.

    See Also
    --------
    spellings_of : The same for one column.

    Examples
    --------
    >>> frame = pd.DataFrame({"paid": ["yes", "yes", "Yes", "no"], "town": ["Ulm", "Bonn", "Ulm", "Bonn"]})
    >>> [(spellings.column, spellings.groups) for spellings in spellings_in(frame, frame.columns)]
    [('paid', (('yes', 'Yes'),))]
    """
    spellings = []
    for name in columns:
        values = frame[name]
        if isinstance(values.dtype, pd.StringDtype) or values.dtype == object:
            codes, levels = pd.factorize(values)
            counts = np.bincount(codes[codes >= 0], minlength=len(levels))
            spellings.append(spellings_of(name, [str(level) for level in levels], counts.tolist()))
    return tuple(spelled for spelled in spellings if spelled is not None)


def _key(level: str) -> str:
    words = re.sub(r"(?<=[^\W\d_])[-_\s]+(?=[^\W\d_])", " ", level.casefold())
    return " ".join(words.split()).rstrip(" .")
