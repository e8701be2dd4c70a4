"""What a person should know of a table's classes before anything is trained."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.data.cautions import Cautions, find_cautions
from core.data.problem import Problem
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
    """

    labels: tuple[str, ...]
    counts: np.ndarray
    shares: np.ndarray
    imbalance: float
    sentence: str
    warnings: tuple[str, ...]
    cautions: Cautions


def describe(problem: Problem) -> Profile:
    """Return class counts and shares, the imbalance in words, and what to beware of."""
    target = problem.target
    counts = target.counts
    cautions = find_cautions(problem)
    return Profile(
        target.labels,
        counts,
        counts / counts.sum(),
        float(counts.max() / counts.min()),
        imbalance_sentence(target),
        (*target.notes, *problem.notes, *_warnings(problem), *cautions.sentences),
        cautions,
    )


def data_notes(problem: Problem, profile: Profile) -> tuple[str, ...]:
    """Return what reading did to the table and what to beware of in it, one sentence each, for reports."""
    return (*problem.table.notes, *profile.warnings)


def left_out(problem: Problem) -> dict[str, str]:
    """Return the columns that nothing is learned from, beside the target, each with the reason.

    A column's own note, where it has one, else its kind or what the plan does with it.
    """
    split = {problem.plan.split.group: "Rows of a group stay together.", problem.plan.split.time: "It orders the rows."}
    kinds = {
        "constant": "It holds one value or none.",
        "identifier": "It only names the rows.",
        "ignored": "It has too many different texts.",
    }
    used = {column.name for column in problem.features} | {problem.target.name}
    columns = [column for column in problem.table.columns if column.name not in used]
    return {column.name: split.get(column.name) or column.note or kinds.get(column.kind, "") for column in columns}


def imbalance_sentence(target: Target) -> str:
    """Return in one sentence how rare the smallest class is."""
    counts = target.counts
    smallest = int(counts.argmin())
    one_in = counts.sum() / counts[smallest]
    every = f"1 in {one_in:,.0f}" if one_in >= 2.5 else f"{100 / one_in:.0f} in 100"
    among = f", the smallest of {len(counts)} classes" if target.positive is None else ""
    return f"{every} rows is {quoted(target.labels[smallest])}{among}."


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
    if few < _FEW_ROWS:
        warnings.append(
            f"Class {quoted(target.labels[smallest])} has {counted(few, 'row')}: every figure for it will vary a lot "
            "between folds; use more repeats."
        )
    if by_kind["constant"]:
        warnings.append(f"Left out because they hold one value or none: {listed(by_kind['constant'])}.")
    if by_kind["identifier"]:
        warnings.append(f"Left out because they only name the rows: {listed(by_kind['identifier'])}.")
    if by_kind["ignored"]:
        warnings.append(f"Left out because they have too many different texts: {listed(by_kind['ignored'])}.")
    if by_hand:
        warnings.append(f"Left out, as chosen by hand: {listed(by_hand)}.")
    if gappy:
        warnings.append(f"More than half of the values are missing in {listed(gappy)}.")
    return warnings
