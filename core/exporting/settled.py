"""What a person settled about a run's decisions, carried into the model that they take away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from core.data.problem import Problem
from core.data.reading.cells import Reading
from core.decision.costs import CostError
from core.decision.row_costs import RowCosts
from core.decision.stakes import Stakes
from core.evaluation.settled import settled_threshold
from core.experiment.results import FoldResult
from core.exporting.scorer import Scorer
from core.plan import StrategyChoice
from core.words import TableError, counted, quoted


def settle(
    scorer: Scorer, choice: StrategyChoice, results: Sequence[FoldResult], stakes: Stakes, problem: Problem
) -> Scorer:
    """Return a scorer that decides as was settled; with more than two classes by its own rule.

    Parameters
    ----------
    results : sequence of FoldResult
        The run's; those of other strategies are passed over.

    See Also
    --------
    core.evaluation.settled.settled_threshold : The threshold.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.exporting.sample import sample_scorer
    >>> run, stakes = sample_run(), Stakes(rule="one", threshold=0.2)
    >>> settle(sample_scorer(), run.plan.strategies[0], run.folds, stakes, run.problem).threshold
    0.2
    """
    if stakes.is_default or len(scorer.classes) != 2:
        return scorer
    try:
        threshold = settled_threshold(results, choice.key, 1, stakes, problem)
    except CostError:  # the card says why its costs cannot be told
        threshold = None
    return replace(scorer, threshold=scorer.threshold if threshold is None else threshold, stakes=stakes)


def decide(scorer: Scorer, probabilities: np.ndarray, rows: pd.DataFrame) -> tuple[np.ndarray, str]:
    """Return class codes for new rows, and a sentence on rows whose cost cannot be read; empty where there is none.

    Row by row, a row without a usable cost is decided by its most probable class.

    Parameters
    ----------
    rows : DataFrame
        The new rows under the training table's names, not yet read as numbers.

    Raises
    ------
    TableError
        A column that costs are taken from is missing.

    Examples
    --------
    >>> from core.decision.row_costs import Cost
    >>> from core.exporting.sample import sample_scorer
    >>> by_row = Stakes(rule="rows", row_costs=RowCosts(alarm=Cost(5.0), miss=Cost(column="amount"), hit=Cost(5.0)))
    >>> p, rows = np.array([[0.9, 0.1]] * 3), pd.DataFrame({"amount": ["20", "500", "?"]})
    >>> codes, said = decide(replace(sample_scorer(), stakes=by_row), p, rows)
    >>> codes.tolist(), said
    ([0, 1, 0], '1 row without a usable cost decided by its most probable class.')
    """
    costs = scorer.stakes.deciding_costs
    if costs is None:
        return scorer.decide(probabilities), ""
    called, said = decide_by_row(costs, probabilities, 1, cost_columns(costs, rows, scorer.reading))
    return called.astype(np.int64), said


def decide_by_row(costs: RowCosts, probabilities: np.ndarray, code: int, frame: pd.DataFrame) -> tuple[np.ndarray, str]:
    """Return which new rows are called the class by their costs, and a sentence on those whose cost cannot be read.

    Parameters
    ----------
    code : int
        The class.
    frame : DataFrame
        Of :func:`cost_columns`.

    See Also
    --------
    decide : By what was settled.

    Examples
    --------
    >>> from core.decision.row_costs import Cost
    >>> frame = pd.DataFrame({"amount": [20.0, 500.0, np.nan]})
    >>> costs = RowCosts(miss=Cost(column="amount"), alarm=Cost(5.0))
    >>> decide_by_row(costs, np.array([[0.9, 0.1]] * 3), 1, frame)[0].tolist()
    [False, True, False]
    """
    usable = _usable(frame)
    called = np.where(usable, costs.flagged(probabilities[:, code], frame), probabilities.argmax(axis=1) == code)
    return called, _left_out(int((~usable).sum()))


def cost_note(scorer: Scorer, rows: pd.DataFrame) -> str:
    """Return a sentence on new rows whose cost cannot be read; empty where there is none, or costs decide nothing.

    Parameters
    ----------
    rows : DataFrame
        As :func:`decide` takes them.

    Raises
    ------
    TableError
        A column that costs are taken from is missing.

    Examples
    --------
    >>> from core.exporting.sample import sample_scorer
    >>> cost_note(sample_scorer(), pd.DataFrame({"amount": ["?"]}))
    ''
    """
    costs = scorer.stakes.deciding_costs
    if costs is None:
        return ""
    return _left_out(int((~_usable(cost_columns(costs, rows, scorer.reading))).sum()))


def _usable(frame: pd.DataFrame) -> np.ndarray:
    return ((frame >= 0) & np.isfinite(frame)).all(axis=1).to_numpy()


def _left_out(rows: int) -> str:
    whose = "its" if rows == 1 else "their"
    return f"{counted(rows, 'row')} without a usable cost decided by {whose} most probable class." if rows else ""


def cost_columns(costs: RowCosts, rows: pd.DataFrame, reading: Reading) -> pd.DataFrame:
    """Return the columns that costs are taken from as numbers, nan where a cell is none.

    Raises
    ------
    TableError
        The rows lack one.

    Examples
    --------
    >>> from core.decision.row_costs import Cost
    >>> rows = pd.DataFrame({"amount": ["20", "x"]})
    >>> cost_columns(RowCosts(miss=Cost(column="amount")), rows, Reading())["amount"].tolist()
    [20.0, nan]
    """
    columns = {}
    for name in costs.columns:
        if name not in rows.columns:
            raise TableError(f"The file lacks {quoted(name)}, which says what a row costs: add the column.")
        given = rows[name]
        how = reading.of(name)
        if pd.api.types.is_numeric_dtype(given.dtype):
            columns[name] = given.astype(np.float64)
        elif how is not None:
            columns[name] = pd.Series(how.values(given)[0]).astype(np.float64).set_axis(rows.index)
        else:
            columns[name] = pd.to_numeric(given, errors="coerce").astype(np.float64)
    return pd.DataFrame(columns)
