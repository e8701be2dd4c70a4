"""What every strategy of the catalogue must do, whoever wrote it: found from the registry alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from core.data.problem import Problem
from core.data.samples import load_sample
from core.data.splitting import Unit, split_rows
from core.data.table import Table, from_frame
from core.experiment.results import FoldResult
from core.experiment.units import run_unit
from core.plan import NetworkChoice, Part, Plan, PlanError, SplitSettings, StrategyChoice, TrainingSettings
from core.strategies import FAMILY_NAMES, catalogue, make
from core.strategies.presets import PRESETS

KEYS = tuple(catalogue())
TABLES = {
    "page_blocks": "not_text",
    "abalone_9_vs_18": "rings",
    "yeast": "site",
    "german_credit": "creditability",
    "german_categories": "creditability",
}
UNIT = Unit(0, 1)


@cache
def table_of(name: str) -> Table:
    """Return a sample; of German Credit also its categorical columns alone, which SMOTEN wants."""
    if name != "german_categories":
        return load_sample(name)
    table = load_sample("german_credit")
    wanted = [c.name for c in table.columns if c.kind == "categorical" or c.name == "creditability"]
    return from_frame(table.frame[wanted], "german_categories")


def plan_of(name: str, keys: tuple[str, ...] = KEYS) -> Plan:
    return Plan(
        TABLES[name],
        tuple(StrategyChoice.of(key) for key in keys),
        networks=(NetworkChoice.of("mlp", hidden_layers=(8,)),),
        training=TrainingSettings(epochs=3, patience=2, batch_size=64),
        split=SplitSettings(folds=3),
    )


@cache
def everything(name: str) -> Mapping[str, FoldResult]:
    """Return all strategies' results on one fold, run together."""
    return {r.strategy: r for r in run_unit(table_of(name), plan_of(name), UNIT)}


@cache
def with_poison(name: str) -> tuple[np.ndarray, Mapping[str, FoldResult]]:
    """Run again with half of the test rows spoilt; return which test rows were left alone, and the results."""
    table, plan = table_of(name), plan_of(name)
    rows = split_rows(Problem.of(table, plan), UNIT)
    spoilt = np.random.default_rng(0).random(len(rows.test)) < 0.5
    frame = table.frame.copy()
    for place, column in enumerate(frame.columns):
        if column == plan.target:
            continue
        numeric = np.issubdtype(table.frame.dtypes.iloc[place].type, np.number)
        if numeric:
            frame[column] = frame[column].astype(float)
        frame.iloc[rows.test[spoilt], place] = 1e9 if numeric else None
    results = run_unit(replace(table, frame=frame), plan, UNIT)
    return ~spoilt, {r.strategy: r for r in results}


