"""Calibration: whether probabilities can be taken at their word, and what balancing did to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.charts import views
from core.evaluation.calibration import Calibration, bins, calibration, prior_corrected
from core.evaluation.outoffold import OutOfFold
from core.reporting.display import Drawing
from core.reporting.questions.answer import Answer, Column
from core.reporting.questions.question import Question, QuestionError, Subject, register
from core.strategies import Recipe, choices_of
from core.words import quoted

_DRAWN = 4


@register
@dataclass(frozen=True)
class AreProbabilitiesRight(Question):
    """Whether each strategy's probabilities can be taken at their word.

    See Also
    --------
    core.evaluation.calibration : The figures.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.reporting.results import Results
    >>> subject = Subject.of(Results(sample_run().problem, sample_run().folds))
    >>> print(AreProbabilitiesRight().answer(subject).sentences[1])
    SMOTE is furthest from the observed share: it says 0.471 on average, where 0.250 is `yes`. Prior correction takes \
its mean to 0.270 and its Brier score from 0.134 to 0.086.
    """

    key = "calibration"
    title = "Calibration"
    help = "Whether probabilities can be taken at their word, and what balancing did to them."

    def answer(self, subject: Subject) -> Answer:
        if not subject.truth.any() or subject.truth.all():
            absent = subject.label if not subject.truth.any() else subject.rest
            raise QuestionError(f"No test row is {quoted(absent)}, so that nothing can be told: choose other folds.")
        own = frozenset(c.key for c in choices_of(subject.problem.plan) if Recipe.of(c).calibrates)
        before = [_of(rows, subject) for rows in subject.pooled]
        after = [None if rows.key in own else _of(rows, subject) for rows in prior_corrected(subject.pooled)]
        table = pd.DataFrame(
            {
                "Strategy": subject.strategy_names(),
                "Mean probability": [one.predicted for one in before],
                "Observed share": [one.observed for one in before],
                "Brier": [one.brier for one in before],
                "Reliability error": [one.reliability for one in before],
                "Resolution": [one.resolution for one in before],
                "Log loss": [one.log_loss for one in before],
                "Mean, corrected": [np.nan if one is None else one.predicted for one in after],
                "Brier, corrected": [np.nan if one is None else one.brier for one in after],
            }
        )
        best = int(table["Brier"].argmin())
        return Answer(
            self.title, _sentences(subject, table, best), table, _COLUMNS, (best,),
            _drawings(subject, before, after), _NOTES,
        ).sorted_by("Brier", ascending=True)  # fmt: skip


def _of(rows: OutOfFold, subject: Subject) -> Calibration:
    return calibration(subject.truth, rows.probabilities[:, subject.code])


def _sentences(subject: Subject, table: pd.DataFrame, best: int) -> tuple[str, ...]:
    row, label = table.iloc[best], quoted(subject.label)
    first = f"Best Brier score: {row['Strategy']} ({row['Brier']:.4f}; always saying the share would have "
    first += f"{row['Observed share'] * (1 - row['Observed share']):.4f})."
    first += subject.standing((best,), lambda at: f"{table['Brier'].iloc[at]:.4f}")
    off = table.iloc[int((table["Mean probability"] - table["Observed share"]).abs().argmax())]
    said = (
        f"{off['Strategy']} is furthest from the observed share: it says {off['Mean probability']:.3f} on average, "
        f"where {off['Observed share']:.3f} is {label}."
    )
    if np.isfinite(off["Brier, corrected"]) and abs(off["Mean, corrected"] - off["Mean probability"]) > 5e-4:
        said += (
            f" Prior correction takes its mean to {off['Mean, corrected']:.3f} and its Brier score from "
            f"{off['Brier']:.3f} to {off['Brier, corrected']:.3f}."
        )
    return first, said


def _drawings(subject: Subject, before: list[Calibration], after: list[Calibration | None]) -> tuple[Drawing, ...]:
    drawn = (subject.coloured or subject.keys)[:_DRAWN]
    once = subject.pooled[0].repeat == subject.pooled[0].repeat.min()
    chosen = {
        rows.key: bins(subject.truth[once], rows.probabilities[once, subject.code])
        for rows in subject.pooled
        if rows.key in drawn
    }
    return (
        Drawing(
            "Reliability",
            "Ten bins with about as many rows each, with Wilson's 95% intervals. On the dotted line, probabilities "
            "are calibrated; below it they are too high.",
            views.reliability(subject.keys, subject.names, chosen, subject.advised),
        ),
        Drawing(
            "How balancing shifts probabilities",
            "Mean probability of each strategy, as trained and after prior correction, beside the observed share.",
            views.prior_shift(subject.keys, subject.names, before, after, subject.coloured),
        ),
    )


_NOTES = (
    "Of the Brier score, log loss and reliability error, lower is better; of resolution, higher. Prior correction "
    "undoes what adding or removing rows did, but not what weights and losses did. A strategy that calibrates by "
    "itself is not corrected again.",
)
_COLUMNS = {
    "Mean probability": Column(help="Of the class; right where it equals the observed share."),
    "Observed share": Column(help="Of the class."),
    "Brier": Column(help="Mean squared error of the probabilities.", digits=4),
    "Reliability error": Column(help="How far bins of probabilities are from what was observed.", digits=4),
    "Resolution": Column(help="How far bins differ from the overall share; more is better.", digits=4),
    "Log loss": Column(digits=4),
    "Mean, corrected": Column(help="After prior correction."),
    "Brier, corrected": Column(help="After prior correction.", digits=4),
}
