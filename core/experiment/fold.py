"""One fold at work: choices become lanes, lanes are trained in waves, networks decide.

Samplers and references run in threads of their own. Those that take long run beside the first
training, which waits for the quick ones only.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from core.data.splitting import Unit
from core.decision import Chain, Rows, Rule
from core.experiment.results import FoldResult, History
from core.experiment.stopping import STOP_SCORES
from core.library_errors import meaning
from core.machine import single_threaded
from core.networks.base import Network
from core.networks.reading import network_of
from core.plan import NetworkChoice, StrategyChoice, TrainingSettings
from core.strategies import (
    HeldOut,
    Predictor,
    Recipe,
    Reference,
    Strategy,
    StrategyError,
    TableFacts,
    TrainingView,
    cross_fit,
    stages_of,
)
from core.training.lane import Lane, Stopped

if TYPE_CHECKING:
    from core.training.lanes import Block, LaneTask, TrainedLane

# What the names of threads with samplers start with: a worker looks for them after a cancel.
SAMPLER_THREADS = "sampler"

Report = Callable[[float, str], None]
Stop = Callable[[], bool]

# Seconds between two looks at a cancel while only samplers are at work.
_LOOK_S = 0.1


@dataclass(eq=False)
class Candidate:
    """A model on its way through a fold, by the recipe of one of the choices that share it.

    What a choice decides is no part of it.

    See Also
    --------
    candidates_of : Those that choices need.

    Examples
    --------
    >>> from core.strategies.view import Numbers
    >>> view = TrainingView.of(Numbers(), np.zeros((4, 1)), np.array([0, 0, 0, 1]), n_classes=2, seed=0)
    >>> candidate = Candidate(Recipe.of(StrategyChoice.of("smote")), NetworkChoice("mlp"), view)
    >>> [part.card.name for part in candidate.parts], candidate.slow, candidate.lanes
    (['SMOTE'], False, [])
    """

    recipe: Recipe
    network: NetworkChoice
    view: TrainingView
    settings: TrainingSettings | None = None
    stages: list[Generator[list[Lane], list[np.ndarray], None]] = field(default_factory=list)
    pending: list[tuple[int, Lane]] = field(default_factory=list)
    members: list[int] = field(default_factory=list)
    lanes: list[Lane] = field(default_factory=list)
    trained: list[TrainedLane] = field(default_factory=list)
    sampling_seconds: float = 0.0
    predictor: Predictor | None = None
    out_of_fold: np.ndarray | None = None
    error: str | None = None
    tuned: tuple[str, ...] = ()
    tuning_seconds: float = 0.0

    @property
    def seconds(self) -> float:
        """Seconds of making rows and of training, without those of settings that were only tried."""
        return self.sampling_seconds + sum(lane.seconds for lane in self.trained)

    @property
    def key(self) -> str:
        """The model's name; see :class:`core.strategies.Recipe`."""
        return self.recipe.key

    @property
    def parts(self) -> tuple[Strategy, ...]:
        """The strategies that make the model."""
        return self.recipe.model

    @property
    def slow(self) -> bool:
        """Whether making its lanes takes so long that training should not wait for it."""
        return any(part.cost == "slow" or isinstance(part, Reference) for part in self.parts)


def candidates_of(
    choices: Sequence[StrategyChoice], network: NetworkChoice, view: TrainingView
) -> dict[str, Candidate]:
    """Return the models that choices need, by the key of their recipe; each has notes of its own.

    Parameters
    ----------
    network : NetworkChoice
        For choices that name none.

    See Also
    --------
    train_candidates : Trains them.

    Examples
    --------
    A threshold needs no network of its own: it shares the plain one.

    >>> from core.strategies.view import Numbers
    >>> view = TrainingView.of(Numbers(), np.zeros((4, 1)), np.array([0, 0, 0, 1]), n_classes=2, seed=0)
    >>> choices = [StrategyChoice.of(name) for name in ("plain", "threshold_f1", "smote")]
    >>> len(candidates_of(choices, NetworkChoice("mlp"), view)), [Recipe.of(choice).key for choice in choices]
    (2, ['plain', 'plain', 'smote'])
    """
    recipes: dict[str, Recipe] = {}
    for choice in choices:
        recipe = Recipe.of(choice)
        recipes.setdefault(recipe.key, recipe)
    return {key: Candidate(recipe, recipe.network or network, view.without_notes()) for key, recipe in recipes.items()}


