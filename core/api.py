"""The work of the app as functions: run a plan, keep it where the app finds it, and look at what came out."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.data.problem import Problem
from core.data.table import Table
from core.evaluation.comparison import Comparison
from core.experiment.fitting import check_networks
from core.experiment.memory import cut, shape_of
from core.experiment.results import FoldResult
from core.library_errors import sentence
from core.machine import free_memory
from core.plan import Plan, PlanError
from core.reporting.results import Results
from core.runs.store import Progress, Store
from core.strategies import choices_of
from core.strategies.combining import check_combinations
from core.training.lane import Stopped
from core.words import TableError, close_names

if TYPE_CHECKING:
    from core.decision.stakes import Stakes
    from core.exporting import Export

Watch = Callable[[float, str], None]
_LOOK_EVERY_S = 0.25
_REPORT_EVERY_S = 0.33


def run(
    table: Table,
    plan: Plan,
    *,
    runs: str | Path | None = None,
    name: str | None = None,
    progress: bool = True,
    watch: Watch | None = None,
    example: bool = False,
) -> Results:
    """Run a plan in this process.

    Parameters
    ----------
    runs : path or None
        Folder in which the run is kept, fold by fold; the app's History shows it where this is the
        app's own folder (``core.runs.store.runs_folder()``). None keeps nothing.
    name : str or None
        What History calls the run.
    progress : bool
        Show a progress bar on standard error.
    watch : callable or None
        Called with the share of the whole run that is done, in [0, 1], and what is being done.
    example : bool
        Mark the run as an example that ships with the app.

    Raises
    ------
    TableError, PlanError
        The table or the plan cannot be run; the message says what to change.
    MemoryShortage
        A single strategy needs more memory than is free.
    StoreError
        The run cannot be kept.
    Stopped
        The app's Cancel was pressed. Finished folds are kept, and the app can resume the run.

    See Also
    --------
    compare : Looks at what came out.
    export : Trains the best on all rows.
    """
    check_combinations(plan.strategies)
    problem = Problem.of(table, plan)
    table = problem.table
    check_networks(problem)
    cut(choices_of(plan), plan, shape_of(problem), free_memory())  # before anything is kept
    store = None if runs is None else Store(Path(runs))
    run_id = "" if store is None else store.create(plan, table, name, example)
    with _Bar(progress) as tell:

        def report(share: float, doing: str) -> None:
            tell(share, doing)
            if watch is not None:
                watch(share, doing)

        folds = _run_kept(store, run_id, table, plan, report) if store else _run_units(table, plan, report)
    return Results(problem, folds, run_id)


def compare(results: Results) -> Comparison:
    """Return the strategies of a run side by side: metrics over folds, confusion matrices, histories.

    See Also
    --------
    run : Makes results.

    Examples
    --------
    >>> from core.examples import EXAMPLES, examples
    >>> store, run_id = Store(EXAMPLES), examples()[0].record.id
    >>> problem = Problem.of(store.table(run_id), store.record(run_id).plan)
    >>> comparison = compare(Results(problem, store.results(run_id), run_id))
    >>> [summary.key for summary in comparison.strategies][:3], comparison.folds
    (['plain', 'random_over', 'smote'], 5)
    """
    return results.comparison


def export(
    results: Results,
    strategy: str | None = None,
    path: str | Path | None = None,
    stakes: Stakes | None = None,
) -> Export:
    """Train a strategy of a run on all rows and pack it, as the app's Export page does.

    Parameters
    ----------
    strategy : str or None
        Its key, for example ``"smote"``; None takes what the run recommends.
    path : path or None
        Where the zip is written; None writes nothing, and the zip is ``archive`` of what is returned.
    stakes : Stakes or None
        Costs, the share in the field and how rows are decided; None takes those of the run.

    Raises
    ------
    PlanError
        The run has no such strategy.
    StrategyError
        The strategy cannot be exported.
    OSError
        The zip cannot be written.

    See Also
    --------
    run : Makes results.
    """
    from core.exporting import export as pack
    from core.exporting import suggested

    choices = {choice.key: choice for choice in choices_of(results.plan)}
    if strategy is None:
        choice = suggested(results.decided, results.plan)
    elif strategy in choices:
        choice = choices[strategy]
    else:
        close = close_names(strategy, choices)
        way_out = f"did you mean {' or '.join(close)}?" if close else f"choose one of {', '.join(choices)}."
        raise PlanError(f"This run has no strategy '{strategy}': {way_out}")
    packed = pack(results.table, results.plan, choice, results.folds, stakes or results.stakes)
    if path is not None:
        Path(path).write_bytes(packed.archive)
    return packed


def _run_units(
    table: Table,
    plan: Plan,
    tell: Watch,
    keep: Callable[[str, tuple[FoldResult, ...]], None] | None = None,
    follow: Callable[[str, float, str], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> tuple[FoldResult, ...]:
    from core.experiment.units import run_unit, units

    every, shape = units(plan), shape_of(Problem.of(table, plan))
    order = {choice.key: place for place, choice in enumerate(choices_of(plan))}
    folds: list[FoldResult] = []
    for place, unit in enumerate(every):

        def report(share: float, doing: str, place: int = place, key: str = unit.key) -> None:
            tell((place + share) / len(every), f"fold {place + 1} of {len(every)}: {doing}")
            if follow is not None:
                follow(key, share, doing)

        results: tuple[FoldResult, ...] = ()
        for part in cut(choices_of(plan), plan, shape, free_memory()):
            some = replace(plan, strategies=part)
            results += run_unit(table, some, unit, report=report, should_stop=should_stop)
        results = tuple(sorted(results, key=lambda result: order[result.strategy]))
        if keep is not None:
            keep(unit.key, results)
        folds += results
    tell(1.0, "done")
    return tuple(folds)


def _run_kept(store: Store, run_id: str, table: Table, plan: Plan, tell: Watch) -> tuple[FoldResult, ...]:
    """Run the units under the store's lock, so that the app shows the run as it goes on and can cancel it."""
    with store.hold(run_id):
        store.set_status(run_id, "running")
        disk = _Disk(store, run_id)
        try:
            folds = _run_units(
                table,
                plan,
                tell,
                keep=lambda key, results: store.write_unit(run_id, key, results),
                follow=disk.follow,
                should_stop=disk.should_stop,
            )
        except (Stopped, KeyboardInterrupt):
            store.set_status(run_id, "cancelled")
            raise
        except Exception as error:
            refused = isinstance(error, TableError | PlanError)
            store.set_status(run_id, "refused" if refused else "failed", sentence(error, "Training failed"))
            raise
        store.set_status(run_id, "finished")
    return folds


