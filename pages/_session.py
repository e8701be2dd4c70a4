"""What a person has in hand: a table, a plan for it, and the run they look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.data.table import Table
from core.data.target import suggest_target
from core.networks.presets import training_rows, with_default_network
from core.plan import Plan, SplitSettings
from core.strategies.presets import START


def without_columns(split: SplitSettings, *, group: bool = True, time: bool = True) -> SplitSettings:
    """Return a split without its columns, or one of them, and without what belongs to these."""
    if group:
        split = replace(split, group=None, group_as_feature=True)
    return replace(split, time=None, time_as_feature=True, gap=0.0) if time else split


@dataclass(frozen=True, eq=False)
class Session:
    """The state of one browser tab; every change returns a new one.

    Parameters
    ----------
    table : Table or None
        With the column kinds that the person chose.
    plan : Plan or None
        Present whenever a table is.
    run_id : str or None
        The run shown on the Compare page.
    """

    table: Table | None = None
    plan: Plan | None = None
    run_id: str | None = None

    def opened(self, table: Table, target: str | None = None) -> Session:
        """Return the session with a new table and the starting plan; network and split settings stay."""
        plan = Plan(suggest_target(table) if target is None else target, START.choices)
        plan = with_default_network(plan, training_rows(len(table.frame), plan))
        if self.plan is not None:
            split = without_columns(self.plan.split)
            plan = replace(plan, networks=self.plan.networks, training=self.plan.training, split=split)
        return Session(table, plan)

    def reopened(self, table: Table, plan: Plan) -> Session:
        """Return the session with the table and the plan of an earlier run."""
        return Session(table.planned(plan), plan)

    def planned(self, **changes: object) -> Session:
        """Return the session with fields of the plan changed.

        Raises
        ------
        PlanError
            The changed plan cannot be run.
        """
        return self if self.plan is None else replace(self, plan=replace(self.plan, **changes))  # type: ignore[arg-type]

    def with_target(self, name: str) -> Session:
        """Return the session with another target; what the plan says about the old one's classes is dropped.

        A column cannot be the target and split the rows as well: such a split is dropped too.
        """
        if self.plan is None:
            return self
        split = self.plan.split
        split = without_columns(split, group=split.group == name, time=split.time == name)
        return self.planned(target=name, positive=None, classes=(), split=split)

    def split_by(self, **changes: object) -> Session:
        """Return the session with what rows are split by changed.

        Without a column to split by time there is no gap, and with one there are no repeats.

        Raises
        ------
        PlanError
            A value cannot be used.
        """
        if self.plan is None:
            return self
        split = self.plan.split
        if changes.get("time", split.time) is None:
            split = without_columns(split, group=False)
        elif changes.get("time") is not None:
            split = replace(split, repeats=1)
        return self.planned(split=replace(split, **changes))  # type: ignore[arg-type]

    def with_kinds(self, kinds: Mapping[str, str]) -> Session:
        """Return the session with the kinds of some columns changed."""
        if self.table is None or self.plan is None:
            return self
        merged = {**dict(self.plan.kinds), **kinds}
        plan = replace(self.plan, kinds=tuple(sorted(merged.items())))
        return replace(self, table=self.table.with_kinds(kinds), plan=plan)

    def with_missing(self, column: str, texts: Sequence[str]) -> Session:
        """Return the session with values of a column taken as missing, or taken back where there are none.

        Raises
        ------
        TableError
            Nothing would be left of the column.
        """
        if self.table is None or self.plan is None:
            return self
        missing = {**dict(self.plan.missing), column: tuple(texts)}
        kept = tuple(sorted((name, values) for name, values in missing.items() if values))
        return replace(self, table=self.table.with_missing({column: texts}), plan=replace(self.plan, missing=kept))

    def with_day_first(self, column: str, first: bool) -> Session:
        """Return the session with a column's dates read day first, or month first."""
        if self.table is None or self.plan is None:
            return self
        day_first = tuple(sorted({**dict(self.plan.day_first), column: first}.items()))
        return replace(
            self, table=self.table.with_day_first({column: first}), plan=replace(self.plan, day_first=day_first)
        )

    def with_prepared(self, column: str, **chosen: str | int) -> Session:
        """Return the session with how a column is prepared changed, by the names of its kind's settings."""
        if self.plan is None:
            return self
        prepared = dict(self.plan.prepared)
        prepared[column] = tuple(sorted({**dict(prepared.get(column, ())), **chosen}.items()))
        return self.planned(prepared=tuple(sorted(prepared.items())))

    def with_merged(self, column: str, pairs: Sequence[tuple[str, str]]) -> Session:
        """Return the session with spellings in a column merged; a positive class that is merged away is dropped."""
        if self.table is None or self.plan is None:
            return self
        merged = {**dict(self.plan.merged), column: (*dict(self.plan.merged).get(column, ()), *pairs)}
        positive = None if column == self.plan.target and self.plan.positive in dict(pairs) else self.plan.positive
        plan = replace(self.plan, merged=tuple(sorted(merged.items())), positive=positive)
        return replace(self, table=self.table.with_merged(merged), plan=plan)
