"""What a table's difficulty means for the choice of strategy, in words: one rule a finding, all of them here."""

from __future__ import annotations

from dataclasses import dataclass

from core.data.difficulty import Difficulty
from core.words import counted, listed, quoted

_UNEVEN = 0.1


@dataclass(frozen=True)
class Finding:
    """One thing to know of a table.

    Parameters
    ----------
    title : str
    figure : str
        What was measured, one sentence; names are code text.
    meaning : str
        What it means for the choice of strategy, one sentence.
    serious : bool
        Something to look at before anything is trained.
    """

    title: str
    figure: str
    meaning: str
    serious: bool = False


def findings(found: Difficulty) -> tuple[Finding, ...]:
    """Return what was found, always the same five titles in the same order."""
    return (_neighbours(found), _overlap(found), _copies(found), _leaks(found), _gaps(found))


def _neighbours(found: Difficulty) -> Finding:
    safe, borderline, rare, outlier = found.kinds[found.smallest]
    name = quoted(found.labels[found.smallest])
    figure = (
        f"Of {counted(int(found.looked_at[found.smallest]), 'row')} of {name}, {safe:.0%} are safe, {borderline:.0%} "
        f"borderline, {rare:.0%} rare and {outlier:.0%} outliers."
    )
    if rare + outlier >= 0.5:
        meaning = (
            "Most stand alone among other classes, where SMOTE would draw new rows between strangers: prefer weights, "
            "ensembles or a tuned threshold, and expect low scores from all."
        )
    elif safe >= 0.6:
        meaning = (
            "Most lie among their own, so the plain network with a tuned threshold may be enough, and any strategy "
            "has to beat that."
        )
    else:
        meaning = (
            "Many lie at the border, where strategies differ most: try weights, samplers that act at the border or "
            "clean it, and a tuned threshold, side by side."
        )
    return Finding("Neighbours", figure, meaning, bool(rare + outlier >= 0.5))


def _overlap(found: Difficulty) -> Finding:
    share = float(found.overlap[found.smallest])
    figure = (
        f"The nearest row to {share:.0%} of {quoted(found.labels[found.smallest])} is of another class; one feature "
        f"alone leaves an overlap of {found.fisher:.2f} (1 is complete)."
    )
    if share >= 0.5:
        meaning = (
            "The classes lie on top of each other, so balancing mostly trades false alarms for found rows: decide by "
            "costs, and look for better features."
        )
    elif share >= 0.2:
        meaning = "The classes overlap in part: no strategy will find all rows without false alarms."
    else:
        meaning = "The classes are mostly apart, so the balance matters little and the simplest strategy may win."
    return Finding("Overlap", figure, meaning, share >= 0.5)


def _copies(found: Difficulty) -> Finding:
    if not found.conflicts:
        return Finding(
            "Copies across classes",
            "No row equals a row of another class in every feature.",
            "Nothing here limits what a strategy can reach.",
        )
    does = "equals" if found.conflicts == 1 else "equal"
    return Finding(
        "Copies across classes",
        f"{counted(found.conflicts, 'row')} {does} a row of another class in every feature.",
        "No strategy can tell them apart: look for a missing column or a wrong label, or let a sampler that cleans "
        "take them out of the training.",
        True,
    )


def _leaks(found: Difficulty) -> Finding:
    if not found.leaks:
        return Finding(
            "Leaks",
            "No feature gives the class away by itself.",
            "Differences between strategies will not be hidden by one column that knows the answer.",
        )
    first = found.leaks[0]
    measure = f"an AUC of {first.score:.3f}" if first.by_order else f"{first.score:.0%} fewer errors"
    many = len(found.leaks) > 1
    return Finding(
        "Leaks",
        f"{listed(leak.name for leak in found.leaks)} {'give' if many else 'gives'} the class away almost alone "
        f"({measure}{f' by {quoted(first.name)}' if many else ''}).",
        "If it is only known afterwards, set its kind to ignored, or every strategy will look perfect and none will "
        "work in the field.",
        True,
    )


def _gaps(found: Difficulty) -> Finding:
    uneven = [gap for gap in found.gaps if gap.spread >= _UNEVEN]
    if not uneven:
        some = f"{counted(len(found.gaps), 'feature')} with missing values: alike in all classes."
        return Finding(
            "Missing values by class",
            some if found.gaps else "No feature has missing values.",
            "Filling gaps favours no class.",
        )
    gap = uneven[0]
    high, low = gap.shares.index(max(gap.shares)), gap.shares.index(min(gap.shares))
    more = f", and {counted(len(uneven) - 1, 'more feature')} differ so" if len(uneven) > 1 else ""
    return Finding(
        "Missing values by class",
        f"{quoted(gap.name)} is missing in {gap.shares[high]:.0%} of {quoted(found.labels[high])} and "
        f"{gap.shares[low]:.0%} of {quoted(found.labels[low])}{more}.",
        "The gap itself tells the class, and synthetic rows blur it: weights and thresholds leave it as it is; make "
        "sure that it will be missing in the same way in the field.",
        True,
    )
