"""Files of a run: complete on disk, or not there at all."""

from __future__ import annotations

import os
import secrets
from fnmatch import fnmatch
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet


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
