"""What was measured of a table's difficulty, in words: one rule per finding, all of them here.

Neighbours and overlap describe distances in the features, all of them alike. A network weighs features, so
that rows without a neighbour of their class may still be told apart without an error: these findings say
what was measured and which strategies use it, and forecast no scores.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.data.cautions import leak_figure, leak_meaning
from core.data.difficulty import Difficulty
from core.words import counted, quoted

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
        What follows from the figure, and what does not, one sentence.
    serious : bool
        Something to look at before anything is trained.

    See Also
    --------
    findings : All of a table.

    Examples
    --------
    >>> finding = Finding("Copies", "12 rows repeat another one.", "They look easier than they are.", serious=True)
    >>> finding.title, finding.serious
    ('Copies', True)
    """

    title: str
    figure: str
    meaning: str
    serious: bool = False


def findings(difficulty: Difficulty) -> tuple[Finding, ...]:
    """Return what was measured, always the same five titles in the same order.

    See Also
    --------
    core.data.difficulty.difficulty : Measures what these say.

    Examples
    --------
    >>> from core.data.difficulty import difficulty
    >>> from core.data.problem import Problem
    >>> from core.data.samples import load_sample
    >>> from core.plan import Plan, StrategyChoice
    >>> problem = Problem.of(load_sample("abalone_9_vs_18"), Plan("rings", (StrategyChoice.of("plain"),)))
    >>> findings(difficulty(problem))[0].figure
    'Of 42 rows of `18`, 5% are safe, 29% borderline, 12% rare and 55% outliers.'
    """
    return (_neighbours(difficulty), _overlap(difficulty), _copies(difficulty), _leaks(difficulty), _gaps(difficulty))


def _neighbours(difficulty: Difficulty) -> Finding:
    safe, borderline, rare, outlier = difficulty.kinds[difficulty.smallest]
    name, n_rows = quoted(difficulty.labels[difficulty.smallest]), int(difficulty.looked_at[difficulty.smallest])
    figure = (
        f"Of {counted(n_rows, 'row')} of {name}, {safe:.0%} are safe, {borderline:.0%} "
        f"borderline, {rare:.0%} rare and {outlier:.0%} outliers."
    )
    if rare + outlier >= 0.5:
        meaning = (
            "Most have no or one row of their class near, so that samplers such as SMOTE draw new rows between those "
            "of other classes; weights and thresholds draw none. A network may tell the classes apart all the same."
        )
    elif safe >= 0.6:
        meaning = (
            "Most lie among their own, where samplers draw new rows between rows of the class; what is gained shows "
            "against the plain network with a tuned threshold."
        )
    else:
        meaning = (
            "Many lie beside rows of other classes: samplers for the border and samplers that clean act on just these "
            "rows, so put them beside weights and a tuned threshold."
        )
    return Finding("Neighbours", figure, meaning)


def _overlap(difficulty: Difficulty) -> Finding:
    share = float(difficulty.overlap[difficulty.smallest])
    figure = (
        f"The nearest row to {share:.0%} of {quoted(difficulty.labels[difficulty.smallest])} is of another class; "
        f"one feature alone leaves an overlap of {difficulty.fisher:.2f} (1 is complete)."
    )
    how = "Most" if share >= 0.5 else "A part" if share >= 0.2 else "Few"
    meaning = (
        f"{how} of these rows would be called wrongly by their nearest neighbour, which takes all features for equally "
        "important; a network does not, and the comparison alone shows how well it does."
    )
    return Finding("Overlap", figure, meaning)


def _copies(difficulty: Difficulty) -> Finding:
    if not difficulty.conflicts:
        return Finding(
            "Copies across classes",
            "No row equals a row of another class in every feature.",
            "So no row has to be called wrongly for the sake of another.",
        )
    does = "equals" if difficulty.conflicts == 1 else "equal"
    return Finding(
        "Copies across classes",
        f"{counted(difficulty.conflicts, 'row')} {does} a row of another class in every feature.",
        "No strategy can tell them apart: look for a missing column or a wrong label, or let a sampler that cleans "
        "take them out of the training.",
        True,
    )


def _leaks(difficulty: Difficulty) -> Finding:
    if not difficulty.leaks:
        return Finding(
            "Leaks",
            "No feature gives the class away by itself, nor do several of two values together.",
            "Differences between strategies will not be hidden by one column that knows the answer.",
        )
    return Finding("Leaks", leak_figure(difficulty.leaks), leak_meaning(difficulty.leaks), True)


def _gaps(difficulty: Difficulty) -> Finding:
    uneven = [gap for gap in difficulty.gaps if gap.spread >= _UNEVEN]
    if not uneven:
        some = f"{counted(len(difficulty.gaps), 'feature')} with missing values: alike in all classes."
        return Finding(
            "Missing values by class",
            some if difficulty.gaps else "No feature has missing values.",
            "Filling gaps favours no class.",
        )
    gap = uneven[0]
    high, low = gap.shares.index(max(gap.shares)), gap.shares.index(min(gap.shares))
    more = f", and {counted(len(uneven) - 1, 'more feature')} differ so" if len(uneven) > 1 else ""
    return Finding(
        "Missing values by class",
        f"{quoted(gap.name)} is missing in {gap.shares[high]:.0%} of {quoted(difficulty.labels[high])} and "
        f"{gap.shares[low]:.0%} of {quoted(difficulty.labels[low])}{more}.",
        "The gap itself tells the class, and synthetic rows blur it: weights and thresholds leave it as it is; make "
        "sure that it will be missing in the same way in the field.",
        True,
    )