@pytest.mark.parametrize("key", KEYS)
def test_cards_say_what_a_person_wants_to_know(key: str) -> None:
    cls = catalogue()[key]
    card = cls.card
    assert card.key == key
    assert card.family in FAMILY_NAMES
    for sentence in (card.sentence, card.helps, card.harms):
        assert sentence.endswith(".")
        assert 15 < len(sentence) < 160
    # NeurIPS gives its papers no DOI.
    assert card.link.startswith(("https://doi.org/10.", "https://arxiv.org/abs/", "https://papers.nips.cc/paper/"))
    assert any(character.isdigit() for character in card.paper)
    assert cls.cost in ("instant", "fast", "slow")
    for parameter in cls.parameters():
        assert parameter.help.endswith("."), parameter
        assert (cls.__doc__ or "").strip()
        if isinstance(parameter.default, int | float) and not isinstance(parameter.default, bool):
            assert parameter.low is not None
            assert parameter.high is not None
            assert parameter.low <= parameter.default <= parameter.high
            with pytest.raises(PlanError, match=parameter.name):
                make(Part.of(key, **{parameter.name: parameter.high + 1}))


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("key", KEYS)
def test_it_runs_on_every_table_or_says_why_not(key: str, name: str) -> None:
    result = everything(name)[key]
    table, plan = table_of(name), plan_of(name)
    problem = Problem.of(table, plan)
    target = problem.target
    reason = make(Part.of(key)).why_not(problem.facts)
    if reason is not None:
        assert result.error == reason
        assert reason.endswith(".")
        return
    if result.error is not None:
        # Applies by what is known beforehand, and cannot work on these very rows: says so in one sentence.
        assert {"kmeans_smote": "cluster_balance_threshold", "threshold_promise": "promise less"}[key] in result.error
        return
    n = len(result.test_rows)
    assert result.probabilities.shape == (n, len(target.classes))
    assert np.isfinite(result.probabilities).all()
    np.testing.assert_allclose(result.probabilities.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(result.y_true, target.codes[result.test_rows])
    assert set(np.unique(result.decisions)) <= set(range(len(target.classes)))
    assert (result.lanes > 0) == (catalogue()[key].card.family != "reference")


def test_every_strategy_runs_on_some_table() -> None:
    for key in KEYS:
        assert any(everything(name)[key].error is None for name in TABLES), key


@pytest.mark.parametrize("name", ["abalone_9_vs_18", "yeast", "german_categories"])
@pytest.mark.parametrize("key", KEYS)
def test_the_same_seed_gives_the_same_result_and_no_test_row_is_seen(key: str, name: str) -> None:
    """Rows that were left alone get the same probabilities and decisions, whatever the other test rows hold."""
    untouched, spoilt = with_poison(name)
    before, after = everything(name)[key], spoilt[key]
    assert before.error == after.error
    if before.error is not None:
        return
    np.testing.assert_allclose(after.probabilities[untouched], before.probabilities[untouched], rtol=0, atol=1e-5)
    assert after.threshold == pytest.approx(before.threshold, abs=1e-5)
    np.testing.assert_array_equal(after.class_counts, before.class_counts)
    assert after.notes == before.notes


@pytest.mark.parametrize("key", KEYS)
def test_the_result_does_not_depend_on_what_runs_beside(key: str) -> None:
    name = "german_categories" if key == "smoten" else "abalone_9_vs_18"
    if everything(name)[key].error is not None:
        name = "yeast"
    (alone,) = run_unit(table_of(name), plan_of(name, (key,)), UNIT)
    together = everything(name)[key]
    assert alone.error == together.error
    np.testing.assert_allclose(alone.probabilities, together.probabilities, rtol=0, atol=1e-4)
    assert alone.notes == together.notes


def test_there_are_at_least_forty_besides_the_references() -> None:
    assert sum(cls.card.family not in ("reference", "baseline") for cls in catalogue().values()) >= 40


def test_presets_hold_what_they_promise() -> None:
    assert len(PRESETS["Quick look"]) == 6
    assert len(PRESETS["Classics"]) == 12
    for choices in PRESETS.values():
        assert StrategyChoice.of("plain") in choices
        assert len({choice.key for choice in choices}) == len(choices)


def test_a_tiny_class_lowers_the_neighbours_and_says_so() -> None:
    """Three training rows of a class leave SMOTE fewer neighbours than it asks for; one row leaves it none."""
    table = load_sample("page_blocks")
    positive = np.flatnonzero((table.frame["not_text"].astype(str) == "yes").to_numpy())
    frame = table.frame.drop(index=table.frame.index[positive[6:]]).iloc[:600]
    small = from_frame(frame, "small")
    plan = replace(plan_of("page_blocks", ("plain", "smote", "adasyn", "near_miss_1")), split=SplitSettings(folds=2))
    results = {r.strategy: r for r in run_unit(small, plan, Unit(0, 0))}
    assert results["plain"].error is None
    assert any("k_neighbors was lowered from 5 to" in note for note in results["smote"].notes), results["smote"]
    fewer = from_frame(frame.drop(index=frame.index[np.isin(frame.index, positive[2:])]), "fewer")
    results = {r.strategy: r for r in run_unit(fewer, plan, Unit(0, 0))}
    assert results["plain"].error is None
    assert results["smote"].error is not None
    assert "needs at least 2 training rows of every class" in results["smote"].error
