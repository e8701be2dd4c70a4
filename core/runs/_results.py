"""The results of a unit as a Parquet file, one row per strategy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from hashlib import sha256
from pathlib import Path
from typing import get_type_hints

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from core.experiment.results import FoldResult, History
from core.runs._errors import StoreError, refusal
from core.runs._files import read_parquet, write_parquet


def write_results(path: Path, results: Sequence[FoldResult]) -> None:
    """Write results, one row per strategy, with a digest of them; raises as :func:`write_parquet` does."""
    table = pa.Table.from_pylist([_to_row(r) for r in results], schema=_SCHEMA)
    # Files of runs without tuning are as those of earlier versions, which open them.
    table = table.drop_columns([name for name in _LATER if not any(getattr(r, name) for r in results)])
    # Of what will be read: the schema may have changed a number's type.
    digest = _digest([_from_row(row) for row in table.to_pylist()])
    write_parquet(path, table.replace_schema_metadata({_DIGEST: digest}))


def save_results(path: Path, results: Sequence[FoldResult]) -> None:
    """Write results as :func:`write_results` does, and say in a sentence why they cannot be written.

    Raises
    ------
    StoreError
        The disk is full, or the folder cannot be written.
    """
    try:
        write_results(path, results)
    except (OSError, pa.ArrowException) as error:
        raise StoreError(
            refusal("A finished fold could not be saved", error, "resume; earlier folds are kept")
        ) from error


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
            if part.name in _LATER and not value:
                continue
            curves = isinstance(value, History)
            for piece in (value.train_loss, value.validation_loss, value.best_epoch) if curves else (value,):
                raw = piece.tobytes() if isinstance(piece, np.ndarray) else repr(piece).encode()
                digest.update(raw + b"\0")
    return digest.hexdigest().encode()


# Fields that files of earlier versions lack.
_LATER = ("tuned",)
_DIGEST = b"counterweight.digest"
_INTEGERS, _FLOATS, _TEXTS = NDArray[np.int64], NDArray[np.float32], tuple[str, ...]
_ARROW: Mapping[object, pa.DataType] = {
    str: pa.string(),
    str | None: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    float | None: pa.float64(),
    _INTEGERS: pa.list_(pa.int64()),
    _FLOATS: pa.list_(pa.float32()),
    _TEXTS: pa.list_(pa.string()),
}
# The columns are what the classes' fields are; a history's stand in its place.
_FIELDS, _CURVES = get_type_hints(FoldResult), get_type_hints(History)
_SCHEMA = pa.schema(
    [
        (column, _ARROW[kind])
        for name, hint in _FIELDS.items()
        for column, kind in (_CURVES if name == "history" else {name: hint}).items()
    ]
)


def _to_row(result: FoldResult) -> dict[str, object]:
    curves = {name: None if result.history is None else getattr(result.history, name) for name in _CURVES}
    return curves | {name: _to_cell(getattr(result, name)) for name in _FIELDS if name != "history"}


def _to_cell(value: object) -> object:
    if isinstance(value, np.ndarray):
        return value.ravel()
    return list(value) if isinstance(value, tuple) else value


def _from_row(row: Mapping[str, object]) -> FoldResult:
    values = {name: _from_cell(row[name], hint) for name, hint in _FIELDS.items() if name in row}
    probabilities, counts = values["probabilities"], values["class_counts"]
    assert isinstance(probabilities, np.ndarray)
    assert isinstance(counts, np.ndarray)
    values["probabilities"] = probabilities.reshape(-1, len(counts))
    if row["best_epoch"] is not None:
        values["history"] = History(**{name: _from_cell(row[name], hint) for name, hint in _CURVES.items()})  # type: ignore[arg-type]
    return FoldResult(**values)  # type: ignore[arg-type]


def _from_cell(cell: object, hint: object) -> object:
    if hint in (_INTEGERS, _FLOATS):
        return np.asarray(cell, np.int64 if hint == _INTEGERS else np.float32)
    return tuple(cell) if isinstance(cell, list) else cell
