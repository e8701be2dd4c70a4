"""Decision curves: from which probability on acting by a strategy beats acting on all rows and on none."""

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
from core.words import percent, quoted

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
    [['SMOTE', 125.0], ['Plain network', 83.3]]
    """

    key = "net_benefit"
    title = "Net benefit"
    help = "From which probability on acting by a strategy is worth more than acting on all rows or on none."

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
                "Net benefit, low": PER * curves.low[:, place],
                "Net benefit, high": PER * curves.high[:, place],
                "More than all or none": PER * curves.gain[:, place],
                "Worth using, from": [low for low, _ in ranges],
                "Worth using, to": [high for _, high in ranges],
                "Surely, from": [low for low, _ in sure],
                "Surely, to": [high for _, high in sure],
            }
        )
        values = curves.value[:, place]
        best = np.flatnonzero(values >= values.max() - 1e-12).tolist()
        return Answer(
            self.title,
            _sentences(curves, subject, table, best, at, share),
            table,
            _COLUMNS,
            tuple(best) if curves.gain[best[0], place] > 0 else (),
            (self._drawing(replace(subject, pooled=pooled), curves, at, share),),
            _notes(subject, self.corrected),
        ).sorted_by("Net benefit")

    def _drawing(self, subject: Subject, curves: NetBenefits, at: float, share: float) -> Drawing:
        # Beyond the last threshold at which anything is above 0 there is nothing to see.
        ends = np.flatnonzero((curves.value > 0).any(axis=0) | (curves.all > 0))
        shown = slice(0, min(len(curves.thresholds), (int(ends[-1]) if len(ends) else 0) + 6))
        x, top = curves.thresholds[shown], PER * max(share, float(curves.high.max()))
        beside = {
            "act on all": (x, PER * np.maximum(curves.all[shown], -share / 4)),
            "act on none": (x, np.zeros(len(x))),
        }
        up = Axis(f"Net hits per {PER:,} rows", ",.1f", (-top / 5, 1.05 * top))
        figure = strategy_lines(
            subject.keys, subject.names, x, PER * curves.value[:, shown],
            (Axis("Act at this probability or more", ".1%"), up), beside=beside,
            ends=(PER * curves.low[:, shown], PER * curves.high[:, shown]),
            mark=(at, f"{percent(at)}: as set above"), named=subject.coloured, front=subject.advised,
        )  # fmt: skip
        caption = (
            "Hits less the false alarms that they are worth, with 95% intervals by rows. A strategy is worth using "
            "where its line lies above both grey ones."
        )
        return Drawing("Decision curves", caption, figure)


def _widest(ranges: tuple[tuple[float, float], ...]) -> tuple[float, float]:
    return max(ranges, key=lambda one: one[1] - one[0], default=(float("nan"), float("nan")))


def _sentences(
    curves: NetBenefits, subject: Subject, table: pd.DataFrame, best: list[int], at: float, share: float
) -> tuple[str, ...]:
    place, named = int(np.searchsorted(curves.thresholds, at)), subject.named(best)
    default = "on all rows" if curves.all[place] > 0 else "on none"
    gain, low, high = (PER * float(part[best[0], place]) for part in (curves.gain, curves.gain_low, curves.gain_high))
    standing = subject.standing(
        best, lambda one: f"{PER * curves.value[one, place]:.1f}", (curves.low[:, place], curves.high[:, place])
    )
    value = f"{PER * curves.value[best[0], place]:.1f} net hits per {PER:,} rows"
    if gain <= 0:
        first = (
            f"Acting at a probability of {percent(at)} or more, no strategy beats acting {default}: the best, {named}, "
            f"is {-gain:.1f} net hits per {PER:,} rows behind."
        )
    else:
        # Acting on none is worth 0.
        more = f", {gain:.1f} more than acting on all rows" if curves.all[place] > 0 else ""
        sure = "" if low > 0 else "; the interval leaves open whether it is worth anything"
        first = (
            f"Acting at a probability of {percent(at)} or more, {named} {'comes' if len(best) == 1 else 'come'} first "
            f"with {value}{more} (95% interval {low:.1f} to {high:.1f}){sure}.{standing}"
        )
    says = (
        f"If you act at {percent(at)}, you value one hit as much as {(1 - at) / at:,.1f} false alarms; the share of "
        f"{quoted(subject.label)} is {percent(share)}."
    )
    row = table.iloc[best[0]]
    if np.isnan(row["Worth using, from"]):
        return first, says
    ranged = f"{row['Strategy']} is worth using from {percent(row['Worth using, from'])} "
    ranged += f"to {percent(row['Worth using, to'])}"
    surely = (
        f", and surely from {percent(row['Surely, from'])} to {percent(row['Surely, to'])}."
        if np.isfinite(row["Surely, from"])
        else ", and nowhere surely."
    )
    return first, says, ranged + surely


def _notes(subject: Subject, corrected: bool) -> tuple[str, ...]:
    notes = [
        "Probabilities are corrected for the balance of the training rows."
        if corrected
        else "Probabilities are used as they are. Resampling and weights make them too high, which costs such a "
        "strategy net benefit until they are corrected."
    ]
    if subject.repeats > 1:
        notes.append("With repeats, values are means over them, and intervals those of a single repeat.")
    return tuple(notes)


_COLUMNS = {
    "Net benefit": Column("number", f"Hits less the false alarms that they are worth, per {PER:,} rows.", 1),
    "Net benefit, low": Column("number", "95% interval by rows.", 1),
    "Net benefit, high": Column("number", "95% interval by rows.", 1),
    "More than all or none": Column("number", "Than the better of acting on all rows and on none.", 1),
    "Worth using, from": Column("percent", "The widest range of probabilities in which it beats both.", 1),
    "Worth using, to": Column("percent", "", 1),
    "Surely, from": Column("percent", "The same where the whole 95% interval lies above both.", 1),
    "Surely, to": Column("percent", "", 1),
}
