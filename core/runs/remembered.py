"""What was worked out about a run and is remembered with it: it can be worked out again, so that it may be lost."""

from __future__ import annotations

import json
from collections.abc import Mapping

from core.runs._errors import StoreError
from core.runs._files import write_text
from core.runs.store import Store


def remembered(store: Store, run_id: str, name: str) -> Mapping[str, object]:
    """Return what is remembered under a name; empty where nothing is.

    See Also
    --------
    remember : Puts it there.
    """
    try:
        raw = json.loads((store.folder(run_id) / f"{name}.json").read_text())
    except (OSError, ValueError, RecursionError, StoreError):
        return {}
    return raw if isinstance(raw, dict) else {}


def remember(store: Store, run_id: str, name: str, values: Mapping[str, object]) -> bool:
    """Remember something with a run; return whether that worked, as on a full disk it does not.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     remember(Store(Path(folder)), "20200101-000000-00000000", "brief", {"use": "it"})
    False
    """
    try:
        text = json.dumps(values, ensure_ascii=False)
        write_text(store.folder(run_id) / f"{name}.json", text, durable=False)
    except (OSError, StoreError):
        return False
    return True