def start(candidate: Candidate, facts: TableFacts, block: Block) -> None:
    """Let a candidate make its first lanes, or fit its reference."""
    began = time.thread_time()
    try:
        with single_threaded():
            _start(candidate, facts, block)
    except StrategyError as error:
        candidate.error = str(error)
    except (ValueError, RuntimeError) as error:  # a library's sampler or model that met rows it cannot use
        name = candidate.parts[0].card.name if candidate.parts else candidate.key
        candidate.error = f"{name} could not work on this fold: {meaning(error)}."
    candidate.sampling_seconds = time.thread_time() - began


def _start(candidate: Candidate, facts: TableFacts, block: Block) -> None:
    parts, view = candidate.parts, candidate.view
    reason = next((why for part in parts if (why := part.why_not(facts)) is not None), None)
    if reason is not None:
        raise StrategyError(reason)
    reference = candidate.recipe.reference
    if reference is not None:
        if block.held_out:
            fitted = cross_fit(reference, view, block.held_out)
            candidate.lanes, candidate.predictor = list(fitted.lanes), fitted.predict
            candidate.out_of_fold = fitted.out_of_fold
            return
        candidate.lanes = [reference.lane(view)]
        held = HeldOut(block.X_valid, block.y_valid) if block.held_back else None
        candidate.predictor = reference.fit(candidate.lanes[0], view, held)
        return
    pending = []
    for member in range(block.members):
        candidate.stages.append(stages_of(parts, first_lane(block, view, member), view))
        pending += [(member, lane) for lane in next(candidate.stages[-1])]
    # All at once: training, in another thread, takes what is pending, and half of the members are no candidate.
    candidate.pending = pending


def first_lane(block: Block, view: TrainingView, member: int) -> Lane:
    """Return the lane that a member's strategies start from: its rows, without those that it stops on."""
    if not block.held_out:
        return Lane(np.arange(len(view.y)), view.seed)
    seed = int(np.random.SeedSequence([view.seed, member]).generate_state(1)[0] >> 1)
    return Lane(np.setdiff1d(np.arange(len(view.y)), block.held_out[member]), seed)


def train_candidates(
    candidates: Sequence[Candidate],
    facts: TableFacts,
    block: Block,
    settings: TrainingSettings,
    tell: Report,
    should_stop: Stop | None,
) -> None:
    """Make all candidates' lanes and train them, stage by stage, until no strategy wants another.

    Raises
    ------
    Stopped
        ``should_stop`` returned True.
    """
    from core.training.lanes import CORES

    pool = ThreadPoolExecutor(CORES, thread_name_prefix=SAMPLER_THREADS)
    try:
        # Quick ones first: training begins when they are there. The slowest of the others lead their queue.
        quick = [pool.submit(start, c, facts, block) for c in candidates if not c.slow]
        late = [pool.submit(start, c, facts, block) for c in candidates if c.slow]
        tell(0.0, "making rows")
        _await(quick, should_stop)
        _train(candidates, late, block, settings, facts.n_classes, tell, should_stop)
    finally:
        # A sampler does not hear a cancel: nobody waits for it.
        pool.shutdown(wait=False, cancel_futures=True)


def _await(futures: Sequence[Future[None]], should_stop: Stop | None) -> None:
    waiting = set(futures)
    while waiting:
        done, waiting = wait(waiting, timeout=_LOOK_S)
        for future in done:
            future.result()
        if should_stop is not None and should_stop():
            raise Stopped


