"""What the rules of the verdict read: who leads a comparison, what the lead is held against, and the tests of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.evaluation.comparison import Comparison
from core.evaluation.intervals import Intervals
from core.evaluation.metrics import Metric
from core.evaluation.paired import MIN_FOLDS, Pairs
from core.networks.reading import network_label
from core.plan import Plan
from core.strategies import Recipe, choices_of, label
from core.words import counted, counted_range

TUNED = "the plain network with a tuned threshold"
_PLAIN = "the plain network"


@dataclass(frozen=True, eq=False)
class Case:
    """A comparison on one metric with a leader.

    Parameters
    ----------
    comparison : Comparison
    plan : Plan
    metric : Metric
    intervals : Intervals
        Those that the verdict quotes.
    pairs : Pairs
        Every strategy against every other on the metric.
    names : dict of str to str
        Names for people, by strategy.
    means : dict of str to float
        Of the strategies that finished every fold; higher is better, whichever way the metric runs.
    partial : tuple of str
        Strategies with a value that failed on some folds.
    leader : str
        The strategy with the best mean; on a tie the simplest.
    plain, tuned : str or None
        The plain network, and the best plain network with a tuned threshold, where the plan has them: of the
        leader's own network where there are several, of the best plain one where a reference leads.
    references : frozenset of str
        Strategies that are no networks.
    on : dict of str to str
        The network of each strategy, by its key in the plan; a reference has none.
    plains : dict of str to str
        The plain strategy of each network.
    """

    comparison: Comparison
    plan: Plan
    metric: Metric
    intervals: Intervals
    pairs: Pairs
    names: dict[str, str]
    means: dict[str, float]
    partial: tuple[str, ...]
    leader: str
    plain: str | None
    tuned: str | None
    references: frozenset[str]
    on: dict[str, str]
    plains: dict[str, str]

    @classmethod
    def of(cls, comparison: Comparison, plan: Plan, metric: Metric, intervals: Intervals, pairs: Pairs) -> Case | None:
        """Return the case of a metric; None where no strategy that finished every fold has a value."""
        sign = 1 if metric.higher_is_better else -1
        every = {s.key: sign * float(s.mean[metric.key]) for s in comparison.strategies}
        every = {name: value for name, value in every.items() if np.isfinite(value)}
        means = {s.key: every[s.key] for s in comparison.whole if s.key in every}
        if not means:
            return None
        choices = {choice.key: choice for choice in choices_of(plan) if choice.key in every}
        recipes = {key: Recipe.of(choice) for key, choice in choices.items()}
        on = {key: plan.network_of(choices[key]).key for key, recipe in recipes.items() if recipe.reference is None}
        plains = {on[key]: key for key, recipe in recipes.items() if recipe.is_plain and not recipe.decisions}
        tuned = [name for name, recipe in recipes.items() if recipe.is_plain and recipe.rules]
        compared = [name for name in recipes if name in means]
        best = max(means.values())
        # On a tie the simplest leads: the plain network, then its tuned threshold, then the plan's order.
        simple = [name for name in (*plains.values(), *tuned, *compared) if name in means]
        leader = next(name for name in simple if best - means[name] < 1e-9)
        best_plain = max(plains, key=lambda one: (plains[one] in means, every[plains[one]]), default="")
        network = on.get(leader, best_plain)
        tuned = [name for name in tuned if on[name] == network]
        return cls(
            comparison=comparison,
            plan=plan,
            metric=metric,
            intervals=intervals,
            pairs=pairs,
            names={choice.key: label(choice) for choice in choices_of(plan)},
            means=means,
            partial=tuple(name for name in every if name not in means),
            leader=leader,
            plain=plains.get(network),
            tuned=max(tuned, key=lambda name: (name in means, every[name]), default=None),
            references=frozenset(name for name, recipe in recipes.items() if recipe.reference is not None),
            on=on,
            plains=plains,
        )

    @property
    def every(self) -> list[str]:
        """All strategies with a value, those that failed on some folds last."""
        return [*self.means, *self.partial]

    @property
    def networks(self) -> list[str]:
        """Strategies with a mean that are no references."""
        return [name for name in self.means if name not in self.references]

    @property
    def baselines(self) -> list[tuple[str, str]]:
        """The strategies that a lead is held against, and what they are called."""
        tuned = self.tuned
        if self.plain is not None and tuned is not None and self.same_everywhere(self.plain, tuned):
            tuned = None  # a threshold changes nothing that this metric reads
        on = f" on {self.network_name(self.network)}" if self.network is not None and self.own_plains else ""
        return [(key, name + on) for key, name in ((self.plain, _PLAIN), (tuned, TUNED)) if key is not None]

    @property
    def strategy_of(self) -> dict[str, str]:
        """The strategy of each line: lines that differ in their network alone share it."""
        return {choice.key: choice.strategy for choice in choices_of(self.plan)}

    def strategy_name(self, strategy: str) -> str:
        """Return the name of a strategy for people, whatever its network."""
        choice = next(choice for choice in choices_of(self.plan) if choice.strategy == strategy)
        return label(replace(choice, network=None))

    def network_name(self, network: str) -> str:
        """Return the name of a network for people."""
        return next(network_label(one) for one in self.plan.networks if one.key == network)

    def difference(self, first: str, second: str) -> float:
        """Return the mean lead of one strategy over another; above 0 is better."""
        return float(self.pairs.difference[self.pairs.at(first, second)])

    def holm_p(self, questions: Sequence[tuple[str, str]]) -> dict[tuple[str, str], float]:
        """Return Holm's p for a family of pairs; see :meth:`core.evaluation.paired.Pairs.holm`."""
        return self.pairs.holm(questions)

    def p_against_baselines(self) -> dict[tuple[str, str], float]:
        """Return Holm's p of every strategy against every baseline.

        With several networks, a strategy on another one than the leader's is held against that one's plain network,
        and the plain networks against each other.
        """
        shared = [key for key in self.every if self.on.get(key, self.network) == self.network]
        asked = [(key, base) for base, _ in self.baselines for key in shared if key != base]
        return self.holm_p([*asked, *self.own_plains, *self.between_plains])

    @property
    def network(self) -> str | None:
        """The network of the baselines."""
        return None if self.plain is None else self.on[self.plain]

    @property
    def own_plains(self) -> list[tuple[str, str]]:
        """Where there are several networks, every strategy on one and the plain strategy of that one."""
        if len(set(self.on.values())) < 2:
            return []
        return [(key, base) for key in self.every if (base := self.plains.get(self.on.get(key, ""), key)) != key]

    @property
    def between_plains(self) -> list[tuple[str, str]]:
        """The best of the plain networks that finished every fold, and each other one."""
        plains = sorted((key for key in self.plains.values() if key in self.means), key=lambda key: -self.means[key])
        return [(plains[0], other) for other in plains[1:]]

    def same_everywhere(self, first: str, second: str) -> bool:
        """Return whether two strategies score the same on every fold."""
        if first == second:
            return True
        by_key = {s.key: s.scores[self.metric.key] for s in self.comparison.strategies}
        scores, rival_scores = by_key[first].align(by_key[second], join="inner")
        return bool(np.allclose(scores, rival_scores, rtol=0, atol=1e-12, equal_nan=True))

    def shared_folds(self, names: Sequence[str], other: str) -> str:
        """Return the folds that strategies share with another one, in words."""
        return counted_range((int(self.pairs.shared[self.pairs.at(name, other)]) for name in names), "fold")

    def figures(self, first: str, second: str, p: float) -> str:
        """Return a pair's difference, p and folds, in words."""
        return f"{self._size(self.difference(first, second))}, {self._test(first, second, p)}"

    def _test(self, first: str, second: str, p: float) -> str:
        """Return a pair's p and folds, or why there is no p."""
        folds = int(self.pairs.shared[self.pairs.at(first, second)])
        if folds < MIN_FOLDS:
            return f"{counted(folds, 'shared fold')}, too few for a test"
        return f"{_p(p)}, {counted(folds, 'fold')}"

    def _size(self, difference: float) -> str:
        """Return a difference as the metric shows it: for errors, lower is better and a lead is negative."""
        return f"{difference if self.metric.higher_is_better else -difference:+.3f}"


def _p(p: float) -> str:
    if np.isnan(p):
        return "the same on every fold, so no test"
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"
