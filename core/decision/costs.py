"""What decisions cost or bring, row by row alike."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

_NAMES = ("rest", "class")


class CostError(ValueError):
    """Costs that cannot be used; the message is one sentence with the way out.

    Examples
    --------
    >>> Costs(prevalence=0.0)
    Traceback (most recent call last):
        ...
    core.decision.costs.CostError: The share in the field is 0: choose one between 0 and 1, for example 0.01.
    """


@dataclass(frozen=True)
class Costs:
    """What each decision costs or brings, and how common the class is where the model will work.

    Parameters
    ----------
    matrix : tuple of tuple of float
        ``matrix[true][decided]`` per row, 0 the rest and 1 the class; at least 0. Costs are to be low.
    benefits : bool
        The numbers are benefits, which are to be high.
    prevalence : float or None
        Share of the class in the field, in (0, 1); None means as in the tested rows.

    Raises
    ------
    CostError
        The matrix is not 2 × 2, holds a gap or a negative number, or only zeros; or the prevalence
        is outside (0, 1).

    See Also
    --------
    core.evaluation.explorer.Explorer.best : The threshold at which they are lowest.

    Examples
    --------
    >>> costs = Costs(((0.0, 1.0), (10.0, 0.0)))
    >>> round(float(costs.per_row(np.array(0.75), np.array(0.1), share=0.2)), 2)
    0.58
    """

    matrix: tuple[tuple[float, ...], ...] = ((0.0, 1.0), (1.0, 0.0))
    benefits: bool = False
    prevalence: float | None = None

    def __post_init__(self) -> None:
        word = "benefit" if self.benefits else "cost"
        widths = {len(row) for row in self.matrix}
        if len(self.matrix) != 2 or widths != {2}:
            across = " or ".join(str(width) for width in sorted(widths)) or "no"
            raise CostError(
                f"The {word}s need 2 rows (the truth) and 2 columns (the decision), and these have "
                f"{len(self.matrix)} rows and {across} columns: enter four numbers."
            )
        for true, row in enumerate(self.matrix):
            for decided, value in enumerate(row):
                place = f"The {word} of calling the {_NAMES[true]} the {_NAMES[decided]}"
                if not math.isfinite(value):
                    raise CostError(f"{place} is missing or no number: enter 0 or more.")
                if value < 0:
                    other = "cost" if self.benefits else "benefit"
                    raise CostError(f"{place} is {value:g}: enter 0 or more, or turn all numbers into {other}s.")
        if not any(map(any, self.matrix)):
            raise CostError(f"All {word}s are 0, so every threshold is as good as any: enter at least one above 0.")
        if self.prevalence is not None and not 0 < self.prevalence < 1:
            raise CostError(
                f"The share in the field is {self.prevalence:g}: choose one between 0 and 1, for example 0.01."
            )

    def turned(self) -> Costs:
        """Return costs as benefits, or benefits as costs, by which every decision is worth the same against the other.

        What a decision brings is what it saves against the dearest one for that truth, and the other way round.

        Raises
        ------
        CostError
            No decision differs from another, so that nothing is saved by any.

        Examples
        --------
        >>> Costs(((0.0, 1.0), (50.0, 0.0))).turned()
        Costs(matrix=((1.0, 0.0), (0.0, 50.0)), benefits=True, prevalence=None)
        >>> Costs(((0.0, 1.0), (50.0, 0.0))).turned().turned().matrix
        ((0.0, 1.0), (50.0, 0.0))
        """
        matrix = tuple(tuple(float(f"{max(row) - value:.12g}") for value in row) for row in self.matrix)
        return Costs(matrix, not self.benefits, self.prevalence)

    def per_row(self, true_rate: np.ndarray, false_rate: np.ndarray, share: float) -> np.ndarray:
        """Return the mean cost or benefit of a row.

        Parameters
        ----------
        true_rate, false_rate : ndarray
            Shares of the class and of the rest that are called the class.
        share : float
            Prevalence of the class among the tested rows; the field's own one counts instead where it is given.
        """
        (quiet, alarm), (miss, hit) = self.matrix
        share = share if self.prevalence is None else self.prevalence
        of_class = miss + (hit - miss) * true_rate
        of_rest = quiet + (alarm - quiet) * false_rate
        return share * of_class + (1 - share) * of_rest

    def ideal_threshold(self, share: float) -> float | None:
        """Return the best threshold for probabilities that are exactly right (Elkan 2001, eq. 2).

        Where the field's prevalence differs, the threshold is carried back to probabilities that are
        right for the tested rows. None where one of the decisions is never the better one.

        Examples
        --------
        >>> Costs(((0, 1), (4, 0))).ideal_threshold(share=0.05)
        0.2
        """
        (quiet, alarm), (miss, hit) = self.matrix
        sign = -1 if self.benefits else 1
        alarm_loss, miss_loss = sign * (alarm - quiet), sign * (miss - hit)
        if alarm_loss <= 0 or miss_loss <= 0:
            return None
        odds = alarm_loss / miss_loss
        if self.prevalence is not None:
            odds *= share / (1 - share) * (1 - self.prevalence) / self.prevalence
        return odds / (1 + odds)
