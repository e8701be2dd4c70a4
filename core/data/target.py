"""The target of a table: which column it may be, and the class of every row."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from core.data.classes import OTHER, ClassChanges, ManyClassesError, change_classes, check_classes, new_classes
from core.data.columns import count_distinct
from core.data.reading.cells import as_text
from core.data.table import Table
from core.words import TableError, counted, quoted, which_there_are

MAX_CLASSES = 50
# As many classes can be merged at once; a column with more values is rather a measure or a name.
_MAX_MERGED = 200
# Names that a class has and hardly any other column; and names that a class may have, as may a feature
# ("marital status", "default: has credit in default").
_CLASS_NAME = re.compile(
    r"target|class|labels?|y|outcome|diagnosis|(is_?)?fraud|(is_?)?churn(ed)?|exited|survived|creditability|attrition|"
    r"stroke",
    re.IGNORECASE,
)
_PERHAPS_CLASS_NAME = re.compile(
    r"(?:^|[_\W])(target|class|labels?|outcome|diagnosis|fraud|churn(ed)?|survived|attrition|stroke|output|response|"
    r"default(ed)?|deposit|result|status|failure|event|death|income)(?:[_\W]|$)",
    re.IGNORECASE,
)


@dataclass(frozen=True, eq=False)
class Target:
    """The class of every labelled row.

    Parameters
    ----------
    classes : tuple
        For two classes (negative, positive); for more, sorted. In the column's own type.
    codes : ndarray of int64, shape (n,)
        Positions in ``classes``.
    rows : ndarray of int64, shape (n,)
        Positions of the labelled rows in the table's frame.
    positive : int or None
        1 for two classes, None for more.
    notes : tuple of str
        Rows left out because they have no label, classes that were changed, and a positive class that is none.

    See Also
    --------
    encode_target : Makes one.

    Examples
    --------
    >>> target = Target("fraud", ("no", "yes"), np.array([0, 0, 1, 0]), np.arange(4), positive=1)
    >>> target.labels, target.counts.tolist()
    (('no', 'yes'), [3, 1])
    """

    name: str
    classes: tuple[str | int | float | bool, ...]
    codes: np.ndarray
    rows: np.ndarray
    positive: int | None
    notes: tuple[str, ...] = field(default=())

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names as text, in the order of the codes."""
        return tuple(map(str, self.classes))

    @property
    def counts(self) -> np.ndarray:
        """Rows of each class, shape (n_classes,)."""
        return np.bincount(self.codes, minlength=len(self.classes))


