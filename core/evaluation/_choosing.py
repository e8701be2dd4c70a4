"""The search for the strategy to use: the simplest that is level with the best."""

from __future__ import annotations

import numpy as np

from core.evaluation._case import Case
from core.evaluation.comparison import StrategySummary
from core.evaluation.paired import in_words
from core.evaluation.simplicity import far_behind, tier
from core.strategies import choices_of

#: Found rows of a class from which on a strategy finds more than next to nothing.
HANDFUL = 5


class Choosing:
    """The search for the simplest that is level with the best, over one case."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.summaries = {s.key: s for s in case.comparison.whole}
        self.choices = {choice.key: choice for choice in choices_of(case.plan)}
        candidates = case.networks or list(case.means)
        self.alive = [key for key in candidates if self.finds(key)] or candidates
        self.passed_over = [key for key in candidates if key not in self.alive]
        self.order = sorted(self.alive, key=self.simplicity)
        top = max(case.means[key] for key in self.alive)
        self.best = next(key for key in self.order if top - case.means[key] < 1e-9)
        asked = [(self.best, key) for key in self.alive if key != self.best]
        known = {**case.holm_p(asked), **case.p_against_baselines()} if case.pairs.tested else {}
        self.p = {frozenset(pair): p for pair, p in known.items()}
        self.worse = [key for key in self.order if self.is_told_apart(key)]
        self.far = [key for key in self.order if key not in self.worse and self.is_far_behind(key)]
        self.level = [key for key in self.order if key not in self.worse and key not in self.far]
        self.key = self.level[0]

    @property
    def code(self) -> int:
        """The class that is looked for: the positive one of two, else the smallest."""
        rows = self.rows_of_classes()
        return 1 if len(rows) == 2 else int(rows.argmin())

    def rows_of_classes(self) -> np.ndarray:
        """Return the tested rows by class, each counted once."""
        any_one = next(iter(self.summaries.values()))
        return any_one.confusion.sum(axis=1) / repeats_of(any_one)

    def finds(self, key: str) -> bool:
        """Return whether a strategy finds more than next to nothing, and does not call everything one class."""
        summary = self.summaries[key]
        rows, found = self.rows_of_classes()[self.code], summary.confusion[self.code, self.code] / repeats_of(summary)
        return bool((summary.confusion.sum(axis=0) > 0).sum() > 1 and found >= min(HANDFUL, max(1, rows / 10)))

    def simplicity(self, key: str) -> tuple[float, ...]:
        choice = self.choices[key]
        return (tier(choice), len(choice.parts), self.network_seconds(key), -self.case.means[key])

    def network_seconds(self, key: str) -> float:
        """Return what a fold of a strategy's network costs: of its plain line where there is one."""
        network = self.case.on.get(key, "")
        plain = self.case.plains.get(network)
        if plain in self.summaries:
            return self.summaries[plain].seconds
        same = [s.seconds for k, s in self.summaries.items() if self.case.on.get(k, "") == network]
        return min(same)

    def is_told_apart(self, key: str) -> bool:
        """Return whether the best, or for a baseline any strategy, is clearly better, by the verdict's own words."""
        case = self.case
        for rival in self.alive if key in {base for base, _ in case.baselines} else (self.best,):
            p = self.p.get(frozenset((rival, key)), np.nan)
            if rival != key and in_words(case.difference(rival, key), p) == "clearly better":
                return True
        return False

    def p_alone(self, key: str) -> float:
        """Return the p of the best against a strategy, as if no other pair had been looked at."""
        return float(self.case.pairs.p[self.case.pairs.at(self.best, key)])

    def is_far_behind(self, key: str) -> bool:
        """Return whether a strategy that no corrected test tells apart has yet less than half of the best's mean."""
        if key == self.best or not self.case.pairs.tested:
            return False
        higher = self.case.metric.higher_is_better
        return far_behind(self.value(key), self.value(self.best), self.p_alone(key), higher_is_better=higher)

    def value(self, key: str) -> float:
        """Return a strategy's mean as the metric shows it."""
        return float(self.summaries[key].mean[self.case.metric.key])

    def apart(self) -> list[str]:
        """Return the strategies there are to choose from, the simplest of those that score the same on every fold."""
        pairs = self.case.pairs
        first = {key: pairs.first_alike[pairs.keys.index(key)] for key in self.order}
        return [key for place, key in enumerate(self.order) if first[key] not in map(first.get, self.order[:place])]


def repeats_of(summary: StrategySummary) -> int:
    """Return how often the table was split."""
    return max(1, summary.scores.index.get_level_values("repeat").nunique())
