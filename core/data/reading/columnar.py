"""From a Parquet file to columns: what the footer says is checked against what the row groups hold."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.data.reading.limits import check_cells, check_columns, check_unpacked
from core.data.reading.parsing import to_frame
from core.words import TableError, listed, quoted

_DAMAGED = "The Parquet file is damaged or of an unknown kind: write it again."
_BATCH_ROWS = 1 << 17


def read_parquet(data: memoryview) -> tuple[pd.DataFrame, list[str]]:
    """Read the flat columns of a Parquet file; say which others were left out.

    Raises
    ------
    TableError
        The file is damaged, says one thing in its footer and holds another, or is too large.

    See Also
    --------
    core.data.reading.containers.read_any : Reads any file.

    Examples
    --------
    >>> file = pd.DataFrame({"x": [1, 2], "tags": [["a"], ["b", "c"]]}).to_parquet()
    >>> frame, notes = read_parquet(memoryview(file))
    >>> list(frame), notes
    (['x'], ['Columns that hold lists, records or bytes were left out: `tags`.'])
    """
    try:
        return _read(data)
    except TableError:
        raise
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        raise TableError(_DAMAGED) from error


def _read(data: memoryview) -> tuple[pd.DataFrame, list[str]]:
    file = pq.ParquetFile(pa.BufferReader(pa.py_buffer(data)))
    check_columns(file.metadata.num_columns)
    schema = file.schema_arrow
    flat = [field.name for field in schema if not _is_nested(field.type)]
    dropped = [field.name for field in schema if _is_nested(field.type)]
    if len(set(schema.names)) < len(schema.names):
        raise TableError("The Parquet file has two columns of one name: rename one of them.")
    _check_metadata(file.metadata, set(flat), len(data))
    # Text stays coded until its size is known: one long text can stand for a million rows.
    texts = [field.name for field in schema if _is_text(field.type)]
    file = pq.ParquetFile(pa.BufferReader(pa.py_buffer(data)), read_dictionary=texts)
    # Column by column: what a whole row group unpacks to would stand in memory beside the table.
    columns: list[pa.ChunkedArray] = []
    characters = 0
    for name in flat:
        batches: list[pa.RecordBatch] = []
        rows = 0
        for batch in file.iter_batches(_BATCH_ROWS, columns=[name]):
            rows += batch.num_rows
            characters += _characters(batch)
            check_cells(rows, len(flat), len(data))
            check_unpacked(characters, len(data))
            batches.append(batch)
        columns.append(_column(batches, schema.field(name)))
    notes = [f"Columns that hold lists, records or bytes were left out: {listed(dropped)}."] if dropped else []
    table = pa.Table.from_arrays(columns, names=flat)
    del columns
    return to_frame(table), notes


def _column(batches: list[pa.RecordBatch], field: pa.Field) -> pa.ChunkedArray:
    """Join what was read of a column, in a plain type."""
    column = pa.chunked_array([batch.column(0) for batch in batches], None if batches else field.type)
    _check_encoding(field.name, column)
    plain = _plain_type(column.type)
    return column if plain == column.type else column.cast(plain, safe=False)


def _check_metadata(metadata: pq.FileMetaData, flat: set[str], size: int) -> None:
    """Refuse by what the row groups say: Arrow reads as many values as a column chunk has, whatever the footer says."""
    rows = unpacked = 0
    for at in range(metadata.num_row_groups):
        group = metadata.row_group(at)
        chunks = [group.column(i) for i in range(group.num_columns)]
        if any(chunk.path_in_schema in flat and chunk.num_values != group.num_rows for chunk in chunks):
            raise TableError(_DAMAGED)
        rows += group.num_rows
        check_cells(rows, len(flat), size)
        unpacked += sum(chunk.total_uncompressed_size for chunk in chunks)
        check_unpacked(unpacked, size)
    if rows != metadata.num_rows:
        raise TableError(_DAMAGED)


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _characters(batch: pa.RecordBatch) -> int:
    """Return the bytes of all texts of a batch, once each is written out."""
    size = 0
    for column in batch.columns:
        if pa.types.is_dictionary(column.type) and _is_text(column.type.value_type):
            lengths = pc.binary_length(column.dictionary).take(column.indices)
            size += pc.sum(lengths.cast(pa.int64())).as_py() or 0
    return size


def _check_encoding(name: str, column: pa.ChunkedArray) -> None:
    """Refuse text that is not UTF-8: Arrow reads it without a look, and pandas fails on it much later."""
    try:
        column.validate(full=True)
    except pa.ArrowInvalid as error:
        raise TableError(
            f"Column {quoted(name)} of the Parquet file holds text that is not UTF-8: write it again in UTF-8."
        ) from error


def _is_nested(kind: pa.DataType) -> bool:
    t = pa.types
    return t.is_nested(kind) or t.is_binary(kind) or t.is_large_binary(kind) or t.is_fixed_size_binary(kind)


def _plain_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        return _plain_type(kind.value_type)
    if pa.types.is_decimal(kind):
        return pa.float64()
    return pa.int64() if pa.types.is_duration(kind) else kind
