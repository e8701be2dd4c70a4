"""New rows for an exported model: read, matched to its columns by name and type, and scored."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
import pandas as pd

from core.data.preparation import CategoryStep, Step
from core.data.reading.cells import EPOCHS, ColumnReading, FileReading, Reading, as_text, plain_names, unmarked
from core.data.reading.containers import read_any
from core.exporting.bundle import probability_columns
from core.exporting.scorer import Scorer
from core.exporting.settled import decide
from core.words import TableError, counted, listed, quoted


@dataclass(frozen=True, eq=False)
class NewRows:
    """A file of new rows.

    Parameters
    ----------
    raw : DataFrame
        As uploaded; of a text file every cell is text.
    frame : DataFrame
        The same cells under names as a table has them, not yet read as numbers or dates.

    See Also
    --------
    read_rows : Reads them.

    Examples
    --------
    >>> rows = read_rows(b"AGE,town\\n30,Bonn\\nold,Ulm\\n", "new.csv")
    >>> list(rows.frame.columns), len(rows.raw)
    (['AGE', 'town'], 2)
    """

    name: str
    raw: pd.DataFrame
    frame: pd.DataFrame
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Match:
    """Which column of a file serves each column of a model.

    Parameters
    ----------
    found : tuple of (needed, given or None) pairs
        In the model's order; None means that the file has none, so that every row counts as missing.
    suggested : tuple of (needed, given) pairs
        For needed columns of another name, the given one whose name is closest.
    spare : tuple of str
        Columns of the file that neither the model nor the training table has.

    See Also
    --------
    match : Makes it.

    Examples
    --------
    >>> Match((("age", "Age"), ("sex", None)), suggested=(), spare=("town",)).missing
    ('sex',)
    >>> Match((("age", "Age"),), suggested=(), spare=("town",)).sentence()
    '`town` is unknown to the model and is passed over.'
    """

    found: tuple[tuple[str, str | None], ...]
    suggested: tuple[tuple[str, str], ...]
    spare: tuple[str, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(needed for needed, given in self.found if given is None)

    def named(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return a file's cells under the training table's names, where a person settled which column is which.

        Examples
        --------
        >>> Match((("age", "AGE"),), (), ()).named(pd.DataFrame({"AGE": ["30"], "town": ["Ulm"]})).columns.tolist()
        ['age', 'town']
        """
        return frame.rename(columns={given: needed for needed, given in self.found if given is not None})

    def sentence(self) -> str:
        """Return what does not fit, in one sentence; empty where all does."""
        closest = dict(self.suggested)
        said = []
        if self.missing:
            named = [f"{quoted(n)} (is it {quoted(closest[n])}?)" if n in closest else quoted(n) for n in self.missing]
            rest = "" if len(named) <= 5 else f" and {len(named) - 5:,} more"
            count = "counts" if len(named) == 1 else "count"
            said.append(f"the file lacks {', '.join(named[:5])}{rest}, which {count} as missing in every row")
        extra = [name for name in self.spare if name not in closest.values()]
        if extra:
            verb = "is" if len(extra) == 1 else "are"
            said.append(f"{listed(extra)} {verb} unknown to the model and {verb} passed over")
        text = "; ".join(said)
        return text[:1].upper() + text[1:] + "." if text else ""


