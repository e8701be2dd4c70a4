"""Ends the embedded worker with the app: loaded by the process that watches over it (``--preload-nanny``).

The app holds the other end of the standard input. However the app ends, the input ends with it, this process
exits, and the worker exits after it; otherwise it would go on computing beside the worker of the next app.
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
