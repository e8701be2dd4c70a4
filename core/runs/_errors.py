"""What is said when a run cannot be found, kept or changed."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager


class StoreError(RuntimeError):
    """A run that cannot be kept or found; the message is one sentence with the way out."""


class NoSuchRun(StoreError):
    """A run that is not there, or not any more."""


@contextmanager
def changing(done: str) -> Iterator[None]:
    """Turn what the system says against changing a run into a sentence.

    Raises
    ------
    StoreError
        A file could not be written, moved or removed.
    """
    try:
        yield
    except OSError as error:
        raise StoreError(refusal(f"The run could not be {done}", error)) from error


def refusal(what: str, error: Exception, then: str = "try again") -> str:
    """Return a sentence on what could not be done, why, and what to do first."""
    denied = isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EPERM, errno.EROFS)
    first = "let this account write to the folder of runs" if denied else "free disk space"
    return f"{what} ({why(error)}): {first} and {then}."


def why(error: Exception) -> str:
    """Return the reason of an error of the system, without the path that it names."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
