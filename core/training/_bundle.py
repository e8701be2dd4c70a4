"""A bundle of stacks that one thread trains: the loop over epochs, early stopping and best weights."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from core.machine import usable_cores
from core.networks.trained import TrainedNetwork
from core.settings import TrainingSettings
from core.training._epochs import EpochCounter
from core.training._model import ModelKey
from core.training._stack import Stack

# How many bundles are trained at the same time.
CORES = usable_cores()

#: Takes labels and class probabilities (rows, classes) and returns a score, of which more is better.
Score = Callable[[np.ndarray, np.ndarray], float]


@dataclass(frozen=True, eq=False)
class TrainedLane:
    """One trained network.

    Parameters
    ----------
    network : TrainedNetwork
        With the weights of the best epoch.
    model : ModelKey
        What it was built of.
    train_loss, validation_loss : ndarray of float32, shape (epochs,)
    best_epoch : int
        Counted from 0.
    seconds : float
        This lane's share of its stack's time.
    diverged : int or None
        The epoch, counted from 0, in which its loss was no number any more; it has the weights of an epoch before.

    See Also
    --------
    core.training.lanes.train : Returns one per lane.
    """

    network: TrainedNetwork
    model: ModelKey
    train_loss: np.ndarray
    validation_loss: np.ndarray
    best_epoch: int
    seconds: float
    diverged: int | None = None

    @property
    def n_classes(self) -> int:
        return self.network.n_classes

    @property
    def weights(self) -> tuple[np.ndarray, ...]:
        """The network's weights, in Keras' order."""
        return self.network.weights


class _Course:
    """How one lane, or a group of lanes that stop together, has fared."""

    def __init__(self, members: Sequence[int], settled: int, patience: int) -> None:
        self.members = list(members)
        self.best = np.inf
        self.best_epoch = 0
        self._settled, self._patience = settled, patience
        self._any = False

    def improves(self, epoch: int, value: float) -> bool:
        """Return whether the epoch's weights are to be kept, and remember it where they are."""
        if not np.isfinite(value):
            return False
        if epoch <= self._settled or value < self.best or not self._any or not self._patience:
            self.best, self.best_epoch, self._any = value, epoch, True
            return True
        return False

    def over(self, epoch: int) -> bool:
        """Return whether no better epoch came for as long as patience lasts."""
        return bool(self._patience) and epoch - self.best_epoch >= self._patience


