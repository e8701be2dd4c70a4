"""What a plan will cost in seconds, before it is run.

Every coefficient is processor time measured on one core of a server, on the four sample tables and
on parts and multiples of them. How long its samplers work, a strategy says itself
(:meth:`core.strategies.Strategy.seconds`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from core.data.preparation import step_for
from core.data.problem import Problem
from core.machine import usable_cores
from core.plan import NetworkSettings, StrategyChoice
from core.strategies import Recipe, Reference, Strategy
from core.strategies.seconds import TrainingSize
from core.words import duration

# Splitting, preparing and deciding, whatever is trained.
_FOLD_SECONDS = 0.3
# A sampler that works longer than this on a run is in no preset; a person may add it by hand.
SLOW_SECONDS = 600.0
# A run that takes longer than a day is started only where somebody says so twice.
LONG_SECONDS = 24 * 3600.0
# Early stopping ended training after 0.47 to 0.85 of 40 epochs on the sample tables.
_EPOCHS_USED = 0.65


@dataclass(frozen=True)
class Workload:
    """A table and a plan's settings, from which the seconds of any strategies follow.

    Parameters
    ----------
    rows : TrainingSize
    network : NetworkSettings
    units : int
        Folds times repeats.
    cores : int
        That training keeps busy; by default those that this process may use.
    """

    rows: TrainingSize
    network: NetworkSettings
    units: int
    cores: int = field(default_factory=usable_cores)

    @classmethod
    def of(cls, problem: Problem, cores: int | None = None) -> Workload:
        """Return the workload of a plan's table, network and split."""
        plan, facts = problem.plan, problem.facts
        steps = [(step, column) for column in problem.features if (step := step_for(column)) is not None]
        width = sum(step.usual_inputs(column) for step, column in steps)
        share = (1 - 1 / plan.split.folds) * (1 - plan.network.validation_split)
        rows = TrainingSize(tuple(count * share for count in facts.class_counts), max(1, width), facts.n_categorical)
        return cls(rows, plan.network, plan.split.folds * plan.split.repeats, cores or usable_cores())

    def seconds(self, choices: tuple[StrategyChoice, ...]) -> float:
        """Return the seconds of a run of these strategies; networks that several share are trained once.

        Slow samplers work beside the training, so a fold takes its work shared by the cores, or as long as
        the longest strategy alone.
        """
        work = [self._work(parts) for parts in {frozenset(Recipe.of(choice).shaping) for choice in choices}]
        shared = sum(sampling + training for sampling, training, _ in work) / self.cores
        alone = max((sampling + training / lanes for sampling, training, lanes in work), default=0.0)
        return self.units * (_FOLD_SECONDS + max(shared, alone))

    def added(self, choice: StrategyChoice) -> float:
        """Return the seconds that a strategy adds to a run; a decision rule on the plain network adds none."""
        parts = Recipe.of(choice).shaping
        return self.units * sum(self._work(parts)[:2]) / self.cores if parts else 0.0

    def sampling(self, choice: StrategyChoice) -> float:
        """Return the seconds that a strategy's samplers work in a run, beside the training; none for a reference."""
        sampling, training, _ = self._work(Recipe.of(choice).shaping)
        return self.units * sampling if training else 0.0

    def too_slow(self, choice: StrategyChoice) -> bool:
        """Return whether a strategy's samplers would take so long that nobody should run into them unasked."""
        return self.sampling(choice) > SLOW_SECONDS

    def _work(self, parts: Iterable[Strategy]) -> tuple[float, float, int]:
        """Return a fold's processor seconds of sampling and of training, and the number of networks."""
        parts = tuple(parts)
        networks = max((part.n_networks for part in parts), default=1)
        sampling = sum(part.seconds(self.rows) for part in parts)
        if any(isinstance(part, Reference) for part in parts):
            return sampling, 0.0, 1
        return sampling, networks * self._lane_seconds(), networks

    def _lane_seconds(self) -> float:
        """Return the processor seconds of one network: a part for each epoch, each step, and each product."""
        network, rows = self.network, self.rows
        batch = min(network.batch_size, max(1.0, rows.n))
        sizes = [rows.width, *network.hidden_layers, rows.classes if rows.classes > 2 else 1]
        weights = sum(a * b for a, b in pairwise(sizes))
        epochs: float = network.epochs
        if network.patience:
            epochs = min(epochs, max(_EPOCHS_USED * epochs, network.patience + 1))
        step = 5e-5 + 3e-7 * batch + 6 * batch * weights / 5e10
        return epochs * (6e-3 + math.ceil(rows.n / batch) * step)


def estimate_seconds(problem: Problem, cores: int | None = None) -> float:
    """Return roughly how long a run of a plan takes, in seconds."""
    return Workload.of(problem, cores).seconds(problem.plan.strategies)


def too_long(seconds: float) -> str | None:
    """Return one sentence about a run that takes longer than anybody may want to wait, or None."""
    if seconds <= LONG_SECONDS:
        return None
    return (
        f"This plan takes {duration(seconds)} here: choose fewer strategies, folds or repeats, a smaller network or "
        "fewer epochs."
    )
