"""From numbers to words: what a comparison shows on one metric, and what it does not.

Rules, each a function below, turn tests into sentences. "Clearly better" and "clearly worse" stand
where Holm's corrected p is below 0.05; everything else is "no clear difference". Holm's correction
counts the questions that the verdict asks: since the leader was picked by its results, all
strategies are tested against the plain network and against the plain network with a tuned threshold,
not the leader alone. Every sentence says on how many folds it rests; a strategy that failed on some folds
cannot lead, since its mean is over others than theirs, and has a sentence of its own.

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
from core.evaluation.paired import (
    FEWEST_FOLDS,
    LEVEL,
    Pairs,
    compare_pairs,
    holm,
    in_words,
    repeats_needed,
    smallest_difference,
)
from core.plan import Plan
from core.strategies import label, parts_of
from core.strategies.decisions import Threshold
from core.words import counted, which_there_are

MAIN_METRIC = "f1"
WORTH = 0.02
SentenceKind = Literal[
    "leader", "caution", "plain", "tuned", "reference", "partial", "brier", "power", "missing", "no_test"
]
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
        Strategy with the best mean among those that finished every fold; None where there is none.
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
    found: Comparison,
    plan: Plan,
    metric: str = MAIN_METRIC,
    shown: Intervals | None = None,
    rope: float = 0.01,
    cautions: Sequence[str] = (),
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
    cautions : sequence of str
        What makes every figure mislead (:func:`core.data.cautions.find_cautions`): it follows the first sentence.

    Raises
    ------
    ValueError
        There is no such metric, or ``rope`` is negative.
    """
    if metric not in {m.key for m in METRICS}:
        there = which_there_are(metric, [m.key for m in METRICS], "choose one of")
        raise ValueError(f"There is no metric '{metric}': {there}")
    shown = intervals(found, plan) if shown is None else shown
    pairs = compare_pairs(found, plan.split, metric, rope)
    case = _Case.of(found, plan, metric, shown, pairs)
    if case is None:
        nobody = _nobody_leads(found, metric)
        return Assessment(metric, None, shown, pairs, (nobody,) if nobody else ())
    first, *others = case.sentences()
    said = (first, *(Sentence("caution", text) for text in cautions), *others)
    return Assessment(metric, case.leader, shown, pairs, said)


