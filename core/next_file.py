"""A labelled file that was not in the run: read as the run's table was, tested once, held against the promise."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from core.asking import add_functions, results_of
from core.data.periods import moments, periods_in
from core.data.preparation import Labels, Preparation, Step
from core.data.problem import Problem
from core.data.reading.cells import Reading, as_text
from core.decision.stakes import Stakes
from core.decision.top_rows import TopRows
from core.evaluation.intervals import intervals
from core.evaluation.kept_promise import kept_promises, shifted
from core.evaluation.metrics import METRIC_NAMES
from core.experiment.capacity import share_of
from core.experiment.results import FoldResult
from core.exporting.drift import comparable, drift, drift_in_words
from core.exporting.new_rows import Match, aligned, match, read_rows
from core.next_decisions import decisions_answer, settled_on
from core.reporting.questions import Answer, Column
from core.reporting.results import Results
from core.runs.looks import Look, keep_look
from core.runs.stakes import stakes_of
from core.runs.store import Store, StoreError, runs_folder
from core.words import TableError, counted, joined, listed, quoted, which_there_are


@dataclass(frozen=True, eq=False)
class NextFile:
    """A labelled file in a run's columns and classes.

    Parameters
    ----------
    digest : str
        Of the content: looks are counted by it.
    kept_as : str
        Of the content and of the columns that a person chose: results are kept under it.
    columns : Match
        Which column of the file serves each column of the table.
    frame : DataFrame, n rows
        The features as the run's table has them.
    codes : ndarray of int64, shape (n,)
        Classes by the run's codes.
    raw : DataFrame, n rows
        The cells under the training table's names.
    notes : tuple of str
        What did not fit, in sentences.
    drifts : Answer
        How far each column is from the run's table.

    See Also
    --------
    read_next : Reads it.
    """

    name: str
    digest: str
    kept_as: str
    columns: Match
    frame: pd.DataFrame
    codes: np.ndarray
    raw: pd.DataFrame
    notes: tuple[str, ...]
    drifts: Answer


def read_next(data: bytes, name: str, problem: Problem, chosen: Sequence[tuple[str, str]] = ()) -> NextFile:
    """Read a labelled file as the run's table was read, in any order of columns.

    Columns that it lacks count as missing, those that it has beside are passed over, and rows of classes that the run
    does not know are left out; each is said in a sentence.

    Parameters
    ----------
    chosen : sequence of (needed, given) pairs
        Which column to take for one that has another name in the file.

    Raises
    ------
    TableError
        It cannot be read, lacks the label or a chosen column, or holds no row of a known class.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> read = read_next(b"fraud,age\\nyes,30\\nno,41\\nmaybe,20\\n", "may.csv", sample_run().problem)
    >>> read.codes.tolist(), read.frame["age"].tolist(), read.notes
    ([1, 0], [30.0, 41.0], ('1 row of classes that the run does not know left out: `maybe`.',))
    """
    table, target = problem.table, problem.target
    rows = read_rows(data, name, table.reading, target.name)
    if target.name not in rows.frame.columns:
        there = which_there_are(target.name, map(str, rows.frame.columns), "it has")
        raise TableError(
            f"The file lacks the label {quoted(target.name)}, without which nothing can be tested: {there}"
        )
    for needed, given in chosen:
        if given not in rows.frame.columns:
            there = which_there_are(given, map(str, rows.frame.columns), "it has")
            raise TableError(f"The file has no column {quoted(given)} to take {quoted(needed)} from: {there}")
    training = table.frame.iloc[target.rows]
    labels = Labels(target.codes, len(target.classes), problem.groups(np.arange(len(target.codes))))
    preparation, _ = Preparation.fit_encode(training, problem.features, labels, problem.choices)
    matched = match(preparation.steps, [column.name for column in table.columns], rows, dict(chosen))
    frame, problems = aligned(preparation.steps, rows, matched, table.reading, training)
    codes, said = _codes(rows.frame[target.name], problem)
    known = codes >= 0
    if not known.any():
        raise TableError(f"No row of the file has a class that the run knows: {listed(target.labels)}.")
    present = comparable(preparation.steps, matched.found, problem.plan.split.time)
    notes = tuple(filter(None, (*rows.notes, matched.sentence(), *problems, *said)))
    # The same file with other columns gives other results, but is looked at once more.
    digest = hashlib.sha256(data).hexdigest()
    kept_as = hashlib.sha256(data + repr(sorted(chosen)).encode()).hexdigest() if chosen else digest
    raw = matched.named(rows.frame)[known].reset_index(drop=True)
    drifts = _drift_answer(present, training, frame[known])
    return NextFile(
        name, digest, kept_as, matched, frame[known].reset_index(drop=True), codes[known], raw, notes, drifts
    )


def taken(text: str, problem: Problem) -> tuple[str, str]:
    """Read which column of a file stands for one of the run's, written as ``column=name``.

    Raises
    ------
    TableError
        It is not written so, or the run has no such feature.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> taken("age=Age at entry", sample_run().problem)
    ('age', 'Age at entry')
    """
    features = [column.name for column in problem.features]
    # Names may hold the sign themselves: the longest that the run knows is meant.
    needed = max((one for one in features if text.startswith(f"{one}=")), key=len, default=None)
    if needed is None or text == f"{needed}=":
        raise TableError(
            f"--take must name a column of the run and one of the file, such as '{features[0]}=other name', not "
            f"'{text[:60]}': the run has {listed(features)}."
        )
    return needed, text.removeprefix(f"{needed}=")


def _codes(values: pd.Series, problem: Problem) -> tuple[np.ndarray, list[str]]:
    """Return each row's class, -1 for those that the run does not know, and sentences on what is left out."""
    plan, labels = problem.plan, list(problem.target.labels)
    how = (problem.table.reading or Reading()).of(plan.target)
    read = how.categories(values) if how is not None else values.map(as_text, na_action="ignore")
    text = read.astype(object).where(read.notna(), None)
    names = {**{label: label for label in labels}, **dict(plan.classes)}
    changed: list[str | None] = []
    for value in text:
        whole = None if value is None else _whole(str(value).strip())
        changed.append(names.get(whole, whole) if whole is not None else None)
    place = {label: code for code, label in enumerate(labels)}
    folded = {label.casefold(): code for label, code in place.items()}
    codes = np.array(
        [-1 if one is None else place.get(one, folded.get(one.casefold(), -1)) for one in changed], np.int64
    )
    unlabelled = int(text.isna().sum())
    new = [one for one, code in zip(changed, codes, strict=True) if code < 0 and one is not None]
    left = int((codes < 0).sum()) - unlabelled - len(new)
    said = []
    if unlabelled:
        said.append(f"{counted(unlabelled, 'row')} without a label left out.")
    if left:
        said.append(f"{counted(left, 'row')} of classes that the plan leaves out left out.")
    if new:
        names_of_new = listed(dict.fromkeys(new))
        said.append(f"{counted(len(new), 'row')} of classes that the run does not know left out: {names_of_new}.")
    return codes, said


