"""The presets: their sizes, the plain network in all of them, and what is left out on a table."""

from __future__ import annotations

import pytest

from core.plan import StrategyChoice
from core.session import preset_for, why_not
from core.strategies import TableFacts, catalogue
from core.strategies.presets import BUTTONS, CLASSICS, EVERYTHING, PLAIN, PRESETS, QUICK_LOOK, Preset

NUMERIC = TableFacts((900, 100), 8, 0)
MIXED = TableFacts((700, 300), 7, 13)
MANY = TableFacts((500, 300, 40), 8, 0)


def test_presets_have_the_sizes_that_they_promise() -> None:
    assert [preset.name for preset in BUTTONS] == ["Quick look", "Classics", "Everything that applies"]
    assert (len(QUICK_LOOK.choices), len(CLASSICS.choices)) == (6, 12)
    assert PRESETS["Quick look"] == QUICK_LOOK.choices


@pytest.mark.parametrize("facts", [NUMERIC, MIXED, MANY])
def test_everything_is_all_that_applies(facts: TableFacts) -> None:
    chosen = preset_for(EVERYTHING, facts)
    alone = {choice.key for choice in chosen if len(choice.parts) == 1}
    assert alone == {key for key in catalogue() if why_not(StrategyChoice.of(key), facts) is None}
    assert any(len(choice.parts) > 1 for choice in chosen)
    assert len(chosen) >= 50


@pytest.mark.parametrize("facts", [NUMERIC, MIXED, MANY, TableFacts((100, 1), 1, 1)])
def test_the_plain_network_is_always_in(facts: TableFacts) -> None:
    for preset in BUTTONS:
        chosen = preset_for(preset, facts)
        assert PLAIN in chosen
        assert len({choice.key for choice in chosen}) == len(chosen)
    with pytest.raises(ValueError, match="lacks the plain network"):
        Preset("No control", "", (StrategyChoice.of("smote"),))