def encode_target(
    table: Table,
    name: str,
    positive: str | None = None,
    folds: int = 2,
    changes: ClassChanges = (),
    usable: np.ndarray | None = None,
) -> Target:
    """Turn a column into class codes, and refuse what no classifier can be compared on.

    Rows without a label are left out and noted. Whole numbers read as floats become integers.

    Parameters
    ----------
    table : Table
    name : str
        Column of the target.
    positive : str or None
        Text of the positive class for two classes; None means the rarer one.
    folds : int
        Every class needs a row in each fold.
    changes : tuple of (class, class or None) pairs
        Classes that count as another one, or whose rows are left out.
    usable : ndarray of bool, shape (rows of the table,), optional
        False where a row must be left out, whatever its label.

    Returns
    -------
    Target

    Raises
    ------
    TableError
        One class, too many classes (:class:`core.data.classes.ManyClassesError`) or continuous values, an unknown
        class to change, an unknown positive class, or a class with fewer rows than folds
        (:class:`core.data.classes.RareClassError`).

    See Also
    --------
    core.data.problem.Problem.of : The target and the features under a plan.

    Examples
    --------
    >>> import pandas as pd
    >>> from core.data.table import from_frame
    >>> frame = pd.DataFrame({"x": range(6), "fraud": ["no", "yes", "no", "no", None, "yes"]})
    >>> target = encode_target(from_frame(frame), "fraud")
    >>> target.classes, target.codes.tolist(), target.notes
    (('no', 'yes'), [0, 1, 0, 0, 1], ('1 row without a label in `fraud` left out.',))
    """
    column = table.column(name)
    labelled = table.frame[name].notna().to_numpy()
    eligible = np.ones(len(labelled), bool) if usable is None else usable
    rows = np.flatnonzero(labelled & eligible)
    values = table.frame[name].iloc[rows]
    distinct = column.distinct if usable is None else count_distinct(values)
    classes, codes = _coded(_class_values(name, values, distinct))
    n_unlabelled = int((~labelled & eligible).sum())
    notes = (f"{counted(n_unlabelled, 'row')} without a label in {quoted(name)} left out.",) * bool(n_unlabelled)
    if changes:
        labels = list(map(str, classes))
        kept, codes, change_sentences = change_classes(name, labels, codes, changes)
        new = new_classes(labels, changes)
        every = [*labels, *new] if new else classes
        classes, notes = [every[code] for code in kept], notes + change_sentences
        rows, codes = rows[codes >= 0], codes[codes >= 0]
        if len(classes) < 2:
            raise TableError(f"{_shown(name)} keeps fewer than two classes: merge or leave out fewer of them.")
    counts = np.bincount(codes)
    if len(classes) > MAX_CLASSES:
        rarest = [str(classes[code]) for code in np.argsort(counts, kind="stable")[: len(classes) - MAX_CLASSES + 1]]
        raise ManyClassesError(
            f"{_shown(name)} has {len(classes):,} classes and at most {MAX_CLASSES} are possible: merge the "
            f"{len(rarest)} rarest into {quoted(OTHER)}, or choose another column.",
            tuple(rarest),
        )
    check_classes(name, list(map(str, classes)), counts, folds)
    binary = len(classes) == 2
    if positive is not None and not binary:
        many = f"{quoted(name)} has {len(classes)} classes"
        notes += (f"{quoted(positive)} is not taken as the positive class: {many}, and only one of two can be that.",)
    if binary and _positive_code(name, list(map(str, classes)), counts, positive) == 0:
        classes, codes = classes[::-1], 1 - codes
    return Target(name, tuple(classes), codes, rows.astype(np.int64), 1 if binary else None, notes)


@dataclass(frozen=True)
class ClassRows:
    """A class of the table, before the plan merges any or leaves any out.

    See Also
    --------
    rows_of_classes : Those of a column.

    Examples
    --------
    >>> ClassRows("yes", 30).rows
    30
    """

    label: str
    rows: int


def rows_of_classes(table: Table, name: str) -> tuple[ClassRows, ...]:
    """Return the classes of a column as the table has them, the largest first; none where it cannot be a target.

    See Also
    --------
    encode_target : The classes under a plan.

    Examples
    --------
    >>> import pandas as pd
    >>> from core.data.table import from_frame
    >>> table = from_frame(pd.DataFrame({"x": range(6), "fraud": ["no", "yes", "no", "no", None, "yes"]}))
    >>> rows_of_classes(table, "fraud")
    (ClassRows(label='no', rows=3), ClassRows(label='yes', rows=2))
    """
    values = table.frame[name].dropna()
    try:
        classes, codes = _coded(_class_values(name, values, table.column(name).distinct))
    except TableError:
        return ()
    counts = np.bincount(codes)
    return tuple(ClassRows(str(classes[code]), int(counts[code])) for code in np.argsort(-counts, kind="stable"))


def _shown(name: str) -> str:
    return f"The target {quoted(name)}"


