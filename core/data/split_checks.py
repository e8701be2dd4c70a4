"""Whether a table can be split as a plan says, and what such a split leaves out: said before anything is trained."""

from __future__ import annotations

from core.data.periods import period_of_rows
from core.data.problem import Problem
from core.data.splitting import FoldRows, gap_in_words, repeat_rows
from core.plan import PlanError
from core.words import counted, quoted

# A class of four rows has two of them in the training part of every stratified fold, even of two folds.
_SAFE_ROWS = 4


def check_splits(problem: Problem) -> tuple[str, ...]:
    """Refuse a split that leaves a fold without what training needs, before anything is trained.

    Returns
    -------
    tuple of str
        What a split by group or time leaves out or lacks, one sentence each.

    Raises
    ------
    PlanError
        A fold cannot be made; the message says what to change.

    See Also
    --------
    core.data.splitting.split_rows : Makes the splits.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from core.data.table import from_frame
    >>> from core.plan import Plan, SplitSettings, StrategyChoice
    >>> frame = pd.DataFrame({"town": ["Ulm", "Bonn"] * 20, "x": np.arange(40) / 7, "y": [0, 0, 0, 1] * 10})
    >>> plan = Plan("y", (StrategyChoice.of("plain"),), split=SplitSettings(folds=5, group="town"))
    >>> check_splits(Problem.of(from_frame(frame), plan))
    Traceback (most recent call last):
        ...
    core.settings.PlanError: Column 'town' has fewer groups (2) than folds (5): use fewer folds, or split by another column.
    """  # noqa: E501
    split = problem.plan.split
    period_of_rows(problem)  # a capacity that the table has no periods for is refused here, too
    if split.time is None and split.group is None and problem.target.counts.max() >= _SAFE_ROWS:
        return ()
    folds = repeat_rows(problem)  # of the first repeat alone: others have other rows, but as many
    return () if split.time is None and split.group is None else tuple(_notes(problem, folds))


def _notes(problem: Problem, folds: list[FoldRows]) -> list[str]:
    split, y, labels = problem.plan.split, problem.target.codes, problem.target.labels
    notes = []
    in_gap, in_both = max(rows.in_gap for rows in folds), max(rows.in_both for rows in folds)
    if in_gap:
        notes.append(
            f"The gap of {gap_in_words(problem)} in {quoted(split.time)} leaves out up to {counted(in_gap, 'row')} in "
            "a fold."
        )
    if in_both:
        notes.append(
            f"Up to {counted(in_both, 'row')} in a fold are left out so that no {quoted(split.group)} is both in "
            f"earlier and in later rows: one in {split.folds} of those in both is tested, the others are trained on."
        )
    lacking = (
        ("to test on", "figures that need one are missing there", [rows.test for rows in folds]),
        ("to stop training and set thresholds on", "thresholds are rough there", [rows.valid for rows in folds]),
    )
    for purpose, follows, parts in lacking:
        for code, label in enumerate(labels):
            without = sum(not (y[rows] == code).any() for rows in parts)
            if purpose == "to test on" and without == len(parts) and len(labels) == 2:
                raise PlanError(
                    f"Split by {quoted(split.time or split.group)}, no fold has a row of {quoted(label)} to test on: "
                    "use fewer folds, or split by another column."
                )
            if without:
                has = "has" if without == 1 else "have"
                notes.append(
                    f"{without} of {len(folds)} folds {has} no row of {quoted(label)} {purpose}: {follows}; use fewer "
                    "folds or split by another column."
                )
    return notes
