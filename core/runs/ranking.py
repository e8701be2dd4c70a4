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
from core.words import TableError, counted, duration


class RankingError(ValueError):
    """A ranking that cannot be started; the message is one sentence with the way out.

    See Also
    --------
    create : Raises it.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     create(Store(Path(folder)), Plan("y", (StrategyChoice.of("plain"),)), [])
    Traceback (most recent call last):
        ...
    core.runs.ranking.RankingError: A ranking needs at least two tables that can be used: add another.
    """


@dataclass(frozen=True, eq=False)
class Entry:
    """A table of a ranking and the column that holds its classes.

    See Also
    --------
    create : Makes runs of several.

    Examples
    --------
    >>> from core.data.samples import load_sample
    >>> entry = Entry(load_sample("yeast"), "site")
    >>> entry.table.name, entry.target
    ('Yeast proteins', 'site')
    """

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

    See Also
    --------
    create : Makes them.

    Examples
    --------
    >>> from core.runs.record import RunRecord
    >>> plan = Plan("y", (StrategyChoice.of("plain"),))
    >>> run = RunRecord("1", "a", "", plan, (), "a.csv", "0f", ("no", "yes"), 1, "cancelled", "", 5, False)
    >>> ranked = RankedRuns("9", "2 tables", (run, replace(run, id="2", status="finished")), ())
    >>> list(ranked.tables), ranked.active, [record.id for record in ranked.stopped]
    (['a.csv', 'a.csv (2)'], False, ['1'])
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

    Examples
    --------
    >>> plan = Plan("fraud", (StrategyChoice.of("plain"),), positive="yes", kinds=(("age", "ignored"),))
    >>> changed = plan_for(plan, "site")
    >>> changed.target, changed.positive, changed.kinds
    ('site', None, ())
    """
    split = replace(plan.split, group=None, time=None)
    return replace(plan, target=target, positive=None, kinds=(), classes=(), split=split)


def without_slow(plan: Plan, problems: Sequence[Problem]) -> tuple[Plan, str]:
    """Return the plan without strategies whose sampler alone takes long on one of the tables, and a sentence on them.

    They leave every table, since strategies are ranked over all; the sentence is empty where none is slow.

    See Also
    --------
    plan_for : The plan for one table.

    Examples
    --------
    >>> from core.data.samples import load_sample
    >>> plan = Plan("rings", (StrategyChoice.of("plain"), StrategyChoice.of("smote")))
    >>> kept, sentence = without_slow(plan, [Problem.of(load_sample("abalone_9_vs_18"), plan)])
    >>> [label(choice) for choice in kept.strategies], sentence
    (['Plain network', 'SMOTE'], '')
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

    See Also
    --------
    find : Reads the runs back.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from core.data.samples import load_sample
    >>> entries = [Entry(load_sample("abalone_9_vs_18"), "rings"), Entry(load_sample("german_credit"), "creditability")]
    >>> plan = Plan("rings", (StrategyChoice.of("plain"), StrategyChoice.of("smote")))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ranked = create(Store(Path(folder)), plan, entries)
    ...     ranked.name, list(ranked.tables)
    ('2 tables × 2 strategies', ['Abalone', 'German credit'])
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
    strategies = counted(len(plan.strategies), "strategy", "strategies")
    title = name or f"{counted(len(usable), 'table')} × {strategies}"
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
    """Return the sentence for a table that cannot take part.

    Examples
    --------
    >>> why_left_out("cars.csv", TableError("The target `speed` has one class only (`3`): choose another column."))
    'cars.csv is left out: The target `speed` has one class only (`3`): choose another column.'
    """
    return f"{table} is left out: {error}"


def find(store: Store, ranking_id: str) -> RankedRuns:
    """Return the runs of a ranking.

    Raises
    ------
    StoreError
        None of its runs is there.

    See Also
    --------
    rankings : All rankings.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     find(Store(Path(folder)), "20240131-120000-0f0f0f0f")
    Traceback (most recent call last):
        ...
    core.runs._errors.StoreError: There is no ranking at this address; it may have been deleted.
    """
    ranked = next((runs for runs in rankings(store) if runs.id == ranking_id), None)
    if ranked is None:
        raise StoreError("There is no ranking at this address; it may have been deleted.")
    return ranked


def rankings(store: Store) -> tuple[RankedRuns, ...]:
    """Return the runs of all rankings, newest first.

    See Also
    --------
    find : One of them.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> from core.data.table import from_frame
    >>> frame = pd.DataFrame({"x": [row / 7 for row in range(100)], "y": [0] * 80 + [1] * 20})
    >>> entries = [Entry(from_frame(frame, name), "y") for name in ("a.csv", "b.csv")]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = Store(Path(folder))
    ...     ranked = create(store, Plan("y", (StrategyChoice.of("plain"),)), entries, name="Two alike")
    ...     [(runs.name, list(runs.tables)) for runs in rankings(store)]
    [('Two alike', ['a.csv', 'b.csv'])]
    """
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
