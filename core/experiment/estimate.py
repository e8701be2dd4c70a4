"""What a plan will cost in seconds, before it is run.

Every coefficient is processor time measured on one core of a server, on the four sample tables and
on parts and multiples of them. How long its samplers work, a strategy says itself
(:meth:`core.strategies.Strategy.seconds`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from core.data.preparation import CodedStep, step_for
from core.data.problem import Problem
from core.experiment.search_space import ROUNDS, NetworkShape, finalists, short_epochs
from core.machine import usable_cores
from core.networks.reading import network_label, network_of
from core.plan import NetworkChoice, StrategyChoice, TrainingSettings, TuningSettings
from core.strategies import Recipe, Reference, Strategy, choices_of
from core.strategies.seconds import TrainingSize
from core.words import duration

# Splitting, preparing and deciding, whatever is trained.
_FOLD_SECONDS = 0.2
# A network's graphs are traced once in a run, by one core: seconds per part of the network.
_PART_SECONDS = 0.2
# A sampler that works longer than this on a run is in no preset; a person may add it by hand.
SLOW_SECONDS = 600.0
# A run that takes longer than a day is started only where somebody says so twice.
LONG_SECONDS = 24 * 3600.0
# A network whose plain line alone takes longer than this is started only in that way, too.
SLOW_NETWORK_SECONDS = 1200.0
# Early stopping ended training after 0.47 to 0.85 of 40 epochs on the sample tables.
_EPOCHS_USED = 0.65
# The graphs of the shapes that tuning tries are traced once for each kind of loss: seconds per shape, in a run.
_TRACING_SECONDS = 4.0
# What the width of the networks that tuning tries is on average, as times that of the chosen one.
_USUAL_WIDTH = 1.1


@dataclass(frozen=True)
class Workload:
    """A table and a plan's settings, from which the seconds of any strategies follow.

    Parameters
    ----------
    rows : TrainingSize
    training : TrainingSettings
    units : int
        Folds times repeats.
    networks : tuple of NetworkChoice
        A strategy that names no network is trained on the first.
    numbers : int or None
        Inputs that are numbers, which number embeddings are made for; None for all.
    cores : int
        That training keeps busy; by default those that this process may use.
    tuning : TuningSettings

    See Also
    --------
    core.strategies.seconds : What samplers and references take.

    Examples
    --------
    Ten networks take ten times as long as one; a threshold moved on the plain network takes nothing.

    >>> work = Workload(TrainingSize((9_000, 1_000), width=10, categorical=0), TrainingSettings(), units=5, cores=2)
    >>> names = ("class_weight", "deep_ensemble", "threshold_f1")
    >>> first, *others = (work.added(StrategyChoice.of(name)) for name in names)
    >>> [round(seconds / first, 1) for seconds in others]
    [10.0, 0.0]
    """

    rows: TrainingSize
    training: TrainingSettings
    units: int
    networks: tuple[NetworkChoice, ...] = (NetworkChoice("mlp"),)
    numbers: int | None = None
    cores: int = field(default_factory=usable_cores)
    tuning: TuningSettings = field(default_factory=TuningSettings)

    @classmethod
    def of(cls, problem: Problem, cores: int | None = None) -> Workload:
        """Return the workload of a plan's table, network and split."""
        plan, facts = problem.plan, problem.facts
        steps = [(step, column) for column in problem.features if (step := step_for(column)) is not None]
        width = sum(step.usual_inputs(column) for step, column in steps)
        share = (1 - 1 / plan.split.folds) * (1 - plan.training.validation_split)
        rows = TrainingSize(tuple(count * share for count in facts.class_counts), max(1, width), facts.n_categorical)
        n_units = plan.split.folds * plan.split.repeats
        numbers = sum(step.usual_inputs(column) for step, column in steps if not issubclass(step, CodedStep))
        return cls(rows, plan.training, n_units, plan.networks, numbers, cores or usable_cores(), plan.tuning)

    def seconds(self, choices: tuple[StrategyChoice, ...]) -> float:
        """Return the seconds of a run of these strategies; networks that several share are trained once.

        One that names no network is trained on all of them.

        Slow samplers work beside the training, so a fold takes its work shared by the cores, or as long as
        the longest strategy alone.
        """
        recipes = map(Recipe.of, choices)
        models = {(frozenset(recipe.shaping), network) for recipe in recipes for network in self._networks_of(recipe)}
        work = [self._work(parts, network) for parts, network in models]
        shared = sum(sampling + training for sampling, training, _ in work) / self.cores
        alone = max((sampling + training / lanes for sampling, training, lanes in work), default=0.0)
        tracing = _TRACING_SECONDS * self.tuning.trials / ROUNDS / self.cores
        trained = dict.fromkeys(network for parts, network in models if network is not None)
        tracing += sum(map(self._tracing_seconds, trained))
        return tracing + self.units * (_FOLD_SECONDS + max(shared, alone))

    def added(self, choice: StrategyChoice) -> float:
        """Return the seconds that a strategy adds to a run; a decision rule on the plain network adds none.

        One that names no network is trained on all of them.
        """
        recipe = Recipe.of(choice)
        if not recipe.shaping:
            return 0.0
        work = [self._work(recipe.shaping, network) for network in self._networks_of(recipe)]
        return self.units * sum(sampling + training for sampling, training, _ in work) / self.cores

    def sampling(self, choice: StrategyChoice) -> float:
        """Return the seconds that a strategy's samplers work in a run, beside the training; none for a reference."""
        sampling, training, _ = self._work(Recipe.of(choice).shaping)
        return self.units * sampling if training else 0.0

    def too_slow(self, choice: StrategyChoice) -> bool:
        """Return whether a strategy's samplers would take so long that nobody should run into them unasked."""
        return self.sampling(choice) > SLOW_SECONDS

    def _networks_of(self, recipe: Recipe) -> tuple[NetworkChoice | None, ...]:
        """Return the networks that a recipe is trained on: all, unless it names one, and none for a reference."""
        if recipe.reference is not None:
            return (None,)
        return self.networks if recipe.network is None else (recipe.network,)

    def _work(self, parts: Iterable[Strategy], network: NetworkChoice | None = None) -> tuple[float, float, int]:
        """Return a fold's processor seconds of sampling and of training, and the number of networks."""
        parts = tuple(parts)
        networks = max((part.n_networks for part in parts), default=1)
        sampling = sum(part.seconds(self.rows) for part in parts)
        if any(isinstance(part, Reference) for part in parts):
            return sampling, 0.0, 1
        choice = network or self.networks[0]
        if self.tuning.on:
            return sampling * self._times_sampled, networks * self._tuned_seconds(choice), networks
        return sampling, networks * self._lane_seconds(choice), networks

    @property
    def _times_sampled(self) -> float:
        """How many times a strategy's rows are made: for every setting, and again for those that go on."""
        return finalists(self.tuning.trials) + self.tuning.trials + (self.training.members > 1)

    def _tuned_seconds(self, choice: NetworkChoice) -> float:
        """Return the processor seconds of all settings of one network: some epochs of each, and all of a few."""
        alone = replace(self, training=replace(self.training, members=1))
        short = replace(alone.training, epochs=short_epochs(self.training.epochs), patience=0)
        tried = replace(alone, training=short)
        wide = NetworkShape(_USUAL_WIDTH).of(choice)
        seconds = self.tuning.trials * tried._lane_seconds(wide)
        seconds += finalists(self.tuning.trials) * alone._lane_seconds(wide)
        return seconds + (self._lane_seconds(choice) if self.training.members > 1 else 0.0)

    def slow_network(self) -> str | None:
        """Return one sentence about a network that takes very long for every single strategy, or None.

        Examples
        --------
        >>> rows = TrainingSize((608_000, 32_000), width=30, categorical=0)
        >>> many = NetworkChoice.of("tabm", k=64)
        >>> print(Workload(rows, TrainingSettings(), units=5, networks=(many,), cores=2).slow_network())
        TabM (k=64) takes about 21 min here for each strategy, 50 times as long as one small network: choose a smaller \
network, or fewer folds or epochs.
        >>> Workload(rows, TrainingSettings(), units=5, cores=2).slow_network()
        """
        for choice in self.networks:
            seconds = self.units * self._lane_seconds(choice) / self.cores
            if seconds > SLOW_NETWORK_SECONDS:
                return (
                    f"{network_label(choice)} takes {duration(seconds)} here for each strategy, "
                    f"{self.times(choice, self.training):,.0f} times as long as one small network: choose a smaller "
                    "network, or fewer folds or epochs."
                )
        return None

    def times(self, choice: NetworkChoice, training: TrainingSettings) -> float:
        """Return how many times as long as one small network a line takes, for as many epochs."""
        trained = replace(self, training=replace(training, epochs=self.training.epochs, patience=0))
        small = replace(trained, training=replace(trained.training, members=1))
        return trained._lane_seconds(choice) / small._lane_seconds(NetworkChoice("mlp"))

    def _tracing_seconds(self, choice: NetworkChoice) -> float:
        """Return the seconds until the graphs of a network's members are there; equal members share theirs."""
        network = network_of(choice)
        members = dict.fromkeys(map(network.member, range(self.training.members)))
        outputs = self.rows.classes if self.rows.classes > 2 else 1
        return sum(_PART_SECONDS * member.size(self.rows.width, outputs).parts for member in members)

    def _lane_seconds(self, choice: NetworkChoice) -> float:
        """Return the processor seconds of a network's members: a part for each epoch, step, value and product."""
        training, rows = self.training, self.rows
        batch = min(training.batch_size, max(1.0, rows.n))
        epochs: float = training.epochs
        if training.patience:
            epochs = min(epochs, max(_EPOCHS_USED * epochs, training.patience + 1))
        numbers = range(rows.width if self.numbers is None else min(self.numbers, rows.width))
        network = network_of(choice)
        seconds = 0.0
        for place in range(training.members):
            member = network.member(place).for_rows(int(rows.n), numbers)
            size = member.size(rows.width, rows.classes if rows.classes > 2 else 1)
            step = 1.2e-5 + (4e-8 + 9e-10 * size.floats) * batch + 3 * batch * size.flops / 8.5e10
            seconds += epochs * (1.5e-3 + math.ceil(rows.n / batch) * step)
        return seconds


