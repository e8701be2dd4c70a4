"""A run's files: complete on disk, or not there at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import fields
from fnmatch import fnmatch
from hashlib import sha256
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet

from core.experiment.results import FoldResult, History


def files_of(folder: Path, pattern: str) -> list[Path]:
    """Return a folder's own files of that name, sorted: no links, and none where the folder is missing or a link."""
    if folder.is_symlink():
        return []
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
    except OSError:
        return []
    return [folder / name for name in sorted(names) if fnmatch(name, pattern)]


def link_in(folder: Path) -> str | None:
    """Return the name of an entry that is neither a file nor a folder of its own, but leads elsewhere; None if none.

    Raises
    ------
    OSError
        The folder cannot be read.
    """
    with os.scandir(folder) as entries:
        odd = (e.name for e in entries if not e.is_file(follow_symlinks=False) and not e.is_dir(follow_symlinks=False))
        return min(odd, default=None)


def write_parquet(path: Path, table: pa.Table) -> None:
    """Write a file under another name and rename it once it is whole and on the disk.

    Raises
    ------
    OSError, pyarrow.ArrowException
        It could not be written; nothing is left behind.
    """
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with fresh.open("wb") as handle:
            parquet.write_table(table, handle, compression="zstd", write_page_checksum=True)
            handle.flush()
            os.fsync(handle.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def write_text(path: Path, text: str, *, durable: bool = True) -> None:
    """Replace a file in one step, so that a reader sees the old or the new text, never a part.

    Parameters
    ----------
    durable : bool
        Whether it is on the disk when this returns.

    Raises
    ------
    OSError
        It could not be written; the old text is untouched.
    """
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with fresh.open("w") as handle:
            handle.write(text)
            if durable:
                handle.flush()
                os.fsync(handle.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def read_parquet(path: Path) -> pa.Table:
    """Read a file and check every page's checksum.

    Raises
    ------
    OSError, pyarrow.ArrowException
        It is truncated or damaged.
    """
    return parquet.read_table(path, page_checksum_verification=True)


def write_results(path: Path, results: Sequence[FoldResult]) -> None:
    """Write results, one row each, with a digest of them; raises as :func:`write_parquet` does."""
    table = pa.Table.from_pylist([_to_row(r) for r in results], schema=_SCHEMA)
    # Of what will be read: the schema may have changed a number's type.
    digest = _digest([_from_row(row) for row in table.to_pylist()])
    write_parquet(path, table.replace_schema_metadata({_DIGEST: digest}))


def read_results(path: Path) -> tuple[FoldResult, ...] | None:
    """Read results back; a damaged file is set aside under another name and None returned."""
    try:
        table = read_parquet(path)
        results = tuple(_from_row(row) for row in table.to_pylist())
        # Files of earlier versions have none.
        if (table.schema.metadata or {}).get(_DIGEST) in (None, _digest(results)):
            return results
    except FileNotFoundError:
        return None
    except (OSError, pa.ArrowException, KeyError, ValueError, TypeError):
        pass
    with suppress(OSError):  # in a folder that cannot be written it stays, and is found damaged again
        path.replace(path.with_suffix(".damaged"))
    return None


def _digest(results: Sequence[FoldResult]) -> bytes:
    """Return a digest of everything in some results: Parquet's checksums leave out its own headers."""
    digest = sha256()
    for result in results:
        for part in fields(result):
            value = getattr(result, part.name)
            curves = isinstance(value, History)
            for piece in (value.train_loss, value.validation_loss, value.best_epoch) if curves else (value,):
                raw = piece.tobytes() if isinstance(piece, np.ndarray) else repr(piece).encode()
                digest.update(raw + b"\0")
    return digest.hexdigest().encode()


_DIGEST = b"counterweight.digest"
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
