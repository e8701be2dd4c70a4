"""A table under a plan: its columns as the plan wants them, the target, the features, and what follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.data.columns import Column
from core.data.facts import TableFacts
from core.data.preparation import Choices, CodedStep, step_for, steps
from core.data.table import Table
from core.data.target import Target, encode_target
from core.plan import Plan, PlanError
from core.words import TableError, counted, listed, quoted, which_there_are


@dataclass(frozen=True, eq=False)
class Problem:
    """What is to be learned from which columns; made once, and asked by everything that follows.

    Parameters
    ----------
    table : Table
        With the plan's column kinds and merged spellings.
    plan : Plan
    target : Target
        Encoded after the kinds were applied.
    features : tuple of Column
        What the network may learn from, in the table's order: numbers, categories and dates other than the
        target, without the columns that the plan splits by and says are none.
    facts : TableFacts
    notes : tuple of str
        What the split makes of its column, one sentence each; what became of labels and classes is said by the
        target's own notes.

    Examples
    --------
    >>> from core.data.samples import load_sample
    >>> from core.plan import Plan, StrategyChoice
    >>> problem = Problem.of(load_sample("abalone_9_vs_18"), Plan("rings", (StrategyChoice.of("plain"),)))
    >>> len(problem.features), problem.target.labels
    (8, ('9', '18'))
    """

    table: Table
    plan: Plan
    target: Target
    features: tuple[Column, ...]
    facts: TableFacts
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, table: Table, plan: Plan) -> Problem:
        """Apply a plan to a table; a table that has the plan's kinds already stays as it is.

        Raises
        ------
        TableError
            The target or a column kind does not suit the table, or no column is left to learn from.
        PlanError
            The table has no such column to split by, or it cannot put rows in order.
        """
        typed = table.planned(plan)
        for name in plan.split.columns:
            if name not in typed.frame.columns:
                known = which_there_are(name, (column.name for column in typed.columns), "the table has")
                raise PlanError(f"There is no column {quoted(name)} to split by: {known}")
            if name == plan.target:
                raise PlanError(f"Column '{name}' is the target and cannot be split by: choose another column.")
        usable = None if plan.split.time is None else _in_order(typed.column(plan.split.time), typed)
        target = encode_target(typed, plan.target, plan.positive, plan.split.folds, plan.classes, usable)
        beside = plan.split.no_features
        features = tuple(column for column in typed.features(plan.target) if column.name not in beside)
        if not features:
            raise TableError(
                f"No column is left to learn from: beside {quoted(plan.target)} every column is constant, missing, "
                "an identifier, ignored or used to split; add a column or change a column's kind."
            )
        kinds = [(step, column) for column in features if (step := step_for(column)) is not None]
        if not any(step.tells(column, typed.frame[column.name]) for step, column in kinds):
            raise TableError(
                f"No column is left to learn from: beside {quoted(plan.target)} nothing differs from row to row in "
                f"{listed([column.name for column in features])}; add a column or change a column's kind."
            )
        categorical = sum(issubclass(step, CodedStep) for step, _ in kinds)
        numeric = sum(step.max_dense(column) > 0 for step, column in kinds)
        _check_choices(typed, plan)
        counts = tuple(int(count) for count in target.counts)
        facts = TableFacts(counts, numeric, categorical, plan.split.folds)
        return cls(typed, plan, target, features, facts, tuple(_split_notes(typed, plan, features, usable)))

    @property
    def choices(self) -> Mapping[str, Choices]:
        """What the plan says on the preparation of columns, by their names."""
        return {name: dict(chosen) for name, chosen in self.plan.prepared}

    def groups(self, rows: np.ndarray) -> np.ndarray | None:
        """Return the groups that some of the labelled rows belong to, int64, None where the plan splits by none.

        Rows without a group belong to one of their own, as when they are split.
        """
        name = self.plan.split.group
        if name is None:
            return None
        return pd.factorize(self.table.frame[name].iloc[self.target.rows[rows]])[0].astype(np.int64)


def _check_choices(table: Table, plan: Plan) -> None:
    """Refuse a setting of a column's preparation that no kind has, or a value that it cannot take."""
    for name, chosen in plan.prepared:
        table.column(name)
        for setting, value in chosen:
            known = [one for step in steps() for one in step.settings if one.name == setting]
            if not known:
                names = ", ".join(dict.fromkeys(one.name for step in steps() for one in step.settings))
                raise PlanError(f"There is no setting '{setting}' for column '{name}': use one of {names}.")
            refusal = known[0].refusal(value)
            if refusal:
                raise PlanError(f"The {setting} of column '{name}' cannot be {value!r}: {refusal}.")


def orderable(column: Column) -> bool:
    """Return whether a column can put rows in order of time: it holds numbers or dates.

    Examples
    --------
    >>> orderable(Column("day", "date", 0, 90)), orderable(Column("town", "categorical", 0, 9))
    (True, False)
    """
    return column.kind in ("numeric", "date")


def _in_order(column: Column, table: Table) -> np.ndarray:
    """Return which rows have a place in time, bool, shape (rows,)."""
    if not orderable(column):
        step = step_for(column)
        unused = {"identifier": "only names the rows", "constant": "holds one value or none"}
        holds = unused.get(column.kind, "is ignored") if step is None else f"holds {step.label.lower()}"
        raise PlanError(
            f"Column '{column.name}' {holds} and cannot order rows in time: choose a column of numbers or dates, or "
            "set its kind to one of these."
        )
    return table.frame[column.name].notna().to_numpy()


def _split_notes(table: Table, plan: Plan, features: tuple[Column, ...], usable: np.ndarray | None) -> list[str]:
    notes = []
    time, group, learned = plan.split.time, plan.split.group, {column.name for column in features}
    if time is not None and usable is not None:
        notes.append(f"Rows are split by time in {quoted(time)}: {_as_feature(time, learned)}.")
        if not usable.all():
            notes.append(
                f"{counted(int((~usable).sum()), 'row')} without a value in {quoted(time)} left out: they have no "
                "place in time."
            )
    if group is not None:
        notes.append(f"Rows with the same {quoted(group)} stay together: {_as_feature(group, learned)}.")
        missing = table.column(group).missing
        if missing:
            notes.append(f"{counted(missing, 'row')} without a value in {quoted(group)} stay together as one group.")
    return notes


def _as_feature(name: str, learned: set[str]) -> str:
    return "it is a feature too" if name in learned else "it is not a feature"
