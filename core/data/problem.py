"""A table under a plan: its columns as the plan wants them, the target, the features, and what follows."""

from __future__ import annotations

from dataclasses import dataclass

from core.data.facts import TableFacts
from core.data.table import Column, Table, TableError, Target, encode_target
from core.plan import Plan, PlanError
from core.words import listed, quoted


@dataclass(frozen=True, eq=False)
class Problem:
    """What is to be learned from which columns; made once, and asked by everything that follows.

    Parameters
    ----------
    table : Table
        With the plan's column kinds.
    plan : Plan
    target : Target
        Encoded after the kinds were applied.
    features : tuple of Column
        What the network may learn from, in the table's order: numbers, categories and dates other than the
        target and the columns that the plan splits by.
    facts : TableFacts

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

    @classmethod
    def of(cls, table: Table, plan: Plan) -> Problem:
        """Apply a plan to a table; a table that has the plan's kinds already stays as it is.

        Raises
        ------
        TableError
            The target or a column kind does not suit the table, or no column is left to learn from.
        PlanError
            The table has no such column to split by.
        """
        typed = table.with_kinds(dict(plan.kinds)) if plan.kinds else table
        beside = [name for name in (plan.split.group, plan.split.time) if name is not None]
        for name in beside:
            if name not in typed.frame.columns:
                raise PlanError(
                    f"There is no column '{name}' to split by: the table has {listed(c.name for c in typed.columns)}."
                )
        target = encode_target(typed, plan.target, plan.positive, plan.split.folds)
        features = tuple(column for column in typed.features(plan.target) if column.name not in beside)
        if not features:
            raise TableError(
                f"No column is left to learn from: beside {quoted(plan.target)} every column is constant, missing, "
                "an identifier, ignored or used to split; add a column or change a column's kind."
            )
        categorical = sum(column.kind == "categorical" for column in features)
        counts = tuple(int(count) for count in target.counts)
        facts = TableFacts(counts, len(features) - categorical, categorical, plan.split.folds)
        return cls(typed, plan, target, features, facts)
