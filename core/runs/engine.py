"""Where a store's runs are worked on: submitted, cancelled, and resumed when the app starts again."""

from __future__ import annotations

import atexit
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future as Promise
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from core.library_errors import meaning
from core.runs._job import MAX_ATTEMPTS
from core.runs._promise import promised
from core.runs.conductor import Conductor
from core.runs.store import Store, StoreError
from core.runs.worker import stoppable
from core.training.lane import Stopped

_MAX_RESUMES = 3
_POLL_S = 0.05
_MAX_CALLS = 2
T = TypeVar("T")


class Engine:
    """Works on the runs of one store, through a conductor that several engines may share.

    When it starts, runs that an earlier process left behind continue after their last finished unit.

    Parameters
    ----------
    root : Path
        The store's folder.
    scheduler : str or None
        Address of a Dask scheduler, ``tcp://host:8786``; None starts an embedded one.
    conductor : Conductor or None
        Shared with other engines; None makes one of its own.
    """

    def __init__(self, root: Path, scheduler: str | None = None, conductor: Conductor | None = None) -> None:
        self._store = Store(root)
        self._conductor = conductor or Conductor(scheduler)
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._calls = threading.Semaphore(_MAX_CALLS)
        atexit.register(self.close)
        self._resume()

    @property
    def conductor(self) -> Conductor:
        """What hands the runs to workers; other engines may share it."""
        return self._conductor

    def submit(self, run_id: str) -> None:
        """Queue a run; of a run that was stopped before, only the missing units are run.

        Raises
        ------
        StoreError
            The run does not exist, or another process works on it.
        """
        with self._lock:
            if self._conductor.has(self._store, run_id):
                return
            hold = self._store.hold(run_id)
            try:
                self._store.begin(run_id, "queued")
            except StoreError:
                hold.close()
                raise
            self._conductor.add(self._store, run_id, hold)

    def cancel(self, run_id: str) -> None:
        """Stop a run within two seconds; finished units stay.

        Raises
        ------
        StoreError
            It is not at work here, and its folder is gone or cannot be written.
        """
        here = self._conductor.has(self._store, run_id)
        self._conductor.cancel(self._store, run_id)
        try:
            self._store.request_cancel(run_id)  # also tells another process that works on it
        except StoreError:
            if not here:
                raise

    def position(self, run_id: str) -> int:
        """Return how many runs get their turn before this one; 0 for one at work and for unknown ones."""
        return self._conductor.ahead(self._store, run_id)

    def beside(self, run_id: str) -> int:
        """Return how many other runs share the workers with this one."""
        return self._conductor.beside(self._store, run_id)

    def wait_ready(self, timeout: float = 120.0) -> bool:
        """Wait until a worker has imported TensorFlow; return whether it has."""
        return self._conductor.wait_ready(timeout)

    def call(self, function: Callable[..., T], *arguments: object, stop: threading.Event | None = None) -> Promise[T]:
        """Run a function on a worker, between two folds of the run at work, and promise its result.

        The promise raises what the function raised, StoreError where the training process is gone, and Stopped
        where it was stopped. It can be cancelled until the call has its turn.

        Parameters
        ----------
        stop : Event or None
            Set to stop the function, which then is called with a keyword ``should_stop``.
        """
        return promised(lambda: self._call(function, arguments, stop), "caller", self._calls)

    def _call(self, function: Callable[..., T], arguments: tuple[object, ...], stop: threading.Event | None) -> T:
        from distributed import CancelledError
        from distributed.scheduler import KilledWorker

        reason = ""
        for _ in range(MAX_ATTEMPTS):
            while not self._conductor.wait_ready(0.2):
                self._stay_open()
                if stop is not None and stop.is_set():
                    raise Stopped
            try:
                cluster = self._conductor.cluster
                assert cluster is not None
                held = cluster.client.scatter(list(arguments), hash=False)
                topic = f"counterweight-call-{secrets.token_hex(8)}"
                call = function if stop is None else partial(stoppable, topic, function)
                future = cluster.client.submit(call, *held, pure=False, priority=1, retries=0)
                while not future.done():
                    self._stay_open()
                    if stop is not None and stop.is_set():
                        cluster.stop(topic, [future])
                        raise Stopped
                    time.sleep(_POLL_S)
                return future.result()
            except (KilledWorker, CancelledError, OSError) as error:
                reason = meaning(error)
        raise StoreError(f"The training process died {MAX_ATTEMPTS} times on this work: {reason}.")

    def _stay_open(self) -> None:
        if self._closed.is_set():
            raise StoreError("The app was closed.")

    def close(self) -> None:
        """Stop conducting and end the embedded worker; runs at work are resumed by the next engine."""
        self._closed.set()
        self._conductor.close()

    def _resume(self) -> None:
        for run_id in self._store.orphans():
            with suppress(StoreError, OSError):
                if self._store.cancel_requested(run_id):
                    self._store.set_status(run_id, "cancelled")
                    continue
                if self._store.count_resume(run_id) > _MAX_RESUMES:
                    # Whatever ended the app may be this run's doing: a person has to ask for another try.
                    message = f"The app ended {_MAX_RESUMES} times while one fold was trained."
                    self._store.set_status(run_id, "interrupted", message)
                    continue
                self.submit(run_id)
