"""Training in rounds: what lanes are there are trained at once, and so on, until no strategy wants another.

Strategies that train many networks one after another have rounds of their own, beside those of all others: else their
last networks, at the end of a fold, would leave a core idle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from threading import Event
from typing import TYPE_CHECKING

from core.experiment.stopping import STOP_SCORES
from core.networks.base import Network
from core.networks.reading import network_of
from core.plan import NetworkChoice, TrainingSettings
from core.training.lane import Stopped

if TYPE_CHECKING:
    from core.experiment.fold import Candidate, Report, Stop
    from core.training.lanes import Block, LaneTask, TrainedLane

# Seconds between two looks at a cancel while only samplers are at work.
_LOOK_S = 0.1
# Rounds that there are anyway: what quick samplers make, and then what slow ones do.
_ROUNDS = 2


def silent(share: float, doing: str) -> None:
    """Tell nobody how far a fold is.

    See Also
    --------
    train_in_rounds : Takes it, or what tells.

    Examples
    --------
    >>> silent(0.5, "training 3 networks")
    """


def await_all(futures: Sequence[Future[None]], should_stop: Stop | None) -> None:
    """Wait for samplers and references.

    Raises
    ------
    Stopped
        ``should_stop`` returned True.
    """
    waiting = set(futures)
    while waiting:
        done, waiting = wait(waiting, timeout=_LOOK_S)
        for future in done:
            future.result()
        if should_stop is not None and should_stop():
            raise Stopped


def train_in_rounds(
    candidates: Sequence[Candidate],
    late: Sequence[Future[None]],
    block: Block,
    settings: TrainingSettings,
    n_classes: int,
    tell: Report,
    should_stop: Stop | None,
) -> None:
    """Train what candidates have pending until none has, and nothing more is to come.

    Parameters
    ----------
    late : sequence of Future
        Samplers and references at work; what they make joins a later round.

    Raises
    ------
    Stopped
        ``should_stop`` returned True.
    """
    staged = [c for c in candidates if c.n_stages > _ROUNDS]
    others = [c for c in candidates if c.n_stages <= _ROUNDS]
    rounds = _Rounds(late, block, settings, n_classes, should_stop)
    if not staged or not others:
        rounds.train(candidates, tell)
        return
    with ThreadPoolExecutor(1, thread_name_prefix="rounds") as pool:
        beside = pool.submit(rounds.train, staged, silent)
        try:
            rounds.train(others, tell)
            if not beside.done():
                tell(0.0, "training networks one after another")
            beside.result()
        finally:
            rounds.over.set()


@dataclass(frozen=True, eq=False)
class _Rounds:
    late: Sequence[Future[None]]
    block: Block
    settings: TrainingSettings
    n_classes: int
    stop: Stop | None
    groups: Iterator[int] = field(default_factory=count)
    over: Event = field(default_factory=Event)

    def should_stop(self) -> bool:
        return self.over.is_set() or (self.stop is not None and self.stop())

    def train(self, candidates: Sequence[Candidate], tell: Report) -> None:
        from core.training.lanes import train

        score = STOP_SCORES.get(self.settings.stop_on)
        while True:
            # Asked first: a thread that ends after this look is seen in the next round.
            all_there = all(future.done() for future in self.late)
            waiting = [c for c in candidates if c.pending]
            if not waiting:
                if all_there:
                    return
                tell(0.0, "waiting for slow samplers and references")
                await_all(self.late, self.should_stop)
                continue
            tasks = [task for c in waiting for task in _tasks(c, self.block, self.groups, self.settings.epochs)]
            progress = partial(_tell_share, tell, f"training {len(tasks)} networks")
            done = train(
                [self.block], tasks, self.settings, self.n_classes, report=progress, should_stop=self.should_stop,
                score=score,
            )  # fmt: skip
            trained = iter(done)
            for c in waiting:
                _take(c, [next(trained) for _ in c.pending], self.block)


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
    if candidate.n_stages == 1:
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
