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
_ASK_EVERY_S = 0.25
_TELL_EVERY_S = 0.33
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


def work(
    table: Table, plan: Plan, unit: Unit, strategies: tuple[StrategyChoice, ...], topic: str
) -> tuple[FoldResult, ...]:
    """Run some of a plan's strategies on one fold, telling how far it is and looking for a cancel.

    Parameters
    ----------
    topic : str
        Where progress is told, and the name of the Dask event that means "stop".
    """
    from distributed import get_worker

    from core.experiment.units import run_unit
    from core.training.lane import Stopped

    worker = get_worker()
    should_stop = asked_to_stop(topic)
    report = seldom(lambda share, doing: worker.log_event(topic, {"unit": unit.key, "share": share, "doing": doing}))
    try:
        return run_unit(table, replace(plan, strategies=strategies), unit, report=report, should_stop=should_stop)
    except Stopped:
        if os.environ.get(EMBEDDED):
            # A sampler at work does not listen. Said to be stopped only when it is, this process is
            # replaced by the conductor, which waits a moment; otherwise the next run would share the cores with it.
            _wait_for_samplers()
        raise


def stoppable(topic: str, function: Callable[..., T], *arguments: object) -> T:
    """Call a function that asks a ``should_stop`` of its own whether to go on."""
    return function(*arguments, should_stop=asked_to_stop(topic))


def asked_to_stop(topic: str) -> Callable[[], bool]:
    """Return what tells whether the Dask event of this name is set, and looks a few times a second."""
    from distributed import get_client

    # Bound here: the trainer asks from threads of its own, which Dask does not know.
    client = get_client()
    scheduler = client.scheduler
    assert scheduler is not None
    asked, stop = 0.0, False

    def should_stop() -> bool:
        nonlocal asked, stop
        now = time.monotonic()
        if not stop and now - asked > _ASK_EVERY_S:
            asked, stop = now, bool(client.sync(scheduler.event_is_set, name=topic))
        return stop

    return should_stop


def _wait_for_samplers() -> None:
    from core.experiment.fold import SAMPLER_THREADS

    for thread in threading.enumerate():
        if thread.name.startswith(SAMPLER_THREADS):
            thread.join()


def seldom(tell: Callable[[float, str], None]) -> Callable[[float, str], None]:
    """Return a reporter that speaks at most three times a second, and at once when it does something else."""
    last: tuple[float, str] = (0.0, "")

    def report(share: float, doing: str) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last[0] > _TELL_EVERY_S or doing != last[1]:
            last = (now, doing)
            tell(share, doing)

    return report
