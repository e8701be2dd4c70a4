"""Rows by hour, day, week or month of a column, or by whole units of a number that stands for time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.data.problem import Problem, orderable
from core.data.table import Table
from core.settings import CapacitySettings, PlanError
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
    core.data.periods.PeriodError: Column `age` holds numbers, not dates: count by its whole units instead.
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
    return moments_of(problem.table, problem.plan.split.time)


def moments_of(table: Table, time: str | None) -> dict[str, tuple[str, ...]]:
    """Return the columns of a table that can part rows by time, and the periods of each.

    Parameters
    ----------
    time : str or None
        The column that splits by time, which comes first; it may hold numbers.
    """
    dates = [column.name for column in table.columns if column.kind == "date"]
    names = dict.fromkeys([*([] if time is None else [time]), *dates])
    return {name: tuple(PERIODS) if _is_date(table, name) else (UNIT,) for name in names}


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
    if _is_date(problem.table, column) == (period == UNIT):
        holds = "dates, not numbers: count by day" if period == UNIT else "numbers, not dates: count by its whole units"
        raise PeriodError(f"Column {quoted(column)} holds {holds} instead.")
    return periods_in(problem.table.frame[column].iloc[problem.target.rows], period)


def periods_in(values: pd.Series, period: str) -> Periods:
    """Return the period of each of some values: moments, or numbers for ``"unit"``.

    See Also
    --------
    periods_of : Of a table's column, which it checks.

    Examples
    --------
    >>> parted = periods_in(pd.Series(pd.to_datetime(["2025-01-02", None, "2025-01-01", "2025-01-02"])), "day")
    >>> parted.names, parted.of_row.tolist()
    (('2025-01-01', '2025-01-02'), [1, -1, 0, 1])
    """
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


def period_of_rows(problem: Problem, capacity: CapacitySettings | None = None) -> np.ndarray | None:
    """Return the place of each labelled row's period, for a capacity; None where it is per 1,000 rows.

    Parameters
    ----------
    capacity : CapacitySettings or None
        By default the plan's.

    Raises
    ------
    PlanError
        The table has no column of moments, or the period does not suit it.

    See Also
    --------
    periods_of : Of any column.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> period_of_rows(sample_run().problem, CapacitySettings(5, "day"))
    Traceback (most recent call last):
        ...
    core.settings.PlanError: No column says when a row is from, for a capacity by day: give it per 1,000 rows.
    """
    capacity = problem.plan.capacity if capacity is None else capacity
    if not capacity.per:
        return None
    column = capacity.by or next(iter(moments(problem)), None)
    if column is None:
        raise PlanError(f"No column says when a row is from, for a capacity by {capacity.per}: give it per 1,000 rows.")
    try:
        return periods_of(problem, column, capacity.per).of_row
    except PeriodError as error:
        raise PlanError(str(error)) from error


def _is_date(table: Table, column: str) -> bool:
    return pd.api.types.is_datetime64_any_dtype(table.frame[column].dtype)
