"""Ensembles: what rows their networks see, stage by stage."""

from __future__ import annotations

import numpy as np
import pytest

from core.data.samples import load_sample
from core.plan import Part
from core.strategies import TrainingView, make, stages_of
from core.teaching.effects import training_view
from core.training.lane import Lane
from tests.problems import problem_of


@pytest.fixture(scope="module")
def view() -> TrainingView:
    table = load_sample("page_blocks")
    return training_view(problem_of(table, "not_text"), 2_000)


def all_stages(key: str, view: TrainingView, hardness: np.ndarray, **parameters: int) -> list[list[Lane]]:
    """Return the lanes of every stage; each network gives a row's class a probability of 1 - hardness."""
    generator = stages_of([make(Part.of(key, **parameters))], Lane(np.arange(len(view.y)), 7), view)
    found = [next(generator)]
    p = np.empty((len(view.y), 2))
    rows = np.arange(len(view.y))
    p[rows, view.y], p[rows, 1 - view.y] = 1 - hardness, hardness
    while True:
        try:
            found.append(generator.send([p] * len(found[-1])))
        except StopIteration:
            return found


def counts(lane: Lane, view: TrainingView) -> list[int]:
    return np.bincount(lane.labels(view.y), minlength=2).tolist()


def test_bags_differ_in_rows_and_seed_and_are_balanced(view: TrainingView) -> None:
    smallest, largest = int(view.class_counts.min()), int(view.class_counts.max())
    for key, size in (("under_bagging", smallest), ("over_bagging", largest), ("smote_bagging", largest)):
        (lanes,) = all_stages(key, view, np.zeros(len(view.y)))
        assert len(lanes) == 10
        assert len({lane.seed for lane in lanes}) == 10
        assert len({lane.rows.tobytes() for lane in lanes}) == 10
        for lane in lanes:
            assert counts(lane, view) == [size, size], key


def test_smote_bagging_makes_fewer_rows_from_member_to_member(view: TrainingView) -> None:
    """Wang and Yao (2009): the share that is drawn grows by member, up to all of the class."""
    (lanes,) = all_stages("smote_bagging", view, np.zeros(len(view.y)))
    made = [0 if lane.synthetic is None else len(lane.synthetic.y) for lane in lanes]
    assert made == sorted(made, reverse=True)
    assert made[0] > 0
    assert made[-1] == 0


def test_the_plain_ensemble_differs_in_seed_alone(view: TrainingView) -> None:
    (lanes,) = all_stages("deep_ensemble", view, np.zeros(len(view.y)))
    assert lanes[0].seed == 7
    assert len({lane.seed for lane in lanes}) == 10
    assert all(np.array_equal(lane.rows, np.arange(len(view.y))) for lane in lanes)


def test_easy_ensemble_weighs_what_was_wrong_as_adaboost_does(view: TrainingView) -> None:
    hardness = np.where(np.arange(len(view.y)) % 5 == 0, 0.9, 0.1)
    first, second = all_stages("easy_ensemble", view, hardness)
    assert len(first) == len(second) == 5
    for bag, boosted in zip(first, second, strict=True):
        np.testing.assert_array_equal(bag.rows, boosted.rows)
        assert boosted.sample_weight is not None
        wrong = hardness[bag.rows] > 0.5
        # Freund and Schapire (1997): after the update, wrong rows and right ones weigh the same in all.
        assert boosted.sample_weight[wrong].sum() == pytest.approx(boosted.sample_weight[~wrong].sum(), rel=1e-4)


def test_self_paced_moves_from_easy_to_hard(view: TrainingView) -> None:
    """Liu et al. (2020): early stages take few of the hard rows, the last takes the same number from every bin."""
    rng = np.random.default_rng(0)
    hardness = rng.beta(1, 6, len(view.y))
    stages = all_stages("self_paced", view, hardness, n_members=6)
    assert len(stages) == 6
    majority = int(view.class_counts.argmax())
    mean = []
    for (lane,) in stages:
        own = lane.rows[view.y[lane.rows] == majority]
        assert len(own) == len(np.unique(own))
        mean.append(hardness[own].mean())
        assert counts(lane, view)[1 - majority] == view.class_counts.min()
    assert mean[1] < mean[-1]
    assert mean[2] < mean[-1]


def test_balanced_cascade_drops_easy_rows_and_ends_at_the_smallest_class(view: TrainingView) -> None:
    """Liu, Wu and Zhou (2009): the majority shrinks by one factor a stage, its easiest rows first."""
    hardness = np.random.default_rng(1).random(len(view.y))
    stages = all_stages("balanced_cascade", view, hardness, n_members=5)
    majority, smallest = int(view.class_counts.argmax()), int(view.class_counts.min())
    last = stages[-1][0].rows
    own = np.sort(last[view.y[last] == majority])
    rows = np.flatnonzero(view.y == majority)
    hardest = np.sort(rows[np.argsort(-hardness[rows])[:smallest]])
    np.testing.assert_array_equal(own, hardest)
