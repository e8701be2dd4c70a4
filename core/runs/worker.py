"""What happens in a worker process: it imports TensorFlow ahead of time and runs pieces of a run.

Dask calls :func:`dask_setup` when a worker starts with ``--preload core.runs.worker``.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from core.data.splitting import Unit
    from core.data.table import Table
    from core.experiment.results import FoldResult
    from core.plan import Plan, StrategyChoice

#: Set in the environment of a worker that the app started and may kill.
EMBEDDED = "COUNTERWEIGHT_EMBEDDED_WORKER"
_LOOK_EVERY_S = 0.25
_REPORT_EVERY_S = 0.33
T = TypeVar("T")


def warm_up() -> None:
    """Import the trainer and trace its graphs."""
    from core.training import lanes

    lanes.warm_up()


def dask_setup(worker: object) -> None:
    """Import and trace ahead of time in a new worker process (Dask calls this as a preload)."""
    del worker
    import core.experiment.units  # noqa: F401

    warm_up()


def run_piece(
    table: Table, plan: Plan, unit: Unit, strategies: tuple[StrategyChoice, ...], topic: str
) -> tuple[FoldResult, ...]:
    """Run some of a plan's strategies on one fold, reporting progress and looking for a cancel.

    Parameters
    ----------
    topic : str
        The Dask topic that progress is reported to, and the name of the Dask event that means "stop".

    Raises
    ------
    Stopped
        The run was cancelled.
    """
    from distributed import get_worker

    from core.experiment.units import run_unit
    from core.training.lane import Stopped

    worker = get_worker()
    should_stop = stop_checker(topic)
    report = throttled(lambda share, doing: worker.log_event(topic, {"unit": unit.key, "share": share, "doing": doing}))
    try:
        return run_unit(table, replace(plan, strategies=strategies), unit, report=report, should_stop=should_stop)
    except Stopped:
        if os.environ.get(EMBEDDED):
            # A sampler does not check for a cancel while it works. The piece ends only once the sampler does; the
            # conductor, which waits a moment, otherwise replaces this process, or the next run would share the cores.
            _wait_for_samplers()
        raise


def stoppable(topic: str, function: Callable[..., T], *arguments: object) -> T:
    """Call a function that takes a keyword ``should_stop`` and asks it whether to go on."""
    return function(*arguments, should_stop=stop_checker(topic))


def stop_checker(topic: str) -> Callable[[], bool]:
    """Return a function that says whether the Dask event of this name is set; it looks a few times per second."""
    from distributed import get_client

    # Bound here: the trainer asks from threads of its own, which Dask does not know.
    client = get_client()
    scheduler = client.scheduler
    assert scheduler is not None
    last_look, stop = 0.0, False

    def should_stop() -> bool:
        nonlocal last_look, stop
        now = time.monotonic()
        if not stop and now - last_look > _LOOK_EVERY_S:
            last_look, stop = now, bool(client.sync(scheduler.event_is_set, name=topic))
        return stop

    return should_stop


def _wait_for_samplers() -> None:
    from core.experiment.fold import SAMPLER_THREADS

    for thread in threading.enumerate():
        if thread.name.startswith(SAMPLER_THREADS):
            thread.join()


def throttled(report: Callable[[float, str], None]) -> Callable[[float, str], None]:
    """Return a reporter that passes on three reports per second at most, and at once where the activity changes."""
    last: tuple[float, str] = (0.0, "")

    def report_seldom(share: float, doing: str) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last[0] > _REPORT_EVERY_S or doing != last[1]:
            last = (now, doing)
            report(share, doing)

    return report_seldom
