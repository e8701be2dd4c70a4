"""What of a table decides which strategies apply to it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TableFacts:
    """What decides whether a strategy applies: known before anything is split."""

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
