"""Combinations that make no sense are refused in one sentence; the others are let through."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from core.plan import Part, Plan, PlanError, StrategyChoice
from core.strategies import TableFacts, TrainingView, catalogue, parts_of
from core.strategies.base import stages_of
from core.strategies.choosing import combined, numbers_of, why_not
from core.strategies.combining import clash
from core.strategies.presets import PRESETS
from core.training.lane import Lane

FACTS = TableFacts((90, 10), 3, 0)
PLAN = Plan("y", (StrategyChoice.of("plain"),))


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("logistic", "boosting"), "two models"),
        (("smote", "logistic"), "SMOTE has nothing to act on"),
        (("boosting", "class_weight"), "Class weights has nothing to act on"),
        (("under_bagging", "self_paced"), "both ensembles"),
        (("focal", "asymmetric"), "both set the same term of the loss"),
        (("logit_adjusted", "balanced_softmax"), "both set the same term of the loss"),
        (("focal", "class_balanced_focal"), "both set the same term of the loss"),
        (("class_weight", "class_balanced_focal"), "weighed twice"),
        (("class_weight", "sqrt_weight"), "weighed twice"),
        (("class_weight", "ldam_drw"), "weighed twice"),
        (("balanced_batches", "progressive_batches"), "how batches are drawn"),
        (("mixup", "remix"), "mix rows inside the batch"),
        (("threshold_f1", "threshold_cost"), "both set the threshold"),
        (("smote", "smote"), "twice"),
        (("plain", "smote"), "changes nothing"),
        (("smote", "focal", "threshold_f1", "threshold_mcc"), "both set the threshold"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(names: tuple[str, ...], words: str) -> None:
    for order in (names, names[::-1]):
        reason = clash(order)
        assert reason is not None
        assert words in reason
        assert reason.endswith(".")
        assert ". " not in reason
    with pytest.raises(PlanError, match=words):
        combined(names, PLAN, FACTS)
    assert why_not(StrategyChoice(tuple(Part.of(name) for name in names)), FACTS) == clash(names)


@pytest.mark.parametrize(
    "names",
    [
        ("smote", "threshold_f1"),
        ("smote", "focal", "threshold_f1"),
        ("tomek_links", "random_over"),
        ("class_weight", "focal"),
        ("class_weight", "log_prior_bias"),
        ("logit_adjusted", "label_smoothing"),
        ("deep_ensemble", "class_weight", "mixup"),
        ("temperature", "threshold_f1"),
        ("boosting", "threshold_cost"),
    ],
)
def test_what_makes_sense_is_let_through(names: tuple[str, ...]) -> None:
    assert clash(names) is None
    assert [part.name for part in combined(names, PLAN, FACTS).parts] == list(names)


def test_no_preset_clashes() -> None:
    for choices in PRESETS.values():
        assert [clash([part.name for part in choice.parts]) for choice in choices] == [None] * len(choices)


def test_pairs_that_are_let_through_keep_what_both_set() -> None:
    """For every pair of strategies that change the loss or the batches, no setting of the first is lost."""
    X = np.zeros((40, 1), np.float32)
    y = np.repeat([0, 1], (30, 10))
    view = TrainingView(X, X.astype(float), (), y, 2, 0, lambda rows: rows.astype(np.float32))
    kinds = ("loss", "batches", "augmentation", "weighting")
    names = [key for key, cls in catalogue().items() if cls.card.family in kinds]

    def lane_of(*keys: str) -> Lane:
        parts = parts_of(StrategyChoice(tuple(Part.of(key) for key in keys)))
        (lane,) = next(stages_of(parts, Lane(np.arange(40), 0), view))
        return lane

    def settings(lane: Lane) -> dict[str, object]:
        weights = None if lane.sample_weight is None else tuple(lane.sample_weight.tolist())
        own = {"batches": lane.batches, "mixup": lane.mixup, "bias": lane.initial_bias, "weights": weights}
        return own | vars(lane.loss)

    untouched = settings(Lane(np.arange(40), 0))
    checked = 0
    for first, second in combinations(names, 2):
        if clash((first, second)) is not None:
            continue
        both = settings(lane_of(first, second))
        for alone in (settings(lane_of(first)), settings(lane_of(second))):
            assert all(both[name] == value for name, value in alone.items() if value != untouched[name])
        checked += 1
    assert checked > 60


def test_numbers_are_read_as_people_write_them() -> None:
    assert numbers_of("0, 1; 10 0") == (0, 1, 10, 0)
    assert numbers_of(" ") == ()
    for wrong in ("0, one", "nan", "1, inf"):
        with pytest.raises(PlanError, match="must be numbers"):
            numbers_of(wrong)
