"""The TensorFlow graphs of a stack: an epoch of steps, and probabilities. Every weight has a leading lane axis.

Logits are laid out (lanes, outputs, rows), rows last, so that the class axis, often of length 2 or 3,
is never the one that the kernels vectorise over. Two classes have one output and a sigmoid.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import NamedTuple

import tensorflow as tf

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7  # keras.optimizers.Adam's defaults


@dataclass(frozen=True)
class GraphKey:
    """What needs a graph of its own; everything else is a tensor."""

    layers: int
    binary: bool
    general_loss: bool
    mixing: bool
    dropout: bool


class Terms(NamedTuple):
    """Per-lane loss terms as tensors; class axes have one entry per class.

    Shapes: gamma, offset, margin and prior (lanes, classes, 1); the others (lanes, 1, 1).
    """

    gamma: tf.Tensor
    offset: tf.Tensor
    margin: tf.Tensor
    scale: tf.Tensor
    smoothing: tf.Tensor
    clip: tf.Tensor
    soft_f1: tf.Tensor
    prior: tf.Tensor
    remix_kappa: tf.Tensor
    remix_tau: tf.Tensor


def smoothed(hard: tf.Tensor, smoothing: tf.Tensor) -> tf.Tensor:
    """Return one-hot targets (lanes, classes, rows) with label smoothing."""
    return hard * (1.0 - smoothing) + smoothing / tf.cast(tf.shape(hard)[1], tf.float32)


def two_class_shift(terms: Terms) -> tuple[tf.Tensor, tf.Tensor]:
    """Return shifts of the single logit of two classes (lanes, 1, 1): one always added, one subtracted if positive."""
    offset, margin = terms.offset, terms.margin
    return offset[:, 1:] - offset[:, :1] + margin[:, :1], margin[:, 1:] + margin[:, :1]


def shifted(logits: tf.Tensor, hard: tf.Tensor, terms: Terms, binary: bool) -> tf.Tensor:
    """Return scale · (z + offset - margin of the true class), in the layout of ``logits``."""
    if binary:
        base, lean = two_class_shift(terms)
        return terms.scale * (logits + (base - lean * hard[:, 1:]))
    return terms.scale * (logits + terms.offset - terms.margin * hard)


def row_losses(z: tf.Tensor, targets: tf.Tensor, terms: Terms, binary: bool) -> tuple[tf.Tensor, tf.Tensor]:
    """Return each row's loss (lanes, 1, rows) and class probabilities (lanes, classes, rows).

    The loss is the sum over classes of ``t_c (1 - p_c)^gamma_c (-log p_c)``; for a hard target that is
    Lin et al.'s focal loss, and with ``clip`` Ridnik et al.'s asymmetric loss.
    """
    if binary:
        log_p = tf.concat([tf.math.log_sigmoid(-z), tf.math.log_sigmoid(z)], axis=1)
        log_other = log_p[:, ::-1]
        positive = tf.maximum(tf.exp(log_p[:, 1:]) - terms.clip, 1e-7)
        clipped = terms.clip > 0
        log_p0 = tf.where(clipped, tf.math.log1p(-tf.minimum(positive, 1.0 - 1e-6)), log_p[:, :1])
        log_p1 = tf.where(clipped, tf.math.log(positive), log_other[:, :1])
        focus = terms.gamma * tf.concat([log_p1, log_other[:, 1:]], axis=1)
        used = tf.concat([log_p0, log_p[:, 1:]], axis=1)
    else:
        log_p = z - tf.reduce_logsumexp(z, axis=1, keepdims=True)
        # expm1 keeps 1 - p exact for confident rows; the floor keeps its logarithm finite.
        focus = terms.gamma * tf.math.log(tf.maximum(-tf.math.expm1(log_p), 1e-7))
        used = log_p
    losses = -tf.reduce_sum(targets * tf.exp(focus) * used, axis=1, keepdims=True)
    return losses, tf.exp(log_p)


def lane_losses(
    losses: tf.Tensor, probabilities: tf.Tensor, targets: tf.Tensor, weights: tf.Tensor, terms: Terms
) -> tf.Tensor:
    """Return one loss per lane: the weighted mean over rows, mixed with 1 - soft macro F1 by the lane's share of it."""
    rows = tf.cast(tf.shape(losses)[2], tf.float32)
    mean = tf.reduce_sum(losses * weights, axis=[1, 2]) / rows
    hits = tf.reduce_sum(probabilities * targets * weights, axis=2)
    size = tf.reduce_sum((probabilities + targets) * weights, axis=2)
    soft_f1 = tf.reduce_mean((2.0 * hits + 1e-6) / (size + 1e-6), axis=1)
    share = terms.soft_f1[:, 0, 0]
    return (1.0 - share) * mean + share * (1.0 - soft_f1)


