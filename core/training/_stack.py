"""One stack of lanes in training: the loop over epochs, early stopping and best weights."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from core.machine import usable_cores
from core.networks.dense import Weights, initial_weights, trained_dense
from core.networks.trained import TrainedNetwork
from core.plan import NetworkSettings
from core.training._batches import LaneBatches
from core.training._epochs import EpochCounter
from core.training._graph import GraphKey, Terms, epoch_function, logits_function, validation_function
from core.training.cutting import CHUNK, stacks_for
from core.training.lane import Lane, LossTerms, Synthetic

# How many stacks are trained at the same time.
CORES = usable_cores()


@dataclass(frozen=True, eq=False)
class Block:
    """The rows of one fold that training may see.

    Parameters
    ----------
    X : ndarray of float32, shape (n, n_features)
    y : ndarray of int64, shape (n,)
    X_valid : ndarray of float32, shape (m, n_features)
        For early stopping; no sampler touched them.
    y_valid : ndarray of int64, shape (m,)
    held_back : bool
        Whether the validation rows are others than the training rows; a table too small for it has the same.
    """

    X: np.ndarray
    y: np.ndarray
    X_valid: np.ndarray
    y_valid: np.ndarray
    held_back: bool = True


@dataclass(frozen=True, eq=False)
class LaneTask:
    """A lane and the block that its rows are positions in."""

    block: int
    lane: Lane


@dataclass(frozen=True, eq=False)
class TrainedLane:
    """One trained network.

    Parameters
    ----------
    weights : tuple of ndarray of float32
        kernel, bias, kernel, bias, ... of the best epoch, as Keras keeps them.
    train_loss, validation_loss : ndarray of float32, shape (epochs,)
    best_epoch : int
        Counted from 0.
    seconds : float
        This lane's share of its stack's time.
    n_classes : int
    """

    weights: Weights
    train_loss: np.ndarray
    validation_loss: np.ndarray
    best_epoch: int
    seconds: float
    n_classes: int

    @property
    def network(self) -> TrainedNetwork:
        """The network, as it is kept and exported."""
        return trained_dense(self.weights, self.n_classes)


class Rows:
    """One matrix of all rows that any lane sees, and where the rows of each block and sampler lie in it."""

    def __init__(self, blocks: Sequence[Block], tasks: Sequence[LaneTask]) -> None:
        self.n_features = max(block.X.shape[1] for block in blocks)
        synthetic = {id(t.lane.synthetic): t.lane.synthetic for t in tasks if t.lane.synthetic is not None}
        pieces = [(b.X, b.y) for b in blocks] + [(b.X_valid, b.y_valid) for b in blocks]
        pieces += [(s.X, s.y) for s in synthetic.values()]
        starts = np.cumsum([0] + [len(y) for _, y in pieces])
        X = np.zeros((starts[-1], self.n_features), np.float32)
        for (part, _), start in zip(pieces, starts, strict=False):
            X[start : start + len(part), : part.shape[1]] = part
        self.X = tf.constant(X)
        self.y = tf.constant(np.concatenate([y for _, y in pieces]), tf.int32)
        self.block_start = starts[: len(blocks)]
        self.valid_start = starts[len(blocks) : 2 * len(blocks)]
        self._synthetic_start = dict(zip(synthetic, starts[2 * len(blocks) :], strict=False))
        self._blocks = blocks
        self._ranges = {id(X): _range(X) for X in [*(b.X for b in blocks), *(s.X for s in synthetic.values())]}

    def of(self, task: LaneTask) -> np.ndarray:
        """Return the positions in the matrix of a lane's rows, int32."""
        own = task.lane.rows + self.block_start[task.block]
        synthetic: Synthetic | None = task.lane.synthetic
        if synthetic is not None:
            own = np.concatenate([own, self._synthetic_start[id(synthetic)] + np.arange(len(synthetic.y))])
        return own.astype(np.int32)

    def varying(self, task: LaneTask) -> np.ndarray:
        """Return 1 for each input that takes more than one value in a lane's rows, else 0, float32, (features, 1).

        Nothing can be learned from the others: a level that a bag lacks would act through its random start.
        """
        X, rows = self._blocks[task.block].X, task.lane.rows
        whole = len(rows) >= len(X) and np.bincount(rows, minlength=len(X)).all()
        low, high = self._ranges[id(X)] if whole else _range(X[rows])
        if task.lane.synthetic is not None:
            synthetic_low, synthetic_high = self._ranges[id(task.lane.synthetic.X)]
            low, high = np.minimum(low, synthetic_low), np.maximum(high, synthetic_high)
        varying = np.zeros((self.n_features, 1), np.float32)
        varying[: X.shape[1], 0] = low < high
        return varying


