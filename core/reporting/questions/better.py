"""Is one strategy better than another here?"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from core.evaluation.duel import duel
from core.evaluation.paired import compare_pairs
from core.evaluation.settled import judged_by
from core.reporting.questions.answer import Answer, Column
from core.reporting.questions.question import Question, QuestionError, Subject, option, register
from core.words import which_there_are


@register
@dataclass(frozen=True)
class Better(Question):
    """Whether one of two strategies that somebody picks is better, with the paired figures.

    See Also
    --------
    core.evaluation.duel : The answer for one metric.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.reporting.results import Results
    >>> subject = Subject.of(Results(sample_run().problem, sample_run().folds))
    >>> print(Better("smote", "plain").answer(subject).sentences[0])
    There is no clear difference between SMOTE and Plain network here on F1: +0.211 on the mean of 3 folds, p = 0.16.
    """

    key = "better"
    title = "Is one better than another?"
    help = "Whether one of two strategies that you pick is better, asked by itself, with the paired figures."

    first: str = option("", "The strategy that may be better, by its key; empty takes the best.")
    second: str = option("", "The strategy that it is held against; empty takes the first of the others.")
    metric: str = option("", "The metric's key; empty takes that of the recommendation.")

    def answer(self, subject: Subject) -> Answer:
        comparison = subject.comparison
        if comparison is None or len(comparison.strategies) < 2:
            raise QuestionError("One strategy has results, so that there is nothing to hold it against: run another.")
        metric, names = self.metric or judged_by(comparison), {one.key: one.name for one in comparison.metrics}
        if metric not in names:
            there = which_there_are(metric, names, "choose one of")
            raise QuestionError(f"There is no metric '{metric[:60]}': {there}")
        first = self.first or comparison.ranked(metric)[0].key
        second = self.second or next(s.key for s in comparison.strategies if s.key != first)
        known = [s.key for s in comparison.strategies]
        for key in (first, second):
            if key not in known:
                there = which_there_are(key, known, "choose one of")
                raise QuestionError(f"This run has no result of a strategy '{key[:60]}': {there}")
        if first == second:
            raise QuestionError(f"'{first}' cannot be better than itself: choose two different strategies.")
        split = subject.problem.plan.split
        shown = {key: duel(compare_pairs(comparison, split, key), subject.names, first, second) for key in names}
        table = pd.DataFrame(
            {
                "Metric": list(names.values()),
                "Lead": [one.difference for one in shown.values()],
                "p": [one.p for one in shown.values()],
                "In words": [one.words for one in shown.values()],
            }
        )
        columns = {
            "Lead": Column("number", "Above 0 where the first is better, whichever way the metric runs."),
            "p": Column("number", "Of each metric's question alone."),
        }
        by = (subject.settled[1],) if subject.stakes.decides else ()
        notes = ("Whoever asks about all metrics and keeps the one that pleases has asked as many questions.", *by)
        return Answer(self.title, (shown[metric].text,), table, columns, notes=notes)
