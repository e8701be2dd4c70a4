"""What this process may use of the machine it runs on, limits of containers included."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

import psutil
from dask.system import cpu_count
from threadpoolctl import ThreadpoolController

_CGROUPS = Path("/sys/fs/cgroup")


def usable_cores() -> int:
    """Return how many cores this process may keep busy: those it may run on, or its container's share if less.

    See Also
    --------
    free_memory : The memory.
    """
    return max(1, cpu_count())


@contextmanager
def single_threaded() -> Iterator[None]:
    """Keep scikit-learn and what stands below it from starting threads: those of a fold keep all cores busy.

    See Also
    --------
    usable_cores : How many threads a fold starts.

    Examples
    --------
    >>> from threadpoolctl import threadpool_info
    >>> with single_threaded():
    ...     print({pool["num_threads"] for pool in threadpool_info()})
    {1}
    """
    # What is loaded later is not limited, and trees on few rows then spend their time in waiting for each other.
    import sklearn.ensemble  # noqa: F401

    with _thread_pools(len(sys.modules)).limit(limits=1):
        yield


@lru_cache(maxsize=1)
def _thread_pools(modules: int) -> ThreadpoolController:
    """Return the pools of the libraries that are loaded, which are looked for again once there are more modules."""
    del modules
    return ThreadpoolController()


def free_memory() -> int:
    """Return the bytes that this process may still take: what the machine has free, or its container if less.

    See Also
    --------
    usable_cores : The cores.
    core.experiment.memory.cut : Cuts a run so that it fits.
    """
    free = int(psutil.virtual_memory().available)
    for folder, most, used, cached in (
        (_CGROUPS, "memory.max", "memory.current", "inactive_file"),
        (_CGROUPS / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ):
        with suppress(OSError, ValueError, KeyError):  # no such limit
            taken = int((folder / used).read_text())
            pages = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
            # Files that were read count as used, though they give way at once.
            free = min(free, int((folder / most).read_text()) - taken + int(pages[cached]))
    return max(0, free)
