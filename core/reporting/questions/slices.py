"""For whom: where a strategy falls behind, by the levels or quarters of any column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.charts.slices import slice_points
from core.decision.confusion import f1
from core.evaluation.outoffold import OutOfFold
from core.evaluation.slices import (
    FEW,
    Parts,
    Worst,
    crossed,
    difference_ends,
    parts_of,
    slices,
    wilson_ends,
    worst_slices,
)
from core.reporting.display import Drawing
from core.reporting.questions.answer import Answer, Column
from core.reporting.questions.question import Question, QuestionError, Subject, option, register
from core.words import counted, quoted, which_there_are

_SURE = 0.05
_TOO_FEW = f"too few rows of the class to tell (under {FEW})"


@register
@dataclass(frozen=True)
class ForWhom(Question):
    """For which rows a strategy works, and for which it falls behind.

    See Also
    --------
    core.evaluation.slices : The figures.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.reporting.results import Results
    >>> subject = Subject.of(Results(sample_run().problem, sample_run().folds))
    >>> answer = ForWhom(column="age", strategy="smote").answer(subject)
    >>> answer.table[["Rows of the class", "Recall"]].to_numpy().tolist()
    [[0.0, nan], [2.0, 1.0], [2.0, 1.0], [2.0, 1.0]]
    >>> answer.sentences[0]
    'No part of `age` has enough rows of `yes` to tell (10).'
    """

    key = "slices"
    title = "Where it does worse"
    help = "For which rows a strategy works, by the levels or quarters of any column or two, and where it falls behind."

    column: str = option("", "The column to part rows by; empty looks through all of them.")
    second: str = option("", "Another column, to part rows by both.")
    strategy: str = option("", "The strategy's key; empty takes the one with the best F1.")
    pairs: bool = option(False, "Look through every two columns as well, where no column is given.")

    def answer(self, subject: Subject) -> Answer:
        if not subject.truth.any():
            raise QuestionError(
                f"No test row is {quoted(subject.label)}, so that nothing can be told: choose other folds."
            )
        rows = self._rows(subject)
        if not self.column:
            return self._worst(subject, rows)
        return self._by(subject, rows)

    def _rows(self, subject: Subject) -> OutOfFold:
        if not self.strategy:
            return best_on_f1(subject)
        if self.strategy not in subject.keys:
            there = which_there_are(self.strategy, subject.keys, "choose one of")
            raise QuestionError(f"There is no strategy '{self.strategy[:60]}': {there}")
        return subject.settled[0][subject.keys.index(self.strategy)]

    def _by(self, subject: Subject, rows: OutOfFold) -> Answer:
        parts = _parts(subject, self.column)
        if self.second:
            parts = crossed(parts, _parts(subject, self.second))
        found = slices(rows, subject.code, parts)
        kept = np.flatnonzero(found.rows)
        reference = int(np.argmax(found.of_class))
        recall, precision = wilson_ends(found.hits, found.of_class), wilson_ends(found.hits, found.called)
        difference, low, high = difference_ends(found.hits, found.of_class, reference)
        observed = wilson_ends(found.of_class, found.rows)
        away = np.where(np.arange(len(difference)) == reference, np.nan, 1.0)
        table = pd.DataFrame(
            {
                "Slice": [found.names[at] for at in kept],
                "Rows": found.rows[kept],
                "Rows of the class": found.of_class[kept].astype(np.float64),
                "Recall": found.recall[kept],
                "Recall, low": recall[0][kept],
                "Recall, high": recall[1][kept],
                "Precision": found.precision[kept],
                "Precision, low": precision[0][kept],
                "Precision, high": precision[1][kept],
                "Mean probability": found.predicted[kept],
                "Observed share": found.observed[kept],
                "Observed, low": observed[0][kept],
                "Observed, high": observed[1][kept],
                "Recall against the largest": (difference * away)[kept],
                "Difference, low": (low * away)[kept],
                "Difference, high": (high * away)[kept],
                "Note": [_TOO_FEW if found.of_class[at] < FEW else "" for at in kept],
            }
        )
        by = quoted(self.column) + (f" and {quoted(self.second)}" if self.second else "")
        told = [at for at in kept if found.of_class[at] >= FEW]
        name = subject.names[rows.key]
        if not told:
            said = [f"No part of {by} has enough rows of {quoted(subject.label)} to tell ({FEW})."]
        else:
            worst, best = (pick(told, key=lambda at: found.recall[at]) for pick in (min, max))
            said = [
                f"{name} finds {found.recall[worst]:.1%} of {quoted(subject.label)} where {by} is "
                f"{found.names[worst]}, and {found.recall[best]:.1%} where it is {found.names[best]}."
            ]
            apart = [at for at in told if at != reference and (low[at] > 0 or high[at] < 0)]
            against = f"{found.names[reference]}, the part with most rows of {quoted(subject.label)}"
            said.append(
                f"Recall differs from that of {against}, by more than the 95% interval allows: "
                f"{', '.join(found.names[at] for at in apart)}."
                if apart
                else f"No part's recall differs from that of {against}, by more than the 95% interval allows."
            )
        figure = slice_points(
            [found.names[at] for at in kept],
            {
                "Recall": (found.recall[kept], recall[0][kept], recall[1][kept]),
                "Precision": (found.precision[kept], precision[0][kept], precision[1][kept]),
            },
        )
        caption = f"{name}: values and Wilson's 95% intervals."
        return Answer(
            self.title, tuple(said), table, {k: v for k, v in _COLUMNS.items() if k in table},
            drawings=(Drawing(f"Recall and precision by {self.column}", caption, figure),), notes=_notes(subject),
        )  # fmt: skip

    def _worst(self, subject: Subject, rows: OutOfFold) -> Answer:
        frame, target = subject.problem.table.frame, subject.problem.plan.target
        names = [c.name for c in subject.problem.table.columns if c.kind not in ("identifier", "constant")]
        columns = [(name, _parts(subject, name)) for name in names if name != target and name in frame.columns]
        found = worst_slices(rows, subject.code, columns, pairs=self.pairs)
        table = pd.DataFrame(
            {
                "Slice": [f"{one.column}: {one.name}" for one in found],
                "Measure": [one.measure.capitalize() for one in found],
                "There": [one.value for one in found],
                "Elsewhere": [one.elsewhere for one in found],
                "Rows judged": [one.rows for one in found],
                "p, corrected": [one.p for one in found],
            }
        )
        sure = [one for one in found if one.p < _SURE]
        name = subject.names[rows.key]
        said = [f"{name} is clearly worse in {counted(len(sure), 'slice')}: {_named(sure)}."] if sure else [
            f"No slice of any column is clearly one in which {name} falls behind."
        ]  # fmt: skip
        said.append(
            f"Looked at: the levels or quarters of {counted(len(columns), 'column')}"
            f"{' and of every two of them' if self.pairs else ''}, each with at least {FEW} rows to judge by. p is "
            "Fisher's exact test of the slice against all other rows, corrected for the number of slices (Holm)."
        )
        shown = {k: v for k, v in _COLUMNS.items() if k in table}
        return Answer(
            self.title, tuple(said), table, shown, tuple(range(len(sure))), notes=_notes(subject),
            best_in_words="clearly worse than elsewhere",
        )  # fmt: skip


def best_on_f1(subject: Subject) -> OutOfFold:
    """Return the strategy whose decisions, as they were settled, have the best F1 over all tested rows.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.reporting.results import Results
    >>> best_on_f1(Subject.of(Results(sample_run().problem, sample_run().folds))).key
    'smote'
    """

    def score(rows: OutOfFold) -> float:
        truth, called = rows.truth == subject.code, rows.decisions == subject.code
        return float(f1(np.bincount(2 * truth + called, minlength=4).reshape(2, 2)))

    return max(subject.settled[0], key=score)


def _parts(subject: Subject, column: str) -> Parts:
    frame = subject.problem.table.frame
    if column not in frame.columns:
        there = which_there_are(column, map(str, frame.columns), "it has")
        raise QuestionError(f"The table has no column {quoted(column)}: {there}")
    if column == subject.problem.plan.target:
        raise QuestionError(f"{quoted(column)} is the target: the Classes view tells its classes apart.")
    return parts_of(frame[column].iloc[subject.problem.target.rows])


def _named(sure: list[Worst]) -> str:
    shown = [
        f"{one.column}: {one.name} ({one.measure} {one.value:.0%}, elsewhere {one.elsewhere:.0%})" for one in sure[:3]
    ]
    return "; ".join(shown) + (f"; and {len(sure) - 3:,} more" if len(sure) > 3 else "")


def _notes(subject: Subject) -> tuple[str, ...]:
    first = "; of repeats, those of the first" if subject.repeats > 1 else ""
    return (
        subject.settled[1],
        f"Counted on test rows of all folds{first}. Where a slice has a higher share of the class, its precision is "
        "higher by that alone: compare recall first.",
    )


_COLUMNS = {
    "Rows": Column("whole"),
    "Rows judged": Column(
        "whole", "For recall, the slice's rows of the class; for precision, its rows that are called the class."
    ),
    "Rows of the class": Column("whole"),
    "Recall": Column("percent", "Of the class's rows in the slice, the share that is found.", 1),
    "Recall, low": Column("percent", "Wilson's 95% interval.", 1),
    "Recall, high": Column("percent", "Wilson's 95% interval.", 1),
    "Precision": Column("percent", "Of the rows called the class, the share that is.", 1),
    "Precision, low": Column("percent", "Wilson's 95% interval.", 1),
    "Precision, high": Column("percent", "Wilson's 95% interval.", 1),
    "Mean probability": Column("percent", "Of the class; right where it equals the observed share.", 1),
    "Observed share": Column("percent", "Of the class.", 1),
    "Observed, low": Column("percent", "Wilson's 95% interval.", 1),
    "Observed, high": Column("percent", "Wilson's 95% interval.", 1),
    "Recall against the largest": Column("percent", "Difference from the slice with most rows of the class.", 1),
    "Difference, low": Column("percent", "Newcombe's 95% interval of the difference.", 1),
    "Difference, high": Column("percent", "Newcombe's 95% interval of the difference.", 1),
    "There": Column("percent", "In the slice.", 1),
    "Elsewhere": Column("percent", "Over all other rows.", 1),
    "p, corrected": Column(
        "number", "How likely a slice as bad is by chance, corrected for all that were looked at.", 4, least=1e-4
    ),
}
