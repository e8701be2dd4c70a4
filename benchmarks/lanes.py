"""Twenty-five networks as lanes of stacks, against as many Keras and scikit-learn fits in the same process.

The work is the same for all: 5,000 rows x 20 features, AdamW, batches of 128, no early stopping; a 64-32 network for
20 epochs, and for 10 epochs each a residual network with batch normalisation and dropout, TabM with 16 members and
number embeddings, and a network read from a ``.keras`` file (dense layers of 64, 64 and 32 units, each with batch
normalisation and dropout); a wide file of three times 256 units is shown beside them. The lanes' time includes the
building of models and the tracing of graphs. Keras is timed with the thread settings of this process and, in a
process of its own, with TensorFlow's defaults; the faster of the two counts.

``share_of_limit`` is the arithmetic of warm lanes, counted in the products of dense layers, over that of large
single-precision products by the same threads.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from benchmarks._print import parser, show

if TYPE_CHECKING:
    from core.networks.base import Network

ROWS, FEATURES, BATCH, LANES = 5_000, 20, 128, 25
HIDDEN = (64, 32)


@cache
def data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((ROWS, FEATURES)).astype(np.float32)
    return X, (X[:, 0] + rng.standard_normal(ROWS) > 2).astype(np.int64)


def _mlp(*hidden: int) -> Network:
    from core.networks.mlp import Mlp

    return Mlp(hidden_layers=hidden)


def _residual() -> Network:
    from core.networks.residual import Residual

    return Residual(blocks=2, units=64, expansion=2.0, normalization="batch", dropout=0.2)


def _tabm() -> Network:
    from core.networks.tabm import TabM

    return TabM(k=16, embedding="piecewise").for_rows(ROWS)


def _from_file(*hidden: int) -> Network:
    """Return a network as somebody saved it: its file, with layers and a sigmoid of its own."""
    import keras

    from core.networks.own import of_file
    from core.networks.reading import network_of

    layers: list[keras.Layer] = [keras.Input((FEATURES,))]
    for units in hidden:
        layers += [
            keras.layers.Dense(units, activation="relu"), keras.layers.BatchNormalization(), keras.layers.Dropout(0.3),
        ]  # fmt: skip
    model = keras.Sequential([*layers, keras.layers.Dense(1, activation="sigmoid")])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "own.keras"
        model.save(path)
        return network_of(of_file(path.read_bytes()))


@dataclass(frozen=True)
class Work:
    """What is trained, for how long, and how many Keras fits are timed for it."""

    title: str
    network: Callable[[], Network]
    epochs: int
    fits: int


WORK = {
    "keras": Work("a 64-32 network", lambda: _mlp(*HIDDEN), 20, LANES),
    "residual": Work("a residual network", _residual, 10, 3),
    "tabm": Work("TabM, 16 members, piecewise-linear embeddings", _tabm, 10, 3),
    "own": Work("a .keras file of 64-64-32 units", lambda: _from_file(64, 64, 32), 10, 3),
    "own_wide": Work("a .keras file of 256-256-256 units", lambda: _from_file(256, 256, 256), 5, 3),
}


def lanes_seconds(work: Work = WORK["keras"]) -> float:
    from core.settings import TrainingSettings
    from core.training.lane import Lane
    from core.training.lanes import Block, LaneTask, train

    X, y = data()
    network = work.network()
    settings = TrainingSettings(learning_rate=0.001, batch_size=BATCH, epochs=work.epochs, patience=0)
    block = Block(X, y, X[:1], y[:1])
    tasks = [LaneTask(0, Lane(np.arange(ROWS), seed), network) for seed in range(LANES)]
    began = time.perf_counter()
    train([block], tasks, settings, 2)
    return time.perf_counter() - began


def keras_seconds(work: Work, fits: int) -> float:
    """Return the seconds of as many fits as there are lanes, from those that are timed."""
    import keras

    X, y = data()
    network = work.network()
    took = 0.0
    for seed in range(fits):
        began = time.perf_counter()
        keras.utils.set_random_seed(seed)
        model = network.build(FEATURES, 1)
        network.adapt(model, X)
        targets = y.astype(np.float32)[:, None]
        if len(model.output_shape) == 3:
            targets = np.repeat(targets[:, None], model.output_shape[1], axis=1)
        model.compile(keras.optimizers.AdamW(0.001, weight_decay=0.0), keras.losses.BinaryCrossentropy(True))
        model.fit(X, targets, batch_size=BATCH, epochs=work.epochs, verbose=0)
        took += time.perf_counter() - began
    return took * LANES / fits


def faster_keras(key: str, fits: int) -> float:
    """Return the seconds of the faster Keras: in this process, or in one of its own with TensorFlow's threads."""
    command = [sys.executable, "-m", "benchmarks.lanes", "--only-keras", key, "--keras-fits", str(fits)]
    own = float(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1])
    return min(own, keras_seconds(WORK[key], fits))


