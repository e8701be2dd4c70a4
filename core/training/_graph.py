"""The TensorFlow graphs of a stack: an epoch of steps, validation losses and probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import tensorflow as tf

from core.training._model import LaneModel, ModelKey, lane_model, made_once
from core.training.losses import Terms, binary_loss, by_partner, class_logits, mean_cross_entropy, mean_loss, remixed

BETA_1, EPSILON = 0.9, 1e-7  # keras.optimizers.AdamW's defaults

# AutoGraph would take a second of every process to rewrite Python control flow that these graphs do not have.
_graph = partial(tf.function, autograph=False)


@dataclass(frozen=True)
class GraphKey:
    """What needs a graph of its own; everything else is a tensor.

    The number of lanes and the rows per step belong to it: where shapes are known beforehand, a step has half as many
    operations, and for small networks operations are what takes time.

    Parameters
    ----------
    model : ModelKey
    lanes, batch : int
    general : bool
        Whether losses are more than weighed cross-entropy.
    mixing : bool
    masked : bool
        Whether any lane has inputs that do not vary in its rows.
    individual : bool
        Whether learning rate and decay differ between lanes, or gradients are clipped.
    decayed : bool
    """

    model: ModelKey
    lanes: int
    batch: int
    general: bool = False
    mixing: bool = False
    masked: bool = False
    individual: bool = False
    decayed: bool = False


def _called_flat(function):  # type: ignore[no-untyped-def]
    """Return a traced function as one that takes its arguments as they are.

    TensorFlow binds and casts each of thirty arguments anew in every call, which takes a millisecond, while other
    threads wait for the interpreter. The arguments here have the shapes and types that were traced.
    """
    captured = list(function.captured_inputs)

    def call(*given):  # type: ignore[no-untyped-def]
        flat = [getattr(each, "handle", each) for each in tf.nest.flatten(given)]
        return function.inference_fn.call_preflattened([*flat, *captured])

    return call


def _spec(*shape: int | None, dtype: tf.DType = tf.float32) -> tf.TensorSpec:
    return tf.TensorSpec(shape, dtype)


def _stacked_specs(variables: list, lanes: int) -> list[tf.TensorSpec]:  # type: ignore[type-arg]
    return [tf.TensorSpec([lanes, *v.shape], v.dtype) for v in variables]


def _terms_spec(n_classes: int, lanes: int | None = None) -> Terms:
    by_class, single = _spec(lanes, 1, n_classes), _spec(lanes, 1, 1)
    return Terms(by_class, by_class, by_class, single, single, by_class, _spec(lanes), by_class, single, single)


def _n_classes(key: ModelKey) -> int:
    return max(2, key.n_outputs)


def _as_rows(logits: tf.Tensor, *by_row: tf.Tensor) -> tuple[tf.Tensor, ...]:
    """Return class logits (lanes, rows, classes), and what is known of each row, once for every member inside."""
    logits = class_logits(logits)
    if logits.shape.rank == 3:
        return logits, *by_row
    lanes = tf.shape(logits)[0] if logits.shape[0] is None else logits.shape[0]
    flat = tf.reshape(logits, [lanes, -1, logits.shape[3]])
    return flat, *(tf.repeat(each, logits.shape[2], axis=1) for each in by_row)


def _flat(outputs: tf.Tensor, *by_row: tf.Tensor) -> tuple[tf.Tensor, ...]:
    """Return the single outputs (lanes, rows), and what is known of each row, once for every member inside."""
    flat = tf.reshape(outputs, [outputs.shape[0], -1])
    return flat, *(each if outputs.shape.rank == 3 else tf.repeat(each, outputs.shape[2], axis=1) for each in by_row)


class _Step:
    """One optimizer step of every lane of a stack, as part of a graph."""

    def __init__(self, key: GraphKey) -> None:
        self._key = key
        self._model: LaneModel = lane_model(key.model)
        self._classes = _n_classes(key.model)
        # Most lanes: the label itself is then the target.
        self._short = key.model.n_outputs == 1 and not key.general and not key.mixing

    def batch(self, X, y, rows, weights, mix, mask, terms):  # type: ignore[no-untyped-def]
        x, labels = tf.gather(X, rows), tf.gather(y, rows)
        one_hot = tf.cast(labels, tf.float32) if self._short else tf.one_hot(labels, self._classes)
        if self._key.masked:
            x = x * mask[:, None, :]
        if self._key.mixing:
            share = remixed(mix, one_hot, terms)
            x = x * mix[..., None] + tf.roll(x, 1, axis=1) * (1.0 - mix[..., None])
            one_hot, weights = by_partner(one_hot, weights, share)
        return x, one_hot, weights

    def loss(self, trainable, state, batch, terms, offset, lane_keys, step):  # type: ignore[no-untyped-def]
        x, one_hot, weights = batch
        logits, new_state, penalties = self._model.forward(trainable, state, x, lane_keys, step)
        logits = logits + offset
        if self._key.mixing:
            logits = tf.concat([logits, logits], axis=1)
        if self._short:
            z, positive, weights = _flat(logits, one_hot, weights)
            loss = binary_loss(z, positive, weights, terms)
        else:
            logits, one_hot, weights = _as_rows(logits, one_hot, weights)
            loss = (mean_loss if self._key.general else mean_cross_entropy)(logits, one_hot, weights, terms)
        return loss, loss if penalties is None else loss + penalties, new_state

    def update(self, trainable, first, second, gradients, step, rate, decay, clip, beta_2):  # type: ignore[no-untyped-def]
        """Take an AdamW step: ``rate`` and ``decay`` are scalars, or one per lane where they are individual."""
        powers = tf.pow(BETA_1, step), tf.pow(beta_2, step)
        if self._key.individual:
            norm = tf.sqrt(sum(tf.reduce_sum(g * g, axis=list(range(1, g.shape.rank))) for g in gradients))
            shrink = tf.where(clip > 0, tf.minimum(1.0, clip / tf.maximum(norm, 1e-12)), 1.0)
        for variable, m, v, g, decays in zip(trainable, first, second, gradients, self._model.decays, strict=True):
            wide = [-1, *[1] * (g.shape.rank - 1)]
            if self._key.decayed and decays:
                left = 1.0 - (tf.reshape(decay, wide) if self._key.individual else decay)
                variable.assign(variable.read_value() * left)
            if self._key.individual:
                g = g * tf.reshape(shrink, wide)
                m.assign(BETA_1 * m.read_value() + (1.0 - BETA_1) * g)
                v.assign(beta_2 * v.read_value() + (1.0 - beta_2) * g * g)
                size = tf.reshape(rate, wide) * tf.sqrt(1.0 - powers[1]) / (1.0 - powers[0])
                variable.assign_sub(size * m.read_value() / (tf.sqrt(v.read_value()) + EPSILON))
            else:
                tf.raw_ops.ResourceApplyAdam(
                    var=variable.handle, m=m.handle, v=v.handle, beta1_power=powers[0], beta2_power=powers[1],
                    lr=rate, beta1=BETA_1, beta2=beta_2, epsilon=EPSILON, grad=g,
                )  # fmt: skip


@made_once(128)
def epoch_function(key: GraphKey):  # type: ignore[no-untyped-def]
    """Return the traced function that runs one epoch of a stack in place.

    It takes the stacked variables (trainable, first and second moments, state), the step, the rows, and what an epoch
    draws, and returns the lanes' mean losses and the variables' values (trainable, state).
    """
    model = lane_model(key.model)
    one = _Step(key)
    n = len(model.trainable)

    def epoch(variables, step, X, y, rows, weights, mix, mask, offset, terms, keys, rates, decays, clip, beta_2):  # type: ignore[no-untyped-def]
        trainable, first, second, state = (
            variables[:n],
            variables[n : 2 * n],
            variables[2 * n : 3 * n],
            variables[3 * n :],
        )
        steps = tf.shape(rows)[0]
        offset = tf.reshape(offset, [key.lanes, *[1] * (len(model.model.output_shape) - 1), offset.shape[1]])

        def one_step(i, total):  # type: ignore[no-untyped-def]
            batch = one.batch(X, y, rows[i], weights[i], mix[i], mask, terms)
            values = [variable.read_value() for variable in trainable]
            loss, minimised, new_state = one.loss(
                values, [v.read_value() for v in state], batch, terms, offset, keys, tf.cast(step, tf.int32)
            )
            # Not by a GradientTape, which would not see the slopes of lane-aware layers.
            gradients = tf.gradients(minimised, values, unconnected_gradients=tf.UnconnectedGradients.ZERO)
            gradients = [tf.convert_to_tensor(g) for g in gradients]
            step.assign_add(1.0)
            one.update(trainable, first, second, gradients, step, rates[i], decays[i], clip, beta_2)
            for variable, new in zip(state, new_state, strict=True):
                variable.assign(new)
            return i + 1, total + loss

        start = (tf.constant(0), tf.zeros([key.lanes]))
        _, total = tf.while_loop(lambda i, _: i < steps, one_step, start)
        # What the variables are by then: read here, they need no reading one by one.
        now = [variable.read_value() for variable in (*trainable, *state)]
        return total / tf.cast(steps, tf.float32), now

    def stacked(of) -> list[tf.Variable]:  # type: ignore[no-untyped-def]
        return [tf.Variable(tf.zeros([key.lanes, *v.shape], v.dtype), trainable=False) for v in of]

    features, outputs, lanes = key.model.n_features, key.model.n_outputs, key.lanes
    by_step = (None, lanes) if key.individual else (None,)
    rows = (None, lanes, key.batch)
    traced = _graph(epoch).get_concrete_function(
        [*stacked(model.trainable * 3), *stacked(model.state)],
        tf.Variable(0.0),
        _spec(None, features),
        _spec(None, dtype=tf.int32),
        _spec(*rows, dtype=tf.int32),
        _spec(*rows),
        _spec(*rows) if key.mixing else _spec(None, 1, 1),
        _spec(lanes, features),
        _spec(lanes, outputs),
        _terms_spec(_n_classes(key.model), lanes),
        _spec(lanes, dtype=tf.int32),
        _spec(*by_step),
        _spec(*by_step),
        _spec(lanes if key.individual else 1),
        _spec(),
    )
    return _called_flat(traced)


@made_once(128)
def logits_function(key: ModelKey, own_rows: bool, lanes: int):  # type: ignore[no-untyped-def]
    """Return the traced function from weights and rows to logits (lanes, rows, [members,] outputs).

    Rows are (lanes, rows, features) where lanes have rows of their own, else (rows, features). For any number of lanes
    a graph would have three times as many operations, and take as many times longer to trace.
    """
    model = lane_model(key)

    def logits(trainable, state, mask, offset, X):  # type: ignore[no-untyped-def]
        if own_rows:
            X = X * mask[:, None, :]
        z, _, _ = model.forward(trainable, state, X)
        return z + tf.reshape(offset, [-1, *[1] * (z.shape.rank - 2), offset.shape[1]])

    rows = _spec(lanes, None, key.n_features) if own_rows else _spec(None, key.n_features)
    traced = _graph(logits).get_concrete_function(
        _stacked_specs(model.trainable, lanes), _stacked_specs(model.state, lanes), _spec(lanes, key.n_features),
        _spec(lanes, key.n_outputs), rows,
    )  # fmt: skip
    return _called_flat(traced)


@made_once(128)
def validation_function(key: ModelKey, general: bool):  # type: ignore[no-untyped-def]
    """Return the traced function from logits, labels and row weights (lanes, rows) to losses (lanes,)."""
    model, classes = lane_model(key), _n_classes(key)

    def validate(logits, labels, weights, terms):  # type: ignore[no-untyped-def]
        logits, one_hot, weights = _as_rows(logits, tf.one_hot(labels, classes), weights)
        return (mean_loss if general else mean_cross_entropy)(logits, one_hot, weights, terms)

    shape = [None, None, *model.model.output_shape[1:]]
    traced = _graph(validate).get_concrete_function(
        tf.TensorSpec(shape, tf.float32), _spec(None, None, dtype=tf.int32), _spec(None, None), _terms_spec(classes)
    )
    return _called_flat(traced)
