"""What to ask about how rows are split: whether those of one belong together, and whether their order matters."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from core.data.columns import Column
from core.data.grouping import names_somebody
from core.data.problem import Problem, orderable
from core.data.reading.date_formats import is_clock
from core.words import counted, quoted

_MOMENT = re.compile(
    r"(?:time|timestamp|date_?time|date|step|epoch|unix_?time|(?:event|trans\w*)_?(?:time|date))s?", re.I
)
# Dates that say something of a row's subject, not when the row came about.
_NO_MOMENT = re.compile(r"born|birth|(?:^|[_\W])dob(?:[_\W]|$)|expir|deadline|(?:^|[_\W])due(?:[_\W]|$)", re.IGNORECASE)
_MIN_VALUES = 10


@dataclass(frozen=True)
class SplitQuestion:
    """A column that rows could be split by, and what to ask about it.

    Parameters
    ----------
    by : {"group", "time"}
        The setting of the split that the column would be named in.
    column : str
    fact, question : str
        What is seen in the table, and what only a person knows, one sentence each.

    See Also
    --------
    split_questions : Those of a table.

    Examples
    --------
    >>> SplitQuestion("group", "card", "`card` has 40 values in 200 rows.", "Should its rows stay together?").by
    'group'
    """

    by: Literal["group", "time"]
    column: str
    fact: str
    question: str


def split_questions(problem: Problem) -> tuple[SplitQuestion, ...]:
    """Return at most one question about groups and one about time; none where the plan answers it.

    A column is asked about as a group where its name says that it names somebody or something and most rows share
    their value with another row; as a time where it holds moments, or numbers under a name such as "time".

    See Also
    --------
    core.data.grouping.find_grouping : A column whose rows share their class: what warns instead of asks.

    Examples
    --------
    >>> from core.data.table import from_frame
    >>> from core.plan import Plan, StrategyChoice
    >>> frame = pd.DataFrame(
    ...     {"card": [f"c{row % 25}" for row in range(100)], "paid": pd.date_range("2024-01-01", periods=100)}
    ... )
    >>> table = from_frame(frame.assign(fraud=[0, 0, 0, 1] * 25))
    >>> for question in split_questions(Problem.of(table, Plan("fraud", (StrategyChoice.of("plain"),)))):
    ...     print(question.fact)
    `card` has 25 values in 100 rows.
    `paid` goes from 2024-01-01 to 2024-04-09.
    """
    split, rows = problem.plan.split, problem.target.rows
    others = [c for c in problem.table.columns if c.name not in (problem.target.name, *split.columns)]
    questions = []
    if split.group is None:
        repeating = [c for c in others if _repeats(c, problem, len(rows))]
        if repeating:
            column = max(repeating, key=lambda column: column.distinct)
            questions.append(
                SplitQuestion(
                    "group",
                    column.name,
                    f"{quoted(column.name)} has {counted(column.distinct, 'value')} in {counted(len(rows), 'row')}.",
                    "Should rows with the same value stay together? They should if the model will score new ones.",
                )
            )
    if split.time is None:
        moments = [c for c in others if _is_moment(c, problem)]
        if moments:
            column = min(moments, key=lambda column: column.kind != "date")
            values = problem.table.frame[column.name].iloc[rows].dropna()
            questions.append(
                SplitQuestion(
                    "time",
                    column.name,
                    f"{quoted(column.name)} goes from {_shown(values.min())} to {_shown(values.max())}.",
                    "Does the order of rows matter? It does if the model will score later ones: then earlier rows "
                    "train and later ones test.",
                )
            )
    return tuple(questions)


def _repeats(column: Column, problem: Problem, n_rows: int) -> bool:
    if column.kind in ("constant", "date") or not names_somebody(column.name):
        return False
    if not _MIN_VALUES <= column.distinct <= n_rows / 1.5:
        return False
    values = problem.table.frame[column.name].iloc[problem.target.rows].dropna()
    if pd.api.types.is_float_dtype(values.dtype) and (values % 1 != 0).any():
        return False  # a measure, whatever its name
    counts = values.value_counts().to_numpy()
    return bool(counts[counts > 1].sum() > len(values) / 2)


def _is_moment(column: Column, problem: Problem) -> bool:
    how = problem.table.reading.of(column.name)
    if how is not None and is_clock(how.formats):
        return False  # times of day, which are in no order from day to day
    if not orderable(column) or column.distinct < _MIN_VALUES or _NO_MOMENT.search(column.name):
        return False
    return column.kind == "date" or _MOMENT.fullmatch(column.name.strip()) is not None


def _shown(value: object) -> str:
    if isinstance(value, pd.Timestamp):
        return value.isoformat(" ")[: 10 if value == value.normalize() else 16]
    return f"{float(np.asarray(value)):,.6g}"
