"""The verdict on several networks: each strategy is held against the plain line of its own network."""

from __future__ import annotations

import re

import numpy as np

from core.evaluation.verdict import Assessment, assess
from core.plan import NetworkChoice, Plan, SplitSettings
from core.strategies import choices_of
from core.strategies.notation import parse_strategies
from tests.core.evaluation.comparisons import scored
from tests.core.evaluation.test_verdict import BASE, noise, text_of

SMALL, WIDE = "MLP", "MLP (hidden_layers=128)"


def judged(
    strategies: str, *scores: np.ndarray, networks: tuple[str, ...] = ("mlp", "mlp(hidden_layers=128)")
) -> Assessment:
    """Return what is said of F1 over 25 folds, line by line of the comparison."""
    choices = tuple(map(NetworkChoice.read, networks))
    plan = Plan("t", parse_strategies(strategies), networks=choices, split=SplitSettings(5, 5))
    keys = [choice.key for choice in choices_of(plan)]
    return assess(scored(5, 5, None, **dict(zip(keys, scores, strict=True))), plan)


def test_a_strategy_may_help_one_network_and_not_another() -> None:
    assessment = judged("plain,smote", BASE, BASE + 0.03 + noise(1), BASE + 0.1 + noise(2), BASE + 0.1 + noise(3))
    words = text_of(assessment, "networks")
    assert re.search(
        rf"Balancing by SMOTE clearly helps {re.escape(SMALL)} \(\+0\.0[23]\d, p < 0\.001, 25 folds\) and makes no "
        rf"clear difference to {re.escape(WIDE)} \([+-]0\.00\d, p = [\d.]+, 25 folds\)\.",
        words,
    )
    assert f"Without balancing, {WIDE} is clearly better than {SMALL} (+0.1" in words


def test_a_lead_is_held_against_the_plain_line_of_its_own_network() -> None:
    assessment = judged("plain,smote", BASE, BASE + noise(1), BASE + 0.2 + noise(2), BASE + 0.202 + noise(2) + noise(3))
    assert assessment.leader == "smote@mlp(hidden_layers=128)"
    assert f"Against the plain network on {WIDE} there is no clear difference" in text_of(assessment, "plain")


def test_where_no_balancing_leads_rivals_are_those_on_the_same_network() -> None:
    assessment = judged("plain,smote", BASE - 0.3, BASE - 0.3 + noise(1), BASE, BASE - 0.1 + noise(2))
    assert assessment.leader == "plain@mlp(hidden_layers=128)"
    words = text_of(assessment, "plain")
    assert words.startswith(f"No other strategy beats the plain network on {WIDE}")
    assert f"Clearly worse: SMOTE · {WIDE} (" in words
    assert f"SMOTE · {SMALL}" not in words.replace(WIDE, "")


def test_a_strategy_that_harms_all_networks_is_said_to() -> None:
    assessment = judged("plain,smote", BASE, BASE - 0.1 + noise(1), BASE + noise(3), BASE - 0.2 + noise(2))
    assert f"SMOTE clearly harms {SMALL} (-0." in text_of(assessment, "networks")
    assert f") and {WIDE} (-0." in text_of(assessment, "networks")


def test_one_network_has_no_sentence_of_its_own() -> None:
    assessment = judged("plain,smote", BASE, BASE + 0.1 + noise(1), networks=("mlp",))
    assert not text_of(assessment, "networks")
    assert "Against the plain network it is clearly better" in text_of(assessment, "plain")


def test_a_reference_that_leads_is_held_against_the_best_plain_network() -> None:
    lines = (BASE, BASE + noise(1), BASE + 0.1 + noise(2), BASE + 0.1 + noise(4), BASE + 0.2 + noise(3))
    assessment = judged("plain,smote,logistic", *lines)
    assert assessment.leader == "logistic"
    assert f"Against the plain network on {WIDE} it is clearly better" in text_of(assessment, "plain")
