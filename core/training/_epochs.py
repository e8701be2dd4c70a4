"""How far training has come, counted in epochs over all stacks."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from core.training.lane import Stopped

Report = Callable[[float], None]


class EpochCounter:
    """Counts epochs over all stacks, reports the share done and raises where the run is to stop.

    Parameters
    ----------
    total : int
        Lanes times epochs.
    report : callable or None
        Called with the share done, in [0, 1].
    should_stop : callable or None
        Returns whether to stop.

    Examples
    --------
    >>> shares: list[float] = []
    >>> counter = EpochCounter(4, shares.append, None)
    >>> counter.advance(1)
    >>> counter.advance(3)
    >>> shares
    [0.25, 1.0]
    """

    def __init__(self, total: int, report: Report | None, should_stop: Callable[[], bool] | None) -> None:
        self._total = total
        self._done = 0
        self._report = report
        self._should_stop = should_stop
        self._stopped = False
        self._lock = Lock()

    def advance(self, lane_epochs: int) -> None:
        """Count epochs, one per lane that trained or need not train any more.

        Raises
        ------
        Stopped
            ``should_stop`` returned True, here or in another thread.
        """
        with self._lock:
            self._done += lane_epochs
            if self._report is not None:
                self._report(self._done / self._total)
            self._stopped = self._stopped or (self._should_stop is not None and self._should_stop())
        if self._stopped:
            raise Stopped
