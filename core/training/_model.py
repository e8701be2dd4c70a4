"""A Keras model whose variables have a leading lane axis."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, wraps
from threading import RLock
from typing import ParamSpec, TypeVar

import keras
import numpy as np
import tensorflow as tf

from core.networks.base import Network
from core.networks.trained import custom_classes
from core.training._random import drawing, lane_aware

# Of initial weights that a model keeps for further lanes.
_KEPT_NUMBERS = 1_000_000

Arrays = tuple[np.ndarray, ...]
P = ParamSpec("P")
R = TypeVar("R")

# Keras draws initial weights and names layers from states that the whole process shares.
_BUILDING = RLock()


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Build with a seed, and leave the random states of Python and NumPy as they were."""
    with _BUILDING:
        python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
        keras.utils.set_random_seed(int(np.random.SeedSequence([seed, 0]).generate_state(1)[0] >> 1))
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)  # noqa: NPY002


def made_once(most: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Keep what a function returns, as ``lru_cache`` does, but let no two threads make the same at the same time."""

    def decorated(make: Callable[P, R]) -> Callable[P, R]:
        kept = lru_cache(maxsize=most)(make)

        @wraps(make)
        def asked(*args: P.args, **kwargs: P.kwargs) -> R:
            with _BUILDING:
                return kept(*args, **kwargs)  # type: ignore[arg-type]

        return asked

    return decorated


@dataclass(frozen=True)
class ModelKey:
    """What decides a model, apart from its weights."""

    network: Network
    n_features: int
    n_outputs: int


class LaneModel:
    """One network as a function of stacked weights.

    Parameters
    ----------
    key : ModelKey
    """

    def __init__(self, key: ModelKey) -> None:
        self.key = key
        with _seeded(0):
            self._built = key.network.build(key.n_features, key.n_outputs)
            self.model = lane_aware(self._built)
            self.architecture = self._built.to_json()
            self._fresh = self._built.get_weights()
        self.custom = custom_classes(self._built)
        self.trainable = list(self.model.trainable_variables)
        self.state = list(self.model.non_trainable_variables)
        places = {id(variable): place for place, variable in enumerate((*self.trainable, *self.state))}
        # Where each weight, in Keras' order, is among the trainable and then the other variables.
        self.order = [places[id(weight)] for weight in self.model.weights]
        self.decays = [_is_kernel(self.model, variable) for variable in self.trainable]
        self.regularised = bool(self.model.losses)
        # Lanes of a fold mostly share a seed, and members at the same place of two ensembles do.
        numbers = sum(weights.size for weights in self._fresh)
        self.initial = lru_cache(maxsize=max(4, min(64, _KEPT_NUMBERS // max(1, numbers))))(self._initial)

    def _initial(self, seed: int) -> Arrays:
        """Return freshly drawn weights, in Keras' order."""
        with _BUILDING:
            return tuple(self.key.network.initial_weights(self._built, seed))

    def adapted(self, X: np.ndarray) -> dict[int, np.ndarray]:
        """Return the weights that come from training rows, by their place in Keras' order."""
        if type(self.key.network).adapt is Network.adapt:
            return {}
        with _BUILDING:
            # What other rows, or the same in another stack, left behind must not hide what these rows set.
            self._built.set_weights(self._fresh)
            self.key.network.adapt(self._built, X)
            after = self._built.get_weights()
        pairs = zip(self._fresh, after, strict=True)
        return {i: new for i, (old, new) in enumerate(pairs) if not np.array_equal(old, new)}

    def stacked(self, weights: Sequence[Arrays], seeds: Sequence[int]) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Return the lanes' trainable variables and states with a leading lane axis.

        Parameters
        ----------
        weights : sequence of tuple of ndarray
            In Keras' order, lane by lane.
        seeds : sequence of int
            For seeds that a model keeps beside its weights.
        """
        places = {place: at for at, place in enumerate(self.order)}
        stacks: list[np.ndarray] = []
        for place, variable in enumerate((*self.trainable, *self.state)):
            if place in places:
                stacks.append(np.stack([lane[places[place]] for lane in weights]))
            else:
                dtype = np.dtype(variable.dtype)
                draws = [np.random.default_rng([seed, 3, place]).integers(0, 2**31, variable.shape) for seed in seeds]
                stacks.append(np.stack(draws).astype(dtype))
        return stacks[: len(self.trainable)], stacks[len(self.trainable) :]

    def weights_of(self, values: Sequence[tf.Tensor], places: Sequence[int]) -> list[Arrays]:
        """Return the weights of some lanes in Keras' order, from the stacked values, trainable ones first."""
        whole = [values[at].numpy() for at in self.order]
        return [tuple(stacked[place].copy() for stacked in whole) for place in places]

    def forward(
        self,
        trainable: Sequence[tf.Tensor],
        state: Sequence[tf.Tensor],
        X: tf.Tensor,
        keys: tf.Tensor | None = None,
        step: tf.Tensor | None = None,
    ) -> tuple[tf.Tensor, list[tf.Tensor], tf.Tensor | None]:
        """Return logits (lanes, rows, [members,] outputs), the new state, and penalties (lanes,) where there are any.

        Parameters
        ----------
        trainable, state : sequence of tensor
            Every variable, stacked.
        X : tensor
            (lanes, rows, features), or (rows, features) for all lanes.
        keys, step : tensor, optional
            The lanes' keys for random layers and the step, in training.
        """
        training = keys is not None
        own_rows = X.shape.rank == 3

        def one_lane(given: tuple) -> tuple:  # type: ignore[type-arg]
            own_trainable, own_state, own_key, x = given
            with drawing(own_key, step):
                out = self.model.stateless_call(
                    own_trainable, own_state, x if own_rows else X, training=training, return_losses=self.regularised
                )
            penalty = tf.add_n([tf.reduce_sum(each) for each in out[2]]) if self.regularised else tf.zeros([])
            return out[0], out[1], penalty

        lanes = trainable[0].shape[0] or tf.shape(trainable[0])[0]
        given = (
            list(trainable),
            list(state),
            tf.ones([lanes], tf.int32) if keys is None else keys,
            X if own_rows else tf.zeros([lanes]),
        )
        logits, new_state, penalties = tf.vectorized_map(one_lane, given)
        return logits, list(new_state), penalties if self.regularised else None


def _is_kernel(model: keras.Model, variable: keras.Variable) -> bool:
    other = any(part in variable.path for part in ("embedding", "bias"))  # held by a dense layer, as TabM's are
    return variable.name == "kernel" and len(variable.shape) > 1 and not other


@made_once(64)
def lane_model(key: ModelKey) -> LaneModel:
    """Return the model of a key, the same one each time, so that its graphs are traced once."""
    return LaneModel(key)
