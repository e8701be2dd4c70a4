"""How much a file may hold, checked while it is read: a small file can stand for a table that fills the memory."""

from __future__ import annotations

from core.words import TableError

MAX_BYTES = 2 << 30
MAX_EXCEL_BYTES = 512 << 20
MAX_COLUMNS = 10_000
MAX_CELLS = 250_000_000
MAX_SHEET_CELLS = 50_000_000
MAX_SHEET_ROWS = 1_048_576  # Excel's own limit
MAX_CELL_CHARACTERS = 2_000_000
MAX_ROW_BYTES = 1 << 24
MAX_RATIO = 200  # unpacked to packed, beyond which a file is taken for a trap
# Below these, what a file unpacks to costs little whatever its ratio: short repetitive tables pack very well.
SMALL_BYTES = 8 << 20
SMALL_CELLS = 32_000_000
CHUNK_BYTES = 1 << 22  # of a file, looked at or unpacked at once
SAMPLE_BYTES = 100_000  # by which a text file's layout is detected
_BYTES_PER_CELL = 16  # a number of eight bytes, in the file's form and the frame's


def check_columns(columns: int) -> None:
    """Refuse a table of too many columns.

    Raises
    ------
    TableError

    See Also
    --------
    check_cells : Refuses too many cells.

    Examples
    --------
    >>> check_columns(20_000)
    Traceback (most recent call last):
        ...
    core.words.TableError: The file has 20,000 columns and at most 10,000 can be read: keep those that matter.
    """
    if columns > MAX_COLUMNS:
        raise TableError(
            f"The file has {columns:,} columns and at most {MAX_COLUMNS:,} can be read: keep those that matter."
        )


def check_cells(rows: int, columns: int, size: int) -> None:
    """Refuse a table of too many cells, absolutely, for a compressed file's size, or for the memory that is free.

    Parameters
    ----------
    size : int
        Bytes of the file.

    Raises
    ------
    TableError

    See Also
    --------
    check_columns : Refuses too many columns.

    Examples
    --------
    >>> check_cells(rows=1_000_000, columns=300, size=1 << 30)
    Traceback (most recent call last):
        ...
    core.words.TableError: The file holds more than 250,000,000 cells: upload a smaller table.
    """
    cells = rows * columns
    if cells > MAX_CELLS:
        raise TableError(f"The file holds more than {MAX_CELLS:,} cells: upload a smaller table.")
    if cells > SMALL_CELLS and cells * 8 > MAX_RATIO * size:
        raise TableError(
            f"The file unpacks to more than {MAX_RATIO} times its size, as traps do: upload the table as CSV."
        )
    check_free(cells * _BYTES_PER_CELL)


def check_unpacked(unpacked: int, packed: int) -> None:
    """Refuse what grows too large as it is unpacked.

    Raises
    ------
    TableError

    See Also
    --------
    check_cells : Refuses too many cells.

    Examples
    --------
    >>> check_unpacked(unpacked=1 << 30, packed=1 << 20)
    Traceback (most recent call last):
        ...
    core.words.TableError: The file unpacks to more than 200 times its size, as traps do: upload the table unpacked.
    """
    if unpacked > MAX_BYTES:
        raise TableError(f"The file unpacks to more than {MAX_BYTES >> 30} GiB: upload a smaller table.")
    if unpacked > SMALL_BYTES and unpacked > MAX_RATIO * packed:
        raise TableError(
            f"The file unpacks to more than {MAX_RATIO} times its size, as traps do: upload the table unpacked."
        )
    check_free(unpacked)


def check_free(needed: int) -> None:
    """Refuse what does not fit into the memory that is free now.

    Raises
    ------
    TableError
    """
    if needed <= SMALL_BYTES:
        return
    from core.machine import free_memory  # Dask, on which it rests, takes a moment to import

    free = free_memory()
    if needed > free:
        raise TableError(
            f"The table takes about {in_words(needed)} of memory and {in_words(free)} is free: "
            "upload fewer rows or columns, or close something else first."
        )


def in_words(size: int) -> str:
    """Return bytes in MiB or GiB.

    Examples
    --------
    >>> in_words(300 << 20), in_words(5 << 29)
    ('300 MiB', '2.5 GiB')
    """
    return f"{size / (1 << 30):.1f} GiB" if size >= 1 << 30 else f"{size / (1 << 20):.0f} MiB"
