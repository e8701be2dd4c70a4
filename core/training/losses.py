"""The losses of all lanes, written once: functions of logits, one-hot targets and terms.

Every function works on arrays of shape (..., rows, classes), whatever stands before: the trainer has a lane axis
there, a script has none. The terms of :class:`Terms` are broadcast over them. Scripts hold the functions as they stand
here (:mod:`core.strategies.snippets.sources`): they need ``keras.ops`` and each other alone.
"""

from __future__ import annotations

from typing import NamedTuple

from keras import KerasTensor as Tensor
from keras import ops


class Terms(NamedTuple):
    """How losses read logits; see :class:`core.training.lane.LossTerms` for what each does.

    Parameters
    ----------
    gamma, offset, margin, clip, prior : (..., 1, classes)
    scale, smoothing, remix_kappa, remix_tau : (..., 1, 1)
    soft_f1 : (...)

    See Also
    --------
    core.training.lane.LossTerms : The same for one lane, as a strategy says it.
    """

    gamma: Tensor
    offset: Tensor
    margin: Tensor
    scale: Tensor
    smoothing: Tensor
    clip: Tensor
    soft_f1: Tensor
    prior: Tensor
    remix_kappa: Tensor
    remix_tau: Tensor


def class_logits(outputs: Tensor) -> Tensor:
    """Return one logit per class: the single output of two classes is that of the second, beside 0.

    Examples
    --------
    >>> import numpy as np
    >>> np.asarray(class_logits(np.array([[0.5], [-1.0]]))).tolist()
    [[0.0, 0.5], [0.0, -1.0]]
    """
    return ops.concatenate([ops.zeros_like(outputs), outputs], axis=-1) if outputs.shape[-1] == 1 else outputs


def smoothed(one_hot: Tensor, terms: Terms) -> Tensor:
    """Return targets with label smoothing (Szegedy et al. 2016)."""
    return one_hot * (1.0 - terms.smoothing) + terms.smoothing / one_hot.shape[-1]


def shifted(logits: Tensor, one_hot: Tensor, terms: Terms) -> Tensor:
    """Return scale · (z + offset - margin of the true class)."""
    return terms.scale * (logits + terms.offset - terms.margin * one_hot)


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Return each row's cross-entropy, shape (..., rows)."""
    return -ops.sum(targets * ops.log_softmax(logits, axis=-1), axis=-1)


def binary_loss(z: Tensor, positive: Tensor, weights: Tensor, terms: Terms) -> Tensor:
    """Return :func:`mean_cross_entropy` of two classes, from the single output alone: a third of the work.

    Parameters
    ----------
    z, positive, weights : (..., rows)
        The output, 1 for rows of the second class, else 0, and row weights.
    """
    offset, margin = terms.offset[..., 0, :], terms.margin[..., 0, :]
    scale, smoothing = terms.scale[..., 0], terms.smoothing[..., 0]
    base = offset[..., 1:] - offset[..., :1] + margin[..., :1]
    z = scale * (z + base - (margin[..., :1] + margin[..., 1:]) * positive)
    target = positive * (1.0 - smoothing) + smoothing / 2.0
    return ops.mean((ops.softplus(z) - target * z) * weights, axis=-1)


def focused(logits: Tensor, targets: Tensor, terms: Terms) -> Tensor:
    """Return each row's ``-sum over classes of t_c (1 - p_c)^gamma_c log p_c``, shape (..., rows).

    For a hard target that is the focal loss of Lin et al. (2017); with ``clip`` it is the asymmetric loss of Ridnik
    et al. (2021), in which a negative row's probability of the other class counts only beyond the clip.
    """
    log_p = ops.log_softmax(logits, axis=-1)
    # expm1 keeps 1 - p exact for confident rows; the floor keeps its logarithm finite.
    other = ops.maximum(-ops.expm1(log_p) - terms.clip, 1e-7)
    log_p = ops.where(terms.clip > 0, ops.log1p(-ops.minimum(other, 1.0 - 1e-6)), log_p)
    return -ops.sum(targets * ops.exp(terms.gamma * ops.log(other)) * log_p, axis=-1)


def soft_f1(logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """Return the soft macro F1 of the rows, shape (...); ``weights`` has shape (..., rows)."""
    p, weights = ops.softmax(logits, axis=-1), weights[..., None]
    hits = ops.sum(p * targets * weights, axis=-2)
    size = ops.sum((p + targets) * weights, axis=-2)
    return ops.mean((2.0 * hits + 1e-6) / (size + 1e-6), axis=-1)


def mean_cross_entropy(logits: Tensor, one_hot: Tensor, weights: Tensor, terms: Terms) -> Tensor:
    """Return the rows' mean cross-entropy, of logits and one-hot targets (..., rows, classes), weights (..., rows)."""
    z = shifted(logits, one_hot, terms)
    return ops.mean(cross_entropy(z, smoothed(one_hot, terms)) * weights, axis=-1)


def mean_focused(logits: Tensor, one_hot: Tensor, weights: Tensor, terms: Terms) -> Tensor:
    """Return the rows' mean loss under a focus or a clip; without either, cross-entropy for twice the work."""
    z = shifted(logits, one_hot, terms)
    return ops.mean(focused(z, smoothed(one_hot, terms), terms) * weights, axis=-1)


def mean_loss(logits: Tensor, one_hot: Tensor, weights: Tensor, terms: Terms) -> Tensor:
    """Return the loss of the rows, shape (...), with its share of the soft F1: what all other losses are cases of."""
    z, targets = shifted(logits, one_hot, terms), smoothed(one_hot, terms)
    mean = ops.mean(focused(z, targets, terms) * weights, axis=-1)
    return (1.0 - terms.soft_f1) * mean + terms.soft_f1 * (1.0 - soft_f1(z, targets, weights))


def remixed(own: Tensor, one_hot: Tensor, terms: Terms) -> Tensor:
    """Return the label share of each row's own class (Chou et al. 2020, eq. 4); plain mixup where kappa is 0.

    Parameters
    ----------
    own : (..., rows)
        Share of the row itself in its mixture with the row before.
    """
    n_own = ops.sum(one_hot * terms.prior, axis=-1)
    ratio = n_own / ops.roll(n_own, 1, axis=-1)
    kappa, tau = terms.remix_kappa[..., 0], terms.remix_tau[..., 0]
    share = ops.where(ops.logical_and(ratio >= kappa, own < tau), 0.0, own)
    share = ops.where(ops.logical_and(ratio * kappa <= 1.0, 1.0 - own < tau), 1.0, share)
    return ops.where(kappa > 0, share, own)


def by_partner(one_hot: Tensor, weights: Tensor, own: Tensor) -> tuple[Tensor, Tensor]:
    """Return a mixed batch as rows of one label each: twice as many, every row's own part and then its neighbour's.

    A mixture's loss is ``own · w_a · l_a + (1 - own) · w_b · l_b`` (Zhang et al. 2018): each partner
    keeps its weight, margin and focus, so each is a row of its own, weighed by its part.

    Parameters
    ----------
    one_hot : (..., rows, classes)
    weights, own : (..., rows)
        Row weights, and the label share of each row itself.
    """
    both = ops.concatenate([one_hot, ops.roll(one_hot, 1, axis=-2)], axis=-2)
    parts = ops.concatenate([weights * own, ops.roll(weights, 1, axis=-1) * (1.0 - own)], axis=-1)
    # Losses are means over rows, of which there are now twice as many.
    return both, 2.0 * parts
