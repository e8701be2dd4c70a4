"""Work that several strategies share, done once."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import TypeVar, cast

T = TypeVar("T")


class OnceCache:
    """Remembers results by key; safe in threads, and a second asker waits for the first one's result.

    An error is remembered too. A pickled copy (for another process) starts empty.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._futures: dict[Hashable, Future[object]] = {}

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return ``make()``, called at most once a key."""
        with self._lock:
            future = self._futures.get(key)
            mine = future is None
            if future is None:
                future = self._futures[key] = Future()
        if mine:
            try:
                future.set_result(make())
            except BaseException as error:
                future.set_exception(error)
        return cast(T, future.result())

    def __reduce__(self) -> tuple[type[OnceCache], tuple[()]]:
        return OnceCache, ()
