"""The rules that turn the tests of a comparison into the sentences of the verdict, one function each.

A rule says nothing, an empty list, where it does not apply.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.evaluation._case import TUNED, Case
from core.evaluation.comparison import Comparison
from core.evaluation.paired import ALPHA, compare_pairs, in_words
from core.evaluation.power import repeats_needed, smallest_difference
from core.words import counted, counted_range, joined

SentenceKind = Literal[
    "leader", "caution", "plain", "tuned", "networks", "reference", "partial", "brier", "power", "missing", "no_test"
]
WORTH = 0.02
_HELPS = {
    "clearly better": "clearly helps",
    "clearly worse": "clearly harms",
    "no clear difference": "makes no clear difference to",
}
_MAX_NAMES = 4
_PROBABILITIES = ("average_precision", "roc_auc", "brier", "log_loss")


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


def sentences(case: Case) -> tuple[Sentence, ...]:
    """Return what a case says, most important first."""
    statements = [leader(case), *reference(case)]
    if case.pairs.tested:
        statements += [sentence for rule in _OF_TESTS for sentence in rule(case)]
    elif len(case.every) > 1:
        statements.append(Sentence("no_test", " ".join(case.pairs.notes)))
    return tuple(statements)


def nobody_leads(comparison: Comparison, metric: str) -> Sentence | None:
    """Say why no strategy leads, where some have a value."""
    if comparison.whole or not any(s.folds[metric] for s in comparison.strategies):
        return None
    return Sentence(
        "partial",
        f"No strategy finished all {comparison.folds} folds, so that their means rest on different folds and none "
        "leads: add one that does not fail, such as plain. Pairs are tested on the folds that both finished.",
    )


def leader(case: Case) -> Sentence:
    """Name the best strategy, and those that are level with it."""
    shown, name = case.intervals.of(case.leader, case.metric.key), case.names[case.leader]
    ends = ""
    if np.isfinite(shown.low):
        ends = f", {case.intervals.name} {shown.low:.2f} to {shown.high:.2f}"
    best = max(case.means.values())
    tied = [n for n, value in case.means.items() if best - value < 1e-9 and n not in (case.leader, case.tuned)]
    also = f"; level with it: {joined([case.names[n] for n in tied], _MAX_NAMES)}" if tied else ""
    if case.leader == case.tuned:
        name += f", {TUNED}"
    text = f"Best on {case.metric.name}: {name} ({shown.value:.2f}{ends}, {counted(shown.folds, 'fold')}){also}."
    return Sentence("leader", text)


def reference(case: Case) -> list[Sentence]:
    """Say when a model that is no network beats all networks."""
    if case.leader not in case.references or not case.networks:
        return []
    rival = max(case.networks, key=case.means.__getitem__)
    text = f"{case.names[case.leader]} is a reference, not a network, and beats every network on the mean"
    if not case.pairs.tested:
        return [Sentence("reference", f"{text}; the best of them is {case.names[rival]}.")]
    p = case.holm_p(
        [(model, network) for model in case.means if model in case.references for network in case.networks]
    )[case.leader, rival]
    words = in_words(case.difference(case.leader, rival), p)
    lead = "it is clearly better" if words == "clearly better" else "there is no clear difference"
    best = f"against the best of them, {case.names[rival]}, {lead} ({case.figures(case.leader, rival, p)})"
    return [Sentence("reference", f"{text}; {best}.")]


def against_baselines(case: Case) -> list[Sentence]:
    """Hold the leader against the plain network and its tuned threshold."""
    statements, p_of = [], case.p_against_baselines()
    for base, called in case.baselines:
        if case.leader == base or case.same_everywhere(case.leader, base):
            continue
        p = p_of[case.leader, base]
        words = in_words(case.difference(case.leader, base), p)
        start = f"Against {called} it is {words}" if words != "no clear difference" else (
            f"Against {called} there is no clear difference"
        )  # fmt: skip
        kind: SentenceKind = "plain" if base == case.plain else "tuned"
        statements.append(Sentence(kind, f"{start} ({case.figures(case.leader, base, p)})."))
    return statements


def others(case: Case) -> list[Sentence]:
    """Where no balancing leads, say so, and which strategies do clearly worse than the simplest."""
    if case.leader not in (case.plain, case.tuned):
        return []
    p_of = case.p_against_baselines()
    rivals = [
        n for n in case.means
        if n not in (case.plain, case.tuned) and case.on.get(n, case.network) == case.network
        and not case.same_everywhere(n, case.leader)
    ]  # fmt: skip
    if not rivals:
        return []
    worse = [
        n for n in rivals if in_words(case.difference(n, case.leader), p_of[n, case.leader]) == "clearly worse"
    ]  # fmt: skip
    kind: SentenceKind = "plain" if case.leader == case.plain else "tuned"
    what = "the plain network" if kind == "plain" else "a tuned threshold on the plain network"
    here = f"on {case.network_name(case.network)}" if case.own_plains and case.network else "here"
    text = f"No other strategy beats {what} {here} ({case.shared_folds(rivals, case.leader)})."
    if worse:
        named = joined([case.names[n] for n in worse], _MAX_NAMES)
        text += f" Clearly worse: {named} ({case.shared_folds(worse, case.leader)})."
    else:
        text += " None is clearly worse either."
    return [Sentence(kind, text)]


def networks(case: Case) -> list[Sentence]:
    """Where there are several networks, say which of them a strategy helps, and how they compare without balancing."""
    if not case.own_plains:
        return []
    p_of, statements = case.p_against_baselines(), []
    choice = _balancing(case)
    if choice is not None:
        outcomes: dict[str, list[str]] = {}
        for key, base in case.own_plains:
            if case.strategy_of[key] == choice and key in case.means and base in case.means:
                words = in_words(case.difference(key, base), p_of[key, base])
                shown = f"{case.network_name(case.on[key])} ({case.figures(key, base, p_of[key, base])})"
                outcomes.setdefault(_HELPS[words], []).append(shown)
        said = [f"{verb} {joined(names)}" for verb, names in sorted(outcomes.items())]
        if said:
            statements.append(Sentence("networks", f"Balancing by {case.strategy_name(choice)} {joined(said)}."))
    for best, other in case.between_plains:
        words = in_words(case.difference(best, other), p_of[best, other])
        what = words if words != "no clear difference" else "not clearly better"
        first, second = (case.network_name(case.on[key]) for key in (best, other))
        text = f"Without balancing, {first} is {what} than {second} ({case.figures(best, other, p_of[best, other])})."
        statements.append(Sentence("networks", text))
    return statements


def _balancing(case: Case) -> str | None:
    """Return the strategy to speak of over networks: the leader's, or the one with the largest gain on any."""
    plain = {case.strategy_of[key] for key in case.plains.values()}
    own = case.strategy_of[case.leader]
    if case.leader in case.on and own not in plain:
        return own
    gains = {
        key: case.difference(key, base) for key, base in case.own_plains if key in case.means and base in case.means
    }
    return case.strategy_of[max(gains, key=gains.__getitem__)] if gains else None


