"""Batches: in which shares a batch holds the classes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.strategies.base import Card, LearningStrategy, Turn, parameter
from core.strategies.registry import register
from core.strategies.snippets import functions
from core.strategies.snippets.snippet import CodeFacts, Snippet
from core.strategies.view import TrainingView
from core.training.lane import Lane


@dataclass(frozen=True)
class Batches(LearningStrategy):
    """Decides how batches are drawn.

    See Also
    --------
    core.strategies.weighting.ClassWeighting : Balances by weights.

    Examples
    --------
    >>> from core.strategies import catalogue
    >>> [key for key, strategy in catalogue().items() if issubclass(strategy, Batches)][:2]
    ['balanced_batches', 'progressive_batches']
    """

    turn = Turn.BATCHES


@register
@dataclass(frozen=True)
class BalancedBatches(Batches):
    """Every batch drawn in equal shares from all classes.

    See Also
    --------
    ProgressiveBatches : Balanced little by little.
    core.strategies.oversampling.RandomOver : The same by a larger table.

    Examples
    --------
    Nine rows and one row: each class counts for half of what is drawn.

    >>> import numpy as np
    >>> from core.strategies.view import Numbers
    >>> view = TrainingView.of(Numbers(), np.zeros((10, 1)), np.repeat([0, 1], [9, 1]), n_classes=2, seed=0)
    >>> (lane,) = BalancedBatches().refine(Lane(np.arange(10), seed=0), view)
    >>> lane.class_mass(view.y, 2).tolist(), lane.n_rows
    ([5.0, 5.0], 10)
    """

    card = Card(
        "balanced_batches",
        "Balanced batches",
        "batches",
        "Fills every batch with equally many rows of each class, drawn anew each time.",
        helps="As random over-sampling, without a larger table and without a batch that lacks a class.",
        harms="Rows of a tiny class are seen so often that the network learns them by heart.",
        paper="Shen, Lin and Huang (2016)",
        link="https://arxiv.org/abs/1512.05830",
        formula=r"P(y = j \text{ in a batch}) = \frac{1}{C}",
    )

    def code(self, facts: CodeFacts) -> Snippet:
        data = "tf.data.Dataset.sample_from_datasets(by_class(rows, y, seed), seed=seed)"
        return Snippet(helpers=(functions.BY_CLASS,), data=data)

    def refine(self, lane: Lane, view: TrainingView) -> list[Lane]:
        return [replace(lane, batches="balanced")]


@register
@dataclass(frozen=True)
class ProgressiveBatches(Batches):
    """Class shares that move from the table's own to equal ones over the epochs.

    See Also
    --------
    BalancedBatches : Balanced from the start.

    Examples
    --------
    What the classes count for as training begins and as it ends; batches are balanced from epoch 20 of 40.

    >>> import numpy as np
    >>> from core.strategies.view import Numbers
    >>> view = TrainingView.of(Numbers(), np.zeros((10, 1)), np.repeat([0, 1], [9, 1]), n_classes=2, seed=0)
    >>> (lane,) = ProgressiveBatches().refine(Lane(np.arange(10), seed=0), view)
    >>> [lane.class_mass(view.y, 2, settled=settled).tolist() for settled in (False, True)], lane.balanced_epoch(40)
    ([[9.0, 1.0], [5.0, 5.0]], 20)
    """

    card = Card(
        "progressive_batches",
        "Progressively balanced batches",
        "batches",
        "Starts with the classes as they are and moves to equal shares while training goes on.",
        helps="Learns what all rows have in common first, then the rare classes.",
        harms="Half of the training has few rare rows; short training may end before they are learned.",
        paper="Kang et al. (2020)",
        link="https://arxiv.org/abs/1910.09217",
        formula=r"P_t(y = j) = (1 - s) \frac{n_j}{N} + \frac{s}{C}, \quad s = \min\left(1, \frac{t}{f \, T}\right)",
    )

    balanced_from: float = parameter(
        0.5, "Share of the epochs after which batches are balanced; early stopping begins there.", low=0, high=1
    )

    def code(self, facts: CodeFacts) -> Snippet:
        moving = "moving_shares(np.bincount(y), fold.steps, balanced_from)"
        return Snippet(
            helpers=(functions.BY_CLASS, functions.PROGRESSIVE),
            data=f"tf.data.Dataset.sample_from_datasets(by_class(rows, y, seed), weights={moving}, seed=seed)",
            balanced_from=self.balanced_from,
        )

    def refine(self, lane: Lane, view: TrainingView) -> list[Lane]:
        return [replace(lane, batches="progressive", balanced_from=self.balanced_from)]
