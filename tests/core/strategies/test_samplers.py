"""Each sampler strategy against imbalanced-learn itself, called by hand with the same seed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from imblearn import combine, over_sampling, under_sampling
from imblearn.base import BaseSampler

from core.data.samples import load_sample
from core.plan import Part
from core.strategies import StrategyError, TrainingView, catalogue, make
from core.strategies._sampling import Sampler
from core.teaching.effects import training_view
from core.training.lane import Lane
from tests.problems import problem_of

SEED = 0
ALL = "all"
EXPECTED: dict[str, Callable[[], BaseSampler]] = {
    "random_under": lambda: under_sampling.RandomUnderSampler(random_state=SEED),
    "near_miss_1": lambda: under_sampling.NearMiss(version=1),
    "near_miss_2": lambda: under_sampling.NearMiss(version=2),
    "near_miss_3": lambda: under_sampling.NearMiss(version=3),
    "tomek_links": lambda: under_sampling.TomekLinks(),
    "enn": lambda: under_sampling.EditedNearestNeighbours(),
    "repeated_enn": lambda: under_sampling.RepeatedEditedNearestNeighbours(),
    "all_knn": lambda: under_sampling.AllKNN(),
    "condensed": lambda: under_sampling.CondensedNearestNeighbour(random_state=SEED, n_neighbors=1),
    "one_sided": lambda: under_sampling.OneSidedSelection(random_state=SEED, n_neighbors=1),
    "neighbourhood_cleaning": lambda: under_sampling.NeighbourhoodCleaningRule(),
    "hardness_threshold": lambda: under_sampling.InstanceHardnessThreshold(random_state=SEED),
    "cluster_centroids": lambda: under_sampling.ClusterCentroids(random_state=SEED, voting="soft"),
    "random_over": lambda: over_sampling.RandomOverSampler(random_state=SEED),
    "rose": lambda: over_sampling.RandomOverSampler(random_state=SEED, shrinkage=1.0),
    "smote": lambda: over_sampling.SMOTE(random_state=SEED),
    "borderline_smote_1": lambda: over_sampling.BorderlineSMOTE(random_state=SEED, kind="borderline-1"),
    "borderline_smote_2": lambda: over_sampling.BorderlineSMOTE(random_state=SEED, kind="borderline-2"),
    "svm_smote": lambda: over_sampling.SVMSMOTE(random_state=SEED),
    "kmeans_smote": lambda: over_sampling.KMeansSMOTE(
        random_state=SEED, kmeans_estimator=8, cluster_balance_threshold=0.1
    ),
    "adasyn": lambda: over_sampling.ADASYN(random_state=SEED),
    "smote_enn": lambda: combine.SMOTEENN(random_state=SEED),
    "smote_tomek": lambda: combine.SMOTETomek(random_state=SEED),
}


def view_of(sample: str, target: str) -> TrainingView:
    table = load_sample(sample)
    return training_view(problem_of(table, target), 1_500)


def rows_of(key: str, view: TrainingView) -> tuple[np.ndarray, np.ndarray]:
    """Return what a strategy's lane sees, as rows in the samplers' space and labels."""
    (lane,) = make(Part.of(key)).refine(Lane(np.arange(len(view.y)), SEED), view)
    rows = view.encoded[lane.rows]
    if lane.synthetic is not None:
        rows = np.vstack([rows, lane.synthetic.encoded])
        np.testing.assert_allclose(lane.synthetic.X, view.expand(lane.synthetic.encoded), atol=1e-6)
    return rows, lane.labels(view.y)


def in_order(rows: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return rows with their labels in an order that does not depend on how a sampler lays them out."""
    together = np.column_stack([rows, y])
    return together[np.lexsort(np.round(together, 9).T)]


def test_every_sampler_is_compared() -> None:
    registered = {key for key, cls in catalogue().items() if issubclass(cls, Sampler)} | {"smote_enn", "smote_tomek"}
    assert registered == set(EXPECTED) | {"smotenc", "smoten"}


@pytest.mark.parametrize("sample", ["page_blocks", "yeast"])
@pytest.mark.parametrize("key", EXPECTED)
def test_rows_equal_imbalanced_learn(key: str, sample: str) -> None:
    view = view_of(sample, {"page_blocks": "not_text", "yeast": "site"}[sample])
    sampler = EXPECTED[key]()
    # Numbers alone: the network's inputs and the samplers' space hold the same values, in two precisions.
    space = view.X if catalogue()[key].__name__ in _BY_DISTANCE else view.encoded
    try:
        X, y = sampler.fit_resample(space, view.y)
    except RuntimeError:
        with pytest.raises(StrategyError, match="cannot work on these training rows"):
            rows_of(key, view)
        return
    rows, labels = rows_of(key, view)
    assert np.bincount(labels).tolist() == np.bincount(y).tolist()
    np.testing.assert_allclose(in_order(rows, labels), in_order(X, y), atol=1e-5)


# Samplers that only choose rows see the network's inputs, in its precision.
_BY_DISTANCE = {cls.__name__ for cls in catalogue().values() if issubclass(cls, Sampler) and cls.returns == "selected"}


def test_smotenc_and_smote_on_mixed_columns_equal_imbalanced_learn() -> None:
    view = view_of("german_credit", "creditability")
    sampler = over_sampling.SMOTENC(list(view.categorical), random_state=SEED)
    X, y = sampler.fit_resample(view.encoded, view.y)
    for key in ("smote", "smotenc"):
        rows, labels = rows_of(key, view)
        np.testing.assert_allclose(in_order(rows, labels), in_order(X, y), atol=1e-9)


def test_smoten_equals_imbalanced_learn() -> None:
    from core.data.table import from_frame

    table = load_sample("german_credit")
    wanted = [c.name for c in table.columns if c.kind == "categorical" or c.name == "creditability"]
    table = from_frame(table.frame[wanted], "categories")
    view = training_view(problem_of(table, "creditability"), 400)
    X, y = over_sampling.SMOTEN(random_state=SEED).fit_resample(view.encoded, view.y)
    rows, labels = rows_of("smoten", view)
    np.testing.assert_array_equal(in_order(rows, labels), in_order(X, y))


def test_a_ratio_is_met() -> None:
    view = view_of("page_blocks", "not_text")
    before = np.bincount(view.y)
    for key, expected in {
        "random_over": [before[0], before[0] // 2],
        "smote": [before[0], before[0] // 2],
        "random_under": [before[1] * 2, before[1]],
    }.items():
        (lane,) = make(Part.of(key, ratio=0.5)).refine(Lane(np.arange(len(view.y)), SEED), view)
        assert np.bincount(lane.labels(view.y)).tolist() == expected, key


def test_strategies_that_share_a_sampler_run_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    view = view_of("page_blocks", "not_text")
    calls = []
    original = over_sampling.SMOTE.fit_resample

    def counted(self: over_sampling.SMOTE, X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        calls.append(len(X))
        return original(self, X, y)

    monkeypatch.setattr(over_sampling.SMOTE, "fit_resample", counted)
    for key in ("smote", "smote_enn", "smote_tomek", "smote"):
        rows_of(key, view)
    assert len(calls) == 1
