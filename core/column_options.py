"""What the Data page settles about columns, as options of the command line, and what it asks as hints."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.data.problem import Problem


def add_column_options(parser: argparse.ArgumentParser) -> None:
    """Add the options to a parser.

    See Also
    --------
    of_columns : Reads what was typed.
    """
    options = parser.add_argument_group("columns")
    for name, metavar, words in (
        ("kind", "COLUMN=KIND", "what a column is used as: numeric, categorical, text, date, identifier or ignored"),
        ("missing", "COLUMN=VALUE", "take a value of a column as missing"),
        ("day-first", "COLUMN", "read the dates of a column day first"),
        ("month-first", "COLUMN", "read the dates of a column month first"),
        ("prepare", "COLUMN=SETTING:VALUE", "how a column is prepared: amount=scaling:log, message=components:50"),
    ):
        options.add_argument(f"--{name}", action="append", default=[], metavar=metavar, help=f"{words}; repeatable")


def of_columns(given: argparse.Namespace) -> dict[str, object]:
    """Return the fields of a plan that the options name.

    Raises
    ------
    PlanError
        An option is not of the form that it should have.

    See Also
    --------
    add_column_options : Adds the options.

    Examples
    --------
    >>> parser = argparse.ArgumentParser()
    >>> add_column_options(parser)
    >>> typed = ["--kind", "code=categorical", "--missing", "age=-999", "--prepare", "fee=scaling:log"]
    >>> for name, value in of_columns(parser.parse_args(typed)).items():
    ...     print(name, value)
    kinds (('code', 'categorical'),)
    missing (('age', ('-999',)),)
    day_first ()
    prepared (('fee', (('scaling', 'log'),)),)
    """
    missing: dict[str, list[str]] = {}
    for name, value in _pairs("missing", given.missing, "=", "age=-999"):
        missing.setdefault(name, []).append(value)
    prepared: dict[str, dict[str, str | int]] = {}
    for name, text in _pairs("prepare", given.prepare, "=", "amount=scaling:log"):
        ((setting, value),) = _pairs("prepare", [text], ":", "amount=scaling:log")
        prepared.setdefault(name, {})[setting] = int(value) if value.isdecimal() else value
    first = dict.fromkeys(given.day_first, True) | dict.fromkeys(given.month_first, False)
    return {
        "kinds": tuple(sorted(_pairs("kind", given.kind, "=", "code=categorical"))),
        "missing": tuple(sorted((name, tuple(values)) for name, values in missing.items())),
        "day_first": tuple(sorted(first.items())),
        "prepared": tuple(sorted((name, tuple(sorted(chosen.items()))) for name, chosen in prepared.items())),
    }


def hints(problem: Problem) -> tuple[str, ...]:
    """Return what the Data page would ask, one or two sentences each, with the option that answers it.

    Examples
    --------
    >>> import pandas as pd
    >>> from core.data.problem import Problem
    >>> from core.data.table import from_frame
    >>> from core.plan import Plan, StrategyChoice
    >>> frame = pd.DataFrame({"age": [20, 31, 44, 58, 67, -999] * 10, "y": [0, 0, 0, 1] * 15})
    >>> hints(Problem.of(from_frame(frame), Plan("y", (StrategyChoice.of("plain"),))))
    ('Column `age` has `-999` in 10 rows: does it stand for a missing value? Then add --missing age=-999.',)
    """
    from core.data.grouping import find_grouping
    from core.data.questions import split_questions
    from core.data.readings import both_ways, epochs, stand_ins

    settled = dict(problem.plan.day_first)
    asked = []
    for found in both_ways(problem.table):
        if found.name not in settled:
            other = "month-first" if found.day_first else "day-first"
            asked.append(f"{found.sentence()} For the other, add --{other} {shlex.quote(found.name)}.")
    for values in stand_ins(problem.table):
        options = " ".join(f"--missing {shlex.quote(f'{values.name}={text}')}" for text in values.texts)
        asked.append(f"{values.sentence()} Then add {options}.")
    for numbers in epochs(problem.table):
        if numbers.name != problem.target.name:
            asked.append(f"{numbers.sentence()} Then add --kind {shlex.quote(numbers.name)}=date.")
    grouping = find_grouping(problem)
    if grouping is not None:  # the warning on it says why
        asked.append(f"To keep rows with the same value together, add --group {shlex.quote(grouping.name)}.")
    for question in split_questions(problem):
        if question.by == "group" and grouping is not None:
            continue
        asked.append(f"{question.fact} {question.question} Then add --{question.by} {shlex.quote(question.column)}.")
    return tuple(asked)


def _pairs(option: str, texts: Sequence[str], sign: str, example: str) -> list[tuple[str, str]]:
    from core.plan import PlanError

    pairs = []
    for text in texts:
        name, found, value = text.rpartition(sign) if sign == "=" else text.partition(sign)
        if not (found and name and value):
            raise PlanError(f"--{option} must be written as in '{example}', not '{text[:60]}'.")
        pairs.append((name, value))
    return pairs
