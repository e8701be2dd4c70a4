"""One measurement of `benchmarks.scale`, in a process of its own so that its peak memory is its own.

``python -m benchmarks._scale '{"what": "run", ...}'`` prints one line of JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from benchmarks._memory import peak_memory

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# The classics without Tomek links and SMOTE-ENN, which the presets leave out of a table this large,
# and in their place two that the field compares as often and that cost no search of all rows.
TWELVE = (
    "plain", "random_under", "random_over", "smote", "borderline_smote_1", "adasyn", "class_weight", "focal",
    "logit_adjusted", "balanced_batches", "under_bagging", "threshold_f1",
)  # fmt: skip


@dataclass(frozen=True)
class Job:
    """What a process is to measure.

    Parameters
    ----------
    what : {"run", "sampling", "keras"}
        The whole run; its preparation and samplers one after another; or some sequential Keras fits.
    units : int
        How many of the five folds are run.
    networks : int
        Where above 0, that many strategies of one network each, instead of the twelve.
    fits : int
        Keras fits to time.
    network : str
        What is trained, by its key.
    threads : int
        Threads per kernel under Keras; 0 lets TensorFlow decide. The app's side always has 1.
    onednn : {"0", "1"}
        Whether products run in oneDNN's kernels.
    """

    what: Literal["run", "sampling", "keras"]
    rows: int
    batch: int
    epochs: int
    units: int = 5
    networks: int = 0
    fits: int = 0
    network: str = "mlp"
    threads: int = 0
    onednn: Literal["0", "1"] = "1"


@dataclass(frozen=True)
class Measurement:
    """What a process measured; seconds are wall time, of all its units or fits together.

    Parameters
    ----------
    peak : int
        Bytes, as :func:`benchmarks._memory.peak_memory` counts them.
    lanes : int
        Networks trained.
    phases : dict of str to float
        Seconds by what was done.
    """

    seconds: float
    peak: int
    lanes: int = 0
    phases: dict[str, float] = field(default_factory=dict)


def measured(job: Job) -> Measurement:
    """Return what a process of its own measures."""
    command = [sys.executable, "-m", "benchmarks._scale", json.dumps(asdict(job))]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, check=True, cwd=Path(__file__).parents[1],
        env={**os.environ, "TF_ENABLE_ONEDNN_OPTS": job.onednn},
    )  # fmt: skip
    return Measurement(**json.loads(done.stdout.splitlines()[-1]))


def do(job: Job) -> Measurement:
    """Measure here and now."""
    return {"run": _run, "sampling": _sampling, "keras": _keras}[job.what](job)


def _table_and_plan(job: Job):  # type: ignore[no-untyped-def]
    from benchmarks.card_fraud import ROWS, TARGET, make
    from core.data.table import from_frame
    from core.plan import NetworkChoice, Plan, StrategyChoice, TrainingSettings

    # The rarest class keeps at least 60 rows, so that every fold has some at every size.
    frauds = max(60, round(job.rows * 492 / ROWS))
    # Nobody stops before the last epoch, as on the Keras side, so that both do the same work.
    training = TrainingSettings(batch_size=job.batch, epochs=job.epochs, patience=job.epochs)
    choices = tuple(StrategyChoice.of(key) for key in TWELVE)
    if job.networks:
        choices = tuple(StrategyChoice.of("focal", gamma=0.01 * (i + 1)) for i in range(job.networks))
    plan = Plan(TARGET, choices, training=training, networks=(NetworkChoice(job.network),))
    return from_frame(make(job.rows, frauds), "made"), plan


def _run(job: Job) -> Measurement:
    table, plan = _table_and_plan(job)
    from core.experiment.units import run, run_unit, units
    from core.strategies import Recipe
    from core.training.lanes import warm_up

    warm_up()
    phases: dict[str, float] = {}
    began = last = time.perf_counter()
    doing = "preparing"

    def report(_share: float, now_doing: str) -> None:
        nonlocal last, doing
        now = time.perf_counter()
        phases[doing] = phases.get(doing, 0.0) + now - last
        last = now
        doing = {"m": "sampling", "t": "training", "w": "sampling"}[now_doing[0]]

    if job.units == len(units(plan)):
        results = run(table, plan)
    else:
        results = ()
        for unit in units(plan)[: job.units]:
            results += run_unit(table, plan, unit, report=report)
            phases["deciding"] = phases.get("deciding", 0.0) + time.perf_counter() - last
            last, doing = time.perf_counter(), "preparing"
    seconds = time.perf_counter() - began
    failed = [result.error for result in results if result.error]
    if failed:
        raise RuntimeError(failed[0])
    key_of = {choice.key: Recipe.of(choice).key for choice in plan.strategies}
    # Strategies that differ in their decision alone share their networks.
    lanes = {(result.repeat, result.fold, key_of[result.strategy]): result.lanes for result in results}
    return Measurement(seconds, peak_memory(), sum(lanes.values()), phases)


def _sampling(job: Job) -> Measurement:
    """Do what comes before the training as a person would with Keras: one strategy after another."""
    table, plan = _table_and_plan(job)
    from core.data.problem import Problem
    from core.data.splitting import split_rows
    from core.experiment.fold import candidates_of, start
    from core.experiment.units import prepared, units

    began = time.perf_counter()
    for unit in units(plan)[: job.units]:
        problem = Problem.of(table, plan)
        rows = split_rows(problem, unit)
        fold = prepared(problem, rows, 0)
        fold.preparation.transform(table.frame.iloc[problem.target.rows[rows.test]])
        for candidate in candidates_of(plan.strategies, plan.networks[0], fold.view).values():
            start(candidate, problem.facts, fold.block)
    return Measurement(time.perf_counter() - began, peak_memory())


def _keras(job: Job) -> Measurement:
    """Time fits and predictions.

    The rows that an epoch visits are as many for every strategy, so a fit on the table's own rows,
    one with class weights and one on rows of both classes drawn alike take turns.
    """
    table, plan = _table_and_plan(job)
    import keras
    import numpy as np
    import tensorflow as tf

    from core.data.preparation import Preparation
    from core.data.problem import Problem
    from core.data.splitting import split_rows
    from core.experiment.units import units
    from core.networks.reading import network_of

    # The import of the trainer asked for one thread per kernel, which suits lanes; Keras may have its own.
    with suppress(RuntimeError):  # TensorFlow already runs in this process
        tf.config.threading.set_intra_op_parallelism_threads(job.threads)
    problem = Problem.of(table, plan)
    target, rows = problem.target, split_rows(problem, units(plan)[0])
    frames = [table.frame.iloc[target.rows[part]] for part in (rows.fit, rows.valid, rows.test)]
    preparation = Preparation.fit(frames[0], problem.features)
    X, X_valid, X_test = map(preparation.transform, frames)
    y, y_valid = target.codes[rows.fit], target.codes[rows.valid]
    weights = (len(y) / (2 * np.bincount(y)))[y].astype(np.float32)
    rng = np.random.default_rng(0)
    alike = np.concatenate([rng.choice(np.flatnonzero(y == c), len(y) // 2) for c in (0, 1)])
    kinds = [(X, y, None), (X, y, weights), (X[alike], y[alike], None)]
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).predict(np.zeros((4, 2)), verbose=0)  # warm
    phases = {"fitting": 0.0, "predicting": 0.0}
    for i in range(job.fits):
        inputs, labels, weight = kinds[i % len(kinds)]
        keras.utils.set_random_seed(i)
        began = time.perf_counter()
        model = network_of(plan.networks[0]).build(X.shape[1], 1)
        loss = keras.losses.BinaryCrossentropy(from_logits=True)
        model.compile(keras.optimizers.Adam(plan.training.learning_rate), loss)
        stopping = keras.callbacks.EarlyStopping(patience=plan.training.patience, restore_best_weights=True)
        model.fit(
            inputs, labels, batch_size=job.batch, epochs=job.epochs, sample_weight=weight, verbose=0,
            validation_data=(X_valid, y_valid), callbacks=[stopping],
        )  # fmt: skip
        fitted = time.perf_counter()
        model.predict(X_test, batch_size=job.batch, verbose=0)
        phases["fitting"] += fitted - began
        phases["predicting"] += time.perf_counter() - fitted
    return Measurement(sum(phases.values()), peak_memory(), job.fits, phases)


if __name__ == "__main__":
    print(json.dumps(asdict(do(Job(**json.loads(sys.argv[1]))))))
