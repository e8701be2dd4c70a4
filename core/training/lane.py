"""A lane: one network in training, as data."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

BatchOrder = Literal["shuffled", "balanced", "progressive"]


class Stopped(Exception):
    """Training was told to stop; nothing of the unit is kept.

    It is defined here because it travels to the app's process, which must not import TensorFlow for it.

    See Also
    --------
    core.runs.store.Store.request_cancel : What people press.
    """


def _epoch_at(share: float, epochs: int) -> int:
    return min(math.ceil(share * epochs), epochs - 1)


@dataclass(frozen=True)
class LossTerms:
    """How a lane's loss reads a logit; the defaults are plain cross-entropy.

    The loss of a row with label y, logits z and p = softmax(z') is::

        -w · sum_j q_j (1 - p_j)^gamma_j log p_j   with   z' = scale · (z + offset - margin · 1_y)

    times (1 - soft_f1), plus ``soft_f1`` times (1 - soft macro F1 of the batch). Targets q are 1 for y and 0 for the
    others, smoothed. :mod:`core.training.losses` computes it.

    Parameters
    ----------
    gamma : tuple of float
        Focusing exponent by true class (Lin et al. 2017); empty means 0.
    offset : tuple of float
        Added to the logits by class while training (Menon et al. 2021); empty means 0.
    margin : tuple of float
        Taken from the true class's logit (Cao et al. 2019); empty means 0.
    scale : float
        Multiplies the logits after offset and margin. The trained network holds it: it predicts ``scale · z``.
    smoothing : float
        Label smoothing in [0, 1).
    clip : tuple of float
        Below which probability of the other class a row of a class counts nothing (Ridnik et al. 2021), two classes
        only; empty means 0.
    soft_f1 : float
        Share of the soft F1 loss, in [0, 1].
    late_class_weight : tuple of float
        Class weights that come in after ``late_from`` of the epochs (deferred re-weighting); empty means none.
    late_from : float
        Share of the epochs after which ``late_class_weight`` applies, at the latest in the last epoch.

    See Also
    --------
    core.strategies.losses : The losses that fill it in.

    Examples
    --------
    The log shares as offsets: without them, the trained network's probabilities are those of equal classes.

    >>> import numpy as np
    >>> terms = LossTerms(offset=tuple(np.log([0.9, 0.1]).tolist()))
    >>> lane = Lane(np.arange(10), seed=0, loss=terms)
    >>> lane.class_shares(np.repeat([0, 1], [9, 1]), 2).round(2).tolist()
    [0.5, 0.5]
    """

    gamma: tuple[float, ...] = ()
    offset: tuple[float, ...] = ()
    margin: tuple[float, ...] = ()
    scale: float = 1.0
    smoothing: float = 0.0
    clip: tuple[float, ...] = ()
    soft_f1: float = 0.0
    late_class_weight: tuple[float, ...] = ()
    late_from: float = 0.0


@dataclass(frozen=True, eq=False)
class Synthetic:
    """Rows that a sampler made.

    Parameters
    ----------
    X : ndarray of float32, shape (m, n_features)
        In the network's input space (expanded).
    encoded : ndarray of float64, shape (m, n_encoded)
        The same rows before one-hot expansion.
    y : ndarray of int64, shape (m,)

    See Also
    --------
    Lane : What holds them.

    Examples
    --------
    Two rows of class 1 that a sampler made, behind three of the table.

    >>> import numpy as np
    >>> made = Synthetic(np.ones((2, 4), np.float32), np.ones((2, 4)), np.array([1, 1]))
    >>> Lane(np.arange(3), seed=0, synthetic=made).labels(np.array([0, 0, 1])).tolist()
    [0, 0, 1, 1, 1]
    """

    X: np.ndarray
    encoded: np.ndarray
    y: np.ndarray


@dataclass(frozen=True, eq=False)
class Lane:
    """One network in training: which rows it sees, what each weighs, how its loss reads a logit.

    Parameters
    ----------
    rows : ndarray of int64, shape (n,)
        Positions in the fold's training rows; may repeat.
    seed : int
        Decides initial weights, batches and dropout.
    synthetic : Synthetic or None
        Rows seen besides ``rows``.
    sample_weight : ndarray of float32, shape (n + m,), or None
        Weights of ``rows`` and then of the synthetic rows; None means 1.
    loss : LossTerms
    batches : {"shuffled", "balanced", "progressive"}
        Shuffled passes over the rows; every batch drawn class by class in equal shares; or
        class shares that move from the rows' own to equal ones.
    balanced_from : float
        With "progressive": share of the epochs after which batches are balanced, at the latest in the last
        epoch. Early stopping begins there.
    mixup : float
        Alpha of the Beta distribution that mixes pairs of rows; 0 means none.
    remix_kappa, remix_tau : float
        Minority-biased labels of mixed rows (Chou et al. 2020); kappa 0 means plain mixup.
    initial_bias : tuple of float
        Output bias by class at the start; empty means 0.

    See Also
    --------
    core.strategies.TrainingView : The rows that its positions are in.

    Examples
    --------
    A rare row that is drawn twice, and one that weighs twice as much, count for the same.

    >>> import numpy as np
    >>> y = np.array([0, 0, 0, 1])
    >>> repeated = Lane(np.array([0, 1, 2, 3, 3]), seed=0)
    >>> heavy = Lane(np.arange(4), seed=0, sample_weight=np.array([1, 1, 1, 2], np.float32))
    >>> repeated.class_shares(y, 2).tolist(), heavy.class_shares(y, 2).round(2).tolist()
    ([0.6, 0.4], [0.6, 0.4])
    """

    rows: np.ndarray
    seed: int
    synthetic: Synthetic | None = None
    sample_weight: np.ndarray | None = None
    loss: LossTerms = field(default_factory=LossTerms)
    batches: BatchOrder = "shuffled"
    balanced_from: float = 1.0
    mixup: float = 0.0
    remix_kappa: float = 0.0
    remix_tau: float = 0.5
    initial_bias: tuple[float, ...] = ()

    def balanced_epoch(self, epochs: int) -> int:
        """Return the epoch, counted from 0, from which on progressive batches are balanced; 0 for others."""
        return _epoch_at(self.balanced_from, epochs) if self.batches == "progressive" else 0

    def late_epoch(self, epochs: int) -> int:
        """Return the epoch, counted from 0, from which on late class weights apply; 0 where there are none."""
        return _epoch_at(self.loss.late_from, epochs) if self.loss.late_class_weight else 0

    def settled_from(self, epochs: int) -> int:
        """Return the epoch, counted from 0, from which on the lane's loss and batches stay as they are."""
        return max(self.balanced_epoch(epochs), self.late_epoch(epochs))

    @property
    def n_rows(self) -> int:
        """Rows that the lane sees, synthetic ones included."""
        return len(self.rows) + (0 if self.synthetic is None else len(self.synthetic.y))

    def labels(self, y: np.ndarray) -> np.ndarray:
        """Return the class codes of the lane's rows, shape (n + m,), given the fold's training labels."""
        own = y[self.rows]
        return own if self.synthetic is None else np.concatenate([own, self.synthetic.y])

    def class_mass(self, y: np.ndarray, n_classes: int, *, settled: bool = True) -> np.ndarray:
        """Return what each class counts for in the loss, in rows: shape (n_classes,), with a sum of ``n_rows``.

        Rows, weights and the order of batches enter it; offsets do not, as they leave each row its size. A
        strategy that balances starts from here, so that what another one balanced before is not balanced again.

        Parameters
        ----------
        y : ndarray of int64
            The fold's training labels.
        settled : bool
            As training ends, with balanced batches and late weights; otherwise as it begins.
        """
        labels = self.labels(y)
        counts = np.bincount(labels, minlength=n_classes)
        mass = counts.astype(float)
        if self.sample_weight is not None:
            mass = np.bincount(labels, weights=self.sample_weight, minlength=n_classes)
        if self.batches == "balanced" or (self.batches == "progressive" and settled):
            mass = np.divide(mass, counts, out=np.zeros(n_classes), where=counts > 0)
        if settled and self.loss.late_class_weight:
            mass = mass * np.asarray(self.loss.late_class_weight)
        return mass * (self.n_rows / mass.sum())

    def class_shares(self, y: np.ndarray, n_classes: int) -> np.ndarray:
        """Return the class shares that the lane's probabilities are under, shape (n_classes,), offsets included."""
        mass = self.class_mass(y, n_classes)
        if self.loss.offset:
            # The offset is there in training only: without it, logits are those of shares divided by its exponential.
            mass = mass * np.exp(-np.array(self.loss.offset))
        return mass / mass.sum()
