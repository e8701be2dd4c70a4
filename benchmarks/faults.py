"""What is lost when things break: killed workers, killed apps, a full disk, damaged files, two apps on one folder.

Every run trains the abalone sample under four strategies on eight folds. After each fault, every unit that was
on disk before has to be there unchanged; the run then has to end with the results of an undisturbed run, every
number but the seconds equal, or to say in one sentence why not. A full disk is a small tmpfs; where none can be
mounted, a limit on the size of files stands in for it, and the table says so.
"""

from __future__ import annotations

import contextlib
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from hashlib import sha256
from pathlib import Path

import numpy as np
import psutil

from benchmarks._print import parser, show
from core.data.samples import load_sample
from core.experiment.results import FoldResult, History
from core.plan import Plan, SplitSettings, StrategyChoice, TrainingSettings
from core.runs.engine import Engine
from core.runs.store import Store, StoreError

PLAN = Plan(
    "rings",
    tuple(StrategyChoice.of(name) for name in ("plain", "class_weight", "smote", "under_bagging")),
    training=TrainingSettings(epochs=100, patience=0),
    split=SplitSettings(folds=4, repeats=2),
)
ROOT = Path(__file__).resolve().parents[1]
Unit = dict[str, str]


@dataclass
class Tally:
    """What a kind of fault did.

    Parameters
    ----------
    sentences : list of str
        What a run said where it did not simply go on.
    """

    name: str
    tried: int = 0
    lost: int = 0
    differing: int = 0
    sentences: list[str] = field(default_factory=list)


def until(holds: Callable[[], bool], seconds: float = 600.0) -> None:
    """Wait until something holds.

    Raises
    ------
    TimeoutError
        It does not in this time.
    """
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > seconds:
            raise TimeoutError("the run did not get that far")
        time.sleep(0.02)


def new_run(store: Store) -> str:
    return store.create(PLAN, load_sample("abalone_9_vs_18"))


def ended(store: Store, run_id: str) -> bool:
    return not store.record(run_id).active


def await_start(store: Store, run_id: str) -> None:
    until(lambda: not ended(store, run_id))


def await_more(store: Store, run_id: str, known: int) -> None:
    until(lambda: len(store.finished_units(run_id)) > known or ended(store, run_id))


def await_end(store: Store, run_id: str) -> None:
    until(lambda: ended(store, run_id))


def units_on_disk(store: Store, run_id: str) -> Unit:
    """Return a digest of every finished unit's file."""
    paths = (store.root / run_id / "units").glob("[!.]*.parquet")
    return {path.stem: sha256(path.read_bytes()).hexdigest() for path in paths}


def lost(before: Unit, after: Unit) -> int:
    return sum(after.get(unit) != digest for unit, digest in before.items())


def same(first: FoldResult, second: FoldResult) -> bool:
    """Return whether two results are equal to the last bit, training time aside."""
    for part in fields(FoldResult):
        a, b = getattr(first, part.name), getattr(second, part.name)
        if part.name == "seconds":
            continue
        if isinstance(a, History) and isinstance(b, History):
            curves = (a.train_loss, b.train_loss), (a.validation_loss, b.validation_loss)
            if a.best_epoch != b.best_epoch or not all(np.array_equal(x, y, equal_nan=True) for x, y in curves):
                return False
        elif not np.array_equal(a, b):
            return False
    return True


def differs(store: Store, run_id: str, reference: tuple[FoldResult, ...]) -> int:
    """Return 1 where a run did not finish as the undisturbed one."""
    results = store.results(run_id)
    finished = store.record(run_id).status == "finished" and len(results) == len(reference)
    return int(not (finished and all(map(same, results, reference))))


def judge(tally: Tally, store: Store, run_id: str, reference: tuple[FoldResult, ...]) -> None:
    """Count a run that ended otherwise than the undisturbed one, and keep what it said."""
    tally.differing += differs(store, run_id, reference)
    record = store.record(run_id)
    if record.status != "finished":
        tally.sentences.append(f"{record.status}: {record.message}")


