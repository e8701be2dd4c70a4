"""What large tables and many networks cost, on a made table with the shape of the card-fraud set.

Speed: twelve strategies x 5 folds at batches of 512 and of 2048, as the app runs them (splitting,
preparing, sampling, training, validating every epoch, deciding), against the same work with
sequential ``keras.Model.fit``: same rows, batch size, epochs, network, validation rows and early
stopping, which is set so late on both sides that nobody stops. Of the Keras fits a sample is timed
and scaled up, in the fastest of four settings of threads and kernels; preparation and samplers of one
fold, one strategy after another, are timed and scaled up beside them, since a loop over Keras needs
them too. Growth: one fold of the twelve at sizes from 5,000 to 1,000,000 rows, and 7, 40 and 200
networks on 20,000 rows. TabM: one fold of the twelve for an epoch, for its memory, which further epochs leave as it
is. Every measurement has a process of its own, for its peak memory.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from benchmarks._print import parser, show
from benchmarks._scale import TWELVE, Job, Measurement, measured

GIB = 2**30
SIZES = (5_000, 20_000, 100_000, 285_000, 1_000_000)
LANES = (7, 40, 200)
BATCHES = (512, 2048)
FOLDS = 5
# Above this, a cost grows noticeably faster than what it grows with.
BENDS = 1.15


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """Return the power of the size with which a cost grows: the slope of a least-squares line through the logs."""
    x, y = [math.log(size) for size in sizes], [math.log(cost) for cost in costs]
    middle = sum(x) / len(x)
    spread = sum((a - middle) ** 2 for a in x)
    return sum((a - middle) * b for a, b in zip(x, y, strict=True)) / spread


def what_bends(sizes: Sequence[int], by_size: Sequence[Measurement]) -> str:
    """Return a sentence on what grows faster than the rows, judged between neighbouring sizes."""
    worst: tuple[float, str] | None = None
    for (small, before), (large, after) in pairwise(zip(sizes, by_size, strict=True)):
        for name, seconds in after.phases.items():
            # What takes a moment is not worth a word, and its slope is noise.
            if seconds < 0.1 * after.seconds or before.phases.get(name, 0.0) < 0.1:
                continue
            slope = exponent((small, large), (before.phases[name], seconds))
            where = f"{name} from {small:,} to {large:,} rows (power {slope:.2f}, {seconds:.1f} s)"
            if slope > BENDS and (worst is None or slope > worst[0]):
                worst = slope, where
    return f"What bends most is {worst[1]}." if worst else f"Nothing grows faster than with a power of {BENDS} of rows."


def fastest_keras(job: Job) -> Measurement:
    """Return the timed fits in the setting that suits Keras best on this machine, found with one fit each."""
    settings = [replace(job, threads=threads, onednn=onednn) for threads in (0, 1) for onednn in ("0", "1")]
    return measured(min(settings, key=lambda setting: measured(replace(setting, fits=1)).seconds))


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--rows", type=int, default=284_807, help="of the table for the speed")
    arguments.add_argument("--epochs", type=int, default=10, help="of the speed; growth takes a third of them")
    arguments.add_argument("--fits", type=int, default=3, help="Keras fits to time at each batch size")
    arguments.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="rows of the growth")
    arguments.add_argument("--lanes", type=int, nargs="+", default=LANES, help="networks of the growth")
    arguments.add_argument("--part", choices=("speed", "growth", "tabm"), help="only this part")
    options = arguments.parse_args()
    figures: dict[str, float] = {}
    rows: list[tuple[str, str]] = []
    for name, measure in (("speed", speed), ("growth", growth), ("tabm", tabm)):
        if options.part in (None, name):
            measure(options, figures, rows)
    show(figures, rows, as_json=options.json)


def speed(options: argparse.Namespace, figures: dict[str, float], rows: list[tuple[str, str]]) -> None:
    """Add what twelve strategies take on five folds, and sequential Keras beside them."""
    peaks = []
    for batch in BATCHES:
        job = Job("run", options.rows, batch, options.epochs, FOLDS)
        whole = measured(job)
        fits = fastest_keras(Job("keras", options.rows, batch, options.epochs, fits=options.fits))
        before = measured(Job("sampling", options.rows, batch, options.epochs, 1))
        keras = FOLDS * before.seconds + whole.lanes * fits.seconds / fits.lanes
        figures[f"speedup_{batch}"] = keras / whole.seconds
        peaks.append(whole.peak / GIB)
        rows += [
            (f"batch {batch}: {len(TWELVE)} strategies x {FOLDS} folds, {options.rows:,} rows, {options.epochs} epochs",
             f"{whole.seconds:8.1f} s for {whole.lanes} networks, peak {peaks[-1]:.2f} GiB (measured whole)"),
            (f"batch {batch}: as many sequential Keras fits", f"{keras:8.1f} s "
             f"(from {options.fits} fits of {fits.seconds / fits.lanes:.1f} s, and a fold's sampling of "
             f"{before.seconds:.1f} s)"),
            (f"batch {batch}: times as fast", f"{figures[f'speedup_{batch}']:8.2f}"),
        ]  # fmt: skip
    figures["peak_gib"] = max(peaks)


def growth(options: argparse.Namespace, figures: dict[str, float], rows: list[tuple[str, str]]) -> None:
    """Add how time and memory grow with rows and networks."""
    growth_epochs = max(1, options.epochs // 3)
    by_rows = [measured(Job("run", size, BATCHES[0], growth_epochs, 1)) for size in options.sizes]
    for size, run in zip(options.sizes, by_rows, strict=True):
        parts = ", ".join(f"{name} {seconds:.1f}" for name, seconds in run.phases.items())
        text = f"{run.seconds:8.1f} s ({parts}), peak {run.peak / GIB:.2f} GiB"
        rows.append((f"{size:,} rows, one fold, {growth_epochs} epochs", text))
    by_lanes = [measured(Job("run", 20_000, BATCHES[0], growth_epochs, 1, networks=n)) for n in options.lanes]
    for n, run in zip(options.lanes, by_lanes, strict=True):
        rows.append((f"{n} networks, 20,000 rows, one fold", f"{run.seconds:8.1f} s, peak {run.peak / GIB:.2f} GiB"))
    figures["rows_exponent"] = exponent(options.sizes, [run.seconds for run in by_rows])
    figures["lanes_exponent"] = exponent(options.lanes, [run.seconds for run in by_lanes])
    figures["rows_memory_exponent"] = exponent(options.sizes, [run.peak for run in by_rows])
    rows += [
        ("time grows with this power of the rows", f"{figures['rows_exponent']:8.2f}"),
        ("peak memory grows with this power of the rows", f"{figures['rows_memory_exponent']:8.2f}"),
        ("time grows with this power of the networks", f"{figures['lanes_exponent']:8.2f}"),
        ("growth", what_bends(options.sizes, by_rows)),
    ]


def tabm(options: argparse.Namespace, figures: dict[str, float], rows: list[tuple[str, str]]) -> None:
    """Add the peak memory of a network with members inside."""
    run = measured(Job("run", options.rows, BATCHES[0], 1, 1, network="tabm"))
    figures["tabm_peak_gib"] = run.peak / GIB
    text = f"{run.seconds:8.1f} s for {run.lanes} networks, peak {figures['tabm_peak_gib']:.2f} GiB"
    rows.append((f"TabM, {options.rows:,} rows, one fold, one epoch", text))


if __name__ == "__main__":
    main()
