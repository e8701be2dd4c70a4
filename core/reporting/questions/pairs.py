"""Strategy against strategy: which pairs differ by more than chance."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from core.charts.pairs import pair_heatmap
from core.evaluation.metrics import metric_of
from core.evaluation.paired import compare_pairs
from core.evaluation.settled import judged_by
from core.reporting.display import Drawing
from core.reporting.questions.answer import Answer, Column
from core.reporting.questions.question import Question, QuestionError, Subject, option, register
from core.words import counted, joined

_NAMED = 3


@register
@dataclass(frozen=True)
class WhichDiffer(Question):
    """Which strategies differ on a metric by more than chance, pair by pair.

    See Also
    --------
    core.evaluation.paired : The tests.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.reporting.results import Results
    >>> subject = Subject.of(Results(sample_run().problem, sample_run().folds))
    >>> WhichDiffer("recall").answer(subject).sentences[0]
    'Of 1 pair, none clearly differs on Recall.'
    """

    key = "pairs"
    title = "Pairs"
    help = "Which strategies differ on a metric by more than chance, pair by pair."

    metric: str = option("", "The metric's key; empty takes that of the recommendation.")
    rope: float = option(0.01, "Differences up to this size count as none.", low=0, high=0.5)

    def answer(self, subject: Subject) -> Answer:
        if subject.comparison is None or len(subject.comparison.strategies) < 2:
            raise QuestionError("Only one strategy has results: run two or more to compare them.")
        metric = self.metric or judged_by(subject.comparison)
        try:
            name = metric_of(metric).name
        except ValueError as error:
            raise QuestionError(str(error)) from error
        if metric not in {one.key for one in subject.comparison.metrics}:
            raise QuestionError(f"{name} needs costs: settle them first.")
        pairs = compare_pairs(subject.comparison.ordered(metric), subject.problem.plan.split, metric, self.rope)
        if not pairs.tested:
            raise QuestionError(" ".join(pairs.notes))
        raw = pairs.table().sort_values("p_holm", kind="stable", ignore_index=True)
        clear = raw[raw["words"] != "no clear difference"]
        table = pd.DataFrame(
            {
                "Strategy": [subject.names[key] for key in raw["first"]],
                "Against": [subject.names[key] for key in raw["second"]],
                "Lead": raw["difference"],
                "In words": raw["words"],
                "Better": raw["better"],
                "Same": raw["same"],
                "Worse": raw["worse"],
                "p": raw["p"],
                "p (Holm)": raw["p_holm"],
                "Folds": raw["shared"],
            }
        )
        said = [
            f"{subject.names[first]} is {words} than {subject.names[second]}"
            for first, second, words in clear[["first", "second", "words"]].head(_NAMED).to_numpy().tolist()
        ]
        more = f", and {len(clear) - _NAMED:,} more" if len(clear) > _NAMED else ""
        first = (
            f"Of {counted(len(raw), 'pair')}, {len(clear):,} clearly {'differs' if len(clear) == 1 else 'differ'} on "
            f"{name}: {joined(said)}{more}."
            if len(clear)
            else f"Of {counted(len(raw), 'pair')}, none clearly differs on {name}."
        )
        caption = (
            f"Read along a row: the chance in % that its strategy is better by more than {self.rope:g} "
            "(Bayesian correlated t-test), pair by pair."
        )
        figure = pair_heatmap(pairs, subject.names)
        return Answer(
            self.title, (first,), table, _COLUMNS, tuple(range(len(clear))),
            (Drawing("Strategy against strategy", caption, figure),),
            (
                f"Corrected resampled t-test on {pairs.folds_in_words} that both finished, with Holm's correction for "
                "all pairs; below 0.05 a difference is clear.",
                *([subject.settled[1]] if subject.stakes.decides else []),
            ),
            "clearly different",
        )  # fmt: skip


_COLUMNS = {
    "Lead": Column(help="Mean difference over folds; above 0 the first one is better."),
    "Better": Column("percent", "Chance that the first one is better by more than what counts as none.", 0),
    "Same": Column("percent", "Chance that they are the same.", 0),
    "Worse": Column("percent", "Chance that the first one is worse.", 0),
    "p": Column(help="Corrected for training rows that folds share.", digits=4),
    "p (Holm)": Column(help="Corrected for the number of pairs, too.", digits=4),
    "Folds": Column("whole"),
}
