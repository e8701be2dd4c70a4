"""Runs on disk: a folder each, finished units appended atomically, so that nothing computed is lost."""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TextIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet

from core.plan import Plan
from core.results import FoldResult, History
from core.table import Table, encode_target, from_frame
from core.versions import versions

Status = Literal["queued", "running", "finished", "cancelled", "failed", "interrupted"]
_RUN_ID = re.compile(r"[a-z0-9-]{8,64}")


def runs_folder() -> Path:
    """Return the folder in which the app keeps its runs: ``COUNTERWEIGHT_RUNS``, else ``runs`` beside the app."""
    return Path(os.environ.get("COUNTERWEIGHT_RUNS", Path(__file__).resolve().parent.parent / "runs"))


class StoreError(RuntimeError):
    """A run that cannot be kept or found; the message is one sentence with the way out."""


@dataclass(frozen=True)
class Progress:
    """How far the unit at work has come.

    Parameters
    ----------
    unit : str
    share : float
        Of this unit, in [0, 1].
    doing : str
        In words, for example "training 16 networks".
    seconds_left : float or None
        Of the whole run, once a unit or a good part of one has been timed.
    """

    unit: str
    share: float
    doing: str
    seconds_left: float | None = None


@dataclass(frozen=True)
class RunRecord:
    """What a run is, without its results.

    Parameters
    ----------
    created : str
        ISO time with its zone.
    classes : tuple of str
        Class labels by code.
    positive : int or None
    status : str
        "interrupted" where the process that ran it is gone.
    units_total : int
        Folds times repeats.
    example : bool
        Shipped with the app, not made by the person.
    """

    id: str
    name: str
    created: str
    plan: Plan
    versions: tuple[tuple[str, str], ...]
    table_name: str
    table_digest: str
    classes: tuple[str, ...]
    positive: int | None
    status: Status
    message: str
    units_total: int
    example: bool


class Store:
    """The runs below one folder.

    Parameters
    ----------
    root : Path
        Made where it is missing.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def create(self, plan: Plan, table: Table, name: str | None = None, example: bool = False) -> str:
        """Make a run's folder with its plan and table and return its id.

        Raises
        ------
        TableError
            The plan's target does not suit the table.
        StoreError
            The disk is full or the folder cannot be written.
        """
        target = encode_target(table, plan.target, plan.positive, plan.split.folds)
        now = datetime.now(UTC)
        run_id = f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"
        details = {
            "name": name or f"{Path(table.name).stem}: {plan.target}",
            "created": now.isoformat(timespec="seconds"),
            "versions": versions(),
            "table_name": table.name,
            "table_digest": table.digest,
            "table_notes": list(table.notes),
            "classes": list(target.labels),
            "positive": target.positive,
            "units_total": plan.split.folds * plan.split.repeats,
            "example": example,
        }
        folder = self.root / run_id
        try:
            (folder / "units").mkdir(parents=True)
            _write_table(folder / "table.parquet", pa.Table.from_pandas(table.frame, preserve_index=False))
            _write(folder / "plan.json", plan.to_json())
            _write(folder / "status.json", json.dumps({"status": "queued", "message": ""}))
            # Last, since a folder is a run from the moment it has this file.
            _write(folder / "run.json", json.dumps(details, ensure_ascii=False))
        except (OSError, pa.ArrowException) as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise StoreError(f"The run could not be saved ({error}): free some disk space and try again.") from error
        return run_id

    def record(self, run_id: str) -> RunRecord:
        """Return a run's record.

        Raises
        ------
        StoreError
            There is no such run, or its files are damaged.
        """
        folder = self._folder(run_id)
        try:
            details = json.loads((folder / "run.json").read_text())
            state = json.loads((folder / "status.json").read_text())
            plan = Plan.from_json((folder / "plan.json").read_text())
        except (OSError, ValueError) as error:
            raise StoreError(f"The run '{run_id}' is damaged and cannot be opened: delete it.") from error
        status: Status = state["status"]
        if status in ("queued", "running") and not self._is_held(folder):
            status = "interrupted"
        return RunRecord(
            id=run_id,
            name=details["name"],
            created=details["created"],
            plan=plan,
            versions=tuple(details["versions"].items()),
            table_name=details["table_name"],
            table_digest=details["table_digest"],
            classes=tuple(details["classes"]),
            positive=details["positive"],
            status=status,
            message=state["message"],
            units_total=details["units_total"],
            example=details["example"],
        )

    def records(self) -> tuple[RunRecord, ...]:
        """Return all readable runs, newest first."""
        found = []
        for path in sorted(self.root.glob("*/run.json"), reverse=True):
            try:
                found.append(self.record(path.parent.name))
            except StoreError:
                continue  # one damaged run must not hide the others
        return tuple(found)

    def table(self, run_id: str) -> Table:
        """Return the table that a run was made from."""
        folder = self._folder(run_id)
        try:
            frame = parquet.read_table(folder / "table.parquet").to_pandas()
            details = json.loads((folder / "run.json").read_text())
        except (OSError, ValueError, pa.ArrowException) as error:
            raise StoreError(f"The table of run '{run_id}' is damaged: upload it again for a new run.") from error
        table = from_frame(frame, details["table_name"], tuple(details["table_notes"]))
        return replace(table, digest=details["table_digest"])

    def write_unit(self, run_id: str, unit: str, results: Sequence[FoldResult]) -> None:
        """Append a finished unit: complete on disk, or not there at all.

        Raises
        ------
        StoreError
            The disk is full; earlier units are untouched.
        """
        path = self._folder(run_id) / "units" / f"{unit}.parquet"
        try:
            _write_table(path, pa.Table.from_pylist([_to_row(r) for r in results], schema=_SCHEMA))
        except (OSError, pa.ArrowException) as error:
            raise StoreError(f"A finished fold could not be saved ({error}): free some disk space.") from error

    def finished_units(self, run_id: str) -> set[str]:
        """Return the keys of the units on disk."""
        return {path.stem for path in (self._folder(run_id) / "units").glob("*.parquet")}

    def results(self, run_id: str) -> tuple[FoldResult, ...]:
        """Return the results of all finished units, in the units' order.

        A damaged unit is set aside under another name, so that resuming runs it again.
        """
        results: list[FoldResult] = []
        for path in sorted((self._folder(run_id) / "units").glob("*.parquet")):
            try:
                results += [_from_row(row) for row in parquet.read_table(path).to_pylist()]
            except (OSError, pa.ArrowException, KeyError, ValueError):
                path.replace(path.with_suffix(".damaged"))
        return tuple(results)

    def set_status(self, run_id: str, status: Status, message: str = "") -> None:
        _write(self._folder(run_id) / "status.json", json.dumps({"status": status, "message": message}))

    def write_progress(self, run_id: str, progress: Progress) -> None:
        _write(self._folder(run_id) / "progress.json", json.dumps(asdict(progress)))

    def progress(self, run_id: str) -> Progress | None:
        """Return the progress of the unit at work; None before the first."""
        try:
            return Progress(**json.loads((self._folder(run_id) / "progress.json").read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def request_cancel(self, run_id: str) -> None:
        (self._folder(run_id) / "cancel").touch()

    def cancel_requested(self, run_id: str) -> bool:
        return (self._folder(run_id) / "cancel").exists()

    def clear_cancel(self, run_id: str) -> None:
        (self._folder(run_id) / "cancel").unlink(missing_ok=True)

    def rename(self, run_id: str, name: str) -> None:
        path = self._folder(run_id) / "run.json"
        details = json.loads(path.read_text())
        _write(path, json.dumps({**details, "name": name.strip()[:200] or details["name"]}, ensure_ascii=False))

    def delete(self, run_id: str) -> None:
        shutil.rmtree(self._folder(run_id), ignore_errors=True)

    def hold(self, run_id: str) -> TextIO:
        """Take a run for this process, until the returned file is closed or the process ends.

        Raises
        ------
        StoreError
            Another process runs it.
        """
        handle = (self._folder(run_id) / "lock").open("w")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            handle.close()
            raise StoreError("This run is already being worked on, here or by another Counterweight.") from error
        return handle

    def _is_held(self, folder: Path) -> bool:
        try:
            with (folder / "lock").open() as handle:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return False

    def _folder(self, run_id: str) -> Path:
        folder = self.root / run_id
        if _RUN_ID.fullmatch(run_id) is None or not folder.is_dir():
            raise StoreError(f"There is no run '{run_id[:64]}'.")
        return folder


def _write(path: Path, text: str) -> None:
    """Replace a file in one step, so that a reader sees the old or the new text, never a part."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    fresh.write_text(text)
    fresh.replace(path)


