"""What a person should know of a table's classes before anything is trained."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.data.cautions import Cautions, find_cautions
from core.data.preparation import TextStep
from core.data.problem import Problem
from core.data.reading.cells import MAX_TEXT
from core.data.split_checks import check_splits
from core.data.target import Target
from core.words import counted, listed, quoted

_FEW_ROWS = 30


@dataclass(frozen=True, eq=False)
class Profile:
    """The class distribution of a target.

    Parameters
    ----------
    labels : tuple of str
        In the order of the target's codes.
    counts : ndarray of int64, shape (n_classes,)
    shares : ndarray of float64, shape (n_classes,)
    imbalance : float
        Rows of the largest class for one of the smallest.
    sentence : str
        For example "1 in 17 rows is `18`."; the class name is code text.
    warnings : tuple of str
        One sentence each, those of ``cautions`` last.
    cautions : Cautions
        What makes every result mislead.
    split_notes : tuple of str
        Those of the warnings that say what the split leaves out or lacks.

    See Also
    --------
    describe : Makes one.

    Examples
    --------
    >>> from core.data.samples import load_sample
    >>> from core.plan import Plan, StrategyChoice
    >>> profile = describe(Problem.of(load_sample("yeast"), Plan("site", (StrategyChoice.of("plain"),))))
    >>> dict(zip(profile.labels, profile.counts.tolist(), strict=True))
    {'EXC': 35, 'ME1': 44, 'ME2': 51, 'ME3': 163, 'NUC': 429, 'OTHER': 762}
    """

    labels: tuple[str, ...]
    counts: np.ndarray
    shares: np.ndarray
    imbalance: float
    sentence: str
    warnings: tuple[str, ...]
    cautions: Cautions
    split_notes: tuple[str, ...] = ()


def describe(problem: Problem) -> Profile:
    """Return class counts and shares, the imbalance in words, and what to beware of.

    Raises
    ------
    PlanError
        The rows cannot be split as the plan says.

    See Also
    --------
    imbalance_sentence : The imbalance alone.

    Examples
    --------
    >>> from core.data.samples import load_sample
    >>> from core.plan import Plan, StrategyChoice
    >>> problem = Problem.of(load_sample("abalone_9_vs_18"), Plan("rings", (StrategyChoice.of("plain"),)))
    >>> profile = describe(problem)
    >>> profile.sentence, profile.counts.tolist(), round(profile.imbalance, 1)
    ('1 in 17 rows is `18`.', [689, 42], 16.4)
    """
    target = problem.target
    counts = target.counts
    cautions, split_notes = find_cautions(problem), (*problem.notes, *check_splits(problem))
    return Profile(
        target.labels,
        counts,
        counts / counts.sum(),
        float(counts.max() / counts.min()),
        imbalance_sentence(target),
        (*target.notes, *split_notes, *_warnings(problem), *cautions.sentences),
        cautions,
        split_notes,
    )


def data_notes(problem: Problem, profile: Profile) -> tuple[str, ...]:
    r"""Return what reading did to the table and what to beware of in it, one sentence each, for reports.

    See Also
    --------
    describe : Makes the profile.

    Examples
    --------
    >>> from core.data.table import read_table
    >>> from core.plan import Plan, StrategyChoice
    >>> table = read_table(b"x;y\n" + b"".join(b"%d,5;%d\n" % (row, row > 90) for row in range(100)))
    >>> problem = Problem.of(table, Plan("y", (StrategyChoice.of("plain"),)))
    >>> data_notes(problem, describe(problem))[:2]
    ('The separator is a semicolon.', 'Numbers are written with a decimal comma.')
    """
    return (*problem.table.notes, *profile.warnings)


def left_out(problem: Problem) -> dict[str, str]:
    """Return the columns that nothing is learned from, beside the target, each with the reason.

    A column's own note, where it has one, else its kind or what the plan does with it.

    Examples
    --------
    >>> import pandas as pd
    >>> from core.data.table import from_frame
    >>> from core.plan import Plan, StrategyChoice
    >>> frame = pd.DataFrame({"row": range(40), "x": [row / 7 for row in range(40)], "y": [0] * 30 + [1] * 10})
    >>> left_out(Problem.of(from_frame(frame), Plan("y", (StrategyChoice.of("plain"),))))
    {'row': 'It counts the rows.'}
    """
    plan = problem.plan.split
    split = {plan.group: "Rows of a group stay together.", plan.time: "It orders the rows."}
    kinds = {
        "constant": "It holds one value or none.",
        "identifier": "It only names the rows.",
        "ignored": "It has too many different values.",
    }
    used = {column.name for column in problem.features} | {problem.target.name}
    columns = [column for column in problem.table.columns if column.name not in used]
    return {column.name: split.get(column.name) or column.note or kinds.get(column.kind, "") for column in columns}


def imbalance_sentence(target: Target) -> str:
    """Return in one sentence how rare the smallest class is.

    See Also
    --------
    describe : Everything on the classes.

    Examples
    --------
    >>> imbalance_sentence(Target("fraud", ("no", "yes"), np.repeat([0, 1], [85, 5]), np.arange(90), 1))
    '1 in 18 rows is `yes`.'
    """
    counts = target.counts
    smallest = int(counts.argmin())
    one_in = counts.sum() / counts[smallest]
    every = f"1 in {one_in:,.0f}" if one_in >= 2.5 else f"{100 / one_in:.0f} in 100"
    among = f", the smallest of {len(counts)} classes" if target.positive is None else ""
    return f"{every} rows is {quoted(target.labels[smallest])}{among}."


def few_rows(label: str, rows: int) -> str:
    """Return what to beware of where a class has few rows, a sentence; empty where it has enough.

    See Also
    --------
    describe : Says it of a table.

    Examples
    --------
    >>> few_rows("yes", 12).partition(":")[0], few_rows("yes", 1200)
    ('Class `yes` has 12 rows', '')
    """
    if rows >= _FEW_ROWS:
        return ""
    return (
        f"Class {quoted(label)} has {counted(rows, 'row')}: every figure for it will vary a lot between folds; "
        "use more repeats."
    )


def _warnings(problem: Problem) -> list[str]:
    table, target = problem.table, problem.target
    smallest = int(target.counts.argmin())
    few = int(target.counts[smallest])
    mentioned = {target.name, problem.plan.split.group, problem.plan.split.time}
    others = [column for column in table.columns if column.name not in mentioned]
    chosen = dict(problem.plan.kinds)
    by_hand = [c.name for c in others if c.name in chosen and c.kind in ("constant", "identifier", "ignored")]
    unused = [c for c in others if c.name not in by_hand]
    by_kind = {kind: [c.name for c in unused if c.kind == kind] for kind in ("constant", "identifier", "ignored")}
    gappy = [c.name for c in others if c.kind != "constant" and c.missing > len(table.frame) / 2]
    warnings = []
    if said := few_rows(target.labels[smallest], few):
        warnings.append(said)
    if by_kind["constant"]:
        warnings.append(f"Left out because they hold one value or none: {listed(by_kind['constant'])}.")
    if by_kind["identifier"]:
        warnings.append(f"Left out because they only name the rows: {listed(by_kind['identifier'])}.")
    if by_kind["ignored"]:
        warnings.append(f"Left out because they have too many different values: {listed(by_kind['ignored'])}.")
    if by_hand:
        warnings.append(f"Left out, as chosen by hand: {listed(by_hand)}.")
    text = [column for column in problem.features if column.kind == "text"]
    silent = [c.name for c in text if not TextStep.tells(c, table.frame[c.name])]
    if silent:
        warnings.append(f"No words tell the texts of {listed(silent)} apart: the network sees 0 in every row.")
    for column in text:
        cut = int((table.frame[column.name].dropna().astype("str").str.len() > MAX_TEXT).sum())
        if cut:
            warnings.append(
                f"{counted(cut, 'text')} of {quoted(column.name)} {'is' if cut == 1 else 'are'} longer than "
                f"{MAX_TEXT:,} characters: what comes after is not read."
            )
    if gappy:
        warnings.append(f"More than half of the values are missing in {listed(gappy)}.")
    return warnings
