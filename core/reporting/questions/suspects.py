"""Wrong labels: which rows' classes are to be doubted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.evaluation.suspects import Suspects, suspects
from core.reporting.questions.answer import Answer, Column
from core.reporting.questions.question import Question, Subject, option, register
from core.words import counted, joined, quoted

ROW = "Row"
_MANY = 0.1


@register
@dataclass(frozen=True)
class WrongLabels(Question):
    """Which labels are to be doubted, the most doubtful first.

    See Also
    --------
    core.evaluation.suspects : How they are found.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.reporting.results import Results
    >>> subject = Subject.of(Results(sample_run().problem, sample_run().folds))
    >>> answer = WrongLabels(every=True).answer(subject)
    >>> answer.table["Row"].tolist()[:3]
    [8, 16, 24]
    """

    key = "suspects"
    title = "Wrong labels"
    help = "Which rows' labels look wrong, by what networks say that had not seen them."

    every: bool = option(False, "List all rows, not only those that confident learning takes for wrong.")

    def answer(self, subject: Subject) -> Answer:
        found = suspects(subject.pooled)
        unchecked = ~np.isin(found.rows, list(subject.checked))
        listed = unchecked if self.every else unchecked & found.doubted
        labels = np.array(subject.labels, dtype=object)
        columns: dict[str, object] = {
            ROW: found.rows[listed] + 1,
            "Label": labels[found.given[listed]],
            "Most likely": labels[found.likely[listed]],
            "Label's probability": found.belief[listed],
        }
        if self.every:
            columns["Doubted"] = np.where(found.doubted[listed], "yes", "no")
        raw = subject.problem.table.frame.iloc[subject.problem.target.rows[found.rows[listed]]]
        for name in raw.columns:
            columns[f"{name} (table)" if name in columns else str(name)] = raw[name].to_numpy()
        notes = [
            "Probabilities are those of networks that had not seen the row, the mean over all strategies, after prior "
            "correction; those of misclassified rows are as trained. A hard row looks like a wrong label: check before "
            "you change one."
        ]
        if subject.checked:
            notes.append(f"{counted(len(subject.checked), 'row')} marked as checked left out.")
        return Answer(
            self.title,
            _sentences(found, unchecked, subject),
            pd.DataFrame(columns),
            {name: column for name, column in _COLUMNS.items() if name in columns},
            notes=tuple(notes),
        )


def _sentences(found: Suspects, unchecked: np.ndarray, subject: Subject) -> tuple[str, ...]:
    doubted = found.doubted & unchecked
    total = int(doubted.sum())
    if not total:
        return ("No label stands out as wrong.",)
    parts = []
    for code, label in enumerate(subject.labels):
        rows, wrong = int((found.given == code).sum()), int((doubted & (found.given == code)).sum())
        if wrong:
            parts.append(f"{wrong:,} of {counted(rows, 'row')} of {quoted(label)} ({wrong / rows:.1%})")
    said = f"{counted(total, 'label looks', 'labels look')} wrong: {joined(parts, most=6)}."
    if total > _MANY * len(found.rows):
        said += " That is many: rows of a class that is hard to learn look the same, so check some of them first."
    return (
        said,
        "See what they cost: run again without them, and compare the two runs in History. Rows that are left out are "
        "not tested on either, so part of any gain is that the hard ones are gone.",
    )


_COLUMNS = {
    ROW: Column("whole", "Counted from 1 among the labelled rows."),
    "Label's probability": Column(
        least=1e-3, help="How likely the label is, the mean over strategies, corrected for the balance."
    ),
    "Doubted": Column("text", "Whether confident learning takes the label for wrong."),
}
