"""Exports kept beside their run, and those at work; what was made once is found again."""

from __future__ import annotations

import hashlib
import io
import json
import os
import secrets
import shutil
import threading
import zipfile
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pandas as pd

from core.exporting._seal import is_sealed, seal
from core.exporting.bundle import Export, export
from core.exporting.card import decision_sentence
from core.exporting.new_rows import NewRows, score
from core.exporting.scorer import Scorer
from core.library_errors import meaning, sentence
from core.plan import StrategyChoice
from core.runs.stakes import stakes_of
from core.runs.store import RunRecord, Store, StoreError
from core.training.lane import Stopped
from core.versions import versions

_FORMAT = 2
_ARCHIVE, _SCORER, _ABOUT = "export.zip", "scorer.npz", "about.json"


class _Caller(Protocol):
    def call(
        self, function: Callable[..., object], *arguments: object, stop: threading.Event | None = None
    ) -> Future[object]: ...


@dataclass(frozen=True, eq=False)
class Kept:
    """An export on disk that was made here.

    Parameters
    ----------
    archive : bytes
        The zip to take away.
    scorer : Scorer
        Scores rows as the files in it do.
    checks : str
        What was found when the exported files were opened again, in sentences.

    See Also
    --------
    Shelf.find : Finds it.

    Examples
    --------
    >>> from core.exporting.sample import sample_scorer
    >>> archive = io.BytesIO()
    >>> with zipfile.ZipFile(archive, "w") as files:
    ...     files.writestr("model.keras", b"")
    >>> kept = Kept(Path("exports"), "Opened again.", archive.getvalue(), sample_scorer())
    >>> kept.files(), kept.rule()
    (('model.keras',), 'A row is called `yes` at a probability of 0.4 or more.')
    """

    folder: Path
    checks: str
    archive: bytes
    scorer: Scorer

    def rule(self) -> str:
        """Return in one sentence how probabilities become a decision."""
        return decision_sentence(self.scorer)

    def files(self) -> tuple[str, ...]:
        """Return the names of the files in the archive."""
        with zipfile.ZipFile(io.BytesIO(self.archive)) as archive:
            return tuple(archive.namelist())


