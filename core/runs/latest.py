"""The newest version of something that grows, for all who look at it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Latest(Generic[T]):
    """Keeps one version: the results of a run at work are read anew with each fold, and former ones are of no use.

    Parameters
    ----------
    make : callable
        Returns the version as it is now.

    Examples
    --------
    >>> latest = Latest(lambda: object())
    >>> first = latest.of("one fold")
    >>> latest.of("one fold") is first, latest.of("two folds") is first
    (True, False)
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = Lock()
        self._kept: tuple[Hashable, T] | None = None

    def of(self, version: Hashable) -> T:
        """Return what belongs to a version; it is made once for those who ask at the same time.

        Raises
        ------
        Exception
            Whatever the making raises; nothing is kept then.
        """
        with self._lock:
            if self._kept is None or self._kept[0] != version:
                self._kept = None  # both at once may not fit into memory
                self._kept = (version, self._make())
            return self._kept[1]