def mid_unit(store: Store, run_id: str, rng: random.Random) -> bool:
    """Wait until a unit is being trained, somewhere in its middle; return False where the run ended before."""
    share = rng.uniform(0.1, 0.7)

    def is_mid_unit() -> bool:
        progress = store.progress(run_id)
        if ended(store, run_id):
            return True
        return progress is not None and progress.unit not in store.finished_units(run_id) and progress.share >= share

    until(is_mid_unit)
    return not ended(store, run_id)


def kill_workers(engine: Engine, kills: int, reference: tuple[FoldResult, ...], store: Store) -> Tally:
    tally, rng = Tally("worker killed in the middle of a unit"), random.Random(0)
    while tally.tried < kills:
        run_id = new_run(store)
        engine.submit(run_id)
        # At most one per unit, and as many units stay for the run to end by itself.
        for _ in range(min(5, kills - tally.tried)):
            known = len(store.finished_units(run_id))
            if not mid_unit(store, run_id, rng):
                break
            before = units_on_disk(store, run_id)
            kill_worker(engine)
            tally.tried += 1
            await_more(store, run_id, known)
            tally.lost += lost(before, units_on_disk(store, run_id))
        await_end(store, run_id)
        judge(tally, store, run_id, reference)
    return tally


def kill_worker(engine: Engine) -> None:
    cluster = engine.conductor.cluster
    assert cluster is not None
    assert cluster.supervisor is not None
    for child in psutil.Process(cluster.supervisor).children():
        if any("spawn_main" in word for word in child.cmdline()):
            os.kill(child.pid, signal.SIGKILL)


