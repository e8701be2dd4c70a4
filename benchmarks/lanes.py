"""Twenty-five networks as lanes of stacks, against as many Keras and scikit-learn fits in the same process.

The work is the same for all three: 5,000 rows x 20 features, a 64-32 network, Adam, batches of 128,
20 epochs, no early stopping. The stack's time includes the tracing of its graphs. Keras is timed with
the thread settings of this process and, in a process of its own, with TensorFlow's defaults; the
faster of the two counts.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from benchmarks._print import parser, show

ROWS, FEATURES, HIDDEN, BATCH, EPOCHS, LANES = 5_000, 20, (64, 32), 128, 20, 25


def data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((ROWS, FEATURES)).astype(np.float32)
    return X, (X[:, 0] + rng.standard_normal(ROWS) > 2).astype(np.int64)


def lanes_seconds() -> float:
    from core.networks.mlp import Mlp
    from core.settings import TrainingSettings
    from core.training.lane import Lane
    from core.training.lanes import Block, LaneTask, train

    X, y = data()
    settings = TrainingSettings(learning_rate=0.001, batch_size=BATCH, epochs=EPOCHS, patience=0)
    block = Block(X, y, X[:1], y[:1])
    began = time.perf_counter()
    train(
        [block],
        [LaneTask(0, Lane(np.arange(ROWS), seed), Mlp(hidden_layers=HIDDEN)) for seed in range(LANES)],
        settings,
        2,
    )
    return time.perf_counter() - began


def keras_seconds(fits: int) -> float:
    import keras

    X, y = data()
    began = time.perf_counter()
    for seed in range(fits):
        keras.utils.set_random_seed(seed)
        dense = [keras.layers.Dense(units, activation="relu") for units in HIDDEN]
        model = keras.Sequential([keras.Input((FEATURES,)), *dense, keras.layers.Dense(1, activation="sigmoid")])
        model.compile(keras.optimizers.Adam(0.001), "binary_crossentropy")
        model.fit(X, y, batch_size=BATCH, epochs=EPOCHS, verbose=0)
    return (time.perf_counter() - began) * LANES / fits


def sklearn_seconds() -> float:
    from sklearn.neural_network import MLPClassifier

    X, y = data()
    began = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for seed in range(LANES):
            MLPClassifier(
                HIDDEN, batch_size=BATCH, max_iter=EPOCHS, n_iter_no_change=EPOCHS, alpha=0.0, random_state=seed
            ).fit(X, y)
    return time.perf_counter() - began


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--keras-fits", type=int, default=LANES, help="fits to time; fewer are scaled up to 25")
    arguments.add_argument("--only-keras", action="store_true", help="print the Keras seconds and nothing else")
    options = arguments.parse_args()
    if options.only_keras:
        print(keras_seconds(options.keras_fits))
        return
    import tensorflow  # noqa: F401  (importing is nobody's training time)

    import core.training.lanes  # noqa: F401

    first, warm = lanes_seconds(), lanes_seconds()
    sklearn = sklearn_seconds()
    same_process = keras_seconds(options.keras_fits)
    command = [sys.executable, "-m", "benchmarks.lanes", "--only-keras", "--keras-fits", str(options.keras_fits)]
    own_process = float(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1])
    keras = min(same_process, own_process)
    figures = {
        "speedup_vs_keras": keras / first,
        "speedup_vs_sklearn": sklearn / first,
        "lanes_s": first,
        "lanes_warm_s": warm,
        "keras_s": keras,
        "sklearn_s": sklearn,
    }
    scaled = "" if options.keras_fits == LANES else f" (scaled up from {options.keras_fits} fits)"
    rows = [
        (f"{LANES} lanes, tracing included", f"{first:6.2f} s"),
        (f"{LANES} lanes again", f"{warm:6.2f} s"),
        (f"{LANES} Keras fits, same process", f"{same_process:6.2f} s{scaled}"),
        (f"{LANES} Keras fits, TensorFlow's default threads", f"{own_process:6.2f} s{scaled}"),
        (f"{LANES} MLPClassifier fits", f"{sklearn:6.2f} s"),
        ("times as fast as the faster Keras", f"{figures['speedup_vs_keras']:6.1f}"),
        ("times as fast as scikit-learn", f"{figures['speedup_vs_sklearn']:6.1f}"),
    ]
    show(figures, rows, as_json=options.json)


if __name__ == "__main__":
    main()
