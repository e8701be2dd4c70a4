"""The memory of a process that measures itself."""

from __future__ import annotations

import resource
import sys


def peak_memory() -> int:
    """Return the bytes that this process has had resident at most: tables, libraries and all."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
