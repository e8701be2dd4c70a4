"""Names of the files that a person downloads, made of the names of runs, tables and strategies."""

from __future__ import annotations

import re


def file_stem(name: str) -> str:
    """Return the name of a run or a table as the beginning of a file's name.

    Examples
    --------
    >>> file_stem("Page blocks: which are not text?"), file_stem("?")
    ('Page_blocks_which_are_not_text', 'run')
    """
    return re.sub(r"\W+", "_", name).strip("_")[:60] or "run"


def archive_name(table_name: str, strategy: str) -> str:
    """Return the name of an exported model's archive.

    Parameters
    ----------
    strategy : str
        As people read it: a key has the digest of a network's file in it.

    Examples
    --------
    >>> archive_name("My table.csv", "Class weights · my_model.keras")
    'my-table-class-weights-my-model-keras.zip'
    """
    return f"{_dashed(table_name)}-{_dashed(strategy)}.zip"


def _dashed(name: str) -> str:
    stem = "".join(c if c.isalnum() else "-" for c in name.removesuffix(".csv").casefold())
    return "-".join(part for part in stem.split("-") if part)[:60] or "model"