def partial(case: Case) -> list[Sentence]:
    """Hold each strategy that failed on some folds against the leader, on the folds that both finished.

    The leader was picked by its results and the others by their failures, so p is that of all pairs.
    """
    outcomes = []
    for name in case.partial:
        p = float(case.pairs.p_holm[case.pairs.at(name, case.leader)])
        words = in_words(case.difference(name, case.leader), p)
        outcomes.append(f"{case.names[name]}: {words} ({case.figures(name, case.leader, p)})")
    if not outcomes:
        return []
    shown = outcomes if len(outcomes) <= 3 else [*outcomes[:3], f"{len(outcomes) - 3} more"]
    text = f"Not ranked, as it failed on some folds; against {case.names[case.leader]}, on the folds that both "
    return [Sentence("partial", f"{text}finished, {'; '.join(shown)}.")]


def brier(case: Case) -> list[Sentence]:
    """Name the strategies whose probabilities are clearly worse than the plain network's."""
    if case.metric.key == "brier" or case.plain is None:
        return []
    plain_of = {key: case.plains.get(case.on.get(key, case.network or ""), case.plain) for key in case.every}
    pairs = compare_pairs(case.comparison, case.plan.split, "brier")
    if not pairs.tested:
        return []
    rivals = [key for key in pairs.keys if key in plain_of and plain_of[key] != key]
    p = pairs.holm([(key, plain_of[key]) for key in rivals])
    worse = [
        key for key in rivals
        if in_words(float(pairs.difference[pairs.at(key, plain_of[key])]), p[key, plain_of[key]]) == "clearly worse"
    ]  # fmt: skip
    if not worse:
        return []
    folds = counted_range((int(pairs.shared[pairs.at(key, plain_of[key])]) for key in worse), "fold")
    named = joined([case.names[n] for n in worse], _MAX_NAMES)
    return [Sentence("brier", f"Clearly worse on Brier score than the plain network: {named} ({folds}).")]


