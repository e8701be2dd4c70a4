"""A capacity on a table: which rows share a period, and how many of each can be looked at."""

from __future__ import annotations

import numpy as np

from core.data.periods import period_of_rows
from core.data.problem import Problem
from core.decision.top_rows import TopRows
from core.settings import CapacitySettings


def top_rows(problem: Problem, capacity: CapacitySettings | None = None) -> TopRows:
    """Return how many of the labelled rows can be looked at, by default with the plan's capacity.

    Raises
    ------
    PlanError
        The table has no column of moments, or the period does not suit it.

    See Also
    --------
    share_of : How many of all rows that is.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> by_age = top_rows(sample_run().problem, CapacitySettings(1, "unit", "age"))
    >>> len(by_age.share), share_of(by_age)
    (24, 1.0)
    """
    capacity = problem.plan.capacity if capacity is None else capacity
    period = period_of_rows(problem, capacity)
    return TopRows(np.array([capacity.of_thousand])) if period is None else TopRows.by_period(capacity.rows, period)


def share_of(top: TopRows) -> float:
    """Return the share of all rows that can be looked at."""
    if top.period is None:
        return float(top.share[0])
    known = top.period[top.period >= 0]
    return float(top.share[known].mean()) if len(known) else 1.0
