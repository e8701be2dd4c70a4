"""What a strategy sees of a fold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from core.strategies._cache import OnceCache


class Expander(Protocol):
    """What turns encoded rows into network inputs, such as a fitted :class:`core.data.preparation.Preparation`.

    See Also
    --------
    Numbers : The one for tables without categories.
    core.data.preparation.Preparation : The one for any table.

    Examples
    --------
    >>> from core.strategies.view import Numbers, TrainingView
    >>> view = TrainingView.of(Numbers(), np.array([[0.5], [2.0]]), np.array([0, 1]), n_classes=2, seed=0)
    >>> view.X.tolist(), view.expand(np.array([[3.0]])).tolist()
    ([[0.5], [2.0]], [[3.0]])
    """

    @property
    def categorical(self) -> tuple[int, ...]:
        """Columns of the encoded rows that are categorical."""
        ...

    def expand(self, encoded: np.ndarray) -> np.ndarray:
        """Return encoded rows as network inputs."""
        ...


class Numbers:
    """The expander of rows that are numbers alone: they are network inputs as they are.

    See Also
    --------
    Expander : What it is one of.

    Examples
    --------
    >>> encoded = Numbers().expand(np.array([[1.5, 2.0]]))
    >>> encoded.tolist(), encoded.dtype.name, Numbers().categorical
    ([[1.5, 2.0]], 'float32', ())
    """

    categorical: tuple[int, ...] = ()

    def expand(self, encoded: np.ndarray) -> np.ndarray:
        return encoded.astype(np.float32)


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Rows that a model does not learn from: it stops on them, and decisions are fitted on them.

    Parameters
    ----------
    X : ndarray of float32, shape (m, n_features)
        Network inputs.
    y : ndarray of int64, shape (m,)

    See Also
    --------
    TrainingView : The rows that it learns from.

    Examples
    --------
    >>> held = HeldOut(np.zeros((2, 3), np.float32), np.array([0, 1]))
    >>> held.X.shape, held.y.tolist()
    ((2, 3), [0, 1])
    """

    X: np.ndarray
    y: np.ndarray


@dataclass(frozen=True, eq=False)
class TrainingView:
    """All that a strategy sees of a fold: training rows, neither validation nor test rows.

    Parameters
    ----------
    X : ndarray of float32, shape (n, n_features)
        Network inputs: scaled numbers, then one-hot levels.
    encoded : ndarray of float64, shape (n, n_encoded)
        Scaled numbers, then one ordinal code per categorical column.
    categorical : tuple of int
        Columns of ``encoded`` that are categorical.
    y : ndarray of int64, shape (n,)
        Class codes.
    n_classes : int
    seed : int
        Decides samplers and bags; the same for every strategy of the fold.
    expand : callable
        Turns ``encoded`` rows into ``X`` rows.
    notes : list of str
        What strategies had to change.
    cache : OnceCache
        What samplers drew on this fold, so that strategies that share a sampler run it once.

    See Also
    --------
    core.strategies.base.Strategy.refine : Reads it.
    core.training.lane.Lane : What strategies make of it.

    Examples
    --------
    >>> from core.strategies.line import view_of
    >>> view = view_of([[1, 2, 3], [8]])
    >>> view.note("SMOTE: k_neighbors was lowered from 5 to 1.")
    >>> view.class_counts.tolist(), view.notes, view.fresh().notes
    ([3, 1], ['SMOTE: k_neighbors was lowered from 5 to 1.'], [])
    """

    X: np.ndarray
    encoded: np.ndarray
    categorical: tuple[int, ...]
    y: np.ndarray
    n_classes: int
    seed: int
    expand: Callable[[np.ndarray], np.ndarray]
    notes: list[str] = field(default_factory=list)
    cache: OnceCache = field(default_factory=OnceCache)

    @property
    def class_counts(self) -> np.ndarray:
        """Rows per class, shape (n_classes,)."""
        return np.bincount(self.y, minlength=self.n_classes)

    @classmethod
    def of(cls, expander: Expander, encoded: np.ndarray, y: np.ndarray, n_classes: int, seed: int) -> TrainingView:
        """Return the view of encoded rows.

        Parameters
        ----------
        expander : Expander
            A preparation that was fitted on these rows.
        encoded : ndarray of float64, shape (n, n_encoded)
            What the preparation's ``encode`` returned for them.
        y : ndarray of int64, shape (n,)
            Class codes.
        n_classes, seed : int

        See Also
        --------
        fresh : A copy that knows nothing of what was drawn before.

        Examples
        --------
        >>> import numpy as np
        >>> from core.strategies.view import Numbers, TrainingView
        >>> view = TrainingView.of(Numbers(), np.zeros((3, 2)), np.array([0, 0, 1]), n_classes=2, seed=0)
        >>> view.X.dtype.name, view.class_counts.tolist()
        ('float32', [2, 1])
        """
        return cls(expander.expand(encoded), encoded, expander.categorical, y, n_classes, seed, expander.expand)

    def fresh(self) -> TrainingView:
        """Return the view without notes and without what was drawn on it."""
        return replace(self, notes=[], cache=OnceCache())

    def without_notes(self) -> TrainingView:
        """Return the view without notes; what was drawn on it stays shared."""
        return replace(self, notes=[])

    def note(self, sentence: str) -> None:
        """Record what a strategy had to change (a lowered ``k_neighbors``), for the person to read."""
        if sentence not in self.notes:
            self.notes.append(sentence)
