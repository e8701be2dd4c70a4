"""Which rows a lane sees in which step: index streams, drawn on the host from the lane's own seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.training.lane import Lane

Indices = np.ndarray


class _Stream:
    """Endless shuffled passes over some positions."""

    def __init__(self, positions: Indices, rng: np.random.Generator) -> None:
        self._positions = positions
        self._rng = rng
        self._left = positions[:0]

    def take(self, count: int) -> Indices:
        pieces = [self._left]
        have = len(self._left)
        while have < count:
            pieces.append(self._rng.permutation(self._positions))
            have += len(self._positions)
        joined = np.concatenate(pieces)
        self._left = joined[count:]
        return joined[:count]


@dataclass(frozen=True, eq=False)
class EpochBatches:
    """One lane's epoch.

    Parameters
    ----------
    positions : ndarray of int64, shape (steps, batch)
        Positions among the lane's rows.
    mix : ndarray of float32, shape (steps, batch)
        Share of the row itself where rows are mixed with their neighbour in the batch; 1 without mixing.
    """

    positions: Indices
    mix: np.ndarray


class LaneBatches:
    """Batches of one lane, epoch after epoch.

    Every epoch has the same number of full batches for every lane of a fold, whatever its row
    count: a lane with few rows walks over them more often, one with many sees them over several epochs.
    """

    def __init__(self, lane: Lane, labels: np.ndarray, n_classes: int, steps: int, batch: int, epochs: int) -> None:
        self._lane = lane
        self._shape = (steps, batch)
        self._epochs = epochs
        self._epoch = 0
        self._rng = np.random.default_rng([lane.seed, 1])
        counts = np.bincount(labels, minlength=n_classes)
        self._own_share = counts / counts.sum()
        present = counts > 0
        self._equal_share = present / present.sum()
        if lane.batches == "shuffled":
            self._streams = [_Stream(np.arange(len(labels)), self._rng)]
        else:
            self._streams = [_Stream(np.flatnonzero(labels == c), self._rng) for c in range(n_classes)]

    def next(self) -> EpochBatches:
        """Return the next epoch's batches."""
        steps, batch = self._shape
        if self._lane.batches == "shuffled":
            positions = self._streams[0].take(steps * batch).reshape(steps, batch)
        else:
            positions = self._by_class(self._share())
        mix = np.ones(self._shape, np.float32)
        if self._lane.mixup > 0:
            alpha = self._lane.mixup
            mix = self._rng.beta(alpha, alpha, self._shape).astype(np.float32)
        self._epoch += 1
        return EpochBatches(positions, mix)

    def _share(self) -> np.ndarray:
        if self._lane.batches == "balanced":
            return self._equal_share
        balanced = self._lane.balanced_epoch(self._epochs)
        way = min(1.0, self._epoch / balanced) if balanced else 1.0
        return (1 - way) * self._own_share + way * self._equal_share

    def _by_class(self, share: np.ndarray) -> Indices:
        steps, batch = self._shape
        # Rounding the running total, not each batch, keeps the shares exact over the epoch.
        edges = np.round(np.outer(np.arange(steps + 1) * batch, np.cumsum(share))).astype(np.int64)
        edges[:, -1] = np.arange(steps + 1) * batch
        ends = np.diff(edges, axis=0)
        quotas = np.diff(ends, axis=1, prepend=0)
        quotas = np.maximum(quotas, 0)
        quotas[np.arange(steps), quotas.argmax(axis=1)] += batch - quotas.sum(axis=1)
        classes = np.concatenate([np.repeat(np.arange(len(share)), quota) for quota in quotas])
        positions = np.empty(steps * batch, np.int64)
        for c, stream in enumerate(self._streams):
            slots = np.flatnonzero(classes == c)
            if len(slots):
                positions[slots] = stream.take(len(slots))
        return self._rng.permuted(positions.reshape(steps, batch), axis=1)
