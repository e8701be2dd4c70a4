"""Errors: the rows that strategies get wrong."""

from __future__ import annotations

from dataclasses import dataclass

from core.evaluation.errors import TRUTH, error_table, errors_in_words, row_errors
from core.reporting.questions.answer import Answer, Column
from core.reporting.questions.question import Question, QuestionError, Subject, option, register
from core.words import counted

WHICH = ("all", "disagree", "any")


@register
@dataclass(frozen=True)
class WhatGoesWrong(Question):
    """Which rows strategies get wrong, most confidently wrong first.

    See Also
    --------
    core.evaluation.errors : Gathers them.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.reporting.results import Results
    >>> answer = WhatGoesWrong().answer(Subject.of(Results(sample_run().problem, sample_run().folds)))
    >>> print(answer.sentences[0])
    All 2 strategies are wrong on 1 of 18 rows of `no` (6%).
    >>> answer.table["Row"].tolist()
    [14]
    """

    key = "errors"
    title = "Errors"
    help = "Which rows strategies get wrong, most confidently wrong first."

    which: str = option("all", f"Rows wrong in all strategies, disagreed on, or wrong in any: {', '.join(WHICH)}.")

    def answer(self, subject: Subject) -> Answer:
        if self.which not in WHICH:
            raise QuestionError(f"'{self.which[:60]}' is none of the rows to show: choose one of {', '.join(WHICH)}.")
        pooled, by = subject.settled
        errors = row_errors(pooled)
        chosen = {"all": errors.all_wrong, "disagree": errors.disagree, "any": errors.wrong > 0}[self.which]
        table = error_table(errors, chosen, subject.frame, subject.labels, subject.names)
        notes = [by, "Rows are counted from 1 among the labelled rows."]
        if len(subject.keys) > 1 and self.which != "any":
            notes.append(f"{counted(int((errors.wrong > 0).sum()), 'row')} are wrong under at least one strategy.")
        if subject.repeats > 1:
            notes.append("With repeats, a row's decision is that of most repeats.")
        return Answer(
            self.title, errors_in_words(errors, subject.labels), table,
            {"Row": Column("whole"), "Wrong": Column("whole", "How many strategies get the row wrong."),
             TRUTH: Column(help="Probability of the true class, the mean over all strategies.")},
            notes=tuple(notes),
        )  # fmt: skip
