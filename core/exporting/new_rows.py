"""New rows for an exported model: read, matched to its columns by name and type, and scored."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
import pandas as pd

from core.data.preparation import NumberStep, Step
from core.data.reading.cleaning import clean
from core.data.reading.containers import read_any
from core.exporting.bundle import probability_columns
from core.exporting.scorer import Scorer
from core.words import TableError, counted, listed, quoted

_SPARE = "\0spare"


@dataclass(frozen=True, eq=False)
class NewRows:
    """A file of new rows, as uploaded and cleaned as a training table is.

    Parameters
    ----------
    raw, frame : DataFrame
        The same rows in the same order.
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
    """

    found: tuple[tuple[str, str | None], ...]
    suggested: tuple[tuple[str, str], ...]
    spare: tuple[str, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(needed for needed, given in self.found if given is None)

    def sentence(self) -> str:
        """Return what does not fit, in one sentence; empty where all does."""
        closest = dict(self.suggested)
        said = []
        if self.missing:
            named = [f"{quoted(n)} (is it {quoted(closest[n])}?)" if n in closest else quoted(n) for n in self.missing]
            rest = "" if len(named) <= 5 else f" and {len(named) - 5:,} more"
            said.append(f"the file lacks {', '.join(named[:5])}{rest}, which count as missing in every row")
        extra = [name for name in self.spare if name not in closest.values()]
        if extra:
            verb = "is" if len(extra) == 1 else "are"
            said.append(f"{listed(extra)} {verb} unknown to the model and {verb} passed over")
        text = "; ".join(said)
        return text[:1].upper() + text[1:] + "." if text else ""


def read_rows(data: bytes, name: str) -> NewRows:
    """Read a CSV, Parquet or Excel file of new rows.

    Raises
    ------
    TableError
        The file cannot be read; the message says what to change.
    """
    raw, notes = read_any(memoryview(data))
    # A model of one column takes a file of one column, which as a training table would be refused.
    padded = raw.assign(**{_SPARE: np.arange(len(raw))}) if raw.shape[1] == 1 else raw
    frame, more = clean(padded)
    return NewRows(name, raw, frame.drop(columns=_SPARE, errors="ignore"), (*notes, *more))


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
    """
    given = [str(name) for name in rows.frame.columns]
    needed = [step.name for step in steps]
    settled = {n: g for n, g in (chosen or {}).items() if g in given}
    found = {n: settled.get(n, n if n in given else None) for n in needed}
    used = {g for g in found.values() if g is not None}
    spare = [g for g in given if g not in used and g not in needed and g not in known]
    suggested: dict[str, str] = {}
    for name in (n for n, g in found.items() if g is None):
        folded = {_folded(g): g for g in spare if g not in suggested.values()}
        close = get_close_matches(_folded(name), folded, 1, 0.54)
        if close:
            suggested[name] = folded[close[0]]
    if not used and not suggested:
        raise TableError(
            f"The file has none of the model's columns: it has {listed(given)}, and the model needs {listed(needed)}."
        )
    return Match(tuple(found.items()), tuple(suggested.items()), tuple(spare))


def _folded(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())


def aligned(steps: tuple[Step, ...], rows: NewRows, matched: Match) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the model's columns in the types that it takes, and a sentence on each that had another.

    What cannot be read in a column's type counts as missing.
    """
    columns, said = {}, []
    given = dict(matched.found)
    for step in steps:
        source = given[step.name]
        if source is None:
            columns[step.name] = pd.Series(np.full(len(rows.frame), np.nan), index=rows.frame.index)
            continue
        values = rows.frame[source]
        columns[step.name], problem = _typed(values, step)
        if problem:
            said.append(problem)
    return pd.DataFrame(columns), tuple(said)


def _typed(values: pd.Series, step: Step) -> tuple[pd.Series, str]:
    if not isinstance(step, NumberStep):
        unseen = values.notna() & (step.codes(values) == step.unseen)
        levels = values[unseen].drop_duplicates()
        rare = step.rare and unseen.any()
        if not unseen.any() or (rare and unseen.mean() <= 0.1):
            return values, ""  # the rare levels of the training table have no code of their own either
        return values, (
            f"Column {quoted(step.name)} has {counted(len(levels), 'text')} that the model has no level for, such as "
            f"{quoted(levels.iloc[0])}, in {counted(int(unseen.sum()), 'row')}."
        )
    moment = pd.api.types.is_datetime64_any_dtype(values.dtype)
    plain = pd.api.types.is_numeric_dtype(values.dtype)
    nothing = pd.Series(np.nan, index=values.index)
    made: pd.Series
    wanted = "dates" if step.date else "numbers"
    if not step.date:
        made = nothing if moment else pd.to_numeric(values, errors="coerce").astype("float64")
    elif moment or plain:
        made = values if moment else nothing
    else:
        made = pd.to_datetime(values, errors="coerce", format="mixed", utc=True).dt.tz_localize(None)
    lost = values[values.notna() & made.isna()]
    if not len(lost):
        return made, ""
    return made, (
        f"Column {quoted(step.name)} should hold {wanted}: {counted(len(lost), 'value')} such as "
        f"{quoted(lost.iloc[0])} {'is' if len(lost) == 1 else 'are'} not and {'counts' if len(lost) == 1 else 'count'} "
        "as missing."
    )


def score(scorer: Scorer, rows: NewRows, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the uploaded rows with a column a probability and one for the decision.

    Parameters
    ----------
    frame : DataFrame
        The first result of :func:`aligned`.
    """
    probabilities = scorer.probabilities(frame)
    codes = scorer.decide(probabilities)
    added = {name: probabilities[:, code] for code, name in probability_columns(scorer)}
    added["decision"] = np.asarray(scorer.classes, dtype=object)[codes]
    scored = rows.raw.reset_index(drop=True)
    for name, values in added.items():
        while name in scored.columns:
            name += " (model)"
        scored[name] = values
    return scored