def _write_table(path: Path, table: pa.Table) -> None:
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with fresh.open("wb") as handle:
            parquet.write_table(table, handle, compression="zstd")
            handle.flush()
            os.fsync(handle.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


_INTS, _FLOATS = pa.list_(pa.int64()), pa.list_(pa.float32())
_SCHEMA = pa.schema(
    [
        ("strategy", pa.string()),
        ("repeat", pa.int64()),
        ("fold", pa.int64()),
        ("test_rows", _INTS),
        ("y_true", _INTS),
        ("probabilities", _FLOATS),
        ("decisions", _INTS),
        ("threshold", pa.float64()),
        ("class_counts", _INTS),
        ("seconds", pa.float64()),
        ("lanes", pa.int64()),
        ("train_loss", _FLOATS),
        ("validation_loss", _FLOATS),
        ("best_epoch", pa.int64()),
        ("notes", pa.list_(pa.string())),
        ("error", pa.string()),
    ]
)


def _to_row(result: FoldResult) -> dict[str, object]:
    history = result.history
    return {
        "strategy": result.strategy,
        "repeat": result.repeat,
        "fold": result.fold,
        "test_rows": result.test_rows,
        "y_true": result.y_true,
        "probabilities": result.probabilities.ravel(),
        "decisions": result.decisions,
        "threshold": result.threshold,
        "class_counts": result.class_counts,
        "seconds": result.seconds,
        "lanes": result.lanes,
        "train_loss": None if history is None else history.train_loss,
        "validation_loss": None if history is None else history.validation_loss,
        "best_epoch": None if history is None else history.best_epoch,
        "notes": list(result.notes),
        "error": result.error,
    }


def _from_row(row: dict) -> FoldResult:  # type: ignore[type-arg]
    history = None
    if row["best_epoch"] is not None:
        train, validation = (np.asarray(row[name], np.float32) for name in ("train_loss", "validation_loss"))
        history = History(train, validation, row["best_epoch"])
    n_classes = len(row["class_counts"])
    return FoldResult(
        strategy=row["strategy"],
        repeat=row["repeat"],
        fold=row["fold"],
        test_rows=np.asarray(row["test_rows"], np.int64),
        y_true=np.asarray(row["y_true"], np.int64),
        probabilities=np.asarray(row["probabilities"], np.float32).reshape(-1, n_classes),
        decisions=np.asarray(row["decisions"], np.int64),
        threshold=row["threshold"],
        class_counts=np.asarray(row["class_counts"], np.int64),
        seconds=row["seconds"],
        lanes=row["lanes"],
        history=history,
        notes=tuple(row["notes"]),
        error=row["error"],
    )
