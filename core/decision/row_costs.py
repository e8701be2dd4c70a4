"""Costs that differ from row to row, such as the amount of a transaction, and the decision that follows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.decision.costs import CostError
from core.words import counted, quoted, shortened

#: What each decision is called in files, by truth and decision: 0 the rest and 1 the class.
CELLS: Mapping[str, tuple[int, int]] = {"quiet": (0, 0), "alarm": (0, 1), "miss": (1, 0), "hit": (1, 1)}
_NUMBER = r"\d+(?:\.\d*)?(?:[eE][+-]?\d+)?"
_IN_WORDS = {"quiet": "a row correctly ignored", "alarm": "a false alarm", "miss": "a miss", "hit": "a hit"}


@dataclass(frozen=True)
class Cost:
    """One decision's cost on a row: column × factor + constant.

    Parameters
    ----------
    constant : float
    column : str or None
        A column of numbers of at least 0, as the table has it; None for a cost that is the same on every row.
    factor : float

    See Also
    --------
    RowCosts : Of all four decisions.

    Examples
    --------
    >>> Cost(2.0, "amount", 0.5).on(pd.DataFrame({"amount": [10.0, 30.0]})).tolist()
    [7.0, 17.0]
    """

    constant: float = 0.0
    column: str | None = None
    factor: float = 1.0

    @classmethod
    def parse(cls, text: str) -> Cost:
        """Read a cost as people type it.

        Raises
        ------
        CostError
            The text is no cost.

        Examples
        --------
        >>> Cost.parse("0.5 * amount + 3"), Cost.parse("amount").column, Cost.parse("12").constant
        (Cost(constant=3.0, column='amount', factor=0.5), 'amount', 12.0)
        """
        try:
            return cls(float(text))
        except ValueError:
            found = re.fullmatch(rf"(?:({_NUMBER})\s*\*\s*)?(.+?)(?:\s*\+\s*({_NUMBER}))?", text.strip())
        if found is None:
            raise CostError(f"'{text[:60]}' is no cost: write a number, or column × factor + constant as 0.5*amount+3.")
        factor, column, constant = found.groups()
        return cls(float(constant or 0), column.strip(), float(factor or 1))

    def written(self) -> str:
        """Return the cost as :meth:`parse` reads it.

        Examples
        --------
        >>> Cost(3.0, "amount", 0.5).written(), Cost(column="amount").written(), Cost(12.0).written()
        ('0.5*amount+3', 'amount', '12')
        """
        if self.column is None:
            return f"{self.constant:.12g}"
        factor = "" if self.factor == 1 else f"{self.factor:.12g}*"
        return f"{factor}{self.column}" + (f"+{self.constant:.12g}" if self.constant else "")

    def on(self, frame: pd.DataFrame) -> np.ndarray:
        """Return the cost on each row, float64, shape (n,)."""
        if self.column is None:
            return np.full(len(frame), self.constant)
        return frame[self.column].to_numpy(np.float64) * self.factor + self.constant


@dataclass(frozen=True)
class RowCosts:
    """What each of the four decisions costs on a row.

    Parameters
    ----------
    quiet, alarm, miss, hit : Cost
        Of a row of the rest left, or called the class; of a row of the class missed, or found.

    Raises
    ------
    CostError
        A number is none or negative, or nothing differs from row to row.

    See Also
    --------
    core.decision.costs.Costs : The same on every row.

    References
    ----------
    Elkan (2001), "The Foundations of Cost-Sensitive Learning"; Bahnsen, Aouada and Ottersten (2014), "Example-Dependent
    Cost-Sensitive Logistic Regression", https://doi.org/10.1109/ICMLA.2014.48.

    Examples
    --------
    A missed fraud costs its amount, and a call 5.

    >>> costs = RowCosts(alarm=Cost(5.0), miss=Cost(column="amount"), hit=Cost(5.0))
    >>> frame = pd.DataFrame({"amount": [20.0, 500.0]})
    >>> costs.flagged(np.array([0.1, 0.1]), frame).tolist(), costs.thresholds(frame).round(3).tolist()
    ([False, True], [0.25, 0.01])
    >>> costs.total(np.array([1, 1]), np.array([0, 1]), frame).tolist()
    [20.0, 5.0]
    """

    quiet: Cost = Cost()
    alarm: Cost = Cost(1.0)
    miss: Cost = Cost(10.0)
    hit: Cost = Cost()

    def __post_init__(self) -> None:
        for name in CELLS:
            cost: Cost = getattr(self, name)
            for what, value in (("constant", cost.constant), ("factor", cost.factor)):
                if not np.isfinite(value) or value < 0:
                    raise CostError(f"The {what} of {_IN_WORDS[name]} is {value:g}: enter 0 or more.")
        if not self.columns:
            raise CostError("No cost reads a column: write one into what a miss costs, such as amount or 0.5*amount+3.")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are read."""
        named = (getattr(self, name).column for name in CELLS)
        return tuple(dict.fromkeys(column for column in named if column is not None))

    def check(self, frame: pd.DataFrame) -> None:
        """Refuse columns that cannot be costs.

        Raises
        ------
        CostError
            A column is missing, holds no numbers, has gaps or negative values; the message names it.

        Examples
        --------
        >>> RowCosts(miss=Cost(column="amount")).check(pd.DataFrame({"amount": [3.0, -2.0]}))
        Traceback (most recent call last):
            ...
        core.decision.costs.CostError: Column `amount` is negative in 1 row, the first of them row 2: a cost is 0 or \
more, so mend the column or take another.
        """
        for column in self.columns:
            if column not in frame.columns:
                raise CostError(f"There is no column {quoted(column)} to take costs from: choose one of the table's.")
            if not pd.api.types.is_numeric_dtype(frame[column].dtype) or pd.api.types.is_bool_dtype(
                frame[column].dtype
            ):
                raise CostError(f"Column {quoted(column)} holds no numbers, so that it cannot say what a row costs.")
            values = frame[column].to_numpy(np.float64)
            faults = [
                f"{words} in {counted(int(wrong.sum()), 'row')}, the first of them row {int(wrong.argmax()) + 1:,}"
                for wrong, words in ((~np.isfinite(values), "has no value"), (values < 0, "is negative"))
                if wrong.any()
            ]
            if faults:
                raise CostError(
                    f"Column {quoted(column)} {', and '.join(faults)}: a cost is 0 or more, so mend the column or take "
                    "another."
                )

    def margins(self, frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Return what a false alarm costs more than leaving a row, and a miss more than finding it, shape (n,) each."""
        return self.alarm.on(frame) - self.quiet.on(frame), self.miss.on(frame) - self.hit.on(frame)

    def flagged(self, p: np.ndarray, frame: pd.DataFrame) -> np.ndarray:
        """Return which rows are cheaper called the class than left, bool, shape (n,).

        Parameters
        ----------
        p : ndarray, shape (n,)
            Probabilities of the class, taken at their word.
        """
        alarm, miss = self.margins(frame)
        return p * miss > (1 - p) * alarm

    def thresholds(self, frame: pd.DataFrame) -> np.ndarray:
        """Return the probability above which each row is called the class; inf where it never is."""
        alarm, miss = self.margins(frame)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(miss + alarm > 0, np.clip(alarm / (miss + alarm), 0, None), np.where(miss > 0, 0.0, np.inf))

    def total(self, truth: np.ndarray, called: np.ndarray, frame: pd.DataFrame) -> np.ndarray:
        """Return what each row's decision costs, for truth and decision as 0 and 1, shape (n,)."""
        costs = np.stack([getattr(self, name).on(frame) for name in CELLS])
        return costs[2 * truth.astype(np.int64) + called.astype(np.int64), np.arange(len(truth))]

    def sentence(self) -> str:
        """Return the costs in words.

        Examples
        --------
        >>> RowCosts(alarm=Cost(5.0), miss=Cost(column="amount", factor=0.5), hit=Cost(5.0)).sentence()
        'A false alarm costs 5, a miss 0.5 × `amount`, a hit 5.'
        """
        parts: list[str] = []
        for name in ("alarm", "miss", "hit", "quiet"):
            cost: Cost = getattr(self, name)
            terms = []
            if cost.column is not None:
                factor = "" if cost.factor == 1 else f"{cost.factor:g} × "
                terms.append(f"{factor}{quoted(shortened(cost.column, 40))}")
            if cost.constant or not terms:
                terms.append(f"{cost.constant:g}")
            if terms != ["0"]:
                parts.append(f"{_IN_WORDS[name]} {'costs ' if not parts else ''}{' + '.join(terms)}")
        text = ", ".join(parts) + "."
        return text[:1].upper() + text[1:]

    def plain(self) -> dict[str, dict[str, object]]:
        """Return the costs as plain values that :meth:`of_plain` reads back."""
        return {name: dict(getattr(self, name).__dict__) for name in CELLS}

    @classmethod
    def of_plain(cls, raw: Mapping[str, Mapping[str, object]]) -> RowCosts:
        """Read costs back.

        Raises
        ------
        CostError
            The values are no costs.
        """
        try:
            costs = {}
            for name in CELLS:
                one = raw[name]
                column = one["column"]
                costs[name] = Cost(
                    float(one["constant"]), None if column is None else str(column), float(one["factor"])  # type: ignore[arg-type]
                )  # fmt: skip
            return cls(**costs)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            if isinstance(error, CostError):
                raise
            raise CostError("These are no costs by row: enter them anew.") from error