def loss_and_slope(
    logits: tf.Tensor, hard: tf.Tensor, targets: tf.Tensor, weights: tf.Tensor, terms: Terms, key: GraphKey
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the lanes' losses (lanes,) and their gradient by the logits."""
    rows = tf.cast(tf.shape(logits)[2], tf.float32)
    if key.general_loss:
        with tf.GradientTape() as tape:
            tape.watch(logits)
            z = shifted(logits, hard, terms, key.binary)
            per_row, probabilities = row_losses(z, targets, terms, key.binary)
            loss = lane_losses(per_row, probabilities, targets, weights, terms)
        return loss, tape.gradient(loss, logits)
    z = shifted(logits, hard, terms, key.binary)
    if key.binary:
        return log_loss_and_slope(z, targets[:, 1:], weights, terms.scale)
    log_p = z - tf.reduce_logsumexp(z, axis=1, keepdims=True)
    per_row = -tf.reduce_sum(targets * log_p, axis=1, keepdims=True)
    slope = tf.exp(log_p) - targets
    loss = tf.reduce_sum(per_row * weights, axis=[1, 2]) / rows
    return loss, slope * (weights * terms.scale / rows)


def log_loss_and_slope(
    z: tf.Tensor, target: tf.Tensor, weights: tf.Tensor, scale: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the lanes' log losses (lanes,) and their gradient by the logits, for two classes.

    Parameters
    ----------
    z, target, weights : (lanes, 1, rows)
        Shifted and scaled logits, shares of the positive class, and weights.
    scale : (lanes, 1, 1)
        By which the logits were multiplied.
    """
    weights = weights / tf.cast(tf.shape(z)[2], tf.float32)
    loss = tf.reduce_sum((tf.nn.softplus(z) - target * z) * weights, axis=[1, 2])
    return loss, (tf.sigmoid(z) - target) * (weights * scale)


def remixed(own: tf.Tensor, hard: tf.Tensor, terms: Terms) -> tf.Tensor:
    """Return the label share of each row's own class (Chou et al. 2020, eq. 4); plain mixup where kappa is 0."""
    n_own = tf.reduce_sum(hard * terms.prior, axis=1, keepdims=True)
    n_other = tf.roll(n_own, 1, axis=2)
    kappa, tau = terms.remix_kappa, terms.remix_tau
    ratio = n_own / n_other
    share = tf.where((ratio >= kappa) & (own < tau), 0.0, own)
    share = tf.where((ratio * kappa <= 1.0) & (1.0 - own < tau), 1.0, share)
    return tf.where(kappa > 0, share, own)


def parted(
    hard: tf.Tensor, targets: tf.Tensor, weights: tf.Tensor, own: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Return a mixed batch as rows of one label each: twice as many, every row's own part and then its neighbour's.

    A mixture's loss is ``own · w_a · l_a + (1 - own) · w_b · l_b`` (Zhang et al. 2018): each partner
    keeps its weight, margin and focus, so each is a row of its own, weighed by its part.

    Parameters
    ----------
    hard, targets : (lanes, classes, rows)
    weights, own : (lanes, 1, rows)
        Row weights, and the label share of each row itself.
    """

    def both(values: tf.Tensor) -> tf.Tensor:
        return tf.concat([values, tf.roll(values, 1, axis=2)], axis=2)

    # Losses are means over rows, of which there are now twice as many.
    return both(hard), both(targets), 2.0 * both(weights) * tf.concat([own, 1.0 - own], axis=2)


def dropped(noise_seed: tf.Tensor, layer: int, hidden: tf.Tensor, mask_key: tf.Tensor, keep: tf.Tensor) -> tf.Tensor:
    """Return the dropout factors of a layer (lanes, rows, units): 0 or 1 / keep.

    One field of random bits per step serves all lanes: multiplied by a lane's own odd number (its key), it
    gives every lane its own mask, which does not depend on the lanes beside it.
    """
    shape = tf.shape(hidden)[1:]
    bits = tf.random.stateless_uniform(
        shape, noise_seed + tf.constant([0, layer]), minval=None, maxval=None, dtype=tf.int32
    )
    kept = bits[None] * mask_key < tf.cast((keep - 0.5) * 4294967295.0, tf.int32)
    return tf.cast(kept, tf.float32) / keep


# AutoGraph would take a second of every process to rewrite Python control flow that these graphs do not have.
_graph = partial(tf.function, autograph=False)
_cube = tf.TensorSpec([None, None, None], tf.float32)
_table = tf.TensorSpec([None, None], tf.float32)
_terms = Terms(*[_cube] * len(Terms._fields))


@lru_cache(maxsize=64)
def epoch_function(key: GraphKey):  # type: ignore[no-untyped-def]
    """Return the concrete function that runs one epoch of a stack in place; lane and row axes are free."""
    n_params = 2 * key.layers
    variables = [tf.Variable(tf.zeros([1, 1, 1]), shape=[None, None, None]) for _ in range(3 * n_params)]
    step = tf.Variable(0.0)

    def epoch(state, step, X, y, rows, weights, mix, terms, lane_key, varying, rate, keep):  # type: ignore[no-untyped-def]
        params, first, second = state[:n_params], state[n_params : 2 * n_params], state[2 * n_params :]
        n_classes = tf.shape(terms.gamma)[1]
        steps = tf.shape(rows)[0]
        # Two classes under cross-entropy need the positive class alone: most lanes, so they skip the class axis.
        short = key.binary and not key.general_loss and not key.mixing
        half = terms.smoothing / 2.0
        base, lean = two_class_shift(terms)

        def one_step(i, total):  # type: ignore[no-untyped-def]
            batch = tf.gather(X, rows[i])
            labels = tf.gather(y, rows[i])
            row_weights = weights[i][:, None, :]
            if short:
                hard = tf.cast(labels, tf.float32)[:, None, :]
                targets = hard * (1.0 - terms.smoothing) + half
            else:
                hard = tf.one_hot(labels, n_classes, axis=1)
                targets = smoothed(hard, terms.smoothing)
            if key.mixing:
                own = mix[i][:, None, :]
                batch = batch * mix[i][:, :, None] + tf.roll(batch, 1, axis=1) * (1.0 - mix[i][:, :, None])
                hard, targets, row_weights = parted(hard, targets, row_weights, remixed(own, hard, terms))
            hidden = [batch]
            masks = []
            for layer in range(key.layers - 1):
                out = tf.nn.relu(tf.matmul(hidden[-1], params[2 * layer]) + params[2 * layer + 1])
                if key.dropout:
                    seed = tf.stack([tf.cast(step, tf.int32), 0])
                    masks.append(dropped(seed, layer, out, lane_key, keep))
                    out = out * masks[-1]
                hidden.append(out)
            logits = tf.matmul(params[-2], hidden[-1], transpose_a=True, transpose_b=True) + params[-1]
            if short:
                z = terms.scale * (logits + (base - lean * hard))
                loss, slope = log_loss_and_slope(z, targets, row_weights, terms.scale)
            elif key.mixing:
                twice = tf.concat([logits, logits], axis=2)
                loss, slope = loss_and_slope(twice, hard, targets, row_weights, terms, key)
                slope = tf.add_n(tf.split(slope, 2, axis=2))
            else:
                loss, slope = loss_and_slope(logits, hard, targets, row_weights, terms, key)
            gradients = [None] * n_params
            gradients[-2] = tf.matmul(hidden[-1], slope, transpose_a=True, transpose_b=True)
            gradients[-1] = tf.reduce_sum(slope, axis=2, keepdims=True)
            if key.layers > 1:
                back = tf.matmul(slope, params[-2], transpose_a=True, transpose_b=True)
            for layer in reversed(range(key.layers - 1)):
                if key.dropout:
                    back = back * masks[layer]
                back = tf.raw_ops.ReluGrad(gradients=back, features=hidden[layer + 1])
                gradients[2 * layer] = tf.matmul(hidden[layer], back, transpose_a=True)
                gradients[2 * layer + 1] = tf.reduce_sum(back, axis=1, keepdims=True)
                if layer:
                    back = tf.matmul(back, params[2 * layer], transpose_b=True)
            # Inputs that are constant in a lane's rows are left out: their kernels start at 0 and stay there.
            gradients[0] = gradients[0] * varying
            step.assign_add(1.0)
            decay_1, decay_2 = tf.pow(BETA_1, step), tf.pow(BETA_2, step)
            for p, m, v, g in zip(params, first, second, gradients, strict=True):
                tf.raw_ops.ResourceApplyAdam(
                    var=p.handle, m=m.handle, v=v.handle, beta1_power=decay_1, beta2_power=decay_2,
                    lr=rate, beta1=BETA_1, beta2=BETA_2, epsilon=EPSILON, grad=g,
                )  # fmt: skip
            return i + 1, total + loss

        start = (tf.constant(0), tf.zeros([tf.shape(rows)[1]]))
        _, total = tf.while_loop(lambda i, _: i < steps, one_step, start)
        return total / tf.cast(steps, tf.float32)

    scalar = tf.TensorSpec([], tf.float32)
    return _graph(epoch).get_concrete_function(
        variables,
        step,
        _table,
        tf.TensorSpec([None], tf.int32),
        tf.TensorSpec([None, None, None], tf.int32),
        _cube,
        _cube,
        _terms,
        tf.TensorSpec([None, 1, 1], tf.int32),
        tf.TensorSpec([None, None, 1], tf.float32),
        scalar,
        scalar,
    )


@lru_cache(maxsize=64)
def logits_function(layers: int):  # type: ignore[no-untyped-def]
    """Return the concrete function from weights and inputs (lanes or 1, rows, features) to logits."""

    def logits(params, inputs):  # type: ignore[no-untyped-def]
        hidden = inputs
        for layer in range(layers - 1):
            hidden = tf.nn.relu(tf.matmul(hidden, params[2 * layer]) + params[2 * layer + 1])
        return tf.matmul(params[-2], hidden, transpose_a=True, transpose_b=True) + params[-1]

    return _graph(logits).get_concrete_function([_cube] * (2 * layers), _cube)


@lru_cache(maxsize=64)
def validation_function(key: GraphKey):  # type: ignore[no-untyped-def]
    """Return the concrete function from logits, labels and row weights (lanes, rows) to losses (lanes,)."""

    def validate(logits, labels, weights, terms):  # type: ignore[no-untyped-def]
        hard = tf.one_hot(labels, tf.shape(terms.gamma)[1], axis=1)
        targets = smoothed(hard, terms.smoothing)
        z = shifted(logits, hard, terms, key.binary)
        per_row, probabilities = row_losses(z, targets, terms, key.binary)
        return lane_losses(per_row, probabilities, targets, weights[:, None, :], terms)

    return _graph(validate).get_concrete_function(_cube, tf.TensorSpec([None, None], tf.int32), _table, _terms)
