"""Strategies as a person types them."""

from __future__ import annotations

import pytest

from core.plan import Part, PlanError, StrategyChoice
from core.strategies.notation import parse_choice, parse_strategies
from core.strategies.presets import PRESETS


@pytest.mark.parametrize("choice", PRESETS["Everything that applies"], ids=lambda choice: choice.key)
def test_every_key_reads_back(choice: StrategyChoice) -> None:
    assert parse_choice(choice.key) == choice


@pytest.mark.parametrize(
    "choice",
    [
        StrategyChoice.of("smote", k_neighbors=3, ratio=0.5),
        StrategyChoice.of("enn", kind_sel="mode"),
        StrategyChoice.of("random_under", replacement=True),
        StrategyChoice.of("cost_weight", costs=(0.0, 1.0, 10.0, 0.0)),
        StrategyChoice((Part.of("under_bagging", n_members=3), Part.of("threshold_recall", floor=0.8))),
    ],
    ids=lambda choice: choice.key,
)
def test_parameters_read_back_in_their_type(choice: StrategyChoice) -> None:
    assert parse_choice(choice.key) == choice


def test_presets_and_keys_mix_and_nothing_comes_twice() -> None:
    choices = parse_strategies("Classics, plain, smote(k_neighbors=3), smote( k_neighbors = 5 )")
    assert choices[:-1] == PRESETS["Classics"]
    assert choices[-1].key == "smote(k_neighbors=3)"
    for text in ("start", "quick-look", "quick", "everything", "Everything that applies"):
        assert parse_strategies(text) in PRESETS.values()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "at least one strategy"),
        ("smoth", "no strategy called 'smoth'"),
        ("smote_n", "did you mean smote"),
        ("smote(k=3)", "it has ratio, k_neighbors"),
        ("smote(k_neighbors=3", "closing bracket"),
        ("smote(k_neighbors=3.5)", "k_neighbors must be a whole number"),
        ("smote(k_neighbors=900)", "choose 1 to 50"),
        ("smote(3)", "name=value"),
        ("enn(kind_sel=some)", "must be one of all, mode"),
        ("plain(a=1)", "it has none"),
    ],
)
def test_what_cannot_be_read_is_said(text: str, words: str) -> None:
    with pytest.raises(PlanError) as caught:
        parse_strategies(text)
    assert words in str(caught.value)
