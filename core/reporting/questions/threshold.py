"""Thresholds: what another one would do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.charts import views
from core.decision.costs import CostError
from core.evaluation.explorer import Explorer
from core.evaluation.worth import is_benefit
from core.reporting.display import Drawing
from core.reporting.questions.answer import Answer, Column
from core.reporting.questions.question import Question, QuestionError, Subject, option, register
from core.words import percent, quoted

PER = 1000
_GRID = np.unique(np.concatenate([np.geomspace(1e-4, 0.1, 60), np.linspace(0, 1, 161)]))


@register
@dataclass(frozen=True)
class WhatAnotherThresholdDoes(Question):
    """What each strategy's own threshold does, what one for all would, and which is the best under the run's costs.

    See Also
    --------
    core.evaluation.explorer : The figures.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.reporting.results import Results
    >>> subject = Subject.of(Results(sample_run().problem, sample_run().folds))
    >>> answer = WhatAnotherThresholdDoes(at=0.35).answer(subject)
    >>> answer.table[["Strategy", "Found", "False alarms"]].to_numpy().tolist()
    [['SMOTE', 6.0, 10.0], ['Plain network', 5.0, 2.0]]
    """

    key = "threshold"
    title = "Thresholds"
    help = "What each strategy's own threshold does, what one for all would, and which is best under the run's costs."

    at: float = option(0.0, "One threshold for all; 0 takes each strategy's own decisions.", low=0, high=1)

    def answer(self, subject: Subject) -> Answer:
        by_row = subject.stakes.by_row
        try:
            explorer = Explorer.of(subject.pooled, subject.code, by_row, subject.frame if by_row is not None else None)
        except CostError as error:
            raise QuestionError(str(error)) from error
        if not explorer.n_class or not explorer.n_rest:
            absent = subject.label if not explorer.n_class else subject.rest
            raise QuestionError(f"No test row is {quoted(absent)}, so that none can be judged: choose other folds.")
        costs = subject.stakes.costs
        word = "Benefit" if is_benefit(subject.stakes) else "Cost"
        here = explorer.at(self.at, costs) if self.at else explorer.decided(costs)
        best = explorer.best(costs)
        at_best = explorer.at_own(best[:, None], costs)
        own = np.array([np.median(one.thresholds) if one.thresholds else np.nan for one in subject.pooled])
        matrix = here.confusion[:, 0].astype(np.float64)
        table = pd.DataFrame(
            {
                "Strategy": subject.strategy_names(),
                word: PER * here.value[:, 0],
                "Own threshold": own,
                "Found": matrix[:, 1, 1],
                "Missed": matrix[:, 1, 0],
                "False alarms": matrix[:, 0, 1],
                "Precision": here.precision[:, 0],
                "Recall": here.recall[:, 0],
                "F1": here.f1[:, 0],
                "Best threshold": best,
                f"{word} there": PER * at_best.value[:, 0],
            }
        )
        values = here.value[:, 0]
        lead = int(values.argmax() if word == "Benefit" else values.argmin())
        by = f"a threshold of {self.at:.4g}" if self.at else "their own decisions"
        share = percent(explorer.share)
        leads = np.flatnonzero(np.abs(values - values[lead]) < 1e-12).tolist()
        most = "highest" if word == "Benefit" else "lowest"
        said = (
            f"By {by}, {subject.named(leads)} {'has' if len(leads) == 1 else 'have'} the {most} {word.lower()}: "
            f"{PER * values[lead]:,.1f} per {PER:,} rows, at a share of {quoted(subject.label)} of {share}."
            + subject.standing(leads, lambda at: f"{PER * values[at]:,.1f}"),
        )
        marks = {"own threshold": (own, here.f1[:, 0] if not self.at else explorer.decided(costs).f1[:, 0])}
        marks[f"best by {word.lower()}"] = best, at_best.f1[:, 0]
        figure = views.threshold_curves(
            subject.keys, subject.names, _GRID, explorer.at(_GRID, costs).f1, "F1", self.at or None, marks,
            subject.coloured, subject.advised,
        )  # fmt: skip
        caption = (
            "F1 of each strategy by threshold, test rows of all folds together: its own threshold, and the best one "
            "under the run's costs."
        )
        columns = {name: column for name, column in _columns(word).items() if name in table}
        drawings = (Drawing("F1 by threshold", caption, figure),)
        answer = Answer(self.title, said, table, columns, tuple(leads), drawings, _NOTES)
        return answer.sorted_by(word, ascending=word == "Cost")


_NOTES = ("A best threshold is chosen on the same rows that it is shown on: on new rows it will do somewhat worse.",)


def _columns(word: str) -> dict[str, Column]:
    return {
        "Own threshold": Column(help="Median of the folds' thresholds; fitted on validation rows."),
        "Found": Column("whole"),
        "Missed": Column("whole"),
        "False alarms": Column("whole"),
        "Precision": Column(),
        "Recall": Column(),
        "F1": Column(),
        word: Column("number", f"Of {PER:,} rows.", 1),
        "Best threshold": Column(help="Under the run's costs, on these very rows."),
        f"{word} there": Column("number", f"Of {PER:,} rows, at the best threshold.", 1),
    }
