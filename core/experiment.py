"""The conductor: a plan and a table become fold results.

A unit of work is one fold: split, prepare, let every strategy make lanes, train all lanes in one
go, decide. It runs in a worker process; only that process imports TensorFlow.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from core.plan import Plan, StrategyChoice
from core.preparation import Preparation
from core.results import FoldResult, History
from core.splitting import FoldRows, Unit, split_rows
from core.strategies import Reference, Rule, Strategy, StrategyError, TableFacts, TrainingView, make, parts_of
from core.strategies.base import Predictor, stages_of
from core.table import Column, Table, Target, encode_target
from core.training.lane import Lane, Stopped

if TYPE_CHECKING:
    from core.training.lanes import Block, TrainedLane

Report = Callable[[float, str], None]
Stop = Callable[[], bool]


def units(plan: Plan) -> tuple[Unit, ...]:
    """Return the plan's units in the order in which they should run."""
    return tuple(Unit(r, f) for r in range(plan.split.repeats) for f in range(plan.split.folds))


def run(
    table: Table,
    plan: Plan,
    on_result: Callable[[tuple[FoldResult, ...]], None] | None = None,
    should_stop: Stop | None = None,
) -> tuple[FoldResult, ...]:
    """Run a whole plan in this process and return its results, fold by fold.

    Raises
    ------
    TableError, PlanError
        The table or the plan cannot be run; the message says what to change.
    Stopped
        ``should_stop`` returned True in the middle of a fold.
    """
    results: list[FoldResult] = []
    for unit in units(plan):
        fold = run_unit(table, plan, unit, should_stop=should_stop)
        results += fold
        if on_result is not None:
            on_result(fold)
    return tuple(results)


def facts_of(table: Table, plan: Plan, target: Target) -> TableFacts:
    """Return what decides which strategies apply to a table."""
    kinds = [column.kind for column in _features(table, plan)]
    categorical = kinds.count("categorical")
    return TableFacts(tuple(int(n) for n in target.counts), len(kinds) - categorical, categorical, plan.split.folds)


def _features(table: Table, plan: Plan) -> tuple[Column, ...]:
    table = table.with_kinds(dict(plan.kinds)) if plan.kinds else table
    beside = {plan.split.group, plan.split.time}
    return tuple(column for column in table.features(plan.target) if column.name not in beside)


@dataclass(eq=False)
class _Candidate:
    """A choice on its way through a fold. Choices that differ only in their decision share one."""

    parts: list[Strategy]
    stages: Generator[list[Lane], list[np.ndarray], None] | None
    pending: list[Lane]
    lanes: list[Lane]
    trained: list[TrainedLane]
    sampling_seconds: float = 0.0
    predictor: Predictor | None = None
    error: str | None = None
    notes: tuple[str, ...] = ()


def run_unit(
    table: Table, plan: Plan, unit: Unit, *, report: Report | None = None, should_stop: Stop | None = None
) -> tuple[FoldResult, ...]:
    """Run every strategy of the plan on one fold.

    Parameters
    ----------
    report : callable or None
        Called with the share done, in [0, 1], and what is being done.

    Returns
    -------
    tuple of FoldResult
        One a strategy, in the plan's order; a strategy that cannot work has ``error`` set.

    Raises
    ------
    Stopped
        ``should_stop`` returned True.
    """
    from core.training.lanes import Block

    tell = report or (lambda share, doing: None)
    target = encode_target(table, plan.target, plan.positive, plan.split.folds)
    frame, y = table.frame.iloc[target.rows], target.codes
    rows = split_rows(table, plan, target, unit)
    tell(0.0, "preparing rows")
    preparation = Preparation.fit(frame.iloc[rows.fit], _features(table, plan))
    encoded = preparation.encode(frame.iloc[rows.fit])
    X_fit = preparation.expand(encoded)
    X_valid, X_test = (preparation.transform(frame.iloc[part]) for part in (rows.valid, rows.test))
    seed = int(np.random.SeedSequence([plan.split.seed, unit.repeat, unit.fold]).generate_state(1)[0] >> 1)
    n_classes = len(target.classes)

    facts = facts_of(table, plan, target)
    shared = TrainingView(X_fit, encoded, preparation.categorical, y[rows.fit], n_classes, seed, preparation.expand)
    candidates: dict[str, _Candidate] = {}
    for choice in plan.strategies:
        key = _lane_key(choice)
        if key not in candidates:
            if should_stop is not None and should_stop():
                raise Stopped
            tell(0.0, f"making rows for {key}")
            candidates[key] = _start(choice, shared, facts)
    block = Block(X_fit, y[rows.fit], X_valid, y[rows.valid])
    _train(list(candidates.values()), block, plan, n_classes, tell, should_stop)
    outcome = _Outcome(X_valid, y[rows.valid], X_test, rows.test, y[rows.test], shared, unit)
    return tuple(outcome.of(choice, candidates[_lane_key(choice)], facts) for choice in plan.strategies)


