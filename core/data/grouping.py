"""Columns whose values repeat because a person or a thing has several rows, which a fold must not part."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.data.columns import Column
from core.data.problem import Problem
from core.words import counted, quoted

_WHO = re.compile(
    r"(?:^|[_\W])(?:patient|subject|participant|person|people|customer|client|user|account|member|student|pupil|"
    r"employee|worker|driver|owner|player|household|family|respondent|visitor|session|device|machine|engine|sensor|"
    r"vehicle|animal|specimen|author|speaker|merchant|seller|store|hospital|card|cc|iban|claimant|policy|policyholder|borrower|"
    r"applicant|tenant|caller|sender|ssn|mrn)s?"
    r"(?:[_\W]?(?:id|ids|no|nr|num|number|code|key|name|uuid|guid))?$"
    r"|(?:^|[_\W])(?:id|ids|uuid|guid)$|[a-z]I[Dd]$",
    re.IGNORECASE,
)
_MIN_VALUES = 10
# Of a column whose name says nothing: this many values, with this many rows each at the median, and almost one class.
_MIN_LEVELS, _MAX_ROWS_EACH, _SHARED = 30, 30, 0.8
_SHARED_BY_NAME = 0.2
_SAMPLE = 50_000
_DRAWS = 50


@dataclass(frozen=True)
class Grouping:
    """A column whose rows belong together.

    Parameters
    ----------
    name : str
    values : int
        Different values that have a row with a label.
    rows : int
        Rows with a value.
    agreement, chance : float
        Share of pairs of rows with the same value that are of one class, and of any two rows.

    See Also
    --------
    find_grouping : Looks for one.

    Examples
    --------
    >>> grouping = Grouping("patient", values=40, rows=200, agreement=0.97, chance=0.8)
    >>> grouping.sentence.partition(":")[0]
    '`patient` has 40 values in 200 rows, and rows that share one are of the same class in 97% of pairs (80% by chance)'
    """

    name: str
    values: int
    rows: int
    agreement: float
    chance: float

    @property
    def sentence(self) -> str:
        return (
            f"{quoted(self.name)} has {counted(self.values, 'value')} in {counted(self.rows, 'row')}, and rows that "
            f"share one are of the same class in {self.agreement:.0%} of pairs ({self.chance:.0%} by chance): if it "
            "names a person or a thing, group by it to keep its rows together, or every strategy will "
            "look better than it is on new ones."
        )


def names_somebody(name: str) -> bool:
    """Return whether a column's name says that it names a person or a thing, which may have several rows.

    See Also
    --------
    find_grouping : Looks at the values too.

    Examples
    --------
    >>> names_somebody("patient_id"), names_somebody("income")
    (True, False)
    """
    return _WHO.search(name) is not None


def find_grouping(problem: Problem) -> Grouping | None:
    """Return the column by which rows should be kept together, or None where none is, or rows are split so already.

    Candidates repeat their values on most rows. Rows with the same value must share their class far more often
    than rows that are drawn at random: somewhat, where the column's name says that it names somebody or something;
    almost always, in many values with few rows each, where it does not.

    See Also
    --------
    core.data.splitting.split_rows : Keeps such rows together.

    Examples
    --------
    >>> import pandas as pd
    >>> from core.data.table import from_frame
    >>> from core.plan import Plan, StrategyChoice
    >>> patients = [f"p{row // 5}" for row in range(200)]
    >>> frame = pd.DataFrame({"patient_id": patients, "x": np.arange(200) / 7, "ill": [0] * 150 + [1] * 50})
    >>> grouping = find_grouping(Problem.of(from_frame(frame), Plan("ill", (StrategyChoice.of("plain"),))))
    >>> grouping.name, grouping.values, grouping.agreement, round(grouping.chance, 2)
    ('patient_id', 40, 1.0, 0.62)
    """
    split = problem.plan.split
    if split.group is not None:
        return None
    rows, codes = problem.target.rows, problem.target.codes
    candidates = [c for c in problem.table.columns if c.name != problem.target.name and _may_name(c, len(rows))]
    groupings = []
    for column in candidates:
        values = problem.table.frame[column.name].iloc[rows]
        grouping = _measured(column.name, values, codes)
        if grouping is not None:
            groupings.append(grouping)
    return max(groupings, key=lambda grouping: grouping.agreement, default=None)


def _may_name(column: Column, n_rows: int) -> bool:
    if column.kind in ("constant", "date"):
        return False
    if not _MIN_VALUES <= column.distinct <= n_rows / 1.5:
        return False
    return names_somebody(column.name) or (column.kind != "numeric" and column.distinct >= _MIN_LEVELS)


def _measured(name: str, values: pd.Series, codes: np.ndarray) -> Grouping | None:
    if pd.api.types.is_float_dtype(values.dtype) and (values.dropna() % 1 != 0).any():
        return None  # a measure, whatever its name
    groups, levels = pd.factorize(values)
    known = groups >= 0
    groups, codes = groups[known], codes[known]
    sizes = np.bincount(groups, minlength=len(levels))
    if not len(groups) or (sizes[groups] > 1).mean() < 0.5:
        return None
    by_name = names_somebody(name)
    if not by_name and np.median(sizes) > _MAX_ROWS_EACH:
        return None
    n_rows = len(groups)
    if n_rows > _SAMPLE:
        # Whole groups, as few of them as hold enough rows.
        order = np.random.default_rng(0).permutation(len(levels))
        chosen = np.zeros(len(levels), bool)
        chosen[order[: 1 + int(np.searchsorted(np.cumsum(sizes[order]), _SAMPLE))]] = True
        groups, codes = groups[chosen[groups]], codes[chosen[groups]]
    agreement, chance = _agreement(groups, codes), _agreement(np.zeros(len(codes), np.int64), codes)
    if chance >= 1 or (agreement - chance) / (1 - chance) < (_SHARED_BY_NAME if by_name else _SHARED):
        return None
    rng = np.random.default_rng(0)
    drawn = [_agreement(groups, rng.permutation(codes)) for _ in range(_DRAWS)]
    if agreement - chance < 6 * float(np.std(drawn)):
        return None
    return Grouping(name, int((sizes > 0).sum()), n_rows, agreement, chance)


def _agreement(groups: np.ndarray, codes: np.ndarray) -> float:
    """Return the share of pairs of rows of one group that are of one class."""
    n_classes = int(codes.max()) + 1
    alike = np.bincount(groups * n_classes + codes).astype(np.float64)
    sizes = np.bincount(groups).astype(np.float64)
    pairs = float((sizes * (sizes - 1)).sum())
    return float((alike * (alike - 1)).sum()) / pairs if pairs else 0.0
