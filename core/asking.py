"""Questions to a run that is kept: from a notebook and on the command line (``python -m core ask promise RUN``)."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from core.data.problem import Problem
from core.networks.reading import with_functions
from core.reporting.questions import Answer, Question, QuestionError, Subject, questions
from core.reporting.results import Results
from core.runs.labels import checked_rows
from core.runs.stakes import stakes_of
from core.runs.store import Store, StoreError, runs_folder
from core.words import TableError, which_there_are

if TYPE_CHECKING:
    from core.decision.stakes import Stakes
    from core.plan import ParameterValue

OK, FAILED, BAD_INPUT = 0, 1, 2


def ask(
    results: Results,
    question: str,
    label: str | None = None,
    checked: Iterable[int] = (),
    stakes: Stakes | None = None,
    **options: ParameterValue,
) -> Answer:
    """Return what a run says to a question.

    Parameters
    ----------
    question : str
        Its key in :func:`core.reporting.questions.questions`, for example ``"promise"``.
    label : str or None
        The class that is looked for; None for the positive one of two, the smallest of more.
    checked : iterable of int
        Labelled rows whose labels somebody found right, by position.
    stakes : Stakes or None
        What was settled about the run's decisions.
    options
        The question's fields, by name.

    Returns
    -------
    Answer
        Sentences, a table and figures; in a notebook it displays as such.

    Raises
    ------
    QuestionError
        There is no such question, an option is out of its range, or the run cannot say.

    See Also
    --------
    results_of : A kept run's results.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> results = Results(sample_run().problem, sample_run().folds)
    >>> ask(results, "promise", recall=0.5, confidence=0.8).table["Strategy"].tolist()
    ['Plain network', 'SMOTE']
    """
    known = questions()
    if question not in known:
        there = which_there_are(question, known, "choose one of")
        raise QuestionError(f"There is no question '{question[:60]}': {there}")
    fields = {each.name for each in dataclasses.fields(known[question])}
    for name in options:
        if name not in fields:
            there = which_there_are(name, sorted(fields), "it takes") if fields else "it takes none."
            raise QuestionError(f"The question '{question}' has no option '{name[:60]}': {there}")
    return known[question](**options).answer(Subject.of(results, label, frozenset(checked), stakes))


def results_of(store: Store, run: str, functions: Sequence[str] = ()) -> Results:
    """Return the results of a kept run, by its id, the start of its id, or its name.

    Parameters
    ----------
    functions : sequence of str
        Networks of the run that functions build, as ``module:function``, to be imported: to train them again.

    Raises
    ------
    PlanError
        A function cannot be found, or the run has no such network.
    StoreError
        There is no such run, several have this name, or its files are damaged.

    See Also
    --------
    core.run : Makes one.

    Examples
    --------
    >>> from core.examples import EXAMPLES, examples
    >>> results = results_of(Store(EXAMPLES), examples()[0].record.id)
    >>> results.run_id == examples()[0].record.id, len(results.folds) > 3
    (True, True)
    """
    records = store.records()
    fitting = [r for r in records if r.id == run] or [r for r in records if r.name == run or r.id.startswith(run)]
    if not run or not fitting:
        newest = f": the newest is {records[0].id}" if records else ": run one first"
        raise StoreError(f"There is no run '{run[:64]}'{newest}.")
    if len(fitting) > 1:
        raise StoreError(f"{len(fitting)} runs fit '{run[:64]}': give the id of one, such as {fitting[0].id}.")
    record = fitting[0]
    problem = Problem.of(store.table(record.id), with_functions(record.plan, functions))
    return Results(problem, store.results(record.id), record.id, stakes_of(store, record.id))


def add_functions(parser: argparse.ArgumentParser) -> None:
    """Let a command that trains networks again be told where a run's own functions are.

    See Also
    --------
    results_of : Takes them.

    Examples
    --------
    >>> parser = argparse.ArgumentParser()
    >>> add_functions(parser)
    >>> parser.parse_args(["--network", "my_module:build"]).network
    ['my_module:build']
    """
    parser.add_argument(
        "--network",
        action="append",
        default=[],
        metavar="MODULE:FUNCTION",
        help="import a function that builds a network of the run; repeatable",
    )


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise QuestionError(f"{message[:1].upper()}{message[1:]}; see {self.prog} --help.")


def main(arguments: Sequence[str]) -> int:
    """Answer a question on the command line and return the exit code."""
    try:
        given = _parser().parse_args(arguments)
        fields = dataclasses.fields(questions()[given.question])
        options = {f.name: value for f in fields if (value := getattr(given, f.name)) is not None}
        store = Store(given.runs or runs_folder())
        results = results_of(store, given.run)
        checked, stakes = checked_rows(store, results.run_id), stakes_of(store, results.run_id)
        answer = ask(results, given.question, given.label, checked, stakes, **options)
    except (QuestionError, StoreError, TableError) as problem:
        print(problem, file=sys.stderr)
        return BAD_INPUT
    print(json.dumps(answer.as_json(), ensure_ascii=False) if given.json else answer)
    return OK


def _parser() -> _Parser:
    parser = _Parser(prog="python -m core ask", description="Ask a kept run a question.")
    commands = parser.add_subparsers(dest="question", required=True, metavar="QUESTION", parser_class=_Parser)
    for key, question in questions().items():
        own = commands.add_parser(key, help=question.help, description=question.help)
        own.add_argument("run", metavar="RUN", help="a run's id, or its name in History")
        own.add_argument("--class", dest="label", help="the class that is looked for (default: positive or smallest)")
        own.add_argument("--runs", type=Path, metavar="FOLDER", help="where runs are kept (default: the app's folder)")
        own.add_argument("--json", action="store_true", help="print one line of JSON")
        _add_options(own, question)
    return parser


def _add_options(parser: _Parser, question: type[Question]) -> None:
    for each in dataclasses.fields(question):
        flag, said = f"--{each.name.replace('_', '-')}", each.metadata["help"]
        if isinstance(each.default, bool):
            parser.add_argument(flag, dest=each.name, action=argparse.BooleanOptionalAction, help=said)
        else:
            shown = f" (default: {each.default})" if each.default != "" else ""
            parser.add_argument(flag, dest=each.name, type=type(each.default), help=f"{said}{shown}".replace("%", "%%"))