def _train(
    candidates: Sequence[Candidate],
    late: Sequence[Future[None]],
    block: Block,
    settings: TrainingSettings,
    n_classes: int,
    tell: Report,
    should_stop: Stop | None,
) -> None:
    from core.training.lanes import train

    counter = count()
    score = STOP_SCORES.get(settings.stop_on)
    while True:
        # Asked first: a thread that ends after this look is seen in the next round.
        all_there = all(future.done() for future in late)
        waiting = [c for c in candidates if c.pending]
        if not waiting:
            if all_there:
                return
            tell(0.0, "waiting for slow samplers and references")
            _await(late, should_stop)
            continue
        tasks = [task for c in waiting for task in _tasks(c, block, counter, settings.epochs)]
        progress = partial(_tell_share, tell, f"training {len(tasks)} networks")
        trained = iter(
            train([block], tasks, settings, n_classes, report=progress, should_stop=should_stop, score=score)
        )
        for c in waiting:
            _take(c, [next(trained) for _ in c.pending], block)


def network_for(choice: NetworkChoice, block: Block, member: int) -> Network:
    """Return the network of a member, with what its shapes take from the training rows."""
    return network_of(choice).member(member).for_rows(len(block.y), block.numbers)


def _tasks(candidate: Candidate, block: Block, counter: Iterator[int], epochs: int) -> list[LaneTask]:
    """Return the tasks of a candidate's pending lanes; members at the same place of their stage stop together."""
    from core.training.lanes import LaneTask

    # What a candidate has of its own is how it learns; how long is for all the same.
    own = None if candidate.settings is None else replace(candidate.settings, epochs=epochs)
    if not block.held_out:
        network = network_for(candidate.network, block, 0)
        return [LaneTask(0, lane, network, settings=own) for _, lane in candidate.pending]
    networks = [network_for(candidate.network, block, member) for member in range(block.members)]
    places: Counter[int] = Counter()
    groups: dict[int, int] = {}
    tasks = []
    for member, lane in candidate.pending:
        group = groups.setdefault(places[member], next(counter))
        places[member] += 1
        tasks.append(LaneTask(0, lane, networks[member], block.held_out[member], group, own))
    return tasks


def _take(candidate: Candidate, fresh: list[TrainedLane], block: Block) -> None:
    """Let a candidate have its trained lanes, and make the next ones where it wants more."""
    from core.training.lanes import predict

    owners = [member for member, _ in candidate.pending]
    candidate.lanes += [lane for _, lane in candidate.pending]
    candidate.members += owners
    candidate.trained += fresh
    candidate.pending = []
    diverged = [lane for lane in fresh if lane.diverged is not None]
    if diverged:
        candidate.error = _diverged(diverged, len(fresh))
        return
    if all(type(part).stages is Strategy.stages for part in candidate.parts):
        return  # only strategies that train in stages want probabilities back
    probabilities = predict(fresh, block.X)
    for member, stages in enumerate(candidate.stages):
        own = [p for p, owner in zip(probabilities, owners, strict=True) if owner == member]
        with suppress(StopIteration):
            candidate.pending += [(member, lane) for lane in stages.send(own)]


def _diverged(lanes: list[TrainedLane], of: int) -> str:
    which = "The network" if of == 1 else f"{len(lanes)} of {of} networks"
    epoch = 1 + min(lane.diverged or 0 for lane in lanes)
    return (
        f"{which} diverged in epoch {epoch}, as losses were no numbers any more: lower the learning rate, clip "
        "gradients, or choose another strategy."
    )


def _tell_share(tell: Report, doing: str, share: float) -> None:
    tell(share, doing)


