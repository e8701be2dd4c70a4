"""Decision curves: from which probability on acting by a strategy beats acting on everybody and on nobody."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from core.charts.lines import Axis, strategy_lines
from core.evaluation.calibration import prior_corrected
from core.evaluation.net_benefit import NetBenefits, net_benefits
from core.reporting.display import Drawing
from core.reporting.questions.answer import Answer, Column
from core.reporting.questions.question import Question, QuestionError, Subject, option, register
from core.words import quoted

PER = 1000
_GRID = np.unique(np.concatenate([np.geomspace(0.001, 0.1, 41), np.linspace(0.01, 0.99, 99)]).round(6))


@register
@dataclass(frozen=True)
class NetBenefit(Question):
    """How much acting by each strategy is worth, by the probability that one acts from.

    See Also
    --------
    core.evaluation.net_benefit : The figures.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.reporting.results import Results
    >>> subject = Subject.of(Results(sample_run().problem, sample_run().folds))
    >>> answer = NetBenefit(threshold=0.5).answer(subject)
    >>> answer.table.iloc[:, :2].round(1).to_numpy().tolist()
    [['Plain network', 83.3], ['SMOTE', 125.0]]
    """

    key = "net_benefit"
    title = "Net benefit"
    help = "From which probability on acting by a strategy is worth more than acting on everybody or on nobody."

    threshold: float = option(0.0, "Act from this probability on; 0 takes the class's share.", low=0, high=0.999)
    prevalence: float = option(0.0, "Share of the class in the field; 0 takes the table's.", low=0, high=0.999)
    corrected: bool = option(False, "Carry probabilities back to the table's class shares first.")

    def answer(self, subject: Subject) -> Answer:
        n_class, n = int(subject.truth.sum()), len(subject.truth)
        if n_class in (0, n):
            absent = subject.label if not n_class else subject.rest
            raise QuestionError(f"No test row is {quoted(absent)}, so that nothing can be weighed: choose other folds.")
        share = self.prevalence or n_class / n
        at = self.threshold or share
        pooled = prior_corrected(subject.pooled) if self.corrected else subject.pooled
        grid = np.unique(np.append(_GRID, at))
        curves = net_benefits(pooled, subject.code, grid, prevalence=self.prevalence or None)
        place = int(np.searchsorted(grid, at))
        ranges = [_widest(curves.useful(key)) for key in curves.keys]
        # Of the same range: elsewhere, as where hardly any row is below the threshold, next to nothing may be sure too.
        sure = [
            _widest(tuple(one for one in curves.useful(key, surely=True) if low <= one[0] <= high))
            for key, (low, high) in zip(curves.keys, ranges, strict=True)
        ]
        table = pd.DataFrame(
            {
                "Strategy": subject.strategy_names(),
                "Net benefit": PER * curves.value[:, place],
                "Low": PER * curves.low[:, place],
                "High": PER * curves.high[:, place],
                "More than all or none": PER * curves.gain[:, place],
                "Worth using from": [low for low, _ in ranges],
                "to": [high for _, high in ranges],
                "Surely from": [low for low, _ in sure],
                "up to": [high for _, high in sure],
            }
        )
        best = int(np.argmax(curves.value[:, place]))
        return Answer(
            self.title,
            _sentences(curves, subject, table, best, at, share),
            table,
            _COLUMNS,
            (best,) if curves.gain[best, place] > 0 else (),
            (self._drawing(replace(subject, pooled=pooled), curves, at, share),),
            _notes(subject, self.corrected),
        )

    def _drawing(self, subject: Subject, curves: NetBenefits, at: float, share: float) -> Drawing:
        # Beyond the last threshold at which anything is above 0 there is nothing to see.
        ends = np.flatnonzero((curves.value > 0).any(axis=0) | (curves.all > 0))
        shown = slice(0, min(len(curves.thresholds), (int(ends[-1]) if len(ends) else 0) + 6))
        x, top = curves.thresholds[shown], PER * max(share, float(curves.high.max()))
        beside = {
            "act on everybody": (x, PER * np.maximum(curves.all[shown], -share / 4)),
            "act on nobody": (x, np.zeros(len(x))),
        }
        figure = strategy_lines(
            subject.keys, subject.names, x, PER * curves.value[:, shown],
            (Axis("Act from this probability on"), Axis(f"Net hits per {PER:,} rows", ",.1f", (-top / 5, 1.05 * top))),
            ends=(PER * curves.low[:, shown], PER * curves.high[:, shown]), beside=beside, mark=at,
            named=subject.coloured,
        )  # fmt: skip
        caption = (
            "Hits less the false alarms that they are worth, with 95% intervals by rows. A strategy is worth using "
            "where its line lies above both grey ones."
        )
        return Drawing("Decision curves", caption, figure)


def _widest(ranges: tuple[tuple[float, float], ...]) -> tuple[float, float]:
    return max(ranges, key=lambda one: one[1] - one[0], default=(float("nan"), float("nan")))


def _sentences(
    curves: NetBenefits, subject: Subject, table: pd.DataFrame, best: int, at: float, share: float
) -> tuple[str, ...]:
    row, place = table.iloc[best], int(np.searchsorted(curves.thresholds, at))
    name, default = row["Strategy"], "everybody" if curves.all[place] > 0 else "nobody"
    gain = PER * float(curves.gain[best, place])
    low, high = PER * float(curves.gain_low[best, place]), PER * float(curves.gain_high[best, place])
    if gain <= 0:
        first = (
            f"Acting at a probability of {at:.3f} or more, no strategy beats acting on {default}: the best, {name}, is "
            f"{-gain:.1f} net hits per {PER:,} rows behind."
        )
    else:
        sure = "" if low > 0 else "; the interval leaves open whether it is worth anything"
        first = (
            f"Acting at a probability of {at:.3f} or more, {name} is worth most: {gain:.1f} net hits per {PER:,} rows "
            f"more than acting on {default} (95% interval {low:.1f} to {high:.1f}){sure}."
        )
    says = (
        f"Who acts from {at:.3f} on says that one hit of {quoted(subject.label)} is worth {(1 - at) / at:,.1f} false "
        f"alarms; the share of {quoted(subject.label)} is {share:.2%}."
    )
    if np.isnan(row["Worth using from"]):
        return first, says
    ranged = f"{name} is worth using from {row['Worth using from']:.3f} to {row['to']:.3f}"
    surely = (
        f", and surely from {row['Surely from']:.3f} to {row['up to']:.3f}."
        if np.isfinite(row["Surely from"])
        else ", and nowhere surely."
    )
    return first, says, ranged + surely


def _notes(subject: Subject, corrected: bool) -> tuple[str, ...]:
    notes = [
        "Probabilities are corrected for the balance of the training rows."
        if corrected
        else "Probabilities are taken at their word: a strategy that resamples or weighs says too high ones and loses "
        "here until they are corrected."
    ]
    if subject.repeats > 1:
        notes.append("With repeats, values are means over them, and intervals those of a single repeat.")
    return tuple(notes)


_COLUMNS = {
    "Net benefit": Column("number", f"Hits less the false alarms that they are worth, per {PER:,} rows.", 1),
    "Low": Column("number", "95% interval by rows.", 1),
    "High": Column("number", "95% interval by rows.", 1),
    "More than all or none": Column("number", "Than the better of acting on everybody and on nobody.", 1),
    "Worth using from": Column(help="The widest range of probabilities in which it beats both."),
    "to": Column(),
    "Surely from": Column(help="The same where the whole 95% interval lies above both."),
    "up to": Column(),
}
