"""Labels of a run that somebody looked at: marked as checked, or left out of another run."""

from __future__ import annotations

import json
from collections.abc import Iterable

import numpy as np

from core.data.problem import Problem
from core.data.table import from_clean
from core.runs._errors import changing
from core.runs._files import write_text
from core.runs.store import Store
from core.words import TableError, counted

_FILE = "checked.json"


def checked_rows(store: Store, run_id: str) -> frozenset[int]:
    """Return the rows whose labels somebody found right, by position among the labelled rows.

    Raises
    ------
    StoreError
        There is no such run.

    See Also
    --------
    mark_checked : Marks them.
    """
    try:
        raw = json.loads((store.folder(run_id) / _FILE).read_text())
        return frozenset(int(row) for row in raw["rows"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return frozenset()


def mark_checked(store: Store, run_id: str, rows: Iterable[int], *, checked: bool = True) -> None:
    """Mark rows as checked, so that their labels are doubted no more, or take the mark back.

    Raises
    ------
    StoreError
        There is no such run, or its folder cannot be written.

    Examples
    --------
    >>> import pandas as pd, tempfile
    >>> from pathlib import Path
    >>> from core.data.table import from_frame
    >>> from core.plan import Plan, StrategyChoice
    >>> frame = pd.DataFrame({"x": [row / 7 for row in range(100)], "rare": [0] * 80 + [1] * 20})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = Store(Path(folder))
    ...     run_id = store.create(Plan("rare", (StrategyChoice.of("plain"),)), from_frame(frame, "small.csv"))
    ...     mark_checked(store, run_id, [3, 7])
    ...     mark_checked(store, run_id, [7], checked=False)
    ...     sorted(checked_rows(store, run_id))
    [3]
    """
    before, these = checked_rows(store, run_id), {int(row) for row in rows}
    after = before | these if checked else before - these
    with changing("changed"):
        write_text(store.folder(run_id) / _FILE, json.dumps({"rows": sorted(after)}))


def without_rows(store: Store, run_id: str, rows: Iterable[int]) -> str:
    """Make a run of the same plan on a run's table without some rows, and return its id.

    Parameters
    ----------
    rows : iterable of int
        Positions among the labelled rows.

    Raises
    ------
    TableError, PlanError
        What is left cannot be compared, for example since a class has too few rows.
    StoreError
        The run cannot be read, or the new one cannot be written.

    Examples
    --------
    >>> import pandas as pd, tempfile
    >>> from pathlib import Path
    >>> from core.data.table import from_frame
    >>> from core.plan import Plan, StrategyChoice
    >>> frame = pd.DataFrame({"x": [row / 7 for row in range(100)], "rare": [0] * 80 + [1] * 20})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = Store(Path(folder))
    ...     run_id = store.create(Plan("rare", (StrategyChoice.of("plain"),)), from_frame(frame, "small.csv"))
    ...     fresh = without_rows(store, run_id, [3, 7])
    ...     store.record(fresh).name, len(store.table(fresh).frame)
    ('small: rare, without 2 doubted rows', 98)
    """
    record, table = store.record(run_id), store.table(run_id)
    target = Problem.of(table, record.plan).target
    gone = target.rows[np.unique(np.fromiter(rows, np.int64))]
    if not len(gone):
        raise TableError("No row is chosen: choose the rows that are to be left out.")
    frame = table.frame.drop(index=table.frame.index[gone]).reset_index(drop=True)
    words = f"{counted(len(gone), 'row')} with a doubted label left out by hand."
    less = from_clean(frame, table.name, (*table.notes, words), table.reading)
    return store.create(record.plan, less, f"{record.name}, without {counted(len(gone), 'doubted row')}"[:200])
