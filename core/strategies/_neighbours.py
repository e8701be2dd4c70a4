"""scikit-learn's nearest neighbours, for a sampler that asks for the same rows again and again."""

from __future__ import annotations

from typing import Self

import numpy as np
from sklearn.neighbors import KNeighborsClassifier

# Squared distances may be off by this part of the squares that they are made of: closer ones may be ties.
_ROUNDING = 1e-12
# Neighbours beyond the k-th that are looked at for ties.
_BEYOND = 3


class GrowingNeighbours(KNeighborsClassifier):
    """A nearest-neighbour classifier that is quick where rows are added one by one and the same rows asked each time.

    It answers as scikit-learn's own does, ties included. Condensing adds a row, fits again, and asks for the class
    of every row of a class, hundreds of times over. A new row changes the answer only for rows that are no farther
    from it than from their k-th neighbour, so the others are not asked again.

    See Also
    --------
    core.strategies.undersampling.Condensed : Asks it.

    Examples
    --------
    >>> X, y = np.array([[0.0], [1.0], [5.0], [6.0], [9.0]]), np.array([0, 0, 1, 1, 0])
    >>> neighbours = GrowingNeighbours(n_neighbors=1).fit(X[:4], y[:4])
    >>> neighbours.predict(X).tolist(), neighbours.fit(X, y).predict(X).tolist()
    ([0, 0, 1, 1, 1], [0, 0, 1, 1, 0])
    """

    def fit(self, X: np.ndarray, y: np.ndarray) -> Self:
        before = getattr(self, "_fit_X", np.zeros((0, 0)))
        method = getattr(self, "_fit_method", None)
        super().fit(X, y)
        asked: _Asked | None = getattr(self, "_asked", None)
        grown = len(X) == len(before) + 1 and np.array_equal(X[:-1], before)
        # Trees and all pairs may settle a tie differently.
        self._asked = asked if asked is not None and grown and self._fit_method == method else None
        if self._asked is not None:
            self._asked.add(np.asarray(X[-1], np.float64))
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        if len(X) == 1:
            known = None if self._asked is None else self._asked.answer(X)
            return super().predict(X) if known is None else np.array([known])
        if len(self._fit_X) <= self.n_neighbors:
            return super().predict(X)
        if self._asked is None or not np.array_equal(X, self._asked.rows):
            self._asked = _Asked(X, self.classes_.dtype)
        open_rows = np.flatnonzero(self._asked.open)
        if len(open_rows):
            self._ask(self._asked, open_rows)
        return self._asked.answers.copy()

    def _ask(self, asked: _Asked, places: np.ndarray) -> None:
        k = self.n_neighbors
        distances, neighbours = self.kneighbors(asked.rows[places], min(k + _BEYOND, len(self._fit_X)))
        squares, classes = distances**2, self._y[neighbours]
        # Of classes with as many neighbours, the first: argmax and scikit-learn's mode alike.
        votes = (classes[:, :k, None] == np.arange(len(self.classes_))).sum(axis=1)
        asked.answers[places] = self.classes_[votes.argmax(axis=1)]
        asked.reach[places] = squares[:, k - 1]
        near = np.abs(squares - squares[:, k - 1 : k]) <= asked.slack[places, None]
        other = (near & (classes != classes[:, k - 1 : k])).any(axis=1)
        # Which of the rows at the same distance are neighbours is settled by scikit-learn, each time.
        tied = near[:, k:].any(axis=1) & (other | near[:, -1])
        asked.open[places] = tied
        if tied.any():
            asked.answers[places[tied]] = super().predict(asked.rows[places[tied]])


class _Asked:
    """Rows that are asked each time, what was answered, and for which of them it may be another answer now."""

    def __init__(self, rows: np.ndarray, dtype: np.dtype) -> None:
        self.rows = rows
        self.answers = np.zeros(len(rows), dtype)
        self.reach = np.zeros(len(rows))
        self.open = np.ones(len(rows), bool)
        self.slack = _ROUNDING * (1 + (np.asarray(rows, np.float64) ** 2).sum(axis=1))
        self._places = {row.tobytes(): place for place, row in enumerate(rows)}

    def add(self, row: np.ndarray) -> None:
        """Open the rows that a new row may be a neighbour of."""
        self.open |= ((self.rows - row) ** 2).sum(axis=1) <= self.reach + self.slack

    def answer(self, row: np.ndarray) -> object:
        """Return the class of one row, shape (1, n_features), where it is known."""
        place = self._places.get(row.tobytes())
        return None if place is None or self.open[place] else self.answers[place]
