"""The catalogue as a person looks through it."""

from __future__ import annotations

import pytest

from core.strategies import FAMILY_NAMES, catalogue
from core.strategies.cards import COST_WORDS, described, families, find, formula_parts, needs


def keys(query: str) -> set[str]:
    return {card.key for card in find(query)}


def test_every_family_with_a_strategy_is_listed_once_and_has_a_name() -> None:
    listed = families()
    assert len(listed) == len(set(listed))
    assert {cls.card.family for cls in catalogue().values()} == set(listed)
    assert set(listed) <= set(FAMILY_NAMES)


def test_nothing_asked_finds_everything_in_its_order() -> None:
    assert [card.key for card in find("  ")] == list(catalogue())
    assert {card.family for card in find("", "loss")} == {"loss"}


def test_every_word_must_occur_whatever_its_case_and_accents() -> None:
    assert "smote_enn" in keys("SMOTE enn")
    assert keys("smote enn") <= keys("smote")
    assert keys("Laurikkálà") == keys("laurikkala") != set()
    assert keys("no such thing") == set()


@pytest.mark.parametrize("key", catalogue())
def test_a_card_says_in_words_what_it_costs_needs_and_takes(key: str) -> None:
    cls = catalogue()[key]
    assert cls.cost in COST_WORDS
    assert f"at least {cls.min_minority} rows of the smallest class" in needs(cls)
    assert ("two classes" in needs(cls)) == cls.two_classes_only
    for parameter in cls.parameters():
        line = described(parameter)
        assert parameter.help.rstrip(".") in line
        assert "default" in line.casefold()


@pytest.mark.parametrize("key", catalogue())
def test_a_class_has_a_docstring_of_its_own_that_begins_with_one_sentence(key: str) -> None:
    cls = catalogue()[key]
    sentence = (cls.__doc__ or "").partition("\n\n")[0].strip()
    assert not sentence.startswith(f"{cls.__name__}("), "what a dataclass without a docstring gets"
    assert 15 < len(sentence) < 120
    assert sentence.endswith(".")
    assert ". " not in sentence


def test_every_part_of_a_formula_is_one() -> None:
    parts = [part for cls in catalogue().values() for part in formula_parts(cls.card.formula)]
    assert len(parts) > len(catalogue())
    for part in parts:
        assert not part.endswith((",", "\\"))
        assert part.count("{") == part.count("}")
        assert part.count(r"\left") - part.count(r"\leftarrow") == part.count(r"\right")
        assert r"\begin{gathered}" not in part
