"""What was worked out on a run after it: why its networks decide as they do, and its learning curves, kept with it."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from core.experiment.fewer_rows import LearningCurve
from core.experiment.importance import Why
from core.runs._errors import changing
from core.runs.store import Store

_FOLDER = "why"


def kept_why(store: Store, run_id: str, code: int, together: bool) -> Why | None:
    """Return what was worked out for a class on the run as it is now; None where it was not, or it is damaged.

    Raises
    ------
    StoreError
        There is no such run.
    """
    data = _read(_place(store, run_id, "npz", code, together))
    return None if data is None else Why.from_bytes(data)


def keep_why(store: Store, run_id: str, code: int, together: bool, why: Why) -> None:
    """Keep what was worked out.

    Raises
    ------
    StoreError
        There is no such run, or its folder cannot be written.
    """
    _write(_place(store, run_id, "npz", code, together), why.to_bytes())


def kept_curve(store: Store, run_id: str, strategy: str) -> LearningCurve | None:
    """Return a strategy's learning curve on the run as it is now; None where there is none, or it is damaged.

    Raises
    ------
    StoreError
        There is no such run.
    """
    data = _read(_place(store, run_id, "json", strategy))
    return None if data is None else LearningCurve.from_bytes(data)


def keep_curve(store: Store, run_id: str, strategy: str, curve: LearningCurve) -> None:
    """Keep a strategy's learning curve.

    Raises
    ------
    StoreError
        There is no such run, or its folder cannot be written.
    """
    _write(_place(store, run_id, "json", strategy), curve.to_bytes())


def _read(path: Path) -> bytes | None:
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as handle:
            return handle.read()
    except OSError:
        return None


def _write(path: Path, data: bytes) -> None:
    with changing("changed"):
        path.parent.mkdir(exist_ok=True)
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            fresh.write_bytes(data)
            fresh.replace(path)
        finally:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)


def _place(store: Store, run_id: str, ending: str, *about: object) -> Path:
    decides = repr((store.fingerprint(run_id), *about))
    return store.folder(run_id) / _FOLDER / f"{sha256(decides.encode()).hexdigest()[:24]}.{ending}"
