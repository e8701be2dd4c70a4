"""Work in a thread of its own whose result is promised."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future as Promise
from typing import TypeVar

T = TypeVar("T")


def promised(function: Callable[[], T], name: str, at_once: threading.Semaphore) -> Promise[T]:
    """Run a function in a daemon thread and promise what it returns or raises.

    The promise can be cancelled until the function has its turn. A daemon thread, not a pool: when the app ends,
    Python waits for the threads of a pool before it runs any exit handler, and lets no pool start another thread.

    Parameters
    ----------
    at_once : Semaphore
        How many functions run at the same time.
    """
    promise: Promise[T] = Promise()

    def keep() -> None:
        with at_once:
            if not promise.set_running_or_notify_cancel():
                return
            try:
                promise.set_result(function())
            except BaseException as error:  # whatever it is, it belongs to whoever waits
                promise.set_exception(error)

    threading.Thread(target=keep, name=name, daemon=True).start()
    return promise
