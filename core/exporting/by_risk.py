"""Scored rows by risk, with those marked that can be looked at: in all, or in every day, week or month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.data.periods import UNIT, moments_of, periods_in
from core.data.reading.cells import Reading
from core.data.table import Table
from core.decision.stakes import Stakes
from core.plan import CapacitySettings, Plan


@dataclass(frozen=True)
class Looked:
    """How many new rows can be looked at, as it was settled for the run.

    Parameters
    ----------
    rows : int
        To start from; 0 where nobody settled it.
    per : str
        In words: "day", or "unit of" a column; empty for all rows of a file.
    column : str
        That says when a row is from; empty where it does not matter.

    See Also
    --------
    looked_at : Makes it.
    """

    rows: int = 0
    per: str = ""
    column: str = ""

    def periods(self, cells: pd.DataFrame, reading: Reading) -> np.ndarray | None:
        """Return each new row's period, int64, shape (n,), -1 without a moment; None where all rows count together.

        Parameters
        ----------
        cells : DataFrame
            The file's cells under the training table's names.

        Examples
        --------
        >>> cells = pd.DataFrame({"when": pd.to_datetime(["2025-01-02", "2025-01-01", "2025-01-02"])})
        >>> Looked(50, "day", "when").periods(cells, Reading()).tolist()
        [1, 0, 1]
        >>> Looked(50).periods(cells, Reading()) is None
        True
        """
        if not self.per or self.column not in cells.columns:
            return None
        how, given = reading.of(self.column), cells[self.column]
        values = given if how is None else how.values(given)[0]
        per = UNIT if self.per.startswith(f"{UNIT} of") else self.per
        is_moment = pd.api.types.is_datetime64_any_dtype(values.dtype)
        if is_moment != (per != UNIT) or values.isna().all():
            return None
        return periods_in(values, per).of_row


def looked_at(table: Table, plan: Plan, stakes: Stakes, rows: int) -> Looked:
    """Return how many of a file's rows can be looked at, by the run's capacity.

    Parameters
    ----------
    table : Table
        That the run was trained on.
    rows : int
        Of the file.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> run = sample_run()
    >>> looked_at(run.problem.table, run.plan, Stakes(), 500)
    Looked(rows=0, per='', column='')
    >>> looked_at(run.problem.table, run.plan, Stakes(capacity=CapacitySettings(20)), 500).rows
    10
    """
    capacity = stakes.capacity or plan.capacity
    if stakes.capacity is None and plan.capacity == CapacitySettings():
        return Looked()
    if not capacity.per:
        return Looked(max(1, round(rows * capacity.rows / 1000)))
    column = capacity.by or next(iter(moments_of(table, plan.split.time)), "")
    per = f"{UNIT} of {column}" if capacity.per == UNIT else capacity.per
    return Looked(max(1, round(capacity.rows)), per, column)


def by_risk(scored: pd.DataFrame, column: str, first: int, period: np.ndarray | None = None) -> pd.DataFrame:
    """Return scored rows with the highest probabilities first, and the first few of them marked.

    Parameters
    ----------
    scored : DataFrame
        The result of :func:`core.exporting.new_rows.score`.
    column : str
        The probability's.
    first : int
        How many rows can be looked at, in every period where rows have one.
    period : ndarray of int64, shape (n,), or None
        Of :meth:`Looked.periods`.

    See Also
    --------
    core.evaluation.capacity : What looking at so many finds.

    Examples
    --------
    >>> scored = pd.DataFrame({"town": ["Bonn", "Ulm"], "probability yes": [0.12, 0.58]})
    >>> by_risk(scored, "probability yes", first=1).to_numpy().tolist()
    [['Ulm', 0.58, 'yes'], ['Bonn', 0.12, 'no']]
    >>> by_risk(scored, "probability yes", first=1, period=np.array([0, 1]))["look at"].tolist()
    ['yes', 'yes']
    """
    order = scored[column].reset_index(drop=True).sort_values(ascending=False, kind="stable").index
    together = np.zeros(len(scored), np.int64) if period is None else period
    place = pd.Series(together[order]).groupby(together[order]).cumcount().to_numpy()
    name = "look at"
    while name in scored.columns:
        name += " (model)"
    return scored.iloc[order].assign(**{name: np.where(place < first, "yes", "no")})