def _whole(text: str) -> str:
    """Return a label as the table writes it: whole numbers without a fraction."""
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if number == int(number) and "." in text else text


def _drift_answer(steps: Sequence[Step], before: pd.DataFrame, after: pd.DataFrame) -> Answer:
    drifts = drift(steps, before, after)
    table = pd.DataFrame(
        {
            "Column": [one.name for one in drifts],
            "Drift": [one.distance for one in drifts],
            "Verdict": ["drifted" if one.drifted else "alike" for one in drifts],
            "In the run": [one.then for one in drifts],
            "In this file": [one.now for one in drifts],
            "Missing then": [one.missing_then for one in drifts],
            "Missing now": [one.missing_now for one in drifts],
        }
    )
    said = drift_in_words(drifts) or "No column differs from the run's table by more than chance."
    how = "The median, the commonest level, or the word whose share of texts differs most."
    columns = {
        "Drift": Column("number", "0 for alike, 1 for nothing in common.", 2),
        "In the run": Column("text", how),
        "In this file": Column("text", how),
        "Missing then": Column("percent", "", 1),
        "Missing now": Column("percent", "", 1),
    }
    return Answer("Drift of the columns", (said,), table, columns)


def answers(
    run: Results, file: NextFile, results: Sequence[FoldResult], stakes: Stakes, look: Look | None = None
) -> tuple[Answer, ...]:
    """Return what a file says of a run: metrics beside the promise, decisions and costs, drift.

    Parameters
    ----------
    results : sequence of FoldResult
        What :func:`core.experiment.next_rows.run_on` made of the file.

    See Also
    --------
    read_next : Reads the file.
    """
    run = run if run.stakes == stakes else replace(run, stakes=stakes)
    names, target = run.names, run.problem.target
    own = [result for result in results if result.error is None]
    settled = settled_on(run, file, own)
    finished, promised = settled.results, run.decided if settled.is_kept else run.comparison
    kept = kept_promises(finished, intervals(promised, run.plan), _top_rows(run, file)).frame
    broken = kept[kept["inside"].eq(False)]
    now = np.bincount(file.codes, minlength=len(target.classes)) / len(file.codes)
    then = target.counts / target.counts.sum()
    if len(broken):
        which = broken.groupby("metric", sort=False)["strategy"].nunique()
        parts = [
            f"{METRIC_NAMES[str(metric)]} ({counted(int(number), 'strategy', 'strategies')})"
            for metric, number in which.items()
        ]
        first = f"Not all is as cross-validation promised: outside of it are {joined(parts, most=6)}."
    else:
        first = "All metrics lie inside what cross-validation promised."
    said = [first, settled.said]
    shares = [
        f"{quoted(label)} {a:.2%} then and {b:.2%} now"
        for label, a, b in zip(target.labels, then, now, strict=True)
        if label != target.labels[0] or len(target.labels) > 2
    ]
    said.append(f"Classes: {joined(shares, most=6)}.")
    missing = [label for label, share in zip(target.labels, now, strict=True) if share == 0]
    if missing:
        said.append(f"The file has no row of {joined([quoted(one) for one in missing])}: what needs it is undefined.")
    mended = shifted(finished, then)
    best = None if missing else min(mended, key=lambda key: mended[key][1] - mended[key][0], default=None)
    if best is not None and mended[best][0] - mended[best][1] > 0.001:
        a, b = mended[best]
        said.append(
            f"Prior correction to the new shares would mend most for {names[best]}: its Brier score would be {b:.4f} "
            f"in place of {a:.4f}."
        )
    if look is not None and look.sentence():
        said.append(look.sentence())
    table = pd.DataFrame(
        {
            "Strategy": [names[key] for key in kept["strategy"]],
            "Metric": [METRIC_NAMES[key] for key in kept["metric"]],
            "Here": kept["value"],
            "Low": kept["low"],
            "High": kept["high"],
            "Promised": kept["promised"],
            "from": kept["promised_low"],
            "to": kept["promised_high"],
            "Inside": [{True: "yes", False: "no"}.get(one, "–") for one in kept["inside"]],
        }
    )
    failed = [f"{names[r.strategy]} has no result: {r.error}" for r in results if r.error is not None]
    notes = (
        f"Every strategy was trained on all {counted(len(target.codes), 'row')} of the run and saw this file once. "
        "Intervals here are by rows, those promised by folds; outside means that they differ by more than both allow.",
        *file.notes,
        *failed,
    )
    numbers = {name: Column() for name in ("Here", "Low", "High", "Promised", "from", "to")}
    first_answer = Answer(f"Tested on {file.name}", tuple(said), table, numbers, notes=notes)
    return first_answer, decisions_answer(run, file, settled, mended), file.drifts


