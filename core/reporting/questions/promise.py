"""A promise on recall: which threshold keeps it, and what it costs in false alarms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.charts.lines import Axis, decades, strategy_lines
from core.decision.promise import CONFIDENCE, RECALL, most_promised, too_few
from core.evaluation.promise import Promises, false_alarms_by_recall, promises
from core.reporting.display import Drawing
from core.reporting.questions.answer import Answer, Column
from core.reporting.questions.question import Question, Subject, option, register
from core.words import quoted, short_percent

PER = 1000
_RECALLS = np.round(np.arange(0.5, 0.991, 0.01), 2)


@register
@dataclass(frozen=True)
class PromiseOnRecall(Question):
    """Which threshold finds a share of the class's rows with a given confidence.

    See Also
    --------
    core.evaluation.promise.promises : The figures.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.reporting.results import Results
    >>> subject = Subject.of(Results(sample_run().problem, sample_run().folds))
    >>> print(PromiseOnRecall().answer(subject).sentences[0])
    To promise 90% recall with 95% confidence takes 29 positive rows that the model has not learned from, and there \
are 6: promise 60.6% or less, or collect more rows of `yes`.
    >>> PromiseOnRecall(recall=0.5, confidence=0.8).answer(subject).table.iloc[:, :3].round(2).to_numpy().tolist()
    [['Plain network', 83.33, 0.4], ['SMOTE', 125.0, 0.6]]
    """

    key = "promise"
    title = "A promise on recall"
    help = "Which threshold finds a share of the rare rows, with a confidence, and what it costs in false alarms."

    recall: float = option(RECALL, "Share of the class's rows to find.", low=0.01, high=0.999)
    confidence: float = option(CONFIDENCE, "How sure the promise is to be kept.", low=0.5, high=0.999)

    def answer(self, subject: Subject) -> Answer:
        kept = promises(subject.pooled, subject.code, self.recall, self.confidence)
        per = PER * (1 - kept.share)
        positives = PER * kept.share * kept.found
        table = pd.DataFrame(
            {
                "Strategy": subject.strategy_names(),
                "False alarms": per * kept.false_alarms,
                "Threshold": kept.thresholds,
                "Recall here": kept.found,
                "Precision": positives / np.maximum(positives + per * kept.false_alarms, 1e-12),
                "Without the promise": per * kept.floor_false_alarms,
            }
        )
        alarms = table["False alarms"].to_numpy(float)
        best = np.flatnonzero(alarms <= np.nanmin(alarms) + 1e-9) if np.isfinite(alarms).any() else np.zeros(0, int)
        return Answer(
            self.title,
            _sentences(kept, subject, alarms, table["Without the promise"].to_numpy(float)),
            table,
            _COLUMNS,
            tuple(best.tolist()),
            (self._drawing(subject, per),),
            _notes(subject),
        ).sorted_by("False alarms", ascending=True)

    def _drawing(self, subject: Subject, per: float) -> Drawing:
        # Low promises cost nothing: what there is to see lies at the upper end.
        shown = _RECALLS[min(0.8, round(self.recall - 0.05, 2)) <= _RECALLS]
        values = per * false_alarms_by_recall(subject.pooled, subject.code, shown, self.confidence)
        above = values[np.isfinite(values) & (values > 0)]
        steep = len(above) > 0 and above.max() > 30 * max(above.min(), 1e-9)
        title = f"False alarms per {PER:,} rows" + (" (logarithmic)" if steep else "")
        figure = strategy_lines(
            subject.keys, subject.names, shown, np.where(values > 0, values, np.nan) if steep else values,
            (Axis("Recall that is promised", ".0%"), Axis(title, ",.1f")), named=subject.coloured,
            front=subject.advised, mark=(self.recall, f"{short_percent(self.recall)}: as set above"),
        )  # fmt: skip
        if steep:
            figure.update_yaxes(type="log", **decades(float(above.min()), float(above.max())))
        caption = (
            f"What each promise costs, all with {short_percent(self.confidence)} confidence. A line ends where rows of "
            f"{subject.label} are too few to promise more."
        )
        return Drawing("False alarms by the recall that is promised", caption, figure)


def _sentences(kept: Promises, subject: Subject, alarms: np.ndarray, plain: np.ndarray) -> tuple[str, ...]:
    name = quoted(subject.label)
    if kept.misses is None:
        most = np.floor(1000 * most_promised(kept.positives, kept.confidence)) / 1000
        return (
            f"{too_few(kept.positives, kept.recall, kept.confidence)}: promise {short_percent(most)} or less, or "
            f"collect more rows of {name}.",
        )
    best = np.flatnonzero(alarms <= np.nanmin(alarms) + 1e-9).tolist()
    said = [
        f"Fewest false alarms: {subject.named(best)}, with {alarms[best[0]]:,.1f} per {PER:,} rows."
        + subject.standing(best, lambda at: f"{alarms[at]:,.1f}" if np.isfinite(alarms[at]) else "it cannot keep it"),
        f"To find {short_percent(kept.recall)} of all later rows of {name} with {short_percent(kept.confidence)} "
        f"confidence, a threshold may miss {kept.misses:,} of the {kept.positives:,} here. The promise takes at least "
        f"{kept.needed:,} such rows.",
    ]
    if len(subject.keys) > 1:
        corrected = 1 - (1 - kept.confidence) / len(subject.keys)
        said.insert(
            1,
            "Each promise holds for a strategy that was chosen beforehand: to pick the one with the fewest false "
            f"alarms of {len(subject.keys)} and be as sure, ask for {short_percent(corrected)} confidence.",
        )
    said.append(
        f"A threshold that only just finds {short_percent(kept.recall)} of these rows finds less of later ones about "
        f"half of the time; {subject.names[kept.keys[best[0]]]} would raise {plain[best[0]]:,.1f} false alarms per "
        f"{PER:,} rows with it."
    )
    return tuple(said)


def _notes(subject: Subject) -> tuple[str, ...]:
    notes = [
        "Thresholds here rest on test rows of all folds, each row once. The strategy “Threshold by a promise on "
        "recall” takes its own from validation rows, and keeps it when it is exported."
    ]
    split = subject.problem.plan.split
    if split.group is not None:
        notes.append(f"Rows of one {quoted(split.group)} are not independent, so the promise is weaker than it says.")
    if split.time is not None:
        notes.append("The promise holds as long as later rows are like these: look at the drift of the next file.")
    return tuple(notes)


_COLUMNS = {
    "Threshold": Column(help="A row is called the class from this probability on."),
    "Recall here": Column("percent", "Share of the class's rows found here.", 1),
    "Precision": Column("percent", "Of the rows called the class, the share that is.", 1),
    "False alarms": Column("number", f"Rows of the rest that are called the class, per {PER:,} rows.", 1),
    "Without the promise": Column(
        "number", f"False alarms per {PER:,} rows where the recall is only asked for on these rows.", 1
    ),
}
