"""One run's folder: what is in it from the start, how the run stands, and which process works on it."""

from __future__ import annotations

import fcntl
import json
import os
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TextIO

import pyarrow as pa

from core.data.table import Table
from core.plan import Plan
from core.runs._errors import NoSuchRun, StoreError, why
from core.runs._files import files_of, link_in, write_parquet, write_text
from core.runs.record import Details, Status, details_of, state_of

_RUN_ID = re.compile(r"[a-z0-9-]{8,64}")
_SPARE_BYTES = 32_768
_GLANCE_S = 0.2


def is_run_id(name: str) -> bool:
    """Return whether a name may be that of a run's folder, so that no path leads out of the store.

    >>> is_run_id("20260101-120000-0123abcd"), is_run_id("../escape")
    (True, False)
    """
    return _RUN_ID.fullmatch(name) is not None


def holds_run(root: Path, run_id: str) -> bool:
    """Return whether there is a run of this id, damaged or not, which is not a link to somewhere else."""
    folder = root / run_id
    if not is_run_id(run_id) or folder.is_symlink():
        return False
    return (folder / "run.json").is_file() and not (folder / "run.json").is_symlink()


def folder_of(root: Path, run_id: str) -> Path:
    """Return a run's folder, in which nothing leads elsewhere.

    Raises
    ------
    NoSuchRun
        There is no such folder, or the id is none.
    StoreError
        The folder holds a link, or cannot be read.
    """
    folder = root / run_id
    if not is_run_id(run_id) or not folder.is_dir():
        raise NoSuchRun(f"There is no run '{run_id[:64]}'.")
    try:
        link = folder.name if folder.is_symlink() else link_in(folder)
    except OSError as error:
        raise StoreError(f"The run '{run_id}' cannot be read ({why(error)}).") from error
    if link is not None:
        raise StoreError(f"The run '{run_id}' is not opened, since its '{link[:64]}' is a link to somewhere else.")
    return folder


def lay_out(folder: Path, plan: Plan, table: Table, details: Mapping[str, object]) -> None:
    """Make a queued run's folder.

    Raises
    ------
    OSError, pyarrow.ArrowException
        It cannot be written; what was written so far is left to the caller to remove.
    """
    (folder / "units").mkdir(parents=True)
    write_parquet(folder / "table.parquet", pa.Table.from_pandas(table.frame, preserve_index=False))
    _keep_spare(folder)
    write_text(folder / "plan.json", plan.to_json())
    write_text(folder / "status.json", _state_text("queued", ""))
    # Last, since a folder is a run from the moment it has this file.
    write_text(folder / "run.json", json.dumps(details, ensure_ascii=False))


def _keep_spare(folder: Path) -> None:
    """Take space that is given back when the disk is full, so that the run can still say why it stopped."""
    write_text(folder / "spare", "\n" * _SPARE_BYTES)


def read_details(folder: Path) -> Details:
    """Return what was written when the run was made.

    Raises
    ------
    OSError, ValueError, RecursionError
        The file is missing or damaged.
    """
    return details_of(json.loads((folder / "run.json").read_text()))


def read_state(folder: Path) -> tuple[Status, str]:
    """Return status and message; a status that cannot be read is an interrupted run's."""
    try:
        return state_of(json.loads((folder / "status.json").read_text()))
    except (OSError, ValueError, RecursionError):
        return "interrupted", ""


def write_state(folder: Path, status: Status, message: str) -> None:
    """Write status and message, at the price of the spare file where the disk is full.

    Raises
    ------
    OSError
        The folder cannot be written.
    """
    text = _state_text(status, message)
    try:
        write_text(folder / "status.json", text)
    except OSError:
        (folder / "spare").unlink(missing_ok=True)
        write_text(folder / "status.json", text)


def _state_text(status: Status, message: str) -> str:
    return json.dumps({"status": status, "message": message})


def tidy(folder: Path) -> None:
    """Remove what a killed process left half written, and take the spare space again; the caller holds the run."""
    for part in (folder, folder / "units", folder / "pieces"):
        for path in files_of(part, ".*"):
            path.unlink(missing_ok=True)
    if not (folder / "spare").exists():
        with suppress(OSError):
            _keep_spare(folder)


def hold(folder: Path) -> TextIO:
    """Take a run for this process, until the returned file is closed or the process ends.

    Raises
    ------
    StoreError
        Another process runs it.
    OSError
        The folder cannot be written.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.fdopen(os.open(folder / "lock", flags, 0o666), "r+")
    until = time.monotonic() + _GLANCE_S
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return handle
        except OSError as error:
            # Who only looks whether it is held has it for a moment.
            if time.monotonic() < until:
                time.sleep(_GLANCE_S / 10)
                continue
            handle.close()
            raise StoreError("This run is already being worked on, here or by another Counterweight.") from error


def is_held(folder: Path) -> bool:
    """Return whether some process, this one included, has taken the run."""
    try:
        with (folder / "lock").open() as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False
