"""The rows that lanes learn from: one matrix of all rows that any lane sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import tensorflow as tf

from core.networks.base import Network, many_valued
from core.settings import TrainingSettings
from core.training.lane import Lane, Synthetic


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
    held_out : tuple of ndarray of int64
        For cross-fitted members, the positions in the training rows that each stops on and does not learn from;
        together they are all training rows, and there are no validation rows.
    """

    X: np.ndarray
    y: np.ndarray
    X_valid: np.ndarray
    y_valid: np.ndarray
    held_back: bool = True
    held_out: tuple[np.ndarray, ...] = ()

    @property
    def members(self) -> int:
        """Networks per lane of a strategy."""
        return max(1, len(self.held_out))

    @cached_property
    def numbers(self) -> tuple[int, ...]:
        """The inputs that take more than two values in the training rows; looked for once, whoever asks."""
        return many_valued(self.X)


@dataclass(frozen=True, eq=False)
class LaneTask:
    """A lane, the network that it is, and the block that its rows are positions in.

    Parameters
    ----------
    block : int
    lane : Lane
    network : Network
    held_out : ndarray of int64 or None
        Positions in the block's rows that the lane stops on instead of the block's validation rows; a cross-fitted
        member learns from none of them.
    group : int or None
        Lanes of one group stop together, at the epoch with the lowest mean validation loss.
    settings : TrainingSettings or None
        The lane's own learning rate, decay and clipping; None means those of all.
    """

    block: int
    lane: Lane
    network: Network
    held_out: np.ndarray | None = None
    group: int | None = None
    settings: TrainingSettings | None = None


class Rows:
    """One matrix of all rows that any lane sees, and where the rows of each block and sampler lie in it.

    Parameters
    ----------
    blocks : mapping of int to Block
        By their numbers; all of one width.
    tasks : sequence of LaneTask
        Those on these blocks.
    """

    def __init__(self, blocks: Mapping[int, Block], tasks: Sequence[LaneTask]) -> None:
        synthetic = {id(t.lane.synthetic): t.lane.synthetic for t in tasks if t.lane.synthetic is not None}
        pieces = [(b.X, b.y) for b in blocks.values()] + [(b.X_valid, b.y_valid) for b in blocks.values()]
        pieces += [(s.X, s.y) for s in synthetic.values()]
        starts = np.cumsum([0] + [len(y) for _, y in pieces])
        self.n_features = pieces[0][0].shape[1]
        self.X = tf.constant(np.concatenate([X for X, _ in pieces]), tf.float32)
        self.y = tf.constant(np.concatenate([y for _, y in pieces]), tf.int32)
        self._block_start = dict(zip(blocks, starts, strict=False))
        self._valid_start = dict(zip(blocks, starts[len(blocks) :], strict=False))
        self._synthetic_start = dict(zip(synthetic, starts[2 * len(blocks) :], strict=False))
        self._blocks = blocks
        self._ranges = {id(X): _range(X) for X in [*(b.X for b in blocks.values()), *(s.X for s in synthetic.values())]}

    def of(self, task: LaneTask) -> np.ndarray:
        """Return the positions in the matrix of a lane's rows, int32."""
        own = task.lane.rows + self._block_start[task.block]
        synthetic: Synthetic | None = task.lane.synthetic
        if synthetic is not None:
            own = np.concatenate([own, self._synthetic_start[id(synthetic)] + np.arange(len(synthetic.y))])
        return own.astype(np.int32)

    def validation(self, task: LaneTask) -> tuple[np.ndarray, np.ndarray]:
        """Return the positions in the matrix of the rows that a lane stops on, int32, and their labels."""
        block = self._blocks[task.block]
        if task.held_out is not None:
            return (task.held_out + self._block_start[task.block]).astype(np.int32), block.y[task.held_out]
        rows = self._valid_start[task.block] + np.arange(len(block.y_valid))
        return rows.astype(np.int32), block.y_valid

    def varying(self, task: LaneTask) -> np.ndarray:
        """Return 1 for each input that takes more than one value in a lane's rows, else 0, float32, (features,).

        Nothing can be learned from the others: a level that a bag lacks would act through its random start.
        """
        X, rows = self._blocks[task.block].X, task.lane.rows
        whole = len(rows) >= len(X) and np.bincount(rows, minlength=len(X)).all()
        low, high = self._ranges[id(X)] if whole else _range(X[rows])
        if task.lane.synthetic is not None:
            synthetic_low, synthetic_high = self._ranges[id(task.lane.synthetic.X)]
            low, high = np.minimum(low, synthetic_low), np.maximum(high, synthetic_high)
        return (low < high).astype(np.float32)


def _range(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return X.min(axis=0, initial=np.inf), X.max(axis=0, initial=-np.inf)
