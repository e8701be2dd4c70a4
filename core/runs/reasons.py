"""What was worked out on why a run's networks decide as they do, kept with the run."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

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
    path = _place(store, run_id, code, together)
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as handle:
            return Why.from_bytes(handle.read())
    except OSError:
        return None


def keep_why(store: Store, run_id: str, code: int, together: bool, why: Why) -> None:
    """Keep what was worked out.

    Raises
    ------
    StoreError
        There is no such run, or its folder cannot be written.
    """
    path = _place(store, run_id, code, together)
    with changing("changed"):
        path.parent.mkdir(exist_ok=True)
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            fresh.write_bytes(why.to_bytes())
            fresh.replace(path)
        finally:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)


def _place(store: Store, run_id: str, code: int, together: bool) -> Path:
    decides = repr((store.fingerprint(run_id), code, together))
    return store.folder(run_id) / _FOLDER / f"{sha256(decides.encode()).hexdigest()[:24]}.npz"
