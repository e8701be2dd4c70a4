"""Ends the embedded worker with the app: loaded by the process that watches over it (``--preload-nanny``).

The app holds the other end of the standard input. When the app is gone, however it went, the input
ends, this process exits, and the worker after it; else it would go on computing beside the next app's.
"""

from __future__ import annotations

import os
import sys
import threading


def dask_setup(nanny: object) -> None:
    """Watch the standard input (Dask calls this as a preload)."""
    del nanny
    threading.Thread(target=_watch, name="lifeline", daemon=True).start()


def _watch() -> None:
    while sys.stdin.buffer.read(1):
        pass
    os._exit(0)
