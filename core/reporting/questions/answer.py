"""An answer: sentences, one table and figures, whoever shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd

from core.reporting.display import Drawing, Grid, html_table, text_table
from core.words import decimal, percent

Kind = Literal["text", "whole", "number", "percent"]


@dataclass(frozen=True)
class Column:
    """How a column of an answer's table is written and explained.

    Parameters
    ----------
    kind : {"text", "whole", "number", "percent"}
    digits : int
        After the decimal mark; a small number has more, rather than none that counts.
    least : float
        Smaller numbers above 0 are written as below it.

    Examples
    --------
    >>> Column("percent", digits=1).written(0.256), Column("whole").written(1234.0), Column().written(float("nan"))
    ('25.6%', '1,234', '–')
    >>> Column().written(0.0004), Column(least=0.001).written(0.0004)
    ('0.0004', '<0.001')
    """

    kind: Kind = "number"
    help: str = ""
    digits: int = 3
    least: float = 0.0

    def written(self, value: object) -> str:
        """Return a cell as people read it."""
        if value is None or (isinstance(value, float | np.floating) and not np.isfinite(value)):
            return "–"
        if self.kind == "text":
            return str(value)
        number = float(value)  # type: ignore[arg-type]
        if 0 <= number < self.least:
            return f"<{self.least:.10g}"
        if self.kind == "percent":
            return percent(number) if self.digits == 1 else f"{number:.{self.digits}%}"
        return f"{number:,.0f}" if self.kind == "whole" else decimal(number, self.digits)


@dataclass(frozen=True, eq=False)
class Answer:
    """What a run says to one question.

    Parameters
    ----------
    title : str
    sentences : tuple of str
        The first one is the answer in short.
    table : DataFrame
        Numbers as numbers, under the names that people read.
    columns : mapping
        How the table's columns are written; those left out are text.
    best : tuple of int
        Rows of the table that stand out, by position.
    drawings : tuple of Drawing
    notes : tuple of str
        What limits the answer, in sentences.
    best_in_words : str
        What the rows that stand out are.

    See Also
    --------
    core.reporting.questions.Question : What it answers.

    Examples
    --------
    >>> table = pd.DataFrame({"Strategy": ["Plain", "SMOTE"], "Recall": [0.5, 0.9]})
    >>> print(Answer("Recall", ("SMOTE finds more.",), table, {"Recall": Column("percent", digits=0)}, best=(1,)))
    Recall
    SMOTE finds more.
    <BLANKLINE>
    Strategy  Recall
    Plain        50%
    SMOTE *      90%
    """

    title: str
    sentences: tuple[str, ...]
    table: pd.DataFrame
    columns: Mapping[str, Column] = field(default_factory=dict)
    best: tuple[int, ...] = ()
    drawings: tuple[Drawing, ...] = ()
    notes: tuple[str, ...] = ()
    best_in_words: str = "the best"

    def column(self, name: str) -> Column:
        """Return how a column is written."""
        return self.columns.get(name, Column("text"))

    def sorted_by(self, name: str, *, ascending: bool = False) -> Answer:
        """Return the answer with its table's rows in the order of one column, undefined ones last."""
        order = self.table[name].reset_index(drop=True).sort_values(ascending=ascending, kind="stable").index
        places = {int(old): new for new, old in enumerate(order)}
        table = self.table.iloc[order].reset_index(drop=True)
        return replace(self, table=table, best=tuple(sorted(places[row] for row in self.best)))

    def for_reading(self) -> Answer:
        """Return the answer with the two ends of every interval in one cell, which reads better than two columns.

        Examples
        --------
        >>> table = pd.DataFrame({"Strategy": ["SMOTE"], "Recall": [0.5], "Recall, low": [0.41], "Recall, high": [0.6]})
        >>> ends = {name: Column("percent", digits=0) for name in list(table)[1:]}
        >>> Answer("Recall", (), table, ends).for_reading().table.iloc[0].to_dict()
        {'Strategy': 'SMOTE', 'Recall': 0.5, 'Recall, interval': '41% to 60%'}
        """
        columns, shown, upper_ends = dict(self.columns), {}, set()
        for name in map(str, self.table.columns):
            head, upper = _ends(name)
            if name in upper_ends:
                continue
            if upper not in self.table:
                shown[name] = self.table[name]
                continue
            upper_ends.add(upper)
            one, both = self.column(name), zip(self.table[name], self.table[upper], strict=True)
            texts = ["–" if pd.isna(low) or pd.isna(high) else f"{one.written(low)} to {one.written(high)}"
                     for low, high in both]  # fmt: skip
            shown[head], columns[head] = pd.Series(texts, index=self.table.index), Column("text", one.help)
        return replace(self, table=pd.DataFrame(shown), columns=columns)

    def grid(self, most: int | None = None) -> Grid:
        """Return the table, or its first rows, as text; what stands out is marked."""
        read = self.for_reading()
        shown = read.table if most is None else read.table.head(most)
        names = [str(name) for name in shown.columns]
        rows = tuple(
            tuple(read.column(name).written(value) for name, value in zip(names, row, strict=True))
            for row in shown.itertuples(index=False, name=None)
        )
        return Grid(tuple(names), rows, frozenset((row, 0) for row in self.best if row < len(rows)))

    def as_json(self) -> dict[str, object]:
        """Return the answer as plain values: what is undefined is null."""
        cells = self.table.astype(object).where(self.table.notna(), None)
        return {
            "title": self.title,
            "sentences": list(self.sentences),
            "rows": [{str(name): _plain(value) for name, value in row.items()} for row in cells.to_dict("records")],
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        table = ["", text_table(self.grid())] if len(self.table) else []
        return "\n".join([self.title, *self.sentences, *table, *(["", *self.notes] if self.notes else [])])

    def _repr_html_(self) -> str:
        from html import escape

        said = "".join(f"<p>{escape(sentence)}</p>" for sentence in self.sentences)
        return f"<h4>{escape(self.title)}</h4>{said}{html_table(self.grid()) if len(self.table) else ''}"


def _ends(name: str) -> tuple[str, str]:
    """Return the heading of an interval whose lower end stands under a name, and the name of its upper end."""
    if name == "Low":
        return "Interval", "High"
    stem, comma, end = name.rpartition(", ")
    upper = {"low": "high", "from": "to"}.get(end) if comma else None
    return (stem if end == "from" else f"{stem}, interval", f"{stem}, {upper}") if upper else ("", "")


def _plain(value: object) -> object:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return round(value, 6) if np.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)
