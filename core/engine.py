"""Where the work runs: one conductor thread hands a run's units to Dask and keeps what comes back.

By default the scheduler lives in this process and one worker process beside it, started as a
program of its own: the app's main script must not be imported again there. The worker imports
TensorFlow ahead of time; this process never does.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future as Promise
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TextIO, TypeVar

from core.plan import PlanError
from core.store import Progress, Store, StoreError
from core.table import TableError

if TYPE_CHECKING:
    from distributed import Client, Future

    from core.plan import Plan
    from core.results import FoldResult
    from core.splitting import Unit
    from core.table import Table

T = TypeVar("T")
ROOT = Path(__file__).resolve().parent.parent
_ATTEMPTS = 5
_CANCEL_PATIENCE_S = 1.5
_POLL_S = 0.05


class Engine:
    """Runs the store's runs, one after the other in the order in which they were submitted.

    Parameters
    ----------
    root : Path
        The store's folder.
    scheduler : str or None
        Address of a Dask scheduler, ``tcp://host:8786``; None starts an embedded one.
    """

    def __init__(self, root: Path, scheduler: str | None = None) -> None:
        self._store = Store(root)
        self._scheduler = scheduler
        self._queue: SimpleQueue[str] = SimpleQueue()
        self._waiting: list[str] = []
        self._held: dict[str, TextIO] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._ready = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._client: Client | None = None
        self._callers = ThreadPoolExecutor(2, thread_name_prefix="caller")
        self._thread = threading.Thread(target=self._conduct, name="conductor", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def submit(self, run_id: str) -> None:
        """Queue a run; of a run that was stopped before, only the missing units are run.

        Raises
        ------
        StoreError
            The run does not exist, or another process works on it.
        """
        with self._lock:
            if run_id in self._held:
                return
            self._held[run_id] = self._store.hold(run_id)
            self._waiting.append(run_id)
        self._store.clear_cancel(run_id)
        self._store.set_status(run_id, "queued")
        self._queue.put(run_id)

    def cancel(self, run_id: str) -> None:
        """Stop a run within two seconds; finished units stay."""
        self._store.request_cancel(run_id)

    def position(self, run_id: str) -> int:
        """Return how many runs are ahead of this one; 0 for the one at work and for unknown ones."""
        with self._lock:
            return self._waiting.index(run_id) if run_id in self._waiting else 0

    def wait_ready(self, timeout: float = 120.0) -> bool:
        """Wait until a worker has imported TensorFlow; return whether it has."""
        return self._ready.wait(timeout)

    def call(self, function: Callable[..., T], *arguments: object) -> Promise[T]:
        """Run a function on a worker, between two folds of the run at work, and promise what it returns.

        The promise raises what the function raised, and StoreError where the training process is gone.
        """
        return self._callers.submit(self._call, function, arguments)

    def _call(self, function: Callable[..., T], arguments: tuple[object, ...]) -> T:
        from distributed import CancelledError
        from distributed.scheduler import KilledWorker

        while not self._ready.wait(0.2):
            if not self._thread.is_alive() or self._closed.is_set():
                raise StoreError("The training process could not be started: start the app again.")
        reason = ""
        for _ in range(_ATTEMPTS):
            try:
                held = self.client.scatter(list(arguments), hash=False)
                future = self.client.submit(function, *held, pure=False, priority=1, retries=0)
                while not future.done():
                    if self._closed.is_set():
                        raise StoreError("The app was closed.")
                    time.sleep(_POLL_S)
                return future.result()
            except (KilledWorker, CancelledError, OSError) as error:
                reason = str(error)
        raise StoreError(f"The training process died {_ATTEMPTS} times on this work: {reason}")

    def close(self) -> None:
        """Stop conducting and end the embedded worker; runs at work become interrupted."""
        self._closed.set()
        self._callers.shutdown(wait=False, cancel_futures=True)
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def _conduct(self) -> None:
        try:
            self._client = self._connect()
            self._ready.set()
        except Exception as error:
            # Without workers there is nothing to conduct: every run says why.
            for run_id in self._submitted():
                self._end(run_id, "failed", f"The training process could not be started ({error}).")
                self._release(run_id)
            return
        for run_id in self._submitted():
            try:
                self._run(run_id)
            except (TableError, PlanError, StoreError) as error:
                self._end(run_id, "failed", str(error))
            except Exception as error:
                if not self._closed.is_set():
                    self._end(run_id, "failed", f"Something went wrong in training: {error}")
            finally:
                self._release(run_id)

    def _submitted(self) -> Iterator[str]:
        """Yield runs as they are submitted, until the engine is closed."""
        while not self._closed.is_set():
            with suppress(Empty):
                yield self._queue.get(timeout=0.5)

    def _end(self, run_id: str, status: str, message: str = "") -> None:
        try:
            self._store.set_status(run_id, status, message)  # type: ignore[arg-type]
        except (StoreError, OSError):
            return  # deleted meanwhile, or no space left even for a line: it will show as interrupted

    def _release(self, run_id: str) -> None:
        with self._lock:
            self._waiting.remove(run_id)
            self._held.pop(run_id).close()

    def _connect(self) -> Client:
        import dask
        from distributed import Client, LocalCluster

        dask.config.set({"distributed.comm.timeouts.connect": "60s", "distributed.scheduler.allowed-failures": 10})
        if self._scheduler is not None:
            client = Client(self._scheduler, set_as_default=False)
        else:
            cluster = LocalCluster(n_workers=0, protocol="tcp://", host="127.0.0.1", dashboard_address="127.0.0.1:0")
            self._process = self._start_worker(cluster.scheduler_address)
            client = Client(cluster, set_as_default=False)
        client.wait_for_workers(1, timeout=120)
        client.submit(_warm_up, pure=False).result(timeout=300)
        return client

    def _start_worker(self, address: str) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep),
            "TF_CPP_MIN_LOG_LEVEL": "3",
        }
        command = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nworkers", "1", "--nthreads", "1"]
        command += ["--no-dashboard", "--memory-limit", "0", "--death-timeout", "120", "--host", "127.0.0.1"]
        command += ["--preload", "core.engine"]
        return subprocess.Popen(
            command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def _run(self, run_id: str) -> None:
        store = self._store
        if store.cancel_requested(run_id):
            self._end(run_id, "cancelled")
            return
        record = store.record(run_id)
        table, plan = store.table(run_id), record.plan
        from core.experiment import units

        store.results(run_id)  # sets damaged units aside
        done = store.finished_units(run_id)
        missing = [unit for unit in units(plan) if unit.key not in done]
        store.set_status(run_id, "running")
        job = _Job(self, run_id, plan, table, len(missing))
        status = job.work(missing)
        self._end(run_id, status)

    @property
    def client(self) -> Client:
        assert self._client is not None
        return self._client


@dataclass(eq=False)
class _Job:
    """One run at work: its units are in the hands of Dask until all are on disk."""

    engine: Engine
    run_id: str
    plan: Plan
    table: Table
    total: int

    def work(self, missing: list[Unit]) -> str:
        """Run the units and return the run's final status."""
        client = self.engine.client
        # A name of its own for each attempt: a cancelled one leaves its event set.
        topic = f"counterweight-{self.run_id}-{time.monotonic_ns()}"
        client.subscribe_topic(topic, self._heard)
        self._began = time.monotonic()
        self._finished = 0
        try:
            attempts = {unit.key: 0 for unit in missing}
            while missing:
                pending = self._submit(missing, topic)
                lost: list[Unit] = []
                for unit, future in pending.items():
                    result = self._await(future)
                    if result == "cancelled":
                        self._stop(topic, list(pending.values()))
                        return "cancelled"
                    if isinstance(result, str):
                        attempts[unit.key] += 1
                        if attempts[unit.key] >= _ATTEMPTS:
                            raise StoreError(f"The training process died {_ATTEMPTS} times on one fold: {result}")
                        lost.append(unit)
                        continue
                    self.engine._store.write_unit(self.run_id, unit.key, result)
                    self._finished += 1
                missing = lost
            return "finished"
        finally:
            client.unsubscribe_topic(topic)

    def _submit(self, missing: list[Unit], topic: str) -> dict[Unit, Future]:
        client = self.engine.client
        client.wait_for_workers(1, timeout=120)
        table = client.scatter(self.table, hash=False, broadcast=True)
        return {
            unit: client.submit(
                _work, table, self.plan, unit, topic, key=f"{self.run_id}-{unit.key}-{time.monotonic_ns()}",
                priority=-place, pure=False, retries=0,
            )
            for place, unit in enumerate(missing)
        }  # fmt: skip

    def _await(self, future: Future) -> tuple[FoldResult, ...] | str:
        """Return a unit's results, "cancelled", or what went wrong with its worker.

        Raises
        ------
        TableError, PlanError, StoreError
            The unit itself cannot be run.
        """
        store = self.engine._store
        while True:
            if self.engine._closed.is_set():
                raise StoreError("The app was closed.")
            if store.cancel_requested(self.run_id):
                return "cancelled"
            if not future.done():
                # Not result(timeout=...): its own time limit can fire while the result arrives, and break.
                time.sleep(_POLL_S)
                continue
            try:
                return future.result()
            except (TableError, PlanError):
                raise
            except Exception as error:
                if store.cancel_requested(self.run_id):
                    return "cancelled"
                from distributed import CancelledError
                from distributed.scheduler import KilledWorker

                if isinstance(error, KilledWorker | CancelledError | OSError) or "lost" in str(error).lower():
                    return str(error) or type(error).__name__
                raise

    def _stop(self, topic: str, futures: list[Future]) -> None:
        from distributed import Event, wait

        client = self.engine.client
        self.engine._end(self.run_id, "cancelled")
        waiting = [future for future in futures if future.status == "pending"]
        client.cancel(waiting[1:])
        with client.as_current():
            Event(topic).set()
            try:
                wait(waiting[:1], timeout=_CANCEL_PATIENCE_S)
            except (FutureTimeout, TimeoutError):
                # A sampler or another library does not listen: its process has to go.
                client.cancel(waiting)
                client.restart(timeout=60, wait_for_workers=True)
                client.submit(_warm_up, pure=False)

    def _heard(self, event: tuple[float, dict]) -> None:  # type: ignore[type-arg]
        _, message = event
        done = self._finished + message["share"]
        spent = time.monotonic() - self._began
        left = spent / done * (self.total - done) if done > 0.2 else None
        try:
            progress = Progress(message["unit"], message["share"], message["doing"], left)
            self.engine._store.write_progress(self.run_id, progress)
        except (StoreError, OSError):
            return  # progress is a courtesy; the run goes on