@dataclass(eq=False)
class Outcome:
    """Turns trained candidates into results on the test rows."""

    block: Block
    X_test: np.ndarray
    test_rows: np.ndarray
    y_test: np.ndarray
    unit: Unit
    facts: TableFacts

    def of(self, choice: StrategyChoice, candidate: Candidate) -> FoldResult:
        """Return a choice's result; where it could not work, one with ``error`` set."""
        began = time.perf_counter()
        recipe = Recipe.of(choice)
        view = candidate.view.without_notes()
        error = candidate.error or next((w for p in recipe.decisions if (w := p.why_not(self.facts)) is not None), None)
        chain = Chain(Rule.untuned(self.facts.n_classes))
        if error is None and recipe.decisions:
            rows = unseen(candidate, self.block)
            try:
                chain = recipe.chain(rows, view, candidate.lanes)
            except StrategyError as problem:
                error = str(problem)
        seconds = candidate.seconds + candidate.tuning_seconds
        if error is not None:
            return FoldResult.failed(
                choice.key, self.unit.repeat, self.unit.fold, self.facts.n_classes, error, seconds=seconds
            )
        raw = probabilities_of(candidate, self.X_test)
        probabilities = chain.probabilities(raw).astype(np.float32)
        return FoldResult(
            strategy=choice.key,
            repeat=self.unit.repeat,
            fold=self.unit.fold,
            test_rows=self.test_rows.astype(np.int64),
            y_true=self.y_test.astype(np.int64),
            probabilities=probabilities,
            decisions=chain.decide(probabilities),
            threshold=chain.rule.threshold,
            class_counts=_counts(candidate),
            seconds=seconds + time.perf_counter() - began,
            lanes=len(candidate.trained),
            history=_history(candidate.trained),
            notes=(*candidate.view.notes, *view.notes),
            tuned=candidate.tuned,
        )


def probabilities_of(candidate: Candidate, X: np.ndarray) -> np.ndarray:
    """Return a candidate's mean probabilities for prepared rows, float32, shape (n, n_classes)."""
    return probabilities_of_each([candidate], X)[0]


def probabilities_of_each(candidates: Sequence[Candidate], X: np.ndarray) -> list[np.ndarray]:
    """Return the mean probabilities of several candidates, as :func:`probabilities_of`, with all networks run at once.

    Parameters
    ----------
    candidates : sequence of Candidate
        Trained ones, without error.
    """
    from core.training.lanes import predict

    lanes = [lane for candidate in candidates if candidate.predictor is None for lane in candidate.trained]
    by_lane = iter(predict(lanes, X) if lanes else ())
    found = []
    for candidate in candidates:
        if candidate.predictor is None:
            found.append(np.mean([next(by_lane) for _ in candidate.trained], axis=0))
            continue
        with single_threaded():
            found.append(candidate.predictor(X).astype(np.float32))
    return found


def unseen(candidate: Candidate, block: Block) -> Rows:
    """Return a candidate's probabilities for training rows that it has not learned from, to fit decisions on.

    Of cross-fitted members, each says it for the rows that it held out.
    """
    if candidate.out_of_fold is not None:
        rows = np.concatenate(block.held_out)
        return Rows(candidate.out_of_fold[rows].astype(np.float32), block.y[rows])
    if not block.held_out:
        return Rows(probabilities_of(candidate, block.X_valid), block.y_valid)
    from core.training.lanes import predict

    parts = []
    for member, rows in enumerate(block.held_out):
        own = [lane for lane, owner in zip(candidate.trained, candidate.members, strict=True) if owner == member]
        parts.append(predict(own, block.X[rows]).mean(axis=0))
    return Rows(np.concatenate(parts), block.y[np.concatenate(block.held_out)])


def _counts(candidate: Candidate) -> np.ndarray:
    view = candidate.view
    if not candidate.lanes:
        return view.class_counts
    counts = [np.bincount(lane.labels(view.y), minlength=view.n_classes) for lane in candidate.lanes]
    return np.mean(counts, axis=0).round().astype(np.int64)


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
