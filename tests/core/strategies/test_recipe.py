"""A recipe tells a choice's parts by what they do, and what they do by their class, never by their card."""

import numpy as np
import pytest

from core.decision import Rows, Temperature
from core.strategies import (
    FAMILY_NAMES,
    Calibrating,
    Deciding,
    Decision,
    Ensemble,
    Recipe,
    Reference,
    TrainingView,
    catalogue,
)
from core.strategies.base import Baseline, LearningStrategy, RowStrategy
from core.strategies.notation import parse_choice
from core.strategies.view import Numbers

KINDS = {
    "baseline": Baseline,
    "undersampling": RowStrategy,
    "oversampling": RowStrategy,
    "hybrid": RowStrategy,
    "weighting": LearningStrategy,
    "loss": LearningStrategy,
    "batches": LearningStrategy,
    "augmentation": LearningStrategy,
    "ensemble": Ensemble,
    "decision": Decision,
    "reference": Reference,
}


@pytest.mark.parametrize("key", catalogue())
def test_a_card_files_a_strategy_under_what_its_class_does(key: str) -> None:
    cls = catalogue()[key]
    assert set(KINDS) == set(FAMILY_NAMES)
    assert [kind for kind in set(KINDS.values()) if issubclass(cls, kind)] == [KINDS[cls.card.family]]
    assert issubclass(cls, Decision) == issubclass(cls, Calibrating | Deciding)


def test_choices_that_differ_in_their_decision_alone_share_networks() -> None:
    keys = {text: Recipe.of(parse_choice(text)).key for text in ("smote", "smote+threshold_f1", "temperature", "plain")}
    assert keys["smote"] == keys["smote+threshold_f1"] == "smote"
    assert keys["temperature"] == keys["plain"] == "plain"


def test_a_reference_under_a_rule_is_the_same_model() -> None:
    alone, corrected, tuned = (
        Recipe.of(parse_choice(text)) for text in ("boosting", "boosting+prior_correction", "boosting+threshold_f1")
    )
    assert alone.key == corrected.key == tuned.key == "boosting"
    assert tuned.reference is not None
    assert tuned.networks == ()
    assert not tuned.is_plain


def test_the_rule_is_fitted_on_rows_of_its_own_where_there_are_some() -> None:
    """Calibrations are fitted on the rows given, the rule on other rows whose probabilities are calibrated already."""
    rng = np.random.default_rng(0)
    y = (rng.random(200) < 0.3).astype(np.int64)
    positive = np.clip(0.3 + 0.4 * (y - 0.3) + rng.normal(0, 0.2, 200), 0.01, 0.99)
    rows = Rows(np.column_stack([1 - positive, positive]), y)
    unseen = Rows(np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3]]), np.array([0, 0, 1]))
    view = TrainingView.of(Numbers(), np.zeros((200, 1)), y, n_classes=2, seed=0)
    fitted = Recipe.of(parse_choice("threshold_f1+temperature")).chain(rows, view, [], unseen)
    assert fitted.calibrations == (Temperature.fit(rows.probabilities, y),)
    assert fitted.rule.threshold == pytest.approx(0.25)


def test_a_fresh_view_shares_rows_but_neither_notes_nor_draws() -> None:
    view = TrainingView.of(Numbers(), np.zeros((3, 1)), np.array([0, 0, 1]), n_classes=2, seed=0)
    view.note("k_neighbors was lowered.")
    assert view.cache.once("drawn", lambda: 1) == 1
    fresh, unnoted = view.fresh(), view.without_notes()
    assert fresh.X is view.X
    assert fresh.notes == unnoted.notes == []
    assert fresh.cache.once("drawn", lambda: 2) == 2
    assert unnoted.cache.once("drawn", lambda: 2) == 1
