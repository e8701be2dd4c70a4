"""The results of a unit as a Parquet file, one row per strategy."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import fields
from hashlib import sha256
from pathlib import Path

import numpy as np
import pyarrow as pa

from core.experiment.results import FoldResult, History
from core.runs._files import read_parquet, write_parquet


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