def _range(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return X.min(axis=0, initial=np.inf), X.max(axis=0, initial=-np.inf)


def _shape(block: Block, settings: NetworkSettings) -> tuple[int, int]:
    batch = min(settings.batch_size, len(block.y))
    return -(-len(block.y) // batch), batch


def _key(lane: Lane, settings: NetworkSettings, n_classes: int) -> GraphKey:
    loss = lane.loss
    general = any(loss.gamma) or loss.clip > 0 or loss.soft_f1 > 0
    return GraphKey(
        len(settings.hidden_layers) + 1, n_classes == 2, general, lane.mixup > 0, settings.dropout > 0
    )  # fmt: skip


def cut_into_stacks(
    blocks: Sequence[Block], tasks: Sequence[LaneTask], settings: NetworkSettings, n_classes: int
) -> list[list[int]]:
    """Cut the lanes into stacks: alike in graph and steps, and of a size that keeps a step in the cache."""
    alike: dict[tuple[GraphKey, tuple[int, int]], list[int]] = {}
    for i, task in enumerate(tasks):
        key = (_key(task.lane, settings, n_classes), _shape(blocks[task.block], settings))
        alike.setdefault(key, []).append(i)
    stacks: list[list[int]] = []
    for (_, (_, batch)), members in alike.items():
        widest = max([*settings.hidden_layers, max(block.X.shape[1] for block in blocks)])
        count = stacks_for(len(members), batch, widest, CORES)
        stacks += [list(part) for part in np.array_split(np.array(members), count)]
    # The longest first, so that the cores finish together.
    return sorted(stacks, key=len, reverse=True)


def stacked(weights: Sequence[Weights], n_features: int) -> list[np.ndarray]:
    """Return weights with a leading lane axis; kernels of narrower inputs are padded with zero rows."""
    params: list[np.ndarray] = []
    last = len(weights[0]) - 1
    for i in range(len(weights[0])):
        arrays = [w[i] for w in weights]
        if i == 0:
            arrays = [np.pad(a, ((0, n_features - a.shape[0]), (0, 0))) for a in arrays]
        stack = np.stack(arrays)
        if i == last:
            stack = stack[:, :, None]
        elif i % 2:
            stack = stack[:, None, :]
        params.append(stack)
    return params


def unstacked(params: Sequence[np.ndarray], n_features: int) -> Weights:
    """Return one lane's arrays in Keras' layout, without padding."""
    kernel = params[0][:n_features]
    rest = [p if i % 2 else p.reshape(-1) for i, p in enumerate(params[1:])]
    return (kernel.copy(), *(r.copy() for r in rest))


def terms_of(lanes: Sequence[Lane], priors: np.ndarray, n_classes: int) -> Terms:
    """Return the lanes' loss terms, stacked.

    Parameters
    ----------
    priors : ndarray, shape (n_lanes, n_classes)
        Class shares that each lane trains under.
    """

    def by_class(values: Sequence[tuple[float, ...]]) -> np.ndarray:
        rows = [list(v) if v else [0.0] * n_classes for v in values]
        return np.asarray(rows, np.float32)[:, :, None]

    def single(values: Sequence[float]) -> np.ndarray:
        return np.asarray(values, np.float32)[:, None, None]

    losses: list[LossTerms] = [lane.loss for lane in lanes]
    return Terms(
        gamma=by_class([t.gamma for t in losses]),
        offset=by_class([t.offset for t in losses]),
        margin=by_class([t.margin for t in losses]),
        scale=single([t.scale for t in losses]),
        smoothing=single([t.smoothing for t in losses]),
        clip=single([t.clip for t in losses]),
        soft_f1=single([t.soft_f1 for t in losses]),
        prior=priors.astype(np.float32)[:, :, None],
        remix_kappa=single([lane.remix_kappa for lane in lanes]),
        remix_tau=single([lane.remix_tau for lane in lanes]),
    )


class Stack:
    """One stack of lanes in training."""

    def __init__(
        self,
        rows: Rows,
        blocks: Sequence[Block],
        tasks: Sequence[LaneTask],
        members: Sequence[int],
        settings: NetworkSettings,
        n_classes: int,
        counter: EpochCounter,
    ) -> None:
        self._rows = rows
        self._settings = settings
        self._n_classes = n_classes
        self._counter = counter
        self._tasks = [tasks[i] for i in members]
        self._lanes = [task.lane for task in self._tasks]
        self._widths = [blocks[task.block].X.shape[1] for task in self._tasks]
        self._key = _key(self._lanes[0], settings, n_classes)
        self._steps, self._batch = _shape(blocks[self._tasks[0].block], settings)
        self._positions = [rows.of(task) for task in self._tasks]
        labels = [t.lane.labels(blocks[t.block].y) for t in self._tasks]
        self._labels = labels
        self._batches = [
            LaneBatches(lane, y, n_classes, self._steps, self._batch, settings.epochs)
            for lane, y in zip(self._lanes, labels, strict=True)
        ]
        mass = [task.lane.class_mass(blocks[task.block].y, n_classes) for task in self._tasks]
        priors = np.stack([by_class / by_class.sum() for by_class in mass])
        self._terms = terms_of(self._lanes, np.maximum(priors, 1e-9), n_classes)
        self._mask_key = np.array(
            [[[np.random.default_rng([lane.seed, 2]).integers(-(2**31), 2**31) | 1]] for lane in self._lanes], np.int32
        )
        self._set_validation(blocks)
        start = [
            # The scale multiplies the bias too, which is the lane's own only after that.
            initial_weights(
                width, settings.hidden_layers, n_classes, lane.seed, [b / lane.loss.scale for b in lane.initial_bias]
            )
            for width, lane in zip(self._widths, self._lanes, strict=True)
        ]
        params = stacked(start, rows.n_features)
        self._varying = np.stack([rows.varying(task) for task in self._tasks])
        params[0] *= self._varying
        zeros = [np.zeros_like(p) for p in params]
        self._state = [tf.Variable(p, shape=[None, None, None]) for p in (*params, *zeros, *zeros)]
        self._step = tf.Variable(0.0)

    def _set_validation(self, blocks: Sequence[Block]) -> None:
        sizes = [len(blocks[task.block].y_valid) for task in self._tasks]
        shape = (len(self._tasks), max(sizes))
        self._valid_rows = np.zeros(shape, np.int32)
        self._valid_labels = np.zeros(shape, np.int32)
        self._valid_weights = np.zeros(shape, np.float32)
        for i, (task, size) in enumerate(zip(self._tasks, sizes, strict=True)):
            y = blocks[task.block].y_valid
            mass = task.lane.class_mass(blocks[task.block].y, self._n_classes)
            counts = np.bincount(y, minlength=self._n_classes)
            weight = np.divide(mass, counts, out=np.zeros(self._n_classes), where=counts > 0)[y]
            self._valid_rows[i, :size] = self._rows.valid_start[task.block] + np.arange(size)
            self._valid_labels[i, :size] = y
            self._valid_weights[i, :size] = weight / max(weight.sum(), 1e-12) * shape[1]

    def train(self) -> list[TrainedLane]:
        """Train until every lane has stopped and return them in their order.

        Raises
        ------
        Stopped
            The run is to stop.
        """
        settings = self._settings
        epoch_graph = epoch_function(self._key)
        rate = tf.constant(settings.learning_rate, tf.float32)
        keep = tf.constant(1.0 - settings.dropout, tf.float32)
        n = len(self._lanes)
        active = np.arange(n)
        settled = [lane.settled_from(settings.epochs) for lane in self._lanes]
        best = np.full(n, np.inf)
        best_epoch = np.zeros(n, int)
        kept: list[Weights | None] = [None] * n
        losses = np.full((2, settings.epochs, n), np.nan, np.float32)
        seconds = np.zeros(n)
        for epoch in range(settings.epochs):
            began = time.perf_counter()
            rows, weights, mix = self._epoch_inputs(active, epoch)
            terms = Terms(*(tf.constant(t[active]) for t in self._terms))
            loss = epoch_graph(
                self._state, self._step, self._rows.X, self._rows.y, tf.constant(rows), tf.constant(weights),
                tf.constant(mix), terms, tf.constant(self._mask_key[active]),
                tf.constant(self._varying[active]), rate, keep,
            )  # fmt: skip
            losses[0, epoch, active] = loss.numpy()
            valid = self._validate(active, terms)
            losses[1, epoch, active] = valid
            going = np.ones(len(active), bool)
            for place, (lane, value) in enumerate(zip(active, valid, strict=True)):
                if epoch <= settled[lane] or value < best[lane] or kept[lane] is None or not settings.patience:
                    best[lane] = value if np.isfinite(value) else np.inf
                    best_epoch[lane] = epoch
                    if settings.patience or epoch == settings.epochs - 1:
                        kept[lane] = self._weights_of(place, int(lane))
                elif epoch - best_epoch[lane] >= settings.patience:
                    going[place] = False
            seconds[active] += (time.perf_counter() - began) / len(active) / CORES
            stopped = int((~going).sum())
            self._counter.advance(len(active) + stopped * (settings.epochs - epoch - 1))
            if stopped:
                active = active[going]
                if not len(active):
                    break
                keepers = np.flatnonzero(going)
                for variable in self._state:
                    variable.assign(tf.gather(variable, keepers))
        return [self._trained(i, losses[:, :, i], int(best_epoch[i]), kept[i], seconds[i]) for i in range(n)]

    def _epoch_inputs(self, active: np.ndarray, epoch: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        shape = (self._steps, len(active), self._batch)
        rows = np.empty(shape, np.int32)
        weights = np.ones(shape, np.float32)
        mix = np.ones(shape if self._key.mixing else (1, 1, 1), np.float32)
        for place, i in enumerate(active):
            lane = self._lanes[i]
            drawn = self._batches[i].next()
            rows[:, place] = self._positions[i][drawn.positions]
            if lane.sample_weight is not None:
                weights[:, place] = lane.sample_weight[drawn.positions]
            if lane.loss.late_class_weight and epoch >= lane.late_epoch(self._settings.epochs):
                late = np.asarray(lane.loss.late_class_weight, np.float32)
                weights[:, place] *= late[self._labels[i][drawn.positions]]
            if self._key.mixing:
                mix[:, place] = drawn.mix
        return rows, weights, mix

    def _validate(self, active: np.ndarray, terms: Terms) -> np.ndarray:
        params = [variable.value() for variable in self._state[: 2 * self._key.layers]]
        logits = logits_function(self._key.layers)
        rows = self._valid_rows[active]
        chunk = max(1, CHUNK // (len(active) * self._rows.n_features))
        parts = [
            logits(params, tf.gather(self._rows.X, rows[:, start : start + chunk]))
            for start in range(0, rows.shape[1], chunk)
        ]
        z = parts[0] if len(parts) == 1 else tf.concat(parts, axis=2)
        labels, weights = tf.constant(self._valid_labels[active]), tf.constant(self._valid_weights[active])
        return np.asarray(validation_function(self._key)(z, labels, weights, terms))

    def _weights_of(self, place: int, lane: int) -> Weights:
        arrays = [variable.value()[place].numpy() for variable in self._state[: 2 * self._key.layers]]
        # What was trained is the softmax of scaled logits; offset and margin are there in training only, by design.
        scale = np.float32(self._lanes[lane].loss.scale)
        arrays[-2:] = [array * scale for array in arrays[-2:]]
        return unstacked(arrays, self._widths[lane])

    def _trained(
        self, lane: int, losses: np.ndarray, best_epoch: int, weights: Weights | None, seconds: float
    ) -> TrainedLane:
        assert weights is not None
        ran = int(np.isfinite(losses[0]).sum()) if np.isnan(losses[0]).any() else losses.shape[1]
        return TrainedLane(weights, losses[0, :ran], losses[1, :ran], best_epoch, float(seconds), self._n_classes)