def _class_values(name: str, values: pd.Series, distinct: int) -> pd.Series:
    """Return labels with whole numbers as integers; refuse what are no classes, or too many.

    Parameters
    ----------
    values : Series
        The known labels.
    distinct : int
        Different values among them.

    Raises
    ------
    TableError
        The values are dates, all alike, all different, continuous or too many.
    """
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        raise TableError(f"{_shown(name)} holds dates: choose a column that holds classes.")
    if values.empty:
        raise TableError(f"{_shown(name)} has no labels: choose another column.")
    if distinct == 1:
        only = quoted(as_text(values.iloc[0]))
        raise TableError(f"{_shown(name)} has one class only ({only}): choose another column.")
    if distinct == len(values) and len(values) > 2:
        raise TableError(
            f"{_shown(name)} has another value in every row, like an identifier: choose a column of classes."
        )
    whole = _as_whole(values)
    if whole is None and distinct > 10:
        raise TableError(
            f"{_shown(name)} has continuous values ({distinct:,} different ones): "
            "choose a column of classes, or cut it into classes first."
        )
    if distinct > MAX_CLASSES + _MAX_MERGED:
        raise TableError(
            f"{_shown(name)} has {distinct:,} classes and at most {MAX_CLASSES} are possible: choose another column."
        )
    return values if whole is None else whole


def _coded(values: pd.Series) -> tuple[list[str | int | float | bool], np.ndarray]:
    """Return the sorted classes, and every row's position among them."""
    classes, codes = np.unique(np.asarray(values.astype(object).tolist()), return_inverse=True)
    return [_scalar(value) for value in classes], codes.astype(np.int64)


def _positive_code(name: str, labels: list[str], counts: np.ndarray, positive: str | None) -> int:
    """Return which of two classes is the positive one.

    Raises
    ------
    TableError
        There is no class of that name.
    """
    if positive is None:
        return int(counts[1] > counts[0]) ^ 1
    if positive not in labels:
        known = which_there_are(positive, labels, "its classes are")
        raise TableError(f"{_shown(name)} has no class {quoted(positive)}: {known}")
    return labels.index(positive)


def _as_whole(values: pd.Series) -> pd.Series | None:
    """Return floats that are whole numbers as integers, None where one has a fraction."""
    if not pd.api.types.is_float_dtype(values.dtype):
        return values
    plain = values.to_numpy()
    return values.astype("int64") if (plain == np.trunc(plain)).all() and (np.abs(plain) < 2**53).all() else None


def _scalar(value: object) -> str | int | float | bool:
    plain = value.item() if isinstance(value, np.generic) else value
    return plain if isinstance(plain, bool | int | float) else str(plain)


def suggest_target(table: Table) -> str:
    """Return the column that most looks like a class: by its place, few values, name and imbalance.

    Structure outweighs a name that features have as well: of a binary last column and an earlier
    "marital_status", the last column is suggested.

    See Also
    --------
    encode_target : Makes a target of it.

    Examples
    --------
    >>> from core.data.samples import load_sample
    >>> suggest_target(load_sample("german_credit"))
    'creditability'
    """
    best, best_score = table.columns[-1].name, -1.0
    for at, column in enumerate(table.columns):
        if column.kind not in ("numeric", "categorical") or not 2 <= column.distinct <= MAX_CLASSES:
            continue
        values = table.frame[column.name]
        last, binary = at == len(table.columns) - 1, column.distinct == 2
        score = 3.0 * last + 1.5 * (last and binary) + 0.5 * (at == 0)
        score += (
            5.0 if _CLASS_NAME.fullmatch(column.name.strip()) else 1.5 * bool(_PERHAPS_CLASS_NAME.search(column.name))
        )
        score += 1.0 * (column.distinct <= 10) + 1.0 * binary + 0.5 * (column.kind == "categorical")
        score += 0.5 * (column.kind != "numeric" or _as_whole(values.dropna()) is not None)
        score += 0.5 * (0.5 - min(values.value_counts(normalize=True).min(), 0.5))
        score -= 0.5 * (column.missing > 0)  # a class is known of most rows that people collect
        if score > best_score:
            best, best_score = column.name, score
    return best