class _Disk:
    """Reports progress to the app and looks for its Cancel, each a few times per second at most."""

    def __init__(self, store: Store, run_id: str) -> None:
        self._store = store
        self._run_id = run_id
        self._last_report = self._last_look = 0.0
        self._stop = False

    def follow(self, unit: str, share: float, doing: str) -> None:
        now = time.monotonic()
        if now - self._last_report > _REPORT_EVERY_S:
            self._last_report = now
            self._store.write_progress(self._run_id, Progress(unit, share, doing))

    def should_stop(self) -> bool:
        now = time.monotonic()
        if not self._stop and now - self._last_look >= _LOOK_EVERY_S:
            self._last_look, self._stop = now, self._store.cancel_requested(self._run_id)
        return self._stop


class _Bar:
    """A progress bar on standard error, in steps of a thousandth of the whole run."""

    def __init__(self, shown: bool) -> None:
        from tqdm import tqdm

        form = "{percentage:3.0f}%|{bar}| {elapsed} (left: {remaining}) {desc}"
        self._bar = tqdm(total=1000, disable=not shown, bar_format=form, leave=False, dynamic_ncols=True)

    def __enter__(self) -> Watch:
        return self.tell

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def tell(self, share: float, doing: str) -> None:
        self._bar.set_description_str(doing, refresh=False)
        self._bar.update(max(0, round(share * 1000) - self._bar.n))