class Shelf:
    """The exports of a store's runs.

    Parameters
    ----------
    engine
        Runs the refit where TensorFlow is, :class:`core.runs.engine.Engine`.

    See Also
    --------
    core.exporting.bundle.export : Makes an export.
    core.runs.store.Store : The runs.
    """

    def __init__(self, store: Store, engine: _Caller) -> None:
        self._store = store
        self._engine = engine
        self._lock = threading.Lock()
        self._working: dict[Path, tuple[Future[object], threading.Event]] = {}
        self._problems: dict[Path, str] = {}

    def find(self, record: RunRecord, choice: StrategyChoice) -> Kept | None:
        """Return the export of a choice that fits the run as it is now and was made here, or None."""
        kept = self._look(record, choice)
        return None if isinstance(kept, str) else kept

    def not_from_here(self, record: RunRecord, choice: StrategyChoice) -> str | None:
        """Return in a sentence why an export that lies beside the run is not offered; None where there is none."""
        kept = self._look(record, choice)
        return kept if isinstance(kept, str) else None

    def _look(self, record: RunRecord, choice: StrategyChoice) -> Kept | str | None:
        folder = self._place(record, choice)
        if not folder.is_dir() and not folder.is_symlink():
            return None
        try:
            # Read once: what was looked at is what is given out.
            archive, scorer, about = (_read(folder / name) for name in (_ARCHIVE, _SCORER, _ABOUT))
            said = json.loads(about)
            checks = str(said["checks"])
            if is_sealed(said["seal"], _name(folder), archive, scorer, checks.encode()):
                return Kept(folder, checks, archive, Scorer.from_bytes(scorer))
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            pass
        return (
            "There is a model of this strategy beside the run, but it was not made by this installation, or is "
            "damaged: refit it to get one."
        )

    def score(self, kept: Kept, rows: NewRows, frame: pd.DataFrame, cells: pd.DataFrame | None = None) -> pd.DataFrame:
        """Return rows with their probabilities and decisions, as :func:`core.exporting.new_rows.score` does.

        Networks that have no form in ONNX are run on a worker, since this process has no TensorFlow.

        Raises
        ------
        NetworkError
            A network has layers of a person's own, which were not kept with it.
        StoreError
            The worker is gone.
        """
        if kept.scorer.networks.everywhere:
            return score(kept.scorer, rows, frame, cells)
        scored = self._engine.call(score, kept.scorer, rows, frame, cells).result()
        assert isinstance(scored, pd.DataFrame)
        return scored

    def working(self, record: RunRecord, choice: StrategyChoice) -> bool:
        """Tell whether the choice is being refitted now."""
        with self._lock:
            return self._place(record, choice) in self._working

    def problem(self, record: RunRecord, choice: StrategyChoice) -> str | None:
        """Return why the last try failed, in a sentence."""
        return self._problems.get(self._place(record, choice))

    def start(self, record: RunRecord, choice: StrategyChoice) -> None:
        """Refit a choice on a worker and keep what comes back; nothing where that is under way or done."""
        place = self._place(record, choice)
        with self._lock:
            if place in self._working or self.find(record, choice) is not None:
                return
            self._problems.pop(place, None)
            table, results = self._store.table(record.id), self._store.results(record.id)
            own = [result for result in results if result.strategy == choice.key]
            stop = threading.Event()
            stakes = stakes_of(self._store, record.id)
            promise = self._engine.call(export, table, record.plan, choice, own, stakes, stop=stop)
            self._working[place] = promise, stop
        promise.add_done_callback(lambda done: self._keep(place, done))

    def cancel(self, record: RunRecord, choice: StrategyChoice) -> None:
        """Stop a refit; nothing where there is none."""
        with self._lock:
            promise, stop = self._working.get(self._place(record, choice), (None, None))
        if promise is not None and stop is not None:
            stop.set()
            promise.cancel()

    def _keep(self, place: Path, done: Future[object]) -> None:
        try:
            exported = done.result()
            assert isinstance(exported, Export)
            _write(place, exported)
        except (Stopped, CancelledError):
            pass
        except OSError as error:
            why = meaning(error)
            self._problems[place] = f"The export could not be saved ({why}): free some disk space and try again."
        except BaseException as error:
            self._problems[place] = sentence(error, "The model could not be made")
        finally:
            with self._lock:
                self._working.pop(place, None)

    def _place(self, record: RunRecord, choice: StrategyChoice) -> Path:
        """Return the folder of a choice's export, named by all that decides what is in it."""
        plan = json.loads(record.plan.to_json())
        del plan["strategies"]
        if not plan["classes"]:
            del plan["classes"]  # as in the plans that named the exports of earlier versions
        units = sorted(self._store.finished_units(record.id))
        decides = [_FORMAT, choice.key, plan, record.table_digest, units, versions()]
        stakes = stakes_of(self._store, record.id)
        if not stakes.is_default:
            decides.append(stakes.to_query())
        name = hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:16]
        return self._store.folder(record.id) / "exports" / name


def _write(place: Path, exported: Export) -> None:
    """Write a folder that is complete from the moment it is there."""
    if not place.parent.parent.is_dir() or place.parent.parent.is_symlink():
        raise StoreError("The run was deleted meanwhile.")
    if place.parent.is_symlink():
        raise StoreError("The run's folder of exports is a link to somewhere else: delete the run.")
    fresh = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
    try:
        fresh.mkdir(parents=True)
        (fresh / _ARCHIVE).write_bytes(exported.archive)
        (fresh / _SCORER).write_bytes(exported.scorer)
        proof = seal(_name(place), exported.archive, exported.scorer, exported.checks.encode())
        (fresh / _ABOUT).write_text(json.dumps({"checks": exported.checks, "seal": proof}))
        if place.is_symlink():
            place.unlink()
        with suppress(FileNotFoundError):
            shutil.rmtree(place)
        fresh.replace(place)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _name(place: Path) -> str:
    """Return a place's name below the store, which may be moved as a whole."""
    return f"{place.parent.parent.name}/{place.name}"


def _read(path: Path) -> bytes:
    """Return a file's content; raises OSError for a link, in the folder's name too."""
    if path.parent.is_symlink():
        raise OSError("a link")
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as handle:
        return handle.read()
