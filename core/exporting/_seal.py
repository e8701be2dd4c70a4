"""Telling exports that this installation made from those that came with somebody's folder of runs.

An export holds a model and a script for a person to run, so its files are offered only where this installation
wrote them. It seals what it keeps with a secret of its own account, which lies outside the folder of runs.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from functools import cache
from pathlib import Path

_BYTES = 32


def seal(place: str, *contents: bytes) -> str:
    """Return what proves that these contents were written to this place by this installation: 64 hexadecimal digits."""
    parts = [place.encode(), *contents]
    whole = b"".join(hashlib.sha256(part).digest() for part in parts)
    return hmac.new(_secret(_state_folder()), whole, hashlib.sha256).hexdigest()


def is_sealed(given: object, place: str, *contents: bytes) -> bool:
    """Return whether a seal is that of these contents in this place."""
    return isinstance(given, str) and hmac.compare_digest(given.encode(), seal(place, *contents).encode())


def _state_folder() -> Path:
    """Return where this account keeps what belongs to the app alone: ``COUNTERWEIGHT_STATE``, else the XDG folder."""
    given = os.environ.get("COUNTERWEIGHT_STATE")
    if given:
        return Path(given)
    base = os.environ.get("XDG_STATE_HOME")
    return Path(base) / "counterweight" if base else Path("~/.local/state/counterweight").expanduser()


@cache
def _secret(folder: Path) -> bytes:
    """Return the secret of an account, made when it is first asked for.

    Where the folder cannot be written the secret lasts as long as this process, and so do its exports.
    """
    path = folder / "seal.key"
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = folder / f".seal.{secrets.token_hex(8)}"
        with suppress(FileExistsError):  # made earlier, or just now by another process
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                os.write(handle, secrets.token_bytes(_BYTES))
                os.fsync(handle)
            finally:
                os.close(handle)
            try:
                os.link(fresh, path)
            finally:
                fresh.unlink()
    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            kept = os.read(handle, _BYTES)
        finally:
            os.close(handle)
        if len(kept) == _BYTES:
            return kept
    return secrets.token_bytes(_BYTES)
