"""Decisions as numbers that a person can count: per 1,000 rows."""

from __future__ import annotations

from dataclasses import dataclass

from core.words import counted, quoted

# Rows of the class that there are to be at least, so that rounding to whole rows tells something.
_FEWEST = 5


@dataclass(frozen=True)
class Counts:
    """What a strategy does with so many rows, in whole rows.

    Parameters
    ----------
    label : str
        The class that is looked for.
    rows : int
        1,000, or more where the class is very rare.
    found, missed, alarms : int
        Rows of the class that are called so and that are not, and rows of the rest that are called so.
    classes : int
        How many there are; of more than two, the rarest is looked for.

    See Also
    --------
    core.evaluation.recommendation.Recommendation : Where they stand.

    Examples
    --------
    >>> Counts("yes", 1000, found=87, missed=15, alarms=12).text
    'Of 1,000 rows like these, 102 are `yes`: you will find 87, miss 15, and raise 12 false alarms.'
    """

    label: str
    rows: int
    found: int
    missed: int
    alarms: int
    classes: int = 2

    @classmethod
    def of(cls, label: str, share: float, recall: float, specificity: float, classes: int = 2) -> Counts:
        """Return the counts of shares: of the class among the rows, and of it and of the rest that is decided rightly.

        Examples
        --------
        >>> Counts.of("fraud", share=0.0004, recall=0.5, specificity=0.999).text.partition(":")[0]
        'Of 100,000 rows like these, 40 are `fraud`'
        """
        rows = 1000
        while rows * share < _FEWEST and rows < 1_000_000:
            rows *= 10
        n = round(rows * share)
        found = min(n, round(n * recall))
        return cls(label, rows, found, n - found, round((rows - n) * (1 - specificity)), classes)

    @property
    def short(self) -> str:
        """The counts in a few words, for cards."""
        rarest = f", the rarest of {self.classes} classes" if self.classes > 2 else ""
        return (
            f"It finds {self.found:,} of {self.found + self.missed:,} {quoted(self.label)}{rarest}, with "
            f"{counted(self.alarms, 'false alarm')} in {self.rows:,} rows."
        )

    @property
    def text(self) -> str:
        """The counts as a sentence."""
        n = self.found + self.missed
        rarest = f", the rarest of {self.classes} classes" if self.classes > 2 else ""
        return (
            f"Of {self.rows:,} rows like these, {n:,} {'is' if n == 1 else 'are'} {quoted(self.label)}{rarest}: you "
            f"will find {self.found:,}, miss {self.missed:,}, and raise {counted(self.alarms, 'false alarm')}."
        )
