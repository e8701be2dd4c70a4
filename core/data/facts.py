"""What of a table decides which strategies apply to it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TableFacts:
    """What decides whether a strategy applies: known before anything is split.

    See Also
    --------
    core.data.problem.Problem : Finds them out for a table under a plan.

    Examples
    --------
    >>> facts = TableFacts((950, 50), n_numeric=8, n_categorical=1)
    >>> facts.n_classes, facts.minority, facts.folds
    (2, 50, 5)
    """

    class_counts: tuple[int, ...]
    n_numeric: int
    n_categorical: int
    folds: int = 5

    @property
    def n_classes(self) -> int:
        return len(self.class_counts)

    @property
    def minority(self) -> int:
        return min(self.class_counts)
