"""Runs on disk: one folder per run, finished units appended atomically, so that nothing computed is lost."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Literal, TextIO

import pyarrow as pa
import pyarrow.parquet as pq

from core.data.cautions import find_cautions
from core.data.problem import Problem
from core.data.split_checks import check_splits
from core.data.table import Table, from_clean
from core.experiment.fitting import check_networks
from core.experiment.results import FoldResult
from core.plan import Plan
from core.runs import _folder
from core.runs._errors import NoSuchRun, StoreError, changing, refusal
from core.runs._files import files_of, read_parquet, write_text
from core.runs._results import read_results, save_results
from core.runs.record import ACTIVE, Membership, Progress, RunRecord, Status, progress_of
from core.strategies.combining import check_combinations
from core.versions import versions

__all__ = ["Membership", "NoSuchRun", "Progress", "RunRecord", "Status", "Store", "StoreError", "runs_folder"]


def runs_folder() -> Path:
    """Return the folder in which the app keeps its runs: ``COUNTERWEIGHT_RUNS``, else ``runs`` beside the app.

    See Also
    --------
    Store : Keeps the runs there.

    Examples
    --------
    >>> from unittest.mock import patch
    >>> with patch.dict(os.environ, {"COUNTERWEIGHT_RUNS": "kept"}):
    ...     runs_folder().as_posix()
    'kept'
    """
    return Path(os.environ.get("COUNTERWEIGHT_RUNS", Path(__file__).resolve().parents[2] / "runs"))


class Store:
    """The runs below one folder.

    Parameters
    ----------
    root : Path
        Created with the first run.

    See Also
    --------
    core.runs.engine.Engine : Works on the runs of a store.

    Examples
    --------
    >>> import pandas as pd, tempfile
    >>> from core.data.table import from_frame
    >>> from core.plan import StrategyChoice
    >>> frame = pd.DataFrame({"x": [row / 7 for row in range(100)], "rare": [0] * 80 + [1] * 20})
    >>> table = from_frame(frame, "small.csv")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = Store(Path(folder))
    ...     run_id = store.create(Plan("rare", (StrategyChoice.of("plain"),)), table)
    ...     store.record(run_id).name, store.record(run_id).units_total
    ('small: rare', 5)
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def create(
        self,
        plan: Plan,
        table: Table,
        name: str | None = None,
        example: bool = False,
        ranking: Membership | None = None,
    ) -> str:
        """Make a run's folder with its plan and table and return its id.

        Raises
        ------
        TableError, PlanError
            The plan does not suit the table, or its strategies make no sense together.
        StoreError
            The disk is full or the folder cannot be written.
        """
        check_combinations(plan.strategies)
        problem = Problem.of(table, plan)
        check_splits(problem)
        check_networks(problem)
        target = problem.target
        now = datetime.now(UTC)
        run_id = f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"
        details = {
            "name": name or f"{Path(table.name).stem}: {plan.target}",
            "created": now.isoformat(timespec="seconds"),
            "versions": versions(),
            "table_name": table.name,
            "table_digest": table.digest,
            "table_notes": list(table.notes),
            "table_reading": table.reading.plain(),
            "classes": list(target.labels),
            "positive": target.positive,
            "units_total": plan.split.folds * plan.split.repeats,
            "example": example,
            "benchmark": None if ranking is None else asdict(ranking),
            "cautions": list(find_cautions(problem).sentences),
        }
        folder = self.root / run_id
        try:
            _folder.lay_out(folder, plan, table, details)
        except (OSError, pa.ArrowException) as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise StoreError(refusal("The run could not be saved", error)) from error
        return run_id

    def has(self, run_id: str) -> bool:
        """Return whether there is a run of this id, damaged or not."""
        return _folder.holds_run(self.root, run_id)

    def record(self, run_id: str) -> RunRecord:
        """Return a run's record.

        Raises
        ------
        StoreError
            There is no such run, or its files are damaged.
        """
        folder = self.folder(run_id)
        try:
            details = _folder.read_details(folder)
            plan = Plan.from_json((folder / "plan.json").read_text())
        except (OSError, ValueError, RecursionError) as error:
            raise StoreError(f"The run '{run_id}' is damaged and cannot be opened: delete it.") from error
        status, message = _folder.read_state(folder)
        if status in ACTIVE and not self.is_held(run_id):
            # It may have ended between the two looks.
            status, message = _folder.read_state(folder)
            status = "interrupted" if status in ACTIVE else status
        return RunRecord(
            id=run_id,
            name=details.name,
            created=details.created,
            plan=plan,
            versions=details.versions,
            table_name=details.table_name,
            table_digest=details.table_digest,
            classes=details.classes,
            positive=details.positive,
            status=status,
            message=message,
            units_total=details.units_total,
            example=details.example,
            ranking=details.benchmark,
            cautions=details.cautions,
        )

    def records(self) -> tuple[RunRecord, ...]:
        """Return all readable runs, newest first."""
        readable = []
        for path in sorted(self.root.glob("*/run.json"), reverse=True):
            with suppress(StoreError):  # one damaged run must not hide the others
                readable.append(self.record(path.parent.name))
        return tuple(readable)

    def troubles(self) -> tuple[tuple[str, str], ...]:
        """Return the ids of runs that cannot be opened, newest first, each with a sentence on why."""
        reasons = []
        for folder in sorted(self.root.glob("*"), reverse=True):
            if not _folder.is_run_id(folder.name) or not (folder.is_symlink() or (folder / "run.json").exists()):
                continue
            try:
                self.record(folder.name)
            except StoreError as error:
                reasons.append((folder.name, str(error)))
        return tuple(reasons)

    def table(self, run_id: str) -> Table:
        """Return the table that a run was made from.

        Raises
        ------
        StoreError
            There is no such run, or its table is damaged.
        """
        folder = self.folder(run_id)
        try:
            frame = read_parquet(folder / "table.parquet").to_pandas()
            details = _folder.read_details(folder)
        except (OSError, ValueError, RecursionError, pa.ArrowException) as error:
            raise StoreError(f"The table of run '{run_id}' is damaged: upload it again for a new run.") from error
        return from_clean(frame, details.table_name, details.table_notes, details.reading)

    def table_rows(self, run_id: str) -> int | None:
        """Return how many rows a run's table has, read from the end of its file; None where it is damaged."""
        try:
            return int(pq.read_metadata(self.folder(run_id) / "table.parquet").num_rows)
        except (OSError, ValueError, pa.ArrowException):
            return None

    def write_unit(self, run_id: str, unit: str, results: Sequence[FoldResult]) -> None:
        """Append a finished unit: complete on disk, or not there at all; its pieces are no longer needed.

        Raises
        ------
        StoreError
            The disk is full; earlier units are untouched.
        """
        folder = self.folder(run_id)
        save_results(folder / "units" / f"{unit}.parquet", results)
        for path in files_of(folder / "pieces", f"{unit}.*"):
            path.unlink(missing_ok=True)

    def write_piece(self, run_id: str, unit: str, results: Sequence[FoldResult]) -> None:
        """Keep some strategies of a unit that does not fit into memory whole.

        Raises
        ------
        StoreError
            The disk is full; earlier pieces are untouched.
        """
        folder = self.folder(run_id) / "pieces"
        folder.mkdir(exist_ok=True)
        name = sha256("\n".join(result.strategy for result in results).encode()).hexdigest()[:16]
        save_results(folder / f"{unit}.{name}.parquet", results)

    def pieces(self, run_id: str, unit: str) -> dict[str, FoldResult]:
        """Return the finished strategies of an unfinished unit, by their keys."""
        pieces = [read_results(path) for path in files_of(self.folder(run_id) / "pieces", f"{unit}.*.parquet")]
        return {result.strategy: result for piece in pieces for result in piece or ()}

    def finished_units(self, run_id: str) -> set[str]:
        """Return the keys of the units on disk."""
        return {path.stem for path in files_of(self.folder(run_id) / "units", "[!.]*.parquet")}

    def folder(self, run_id: str) -> Path:
        """Return a run's folder, in which nothing leads elsewhere.

        Raises
        ------
        StoreError
            There is no such run, or it holds a link.
        """
        return _folder.folder_of(self.root, run_id)

    def fingerprint(self, run_id: str) -> str:
        """Return a text that changes whenever a run's plan, its table or one of its finished units does."""
        folder = self.folder(run_id)
        states = []
        for path in (folder / "plan.json", folder / "table.parquet", *files_of(folder / "units", "[!.]*.parquet")):
            with suppress(OSError):  # gone since it was listed
                status = path.lstat()
                states.append((path.name, status.st_mtime_ns, status.st_size, status.st_ino))
        return sha256(repr(states).encode()).hexdigest()[:32]

    def results(self, run_id: str) -> tuple[FoldResult, ...]:
        """Return the results of all finished units, in the units' order.

        A damaged unit is set aside under another name, so that resuming runs it again.
        """
        units = [read_results(path) for path in files_of(self.folder(run_id) / "units", "[!.]*.parquet")]
        return tuple(result for unit in units for result in unit or ())

    def set_status(self, run_id: str, status: Status, message: str = "") -> None:
        """Write down how a run stands; on a full disk the space that each run keeps for this is used.

        Raises
        ------
        StoreError
            There is no such run.
        OSError
            The folder cannot be written.
        """
        _folder.write_state(self.folder(run_id), status, message)

    def begin(self, run_id: str, status: Literal["queued", "running"]) -> None:
        """Put a run in line, where an earlier cancel is forgotten, or let it start.

        Raises
        ------
        StoreError
            The disk is full.
        """
        try:
            if status == "queued":
                self.clear_cancel(run_id)
            self.set_status(run_id, status)
        except OSError as error:
            raise StoreError(refusal("The run could not be started", error, "resume")) from error

    def write_progress(self, run_id: str, progress: Progress) -> None:
        """Replace the progress of the unit at work, which need not outlive a crash of the machine.

        Raises
        ------
        StoreError
            There is no such run.
        OSError
            The folder cannot be written.
        """
        write_text(self.folder(run_id) / "progress.json", json.dumps(asdict(progress)), durable=False)

    def progress(self, run_id: str) -> Progress | None:
        """Return the progress of the unit at work; None before the first."""
        try:
            return progress_of(json.loads((self.folder(run_id) / "progress.json").read_text()))
        except (OSError, ValueError, RecursionError):
            return None

    def request_cancel(self, run_id: str) -> None:
        """Ask whichever process works on a run to stop it.

        Raises
        ------
        StoreError
            There is no such run, or its folder cannot be written.
        """
        with changing("cancelled"):
            (self.folder(run_id) / "cancel").touch()

    def cancel_requested(self, run_id: str) -> bool:
        """Return whether somebody asked for a run to stop since it was last queued."""
        return (self.folder(run_id) / "cancel").exists()

    def clear_cancel(self, run_id: str) -> None:
        """Forget that somebody asked for a run to stop."""
        (self.folder(run_id) / "cancel").unlink(missing_ok=True)

    def rename(self, run_id: str, name: str) -> None:
        """Give a run another name; an empty one changes nothing.

        Raises
        ------
        StoreError
            There is no such run, it is damaged, or its folder cannot be written.
        """
        current = self.record(run_id).name
        path = self.folder(run_id) / "run.json"
        with changing("renamed"):
            details = json.loads(path.read_text())
            write_text(path, json.dumps({**details, "name": name.strip()[:200] or current}, ensure_ascii=False))

    def delete(self, run_id: str) -> None:
        """Remove a run with its table and results; of one that is a link, the link alone.

        Raises
        ------
        StoreError
            There is no such run, or the folder of runs cannot be written.
        """
        folder, gone = self.root / run_id, self.root / f".deleted.{secrets.token_hex(8)}"
        if not _folder.is_run_id(run_id) or not (folder.is_symlink() or folder.is_dir()):
            raise NoSuchRun(f"There is no run '{run_id[:64]}'.")
        with changing("deleted"):
            # Renamed first, so that a run is there whole or not at all.
            folder.replace(gone)
        if gone.is_symlink():
            gone.unlink()
        else:
            shutil.rmtree(gone, ignore_errors=True)

    def orphans(self) -> tuple[str, ...]:
        """Return the runs, oldest first, that a process left behind queued or at work."""
        abandoned = []
        for path in sorted(self.root.glob("*/run.json")):
            with suppress(StoreError):
                folder = self.folder(path.parent.name)
                if _folder.read_state(folder)[0] in ACTIVE and not self.is_held(folder.name):
                    abandoned.append(folder.name)
        return tuple(abandoned)

    def count_resume(self, run_id: str) -> int:
        """Count an automatic resume and return how many there were since a unit was last finished."""
        path = self.folder(run_id) / "resumes.json"
        finished, times = len(self.finished_units(run_id)), 0
        with suppress(OSError, ValueError, KeyError, TypeError):
            before = json.loads(path.read_text())
            times = int(before["times"]) if before["finished"] == finished else 0
        write_text(path, json.dumps({"times": times + 1, "finished": finished}))
        return times + 1

    def forget_resumes(self, run_id: str) -> None:
        """Start counting automatic resumes from zero."""
        (self.folder(run_id) / "resumes.json").unlink(missing_ok=True)

    def tidy(self, run_id: str) -> None:
        """Remove what a killed process left half written; the caller holds the run."""
        _folder.tidy(self.folder(run_id))

    def hold(self, run_id: str) -> TextIO:
        """Take a run for this process, until the returned file is closed or the process ends.

        Raises
        ------
        StoreError
            Another process runs it, or its folder cannot be written.
        """
        with changing("started"):
            return _folder.hold(self.folder(run_id))

    def is_held(self, run_id: str) -> bool:
        """Return whether some process, this one included, works on a run."""
        return _folder.is_run_id(run_id) and _folder.is_held(self.root / run_id)
