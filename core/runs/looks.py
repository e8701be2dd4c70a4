"""Files that a run's strategies were tested on, and how often somebody looked: a second look is no first one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

from core.experiment.results import FoldResult
from core.runs._errors import changing
from core.runs._files import files_of, write_text
from core.runs._results import read_results, save_results
from core.runs.store import Store

_FOLDER = "next"


@dataclass(frozen=True)
class Look:
    """A file that a run was tested on.

    Parameters
    ----------
    digest : str
        Of the file's content.
    name : str
    first : str
        When it was tested first, as an ISO time with its zone.
    times : int
        How often it was tested, this time included.

    Examples
    --------
    >>> Look("0f", "may.csv", "2024-06-01T12:00:00+00:00", times=1).sentence()
    ''
    >>> Look("0f", "may.csv", "2024-06-01T12:00:00+00:00", times=2).sentence()
    'This file was tested on before, first on 1 June 2024: look number 2. Whatever was chosen by it makes its \
figures too good.'
    """

    digest: str
    name: str
    first: str
    times: int

    def sentence(self) -> str:
        """Return that it was seen before; empty at the first look."""
        if self.times < 2:
            return ""
        day = datetime.fromisoformat(self.first)
        return (
            f"This file was tested on before, first on {day.day} {day:%B %Y}: look number {self.times}. Whatever was "
            "chosen by it makes its figures too good."
        )


def looks(store: Store, run_id: str) -> tuple[Look, ...]:
    """Return the files that a run was tested on, the first first.

    Raises
    ------
    StoreError
        There is no such run.
    """
    found = []
    for path in files_of(store.folder(run_id) / _FOLDER, "[!.]*.json"):
        try:
            raw = json.loads(path.read_text())
            datetime.fromisoformat(raw["first"])
            found.append(Look(str(raw["digest"]), str(raw["name"]), str(raw["first"]), int(raw["times"])))
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            continue
    return tuple(sorted(found, key=lambda look: look.first))


def keep_look(
    store: Store, run_id: str, digest: str, name: str, results: Sequence[FoldResult], kept_as: str = ""
) -> Look:
    """Keep what strategies made of a file, and count the look.

    Parameters
    ----------
    kept_as : str
        What results are kept under, where they depend on more than the file; by default its digest.

    Raises
    ------
    StoreError
        There is no such run, or its folder cannot be written.

    See Also
    --------
    seen_results : Reads it back.
    """
    now = Look(digest, name, datetime.now(UTC).isoformat(timespec="seconds"), 0)
    before = next((look for look in looks(store, run_id) if look.digest == digest), now)
    look = replace(before, times=before.times + 1)
    folder = store.folder(run_id) / _FOLDER
    with changing("changed"):
        folder.mkdir(exist_ok=True)
        write_text(folder / f"{digest[:32]}.json", json.dumps(asdict(look), ensure_ascii=False))
    save_results(folder / f"{(kept_as or digest)[:32]}.parquet", results)
    return look


def seen_results(store: Store, run_id: str, kept_as: str) -> tuple[FoldResult, ...] | None:
    """Return what the strategies made of a file when it was last tested; None where it was not, or it is damaged."""
    return read_results(store.folder(run_id) / _FOLDER / f"{kept_as[:32]}.parquet")
