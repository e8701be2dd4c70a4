"""Rows by hour, day, week or month of a column, or by whole units of a number that stands for time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.data.problem import Problem, orderable
from core.words import quoted

#: How pandas cuts a moment, by the period's name.
PERIODS: Mapping[str, str] = {"hour": "h", "day": "D", "week": "W-SUN", "month": "M"}
UNIT = "unit"


class PeriodError(ValueError):
    """Rows that cannot be put into periods; the message is one sentence with the way out.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> periods_of(sample_run().problem, "age", "day")
    Traceback (most recent call last):
        ...
    core.evaluation.periods.PeriodError: Column `age` holds numbers, not dates: count by its whole units instead.
    """


@dataclass(frozen=True, eq=False)
class Periods:
    """Which period each labelled row falls into.

    Parameters
    ----------
    names : tuple of str
        In order of time.
    of_row : ndarray of int64, shape (n_labelled,)
        Places among the names; -1 where the column has no value.

    See Also
    --------
    periods_of : Makes them.
    """

    names: tuple[str, ...]
    of_row: np.ndarray


def moments(problem: Problem) -> dict[str, tuple[str, ...]]:
    """Return the columns that can part rows by time, and the periods of each; the plan's own first.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> moments(sample_run().problem)
    {}
    """
    time = problem.plan.split.time
    dates = [column.name for column in problem.table.columns if column.kind == "date"]
    names = dict.fromkeys([*([] if time is None else [time]), *dates])
    return {name: tuple(PERIODS) if _is_date(problem, name) else (UNIT,) for name in names}


def periods_of(problem: Problem, column: str, period: str) -> Periods:
    """Return each labelled row's period.

    Parameters
    ----------
    column : str
        A column of dates or numbers.
    period : str
        One of :data:`PERIODS`, or ``"unit"`` for whole units of a number.

    Raises
    ------
    PeriodError
        The column or the period is none, or they do not go together.

    See Also
    --------
    moments : What there is.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> parted = periods_of(sample_run().problem, "age", "unit")
    >>> parted.names[:3], parted.of_row[:3].tolist()
    (('20', '22', '24'), [0, 1, 2])
    """
    if column not in problem.table.frame.columns or not orderable(problem.table.column(column)):
        raise PeriodError(f"{quoted(column)} is no column of dates or numbers: choose one that is.")
    if period not in (*PERIODS, UNIT):
        raise PeriodError(f"'{period[:60]}' is no period: choose one of {', '.join((*PERIODS, UNIT))}.")
    values = problem.table.frame[column].iloc[problem.target.rows]
    if _is_date(problem, column) == (period == UNIT):
        holds = "dates, not numbers: count by day" if period == UNIT else "numbers, not dates: count by its whole units"
        raise PeriodError(f"Column {quoted(column)} holds {holds} instead.")
    if period == UNIT:
        whole = np.floor(values.to_numpy(np.float64))
        known, place = np.unique(whole[np.isfinite(whole)], return_inverse=True)
        names, missing = [f"{value:g}" for value in known], ~np.isfinite(whole)
    else:
        cut = values.dt.tz_localize(None).dt.to_period(PERIODS[period])
        codes, every = pd.factorize(cut.dropna(), sort=True)
        names, missing, place = (
            [str(one.start_time.date() if period == "week" else one) for one in every],
            cut.isna().to_numpy(),
            codes,
        )
    of_row = np.full(len(values), -1, np.int64)
    of_row[~np.asarray(missing)] = place
    return Periods(tuple(names), of_row)


def _is_date(problem: Problem, column: str) -> bool:
    return pd.api.types.is_datetime64_any_dtype(problem.table.frame[column].dtype)
