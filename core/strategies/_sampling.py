"""The one adapter between imbalanced-learn's samplers and lanes."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import numpy as np

from core.strategies.base import StrategyError, TrainingView
from core.training.lane import Lane, Synthetic


class Sampler(Protocol):
    """What the adapter asks of an imbalanced-learn sampler."""

    def fit_resample(self, X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]: ...


def select(lane: Lane, view: TrainingView, sampler: Sampler) -> Lane:
    """Return the lane with the rows that a selecting sampler keeps or repeats.

    Works for every sampler that leaves ``sample_indices_``; distances are taken in the network's
    own input space, categorical columns as one-hot levels.
    """
    X, y = view.X[lane.rows], view.y[lane.rows]
    _resample(sampler, X, y)
    return replace(lane, rows=lane.rows[np.asarray(sampler.sample_indices_)])  # type: ignore[attr-defined]


def synthesise(lane: Lane, view: TrainingView, sampler: Sampler, *, encoded: bool) -> Lane:
    """Return the lane with the rows that a synthesising sampler adds.

    Parameters
    ----------
    encoded : bool
        Sample before one-hot expansion (SMOTENC, SMOTEN); otherwise in the network's input space.
    """
    space = view.encoded if encoded else view.X
    X, y = space[lane.rows], view.y[lane.rows]
    X_out, y_out = _resample(sampler, X, y)
    n = len(y)
    # imbalanced-learn appends what it makes behind the rows it was given.
    made = np.asarray(X_out[n:], np.float64)
    expanded = view.expand(made) if encoded else made.astype(np.float32)
    return replace(lane, synthetic=Synthetic(expanded, made, np.asarray(y_out[n:], np.int64)))


def neighbours(view: TrainingView, lane: Lane, wanted: int, name: str) -> int:
    """Return ``k_neighbors`` lowered to what the smallest class allows, noting it.

    Raises
    ------
    StrategyError
        A class has fewer than two training rows.
    """
    counts = np.bincount(view.y[lane.rows], minlength=view.n_classes)
    smallest = int(counts[counts > 0].min())
    if smallest < 2:
        raise StrategyError(f"{name} needs at least two training rows of each class; this fold has one of a class.")
    if wanted > smallest - 1:
        view.note(f"{name}: k_neighbors lowered from {wanted} to {smallest - 1}, the smallest class being that small.")
    return min(wanted, smallest - 1)


def cached(view: TrainingView, key: tuple[object, ...], lane: Lane, make: Callable[[], Lane]) -> Lane:
    """Return a sampler's lane, made once a fold for the same key and rows, with this lane's other fields."""
    full = (*key, lane.seed, lane.rows.tobytes())
    done = view.cache.get(full)
    if done is None:
        done = view.cache[full] = make()
    return replace(lane, rows=done.rows, synthetic=done.synthetic)


def _resample(sampler: Sampler, X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return sampler.fit_resample(X, y)
