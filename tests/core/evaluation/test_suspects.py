"""Labels to doubt: flipped ones are found, and what balancing did to probabilities does not matter."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedKFold

from core.data.samples import load_sample
from core.evaluation.outoffold import OutOfFold
from core.evaluation.suspects import carried_back, suspects
from tests.core.evaluation.test_explorer import pooled


def test_flipped_labels_of_page_blocks_come_first() -> None:
    """5% of the labels of each class are flipped: of as many suspects, at least 60% are flipped ones."""
    frame = load_sample("page_blocks").frame
    X, truth = frame.drop(columns="not_text").to_numpy(float), (frame["not_text"] == "yes").to_numpy().astype(np.int64)
    rng = np.random.default_rng(0)
    flipped = np.concatenate(
        [rng.choice(np.flatnonzero(truth == c), round(0.05 * (truth == c).sum()), replace=False) for c in (0, 1)]
    )
    y = truth.copy()
    y[flipped] = 1 - y[flipped]
    folds = list(StratifiedKFold(3, shuffle=True, random_state=0).split(X, y))
    rows = np.concatenate([test for _, test in folds])
    fold = np.repeat(np.arange(3), [len(test) for _, test in folds])
    strategies = []
    for weight in (None, "balanced"):
        model = RandomForestClassifier(20, min_samples_leaf=4, class_weight=weight, random_state=0)
        p = np.concatenate([model.fit(X[train], y[train]).predict_proba(X[test]) for train, test in folds])
        zeros, counts = np.zeros(len(rows), np.int64), np.ones((3, 2))
        strategies.append(OutOfFold(str(weight), rows, fold, zeros, y[rows], p, p.argmax(1), (0.5,), counts))
    for chosen in (strategies, strategies[:1], strategies[1:]):
        found = suspects(chosen)
        assert np.isin(found.rows[: len(flipped)], flipped).mean() >= 0.6
        assert np.isin(flipped, found.rows[found.doubted]).mean() >= 0.6
        assert (found.given[found.doubted] != found.likely[found.doubted]).mean() > 0.95


def test_probabilities_are_carried_back_whatever_shifted_them() -> None:
    rng = np.random.default_rng(0)
    logit = rng.normal(-2.5, 1.5, 4000)
    p = 1 / (1 + np.exp(-logit))
    y = (rng.random(4000) < p).astype(np.int64)
    for shift in (-1.0, 0.0, 2.0):
        shifted = 1 / (1 + np.exp(-(logit + shift)))
        back = carried_back(np.column_stack([1 - shifted, shifted]), y)
        assert back[:, 1].mean() == pytest.approx(y.mean(), abs=1e-5)
        np.testing.assert_allclose(back[:, 1], p, atol=0.03)


def test_three_classes_repeats_and_a_class_without_rows() -> None:
    rows = pooled(n_classes=3)
    found = suspects(rows)
    assert sorted(found.rows.tolist()) == rows[0].rows.tolist()
    assert (np.diff(found.belief) >= -1e-12).all()
    some = rows[0].truth < 2
    fewer = suspects([one.chosen(some) for one in rows])
    assert set(found.likely) == {0, 1, 2}
    assert set(fewer.likely) <= {0, 1}
    alone = suspects([one.chosen(rows[0].truth == 1) for one in rows])
    assert not alone.doubted.any()
