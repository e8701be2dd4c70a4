"""What becomes of classes that are too rare: merged into another, or left out, as the plan says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from core.words import TableError, counted, quoted, which_there_are

#: Pairs of a class and the one that it counts as; None leaves its rows out.
ClassChanges = tuple[tuple[str, str | None], ...]

#: What a class is called that several are merged into and that the table does not have.
OTHER = "other"


class RareClassError(TableError):
    """Classes with fewer rows than there are folds.

    Parameters
    ----------
    classes : tuple of (class, rows) pairs
        Those with too few rows, the rarest first.
    into : tuple of str
        The classes that all of these can be merged into, so that two classes or more are left.
    can_leave_out : bool
        Two classes or more are left without these.

    See Also
    --------
    check_classes : Raises it.

    Examples
    --------
    >>> try:
    ...     check_classes("site", ["membrane", "nucleus", "pore"], np.array([90, 40, 3]), folds=5)
    ... except RareClassError as error:
    ...     print(error.classes, error.folds, error.into)
    (('pore', 3),) 3 ('membrane', 'nucleus')
    """

    def __init__(
        self,
        message: str,
        classes: tuple[tuple[str, int], ...] = (),
        into: tuple[str, ...] = (),
        can_leave_out: bool = False,
    ) -> None:
        super().__init__(message)
        self.classes = classes
        self.into = into
        self.can_leave_out = can_leave_out

    @property
    def folds(self) -> int:
        """The most folds that every class has rows for; below 2 there are none."""
        return min((rows for _, rows in self.classes), default=0)


class ManyClassesError(TableError):
    """More classes than can be compared.

    Parameters
    ----------
    rarest : tuple of str
        Merged into one, as few classes are left as are possible.

    See Also
    --------
    core.data.target.encode_target : Raises it.

    Examples
    --------
    >>> ManyClassesError("Too many.", ("pore", "axon")).rarest
    ('pore', 'axon')
    """

    def __init__(self, message: str, rarest: tuple[str, ...]) -> None:
        super().__init__(message)
        self.rarest = rarest


def check_classes(target: str, labels: Sequence[str], counts: np.ndarray, folds: int) -> None:
    """Refuse classes with fewer rows than folds.

    Raises
    ------
    RareClassError
        There are such; the message names the ways out that leave two classes.

    See Also
    --------
    change_classes : Merges classes or leaves them out.

    Examples
    --------
    >>> check_classes("fraud", ["no", "yes"], np.array([90, 1]), folds=5)
    Traceback (most recent call last):
        ...
    core.data.classes.RareClassError: Class `yes` of `fraud` has 1 row and there are 5 folds: add rows.
    """
    rare = [int(at) for at in np.argsort(counts, kind="stable") if counts[at] < folds]
    if not rare:
        return
    others = [label for label, count in zip(labels, counts, strict=True) if count >= folds]
    most = int(counts[rare[0]])
    rarest, rows = quoted(labels[rare[0]]), counted(most, "row")
    has = (
        f"Class {rarest} of {quoted(target)} has {rows} and there are {folds} folds" if len(rare) == 1
        else f"{len(rare)} classes of {quoted(target)} have too few rows for {folds} folds, the rarest {rarest} "
        f"({rows})"
    )  # fmt: skip
    them = "it" if len(rare) == 1 else "them"
    ways = [f"choose at most {most} folds"] if most > 1 else []
    into: tuple[str, ...] = ()
    if len(others) > 1:
        # First, as it changes no class that has rows enough.
        into = (OTHER,) * (len(rare) > 1 and counts[rare].sum() >= folds and OTHER not in labels) + tuple(others)
        ways += [f"merge {them} into another class", f"leave {them} out"]
    elif others and len(rare) > 1 and counts[rare].sum() >= folds:
        into = (labels[rare[-1]],)
        ways += ["merge them into one"]
    ways += ["add rows"] if others else ["choose another column as the target"]
    raise RareClassError(
        f"{has}: {', '.join(ways[:-1])}{', or ' if ways[1:] else ''}{ways[-1]}.",
        tuple((labels[at], int(counts[at])) for at in rare),
        into,
        len(others) > 1,
    )


def change_classes(
    target: str, labels: Sequence[str], codes: np.ndarray, changes: ClassChanges
) -> tuple[list[int], np.ndarray, tuple[str, ...]]:
    """Merge classes and leave classes out.

    Two or more can be merged into a class that the target does not have; it comes last.

    Parameters
    ----------
    labels : sequence of str
        Classes as text, by code.
    codes : ndarray of int64, shape (n,)

    Returns
    -------
    kept : list of int
        Codes of the classes that stay; from ``len(labels)`` on, those of new ones.
    codes : ndarray of int64, shape (n,)
        Positions in ``kept``; -1 where a row is left out.
    notes : tuple of str
        One sentence per change.

    Raises
    ------
    TableError
        A change names a class that the target does not have, or merges a single one into a new class.

    See Also
    --------
    change_notes : What that means for the model.

    Examples
    --------
    >>> codes = np.array([0, 1, 2, 2])
    >>> kept, codes, notes = change_classes("y", ["a", "b", "c"], codes, (("b", "a"), ("c", None)))
    >>> kept, codes.tolist(), notes[1]
    ([0], [0, 0, -1, -1], 'Class `c` of `y` (2 rows) is left out.')
    """
    known = {label: code for code, label in enumerate(labels)}
    new = new_classes(labels, changes)
    unknown = [name for name, _ in changes if name not in known]
    if unknown:
        way_out = which_there_are(unknown[0], labels, "its classes are")
        raise TableError(
            f"The target {quoted(target)} has no class {quoted(unknown[0])} to merge or leave out: {way_out}"
        )
    for label in new:
        names = [name for name, into in changes if into == label]
        if len(names) == 1:
            raise TableError(
                f"Class {quoted(names[0])} of {quoted(target)} would be merged into {quoted(label)}, which there is "
                "not: merge two classes or more into a new one, or choose another that there is."
            )
    known |= {label: len(labels) + at for at, label in enumerate(new)}
    counts, becomes, notes = np.bincount(codes, minlength=len(labels)), np.arange(len(known)), []
    for name, into in changes:
        becomes[known[name]] = -1 if into is None else known[into]
        what = "is left out" if into is None else f"counts as {quoted(into)}"
        notes.append(f"Class {quoted(name)} of {quoted(target)} ({counted(int(counts[known[name]]), 'row')}) {what}.")
    kept = [code for code in range(len(known)) if becomes[code] == code]
    place = np.full(len(known) + 1, -1)
    place[kept] = np.arange(len(kept))
    return kept, place[becomes][codes], tuple(notes)


def new_classes(labels: Sequence[str], changes: ClassChanges) -> list[str]:
    """Return the classes that others are merged into and that the target does not have, each once.

    See Also
    --------
    change_classes : Merges classes.

    Examples
    --------
    >>> new_classes(["a", "b", "c"], (("b", "other"), ("c", "other")))
    ['other']
    """
    return list(dict.fromkeys(into for _, into in changes if into is not None and into not in labels))


def change_notes(changes: ClassChanges) -> tuple[str, ...]:
    """Return in one sentence each what a model of such classes does with rows of those that were changed.

    See Also
    --------
    change_classes : Does what these say.

    Examples
    --------
    >>> change_notes((("b", "a"),))
    ('The model knows no class `b`: its rows counted as `a`.',)
    """
    return tuple(
        f"The model knows no class {quoted(name)}: "
        + ("its rows were left out of the training." if into is None else f"its rows counted as {quoted(into)}.")
        for name, into in changes
    )


def with_change(changes: ClassChanges, classes: Iterable[str], into: str | None) -> ClassChanges:
    """Return changes with some classes merged into another, or left out; what was merged into them goes along.

    What had become of these classes before counts no more.

    See Also
    --------
    without_change : Takes one back.

    Examples
    --------
    >>> with_change((("c", "b"),), ["b"], "a")
    (('c', 'a'), ('b', 'a'))
    """
    chosen = tuple(classes)
    moved = tuple((name, into if target in chosen else target) for name, target in changes if name not in chosen)
    return (*moved, *((name, into) for name in chosen))


def without_change(changes: ClassChanges, name: str) -> ClassChanges:
    """Return changes without that of a class.

    See Also
    --------
    with_change : Adds one.

    Examples
    --------
    >>> without_change((("b", "a"), ("c", None)), "b")
    (('c', None),)
    """
    return tuple(pair for pair in changes if pair[0] != name)
