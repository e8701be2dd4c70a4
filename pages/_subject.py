"""What the views that answer questions ask: the run's tested rows, and the class that is looked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from core.evaluation.shown import NAMED, top
from core.reporting.display import shown_class
from core.reporting.questions import Answer, Question, QuestionError, Subject
from core.runs.stakes import stakes_of
from pages._answer import show_answer
from pages._cache import cached
from pages._lines import pick_lines
from pages._recommendation import recommended_key, usable_key
from pages._rows import class_against_rest, tested_rows
from pages._services import store
from pages._tab import run_problem
from pages._text import sentence
from pages._verdict import judged_by

if TYPE_CHECKING:
    from core.evaluation.comparison import Comparison
    from core.runs.record import RunRecord


def subject_of(
    record: RunRecord,
    comparison: Comparison,
    names: dict[str, str],
    key: str,
    view: str,
    *,
    lines: bool = False,
    of_class: bool = True,
) -> Subject:
    """Return what is asked in a view; of many classes, the person picks one.

    Parameters
    ----------
    lines : bool
        Whether the view draws a line for each strategy, of which the person picks those in colour.
    of_class : bool
        Whether the question is about one class; otherwise nobody picks one.
    """
    code = class_against_rest(comparison, record.positive, f"{view}_class") if of_class else shown_class(comparison)
    coloured = None
    if lines:
        few = top(comparison, judged_by(), NAMED - 2, [recommended_key(record, comparison, key)])
        coloured = pick_lines(comparison, names, few, f"{view}_lines_{record.id}")
    return Subject(
        tested_rows(comparison, key), comparison.labels, names, code, run_problem(record.id, key),
        stakes=stakes_of(store(), record.id),
        coloured=coloured, advised=usable_key(record, comparison, key),
    )  # fmt: skip


def show_question(make: Callable[[], Question], subject: Subject, key: str, file_name: str) -> Answer | None:
    """Ask, and show the answer, or in a sentence why there is none."""
    try:
        question = make()
        answer = answered(
            question, subject, f"{key} {subject.code} {' '.join(subject.keys)} {subject.coloured} {subject.advised}"
        )
    except QuestionError as error:
        st.info(sentence(error), icon=":material/info:")
        return None
    advised = subject.advised
    show_answer(answer, question.key, file_name, None if advised is None else subject.names.get(advised))
    return answer


@cached(max_entries=32, spinner="Working it out …")
def answered(question: Question, _subject: Subject, key: str) -> Answer:
    return question.answer(_subject)