def _top_rows(run: Results, file: NextFile) -> TopRows:
    """Return how many rows of the file can be looked at; as many of 1,000 as in the run where it has no moments."""
    capacity = run.stakes.capacity or run.plan.capacity
    column = capacity.by or next(iter(moments(run.problem)), None)
    if not capacity.per or column not in file.frame.columns or file.frame[column].isna().all():
        return TopRows(np.array([share_of(run.comparison.top)]))
    return TopRows.by_period(capacity.rows, periods_in(file.frame[column], capacity.per).of_row)


def main(arguments: Sequence[str]) -> int:
    """Test a kept run on a file on the command line, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m core test", description="Test every strategy of a kept run on a labelled file, once."
    )
    parser.add_argument("run", metavar="RUN", help="a run's id, or its name in History")
    parser.add_argument("file", metavar="FILE", type=Path, help="a labelled file that was not in the run")
    parser.add_argument(
        "--take",
        action="append",
        default=[],
        metavar="COLUMN=NAME",
        help="take a column of the run from one of another name in the file; repeatable",
    )
    add_functions(parser)
    parser.add_argument("--runs", type=Path, metavar="FOLDER", help="where runs are kept (default: the app's folder)")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    given = parser.parse_args(list(arguments))
    store = Store(given.runs or runs_folder())
    try:
        run = results_of(store, given.run, given.network)
        data, name = given.file.read_bytes(), given.file.name
        file = read_next(data, name, run.problem, [taken(text, run.problem) for text in given.take])
    except (StoreError, TableError) as problem:
        print(problem, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"'{given.file}' cannot be opened: {error.strerror or error}.", file=sys.stderr)
        return 2
    from core.experiment.next_rows import run_on

    results = run_on(run.table, run.plan, file.frame, file.codes)
    look = keep_look(store, run.run_id, file.digest, file.name, results, file.kept_as)
    said = answers(run, file, results, stakes_of(store, run.run_id), look)
    if given.json:
        print(json.dumps([one.as_json() for one in said], ensure_ascii=False))
    else:
        print("\n\n".join(map(str, said)))
    return 0
