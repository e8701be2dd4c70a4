"""The stacked trainer: many networks trained as lanes of a few stacks.

Lanes of one architecture are cut into stacks of a few lanes each. Every stack is trained by one thread with
single-threaded kernels, as many at once as there are cores: for products this small that is two to three times as
fast as kernels that share each product among the cores.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import tensorflow as tf

from core.networks.mlp import Mlp
from core.networks.trained import TrainedNetwork
from core.settings import TrainingSettings
from core.training._bundle import CORES, Bundle, Score, TrainedLane, probabilities
from core.training._epochs import EpochCounter, Report
from core.training._graph import logits_function
from core.training._model import ModelKey, lane_model
from core.training._rows import Block, LaneTask, Rows
from core.training._stack import Stack, StackKey, stack_key
from core.training.cutting import CHUNK, stacks_for
from core.training.lane import Lane, Stopped

__all__ = ["CORES", "Block", "LaneTask", "Score", "Stopped", "TrainedLane", "predict", "train", "warm_up"]


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
    settings: TrainingSettings,
    n_classes: int,
    *,
    report: Report | None = None,
    should_stop: Callable[[], bool] | None = None,
    score: Score | None = None,
) -> list[TrainedLane]:
    """Train all lanes and return them in the order of ``tasks``.

    A lane's result depends on its block, its own fields, its network and the settings, not on the lanes beside
    it. An epoch is ``ceil(n / batch_size)`` full batches for every lane of a block of n rows.
    A lane stops ``patience`` epochs after its lowest validation loss, leaves the stack, and keeps
    the weights of that epoch; the lanes of a group do so together. The validation loss is the lane's own loss on
    untouched rows that are weighed to the class shares that the lane trains under.

    Parameters
    ----------
    blocks : sequence of Block
    tasks : sequence of LaneTask
    settings : TrainingSettings
        Batch size, epochs and patience hold for all lanes.
    n_classes : int
    report : callable, optional
        Called with the share done, in [0, 1].
    should_stop : callable, optional
    score : callable, optional
        Takes the labels and class probabilities of a lane's validation rows; lanes keep the epoch with the highest
        score instead of the lowest loss.

    Raises
    ------
    Stopped
        ``should_stop`` returned True.

    See Also
    --------
    predict : What trained lanes say of rows.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((64, 2)).astype(np.float32)
    >>> block = Block(X, (X[:, 0] > 1).astype(int), X, (X[:, 0] > 1).astype(int))
    >>> tasks = [LaneTask(0, Lane(np.arange(64), seed), Mlp(hidden_layers=(4,))) for seed in (0, 1)]
    >>> trained = train([block], tasks, TrainingSettings(epochs=2), n_classes=2)
    >>> predict(trained, X).shape, len(trained[0].train_loss)
    ((2, 64, 2), 2)
    """
    if not tasks:
        return []
    rows = _rows_by_width(blocks, tasks)
    keys = [stack_key(task, blocks, settings, n_classes) for task in tasks]
    bundles = cut_into_bundles(tasks, keys)
    counter = EpochCounter(len(tasks) * settings.epochs, report, should_stop)
    trained: dict[int, TrainedLane] = {}
    slots = _slots(bundles, keys)

    def train_bundle(stacks: list[list[int]]) -> None:
        made = []
        for numbers in stacks:
            key, own = keys[numbers[0]], [tasks[i] for i in numbers]
            width = blocks[own[0].block].X.shape[1]
            made.append(Stack(key, slots[key, len(numbers)], rows[width], blocks, own, settings, n_classes))
        trained.update(Bundle(made, stacks, settings, counter, score).train())

    if len(bundles) == 1:
        train_bundle(bundles[0])
    else:
        with ThreadPoolExecutor(CORES) as pool:
            list(pool.map(train_bundle, bundles))
    return [trained[i] for i in range(len(tasks))]


def cut_into_bundles(tasks: Sequence[LaneTask], keys: Sequence[StackKey]) -> list[list[list[int]]]:
    """Cut the lanes into bundles of stacks: lanes that stop together are in one bundle, those of a stack are alike.

    Returns
    -------
    list of list of list of int
        Bundles, their stacks, and the numbers of the stacks' lanes; the longest bundle first, so that the cores
        finish together.
    """
    units: dict[tuple[str, int], list[int]] = {}
    for i, task in enumerate(tasks):
        units.setdefault(("lane", i) if task.group is None else ("group", task.group), []).append(i)
    alike: dict[tuple[tuple[StackKey, int], ...], list[list[int]]] = {}
    for members in units.values():
        kinds = sorted({keys[i] for i in members}, key=lambda key: next(n for n, k in enumerate(keys) if k == key))
        shape = tuple((kind, sum(keys[i] == kind for i in members)) for kind in kinds)
        alike.setdefault(shape, []).append(members)
    bundles: list[list[list[int]]] = []
    for shape, groups in alike.items():
        # A stack of a bundle holds as many lanes of its kind as the bundle's groups have.
        count = max(_count(len(groups) * lanes, kind) for kind, lanes in shape)
        for part in np.array_split(np.arange(len(groups)), min(count, len(groups))):
            members = [i for place in part for i in groups[place]]
            bundles.append([[i for i in members if keys[i] == kind] for kind, _ in shape])
    return sorted(bundles, key=lambda stacks: sum(map(len, stacks)), reverse=True)


def _slots(bundles: Sequence[list[list[int]]], keys: Sequence[StackKey]) -> dict[tuple[StackKey, int], int]:
    """Return the slots of stacks by key and number of lanes: stacks that differ by a lane share a graph."""
    sizes: dict[StackKey, set[int]] = {}
    for stacks in bundles:
        for numbers in stacks:
            sizes.setdefault(keys[numbers[0]], set()).add(len(numbers))
    return {(key, size): size + (size + 1 in own) for key, own in sizes.items() for size in own}


def _count(lanes: int, kind: StackKey) -> int:
    network, features, outputs = kind.graph.model.network, kind.graph.model.n_features, kind.graph.model.n_outputs
    return stacks_for(lanes, kind.graph.batch, network.row_floats(features, outputs), CORES)


def _rows_by_width(blocks: Sequence[Block], tasks: Sequence[LaneTask]) -> dict[int, Rows]:
    rows = {}
    for width in {block.X.shape[1] for block in blocks}:
        own = {number: block for number, block in enumerate(blocks) if block.X.shape[1] == width}
        rows[width] = Rows(own, [task for task in tasks if task.block in own])
    return rows


def predict(lanes: Sequence[TrainedLane], X: np.ndarray) -> np.ndarray:
    """Return class probabilities of every lane, float32, shape (n_lanes, n_rows, n_classes).

    Parameters
    ----------
    X : ndarray of float32, shape (n_rows, n_features)

    See Also
    --------
    train : Trains them.
    """
    out = np.empty((len(lanes), len(X), lanes[0].n_classes), np.float32)
    alike: dict[tuple[ModelKey, bool], list[int]] = {}
    for i, lane in enumerate(lanes):
        alike.setdefault((lane.model, lane.network.input_mask is not None), []).append(i)
    for (key, masked), members in alike.items():
        out[members] = _predict_alike(key, [lanes[i].network for i in members], X, masked)
    return out


def _predict_alike(key: ModelKey, networks: Sequence[TrainedNetwork], X: np.ndarray, masked: bool) -> np.ndarray:
    model, logits = lane_model(key), logits_function(key, own_rows=masked, lanes=len(networks))
    outputs = key.n_outputs
    scale = np.array([network.scale for network in networks], np.float32)
    offset = np.stack([np.asarray(network.offset or np.zeros(outputs), np.float32) for network in networks])
    mask = np.stack([np.ones(key.n_features) if n.input_mask is None else n.input_mask for n in networks])
    stacked = [
        [tf.constant(part) for part in kind]
        for kind in model.stacked([n.weights for n in networks], range(len(networks)))
    ]
    given = (*stacked, tf.constant(mask, tf.float32), tf.constant(offset))
    out = np.empty((len(networks), len(X), max(2, outputs)), np.float32)
    floats = key.n_features + key.network.row_floats(key.n_features, outputs)
    chunk = max(1, int(CHUNK / (floats * len(networks))))
    for start in range(0, len(X), chunk):
        rows = tf.constant(X[start : start + chunk], tf.float32)
        # Lanes that share all inputs share one product of the first layer.
        z = logits(*given, tf.tile(rows[None], [len(networks), 1, 1]) if masked else rows)
        z = z * tf.reshape(tf.constant(scale), [-1, *[1] * (z.shape.rank - 1)])
        out[:, start : start + chunk] = probabilities(z).numpy()
    return out


def warm_up() -> None:
    """Trace the graphs of the default network, so that a first run does not wait for it."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((64, 4)).astype(np.float32)
    for n_classes in (2, 3):
        y = np.arange(64) % n_classes
        tasks = [LaneTask(0, Lane(np.arange(64), seed), Mlp()) for seed in (0, 1)]
        predict(train([Block(X, y, X, y)], tasks, TrainingSettings(epochs=1), n_classes), X)
