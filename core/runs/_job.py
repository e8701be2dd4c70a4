"""A run at work: which of its pieces are still to do, in hand or on disk."""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

from core.data.problem import Problem
from core.experiment.memory import cut, shape_of
from core.library_errors import meaning
from core.runs.store import Progress, Store, StoreError
from core.runs.worker import run_piece
from core.strategies import choices_of
from core.strategies.combining import check_combinations

if TYPE_CHECKING:
    from concurrent.futures import Future as Promise

    from distributed import Client, Future

    from core.data.splitting import Unit
    from core.data.table import Table
    from core.experiment.memory import Shape
    from core.experiment.results import FoldResult
    from core.plan import Plan, StrategyChoice

MAX_ATTEMPTS = 5
_SENDING_PATIENCE_S = 60.0


@dataclass(frozen=True)
class Piece:
    """Some strategies on one fold: all of them where they fit into memory together."""

    unit: Unit
    strategies: tuple[StrategyChoice, ...]


@dataclass(eq=False)
class Job:
    """One run from its submission to its end.

    Parameters
    ----------
    hold : file
        Keeps other processes from working on the run.
    turns : int
        Pieces that came back since the run's current turn began, at ``turn_began``.
    leaving : bool
        Whether it makes room for another run: it gets no more pieces until its next turn.
    """

    store: Store
    run_id: str
    hold: TextIO
    cancelled: bool = False
    loading: Promise[None] | None = None
    loaded: bool = False
    loading_s: float = 0.0
    subscribed: bool = False
    turns: int = 0
    turn_began: float = 0.0
    leaving: bool = False
    scattered: Future | None = None
    missing: int = 0
    began: float | None = None
    unsent: float | None = None
    served: float = 0.0
    topic: str = ""
    flights: dict[Future, Piece] = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)
    attempts: Counter[Piece] = field(default_factory=Counter)
    units: deque[Unit] = field(default_factory=deque)
    pieces: deque[Piece] = field(default_factory=deque)
    written: int = 0

    def is_(self, store: Store, run_id: str) -> bool:
        return self.run_id == run_id and self.store.root == store.root

    @property
    def owner(self) -> str:
        """Whose run it is: people take turns before their runs do."""
        return str(self.store.root)

    @property
    def done(self) -> bool:
        return self.loaded and not self.units and not self.pieces and not self.flights

    @property
    def waiting(self) -> bool:
        """Whether there is a piece to hand out."""
        return self.loaded and not self.leaving and bool(self.units or self.pieces)

    def load(self) -> None:
        """Read plan and table, and find what is missing.

        Raises
        ------
        StoreError, TableError, PlanError
            The run cannot be read or cannot be run.
        """
        from core.experiment.units import units

        started = time.monotonic()
        self.store.tidy(self.run_id)
        self.plan: Plan = self.store.record(self.run_id).plan
        check_combinations(self.plan.strategies)
        self.choices = choices_of(self.plan)
        self.table: Table = self.store.table(self.run_id)
        self.shape: Shape = shape_of(Problem.of(self.table, self.plan))
        self.store.results(self.run_id)  # sets damaged units aside
        done = self.store.finished_units(self.run_id)
        self.units.extend(unit for unit in units(self.plan) if unit.key not in done)
        self.loading_s = time.monotonic() - started
        if not self.topic:
            self.missing = len(self.units)
            # A name of its own for each attempt: a cancelled one leaves its event set.
            self.topic = f"counterweight-{self.run_id}-{time.monotonic_ns()}"

    def rest(self) -> None:
        """Let go of the table, here and on the workers; :meth:`load` goes on from what is on disk."""
        self.loaded = self.leaving = False
        self.scattered = None
        self.units.clear()
        self.pieces.clear()
        del self.table

    def next_piece(self, memory: int, cores: int) -> Piece | None:
        """Return the next piece, cut so that it fits; None where the last unit was on disk in pieces already.

        Raises
        ------
        MemoryShortage
            Even a single strategy does not fit.
        """
        if not self.pieces:
            unit = self.units.popleft()
            finished = self.store.pieces(self.run_id, unit.key)
            missing = tuple(choice for choice in self.choices if choice.key not in finished)
            if not missing:
                self._merge(unit)
                return None
            self.pieces.extend(Piece(unit, part) for part in cut(missing, self.plan, self.shape, memory, cores=cores))
        return self.pieces.popleft()

    def send(self, client: Client, piece: Piece) -> bool:
        """Send the table to the workers, once; return False, with the piece back in line, where that has to wait.

        Raises
        ------
        StoreError
            It could not be sent for a minute.
        """
        if self.scattered is not None and self.scattered.status == "finished":
            return True
        try:
            self.scattered = client.scatter(self.table, hash=False, broadcast=True)
        except Exception as error:
            # A worker that dies meanwhile shows itself in a closed connection, a time-out or an error inside
            # Dask, as it comes: none of them is the run's own, and a later worker takes the table.
            now = time.monotonic()
            self.unsent = self.unsent or now
            if now - self.unsent > _SENDING_PATIENCE_S:
                raise StoreError(
                    f"The table could not be sent to the training process ({meaning(error)}): resume later."
                ) from error
            self.pieces.appendleft(piece)
            return False
        self.unsent = None
        return True

    def submit(self, client: Client, piece: Piece) -> Future:
        """Hand a piece to Dask, after the table.

        Raises
        ------
        StoreError
            The disk is full.
        """
        if self.began is None:
            self.store.begin(self.run_id, "running")
            self.began = time.monotonic()
        future = client.submit(
            run_piece, self.scattered, self.plan, piece.unit, piece.strategies, self.topic,
            key=f"{self.run_id}-{piece.unit.key}-{time.monotonic_ns()}", pure=False, retries=0,
        )  # fmt: skip
        self.flights[future] = piece
        self.served = time.monotonic()
        return future

    def keep(self, piece: Piece, results: tuple[FoldResult, ...]) -> None:
        """Write a piece's results, and the unit's when they are complete.

        Raises
        ------
        StoreError
            The disk is full.
        """
        self.shares.pop(piece.unit.key, None)
        if piece.strategies == self.choices:
            self.store.write_unit(self.run_id, piece.unit.key, results)
            self.written += 1
            return
        self.store.write_piece(self.run_id, piece.unit.key, results)
        self._merge(piece.unit)

    def again(self, piece: Piece, reason: str) -> None:
        """Put a lost piece back at the front of the line.

        Raises
        ------
        StoreError
            It was lost too often.
        """
        self.attempts[piece] += 1
        if self.attempts[piece] >= MAX_ATTEMPTS:
            raise StoreError(f"The training process died {MAX_ATTEMPTS} times on one fold: {reason}.")
        self.pieces.appendleft(piece)

    def heard(self, event: tuple[float, dict]) -> None:  # type: ignore[type-arg]
        """Write down the progress that a worker reports of a piece."""
        _, message = event
        if self.began is None or self.cancelled:
            return
        self.shares[message["unit"]] = message["share"]
        done = self.written + sum(self.shares.values())
        spent = time.monotonic() - self.began
        left = spent / done * (self.missing - done) if done > 0.2 else None
        try:
            progress = Progress(message["unit"], message["share"], message["doing"], left)
            self.store.write_progress(self.run_id, progress)
        except (StoreError, OSError):
            return  # progress is a courtesy; the run goes on

    def _merge(self, unit: Unit) -> None:
        finished = self.store.pieces(self.run_id, unit.key)
        order = [choice.key for choice in self.choices]
        if all(key in finished for key in order):
            self.store.write_unit(self.run_id, unit.key, [finished[key] for key in order])
            self.written += 1
