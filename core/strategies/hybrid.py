"""Hybrids: SMOTE, then a cleaning of what it made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from core.strategies._sampling import Sampler, sampler_code
from core.strategies.base import Card, RowStrategy, Turn, parameter
from core.strategies.oversampling import Smote
from core.strategies.registry import register
from core.strategies.seconds import TrainingSize, search, smote
from core.strategies.snippets.snippet import CodeFacts, Snippet
from core.strategies.view import TrainingView
from core.training.lane import Lane


@dataclass(frozen=True)
class _CleanAll(Sampler):
    """Cleaning of all classes, one-hot levels for categorical columns; not in the catalogue by itself."""

    card = Card("", "The cleaning after SMOTE", "hybrid", "", "", "", "", "")
    turn = Turn.HYBRID
    fixed = (("sampling_strategy", "all"),)
    seeded = False


@dataclass(frozen=True)
class _CleanNeighbours(_CleanAll):
    imblearn = "under_sampling.EditedNearestNeighbours"


@dataclass(frozen=True)
class _CleanTomek(_CleanAll):
    imblearn = "under_sampling.TomekLinks"


@dataclass(frozen=True)
class Hybrid(RowStrategy):
    """Grows classes by SMOTE, then cleans what it made.

    See Also
    --------
    core.strategies.oversampling.Smote : The first half alone.

    Examples
    --------
    >>> from core.strategies.line import rows_seen
    >>> rows_seen(SmoteTomek(k_neighbors=1), [[1, 2, 3, 4], [8, 9]])
    [[[1.0, 2.0, 3.0, 4.0], [8.0, 8.4, 8.7, 9.0]]]
    """

    turn = Turn.HYBRID
    grows = True
    cleaning: ClassVar[Sampler]

    k_neighbors: int = parameter(5, "Neighbours of the same class to choose from.", low=1, high=50)

    def code(self, facts: CodeFacts) -> Snippet:
        grown = sampler_code(Smote(k_neighbors=self.k_neighbors), facts)
        cleaned = sampler_code(self.cleaning, facts)
        return Snippet(grown.imports + cleaned.imports, rows=f"{grown.rows}\n{cleaned.rows}")

    def refine(self, lane: Lane, view: TrainingView) -> list[Lane]:
        (grown,) = Smote(k_neighbors=self.k_neighbors).refine(lane, view)
        return self.cleaning.refine(grown, view)


@register
@dataclass(frozen=True)
class SmoteEnn(Hybrid):
    """SMOTE, then edited nearest neighbours over all classes.

    See Also
    --------
    SmoteTomek : Drops less.
    core.strategies.undersampling.EditedNeighbours : The cleaning alone, of larger classes.

    Examples
    --------
    >>> from core.strategies.line import rows_seen
    >>> rows_seen(SmoteEnn(k_neighbors=1), [[1, 2, 3, 4, 5, 6], [6.5, 8, 9]])
    [[[1.0, 2.0, 3.0, 4.0], [7.1, 7.4, 8.0, 8.5, 9.0]]]
    """

    card = Card(
        "smote_enn",
        "SMOTE-ENN",
        "hybrid",
        "SMOTE, then drops every row, real or made, whose neighbours belong to other classes.",
        helps="Overlapping classes: SMOTE's misplaced rows go again.",
        harms="Cuts real rows at the border too, on small tables too many.",
        paper="Batista, Prati and Monard (2004)",
        link="https://doi.org/10.1145/1007730.1007735",
        formula=r"D' = \text{ENN}\left(D \cup \text{SMOTE}(D)\right)",
    )
    cost = "slow"
    cleaning = _CleanNeighbours()

    def seconds(self, size: TrainingSize) -> float:
        return smote(size) + 1.5 * search(size, size.grown, size.grown)


@register
@dataclass(frozen=True)
class SmoteTomek(Hybrid):
    """SMOTE, then Tomek links over all classes.

    See Also
    --------
    SmoteEnn : Drops more.
    core.strategies.undersampling.TomekLinks : The cleaning alone, of larger classes.

    Examples
    --------
    >>> from core.strategies.line import rows_seen
    >>> rows_seen(SmoteTomek(k_neighbors=1), [[1, 2, 3, 4, 5, 6], [6.5, 8, 9]])
    [[[1.0, 2.0, 3.0, 4.0, 5.0], [7.1, 7.4, 8.0, 8.5, 9.0]]]
    """

    card = Card(
        "smote_tomek",
        "SMOTE-Tomek",
        "hybrid",
        "SMOTE, then drops both rows of every pair of nearest neighbours from different classes.",
        helps="As SMOTE, with a tidier border.",
        harms="Differs little from SMOTE where classes are apart.",
        paper="Batista, Prati and Monard (2004)",
        link="https://doi.org/10.1145/1007730.1007735",
        formula=r"D' = \text{Tomek}\left(D \cup \text{SMOTE}(D)\right)",
    )
    cost = "slow"
    cleaning = _CleanTomek()

    def seconds(self, size: TrainingSize) -> float:
        return smote(size) + search(size, size.grown, size.grown)
