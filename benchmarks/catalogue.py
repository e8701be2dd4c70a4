"""The whole catalogue on five folds of `page_blocks.csv`, against the same networks fitted one by one with Keras.

The catalogue's time is that of a run as the app makes it: preparation, samplers, tracing, training,
references, decisions and predictions. Keras' time is that of `keras.Model.fit` and `compile` alone,
without any sampler: for a sample of networks spread over the catalogue, each on the lane's own rows
(drawn to one epoch's steps), batch size, weights and number of epochs with the same validation rows,
and scaled up to all networks. Cross-entropy stands in for losses that Keras lacks, which favours Keras.
It is timed in processes of its own: with TensorFlow's default threads and with one thread per kernel, each with
and without oneDNN's kernels; a few fits decide which is fastest, and that one is timed on all.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from benchmarks._print import parser, show
from core.data.problem import Problem
from core.data.samples import load_sample
from core.data.splitting import Unit
from core.experiment import fold as fold_module
from core.experiment.fold import Candidate
from core.experiment.units import run_unit, units
from core.networks.reading import network_of
from core.plan import Plan, StrategyChoice
from core.strategies import TableFacts, catalogue

if TYPE_CHECKING:
    from core.training.lanes import Block

SAMPLE, TARGET = "page_blocks", "not_text"


@dataclass(eq=False)
class Recorded:
    """What went through the trainer and the samplers of a fold."""

    lanes: list[tuple[object, object, object]] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)


def recorded_run(plan: Plan, unit: Unit, into: Recorded) -> None:
    """Run a unit as the app does, and keep its lanes and candidates."""
    import core.training.lanes as trainer

    train, start = trainer.train, fold_module.start

    def keep_lanes(blocks, tasks, *args, **kwargs):  # type: ignore[no-untyped-def]
        trained = train(blocks, tasks, *args, **kwargs)
        into.lanes += [(blocks[t.block], t.lane, done) for t, done in zip(tasks, trained, strict=True)]
        return trained

    def keep_candidate(candidate: Candidate, facts: TableFacts, block: Block) -> None:
        start(candidate, facts, block)
        into.candidates.append(candidate)

    trainer.train, fold_module.start = keep_lanes, keep_candidate
    try:
        run_unit(load_sample(SAMPLE), plan, unit)
    finally:
        trainer.train, fold_module.start = train, start


def save_for_keras(lanes: Sequence[tuple], plan: Plan, folder: Path) -> list[Path]:  # type: ignore[type-arg]
    """Write each lane's epoch as arrays: its rows in a random order, as many as the trainer's steps take."""
    paths = []
    for i, (block, lane, trained) in enumerate(lanes):
        batch = min(plan.training.batch_size, len(block.y))
        size = -(-len(block.y) // batch) * batch
        X, y, weight = block.X[lane.rows], lane.labels(block.y), lane.sample_weight
        if lane.synthetic is not None:
            X = np.vstack([X, lane.synthetic.X])
        drawn = np.resize(np.random.default_rng(i).permutation(len(y)), size)
        path = folder / f"{i}.npz"
        np.savez(
            path, X=X[drawn], y=y[drawn], weight=np.ones(size) if weight is None else weight[drawn],
            X_valid=block.X_valid, y_valid=block.y_valid, epochs=len(trained.train_loss),
        )  # fmt: skip
        paths.append(path)
    return paths


def keras_seconds(paths: Sequence[Path], plan: Plan) -> float:
    """Return the mean seconds of one fit, compiling included."""
    import keras

    network, training = network_of(plan.networks[0]), plan.training
    spent = 0.0
    for path in paths:
        with np.load(path) as data:
            X, y, weight, X_valid, y_valid = (data[n] for n in ("X", "y", "weight", "X_valid", "y_valid"))
            epochs = int(data["epochs"])
        began = time.perf_counter()
        model = network.build(X.shape[1], 1)
        loss = keras.losses.BinaryCrossentropy(from_logits=True)
        model.compile(keras.optimizers.Adam(training.learning_rate), loss)
        model.fit(
            X, y, sample_weight=weight, batch_size=training.batch_size, epochs=epochs,
            validation_data=(X_valid, y_valid), verbose=0,
        )  # fmt: skip
        spent += time.perf_counter() - began
    return spent / len(paths)


# What Keras may be faster with: one thread per kernel, and oneDNN's kernels, which the catalogue's trainer asks for.
SETTINGS = ((False, "0"), (True, "0"), (True, "1"), (False, "1"))


# Fits that decide which of these it is; all the others are timed with the fastest alone.
TRIALS = 3


def in_a_process(folder: Path, setting: tuple[bool, str], names: Sequence[str] = ()) -> float:
    """Return :func:`keras_seconds` of some or all files of a folder, measured in a process of its own."""
    single, onednn = setting
    command = [sys.executable, "-m", "benchmarks.catalogue", "--only-keras", str(folder), *names]
    environment = {**os.environ, "TF_ENABLE_ONEDNN_OPTS": onednn}
    out = subprocess.run(
        [*command, "--single"] if single else command, capture_output=True, text=True, check=True, env=environment
    )
    return float(out.stdout.split()[-1])


def plan_of(folds: int) -> Plan:
    table = load_sample(SAMPLE)
    facts = Problem.of(table, Plan(TARGET, (StrategyChoice.of("plain"),))).facts
    keys = [key for key, cls in catalogue().items() if cls().why_not(facts) is None]
    plan = Plan(TARGET, tuple(StrategyChoice.of(key) for key in keys))
    assert plan.split.folds >= folds
    return plan


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--fits", type=int, default=16, help="Keras fits to time, at least 12; scaled up to all")
    arguments.add_argument("--folds", type=int, default=5, help="folds to run, 1 to 5")
    arguments.add_argument(
        "--only-keras", nargs="+", metavar=("FOLDER", "FILE"), help="print the mean seconds of these fits, nothing else"
    )
    arguments.add_argument("--single", action="store_true", help="with --only-keras: one thread per kernel")
    options = arguments.parse_args()
    plan = plan_of(options.folds)
    if options.only_keras:
        import tensorflow as tf

        if options.single:
            tf.config.threading.set_intra_op_parallelism_threads(1)
        folder, *names = options.only_keras
        paths = [Path(folder, name) for name in names] or sorted(Path(folder).glob("*.npz"))
        print(keras_seconds(paths, plan))
        return
    import tensorflow  # noqa: F401  (importing is nobody's training time)

    recorded = Recorded()
    began, processor = time.perf_counter(), time.process_time()
    for unit in units(plan)[: options.folds]:
        recorded_run(plan, unit, recorded)
    seconds, processor = time.perf_counter() - began, time.process_time() - processor
    chosen = np.linspace(0, len(recorded.lanes) - 1, max(12, options.fits)).round().astype(int)
    with tempfile.TemporaryDirectory() as workshop:
        folder = Path(workshop)
        paths = save_for_keras([recorded.lanes[i] for i in chosen], plan, folder)
        trials = [path.name for path in paths[:: len(paths) // TRIALS]][:TRIALS]
        fit = [in_a_process(folder, setting, trials) for setting in SETTINGS]
        keras_total = in_a_process(folder, SETTINGS[int(np.argmin(fit))]) * len(recorded.lanes)
    slowest = sorted(recorded.candidates, key=lambda c: -c.sampling_seconds)
    sampling = sum(c.sampling_seconds for c in recorded.candidates if c.predictor is None)
    references = sum(c.sampling_seconds for c in recorded.candidates if c.predictor is not None)
    figures = {
        "strategies": len(plan.strategies),
        "lanes": len(recorded.lanes),
        "seconds": seconds,
        "keras_seconds": keras_total,
        "speedup_vs_keras": keras_total / seconds,
        "samplers_share": sampling / processor,
        "references_share": references / processor,
    }
    named = ", ".join(f"{c.parts[-1].card.name} {c.sampling_seconds:.1f} s" for c in slowest[:4])
    rows = [
        ("strategies, folds, networks", f"{len(plan.strategies)}, {options.folds}, {len(recorded.lanes)}"),
        ("the catalogue, end to end", f"{seconds:.1f} s ({processor:.1f} s of processor time)"),
        (f"Keras, {len(chosen)} fits scaled up to {len(recorded.lanes)}", f"{keras_total:.0f} s"),
        ("seconds per fit, by threads and kernels", ", ".join(f"{seconds_per_fit:.2f}" for seconds_per_fit in fit)),
        ("times as fast", f"{keras_total / seconds:.1f}"),
        ("samplers, share of the processor's time", f"{100 * sampling / processor:.0f}%"),
        ("references, likewise", f"{100 * references / processor:.0f}%"),
        ("longest of these on one fold", named),
    ]
    show(figures, rows, as_json=options.json)


if __name__ == "__main__":
    main()
