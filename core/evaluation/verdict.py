"""From numbers to words: what a comparison shows on one metric, and what it does not.

Rules, each a function below, turn tests into sentences. "Clearly better" and "clearly worse" stand
where Holm's corrected p is below 0.05; everything else is "no clear difference". Holm's correction
counts the questions that the verdict asks: since the leader was picked by its results, all
strategies are tested against the plain network and against the plain network with a tuned threshold,
not the leader alone.

References
----------
van den Goorbergh, van Smeden, Timmerman and Van Calster (2022), JAMIA 29.
Elor and Averbuch-Elor (2022), arXiv:2201.08528.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.evaluation.comparison import Comparison
from core.evaluation.intervals import Intervals, intervals
from core.evaluation.metrics import METRICS, Metric
from core.evaluation.paired import LEVEL, Pairs, compare_pairs, holm, in_words, repeats_needed, smallest_difference
from core.plan import Plan
from core.strategies import label, parts_of
from core.strategies.decisions import Threshold

MAIN_METRIC = "f1"
WORTH = 0.02
SentenceKind = Literal["leader", "plain", "tuned", "reference", "brier", "power", "missing", "no_test"]
_PROBABILITIES = ("average_precision", "roc_auc", "brier", "log_loss")
_PLAIN = "the plain network"
_TUNED = "the plain network with a tuned threshold"


@dataclass(frozen=True)
class Sentence:
    """One statement of a verdict.

    Parameters
    ----------
    kind : str
        The rule that made it.
    text : str
        Plain text; holds names that are data.
    """

    kind: SentenceKind
    text: str


@dataclass(frozen=True, eq=False)
class Assessment:
    """What a comparison says on one metric: for the page, the report and scripts alike.

    Parameters
    ----------
    metric : str
    leader : str or None
        Strategy with the best mean; None without results.
    intervals : Intervals
        Of all metrics, of the kind that the verdict quotes.
    pairs : Pairs
        Every strategy against every other on the metric.
    sentences : tuple of Sentence
        The verdict, most important first.
    """

    metric: str
    leader: str | None
    intervals: Intervals
    pairs: Pairs
    sentences: tuple[Sentence, ...]

    @property
    def text(self) -> str:
        """The verdict as one paragraph."""
        return " ".join(sentence.text for sentence in self.sentences)


def assess(
    found: Comparison, plan: Plan, metric: str = MAIN_METRIC, shown: Intervals | None = None, rope: float = 0.01
) -> Assessment:
    """Return intervals, paired tests and the verdict of a comparison on one metric.

    Parameters
    ----------
    metric : str
        A key of :data:`core.evaluation.metrics.METRICS`.
    shown : Intervals or None
        Intervals to quote; None makes those by folds, which cost nothing.
    rope : float
        Half width of the region of practical equivalence of ``pairs``; the words do not depend on it.

    Raises
    ------
    ValueError
        There is no such metric, or ``rope`` is negative.
    """
    if metric not in {m.key for m in METRICS}:
        raise ValueError(f"There is no metric '{metric}': choose one of {', '.join(m.key for m in METRICS)}.")
    shown = intervals(found, plan) if shown is None else shown
    pairs = compare_pairs(found, plan.split, metric, rope)
    case = _Case.of(found, plan, metric, shown, pairs)
    if case is None:
        return Assessment(metric, None, shown, pairs, ())
    return Assessment(metric, case.leader, shown, pairs, case.sentences())


@dataclass(frozen=True, eq=False)
class _Case:
    """Everything that the rules read."""

    found: Comparison
    plan: Plan
    metric: Metric
    shown: Intervals
    pairs: Pairs
    names: dict[str, str]
    means: dict[str, float]
    leader: str
    plain: str | None
    tuned: str | None
    references: frozenset[str]

    @classmethod
    def of(cls, found: Comparison, plan: Plan, key: str, shown: Intervals, pairs: Pairs) -> _Case | None:
        metric = next(m for m in METRICS if m.key == key)
        sign = 1 if metric.higher_is_better else -1
        means = {s.key: sign * float(s.mean[key]) for s in found.strategies}
        means = {name: value for name, value in means.items() if np.isfinite(value)}
        if not means:
            return None
        choices = {choice.key: parts_of(choice) for choice in plan.strategies if choice.key in means}
        lanes = {name: [p for p in parts if p.card.family not in ("baseline", "decision")]
                 for name, parts in choices.items()}  # fmt: skip
        rules = {name: [p for p in parts if p.card.family == "decision"] for name, parts in choices.items()}
        plain = next((name for name in choices if not lanes[name] and not rules[name]), None)
        tuned = [n for n in choices if not lanes[n] and any(isinstance(rule, Threshold) for rule in rules[n])]
        best = max(means.values())
        # On a tie the simplest leads: the plain network, then its tuned threshold, then the plan's order.
        simple = [name for name in (plain, *tuned, *means) if name is not None]
        return cls(
            found=found,
            plan=plan,
            metric=metric,
            shown=shown,
            pairs=pairs,
            names={choice.key: label(choice) for choice in plan.strategies},
            means=means,
            leader=next(name for name in simple if best - means[name] < 1e-9),
            plain=plain,
            tuned=max(tuned, key=means.__getitem__, default=None),
            references=frozenset(n for n, ps in choices.items() if any(p.card.family == "reference" for p in ps)),
        )

    @property
    def networks(self) -> list[str]:
        return [name for name in self.means if name not in self.references]

    @property
    def baselines(self) -> list[tuple[str, str]]:
        """The strategies that a lead is held against, and what they are called."""
        tuned = self.tuned
        if self.plain is not None and tuned is not None and self._same_everywhere(self.plain, tuned):
            tuned = None  # a threshold changes nothing that this metric reads
        return [(key, name) for key, name in ((self.plain, _PLAIN), (tuned, _TUNED)) if key is not None]

    def sentences(self) -> tuple[Sentence, ...]:
        made = [self._leader(), *self._reference()]
        if self.pairs.tested:
            made += [*self._against_baselines(), *self._others(), *self._brier(), *self._missing(), *self._power()]
        elif len(self.means) > 1:
            made.append(Sentence("no_test", " ".join(self.pairs.notes)))
        return tuple(made)

    def _leader(self) -> Sentence:
        shown, name = self.shown.of(self.leader, self.metric.key), self.names[self.leader]
        ends = ""
        if np.isfinite(shown.low):
            ends = f", {self.shown.name} {shown.low:.2f} to {shown.high:.2f}"
        best = max(self.means.values())
        tied = [n for n, value in self.means.items() if best - value < 1e-9 and n not in (self.leader, self.tuned)]
        also = f"; level with it: {_listed([self.names[n] for n in tied])}" if tied else ""
        if self.leader == self.tuned:
            name += f", {_TUNED}"
        return Sentence("leader", f"Best on {self.metric.name}: {name} ({shown.value:.2f}{ends}){also}.")

    def _adjusted(self, questions: Sequence[tuple[str, str]]) -> dict[tuple[str, str], float]:
        """Return Holm's p for a family of pairs; the same pair asked twice counts once."""
        unique = list({frozenset(pair): pair for pair in questions}.values())
        p = holm(np.array([self.pairs.p[self.pairs.at(*pair)] for pair in unique]))
        by_pair = {frozenset(pair): float(value) for pair, value in zip(unique, p, strict=True)}
        return {pair: by_pair[frozenset(pair)] for pair in questions}

    def _against(self) -> dict[tuple[str, str], float]:
        """Return Holm's p of every strategy against every baseline."""
        return self._adjusted([(key, base) for base, _ in self.baselines for key in self.means if key != base])

    def _against_baselines(self) -> list[Sentence]:
        """Hold the leader against the plain network and its tuned threshold."""
        made, adjusted = [], self._against()
        for base, called in self.baselines:
            if self.leader == base or self._same_everywhere(self.leader, base):
                continue
            difference = float(self.pairs.difference[self.pairs.at(self.leader, base)])
            p = adjusted[self.leader, base]
            words = in_words(difference, p)
            start = f"Against {called} it is {words}" if words != "no clear difference" else (
                f"Against {called} there is no clear difference"
            )  # fmt: skip
            kind: SentenceKind = "plain" if base == self.plain else "tuned"
            made.append(Sentence(kind, f"{start} ({self._size(difference)}, {_p(p)})."))
        return made

    def _others(self) -> list[Sentence]:
        """Where no balancing leads, say so, and which strategies do clearly worse than the simplest."""
        if self.leader not in (self.plain, self.tuned):
            return []
        adjusted = self._against()
        rivals = [
            n for n in self.means if n not in (self.plain, self.tuned) and not self._same_everywhere(n, self.leader)
        ]
        if not rivals:
            return []
        worse = [
            self.names[n] for n in rivals
            if in_words(float(self.pairs.difference[self.pairs.at(n, self.leader)]), adjusted[n, self.leader])
            == "clearly worse"
        ]  # fmt: skip
        kind: SentenceKind = "plain" if self.leader == self.plain else "tuned"
        what = "the plain network" if kind == "plain" else "a tuned threshold on the plain network"
        text = f"No other strategy beats {what} here."
        text += f" Clearly worse: {_listed(worse)}." if worse else " None is clearly worse either."
        return [Sentence(kind, text)]

    def _reference(self) -> list[Sentence]:
        """Say when a model that is no network beats all networks."""
        if self.leader not in self.references or not self.networks:
            return []
        rival = max(self.networks, key=self.means.__getitem__)
        text = f"{self.names[self.leader]} is a reference, not a network, and beats every network on the mean"
        if not self.pairs.tested:
            return [Sentence("reference", f"{text}; the best of them is {self.names[rival]}.")]
        adjusted = self._adjusted(
            [(one, other) for one in self.references if one in self.means for other in self.networks]
        )
        difference = float(self.pairs.difference[self.pairs.at(self.leader, rival)])
        p = adjusted[self.leader, rival]
        words = in_words(difference, p)
        lead = "it is clearly better" if words == "clearly better" else "there is no clear difference"
        best = f"against the best of them, {self.names[rival]}, {lead} ({self._size(difference)}, {_p(p)})"
        return [Sentence("reference", f"{text}; {best}.")]

    def _brier(self) -> list[Sentence]:
        """Name the strategies whose probabilities are clearly worse than the plain network's."""
        if self.metric.key == "brier" or self.plain is None:
            return []
        pairs = compare_pairs(self.found, self.plan.split, "brier")
        if not pairs.tested:
            return []
        others = [key for key in pairs.keys if key != self.plain]
        places = [pairs.at(key, self.plain) for key in others]
        p = holm(np.array([pairs.p[place] for place in places]))
        worse = [
            self.names[key] for key, place, value in zip(others, places, p, strict=True)
            if in_words(float(pairs.difference[place]), float(value)) == "clearly worse"
        ]  # fmt: skip
        if not worse:
            return []
        text = f"Clearly worse on Brier score than the plain network: {_listed(worse)}."
        return [Sentence("brier", text)]

    def _missing(self) -> list[Sentence]:
        """Say what a fair verdict lacks."""
        if self.plain is None:
            text = "The plain network is not in this run, so nobody can say whether balancing helped: add it."
            return [Sentence("missing", text)]
        if self.tuned is None and self.metric.key not in _PROBABILITIES and self.leader != self.plain:
            text = (
                "The plain network with a tuned threshold is not in this run: such leads often vanish beside it. "
                "Add a threshold strategy to find out."
            )
            return [Sentence("missing", text)]
        return []

    def _power(self) -> list[Sentence]:
        """Say what it would take to tell a small difference of the leader, where its lead is not clear.

        The level is divided by the number of the verdict's questions, so that the answer holds for the
        words, which take Holm's p; see :func:`core.evaluation.paired.repeats_needed` for the formula.
        """
        bases = [key for key, _ in reversed(self.baselines) if key != self.leader]
        rivals = sorted((n for n in self.means if n != self.leader), key=lambda n: -self.means[n])
        rival = next((n for n in (*bases, *rivals) if not self._same_everywhere(n, self.leader)), None)
        if rival is None:
            return []
        place, asked = self.pairs.at(self.leader, rival), self._against()
        p = asked.get((self.leader, rival), float(self.pairs.p_holm[place]))
        difference, spread = float(self.pairs.difference[place]), float(self.pairs.spread[place])
        if in_words(difference, p) != "no clear difference" or not spread > 0:
            return []
        split, level = self.plan.split, LEVEL / max(1, len({frozenset(pair) for pair in asked}))
        repeats = repeats_needed(spread, split, WORTH, level=level)
        floor = smallest_difference(spread, split, level=level)
        told = f"tell a difference of {WORTH} between {self.names[self.leader]} and {self.names[rival]}"
        if repeats is not None and repeats <= split.repeats:
            seen = f"These folds would likely {told}, had there been one."
            return [Sentence("power", seen)] if abs(difference) < WORTH else []
        if repeats is not None:
            text = f"More repeats would help: at this spread about {repeats} would {told}."
        elif split.time is not None:
            text = f"These folds cannot {told}, and time order allows no repeats: it takes more rows."
        elif floor > WORTH:
            text = (
                f"No number of repeats would {told}: with {split.folds} folds at this spread, about {floor:.2g} is the "
                "least that can be told. It takes more rows."
            )
        else:
            text = f"It would take more than 100 repeats to {told}: more rows help more."
        return [Sentence("power", text)]

    def _same_everywhere(self, first: str, second: str) -> bool:
        """Whether two strategies score the same on every fold."""
        one, other = (
            next(s for s in self.found.strategies if s.key == key).scores[self.metric.key] for key in (first, second)
        )
        return first == second or bool(np.allclose(one, other, rtol=0, atol=1e-12, equal_nan=True))

    def _size(self, difference: float) -> str:
        """Return a difference as the metric shows it: for errors, lower is better and a lead is negative."""
        return f"{difference if self.metric.higher_is_better else -difference:+.3f}"


def _p(p: float) -> str:
    if np.isnan(p):
        return "the same on every fold, so no test"
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def _listed(names: Sequence[str], most: int = 4) -> str:
    """Return names with commas and "and", the rest counted."""
    shown = list(names[:most])
    if len(names) > most:
        return f"{', '.join(shown)} and {len(names) - most} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