class Bundle:
    """Stacks whose lanes, or some of them, stop together.

    Parameters
    ----------
    stacks : sequence of Stack
    places : sequence of sequence of int
        For each stack, the numbers of its lanes among all tasks.
    settings : TrainingSettings
    counter : EpochCounter
    score : callable, optional
        What early stopping goes by instead of the loss.
    """

    def __init__(
        self,
        stacks: Sequence[Stack],
        places: Sequence[Sequence[int]],
        settings: TrainingSettings,
        counter: EpochCounter,
        score: Score | None = None,
    ) -> None:
        self._stacks, self._places = list(stacks), [list(each) for each in places]
        self._settings, self._counter, self._score = settings, counter, score
        self._lanes = [number for numbers in self._places for number in numbers]
        self._losses = {number: np.full((2, settings.epochs), np.nan, np.float32) for number in self._lanes}
        self._seconds = dict.fromkeys(self._lanes, 0.0)
        self._kept: dict[int, TrainedNetwork] = {}
        self._diverged: dict[int, int] = {}
        self._courses = self._grouped()

    def _grouped(self) -> list[_Course]:
        groups: dict[tuple[str, int], list[int]] = {}
        settled: dict[int, int] = {}
        for stack, numbers in zip(self._stacks, self._places, strict=True):
            for task, number in zip(stack.tasks, numbers, strict=True):
                key = ("lane", number) if task.group is None else ("group", task.group)
                groups.setdefault(key, []).append(number)
                settled[number] = task.lane.settled_from(self._settings.epochs)
        patience = self._settings.patience
        return [_Course(members, max(settled[m] for m in members), patience) for members in groups.values()]

    def train(self) -> dict[int, TrainedLane]:
        """Train until every lane has stopped and return them by their number.

        Raises
        ------
        Stopped
            The run is to stop.
        """
        going = list(self._courses)
        for epoch in range(self._settings.epochs):
            values = self._epoch(epoch)
            ended: set[int] = set()
            improved: list[int] = []
            for course in list(going):
                better, over = self._judge(course, epoch, values)
                improved += better
                ended |= over
                if all(member in ended or member not in values for member in course.members):
                    going.remove(course)
            # All at once: a stack's variables are read as a whole.
            self._keep(improved)
            active = sum(len(stack.active) for stack in self._stacks)
            self._counter.advance(active + len(ended) * (self._settings.epochs - epoch - 1))
            if not going:
                break
            self._let_go(ended, self._settings.epochs - epoch - 1)
        return {number: self._trained(number) for number in self._lanes}

    def _epoch(self, epoch: int) -> dict[int, float]:
        """Train one epoch and return what every active lane is judged by: less is better."""
        values: dict[int, float] = {}
        for stack, numbers in zip(self._stacks, self._places, strict=True):
            if not len(stack.active):
                continue
            began = time.perf_counter()
            train_losses = stack.epoch(epoch)
            logits = stack.validation_logits()
            losses = stack.validation_losses(logits)
            judged = losses if self._score is None else self._scores(stack, logits)
            took = (time.perf_counter() - began) / len(stack.active) / CORES
            for place, lane in enumerate(stack.active):
                number = numbers[lane]
                self._losses[number][:, epoch] = train_losses[place], losses[place]
                self._seconds[number] += took
                finite = np.isfinite(train_losses[place]) and np.isfinite(losses[place])
                values[number] = float(judged[place]) if finite else np.nan
        return values

    def _scores(self, stack: Stack, logits: tf.Tensor) -> np.ndarray:
        assert self._score is not None
        p = np.asarray(probabilities(logits))
        scores = []
        for place, lane in enumerate(stack.active):
            y = stack.validation_labels(int(lane))
            scores.append(-self._score(y, p[place, : len(y)]))
        return np.asarray(scores)

    def _judge(self, course: _Course, epoch: int, values: dict[int, float]) -> tuple[list[int], set[int]]:
        """Return the lanes of a course whose weights of this epoch are to be kept, and those that end with it."""
        alive = [member for member in course.members if member in values]
        broken = {member for member in alive if np.isnan(values[member])}
        self._diverged |= dict.fromkeys(broken, epoch)
        whole = [values[member] for member in alive if member not in broken]
        last = epoch == self._settings.epochs - 1
        improves = bool(whole) and course.improves(epoch, float(np.mean(whole))) and (self._settings.patience or last)
        kept = [member for member in alive if member not in broken] if improves else []
        return kept, set(alive) if not whole or course.over(epoch) else broken

    def _keep(self, members: Sequence[int]) -> None:
        wanted = set(members)
        for stack, numbers in zip(self._stacks, self._places, strict=True):
            lanes = [int(lane) for lane in stack.active if numbers[lane] in wanted]
            if lanes:
                self._kept |= {numbers[lane]: net for lane, net in zip(lanes, stack.networks(lanes), strict=True)}

    def _let_go(self, ended: set[int], epochs_left: int) -> None:
        self._keep([number for number in ended if number not in self._kept])
        for stack, numbers in zip(self._stacks, self._places, strict=True):
            leaving = [int(lane) for lane in stack.active if numbers[lane] in ended]
            if leaving:
                stack.leave(leaving, epochs_left)

    def _trained(self, number: int) -> TrainedLane:
        if number not in self._kept:
            self._keep([number])
        losses = self._losses[number]
        ran = self._settings.epochs - int(np.isnan(losses[1][::-1]).cumprod().sum())
        if number in self._diverged:
            ran = self._diverged[number] + 1
        course = next(course for course in self._courses if number in course.members)
        return TrainedLane(
            self._kept[number], self._model_of(number), losses[0, :ran], losses[1, :ran], course.best_epoch,
            self._seconds[number], self._diverged.get(number),
        )  # fmt: skip

    def _model_of(self, number: int) -> ModelKey:
        return next(s.model_key for s, numbers in zip(self._stacks, self._places, strict=True) if number in numbers)


def probabilities(logits: tf.Tensor) -> tf.Tensor:
    """Return class probabilities (lanes, rows, classes) of logits (lanes, rows, [members,] outputs)."""
    p = tf.concat([tf.sigmoid(-logits), tf.sigmoid(logits)], -1) if logits.shape[-1] == 1 else tf.nn.softmax(logits)
    return p if p.shape.rank == 3 else tf.reduce_mean(p, axis=2)