@dataclass(frozen=True, eq=False)
class Trained:
    """One choice's networks, and what they were trained on."""

    preparation: Preparation
    view: TrainingView
    lanes: tuple[Lane, ...]
    networks: tuple[TrainedLane, ...]


def train_choice(
    table: Table,
    plan: Plan,
    choice: StrategyChoice,
    rows: FoldRows,
    seed: int,
    *,
    report: Report | None = None,
    should_stop: Stop | None = None,
) -> Trained:
    """Train one choice alone, on given rows, as :func:`run_unit` does in a fold.

    Raises
    ------
    StrategyError
        The strategy cannot work on these rows.
    Stopped
        ``should_stop`` returned True.
    """
    from core.training.lanes import Block

    target = encode_target(table, plan.target, plan.positive, plan.split.folds)
    frame, y = table.frame.iloc[target.rows], target.codes
    preparation = Preparation.fit(frame.iloc[rows.fit], _features(table, plan))
    encoded = preparation.encode(frame.iloc[rows.fit])
    X_fit, n_classes = preparation.expand(encoded), len(target.classes)
    view = TrainingView(X_fit, encoded, preparation.categorical, y[rows.fit], n_classes, seed, preparation.expand)
    candidate = _start(choice, view, facts_of(table, plan, target))
    if candidate.error is None:
        block = Block(X_fit, y[rows.fit], preparation.transform(frame.iloc[rows.valid]), y[rows.valid])
        _train([candidate], block, plan, n_classes, report or (lambda share, doing: None), should_stop)
    if candidate.error is not None:
        raise StrategyError(candidate.error)
    return Trained(preparation, view, tuple(candidate.lanes), tuple(candidate.trained))


def _lane_key(choice: StrategyChoice) -> str:
    """Return what decides a choice's networks: its parts without decision rules and without the plain network."""
    kept = [part.key for part in choice.parts if make(part).card.family not in ("decision", "baseline")]
    return "+".join(sorted(kept)) or "plain"


def _start(choice: StrategyChoice, view: TrainingView, facts: TableFacts) -> _Candidate:
    """Let a choice make its first lanes, or fit its reference."""
    parts = [part for part in parts_of(choice) if part.card.family != "decision"]
    candidate = _Candidate(parts, None, [], [], [])
    began = time.perf_counter()
    known = len(view.notes)
    try:
        reason = next((why for part in parts if (why := part.why_not(facts)) is not None), None)
        if reason is not None:
            raise StrategyError(reason)
        reference = next((part for part in parts if isinstance(part, Reference)), None)
        if reference is not None:
            candidate.predictor = reference.fit(view)
        else:
            candidate.stages = stages_of(parts, Lane(np.arange(len(view.y)), view.seed), view)
            candidate.pending = next(candidate.stages)
    except StrategyError as error:
        candidate.error = str(error)
    except (ValueError, RuntimeError) as error:  # a library's sampler or model that met rows it cannot use
        candidate.error = f"{parts[0].card.name if parts else choice.key} could not work on this fold: {error}"
    candidate.notes = tuple(view.notes[known:])
    candidate.sampling_seconds = time.perf_counter() - began
    return candidate


def _train(
    candidates: list[_Candidate],
    block: Block,
    plan: Plan,
    n_classes: int,
    tell: Report,
    should_stop: Stop | None,
) -> None:
    """Train all pending lanes together, stage by stage, until no strategy wants another."""
    from core.training.lanes import LaneTask, predict, train

    while True:
        waiting = [c for c in candidates if c.pending]
        if not waiting:
            return
        tasks = [LaneTask(0, lane) for c in waiting for lane in c.pending]
        told = partial(_tell_share, tell, f"training {len(tasks)} networks")
        trained = iter(train([block], tasks, plan.network, n_classes, report=told, should_stop=should_stop))
        for c in waiting:
            fresh = [next(trained) for _ in c.pending]
            c.lanes += c.pending
            c.trained += fresh
            c.pending = []
            assert c.stages is not None
            if all(type(part).stages is Strategy.stages for part in c.parts):
                continue  # only strategies that train in stages want probabilities back
            with suppress(StopIteration):
                c.pending = c.stages.send(list(predict(fresh, block.X)))


def _tell_share(tell: Report, doing: str, share: float) -> None:
    tell(share, doing)


