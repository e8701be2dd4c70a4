"""The catalogue as a person looks through it: searching, and what a card says in words."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from core.strategies.base import FAMILY_NAMES, Card, Family, Parameter
from core.strategies.registry import catalogue

COST_WORDS: Mapping[str, str] = {
    "instant": "no work besides the training",
    "fast": "a little work before the training",
    "slow": "searches all rows while other strategies train: slow on large tables",
}


def families() -> list[Family]:
    """Return the families that have strategies, in the order of the catalogue."""
    return list(dict.fromkeys(cls.card.family for cls in catalogue().values()))


def find(asked: str, family: Family | None = None) -> list[Card]:
    """Return the cards in which every word asked for occurs, in the order of the catalogue.

    Words are sought in name, key, family, sentence and paper; case and accents do not matter.
    """
    words = _folded(asked).split()
    cards = [cls.card for cls in catalogue().values() if family in (None, cls.card.family)]
    return [card for card in cards if all(word in _haystack(card) for word in words)]


def needs(card: Card) -> list[str]:
    """Return what a strategy asks of a table, one short phrase a condition."""
    found = []
    if card.numeric_only:
        found.append("numeric columns only")
    if card.categorical_only:
        found.append("categorical columns only")
    if card.two_classes_only:
        found.append("two classes")
    found.append(f"at least {card.min_minority} rows of the smallest class")
    return found


def described(parameter: Parameter) -> str:
    """Return a parameter's help with its range and default, as one line."""
    text = parameter.help.rstrip(".")
    if parameter.choices:
        return f"{text}. One of {', '.join(parameter.choices)}; default {parameter.default}."
    if isinstance(parameter.default, bool):
        return f"{text}. Default {'on' if parameter.default else 'off'}."
    default = parameter.default if parameter.default != () else "none"
    if parameter.low is None or parameter.high is None:
        return f"{text}. Default {default}."
    return f"{text}. From {parameter.low:,g} to {parameter.high:,.6g}; default {default:g}."


@lru_cache(maxsize=1024)
def _haystack(card: Card) -> str:
    key = card.key.replace("_", " ")
    return _folded(" ".join((card.name, card.key, key, FAMILY_NAMES[card.family], card.sentence, card.paper)))


def _folded(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in parts if not unicodedata.combining(c))
