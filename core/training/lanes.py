"""The stacked trainer: many small networks trained as lanes of one stack.

Lanes are cut into stacks of a few lanes each. Every stack is trained by one thread with
single-threaded kernels, as many stacks at once as there are cores: for products this small that is
two to three times as fast as kernels that share each product among the cores.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import tensorflow as tf

from core.plan import NetworkSettings
from core.training._epochs import EpochCounter, Report
from core.training._graph import logits_function
from core.training._stack import (
    CORES,
    Block,
    LaneTask,
    Rows,
    Stack,
    TrainedLane,
    cut_into_stacks,
    stacked,
)
from core.training.cutting import CHUNK
from core.training.lane import Lane, Stopped

__all__ = ["CORES", "Block", "LaneTask", "Stopped", "TrainedLane", "predict", "train", "warm_up"]


def _single_threaded_kernels() -> None:
    try:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(CORES)
    except RuntimeError:
        pass  # TensorFlow already runs in this process: results are the same, only slower.


_single_threaded_kernels()


def train(
    blocks: Sequence[Block],
    tasks: Sequence[LaneTask],
    settings: NetworkSettings,
    n_classes: int,
    *,
    report: Report | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> list[TrainedLane]:
    """Train all lanes and return them in the order of ``tasks``.

    A lane's result depends on its block, its own fields and the settings, not on the lanes beside
    it. An epoch is ``ceil(n / batch_size)`` full batches for every lane of a block of n rows.
    A lane stops ``patience`` epochs after its lowest validation loss, leaves the stack, and keeps
    the weights of that epoch. The validation loss is the lane's own loss on untouched rows that are
    weighed to the class shares that the lane trains under.

    Raises
    ------
    Stopped
        ``should_stop`` returned True.
    """
    if not tasks:
        return []
    rows = Rows(blocks, tasks)
    stacks = cut_into_stacks(blocks, tasks, settings, n_classes)
    counter = EpochCounter(sum(len(stack) for stack in stacks) * settings.epochs, report, should_stop)
    trained: dict[int, TrainedLane] = {}

    def train_stack(stack: list[int]) -> None:
        lanes = Stack(rows, blocks, tasks, stack, settings, n_classes, counter).train()
        trained.update(zip(stack, lanes, strict=True))

    if len(stacks) == 1:
        train_stack(stacks[0])
    else:
        with ThreadPoolExecutor(CORES) as pool:
            list(pool.map(train_stack, stacks))
    return [trained[i] for i in range(len(tasks))]


def predict(lanes: Sequence[TrainedLane], X: np.ndarray) -> np.ndarray:
    """Return class probabilities of every lane, float32, shape (n_lanes, n_rows, n_classes)."""
    n_classes = lanes[0].n_classes
    params = [tf.constant(p) for p in stacked([lane.weights for lane in lanes], X.shape[1])]
    logits = logits_function(len(params) // 2)
    out = np.empty((len(lanes), len(X), n_classes), np.float32)
    chunk = max(1, CHUNK // max(1, X.shape[1]))
    for start in range(0, len(X), chunk):
        part = tf.constant(X[None, start : start + chunk], tf.float32)
        z = logits(params, part)
        p = tf.concat([tf.sigmoid(-z), tf.sigmoid(z)], 1) if n_classes == 2 else tf.nn.softmax(z, axis=1)
        out[:, start : start + chunk] = tf.transpose(p, [0, 2, 1]).numpy()
    return out


def warm_up() -> None:
    """Trace the graphs of the default network, so that a first run does not wait for it."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((64, 4)).astype(np.float32)
    settings = NetworkSettings(epochs=1)
    for n_classes in (2, 3):
        y = np.arange(64) % n_classes
        lanes = [Lane(np.arange(64), seed) for seed in (0, 1)]
        trained = train([Block(X, y, X, y)], [LaneTask(0, lane) for lane in lanes], settings, n_classes)
        predict(trained, X)
