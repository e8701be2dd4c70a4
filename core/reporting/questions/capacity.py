"""Capacity: what is found by whoever can look at so many rows only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from core.charts.lines import Axis, strategy_lines
from core.data.periods import UNIT, PeriodError, moments, periods_of
from core.evaluation.capacity import Capacities, capacities, gains
from core.reporting.display import Drawing
from core.reporting.questions.answer import Answer, Column
from core.reporting.questions.question import Ends, Question, QuestionError, Subject, option, register
from core.words import counted, percent, quoted

_SHARES = np.unique(np.concatenate([np.geomspace(0.001, 0.05, 30), np.linspace(0, 1, 101)]))
_LIFTED = _SHARES[_SHARES >= 0.005]


@register
@dataclass(frozen=True)
class Capacity(Question):
    """What each strategy finds where only so many rows can be looked at, the most likely first.

    See Also
    --------
    core.evaluation.capacity : The figures.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.reporting.results import Results
    >>> subject = Subject.of(Results(sample_run().problem, sample_run().folds))
    >>> answer = Capacity(rows=250).answer(subject)
    >>> print(answer.sentences[0])
    Looking at the 250 most likely of every 1,000 rows, SMOTE finds 80.0% of `yes`; 80.0% of the rows looked at are \
`yes`. The recommended Plain network (72.2%) is level with it, as the intervals overlap.
    >>> answer.table["Lift"].round(1).tolist()
    [3.2, 2.9]
    """

    key = "capacity"
    title = "Capacity"
    help = "What is found by whoever can look at so many rows only: precision and recall among the most likely."

    rows: float = option(50.0, "Rows that can be looked at, per 1,000 rows or per period.", low=0.1, high=1e9)
    per: str = option("", "Period: hour, day, week, month, or unit of a number; empty for per 1,000 rows.")
    by: str = option("", "The column that says when; empty takes the plan's time column or the first date.")

    def answer(self, subject: Subject) -> Answer:
        found, period = self._capacities(subject)
        if not found.of_class.sum():
            raise QuestionError(
                f"No test row is {quoted(subject.label)}, so that none can be found: choose other folds."
            )
        share = float(found.of_class.sum() / found.rows.sum())
        looked, of_class = float(found.looked.sum()), float(found.of_class.sum())
        hits = found.hits.sum(axis=1)
        ends = np.array([[*_wilson(h, looked), *_wilson(h, of_class)] for h in hits])
        table = pd.DataFrame(
            {
                "Strategy": subject.strategy_names(),
                "Found": hits,
                "Precision": found.precision,
                "Precision, low": ends[:, 0],
                "Precision, high": ends[:, 1],
                "Recall": found.recall,
                "Recall, low": ends[:, 2],
                "Recall, high": ends[:, 3],
                "Lift": found.precision / share,
            }
        )
        best = np.flatnonzero(hits >= hits.max() - 1e-9)
        table.insert(2, "Of", np.full(len(hits), of_class))
        drawings = (
            *self._by_period(subject, found, period),
            *_gain_and_lift(subject, looked / float(found.rows.sum())),
        )
        return Answer(
            self.title,
            self._sentences(subject, found, period, best.tolist(), share, (ends[:, 2], ends[:, 3])),
            table,
            _COLUMNS,
            tuple(best.tolist()),
            drawings,
            _notes(subject),
        ).sorted_by("Found")

    def _capacities(self, subject: Subject) -> tuple[Capacities, str]:
        """Return the counts and, where rows are parted by time, the period's name."""
        rows = subject.pooled[0].rows
        if not self.per and not self.by:
            if self.rows > 1000:
                raise QuestionError(f"Of 1,000 rows {self.rows:,.12g} cannot be looked at: choose 1,000 or fewer.")
            nowhere = np.zeros(len(rows), np.int64)
            return capacities(subject.pooled, subject.code, nowhere, per_rows=self.rows), ""
        known = moments(subject.problem)
        column = self.by or next(iter(known), "")
        if not column:
            raise QuestionError("No column says when a row is from: count per 1,000 rows instead.")
        try:
            period = self.per or known.get(column, (UNIT,))[0]
            parted = periods_of(subject.problem, column, period)
        except PeriodError as error:
            raise QuestionError(str(error)) from error
        place = parted.of_row[rows]
        used, of_row = np.unique(place[place >= 0], return_inverse=True)
        known_rows = place >= 0
        pooled = subject.pooled if known_rows.all() else tuple(one.chosen(known_rows) for one in subject.pooled)
        names = tuple(parted.names[at] for at in used)
        if not names:
            raise QuestionError(f"No test row has a value in {quoted(column)}: count per 1,000 rows instead.")
        found = capacities(pooled, subject.code, of_row, per_period=self.rows, names=names)
        return found, period if period != UNIT else f"unit of {column}"

    def _sentences(
        self, subject: Subject, found: Capacities, period: str, best: list[int], share: float, ends: Ends
    ) -> tuple[str, ...]:
        name, label = subject.named(best), quoted(subject.label)
        whose = f"most likely rows of every {period}" if period else "most likely of every 1,000 rows"
        said = [
            f"Looking at the {self.rows:,.4g} {whose}, {name} {'finds' if len(best) == 1 else 'find'} "
            f"{percent(found.recall[best[0]])} of {label}; {percent(found.precision[best[0]])} of the rows looked at "
            f"are {label}." + subject.standing(best, lambda at: percent(found.recall[at]), ends),
            f"Looking at as many rows picked by chance would find {percent(found.looked.sum() / found.rows.sum())}, "
            f"and {percent(share)} of them would be {label}.",
        ]
        if period:
            few, none = int((found.rows < self.rows).sum()), int((found.of_class == 0).sum())
            many = period.replace("unit of", "units of", 1) if period.startswith("unit of") else ""
            days = counted(len(found.periods), period, many)
            until = f"{found.periods[0]} to {found.periods[-1]}" if len(found.periods) > 1 else found.periods[0]
            said.append(f"The test rows are from {days}: {until}.")
            if few:
                said.append(f"In {few:,} of them there are fewer rows than can be looked at: all are.")
            if none:
                said.append(f"In {none:,} of them no row is {label}: what is looked at there finds nothing.")
        return tuple(said)

    def _by_period(self, subject: Subject, found: Capacities, period: str) -> tuple[Drawing, ...]:
        if not period or len(found.periods) < 2:
            return ()
        x = np.arange(1, len(found.periods) + 1)
        figure = strategy_lines(
            subject.keys, subject.names, x, found.hits, (Axis("", ".0f"), Axis("Found", ",.1f")),
            beside={f"rows of {subject.label}": (x, found.of_class)}, named=subject.coloured, front=subject.advised,
        )  # fmt: skip
        step = max(1, len(x) // 10)
        figure.update_xaxes(tickvals=x[::step], ticktext=list(found.periods[::step]), title=None)
        return (Drawing(f"Found by {period}", f"Rows of {subject.label} among those looked at.", figure),)


def _gain_and_lift(subject: Subject, at: float) -> tuple[Drawing, Drawing]:
    found = gains(subject.pooled, subject.code, _SHARES)
    gain = strategy_lines(
        subject.keys, subject.names, _SHARES, found,
        (Axis("Share of rows looked at", ".0%"), Axis(f"Share of '{subject.label}' found", ".0%", (0, 1.02))),
        beside={"by chance": (_SHARES, _SHARES)}, mark=(at, f"{percent(at)}: as set above"), named=subject.coloured,
        front=subject.advised,
    )  # fmt: skip
    lifted = gains(subject.pooled, subject.code, _LIFTED) / _LIFTED
    lift = strategy_lines(
        subject.keys, subject.names, _LIFTED, lifted,
        (Axis("Share of rows looked at (logarithmic)", ".1%", log=True), Axis("Times as many as by chance", ".1f")),
        beside={"by chance": (_LIFTED, np.ones(len(_LIFTED)))}, mark=(at, f"{percent(at)}: as set above"),
        named=subject.coloured, front=subject.advised,
    )  # fmt: skip
    lift.update_xaxes(tickvals=[0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1], tickformat="~%")
    return (
        Drawing(
            "Gain",
            "The share of the class that is found by looking at a share of the rows, likeliest first.",
            gain,
        ),
        Drawing("Lift", "How many times more are found than in as many rows picked by chance.", lift),
    )


def _wilson(hits: float, rows: float) -> tuple[float, float]:
    whole = round(rows)
    if not whole:
        return float("nan"), float("nan")
    interval = binomtest(min(round(hits), whole), whole).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)


def _notes(subject: Subject) -> tuple[str, ...]:
    notes = [
        "Rows of all folds are ranked together. Where only some of the rows with one probability can be looked at, "
        "each counts in part. Intervals are Wilson's, 95%."
    ]
    if subject.repeats > 1:
        notes.append("With repeats, counts are means over them.")
    return tuple(notes)


_COLUMNS = {
    "Found": Column("number", "Rows of the class among those looked at, of all test rows.", 1),
    "Of": Column("whole", "All test rows of the class."),
    "Precision": Column("percent", "Of the rows looked at, the share of the class.", 1),
    "Precision, low": Column("percent", "", 1),
    "Precision, high": Column("percent", "", 1),
    "Recall": Column("percent", "Of the class's rows, the share looked at.", 1),
    "Recall, low": Column("percent", "", 1),
    "Recall, high": Column("percent", "", 1),
    "Lift": Column("number", "How many times as many as in rows picked by chance.", 1),
}