def read_rows(data: bytes, name: str, reading: Reading | None = None, target: str = "") -> NewRows:
    """Read a CSV, Parquet or Excel file of new rows, as the training table was read.

    Parameters
    ----------
    reading : Reading or None
        The training table's; None for a model of an earlier version, which kept none.
    target : str
        The column that new rows may lack, also where columns have no names.

    Raises
    ------
    TableError
        The file cannot be read; the message says what to change.

    See Also
    --------
    aligned : Brings them into the model's columns.

    Examples
    --------
    >>> read_rows(b"age;town\\n30;Bonn\\n41;Ulm\\n", "new.csv").frame["town"].tolist()
    ['Bonn', 'Ulm']
    """
    kept = FileReading() if reading is None else reading.file
    raw, notes, file = read_any(memoryview(data), kept)
    if not len(raw):
        raise TableError("The file has column names but no rows: add the rows.")
    names = plain_names([str(column) for column in raw.columns])
    if not file.header:
        unlabelled = [column for column in kept.names if column != target]
        if raw.shape[1] not in (len(kept.names), len(unlabelled)):
            raise TableError(
                f"The file has {counted(raw.shape[1], 'column')} and no names, as the training table had none: it "
                f"needs its {counted(len(kept.names), 'column')} in the same order, or all but the target."
            )
        names = list(kept.names) if raw.shape[1] == len(kept.names) else unlabelled
        raw = raw.set_axis(names, axis=1)
    frame = raw.set_axis(names, axis=1).reset_index(drop=True)
    return NewRows(name, unmarked(raw), frame, tuple(notes))


def match(
    steps: tuple[Step, ...], known: Collection[str], rows: NewRows, chosen: Mapping[str, str] | None = None
) -> Match:
    """Find each needed column in a file: as chosen, by its exact name, or by its name in other letters.

    Parameters
    ----------
    known : collection of str
        All columns of the training table; those that the model does not read are no surprise.
    chosen : mapping of needed to given names
        What a person has settled.

    Raises
    ------
    TableError
        The file has none of the model's columns.

    See Also
    --------
    aligned : Reads the matched columns.

    Examples
    --------
    >>> from core.exporting.sample import sample_scorer
    >>> rows = read_rows(b"AGE,town\\n30,Bonn\\nold,Ulm\\n", "new.csv")
    >>> steps = sample_scorer().preparation.steps
    >>> match(steps, ["age", "fraud"], rows).suggested
    (('age', 'AGE'),)
    >>> match(steps, ["age", "fraud"], rows, {"age": "AGE"}).found
    (('age', 'AGE'),)
    """
    given = [str(name) for name in rows.frame.columns]
    needed = [step.name for step in steps]
    settled = {n: g for n, g in (chosen or {}).items() if g in given}
    matches = {n: settled.get(n, n if n in given else None) for n in needed}
    used = {g for g in matches.values() if g is not None}
    spare = [g for g in given if g not in used and g not in needed and g not in known]
    suggested: dict[str, str] = {}
    for name in (n for n, g in matches.items() if g is None):
        folded = {_folded(g): g for g in spare if g not in suggested.values()}
        close = get_close_matches(_folded(name), folded, 1, 0.54)
        if close:
            suggested[name] = folded[close[0]]
    if not used and not suggested:
        raise TableError(
            f"The file has none of the model's columns: it has {listed(given)}, and the model needs {listed(needed)}."
        )
    return Match(tuple(matches.items()), tuple(suggested.items()), tuple(spare))


def _folded(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())


