"""The made table has the shape it promises and can be learned from, but not wholly."""

from __future__ import annotations

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

from benchmarks.card_fraud import FEATURES, make


def test_shape_and_seed() -> None:
    frame = make(seed=1)
    assert frame.shape == (284_807, 31)
    assert tuple(frame.columns) == (*FEATURES, "Class")
    assert frame["Class"].sum() == 492
    assert frame["Time"].is_monotonic_increasing
    assert frame.notna().all(axis=None)
    assert make(2_000, 40, seed=3).equals(make(2_000, 40, seed=3))
    assert not make(2_000, 40, seed=3).equals(make(2_000, 40, seed=4))
    with pytest.raises(ValueError, match="cannot be frauds"):
        make(10, 10)


def test_it_is_learnable_but_not_trivially() -> None:
    frame = make(40_000, 400)
    X = (frame[list(FEATURES)] - frame[list(FEATURES)].mean()) / frame[list(FEATURES)].std()
    train, y = frame.index % 2 == 0, frame["Class"]
    p = LogisticRegression(max_iter=500).fit(X[train], y[train]).predict_proba(X[~train])[:, 1]
    assert 0.3 < average_precision_score(y[~train], p) < 0.95
