"""What the catalogue shows of a plan and a search."""

from __future__ import annotations

from core.plan import Plan, StrategyChoice
from core.strategies import catalogue
from core.strategies.choosing import sections_of

OWN = StrategyChoice.of("smote", k_neighbors=3)
PLAN = Plan("y", (StrategyChoice.of("plain"), OWN))


def test_every_strategy_stands_once_under_its_family() -> None:
    sections = sections_of(PLAN, "")
    shown = [choice.parts[0].name for choices in sections.values() for choice in choices]
    assert sorted(shown) == sorted(catalogue())
    assert all(
        catalogue()[choice.parts[0].name].card.family == family
        for family, choices in sections.items()
        for choice in choices
    )


def test_a_chosen_strategy_keeps_its_settings_and_the_others_have_defaults() -> None:
    oversampling = sections_of(PLAN, "", "oversampling")["oversampling"]
    assert OWN in oversampling
    assert StrategyChoice.of("smote") not in oversampling
    assert StrategyChoice.of("adasyn") in oversampling


def test_a_search_that_matches_nothing_has_no_section() -> None:
    assert sections_of(PLAN, "no such strategy") == {}
    assert list(sections_of(PLAN, "smote chawla", "undersampling")) == []