def aligned(
    steps: tuple[Step, ...],
    rows: NewRows,
    matched: Match,
    reading: Reading | None = None,
    before: pd.DataFrame | None = None,
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the model's columns, read as the training table's, and a sentence on each that does not fit.

    What cannot be read as the training table's column was counts as missing.

    Parameters
    ----------
    before : DataFrame or None
        The training rows: a text that they have is no surprise, even where it shares a level with other rare ones.

    See Also
    --------
    match : Finds the columns.

    Examples
    --------
    >>> from core.exporting.sample import sample_scorer
    >>> rows = read_rows(b"AGE,town\\n30,Bonn\\nold,Ulm\\n", "new.csv")
    >>> steps = sample_scorer().preparation.steps
    >>> frame, problems = aligned(steps, rows, match(steps, ["age"], rows, {"age": "AGE"}))
    >>> frame["age"].tolist()
    [30.0, nan]
    >>> problems[0]
    'Column `age` should hold numbers: 1 value such as `old` is not and counts as missing.'
    """
    columns, said = {}, []
    given = dict(matched.found)
    for step in steps:
        source = given[step.name]
        if source is None:
            columns[step.name] = pd.Series(np.full(len(rows.frame), np.nan), index=rows.frame.index)
            continue
        how = (reading or Reading()).of(step.name) or step.usual_reading()
        known = before[step.name] if before is not None and step.name in before else None
        columns[step.name], problem = _read(rows.frame[source], step, how, known)
        if problem:
            said.append(problem)
    return pd.DataFrame(columns), tuple(said)


def _read(values: pd.Series, step: Step, how: ColumnReading, known: pd.Series | None) -> tuple[pd.Series, str]:
    if step.input_kind in ("text", "words"):
        read = how.categories(values)
        if not isinstance(step, CategoryStep):
            return read, ""
        unseen = read.notna() & (step.codes(read) == step.unseen)
        if step.many:  # each of these has inputs of its own
            unseen &= ~read.isin(step.many)
        if known is not None:
            unseen &= ~read.isin(set(known.dropna().map(as_text)))
        elif step.rare and unseen.mean() <= 0.1:
            return read, ""  # the rare levels of the training table have no code of their own either
        if not unseen.any():
            return read, ""
        levels = read[unseen].drop_duplicates()
        return read, (
            f"Column {quoted(step.name)} has {counted(len(levels), 'text')} that the model has no level for, such as "
            f"{quoted(levels.iloc[0])}, in {counted(int(unseen.sum()), 'row')}."
        )
    parsed, lost = how.values(values)
    odd = values[lost.to_numpy()]
    if not len(odd):
        return parsed, ""
    wanted = "dates" if step.input_kind == "date" else "numbers"
    if how.kind == "date" and how.formats and how.formats != ("ISO8601",):
        moment = pd.Timestamp(2024, 12, 31, 21, 5)
        unit = EPOCHS.get(how.formats[0])
        example = (
            str(moment.value // pd.Timedelta(1, unit).value) if unit
            else moment.strftime(how.formats[0].replace("ISO8601", "%Y-%m-%d"))
        )  # fmt: skip
        wanted += f" written as {quoted(example)}"
    elif how.unit or how.thousands or how.decimal != ".":
        wanted += f" written as {quoted(_example(how))}"
    one = len(odd) == 1
    return parsed, (
        f"Column {quoted(step.name)} should hold {wanted}: {counted(len(odd), 'value')} such as "
        f"{quoted(odd.iloc[0])} {'is' if one else 'are'} not and {'counts' if one else 'count'} as missing."
    )


def _example(how: ColumnReading) -> str:
    number = f"1{how.thousands}234{how.decimal}5"
    return f"{how.unit}{number}" if how.unit in "$€£¥" else f"{number} {how.unit}".strip()


def score(scorer: Scorer, rows: NewRows, frame: pd.DataFrame, cells: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the uploaded rows with a column a probability and one for the decision.

    Parameters
    ----------
    frame : DataFrame
        The first result of :func:`aligned`.
    cells : DataFrame or None
        The file's cells of :meth:`Match.named`, for costs by row; None where the file has the training table's names.

    See Also
    --------
    aligned : Makes the frame.

    Examples
    --------
    >>> from core.exporting.sample import sample_scorer
    >>> rows = read_rows(b"age,town\\n30,Bonn\\n62,Ulm\\n", "new.csv")
    >>> scorer = sample_scorer()
    >>> frame, _ = aligned(scorer.preparation.steps, rows, match(scorer.preparation.steps, ["age"], rows))
    >>> score(scorer, rows, frame).round(2).to_numpy().tolist()
    [['30', 'Bonn', 0.12, 'no'], ['62', 'Ulm', 0.58, 'yes']]
    """
    probabilities = scorer.probabilities(frame)
    codes, _ = decide(scorer, probabilities, rows.frame if cells is None else cells)
    added = {name: probabilities[:, code] for code, name in probability_columns(scorer)}
    added["decision"] = np.asarray(scorer.classes, dtype=object)[codes]
    scored = rows.raw.reset_index(drop=True)
    for name, values in added.items():
        while name in scored.columns:
            name += " (model)"
        scored[name] = values
    return scored
