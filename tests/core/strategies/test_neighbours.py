"""Neighbours that remember what they said: the same rows as scikit-learn's choose, with far less searching."""

from __future__ import annotations

import numpy as np
import pytest
from imblearn.under_sampling import CondensedNearestNeighbour
from sklearn.neighbors import KNeighborsClassifier
from threadpoolctl import threadpool_limits

from core.strategies._neighbours import GrowingNeighbours


def rows(kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of overlapping classes, by what makes ties: nothing, few values, many columns of 0 and 1."""
    rng = np.random.default_rng(0)
    X = {
        "numbers": rng.standard_normal((300, 4)),
        "ties": rng.integers(0, 4, (200, 3)).astype(np.float64),
        "levels": (rng.random((200, 24)) < 0.2).astype(np.float32),
        "classes": rng.standard_normal((250, 3)).astype(np.float32),
    }[kind]
    y = (rng.random(len(X)) < 0.1 + 0.3 * (X[:, 0] > 0.5)).astype(np.int64)
    return X, y + (rng.random(len(X)) < 0.4) * 2 if kind == "classes" else y


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("kind", ["numbers", "ties", "levels", "classes"])
def test_condensing_chooses_the_same_rows(kind: str, k: int) -> None:
    X, y = rows(kind)
    theirs = CondensedNearestNeighbour(random_state=0, n_neighbors=KNeighborsClassifier(k))
    mine = CondensedNearestNeighbour(random_state=0, n_neighbors=GrowingNeighbours(k))
    with threadpool_limits(1):
        for sampler in (theirs, mine):
            sampler.fit_resample(X, y)
    assert len(mine.sample_indices_) > 50
    np.testing.assert_array_equal(mine.sample_indices_, theirs.sample_indices_)


def test_few_rows_are_searched_again(monkeypatch: pytest.MonkeyPatch) -> None:
    searched = []
    search = KNeighborsClassifier.kneighbors

    def counted(self: KNeighborsClassifier, X: np.ndarray, *args: object, **kwargs: object) -> object:
        searched.append(len(X))
        return search(self, X, *args, **kwargs)

    monkeypatch.setattr(KNeighborsClassifier, "kneighbors", counted)
    X, y = rows("numbers")
    asked = []
    for kind in (KNeighborsClassifier, GrowingNeighbours):
        searched.clear()
        with threadpool_limits(1):
            CondensedNearestNeighbour(random_state=0, n_neighbors=kind(1)).fit_resample(X, y)
        asked.append(sum(searched))
    assert asked[1] < asked[0] / 5


def test_other_rows_and_other_neighbours_are_answered_afresh() -> None:
    X, y = rows("numbers")
    mine = GrowingNeighbours(3)
    for part in (slice(0, 200), slice(0, 201), slice(100, 301), slice(100, 302)):
        theirs = KNeighborsClassifier(3).fit(X[part], y[part])
        mine.fit(X[part], y[part])
        for asked in (X, X[250:], X[7:8], X):
            np.testing.assert_array_equal(mine.predict(asked), theirs.predict(asked))


def test_a_new_class_among_the_neighbours_is_answered() -> None:
    X, y = np.array([[0.0], [1.0], [2.0], [3.0], [4.0], [9.0]]), np.array([1, 1, 1, 2, 2, 0])
    mine = GrowingNeighbours(1).fit(X[:5], y[:5])
    assert mine.predict(X).tolist() == [1, 1, 1, 2, 2, 2]
    assert mine.fit(X, y).predict(X).tolist() == [1, 1, 1, 2, 2, 0]