def missing(case: Case) -> list[Sentence]:
    """Say what a fair verdict lacks."""
    if case.plain is None:
        text = "The plain network is not in this run, so nobody can say whether balancing helped: add it."
        return [Sentence("missing", text)]
    if case.tuned is None and case.metric.key not in _PROBABILITIES and case.leader != case.plain:
        text = (
            "The plain network with a tuned threshold is not in this run: such leads often vanish beside it. "
            "Add a threshold strategy to find out."
        )
        return [Sentence("missing", text)]
    return []


def power(case: Case) -> list[Sentence]:
    """Say what it would take to tell a small difference of the leader, where its lead is not clear.

    The level is divided by the number of the verdict's questions, so that the answer holds for the
    words, which take Holm's p; see :func:`core.evaluation.power.repeats_needed` for the formula.
    """
    bases = [key for key, _ in reversed(case.baselines) if key != case.leader]
    rivals = sorted((n for n in case.means if n != case.leader), key=lambda n: -case.means[n])
    rival = next((n for n in (*bases, *rivals) if not case.same_everywhere(n, case.leader)), None)
    if rival is None:
        return []
    place, p_of = case.pairs.at(case.leader, rival), case.p_against_baselines()
    p = p_of.get((case.leader, rival), float(case.pairs.p_holm[place]))
    difference, spread = case.difference(case.leader, rival), float(case.pairs.spread[place])
    if in_words(difference, p) != "no clear difference" or not spread > 0:
        return []
    split, level = case.plan.split, ALPHA / max(1, len({frozenset(pair) for pair in p_of}))
    repeats = repeats_needed(spread, split, WORTH, level=level)
    floor = smallest_difference(spread, split, level=level)
    tell = f"tell a difference of {WORTH} between {case.names[case.leader]} and {case.names[rival]}"
    shared = int(case.pairs.shared[place])
    if repeats is not None and repeats * split.folds <= shared:
        enough = f"These {shared} folds would likely {tell}, had there been one."
        return [Sentence("power", enough)] if abs(difference) < WORTH else []
    if split.time is not None:
        text = f"These {shared} folds cannot {tell}, and time order allows no repeats: you need more rows."
    elif repeats is not None and repeats <= split.repeats:
        return []  # some of the planned folds are still to come, or do not define the metric
    elif repeats is not None:
        text = f"More repeats would help: at this spread about {repeats} would {tell}."
    elif floor > WORTH:
        text = (
            f"No number of repeats would {tell}: with {split.folds} folds at this spread, about {floor:.2g} is the "
            "least that can be told. You need more rows."
        )
    else:
        text = f"It would take more than 100 repeats to {tell}: more rows help more."
    return [Sentence("power", text)]


#: In the order in which they are read; each needs folds enough for a test.
_OF_TESTS: tuple[Callable[[Case], list[Sentence]], ...] = (
    against_baselines,
    others,
    networks,
    partial,
    brier,
    missing,
    power,
)