def sklearn_seconds(work: Work) -> float:
    from sklearn.neural_network import MLPClassifier

    X, y = data()
    began = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for seed in range(LANES):
            MLPClassifier(
                HIDDEN, batch_size=BATCH, max_iter=work.epochs, n_iter_no_change=work.epochs, alpha=0.0,
                random_state=seed,
            ).fit(X, y)  # fmt: skip
    return time.perf_counter() - began


def limit() -> float:
    """Return the GFLOP/s of large products, one on each of the trainer's threads at a time."""
    import tensorflow as tf

    from core.training.lanes import CORES

    side, times = 1024, 12
    square = tf.random.normal((side, side))

    def products(_: int) -> None:
        for _ in range(times):
            tf.matmul(square, square).numpy()

    with ThreadPoolExecutor(CORES) as pool:
        list(pool.map(products, range(CORES)))
        began = time.perf_counter()
        list(pool.map(products, range(CORES)))
    return CORES * times * 2 * side**3 / (time.perf_counter() - began) / 1e9


def share_of_limit(hidden: tuple[int, ...], epochs: int) -> tuple[float, float]:
    """Return the GFLOP/s of warm lanes of a network, and their share of the limit measured around them."""
    work = Work("", lambda: _mlp(*hidden), epochs, 0)
    lanes_seconds(Work("", work.network, 1, 0))
    before, took, after = limit(), lanes_seconds(work), limit()
    steps = -(-ROWS // BATCH)
    sides = [FEATURES, *hidden, 1]
    products = sum(inputs * outputs for inputs, outputs in pairwise(sides))
    # The products of a step: forward, and by inputs and weights backward; no slope by the rows themselves.
    operations = LANES * epochs * steps * BATCH * (6 * products - 2 * sides[0] * sides[1])
    rate = operations / took / 1e9
    return rate, rate / ((before + after) / 2)


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--keras-fits", type=int, help="fits to time for each network; fewer are scaled up to 25")
    arguments.add_argument("--only-keras", choices=list(WORK), help="print the Keras seconds of one and nothing else")
    arguments.add_argument("--only", default="", help="names of what to measure, with commas between them")
    options = arguments.parse_args()
    if options.only_keras:
        print(keras_seconds(WORK[options.only_keras], options.keras_fits or WORK[options.only_keras].fits))
        return
    import core.training.lanes  # noqa: F401  (importing is nobody's training time)

    wanted = [name for name in options.only.split(",") if name] or [*WORK, "share"]
    figures: dict[str, float] = {}
    rows: list[tuple[str, str]] = []
    for key, work in WORK.items():
        if key not in wanted:
            continue
        fits = options.keras_fits or work.fits
        first, warm, keras = lanes_seconds(work), lanes_seconds(work), faster_keras(key, fits)
        name = "speedup_vs_keras" if key == "keras" else f"speedup_{key}"
        figures |= {name: keras / first, f"{key}_lanes_s": first, f"{key}_lanes_warm_s": warm, f"{key}_fits_s": keras}
        scaled = "" if fits == LANES else f", scaled up from {fits}"
        took = f"{first:.2f} s with tracing, {warm:.2f} s again; Keras {keras:.2f} s{scaled}"
        rows.append((f"{LANES} of {work.title}", f"{keras / first:5.1f} times as fast as Keras ({took})"))
    if "keras" in wanted:
        sklearn = sklearn_seconds(WORK["keras"])
        figures |= {"speedup_vs_sklearn": sklearn / figures["keras_lanes_s"], "sklearn_s": sklearn}
        rows.append((f"{LANES} MLPClassifier fits", f"{figures['speedup_vs_sklearn']:5.1f} times as slow"))
    if "share" in wanted:
        for title, hidden, epochs in (("small", HIDDEN, 20), ("wide", (256, 256, 256), 3)):
            rate, share = share_of_limit(hidden, epochs)
            figures |= {f"gflops_{title}": rate, f"share_of_limit_{title}": share}
            rows.append((f"{'-'.join(map(str, hidden))}, warm", f"{rate:5.1f} GFLOP/s, {share:.2f} of the limit"))
        figures["share_of_limit"] = figures["share_of_limit_wide"]
    show(figures, rows, as_json=options.json)


if __name__ == "__main__":
    main()
