"""The conductor: a thread that hands the pieces of all runs to Dask in turns, and keeps what comes back.

People take turns piece by piece, and so do the runs of one person, so that a short run never waits for a long
one to end. Only a few runs are at work at the same time, since each keeps its table in the workers' memory; the
others wait in line, and after a while a run at work goes back to the end of it.

Whatever goes wrong with one run ends that run alone.
"""

from __future__ import annotations

import atexit
import threading
import time
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO

from core.library_errors import meaning, sentence
from core.plan import PlanError
from core.runs._job import Job, Piece
from core.runs._promise import promised
from core.runs.cluster import Cluster
from core.runs.store import Status, Store, StoreError
from core.words import TableError

if TYPE_CHECKING:
    from distributed import Future, as_completed

MAX_ACTIVE_RUNS = 4
MAX_ACTIVE_RUNS_PER_PERSON = 2
# A run at work makes room after one piece, but not before this: reading and sending its table anew has a price.
_TURN_S = 5.0
_TURN_PER_LOADING_S = 10
# With the time to ask and to kill, a cancelled piece is gone within two seconds.
_CANCEL_PATIENCE_S = 1.4
_DELIVERY_PATIENCE_S = 60.0
_POLL_S = 0.05


class Conductor:
    """Runs the runs of any number of stores on one cluster.

    Parameters
    ----------
    scheduler : str or None
        Address of a Dask scheduler, ``tcp://host:8786``; None starts an embedded one.
    memory : int or None
        Bytes that a worker has for one piece; None asks the machine.
    """

    def __init__(self, scheduler: str | None = None, memory: int | None = None) -> None:
        self._scheduler = scheduler
        self._memory = memory
        self._lock = threading.Lock()
        self._line: list[Job] = []
        self._active: list[Job] = []
        self._ending: list[tuple[float, Future]] = []
        self._served: dict[str, float] = {}
        self._late: dict[Future, float] = {}
        # Reading a large table takes seconds, in which others are cancelled and served.
        self._loaders = threading.Semaphore(MAX_ACTIVE_RUNS)
        self._closed = threading.Event()
        self._ready = threading.Event()
        self.cluster: Cluster | None = None
        self._thread = threading.Thread(target=self._conduct, name="conductor", daemon=True)
        self._thread.start()

    def add(self, store: Store, run_id: str, hold: TextIO) -> None:
        """Queue a run that the caller holds; the run is released when it ends."""
        with self._lock:
            self._line.append(Job(store, run_id, hold))

    def has(self, store: Store, run_id: str) -> bool:
        """Return whether a run waits or is at work here."""
        return self._find(store, run_id) is not None

    def cancel(self, store: Store, run_id: str) -> None:
        """Stop a run, even where its folder cannot take another file."""
        job = self._find(store, run_id)
        if job is not None:
            job.cancelled = True

    def ahead(self, store: Store, run_id: str) -> int:
        """Return how many runs get their turn before a waiting one; 0 once it has had one."""
        with self._lock:
            for place, job in enumerate(self._line):
                if job.is_(store, run_id):
                    return len(self._active) + place if job.began is None else 0
            for place, job in enumerate(self._active):
                if job.is_(store, run_id) and job.began is None:
                    others = enumerate(self._active)
                    return sum(bool(o.flights) or (o.began is None and i < place) for i, o in others)
            return 0

    def beside(self, store: Store, run_id: str) -> int:
        """Return how many other runs take turns with this one."""
        with self._lock:
            return sum(not job.is_(store, run_id) for job in self._active)

    def wait_ready(self, timeout: float = 120.0) -> bool:
        """Wait until the cluster is connected; return whether it is."""
        return self._ready.wait(timeout)

    def close(self) -> None:
        """Stop conducting and end the embedded worker; runs at work are resumed by the next start."""
        self._closed.set()
        with self._lock:
            jobs = [*self._active, *self._line]
        for job in jobs:
            with suppress(StoreError, OSError):  # this end is not the run's doing
                job.store.forget_resumes(job.run_id)
        if self.cluster is not None:
            self.cluster.close()

    def _app_ends(self) -> bool:
        """Return whether the app is ending, so that errors only come from its parts being gone."""
        return self._closed.is_set() or not threading.main_thread().is_alive()

    def _find(self, store: Store, run_id: str) -> Job | None:
        with self._lock:
            jobs = [*self._active, *self._line]
        return next((job for job in jobs if job.is_(store, run_id)), None)

    def _conduct(self) -> None:
        import distributed  # noqa: F401

        # What is registered last runs first: Dask's own handlers end the scheduler, which would look like a fault.
        atexit.register(self.close)
        while not self._app_ends():
            try:
                self.cluster = Cluster(self._scheduler)
                self._ready.set()
                self._work(self.cluster)
            except Exception as error:
                if self._app_ends():
                    return
                # Without workers there is nothing to conduct: every run says why.
                for job in (*self._active, *self._line):
                    self._end(
                        job, "failed", f"The training process could not be reached ({meaning(error)}): resume later."
                    )
                if self.cluster is not None:
                    self.cluster.close()
                self._closed.wait(5)

    def _work(self, cluster: Cluster) -> None:
        """Conduct until the conductor is closed or the scheduler is gone."""
        from distributed import as_completed

        arrived = as_completed(loop=cluster.client.loop, with_results=True, raise_errors=False)
        while not self._closed.is_set():
            if cluster.client.status in ("closing", "closed"):
                raise ConnectionError("the scheduler is gone")
            for future, result in arrived.next_batch(block=False):
                self._late.pop(future, None)
                self._take(future, result)
            self._look_for_cancels(cluster)
            self._look_for_late()
            self._activate()
            self._look_for_loaded()
            self._hand_out(cluster, arrived)
            with arrived.thread_condition:
                if not arrived.has_ready():
                    arrived.thread_condition.wait(_POLL_S)

    def _activate(self) -> None:
        """Start the first in line whose owner may have another run at work; where none may, see that room is made."""
        with self._lock:
            self._dismiss()
            n_active = Counter(job.owner for job in self._active)
            full = len(self._active) >= MAX_ACTIVE_RUNS
            chosen = next(
                (job for job in self._line if n_active[job.owner] < MAX_ACTIVE_RUNS_PER_PERSON and not full), None
            )
            if chosen is None:
                self._make_room(n_active)
                return
            self._line.remove(chosen)
            self._active.append(chosen)
        with self._errors_of(chosen):
            chosen.loading = promised(chosen.load, "loader", self._loaders)

    def _make_room(self, n_active: Counter[str]) -> None:
        """Ask a run at work to leave for one that waits: one of the same person, or of a person with more at work."""
        if any(job.leaving for job in self._active):
            return
        now = time.monotonic()
        served = [
            job
            for job in self._active
            if job.loaded and job.turns and now - job.turn_began > max(_TURN_S, _TURN_PER_LOADING_S * job.loading_s)
        ]
        for waiting in self._line:
            own = n_active[waiting.owner]
            others = [job for job in served if job.owner == waiting.owner or n_active[job.owner] > own]
            if others:
                min(others, key=lambda job: (-n_active[job.owner], job.turn_began)).leaving = True
                self._dismiss()
                return

    def _dismiss(self) -> None:
        """Send runs that make room to the end of the line, once none of their pieces is being worked on."""
        for job in [job for job in self._active if job.leaving and not job.flights and not job.done]:
            job.rest()
            self._active.remove(job)
            self._line.append(job)

    def _look_for_loaded(self) -> None:
        for job in list(self._active):
            if job.loading is None or not job.loading.done():
                continue
            loading, job.loading = job.loading, None
            with self._errors_of(job):
                loading.result()
                assert self.cluster is not None
                if not job.subscribed:
                    self.cluster.client.subscribe_topic(job.topic, _weak(job))
                job.subscribed = job.loaded = True
                job.turns, job.turn_began = 0, time.monotonic()

    def _hand_out(self, cluster: Cluster, arrived: as_completed) -> None:
        """Give every free slot to the run whose turn it is."""
        self._ending = [(until, future) for until, future in self._ending if not future.done()]
        while True:
            for job in [job for job in self._active if job.done]:
                self._end(job, "finished")
            waiting = [job for job in self._active if job.waiting]
            if not waiting:
                return
            busy = sum(len(job.flights) for job in self._active) + len(self._ending)
            if busy >= cluster.slots():
                return
            job = min(waiting, key=lambda job: (self._served.get(job.owner, 0.0), job.served))
            with self._errors_of(job):
                piece = job.next_piece(self._memory or cluster.memory(), cluster.cores())
                if piece is not None and not self._give(cluster, arrived, job, piece):
                    return

    def _give(self, cluster: Cluster, arrived: as_completed, job: Job, piece: Piece) -> bool:
        """Hand out a piece; return False where the workers are just changing and it has to wait."""
        if not job.send(cluster.client, piece):
            cluster.workers_changed()
            return False
        arrived.add(job.submit(cluster.client, piece))
        self._served[job.owner] = job.served
        return True

    def _take(self, future: Future, result: object) -> None:
        """Keep what came back, or give a lost piece out again."""
        job = next((job for job in self._active if future in job.flights), None)
        if job is None:
            return  # cancelled meanwhile
        piece = job.flights.pop(future)
        job.turns += 1
        with self._errors_of(job):
            self._keep(job, piece, result)

    def _keep(self, job: Job, piece: Piece, result: object) -> None:
        from distributed import CancelledError
        from distributed.scheduler import KilledWorker

        # What the work itself raised comes as its type, value and traceback; what is wrong with Dask, as it is.
        raised = isinstance(result, tuple) and len(result) == 3 and isinstance(result[1], BaseException)
        error = result[1] if raised else result  # type: ignore[index]
        if not isinstance(error, BaseException):
            job.keep(piece, result)  # type: ignore[arg-type]
        elif isinstance(error, TableError | PlanError):
            raise error
        elif isinstance(error, MemoryError):
            raise StoreError("A fold ran out of memory: free some, leave strategies out, then resume.") from error
        elif not raised or isinstance(error, KilledWorker | CancelledError | OSError) or "lost" in str(error).lower():
            assert self.cluster is not None
            self.cluster.workers_changed()
            job.again(piece, meaning(error))
        else:
            raise error

    def _look_for_late(self) -> None:
        """Hand out again what Dask calls done but does not deliver, since its worker died meanwhile."""
        now = time.monotonic()
        for job in list(self._active):
            for future in [future for future in job.flights if future.done()]:
                if now - self._late.setdefault(future, now) > _DELIVERY_PATIENCE_S:
                    del self._late[future]
                    self._take(future, ConnectionError("its result did not arrive"))

    def _look_for_cancels(self, cluster: Cluster) -> None:
        for job in (*self._active, *self._line):
            with self._errors_of(job):  # its folder may be gone
                if job.cancelled or job.store.cancel_requested(job.run_id):
                    self._cancel(cluster, job)
        now = time.monotonic()
        if any(now > until and not future.done() for until, future in self._ending):
            # A sampler or another library cannot be interrupted: its process has to go.
            cluster.client.cancel([future for _, future in self._ending])
            cluster.kill_worker()
            cluster.workers_changed()
            self._ending.clear()

    def _cancel(self, cluster: Cluster, job: Job) -> None:
        from distributed import Event

        job.cancelled = True
        flights = list(job.flights)
        job.flights.clear()
        self._end(job, "cancelled")
        if not flights:
            return
        with cluster.client.as_current():
            Event(job.topic).set()
        if cluster.embedded:
            until = time.monotonic() + _CANCEL_PATIENCE_S
            self._ending += [(until, future) for future in flights]
        else:
            # Workers learn of it within a moment; restarting workers of the user's own cluster is not up to the app.
            cluster.client.cancel(flights)

    @contextmanager
    def _errors_of(self, job: Job) -> Iterator[None]:
        """Let an error in this block end the run that it concerns, and no other."""
        try:
            yield
        except Exception as error:
            self._fail(job, error)

    def _fail(self, job: Job, error: Exception) -> None:
        if self._app_ends():
            return
        # What the plan itself is to blame for would be the same whenever it is tried.
        status: Status = "refused" if isinstance(error, TableError | PlanError) else "failed"
        self._end(job, status, sentence(error, "Training failed"))

    def _end(self, job: Job, status: Status, message: str = "") -> None:
        with self._lock:
            for jobs in (self._active, self._line):
                if job in jobs:
                    jobs.remove(job)
        if self.cluster is not None and self.cluster.client.status == "running":
            self.cluster.client.cancel(list(job.flights))
            if job.subscribed:
                self.cluster.client.unsubscribe_topic(job.topic)
                job.subscribed = False
        job.flights.clear()
        try:
            job.store.set_status(job.run_id, status, message)
        except (StoreError, OSError):
            pass  # deleted meanwhile, or no space left even for a line: it will show as interrupted
        finally:
            if job.loading is None:
                job.hold.close()
            else:  # it reads the folder still: nobody else may take it meanwhile
                job.loading.add_done_callback(lambda _: job.hold.close())
                job.loading.cancel()


def _weak(job: Job) -> Callable[[tuple[float, dict]], None]:  # type: ignore[type-arg]
    """Return a handler of a job's progress that does not keep the job alive: a Dask client never drops a handler."""
    known = weakref.ref(job)

    def hear(event: tuple[float, dict]) -> None:  # type: ignore[type-arg]
        job = known()
        if job is not None:
            job.heard(event)

    return hear
