"""One plan on several tables: ordinary runs in the store, tied together by what each says it belongs to."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from core.data.problem import Problem
from core.data.table import Table
from core.experiment.estimate import Workload
from core.plan import Plan, StrategyChoice
from core.runs.store import Membership, RunRecord, Store, StoreError
from core.strategies import label
from core.strategies.choosing import left_out_sentence, slow_in
from core.words import TableError, duration


class RankingError(ValueError):
    """A ranking that cannot be started; the message is one sentence with the way out."""


@dataclass(frozen=True, eq=False)
class Entry:
    """A table of a ranking and the column that holds its classes."""

    table: Table
    target: str


@dataclass(frozen=True, eq=False)
class RankedRuns:
    """The runs of a ranking, one per table, as the store has them.

    Parameters
    ----------
    records : tuple of RunRecord
        One per table, in the order in which they were chosen; a deleted run is missing.
    left_out : tuple of str
        Tables that could not take part, one sentence per table.
    """

    id: str
    name: str
    records: tuple[RunRecord, ...]
    left_out: tuple[str, ...]

    @property
    def tables(self) -> dict[str, RunRecord]:
        """Runs by the name of their table; a name that comes again gets a number."""
        named: dict[str, RunRecord] = {}
        for record in self.records:
            name, number = record.table_name, 1
            while name in named:
                number += 1
                name = f"{record.table_name} ({number})"
            named[name] = record
        return named

    @property
    def plan(self) -> Plan:
        """The plan of the first table; the others differ in the target alone."""
        return self.records[0].plan

    @property
    def active(self) -> bool:
        """Whether a run waits or is at work."""
        return any(record.active for record in self.records)

    @property
    def stopped(self) -> tuple[RunRecord, ...]:
        """Runs that ended before their last fold and can be resumed."""
        return tuple(record for record in self.records if record.resumable)


def plan_for(plan: Plan, target: str) -> Plan:
    """Return the plan for one table: its own target and column kinds, everything else as it is.

    Columns to split by belong to one table, so the folds are stratified ones.
    """
    split = replace(plan.split, group=None, time=None)
    return replace(plan, target=target, positive=None, kinds=(), classes=(), split=split)


def without_slow(plan: Plan, problems: Sequence[Problem]) -> tuple[Plan, str]:
    """Return the plan without strategies whose sampler alone takes long on one of the tables, and a sentence on them.

    They leave every table, since strategies are ranked over all; the sentence is empty where none is slow.
    """
    slow: dict[StrategyChoice, tuple[float, str]] = {}
    for problem in problems:
        workload = Workload.of(problem)
        for choice in slow_in(plan.strategies, problem.facts, workload):
            slow[choice] = max(slow.get(choice, (0.0, "")), (workload.sampling(choice), problem.table.name))
    longest = sorted(slow, key=lambda choice: slow[choice], reverse=True)
    named = [f"{label(choice)} ({duration(slow[choice][0])} on {slow[choice][1]})" for choice in longest]
    sentence = left_out_sentence(named, "", lambda them: f"Choose {them} on the Strategies page")
    return replace(plan, strategies=tuple(choice for choice in plan.strategies if choice not in slow)), sentence


def create(
    store: Store, plan: Plan, entries: Sequence[Entry], *, name: str | None = None, left_out: Sequence[str] = ()
) -> RankedRuns:
    """Make a run of each table; those with an unsuitable target are left out, with the reason.

    Parameters
    ----------
    name : str, optional
        The number of tables and strategies otherwise.
    left_out : sequence of str
        Sentences on tables that could not be read.

    Raises
    ------
    RankingError
        Fewer than two tables are left.
    StoreError
        The disk is full; no run is left behind.
    """
    usable: list[Entry] = []
    reasons = list(left_out)
    for entry in entries:
        try:
            Problem.of(entry.table, plan_for(plan, entry.target))
            usable.append(entry)
        except TableError as error:
            reasons.append(why_left_out(entry.table.name, error))
    if len(usable) < 2:
        reason = f" {reasons[0]}" if reasons else ""
        raise RankingError(f"A ranking needs at least two tables that can be used: add another.{reason}")
    ranking_id = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"
    title = name or f"{len(usable)} tables × {len(plan.strategies)} strategies"
    run_ids: list[str] = []
    try:
        for position, entry in enumerate(usable):
            member = Membership(ranking_id, title, position, len(usable), tuple(reasons))
            run_ids.append(store.create(plan_for(plan, entry.target), entry.table, ranking=member))
    except StoreError:
        for run_id in run_ids:
            store.delete(run_id)
        raise
    return find(store, ranking_id)


def why_left_out(table: str, error: Exception) -> str:
    """Return the sentence for a table that cannot take part."""
    return f"{table} is left out: {error}"


def find(store: Store, ranking_id: str) -> RankedRuns:
    """Return the runs of a ranking.

    Raises
    ------
    StoreError
        None of its runs is there.
    """
    ranked = next((runs for runs in rankings(store) if runs.id == ranking_id), None)
    if ranked is None:
        raise StoreError("There is no ranking at this address; it may have been deleted.")
    return ranked


def rankings(store: Store) -> tuple[RankedRuns, ...]:
    """Return the runs of all rankings, newest first."""
    by_id: dict[str, list[RunRecord]] = {}
    for record in store.records():
        if record.ranking is not None:
            by_id.setdefault(record.ranking.id, []).append(record)
    every = []
    for members in by_id.values():
        ordered = sorted(members, key=lambda record: record.ranking.position if record.ranking else 0)
        member = ordered[0].ranking
        assert member is not None
        every.append(RankedRuns(member.id, member.name, tuple(ordered), member.left_out))
    return tuple(sorted(every, key=lambda runs: runs.id, reverse=True))
