"""Copies of runs: an example becomes a run of the person who opens it."""

from __future__ import annotations

import secrets
import shutil
from contextlib import suppress

from core.runs._errors import NoSuchRun, StoreError, refusal
from core.runs.store import Store


def copy_run(source: Store, target: Store, run_id: str) -> None:
    """Copy a run's plan, table and finished units to another store: there whole, or not at all.

    Raises
    ------
    StoreError
        There is no such run, or the disk is full.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> from core.data.table import from_frame
    >>> from core.plan import Plan, StrategyChoice
    >>> frame = pd.DataFrame({"x": [row / 7 for row in range(100)], "rare": [0] * 80 + [1] * 20})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     mine, yours = Store(Path(folder) / "mine"), Store(Path(folder) / "yours")
    ...     run_id = mine.create(Plan("rare", (StrategyChoice.of("plain"),)), from_frame(frame, "small.csv"))
    ...     copy_run(mine, yours, run_id)
    ...     yours.record(run_id).name
    'small: rare'
    """
    if not source.has(run_id):
        raise NoSuchRun(f"There is no run '{run_id[:64]}'.")
    fresh = target.root / f".copied.{secrets.token_hex(8)}"
    try:
        target.root.mkdir(parents=True, exist_ok=True)
        kept = shutil.ignore_patterns(".*", "spare", "lock", "cancel", "progress.json", "resumes.json", "pieces")
        shutil.copytree(source.root / run_id, fresh, symlinks=True, ignore=kept)
        with suppress(FileExistsError):  # another tab may have copied it just now
            fresh.rename(target.root / run_id)
    except OSError as error:
        if not target.has(run_id):
            raise StoreError(refusal("The run could not be copied", error)) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
