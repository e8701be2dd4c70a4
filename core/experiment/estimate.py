"""What a plan will cost in seconds, before it is run.

Every coefficient is processor time measured on one core of a server, on the four sample tables and
on parts and multiples of them. Samplers differ by orders of magnitude, so those that take more
than a moment have a formula of their own in the rows that they search; a strategy without one is
judged by the cost class on its card.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from core.data.problem import Problem
from core.machine import usable_cores
from core.plan import NetworkSettings, Part, StrategyChoice
from core.strategies import Strategy, make, networks_of
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
class FoldRows:
    """The training rows of one fold, as far as they decide how long a sampler takes.

    Parameters
    ----------
    counts : tuple of float
        Rows a class.
    width : int
        Inputs of the network, one-hot levels counted singly.
    categorical : int
        Categorical columns.
    """

    counts: tuple[float, ...]
    width: int
    categorical: int

    @property
    def n(self) -> float:
        return sum(self.counts)

    @property
    def smallest(self) -> float:
        return min(count for count in self.counts if count)

    @property
    def largest(self) -> float:
        return max(self.counts)

    @property
    def classes(self) -> int:
        return len(self.counts)

    @property
    def grown(self) -> float:
        """Rows once every class is as large as the largest."""
        return self.classes * self.largest

    @property
    def models(self) -> int:
        """Models of one class against the rest: one for two classes."""
        return 1 if self.classes == 2 else self.classes


def search(rows: FoldRows, queries: float, among: float) -> float:
    """Return the seconds of a search for neighbours: by a tree for up to 15 columns, by all pairs for more."""
    return queries * (2.6e-7 * math.sqrt(among) if rows.width <= 15 else 5e-9 * among)


def _smote(rows: FoldRows) -> float:
    made = rows.grown - rows.n
    return 0.003 + made * (4e-6 if not rows.categorical else 4e-5 * rows.categorical)


def _border(rows: FoldRows) -> float:
    return 0.003 + 5 * search(rows, rows.n - rows.largest, rows.n)


def _all(rows: FoldRows) -> float:
    return search(rows, rows.n, rows.n)


def _cross(rows: FoldRows) -> float:
    return 1.3e-7 * rows.smallest * (rows.n - rows.smallest)


_SAMPLERS: Mapping[str, Callable[[FoldRows], float]] = {
    "near_miss_2": _cross,
    "tomek_links": _all,
    "enn": _all,
    "repeated_enn": lambda rows: 5 * _all(rows),
    "all_knn": lambda rows: 2.5 * _all(rows),
    "condensed": lambda rows: 1.2e-3 * (rows.n - rows.smallest),
    "one_sided": _all,
    "neighbourhood_cleaning": lambda rows: 1.5 * _all(rows),
    "hardness_threshold": lambda rows: 0.9 + 1e-3 * rows.n,
    "cluster_centroids": lambda rows: 1.1e-8 * rows.width * rows.smallest * (rows.n - rows.smallest),
    "smote": _smote,
    "smotenc": _smote,
    "smoten": _smote,
    "borderline_smote_1": _border,
    "borderline_smote_2": _border,
    "adasyn": _border,
    "svm_smote": lambda rows: 3.2e-8 * rows.n**1.5 * math.sqrt(rows.n - rows.largest) * (rows.classes - 1),
    "kmeans_smote": lambda rows: 0.03 + 1e-5 * rows.n,
    "smote_enn": lambda rows: _smote(rows) + 1.5 * search(rows, rows.grown, rows.grown),
    "smote_tomek": lambda rows: _smote(rows) + search(rows, rows.grown, rows.grown),
    "smote_bagging": _smote,
    "boosting": lambda rows: 0.2 * rows.models + 6e-5 * rows.n,
    "boosting_balanced": lambda rows: 0.2 * rows.models + 3e-4 * rows.n,
}
_BY_CLASS: Mapping[str, Callable[[FoldRows], float]] = {
    "instant": lambda rows: 0.002 + 6e-7 * rows.n,
    "fast": lambda rows: 0.005 + 1e-5 * rows.n,
    "slow": _all,
}


@dataclass(frozen=True)
class Workload:
    """A table and a plan's settings, from which the seconds of any strategies follow.

    Parameters
    ----------
    rows : FoldRows
    network : NetworkSettings
    units : int
        Folds times repeats.
    cores : int
        That training keeps busy; by default those that this process may use.
    """

    rows: FoldRows
    network: NetworkSettings
    units: int
    cores: int = field(default_factory=usable_cores)

    @classmethod
    def of(cls, problem: Problem, cores: int | None = None) -> Workload:
        """Return the workload of a plan's table, network and split."""
        plan, facts = problem.plan, problem.facts
        width = facts.n_numeric + sum(
            min(column.distinct, 20) for column in problem.features if column.kind == "categorical"
        )
        share = (1 - 1 / plan.split.folds) * (1 - plan.network.validation_split)
        rows = FoldRows(tuple(count * share for count in facts.class_counts), max(1, width), facts.n_categorical)
        return cls(rows, plan.network, plan.split.folds * plan.split.repeats, cores or usable_cores())

    def seconds(self, choices: tuple[StrategyChoice, ...]) -> float:
        """Return the seconds of a run of these strategies; networks that several share are trained once.

        Slow samplers work beside the training, so a fold takes its work shared by the cores, or as long as
        the longest strategy alone.
        """
        work = [self._work(parts) for parts in {networks_of(choice) for choice in choices}]
        shared = sum(sampling + training for sampling, training, _ in work) / self.cores
        alone = max((sampling + training / lanes for sampling, training, lanes in work), default=0.0)
        return self.units * (_FOLD_SECONDS + max(shared, alone))

    def added(self, choice: StrategyChoice) -> float:
        """Return the seconds that a strategy adds to a run; a decision rule on the plain network adds none."""
        parts = networks_of(choice)
        return self.units * sum(self._work(parts)[:2]) / self.cores if parts else 0.0

    def sampling(self, choice: StrategyChoice) -> float:
        """Return the seconds that a strategy's samplers work in a run, beside the training; none for a reference."""
        sampling, training, _ = self._work(networks_of(choice))
        return self.units * sampling if training else 0.0

    def too_slow(self, choice: StrategyChoice) -> bool:
        """Return whether a strategy's samplers would take so long that nobody should run into them unasked."""
        return self.sampling(choice) > SLOW_SECONDS

    def _work(self, trained: frozenset[Part]) -> tuple[float, float, int]:
        """Return a fold's processor seconds of sampling and of training, and the number of networks."""
        parts = [make(part) for part in trained]
        members = max((int(getattr(part, "n_members", 1)) for part in parts), default=1)
        sampling = sum(self._sampling(part, members) for part in parts)
        if any(part.card.family == "reference" for part in parts):
            return sampling, 0.0, 1
        return sampling, members * self._lane_seconds(), members

    def _sampling(self, part: Strategy, members: int) -> float:
        work = _SAMPLERS.get(part.card.key, _BY_CLASS[part.card.cost])
        return work(self.rows) * (members if part.card.family == "ensemble" else 1)

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
