"""The Dask cluster: a scheduler in this process with one worker beside it, or the user's own.

The worker is a program of its own: the app's main script must not be imported again there. It
imports TensorFlow ahead of time; this process never does.

Whoever talks to a Dask scheduler can run code in its process, and any account of a machine can
connect to its loopback addresses. The embedded scheduler and its worker therefore speak TLS with a
key that this process makes when it starts and hands to the worker alone, through its environment,
which other accounts cannot read. A cluster of the user's own has the security that Dask's
configuration gives it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from core.machine import free_memory, usable_cores
from core.runs.worker import EMBEDDED

if TYPE_CHECKING:
    from distributed import Client, Future
    from distributed.security import Security

ROOT = Path(__file__).resolve().parents[2]
_LOOK_EVERY_S = 0.5


class Cluster:
    """A connected cluster.

    Parameters
    ----------
    scheduler : str or None
        Address of the user's scheduler, ``tcp://host:8786`` or ``tls://host:8786``; None starts an embedded one.

    Raises
    ------
    OSError, TimeoutError
        The scheduler does not answer, or the embedded worker does not start.
    """

    def __init__(self, scheduler: str | None = None) -> None:
        import dask
        from distributed import Client, LocalCluster
        from distributed.security import Security

        dask.config.set(
            {
                "distributed.comm.timeouts.connect": "15s",
                "distributed.scheduler.allowed-failures": 10,
                # The scheduler keeps this many reports of progress of every run that there ever was.
                "distributed.admin.low-level-log-length": 100,
            }
        )
        self.embedded = scheduler is None
        self._process: subprocess.Popen[bytes] | None = None
        self._threads, self._looked, self._settled = 0, 0.0, 0.0
        self._known_workers: frozenset[str] = frozenset()
        self._cores = usable_cores()
        self.client: Client
        if scheduler is not None:
            self.client = Client(scheduler, set_as_default=False)
            return
        self._security = Security.temporary()
        with dask.config.set({"distributed.scheduler.http.routes": []}):
            cluster = LocalCluster(
                n_workers=0,
                protocol="tls://",
                security=self._security,
                host="127.0.0.1",
                # Dask always listens for HTTP, even with nothing to serve.
                dashboard_address="127.0.0.1:0",
                scheduler_kwargs={"dashboard": False},
            )
        self._address = cluster.scheduler_address
        self._process = self._start_worker()
        self.client = Client(cluster, set_as_default=False)
        self.client.wait_for_workers(1, timeout=300)
        from core.runs.worker import warm_up

        self.client.submit(warm_up, pure=False).result(timeout=300)

    @property
    def supervisor(self) -> int | None:
        """Process id of the program that watches over the embedded worker and replaces it when it dies."""
        return None if self._process is None else self._process.pid

    def threads(self) -> int:
        """Return how many pieces can be at work at once; 0 without workers."""
        now = time.monotonic()
        if now < self._settled:
            return 0
        if now - self._looked > _LOOK_EVERY_S:
            self._looked = now
            if self._process is not None and self._process.poll() is not None:
                self._process = self._start_worker()
            self._threads = sum(self.client.nthreads().values())
        return self._threads

    def workers_changed(self) -> None:
        """Wait a moment before the next piece: a worker is gone, and what is cached about workers no longer holds."""
        self._looked, self._settled = 0.0, time.monotonic() + _LOOK_EVERY_S

    def slots(self) -> int:
        """Return how many pieces to have in hand.

        On the user's cluster a few more than can be at work: no worker waits for the next one, and a
        cluster that grows on demand sees that there is demand.
        """
        threads = self.threads()
        if self.embedded or time.monotonic() < self._settled:
            return threads
        return 2 * threads + 2

    def memory(self) -> int:
        """Return the bytes that one piece may take: what is free here, or a worker's share of its limit there."""
        free = free_memory()
        if self.embedded:
            return free
        workers = self.client.scheduler_info(n_workers=-1)["workers"].values()
        shares = [w["memory_limit"] / max(1, w["nthreads"]) for w in workers if w.get("memory_limit")]
        return int(min(shares)) if shares else free

    def cores(self) -> int:
        """Return how many cores a worker keeps busy, the maximum over workers: as many stacks are trained at once."""
        if self.embedded:
            return usable_cores()
        workers = frozenset(self.client.nthreads())
        if workers != self._known_workers:
            answers = self.client.run(usable_cores, on_error="ignore")
            self._known_workers, self._cores = workers, max(answers.values(), default=usable_cores())
        return self._cores

    def stop(self, topic: str, futures: list[Future]) -> None:
        """Stop work that looks for an event of this name, and drop what has not begun."""
        from distributed import Event

        with self.client.as_current():
            Event(topic).set()
        self.client.cancel(futures)

    def kill_worker(self) -> None:
        """Kill the embedded worker, which runs something that cannot be stopped; its supervisor replaces it."""
        import psutil

        if self._process is None:
            return
        with suppress(psutil.NoSuchProcess):
            for child in psutil.Process(self._process.pid).children():
                if any("spawn_main" in word for word in child.cmdline()):
                    child.kill()

    def close(self) -> None:
        """End the embedded worker."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def _start_worker(self) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            **_as_environment(self._security),
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep),
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "DASK_DISTRIBUTED__WORKER__HTTP__ROUTES": "[]",
            EMBEDDED: "1",
        }
        command = [sys.executable, "-m", "distributed.cli.dask_worker", self._address, "--nworkers", "1"]
        command += ["--nthreads", "1", "--memory-limit", "0", "--death-timeout", "600", "--host", "127.0.0.1"]
        command += ["--no-dashboard", "--dashboard-address", "127.0.0.1:0"]
        command += ["--preload", "core.runs.worker", "--preload-nanny", "core.runs._lifeline"]
        return subprocess.Popen(
            command,
            env=environment,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # Ctrl-C in a terminal goes to all of a session: the worker would end before the app knows why.
            start_new_session=True,
        )


def _as_environment(security: Security) -> dict[str, str]:
    """Return the variables from which Dask, in a process of its own, reads the same keys."""
    names = {"CA_FILE": "tls_ca_file"}
    for role in ("client", "worker"):
        names |= {f"{role}__{part}".upper(): f"tls_{role}_{part}" for part in ("cert", "key")}
    keys = {f"DASK_DISTRIBUTED__COMM__TLS__{name}": str(getattr(security, field)) for name, field in names.items()}
    return {**keys, "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "true"}