def start_app(root: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "benchmarks._app", str(root)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def kill_apps(kills: int, reference: tuple[FoldResult, ...], store: Store) -> Tally:
    """Kill an app that resumes by itself what the one before left; the last one is left to finish."""
    tally, rng = Tally("app killed, and started again"), random.Random(1)
    while tally.tried < kills:
        run_id = new_run(store)
        while True:
            app = start_app(store.root)
            known = len(store.finished_units(run_id))
            await_start(store, run_id)
            await_more(store, run_id, known)
            if tally.tried == kills or not mid_unit(store, run_id, rng):
                await_end(store, run_id)
                stop(app)
                break
            before = units_on_disk(store, run_id)
            app.kill()
            app.wait()
            tally.tried += 1
            tally.lost += lost(before, units_on_disk(store, run_id))
        tally.lost += lost(before, units_on_disk(store, run_id))
        judge(tally, store, run_id, reference)
    return tally


def stop(app: subprocess.Popen[bytes]) -> None:
    app.terminate()
    app.wait(30)


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """Mount a tmpfs of 4 MB; yields whether that was possible."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=True)


@contextlib.contextmanager
def full(folder: Path, mounted: bool) -> Iterator[None]:
    """Leave no room for another byte."""
    if not mounted:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1024, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        return
    filler = folder / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as handle:
        for size in (65_536, 4096, 256, 1):
            with contextlib.suppress(OSError):
                while handle.write(b"0" * size):
                    pass
    try:
        yield
    finally:
        filler.unlink()


def fill_disk(folder: Path, reference: tuple[FoldResult, ...], engine: Engine) -> Tally:
    with small_disk(folder) as mounted:
        tally = Tally(
            "disk full" if mounted else "disk full (a limit on file sizes stands in: no tmpfs can be mounted)"
        )
        store = Store(folder / "runs")
        small = Engine(store.root, conductor=engine.conductor)
        run_id = new_run(store)
        small.submit(run_id)
        until(lambda: len(store.finished_units(run_id)) >= 2)
        before = units_on_disk(store, run_id)
        with full(folder, mounted):
            tally.tried += 1
            await_end(store, run_id)
            tally.sentences.append(f"{store.record(run_id).status}: {store.record(run_id).message}")
            try:
                new_run(store)
                tally.sentences.append("a new run was taken on a full disk")
                tally.differing += 1
            except StoreError as error:
                tally.sentences.append(str(error))
        tally.lost += lost(before, units_on_disk(store, run_id))
        until(lambda: not store.is_held(run_id))
        small.submit(run_id)
        await_end(store, run_id)
        tally.lost += lost(before, units_on_disk(store, run_id))
        tally.differing += differs(store, run_id, reference)
    return tally


def damage(engine: Engine, reference: tuple[FoldResult, ...], store: Store, run_id: str) -> Tally:
    """Truncate one unit, change a byte of another, and empty a third; then truncate a run's table."""
    tally = Tally("Parquet file truncated or changed")
    paths = sorted((store.root / run_id / "units").glob("*.parquet"))
    content = paths[3].read_bytes()
    paths[1].write_bytes(paths[1].read_bytes()[: paths[1].stat().st_size // 2])
    paths[3].write_bytes(content[:200] + bytes([content[200] ^ 255]) + content[201:])
    paths[5].write_bytes(b"")
    intact = {unit: digest for unit, digest in units_on_disk(store, run_id).items() if unit not in
              {paths[i].stem for i in (1, 3, 5)}}  # fmt: skip
    tally.tried += 3
    engine.submit(run_id)
    await_end(store, run_id)
    tally.lost += lost(intact, units_on_disk(store, run_id))
    tally.differing += differs(store, run_id, reference)
    other = new_run(store)
    table = store.root / other / "table.parquet"
    table.write_bytes(table.read_bytes()[:1000])
    tally.tried += 1
    engine.submit(other)
    await_end(store, other)
    tally.sentences.append(store.record(other).message)
    tally.differing += store.record(other).status != "failed"
    return tally


def two_apps(engine: Engine, reference: tuple[FoldResult, ...], store: Store) -> Tally:
    """Let two apps reach for one run, twice: the second is refused, and takes over when the first is killed."""
    tally = Tally("two apps on one folder")
    run_id = new_run(store)
    app = start_app(store.root)
    until(lambda: len(store.finished_units(run_id)) >= 1)
    tally.tried += 1
    try:
        engine.submit(run_id)
        tally.differing += 1
    except StoreError as error:
        tally.sentences.append(str(error))
    before = units_on_disk(store, run_id)
    app.kill()
    app.wait()
    tally.tried += 1
    engine.submit(run_id)
    await_end(store, run_id)
    tally.lost += lost(before, units_on_disk(store, run_id))
    tally.differing += differs(store, run_id, reference)
    return tally


def measure(worker_kills: int = 20, app_kills: int = 10) -> list[Tally]:
    folder = Path(tempfile.mkdtemp())
    store = Store(folder / "runs")
    engine = Engine(store.root)
    try:
        if not engine.wait_ready(300):
            raise TimeoutError("the worker did not start")
        undisturbed = new_run(store)
        engine.submit(undisturbed)
        await_end(store, undisturbed)
        reference = store.results(undisturbed)
        return [
            kill_workers(engine, worker_kills, reference, store),
            kill_apps(app_kills, reference, Store(folder / "others")),
            fill_disk(folder / "small", reference, engine),
            damage(engine, reference, store, undisturbed),
            two_apps(engine, reference, store),
        ]
    finally:
        engine.close()
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--workers", type=int, default=20, help="how often the worker is killed")
    options.add_argument("--apps", type=int, default=10, help="how often the app is killed")
    chosen = options.parse_args()
    tallies = measure(chosen.workers, chosen.apps)
    figures = {
        "kills": tallies[0].tried + tallies[1].tried,
        "lost_units": sum(tally.lost for tally in tallies),
        "differing_results": sum(tally.differing for tally in tallies),
    }
    rows = []
    for tally in tallies:
        rows.append((tally.name, f"{tally.tried:3d} tried, {tally.lost} units lost, {tally.differing} results differ"))
        rows += [("", f"    “{sentence}”") for sentence in tally.sentences]
    show(figures, rows, as_json=chosen.json)


if __name__ == "__main__":
    main()
