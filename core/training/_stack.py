"""One stack of lanes: the networks of one architecture that take their steps together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import tensorflow as tf

from core.networks.trained import TrainedNetwork
from core.settings import TrainingSettings
from core.training._batches import LaneBatches
from core.training._graph import GraphKey, epoch_function, logits_function, validation_function
from core.training._model import Arrays, LaneModel, ModelKey, lane_model
from core.training._rows import Block, LaneTask, Rows
from core.training._schedule import factors
from core.training.cutting import CHUNK
from core.training.lane import Lane, LossTerms
from core.training.losses import Terms

# What the tracing of a graph costs, in operations that a core could have done.
_TRACING_FLOPS = 2e10
# How often a process uses a graph, at the least: every fold has stacks of the same sizes.
_USES_OF_A_GRAPH = 4
# What writing a number in a step costs, forward and backward, in operations of products.
_FLOPS_PER_FLOAT = 150


@dataclass(frozen=True)
class StackKey:
    """What lanes of one stack have in common.

    Parameters
    ----------
    graph : GraphKey
        Of a stack of one lane.
    steps : int
        Per epoch.
    """

    graph: GraphKey
    steps: int


def stack_key(task: LaneTask, blocks: Sequence[Block], settings: TrainingSettings, n_classes: int) -> StackKey:
    """Return what decides which lanes may share a stack."""
    block, loss = blocks[task.block], task.lane.loss
    own = task.settings or settings
    rows = len(block.y) - (0 if task.held_out is None else len(task.held_out))
    batch = min(own.batch_size, rows)
    outputs = 1 if n_classes == 2 else n_classes
    graph = GraphKey(
        ModelKey(task.network, block.X.shape[1], outputs),
        lanes=1,
        batch=batch,
        general=any(loss.gamma) or any(loss.clip) or loss.soft_f1 > 0,
        mixing=task.lane.mixup > 0,
        individual=task.settings is not None or own.clip_norm > 0,
        decayed=task.settings is not None or own.weight_decay > 0,
    )
    return StackKey(graph, -(-rows // batch))


def terms_of(lanes: Sequence[Lane], priors: np.ndarray, n_classes: int) -> Terms:
    """Return the lanes' loss terms, stacked.

    Parameters
    ----------
    priors : ndarray, shape (n_lanes, n_classes)
        Class shares that each lane trains under.
    """

    def by_class(values: Sequence[tuple[float, ...]]) -> np.ndarray:
        rows = [list(v) if v else [0.0] * n_classes for v in values]
        return np.asarray(rows, np.float32)[:, None, :]

    def single(values: Sequence[float]) -> np.ndarray:
        return np.asarray(values, np.float32)[:, None, None]

    losses: list[LossTerms] = [lane.loss for lane in lanes]
    return Terms(
        gamma=by_class([t.gamma for t in losses]),
        offset=by_class([t.offset for t in losses]),
        margin=by_class([t.margin for t in losses]),
        scale=single([t.scale for t in losses]),
        smoothing=single([t.smoothing for t in losses]),
        clip=by_class([t.clip for t in losses]),
        soft_f1=np.asarray([t.soft_f1 for t in losses], np.float32),
        prior=priors.astype(np.float32)[:, None, :],
        remix_kappa=single([lane.remix_kappa for lane in lanes]),
        remix_tau=single([lane.remix_tau for lane in lanes]),
    )


class Stack:
    """Lanes of one architecture in training.

    A stack has as many slots as its graph has lanes. A lane that stops leaves its slot idle: it learns from rows
    without weight until so few are left that a smaller graph is worth its tracing.

    Parameters
    ----------
    key : StackKey
    slots : int
        At least as many as there are lanes.
    rows : Rows
    blocks : sequence of Block
    tasks : sequence of LaneTask
        The lanes' own, in the stack's order.
    settings : TrainingSettings
        What all lanes have in common.
    n_classes : int
    """

    def __init__(
        self,
        key: StackKey,
        slots: int,
        rows: Rows,
        blocks: Sequence[Block],
        tasks: Sequence[LaneTask],
        settings: TrainingSettings,
        n_classes: int,
    ) -> None:
        self.tasks = tasks
        self._slots = np.concatenate([np.arange(len(tasks)), np.full(slots - len(tasks), -1)])
        self._lanes = [task.lane for task in tasks]
        self._rows, self._settings, self._n_classes = rows, settings, n_classes
        self._steps, self._batch = key.steps, key.graph.batch
        self._labels = [task.lane.labels(blocks[task.block].y) for task in tasks]
        self._positions = [rows.of(task) for task in tasks]
        self._batches = [
            LaneBatches(lane, y, n_classes, key.steps, key.graph.batch, settings.epochs)
            for lane, y in zip(self._lanes, self._labels, strict=True)
        ]
        mass = [task.lane.class_mass(blocks[task.block].y, n_classes) for task in tasks]
        priors = np.stack([by_class / by_class.sum() for by_class in mass])
        self._terms = terms_of(self._lanes, np.maximum(priors, 1e-9), n_classes)
        self._lane_keys = np.array(
            [np.random.default_rng([lane.seed, 2]).integers(-(2**31), 2**31) | 1 for lane in self._lanes], np.int32
        )
        self._validation_rows(mass)
        self._mask = np.stack([rows.varying(task) for task in tasks])
        self._graph = replace(key.graph, masked=bool((self._mask == 0).any()), lanes=slots)
        self.model_key = key.graph.model
        self._model: LaneModel = lane_model(key.graph.model)
        # The scale multiplies the bias too, which is the lane's own only after that.
        self._offset = np.stack([_first_bias(lane, key.graph.model.n_outputs) for lane in self._lanes])
        self._paces()
        self._start(blocks)
        self._arrange()

    def _validation_rows(self, mass: Sequence[np.ndarray]) -> None:
        found = [self._rows.validation(task) for task in self.tasks]
        shape = (len(found), max(len(y) for _, y in found))
        self._valid_rows = np.zeros(shape, np.int32)
        self._valid_labels = np.zeros(shape, np.int32)
        self._valid_weights = np.zeros(shape, np.float32)
        self._valid_sizes = [len(y) for _, y in found]
        for i, ((rows, y), by_class) in enumerate(zip(found, mass, strict=True)):
            counts = np.bincount(y, minlength=self._n_classes)
            weight = np.divide(by_class, counts, out=np.zeros(self._n_classes), where=counts > 0)[y]
            self._valid_rows[i, : len(y)] = rows
            self._valid_labels[i, : len(y)] = y
            self._valid_weights[i, : len(y)] = weight / max(weight.sum(), 1e-12) * shape[1]

    def _paces(self) -> None:
        """Set the learning rate and the decay of each step: (epochs, steps), and lanes where they are individual."""
        own = [task.settings or self._settings for task in self.tasks]
        if not self._graph.individual:
            own = own[:1]
        factor = np.stack([factors(each, self._steps) for each in own], axis=-1)
        rate = factor * np.array([each.learning_rate for each in own], np.float32)
        decay = factor * np.array([each.weight_decay / self._steps for each in own], np.float32)
        self._clip = np.array([each.clip_norm for each in own], np.float32)
        self._rate, self._decay = (rate, decay) if self._graph.individual else (rate[..., 0], decay[..., 0])
        self._beta_2 = tf.constant(own[0].beta_2, tf.float32)

    def _start(self, blocks: Sequence[Block]) -> None:
        adapted = {block: self._model.adapted(blocks[block].X) for block in {task.block for task in self.tasks}}
        weights: list[Arrays] = []
        for lane in self._filled:
            task = self.tasks[lane]
            initial = self._model.initial(task.lane.seed)
            weights.append(tuple(adapted[task.block].get(i, array) for i, array in enumerate(initial)))
        trainable, state = self._model.stacked(weights, [self._lanes[lane].seed for lane in self._filled])
        zeros = [np.zeros_like(p) for p in trainable]
        self._variables = [tf.Variable(p, trainable=False) for p in (*trainable, *zeros, *zeros, *state)]
        self._n = len(trainable)
        self._step = tf.Variable(0.0)
        self._read: list[tf.Tensor] | None = None

    @property
    def active(self) -> np.ndarray:
        """The lanes that still learn, by their places among the tasks."""
        return self._slots[self._slots >= 0]

    @property
    def _filled(self) -> np.ndarray:
        """A lane for every slot; idle ones repeat the first."""
        return np.maximum(self._slots, 0)

    @property
    def _current(self) -> list[tf.Tensor]:
        """The trainable variables and then the states, as they are now."""
        if self._read is None:
            self._read = [v.value() for v in (*self._variables[: self._n], *self._variables[3 * self._n :])]
        return self._read

    def epoch(self, epoch: int) -> np.ndarray:
        """Take an epoch of steps and return the active lanes' mean losses."""
        shape = (self._steps, len(self._slots), self._batch)
        rows = np.zeros(shape, np.int32)
        weights = np.zeros(shape, np.float32)
        mix = np.ones(shape if self._graph.mixing else (self._steps, 1, 1), np.float32)
        for slot in np.flatnonzero(self._slots >= 0):
            i = self._slots[slot]
            lane = self._lanes[i]
            drawn = self._batches[i].next()
            rows[:, slot] = self._positions[i][drawn.positions]
            weights[:, slot] = 1.0 if lane.sample_weight is None else lane.sample_weight[drawn.positions]
            if lane.loss.late_class_weight and epoch >= lane.late_epoch(self._settings.epochs):
                late = np.asarray(lane.loss.late_class_weight, np.float32)
                weights[:, slot] *= late[self._labels[i][drawn.positions]]
            if self._graph.mixing:
                mix[:, slot] = drawn.mix
        rates, decays, clip = self._rate[epoch], self._decay[epoch], self._clip
        if self._graph.individual:
            filled = self._filled
            rates, decays, clip = rates[:, filled], decays[:, filled], clip[filled]
        # Held on to, what was read before would have to be copied once more.
        self._read = None
        loss, self._read = self._take_epoch(
            self._variables, self._step, self._rows.X, self._rows.y, tf.constant(rows), tf.constant(weights),
            tf.constant(mix), *self._by_slot, tf.constant(rates), tf.constant(decays), tf.constant(clip), self._beta_2,
        )  # fmt: skip
        return np.asarray(loss)[self._slots >= 0]

    def validation_logits(self) -> tf.Tensor:
        """Return the active lanes' logits for the rows that they stop on, (lanes, rows, [members,] outputs)."""
        # Of all slots, so that it is one graph however many lanes are left.
        slots = len(self._slots)
        trainable, state = self._current[: self._n], self._current[self._n :]
        rows = self._valid_rows[self._filled]
        mask, offset = self._by_slot[:2]
        floats = self._rows.n_features + self.model_key.network.row_floats(*self._sides)
        chunk = max(1, int(CHUNK / (slots * floats)))
        parts = [
            self._logits(trainable, state, mask, offset, tf.gather(self._rows.X, rows[:, start : start + chunk]))
            for start in range(0, rows.shape[1], chunk)
        ]
        whole = parts[0] if len(parts) == 1 else tf.concat(parts, axis=1)
        used = np.flatnonzero(self._slots >= 0)
        return whole if len(used) == slots else tf.gather(whole, used)

    def validation_losses(self, logits: tf.Tensor) -> np.ndarray:
        """Return the active lanes' losses on the rows that they stop on."""
        return np.asarray(self._validate(logits, *self._validated))

    def validation_labels(self, lane: int) -> np.ndarray:
        """Return the labels of the rows that a lane stops on."""
        return self._valid_labels[lane, : self._valid_sizes[lane]]

    def networks(self, lanes: Sequence[int]) -> list[TrainedNetwork]:
        """Return the networks of active lanes, by their places among the tasks, as they are now."""
        places = [int(np.flatnonzero(self._slots == lane)[0]) for lane in lanes]
        weights = self._model.weights_of(self._current, places)
        return [self._network(lane, own) for lane, own in zip(lanes, weights, strict=True)]

    def _network(self, lane: int, weights: Arrays) -> TrainedNetwork:
        mask = self._mask[lane]
        return TrainedNetwork(
            self._model.architecture,
            weights,
            self._n_classes,
            None if mask.all() else mask,
            self._lanes[lane].loss.scale,
            tuple(self._offset[lane].tolist()) if self._offset[lane].any() else (),
            self._model.custom,
        )

    def leave(self, lanes: Sequence[int], epochs_left: int) -> None:
        """Let active lanes stop, and take to a smaller graph where that is worth its tracing.

        Parameters
        ----------
        epochs_left : int
            That the others may still train.
        """
        self._slots[np.isin(self._slots, lanes)] = -1
        self._shrink(epochs_left)
        self._arrange()

    def _shrink(self, epochs_left: int) -> None:
        used = np.flatnonzero(self._slots >= 0)
        if not len(used):
            return
        smaller = len(self._slots)
        while (size := min(smaller - 1, -(-3 * smaller // 4))) >= len(used):
            smaller = size
        network = self.model_key.network
        work = 3 * network.row_flops(*self._sides) + _FLOPS_PER_FLOAT * network.row_floats(*self._sides)
        saved = work * self._batch * self._steps * epochs_left * (len(self._slots) - smaller)
        if saved < _TRACING_FLOPS / _USES_OF_A_GRAPH:
            return
        keepers = np.concatenate([used, np.zeros(smaller - len(used), int)])
        self._slots = np.concatenate([self._slots[used], np.full(smaller - len(used), -1)])
        self._variables = [tf.Variable(tf.gather(v, keepers), trainable=False) for v in self._variables]
        self._read = None
        self._graph = replace(self._graph, lanes=smaller)

    @property
    def _sides(self) -> tuple[int, int]:
        return self.model_key.n_features, self.model_key.n_outputs

    def _arrange(self) -> None:
        """Set the graphs, and what they are given as long as no lane leaves."""
        # Asked for in every epoch, they would have to wait for another thread's tracing each time.
        self._take_epoch = epoch_function(self._graph)
        self._logits = logits_function(self.model_key, own_rows=True, lanes=len(self._slots))
        self._validate = validation_function(self.model_key, self._graph.general)
        filled = self._filled
        mask, offset = tf.constant(self._mask[filled]), tf.constant(self._offset[filled])
        terms = Terms(*(tf.constant(term[filled]) for term in self._terms))
        self._by_slot = (mask, offset, terms, tf.constant(self._lane_keys[filled]))
        active = self.active
        labels, weights = tf.constant(self._valid_labels[active]), tf.constant(self._valid_weights[active])
        self._validated = (labels, weights, Terms(*(tf.constant(term[active]) for term in self._terms)))


def _first_bias(lane: Lane, n_outputs: int) -> np.ndarray:
    if not lane.initial_bias:
        return np.zeros(n_outputs, np.float32)
    bias = [b / lane.loss.scale for b in lane.initial_bias]
    return np.asarray([bias[1] - bias[0]] if n_outputs == 1 else bias, np.float32)
