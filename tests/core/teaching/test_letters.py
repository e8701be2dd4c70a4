"""Every letter of a formula is explained, and none that it does not have."""

from __future__ import annotations

import re

import pytest

from core.strategies import catalogue
from core.strategies.base import Strategy
from core.teaching.letters import letters_of

# Signs, names of functions, and the letters that a sum counts by or that stand for Euler's number.
_SIGNS = frozenset(
    re.findall(
        r"\S+",
        "log frac tfrac sum min max arg quad in cup bigcup cap setminus subseteq ge le ne neq left right lVert rVert "
        "sim propto cdot approx partial odot leftarrow to dots hat bar tilde sqrt tan begin end gathered cases infty I",
    )
)
_COUNTED = frozenset("ijkbtme")


def tokens(latex: str) -> frozenset[str]:
    bare = re.sub(r"\\(text|mathrm|mathcal)\{[^}]*\}|\\(begin|end)\{[^}]*\}", " ", latex)
    return frozenset(re.findall(r"\\([A-Za-z]+)", bare)) | frozenset(re.findall(r"(?<!\\)(?<![A-Za-z])[A-Za-z]+", bare))


@pytest.mark.parametrize("cls", catalogue().values(), ids=list(catalogue()))
def test_the_key_has_the_letters_of_the_formula_and_no_others(cls: type[Strategy]) -> None:
    explained = letters_of(cls)
    known = frozenset().union(*(tokens(letter) for letter, _ in explained))
    assert tokens(cls.card.formula) - known <= _SIGNS | _COUNTED
    assert known - _SIGNS <= tokens(cls.card.formula) | {"j", "k", "n", "TN", "FN", "a"}
    assert len({letter for letter, _ in explained}) == len(explained)
    assert all(words and not words.endswith(".") for _, words in explained)


def test_the_settings_of_a_formula_are_named() -> None:
    said = {key: dict(letters_of(catalogue()[key])) for key in ("focal", "smote", "asymmetric", "plain")}
    assert said["focal"][r"\gamma"] == "the setting gamma"
    assert said["smote"][r"\lambda"] == "a random number from 0 to 1"
    assert r"\ell" not in said["smote"]
    assert said["smote"]["k"] == "the setting k_neighbors"
    assert said["asymmetric"][r"\gamma_-"] == "the setting gamma_negative"
    assert "D_j" not in said["plain"]
