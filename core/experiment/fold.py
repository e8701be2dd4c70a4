"""One fold at work: choices become lanes, lanes are trained in waves, networks decide.

Samplers and references run in threads of their own. Those that take long run beside the first
training, which waits for the quick ones only.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from core.data.splitting import Unit
from core.decision import Chain, Rows, Rule
from core.experiment.results import FoldResult, History
from core.experiment.rounds import await_all, train_in_rounds
from core.library_errors import meaning
from core.machine import single_threaded
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
from core.training.lane import Lane

if TYPE_CHECKING:
    from core.training.lanes import Block, TrainedLane

# What the names of threads with samplers start with: a worker looks for them after a cancel.
SAMPLER_THREADS = "sampler"

Report = Callable[[float, str], None]
Stop = Callable[[], bool]


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
    def n_stages(self) -> int:
        """How often it has networks trained, each time by what those before say of the rows."""
        return max((part.n_stages for part in self.parts), default=1)

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
        await_all(quick, should_stop)
        train_in_rounds(candidates, late, block, settings, facts.n_classes, tell, should_stop)
    finally:
        # A sampler does not hear a cancel: nobody waits for it.
        pool.shutdown(wait=False, cancel_futures=True)


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
