"""What a person settled about a run's decisions, carried into the model that they take away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from core.data.reading.cells import Reading
from core.decision.row_costs import RowCosts
from core.decision.stakes import Stakes
from core.evaluation.worth import cheapest_threshold
from core.experiment.results import FoldResult
from core.exporting.scorer import Scorer
from core.plan import StrategyChoice
from core.words import TableError, counted, quoted


def settle(scorer: Scorer, choice: StrategyChoice, results: Sequence[FoldResult], stakes: Stakes) -> Scorer:
    """Return a scorer that decides as was settled; with more than two classes by its own rule.

    A cheapest threshold is chosen on what the folds said of rows that their networks had not seen.

    Parameters
    ----------
    results : sequence of FoldResult
        The run's; those of other strategies are passed over.

    See Also
    --------
    core.decision.stakes.Stakes : What was settled.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.exporting.sample import sample_scorer
    >>> run = sample_run()
    >>> settle(sample_scorer(), run.plan.strategies[0], run.folds, Stakes(rule="one", threshold=0.2)).threshold
    0.2
    >>> round(settle(sample_scorer(), run.plan.strategies[0], run.folds, Stakes(rule="cheapest")).threshold, 2)
    0.25
    """
    if stakes.is_default or len(scorer.classes) != 2:
        return scorer
    if stakes.rule == "one":
        return replace(scorer, threshold=stakes.threshold, stakes=stakes)
    own = [result for result in results if result.strategy == choice.key and result.error is None]
    if stakes.rule == "cheapest" and own:
        p = np.concatenate([result.probabilities[:, 1] for result in own]).astype(np.float64)
        truth = np.concatenate([result.y_true for result in own])
        return replace(scorer, threshold=cheapest_threshold(p, _gain(truth, stakes)), stakes=stakes)
    return replace(scorer, stakes=stakes)


def _gain(truth: np.ndarray, stakes: Stakes) -> np.ndarray:
    """Return what flagging each row saves, at the share in the field."""
    matrix, share = np.array(stakes.costs.matrix), float(truth.mean())
    gain = (matrix[truth, 0] - matrix[truth, 1]) * (-1 if stakes.costs.benefits else 1)
    if stakes.costs.prevalence is not None and 0 < share < 1:
        field = stakes.costs.prevalence
        gain = gain * np.where(truth == 1, field / share, (1 - field) / (1 - share))
    return np.asarray(gain)


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
    costs = scorer.stakes.row_costs
    if scorer.stakes.rule != "rows" or costs is None:
        return scorer.decide(probabilities), ""
    frame = cost_columns(costs, rows, scorer.reading)
    usable = ((frame >= 0) & np.isfinite(frame)).all(axis=1).to_numpy()
    codes = np.where(usable, costs.flagged(probabilities[:, 1], frame), probabilities.argmax(axis=1)).astype(np.int64)
    left = int((~usable).sum())
    whose = "its" if left == 1 else "their"
    return (
        codes,
        f"{counted(left, 'row')} without a usable cost decided by {whose} most probable class." if left else "",
    )


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