def _warm_up() -> None:
    from core.training.lanes import warm_up

    warm_up()


def dask_setup(worker: object) -> None:
    """Import and trace ahead of time in a new worker process (Dask calls this as a preload)."""
    del worker
    import core.experiment  # noqa: F401

    _warm_up()


def _work(table: Table, plan: Plan, unit: Unit, topic: str) -> tuple[FoldResult, ...]:
    """Run one unit on a worker, telling how far it is and looking for a cancel a few times a second."""
    from distributed import get_client, get_worker

    from core.experiment import run_unit

    # Both are bound here: the trainer asks from threads of its own, which Dask does not know.
    worker, client = get_worker(), get_client()
    scheduler = client.scheduler
    assert scheduler is not None
    report = _seldom(lambda share, doing: worker.log_event(topic, {"unit": unit.key, "share": share, "doing": doing}))
    asked, stop = 0.0, False

    def should_stop() -> bool:
        nonlocal asked, stop
        now = time.monotonic()
        if not stop and now - asked > 0.25:
            asked, stop = now, bool(client.sync(scheduler.event_is_set, name=topic))
        return stop

    return run_unit(table, plan, unit, report=report, should_stop=should_stop)


def _seldom(tell: Callable[[float, str], None]) -> Callable[[float, str], None]:
    """Return a reporter that speaks at most three times a second."""
    last: tuple[float, str] = (0.0, "")

    def report(share: float, doing: str) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last[0] > 0.33 or doing != last[1]:
            last = (now, doing)
            tell(share, doing)

    return report
