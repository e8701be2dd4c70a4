"""What makes every result of a table look better than it is: copies, leaks, and rows that belong together."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.data.columns import Column
from core.data.grouping import Grouping, find_grouping
from core.data.leaks import FEW_VALUES, Leak, find_leaks
from core.data.problem import Problem
from core.words import counted, listed, quoted

_CELLS = 50_000_000


@dataclass(frozen=True)
class Cautions:
    """What makes every result of a problem mislead.

    Parameters
    ----------
    leaks : tuple of Leak
        Features that give the class away, without the column of ``grouping``.
    grouping : Grouping or None
        A column whose rows belong together and are not kept so.
    repeated : int
        Rows whose features repeat those of an earlier one.
    sentences : tuple of str
        The same in words, one or two sentences each, for the page, the report and the command line.

    See Also
    --------
    find_cautions : Looks for them.

    Examples
    --------
    >>> from core.data.table import from_frame
    >>> from core.plan import Plan, StrategyChoice
    >>> frame = pd.DataFrame({"dunned": [0] * 80 + [1] * 20, "bad": ["no"] * 80 + ["yes"] * 20})
    >>> problem = Problem.of(from_frame(frame), Plan("bad", (StrategyChoice.of("plain"),)))
    >>> find_cautions(problem).sentences[0].partition(" If ")[0]
    '`dunned` gives the class away almost alone (100% fewer errors).'
    """

    leaks: tuple[Leak, ...] = ()
    grouping: Grouping | None = None
    repeated: int = 0
    sentences: tuple[str, ...] = ()


def find_cautions(problem: Problem) -> Cautions:
    """Look for copies, leaks and rows that belong together in what the network gets.

    An identifier or an ignored column hides nothing.

    See Also
    --------
    core.data.leaks.find_leaks : Features that give the class away.
    core.data.grouping.find_grouping : A column whose rows belong together.
    repeated_rows : Copies.

    Examples
    --------
    >>> from core.data.samples import load_sample
    >>> from core.plan import Plan, StrategyChoice
    >>> problem = Problem.of(load_sample("yeast"), Plan("site", (StrategyChoice.of("plain"),)))
    >>> cautions = find_cautions(problem)
    >>> cautions.repeated, cautions.leaks, cautions.grouping
    (31, (), None)
    """
    grouping = find_grouping(problem)
    leaks = find_leaks(problem)
    if grouping is not None:
        leaks = tuple(leak for leak in leaks if leak.names != (grouping.name,))
    repeated = repeated_rows(problem)
    sentences = [f"{leak_figure(leaks)} {leak_meaning(leaks)}"] if leaks else []
    sentences += [grouping.sentence] if grouping is not None else []
    sentences += _copies(problem, repeated)
    return Cautions(leaks, grouping, repeated, tuple(sentences))


def leak_meaning(leaks: tuple[Leak, ...]) -> str:
    """Return in one sentence what to do with features that give the class away.

    See Also
    --------
    leak_figure : What was found.

    Examples
    --------
    >>> leak_meaning((Leak(("dunned",), 0.998, True),)).partition(", or ")[0]
    'If it is only known afterwards, set its kind to ignored'
    """
    is_single = len(leaks) == 1 and len(leaks[0].names) == 1
    what = (
        "it is only known afterwards, set its kind" if is_single else "they are only known afterwards, set their kinds"
    )
    return f"If {what} to ignored, or every strategy will look perfect and none will work in the field."


def leak_figure(leaks: tuple[Leak, ...]) -> str:
    """Return in one sentence which features give the class away, and how surely.

    See Also
    --------
    leak_meaning : What to do.

    Examples
    --------
    >>> leak_figure((Leak(("dunned",), 0.998, True),))
    '`dunned` gives the class away almost alone (an AUC of 0.998).'
    >>> leak_figure((Leak(("is_new", "is_old"), 1.0, False),))
    '`is_new`, `is_old` together give the class away (100% fewer errors).'
    """
    first = leaks[0]
    measure = f"an AUC of {first.score:.3f}" if first.by_order else f"{first.score:.0%} fewer errors"
    names = list(dict.fromkeys(name for leak in leaks for name in leak.names))
    if len(leaks) == 1 and len(first.names) > 1:
        return f"{listed(first.names, 8)} together give the class away ({measure})."
    by = f" by {listed(first.names, 8)}" if len(leaks) > 1 else ""
    return f"{listed(names)} {'give' if len(names) > 1 else 'gives'} the class away almost alone ({measure}{by})."


_OF_COPIES = (
    "Group by a column that copies share, or drop them before you upload the table.",
    "Where copies belong to one person, machine or case, group by its column; otherwise drop them from the table.",
)


def _copies(problem: Problem, repeated: int) -> list[str]:
    if repeated <= len(problem.target.rows) / 100:
        return []
    group = problem.plan.split.group
    where = "" if group is None else f", in another {quoted(group)}"
    verb = "repeats" if repeated == 1 else "repeat"
    return [
        f"{counted(repeated, 'row')} {verb} the features of an earlier one{where}: a copy in both training and test "
        f"rows makes results look too good. {_OF_COPIES[group is None]}"
    ]


def repeated_rows(problem: Problem) -> int:
    """Return the rows whose features repeat those of an earlier one, where copies may fall on both sides of a split.

    Copies within one group stay on one side. Where the features have so few values that rows must repeat, none is
    counted. Rows are told apart by 64-bit hashes: among a million, two different ones share a hash once in some 40
    million tables.

    Examples
    --------
    >>> from core.data.table import from_frame
    >>> from core.plan import Plan, StrategyChoice
    >>> rows = range(40)
    >>> frame = pd.DataFrame({"x": [row / 7 for row in rows], "z": [row % 9 for row in rows], "y": [0] * 30 + [1] * 10})
    >>> twice = from_frame(pd.concat([frame, frame.tail(5)]))
    >>> repeated_rows(Problem.of(twice, Plan("y", (StrategyChoice.of("plain"),))))
    5
    """
    rows, group = problem.target.rows, problem.plan.split.group
    features = [column for column in problem.features if column.name != group]
    if not features or len(features) * len(rows) > _CELLS or _must_repeat(features, len(rows)):
        return 0
    frame = problem.table.frame.iloc[rows]
    same = pd.util.hash_pandas_object(frame[[column.name for column in features]], index=False).to_numpy()
    if group is None:
        return len(same) - len(np.unique(same))
    pairs = pd.DataFrame({"row": same, "group": pd.factorize(frame[group])[0]}).drop_duplicates()
    return len(pairs) - int(pairs["row"].nunique())


def _must_repeat(features: list[Column], n_rows: int) -> bool:
    """Return whether there are fewer combinations of the features' few values than rows."""
    values = [column.distinct + (column.missing > 0) for column in features]
    return max(values) <= FEW_VALUES and sum(map(math.log, values)) < math.log(max(1, n_rows))