def _nobody_leads(found: Comparison, metric: str) -> Sentence | None:
    """Say why no strategy leads, where some have a value."""
    if found.whole or not any(s.folds[metric] for s in found.strategies):
        return None
    return Sentence(
        "partial",
        f"No strategy finished all {found.folds} folds, so that their means rest on different folds and none leads: "
        "add one that does not fail, such as plain. Pairs are tested on the folds that both finished.",
    )


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
    partial: tuple[str, ...]
    leader: str
    plain: str | None
    tuned: str | None
    references: frozenset[str]

    @classmethod
    def of(cls, found: Comparison, plan: Plan, key: str, shown: Intervals, pairs: Pairs) -> _Case | None:
        metric = next(m for m in METRICS if m.key == key)
        sign = 1 if metric.higher_is_better else -1
        every = {s.key: sign * float(s.mean[key]) for s in found.strategies}
        every = {name: value for name, value in every.items() if np.isfinite(value)}
        means = {s.key: every[s.key] for s in found.whole if s.key in every}
        if not means:
            return None
        choices = {choice.key: parts_of(choice) for choice in plan.strategies if choice.key in every}
        lanes = {name: [p for p in parts if p.card.family not in ("baseline", "decision")]
                 for name, parts in choices.items()}  # fmt: skip
        rules = {name: [p for p in parts if p.card.family == "decision"] for name, parts in choices.items()}
        plain = next((name for name in choices if not lanes[name] and not rules[name]), None)
        tuned = [n for n in choices if not lanes[n] and any(isinstance(rule, Threshold) for rule in rules[n])]
        compared = [name for name in choices if name in means]
        best = max(means.values())
        # On a tie the simplest leads: the plain network, then its tuned threshold, then the plan's order.
        simple = [name for name in (plain, *tuned, *compared) if name in means]
        return cls(
            found=found,
            plan=plan,
            metric=metric,
            shown=shown,
            pairs=pairs,
            names={choice.key: label(choice) for choice in plan.strategies},
            means=means,
            partial=tuple(name for name in every if name not in means),
            leader=next(name for name in simple if best - means[name] < 1e-9),
            plain=plain,
            tuned=max(tuned, key=lambda name: (name in means, every[name]), default=None),
            references=frozenset(n for n, ps in choices.items() if any(p.card.family == "reference" for p in ps)),
        )

    @property
    def every(self) -> list[str]:
        """All strategies with a value, those that failed on some folds last."""
        return [*self.means, *self.partial]

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
            made += [*self._against_baselines(), *self._others(), *self._partial(), *self._brier(), *self._missing()]
            made += self._power()
        elif len(self.every) > 1:
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
        text = f"Best on {self.metric.name}: {name} ({shown.value:.2f}{ends}, {counted(shown.folds, 'fold')}){also}."
        return Sentence("leader", text)

    def _adjusted(self, questions: Sequence[tuple[str, str]]) -> dict[tuple[str, str], float]:
        """Return Holm's p for a family of pairs; the same pair asked twice counts once."""
        unique = list({frozenset(pair): pair for pair in questions}.values())
        p = holm(np.array([self.pairs.p[self.pairs.at(*pair)] for pair in unique]))
        by_pair = {frozenset(pair): float(value) for pair, value in zip(unique, p, strict=True)}
        return {pair: by_pair[frozenset(pair)] for pair in questions}

    def _against(self) -> dict[tuple[str, str], float]:
        """Return Holm's p of every strategy against every baseline."""
        return self._adjusted([(key, base) for base, _ in self.baselines for key in self.every if key != base])

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
            made.append(Sentence(kind, f"{start} ({self._size(difference)}, {self._test(self.leader, base, p)})."))
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
            n for n in rivals
            if in_words(float(self.pairs.difference[self.pairs.at(n, self.leader)]), adjusted[n, self.leader])
            == "clearly worse"
        ]  # fmt: skip
        kind: SentenceKind = "plain" if self.leader == self.plain else "tuned"
        what = "the plain network" if kind == "plain" else "a tuned threshold on the plain network"
        text = f"No other strategy beats {what} here ({self._shared(rivals, self.leader)})."
        if worse:
            named = _listed([self.names[n] for n in worse])
            text += f" Clearly worse: {named} ({self._shared(worse, self.leader)})."
        else:
            text += " None is clearly worse either."
        return [Sentence(kind, text)]

    def _partial(self) -> list[Sentence]:
        """Hold each strategy that failed on some folds against the leader, on the folds that both finished.

        The leader was picked by its results and the others by their failures, so p is that of all pairs.
        """
        told = []
        for name in self.partial:
            place = self.pairs.at(name, self.leader)
            difference, p = float(self.pairs.difference[place]), float(self.pairs.p_holm[place])
            figures = f"{self._size(difference)}, {self._test(name, self.leader, p)}"
            told.append(f"{self.names[name]}: {in_words(difference, p)} ({figures})")
        if not told:
            return []
        shown = told if len(told) <= 3 else [*told[:3], f"{len(told) - 3} more"]
        text = f"Not ranked, as it failed on some folds; against {self.names[self.leader]}, on the folds that both "
        return [Sentence("partial", f"{text}finished, {'; '.join(shown)}.")]

    def _reference(self) -> list[Sentence]:
        """Say when a model that is no network beats all networks."""
        if self.leader not in self.references or not self.networks:
            return []
        rival = max(self.networks, key=self.means.__getitem__)
        text = f"{self.names[self.leader]} is a reference, not a network, and beats every network on the mean"
        if not self.pairs.tested:
            return [Sentence("reference", f"{text}; the best of them is {self.names[rival]}.")]
        adjusted = self._adjusted(
            [(one, other) for one in self.means if one in self.references for other in self.networks]
        )
        difference = float(self.pairs.difference[self.pairs.at(self.leader, rival)])
        p = adjusted[self.leader, rival]
        words = in_words(difference, p)
        lead = "it is clearly better" if words == "clearly better" else "there is no clear difference"
        figures = f"{self._size(difference)}, {self._test(self.leader, rival, p)}"
        best = f"against the best of them, {self.names[rival]}, {lead} ({figures})"
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
            key for key, place, value in zip(others, places, p, strict=True)
            if in_words(float(pairs.difference[place]), float(value)) == "clearly worse"
        ]  # fmt: skip
        if not worse:
            return []
        on = _span([int(pairs.shared[pairs.at(key, self.plain)]) for key in worse])
        text = f"Clearly worse on Brier score than the plain network: {_listed([self.names[n] for n in worse])} ({on})."
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
        shared = int(self.pairs.shared[place])
        if repeats is not None and repeats * split.folds <= shared:
            seen = f"These {shared} folds would likely {told}, had there been one."
            return [Sentence("power", seen)] if abs(difference) < WORTH else []
        if split.time is not None:
            text = f"These {shared} folds cannot {told}, and time order allows no repeats: it takes more rows."
        elif repeats is not None and repeats <= split.repeats:
            return []  # some of the planned folds are still to come, or do not define the metric
        elif repeats is not None:
            text = f"More repeats would help: at this spread about {repeats} would {told}."
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
        if first == second:
            return True
        by_key = {s.key: s.scores[self.metric.key] for s in self.found.strategies}
        one, other = by_key[first].align(by_key[second], join="inner")
        return bool(np.allclose(one, other, rtol=0, atol=1e-12, equal_nan=True))

    def _shared(self, names: Sequence[str], other: str) -> str:
        """Return the folds that strategies share with another one, in words."""
        return _span([int(self.pairs.shared[self.pairs.at(name, other)]) for name in names])

    def _test(self, first: str, second: str, p: float) -> str:
        """Return a pair's p and folds, or why there is no p."""
        folds = int(self.pairs.shared[self.pairs.at(first, second)])
        if folds < FEWEST_FOLDS:
            return f"{counted(folds, 'shared fold')}, too few for a test"
        return f"{_p(p)}, {counted(folds, 'fold')}"

    def _size(self, difference: float) -> str:
        """Return a difference as the metric shows it: for errors, lower is better and a lead is negative."""
        return f"{difference if self.metric.higher_is_better else -difference:+.3f}"


def _p(p: float) -> str:
    if np.isnan(p):
        return "the same on every fold, so no test"
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def _span(folds: Sequence[int]) -> str:
    least, most = min(folds), max(folds)
    return counted(most, "fold") if least == most else f"{least} to {counted(most, 'fold')}"


def _listed(names: Sequence[str], most: int = 4) -> str:
    """Return names with commas and "and", the rest counted."""
    shown = list(names[:most])
    if len(names) > most:
        return f"{', '.join(shown)} and {len(names) - most} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
