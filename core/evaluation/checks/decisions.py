"""Checks of what is decided: one class for all rows, twins, and rows whose decision flips between repeats."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.evaluation.checks.check import Evidence, Finding, register
from core.words import joined, quoted

_MAX_NAMES = 4
_FLIPS = 0.05


@register("CW3", "decides nothing")
def one_class(evidence: Evidence) -> Iterator[Finding]:
    by_class: dict[int, list[str]] = {}
    for s in evidence.comparison.strategies:
        called = np.flatnonzero(s.confusion.sum(axis=0))
        if len(called) == 1:
            by_class.setdefault(int(called[0]), []).append(s.key)
    for code, keys in by_class.items():
        named = joined([evidence.names[key] for key in keys], _MAX_NAMES)
        yield Finding(
            "CW3",
            f"{named} {'calls' if len(keys) == 1 else 'call'} every row {quoted(evidence.comparison.labels[code])}.",
            _out_of_one_class(evidence),
            tuple(keys),
        )


def _out_of_one_class(evidence: Evidence) -> str:
    good = "the ranking of the rows may still be good."
    if len(evidence.comparison.labels) > 2:
        return f"Add tuned decisions, such as {quoted('threshold_f1')}: {good}"
    return {
        "own": f"Move the threshold: {good}",
        "one": f"Move the settled threshold: {good}",
        "cheapest": "Under the settled costs no other decision is cheaper: check them.",
        "rows": "With these probabilities and the costs of each row no other decision is cheaper: check both.",
    }[evidence.stakes.rule]


@register("CW4", "gave the same results")
def same_rows(evidence: Evidence) -> Iterator[Finding]:
    for keys in twins(evidence):
        yield Finding(
            "CW4",
            f"{joined([evidence.names[key] for key in keys], _MAX_NAMES)} agree in full here: every probability "
            "and every decision is equal.",
            "Count them as one, and keep the simplest.",
            keys,
        )


def twins(evidence: Evidence) -> tuple[tuple[str, ...], ...]:
    """Return the strategies that gave every tested row the same probabilities and decisions, those alike together.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> run = sample_run()
    >>> twins(Evidence(run.comparison, run.plan, "f1"))
    ()
    """
    alike: dict[bytes, list[str]] = {}
    for rows in evidence.pooled:
        print_of = np.round(rows.probabilities, 5).tobytes() + rows.decisions.tobytes()
        alike.setdefault(print_of, []).append(rows.key)
    return tuple(tuple(keys) for keys in alike.values() if len(keys) > 1)


@register("CW10", "decisions that flip")
def flips(evidence: Evidence) -> Iterator[Finding]:
    shares = {rows.key: share for rows in evidence.pooled if (share := _flipped(rows.rows, rows.decisions)) > _FLIPS}
    if shares:
        worst = max(shares, key=shares.__getitem__)
        named = joined([evidence.names[key] for key in shares], _MAX_NAMES)
        yield Finding(
            "CW10",
            f"Decisions of {named} flip between repeats: {shares[worst]:.0%} of the rows with {evidence.names[worst]}.",
            "An ensemble averages this away, and more rows help.",
            tuple(shares),
        )


def _flipped(rows: np.ndarray, decisions: np.ndarray) -> float:
    """Return the share of rows that were decided more than once, and not always alike."""
    order = np.lexsort((decisions, rows))
    rows, decisions = rows[order], decisions[order]
    first = np.concatenate([[True], np.diff(rows) != 0])
    last = np.concatenate([first[1:], [True]])
    several = ~(first & last)[first]
    return float((decisions[first] != decisions[last])[several].mean()) if several.any() else 0.0
