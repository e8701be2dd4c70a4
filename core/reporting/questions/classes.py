"""Classes: how each class fares, and where its errors go."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.charts import views
from core.decision.confusion import hits
from core.evaluation.classes import class_scores, error_flow, worst_flows
from core.reporting.display import Drawing
from core.reporting.questions.answer import Answer, Column
from core.reporting.questions.question import Question, QuestionError, Subject, option, register
from core.reporting.questions.slices import best_on_f1
from core.words import quoted, which_there_are, whole_percent


@register
@dataclass(frozen=True)
class HowEachClassFares(Question):
    """How each class fares under a strategy, and what its rows are called instead.

    See Also
    --------
    core.evaluation.classes : The figures.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.reporting.results import Results
    >>> subject = Subject.of(Results(sample_run().problem, sample_run().folds))
    >>> HowEachClassFares().answer(subject).sentences
    ('Under SMOTE, 3 of 18 rows of `no` (17%) are called `yes`.',)
    """

    key = "classes"
    title = "Classes"
    help = "How each class fares under a strategy, and what its rows are called instead."

    strategy: str = option("", "The strategy's key; empty takes the one with the best F1.")

    def answer(self, subject: Subject) -> Answer:
        if self.strategy and self.strategy not in subject.keys:
            there = which_there_are(self.strategy, subject.keys, "choose one of")
            raise QuestionError(f"There is no strategy '{self.strategy[:60]}': {there}")
        key, (pooled, by) = self.strategy or best_on_f1(subject).key, subject.settled
        n, name = len(subject.labels), subject.names[key]
        confusions = {
            rows.key: np.bincount(rows.truth * n + rows.decisions, minlength=n * n).reshape(n, n) for rows in pooled
        }
        confusion = confusions[key]
        scores = class_scores(confusion)
        order = np.argsort(-confusion.sum(axis=1), kind="stable")
        table = pd.DataFrame(
            {
                "Class": [subject.labels[at] for at in order],
                "Rows": confusion.sum(axis=1)[order],
                "Found": hits(confusion)[order],
                "Precision": scores.precision[order],
                "Recall": scores.recall[order],
                "F1": scores.f1[order],
            }
        )
        said = [
            f"Under {name}, {rows:,} of {confusion[true].sum():,} rows of {quoted(subject.labels[true])} "
            f"({whole_percent(rows / confusion[true].sum())}) are called {quoted(subject.labels[decided])}."
            for true, decided, rows in worst_flows(confusion)
        ]
        shown = subject.coloured or subject.keys
        labels = [subject.labels[at] for at in order]
        heat = np.array([class_scores(confusions[one]).recall[order] for one in shown])
        sorted_confusion = confusion[np.ix_(order, order)]
        drawings = (
            Drawing(
                "Recall of each class", "Test rows of all folds, each class against the rest.",
                views.class_heat(shown, subject.names, labels, heat, "Recall"),
            ),
            Drawing(
                "Where errors go", f"What the rows of each class are called under {name}.",
                views.error_flow(labels, error_flow(sorted_confusion), sorted_confusion),
            ),
        )  # fmt: skip
        first = tuple(said) or (f"Under {name}, no row was decided wrongly.",)
        return Answer(self.title, first, table, _COLUMNS, drawings=drawings if n > 2 else (), notes=(by,))


_COLUMNS = {
    "Rows": Column("whole", "Test rows; with repeats, counted in each."),
    "Found": Column("whole", "Rows of the class that are found."),
    "Precision": Column(),
    "Recall": Column(),
    "F1": Column(),
}
