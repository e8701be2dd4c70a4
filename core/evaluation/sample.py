"""A run of two strategies over three folds of eight rows, written down: what the examples of this package show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.data.problem import Problem
from core.data.table import from_frame
from core.evaluation.comparison import Comparison, compare
from core.experiment.results import FoldResult
from core.plan import Plan, SplitSettings, StrategyChoice
from core.strategies import choices_of, label

# Of the class "yes", fold by fold: six rows that are "no", then two that are "yes".
_PROBABILITIES: Mapping[str, tuple[tuple[float, ...], ...]] = {
    "plain": (
        (0.1, 0.2, 0.1, 0.3, 0.2, 0.4, 0.7, 0.3),
        (0.2, 0.1, 0.3, 0.1, 0.2, 0.6, 0.8, 0.4),
        (0.1, 0.3, 0.2, 0.2, 0.1, 0.3, 0.9, 0.4),
    ),
    "smote": (
        (0.3, 0.4, 0.2, 0.4, 0.3, 0.6, 0.9, 0.6),
        (0.4, 0.2, 0.6, 0.3, 0.4, 0.6, 0.9, 0.7),
        (0.2, 0.4, 0.3, 0.4, 0.3, 0.4, 0.9, 0.6),
    ),
}
_TRUTH = np.array([0, 0, 0, 0, 0, 0, 1, 1])
_TRAINING_COUNTS = {"plain": (12, 4), "smote": (12, 12)}


@dataclass(frozen=True, eq=False)
class SampleRun:
    """A finished run as data.

    Parameters
    ----------
    problem : Problem
        A table of 24 people, six of whom are frauds, under its plan.
    folds : tuple of FoldResult
        One per strategy and fold.

    See Also
    --------
    sample_run : Makes it.

    Examples
    --------
    >>> sample_run().problem.target.labels, len(sample_run().folds)
    (('no', 'yes'), 6)
    """

    problem: Problem
    folds: tuple[FoldResult, ...]

    @property
    def plan(self) -> Plan:
        return self.problem.plan

    @property
    def comparison(self) -> Comparison:
        return compare(self.folds, self.plan, self.problem.target.labels)

    @property
    def names(self) -> dict[str, str]:
        """Names for people by the strategies' keys."""
        return {choice.key: label(choice) for choice in choices_of(self.plan)}


def sample_run() -> SampleRun:
    """Return the plain network and SMOTE, which finds all frauds and raises more false alarms.

    Examples
    --------
    >>> sample_run().comparison.strategies[0].confusion.tolist()
    [[17, 1], [3, 3]]
    """
    strategies = tuple(StrategyChoice.of(name) for name in _PROBABILITIES)
    truth = np.tile(_TRUTH, 3)
    frame = pd.DataFrame({"age": np.linspace(20.5, 66.5, len(truth)), "fraud": np.array(["no", "yes"])[truth]})
    problem = Problem.of(from_frame(frame, "people.csv"), Plan("fraud", strategies, split=SplitSettings(folds=3)))
    folds = [_fold(name, fold) for name in _PROBABILITIES for fold in range(3)]
    return SampleRun(problem, tuple(folds))


def _fold(strategy: str, fold: int) -> FoldResult:
    p = np.array(_PROBABILITIES[strategy][fold], np.float32)
    return FoldResult(
        strategy=strategy,
        repeat=0,
        fold=fold,
        test_rows=np.arange(len(p)) + fold * len(p),
        y_true=_TRUTH,
        probabilities=np.column_stack([1 - p, p]),
        decisions=(p >= 0.5).astype(np.int64),
        threshold=0.5,
        class_counts=np.array(_TRAINING_COUNTS[strategy]),
        seconds=0.5,
        lanes=1,
    )
