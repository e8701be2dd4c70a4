"""The presets: their sizes, the plain network in all of them, and what is left out on a table."""

from __future__ import annotations

import pytest

from core.experiment.estimate import Workload
from core.plan import StrategyChoice, TrainingSettings
from core.strategies import TableFacts, catalogue
from core.strategies.choosing import preset_for, slow_in, slow_sentence, why_not
from core.strategies.presets import BUTTONS, CLASSICS, EVERYTHING, PLAIN, PRESETS, QUICK_LOOK, Preset
from core.strategies.seconds import TrainingSize

NUMERIC = TableFacts((900, 100), 8, 0)
MIXED = TableFacts((700, 300), 7, 13)
MANY = TableFacts((500, 300, 40), 8, 0)


def test_presets_have_the_sizes_that_they_promise() -> None:
    assert [preset.name for preset in BUTTONS] == ["Start", "Quick look", "Classics", "Everything that applies"]
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


def work_of(rows: int, rare: int) -> Workload:
    return Workload(TrainingSize((0.64 * (rows - rare), 0.64 * rare), 30, 0), TrainingSettings(), 5)


def test_presets_leave_out_on_a_large_table_what_searches_all_of_its_rows() -> None:
    facts, work = TableFacts((284_315, 492), 30, 0), work_of(284_807, 492)
    for preset in BUTTONS:
        slow = slow_in(preset.choices, facts, work)
        kept = preset_for(preset, facts, work)
        assert set(kept) | set(slow) == set(preset_for(preset, facts))
        assert not set(kept) & set(slow)
        assert sum(map(work.sampling, kept)) < 600 * len(kept)
        for choice in slow:
            assert work.sampling(choice) > 600
            # A person may still tick it: it applies.
            assert why_not(choice, facts) is None
    named = {choice.key for choice in slow_in(EVERYTHING.choices, facts, work)}
    assert {"tomek_links", "enn", "repeated_enn", "all_knn", "one_sided", "smote_enn", "smote_tomek"} <= named
    assert "neighbourhood_cleaning" in named
    assert not named & {"plain", "random_under", "random_over", "smote", "class_weight", "focal", "boosting"}
    assert [choice.key for choice in slow_in(CLASSICS.choices, facts, work)] == ["tomek_links", "smote_enn"]


def test_what_is_left_out_is_said_with_its_time() -> None:
    facts, work = TableFacts((284_315, 492), 30, 0), work_of(284_807, 492)
    slow = slow_in(CLASSICS.choices, facts, work)
    sentence = slow_sentence(slow, work)
    assert sentence.startswith("Left out, since their sampling takes long on this table: SMOTE-ENN (about ")
    assert " min), Tomek links (about " in sentence
    many = slow_sentence(slow_in(EVERYTHING.choices, facts, work), work)
    assert " more. " in many
    assert slow_sentence((), work) == ""


@pytest.mark.parametrize("facts", [NUMERIC, MIXED])
def test_nothing_is_slow_on_a_small_table(facts: TableFacts) -> None:
    work = work_of(sum(facts.class_counts), facts.minority)
    for preset in BUTTONS:
        assert not slow_in(preset.choices, facts, work)
        assert preset_for(preset, facts, work) == preset_for(preset, facts)
