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


def archive_name(table_name: str, strategy_key: str) -> str:
    """Return the name of an exported model's archive.

    Examples
    --------
    >>> archive_name("My table.csv", "smote(k_neighbors=3)+focal")
    'my-table-smote-k-neighbors-3-focal.zip'
    """
    return f"{_dashed(table_name)}-{_dashed(strategy_key)}.zip"


def _dashed(name: str) -> str:
    stem = "".join(c if c.isalnum() else "-" for c in name.removesuffix(".csv").casefold())
    return "-".join(part for part in stem.split("-") if part)[:60] or "model"
