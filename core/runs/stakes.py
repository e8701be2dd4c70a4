"""What is at stake in a run's decisions, kept with the run."""

from __future__ import annotations

import json

from core.decision.costs import CostError
from core.decision.stakes import Stakes
from core.runs._errors import changing
from core.runs._files import write_text
from core.runs.store import Store

_FILE = "stakes.json"


def stakes_of(store: Store, run_id: str) -> Stakes:
    """Return what was settled about a run's decisions; what a run starts with where nothing was, or it is damaged.

    Raises
    ------
    StoreError
        There is no such run.

    See Also
    --------
    keep_stakes : Settles it.
    """
    path = store.folder(run_id) / _FILE
    try:
        raw = json.loads(path.read_text())
        return Stakes.from_query({str(name): str(value) for name, value in raw.items()})
    except (OSError, ValueError, AttributeError, RecursionError, CostError):
        return Stakes()


def keep_stakes(store: Store, run_id: str, stakes: Stakes) -> bool:
    """Keep what was settled with a run, and tell whether it was something else before.

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
    ...     keep_stakes(store, run_id, Stakes(rule="one", threshold=0.2))
    ...     stakes_of(store, run_id).threshold
    True
    0.2
    """
    # As they are written: a number with more digits than that is no other number.
    if stakes_of(store, run_id).to_query() == stakes.to_query():
        return False
    with changing("changed"):
        write_text(store.folder(run_id) / _FILE, json.dumps(stakes.to_query(), ensure_ascii=False))
    return True