@dataclass(eq=False)
class _Outcome:
    """Turns trained candidates into results on the test rows."""

    X_valid: np.ndarray
    y_valid: np.ndarray
    X_test: np.ndarray
    test_rows: np.ndarray
    y_test: np.ndarray
    view: TrainingView
    unit: Unit

    def of(self, choice: StrategyChoice, candidate: _Candidate, facts: TableFacts) -> FoldResult:
        n_classes = self.view.n_classes
        decisions = [part for part in parts_of(choice) if part.card.family == "decision"]
        known = len(self.view.notes)
        error = candidate.error or next((w for p in decisions if (w := p.why_not(facts)) is not None), None)
        began = time.perf_counter()
        rule: Rule | None = None
        raw = np.zeros((0, n_classes), np.float32)
        if error is None:
            raw = self._probabilities(candidate, self.X_test)
            try:
                rule = self._rule(decisions, candidate)
            except StrategyError as problem:
                error = str(problem)
        seconds = candidate.sampling_seconds + sum(lane.seconds for lane in candidate.trained)
        if error is not None:
            nothing = np.zeros(0, np.int64)
            return FoldResult(
                choice.key, self.unit.repeat, self.unit.fold, nothing, nothing, np.zeros((0, n_classes), np.float32),
                nothing, None, np.zeros(n_classes, np.int64), seconds, 0, error=error,
            )  # fmt: skip
        rule = rule or (Rule.at(0.5) if n_classes == 2 else Rule())
        probabilities = rule.probabilities(raw).astype(np.float32)
        return FoldResult(
            strategy=choice.key,
            repeat=self.unit.repeat,
            fold=self.unit.fold,
            test_rows=self.test_rows.astype(np.int64),
            y_true=self.y_test.astype(np.int64),
            probabilities=probabilities,
            decisions=rule.decide(probabilities),
            threshold=rule.threshold,
            class_counts=self._counts(candidate),
            seconds=seconds + time.perf_counter() - began,
            lanes=len(candidate.trained),
            history=_history(candidate.trained),
            notes=candidate.notes + tuple(self.view.notes[known:]),
        )

    def _probabilities(self, candidate: _Candidate, X: np.ndarray) -> np.ndarray:
        if candidate.predictor is not None:
            return candidate.predictor(X)
        from core.training.lanes import predict

        return predict(candidate.trained, X).mean(axis=0)

    def _rule(self, decisions: list[Strategy], candidate: _Candidate) -> Rule | None:
        """Chain the decision parts: a calibration comes before the threshold that is fitted on its output."""
        if not decisions:
            return None
        on_valid = self._probabilities(candidate, self.X_valid)
        chained: Rule | None = None
        for part in decisions:
            seen = on_valid if chained is None else chained.probabilities(on_valid)
            rule = part.rule(seen, self.y_valid, self.view, candidate.lanes)
            if rule is None:
                continue
            chained = rule if chained is None else _after(chained, rule)
        return chained

    def _counts(self, candidate: _Candidate) -> np.ndarray:
        n_classes = self.view.n_classes
        if not candidate.lanes:
            return self.view.class_counts
        counts = [np.bincount(lane.labels(self.view.y), minlength=n_classes) for lane in candidate.lanes]
        return np.mean(counts, axis=0).round().astype(np.int64)


def _after(first: Rule, second: Rule) -> Rule:
    def adjust(raw: np.ndarray) -> np.ndarray:
        return second.probabilities(first.probabilities(raw))

    if second.utility is None and second.threshold is None:
        return Rule(adjust, first.utility, first.threshold)
    return Rule(adjust, second.utility, second.threshold)


def _history(trained: list[TrainedLane]) -> History | None:
    if not trained:
        return None
    longest = max(len(lane.train_loss) for lane in trained)
    curves = np.full((2, len(trained), longest), np.nan, np.float32)
    for i, lane in enumerate(trained):
        curves[0, i, : len(lane.train_loss)] = lane.train_loss
        curves[1, i, : len(lane.validation_loss)] = lane.validation_loss
    train_loss, validation_loss = np.nanmean(curves, axis=1)
    return History(train_loss, validation_loss, round(float(np.mean([lane.best_epoch for lane in trained]))))


def estimate_seconds(plan: Plan, table: Table, target: Target, cores: int = 2) -> float:
    """Return roughly how long a plan trains, in seconds, without the time of slow samplers.

    A step costs a fixed part and one that grows with rows x weights; both were measured on two
    cores of a server. Early stopping is taken to halve the epochs.
    """
    network = plan.network
    n = len(target.codes) * (1 - 1 / plan.split.folds) * (1 - network.validation_split)
    width = 0
    for column in _features(table, plan):
        width += min(column.distinct, 20) if column.kind == "categorical" else 1
    sizes = [max(1, width), *network.hidden_layers, len(target.classes)]
    weights = sum(a * b for a, b in pairwise(sizes))
    trained = {_lane_key(choice): choice for choice in plan.strategies}
    lanes = sum(max(int(getattr(part, "n_members", 1)) for part in parts_of(choice)) for choice in trained.values())
    batch = min(network.batch_size, max(1, int(n)))
    steps = np.ceil(n / batch) * network.epochs * (0.5 if network.patience else 1.0)
    lane_step = 15e-6 + 6 * batch * weights / 5e10
    return float(plan.split.folds * plan.split.repeats * (0.3 + steps * (1e-4 + lanes * lane_step) / cores))