def estimate_seconds(problem: Problem, cores: int | None = None) -> float:
    """Return roughly how long a run of a plan takes, in seconds.

    See Also
    --------
    core.experiment.memory.estimate : The memory.

    Examples
    --------
    Three repeats take less than three times as long as one, since a network's graphs are made once.

    >>> from core.data.samples import load_sample
    >>> from core.plan import Plan, SplitSettings
    >>> plans = [Plan("not_text", (StrategyChoice.of("smote"),), split=SplitSettings(repeats=n)) for n in (1, 3)]
    >>> one, three = (estimate_seconds(Problem.of(load_sample("page_blocks"), plan), cores=2) for plan in plans)
    >>> one < three < 3 * one
    True
    """
    return Workload.of(problem, cores).seconds(choices_of(problem.plan))


def too_long(seconds: float) -> str | None:
    """Return one sentence about a run that takes longer than anybody may want to wait, or None.

    See Also
    --------
    estimate_seconds : How long it takes.

    Examples
    --------
    >>> too_long(3600)
    >>> print(too_long(72 * 3600).partition(":")[0])
    This plan takes about 3 days here
    """
    if seconds <= LONG_SECONDS:
        return None
    return (
        f"This plan takes {duration(seconds)} here: choose fewer strategies, folds or repeats, a smaller network or "
        "fewer epochs."
    )
