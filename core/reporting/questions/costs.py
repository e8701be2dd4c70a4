"""Costs: which strategy is cheapest, and what it saves against flagging nobody and everybody."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from core.decision.costs import CostError
from core.decision.row_costs import CELLS, Cost, RowCosts
from core.decision.stakes import RULES, Rule, Stakes
from core.evaluation.worth import Worth, is_benefit, saved_in_words, worth
from core.reporting.questions.answer import Answer, Column
from core.reporting.questions.question import Question, QuestionError, Subject, option, register
from core.words import joined, quoted

PER = 1000
_COST = "such as 10, or column × factor + constant such as 0.5*amount+3; empty keeps that of the run."


@register
@dataclass(frozen=True)
class WhatItCosts(Question):
    """What each strategy's decisions cost, and what they save.

    See Also
    --------
    core.evaluation.worth : The figures.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.reporting.results import Results
    >>> subject = Subject.of(Results(sample_run().problem, sample_run().folds))
    >>> print(WhatItCosts(miss="50").answer(subject).sentences[0])
    Cheapest by its own decisions: SMOTE, at 125.0 per 1,000 rows, which saves 12,375.0 against flagging nobody and \
625.0 against flagging everybody. The recommended Plain network: 6,291.7.
    >>> print(WhatItCosts(miss="age", alarm="9", hit="1", decide="rows").answer(subject).sentences[1])
    Deciding row by row: Plain network, at 3,625.0.
    >>> WhatItCosts(miss="age", hit="1", decide="rows").answer(subject).table["Decided by"].unique().tolist()
    ["Each strategy's own decisions", "Each strategy's cheapest threshold", 'Row by row']
    """

    key = "costs"
    title = "Costs"
    help = "What each strategy's decisions cost or bring, and what they save against flagging nobody and everybody."

    miss: str = option("", f"Cost of a miss, {_COST}")
    alarm: str = option("", f"Cost of a false alarm, {_COST}")
    hit: str = option("", f"Cost of a hit, {_COST}")
    quiet: str = option("", f"Cost of a row correctly ignored, {_COST}")
    benefits: bool = option(False, "The numbers are benefits, which are to be high.")
    field: float = option(0.0, "Share of the class in the field; 0 keeps that of the run.", low=0, high=0.999)
    decide: str = option("", f"How rows are decided: {', '.join(RULES)}; empty keeps that of the run.")
    at: float = option(0.0, "The one threshold for all; 0 keeps that of the run.", low=0, high=1)

    def answer(self, subject: Subject) -> Answer:
        try:
            stakes = self.stakes(subject.stakes)
            frame = subject.frame if stakes.by_row is not None else None
            shown = [worth(subject.pooled, subject.code, stakes, frame)]
            if stakes.rule == "rows":
                others: tuple[Rule, ...] = ("own", "cheapest")
                shown += [worth(subject.pooled, subject.code, stakes, frame, rule) for rule in others]
        except CostError as error:
            raise QuestionError(str(error)) from error
        if not subject.truth.any() or subject.truth.all():
            absent = subject.label if not subject.truth.any() else subject.rest
            raise QuestionError(f"No test row is {quoted(absent)}, so that costs cannot be told: choose other folds.")
        benefits = is_benefit(stakes)
        table = pd.concat([_table(one, subject, benefits, len(shown) > 1) for one in shown], ignore_index=True)
        word = "Benefit" if benefits else "Cost"
        # The cheapest on top, whoever decides.
        table = table.sort_values(word, ascending=not benefits, kind="stable", ignore_index=True)
        values = table[word].to_numpy(float)
        best = np.flatnonzero(values >= values.max() - 1e-9 if benefits else values <= values.min() + 1e-9)
        columns = {name: column for name, column in _columns(word).items() if name in table}
        return Answer(
            self.title, _sentences(subject, table, best.tolist(), shown, word, stakes), table, columns,
            tuple(best.tolist()),
            notes=_notes(subject, stakes),
        )  # fmt: skip

    def stakes(self, kept: Stakes) -> Stakes:
        """Return what is asked for: the run's own, with what is given here.

        Raises
        ------
        CostError
            Something given cannot be used.
        """
        typed = {name: Cost.parse(getattr(self, name)) for name in CELLS if getattr(self, name)}
        costs, row_costs, aside = kept.costs, kept.row_costs, kept.set_aside
        if typed:
            every = {name: Cost(costs.matrix[truth][decided]) for name, (truth, decided) in CELLS.items()}
            if kept.by_row is not None:
                every |= {name: getattr(kept.by_row, name) for name in CELLS}
            every |= typed
            aside = all(cost.column is None for cost in every.values())
            if not aside:
                row_costs = RowCosts(**every)
            else:
                numbers = [every[name].constant for name in CELLS]
                costs = replace(costs, matrix=((numbers[0], numbers[1]), (numbers[2], numbers[3])))
        if self.benefits:
            costs = replace(costs, benefits=True)
        if self.field:
            costs = replace(costs, prevalence=self.field)
        rule: Any = self.decide or ("rows" if typed and not aside else kept.rule)
        if typed and aside and rule == "rows":
            if self.decide:
                raise CostError("Deciding row by row needs costs that a column gives: choose the column.")
            rule = "own"
        aside = aside and rule != "rows" and row_costs is not None
        return Stakes(costs, rule, self.at or kept.threshold, row_costs, kept.capacity, aside)


def _table(shown: Worth, subject: Subject, benefits: bool, several: bool) -> pd.DataFrame:
    word = "Benefit" if benefits else "Cost"
    columns: dict[str, object] = {"Strategy": subject.strategy_names()}
    if several:
        columns["Decided by"] = [RULES[shown.rule]] * len(shown.keys)
    columns |= {
        word: PER * shown.value[:, 0],
        f"{word}, low": PER * shown.value[:, 1],
        f"{word}, high": PER * shown.value[:, 2],
        "Flagged": shown.called,
        "Found": shown.hits,
        "Threshold": shown.thresholds,
        "Saved against nobody": PER * shown.saved_nobody[:, 0],
        "Saved against nobody, low": PER * shown.saved_nobody[:, 1],
        "Saved against nobody, high": PER * shown.saved_nobody[:, 2],
        "Saved against everybody": PER * shown.saved_everybody[:, 0],
        "Saved against everybody, low": PER * shown.saved_everybody[:, 1],
        "Saved against everybody, high": PER * shown.saved_everybody[:, 2],
    }
    return pd.DataFrame(columns)


def _sentences(
    subject: Subject, table: pd.DataFrame, best: list[int], shown: list[Worth], word: str, stakes: Stakes
) -> tuple[str, ...]:
    row = table.iloc[best[0]]
    nobody, everybody = row["Saved against nobody"], row["Saved against everybody"]
    how = str(row["Decided by"]) if "Decided by" in table else RULES[stakes.rule]
    how = f"{how[:1].lower()}{how[1:]}".replace("each strategy's", "its" if len(best) == 1 else "their")
    by = ", deciding row by row" if how == "row by row" else f" by {how}"
    named = joined(dict.fromkeys(table["Strategy"].iloc[best]), most=3)
    against = saved_in_words(everybody, "everybody")
    if (nobody >= 0) == (everybody >= 0):
        against = against.partition(" ")[2]
    first = f"{'Best' if word == 'Benefit' else 'Cheapest'}{by}: {named}, at {row[word]:,.1f} per {PER:,} rows, "
    first += f"which {saved_in_words(nobody, 'nobody')} and {against}."
    if len(shown) == 1:
        value, low, high = PER * shown[0].value.T
        leads = np.flatnonzero(np.abs(value - row[word]) < 1e-9).tolist()
        first += subject.standing(leads, lambda at: f"{value[at]:,.1f}", (low, high))
    said = [first]
    if how != "row by row" and len(shown) > 1:  # other rules stand beside the settled one: say what that does
        value, low, high = PER * shown[0].value.T
        at = int(value.argmax() if word == "Benefit" else value.argmin())
        leads = np.flatnonzero(np.abs(value - value[at]) < 1e-9).tolist()
        said.append(
            f"Deciding row by row: {subject.named(leads)}, at {value[at]:,.1f}."
            + subject.standing(leads, lambda place: f"{value[place]:,.1f}", (low, high))
        )
    for whom in ("nobody", "everybody"):
        if row[f"Saved against {whom}, low"] <= 0 < row[f"Saved against {whom}, high"]:
            said.append(f"The interval leaves open whether it saves anything against flagging {whom}.")
    settled = stakes.sentences() or ("A false alarm costs 1, a miss 10, until you say otherwise.",)
    return (*said, *settled)


def _notes(subject: Subject, stakes: Stakes) -> tuple[str, ...]:
    notes = ["Intervals are those of means over rows, 95%; figures count the test rows of all folds."]
    if stakes.rule in ("cheapest", "rows"):
        notes.append("A cheapest threshold is chosen on all other folds than the one that it decides.")
    if stakes.rule == "rows":
        notes.append("Deciding row by row takes probabilities at their word: put prior correction after resampling.")
    if subject.repeats > 1:
        notes.append("With repeats, a row's cost is its mean over them.")
    return tuple(notes)


def _columns(word: str) -> dict[str, Column]:
    numbers = {
        word: f"Of {PER:,} rows.",
        f"{word}, low": "95% interval.",
        f"{word}, high": "95% interval.",
        "Saved against nobody": f"Per {PER:,} rows, against flagging no row.",
        "Saved against nobody, low": "95% interval of the difference.",
        "Saved against nobody, high": "95% interval of the difference.",
        "Saved against everybody": f"Per {PER:,} rows, against flagging every row.",
        "Saved against everybody, low": "95% interval of the difference.",
        "Saved against everybody, high": "95% interval of the difference.",
    }
    return {
        "Flagged": Column("whole", "Rows called the class."),
        "Found": Column("whole", "Rows of the class that are found."),
        "Threshold": Column("number", "Median over the folds."),
        **{name: Column("number", said, 1) for name, said in numbers.items()},
    }
