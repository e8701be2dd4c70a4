"""A Dask scheduler and workers as separate processes on loopback, as `dask scheduler` and `dask worker` start them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parents[1]
# A worker of one thread on a core of its own: the trainer asks how many cores its process may use.
_PINNED = "import os, runpy, sys; os.sched_setaffinity(0, {int(sys.argv.pop(1))}); "
_PINNED += "runpy.run_module('distributed.cli.dask_worker', run_name='__main__')"


class Loopback:
    """A scheduler and its workers; leaving the context ends them.

    Parameters
    ----------
    workers : int
        Each has one thread and no supervisor, so that one that is killed stays away.
    pinned : bool
        Whether each worker is held to one core, taking them in turn.
    scheme : str
        "tcp", or "tls" with the keys that Dask's configuration names.
    preload : bool
        Whether workers import TensorFlow before they take work.
    """

    def __init__(self, workers: int, *, pinned: bool = False, scheme: str = "tcp", preload: bool = True) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.address = f"{scheme}://127.0.0.1:{port}"
        scheduler = ["-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port)]
        scheduler += ["--protocol", scheme]
        self._scheduler = self._start([*scheduler, "--no-dashboard"])
        cores = sorted(os.sched_getaffinity(0)) if pinned else []
        self.workers: list[subprocess.Popen[bytes]] = []
        for place in range(workers):
            start = ["-c", _PINNED, str(cores[place % len(cores)])] if pinned else ["-m", "distributed.cli.dask_worker"]
            options = ["--nworkers", "1", "--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1"]
            options += ["--memory-limit", "4GiB", *(["--preload", "core.runs.worker"] if preload else [])]
            self.workers.append(self._start([*start, self.address, *options]))

    def __enter__(self) -> Loopback:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in (*self.workers, self._scheduler):
            process.kill()
        for process in (*self.workers, self._scheduler):
            process.wait()

    def wait(self, seconds: float = 600.0) -> None:
        """Wait until all workers are there, TensorFlow imported.

        Raises
        ------
        TimeoutError
            They did not come.
        """
        from distributed import Client

        with Client(self.address, set_as_default=False, timeout=seconds) as client:
            client.wait_for_workers(len(self.workers), timeout=seconds)
            while len(client.nthreads()) < len(self.workers):
                time.sleep(0.1)

    def _start(self, arguments: list[str]) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
        quiet = subprocess.DEVNULL
        return subprocess.Popen(
            [sys.executable, *arguments], cwd=ROOT, env=environment, stdin=quiet, stdout=quiet, stderr=quiet
        )
