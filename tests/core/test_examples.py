"""The shipped examples: finished, small, as their command makes them, and safe to open and delete."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.briefs import brief_of
from core.data.problem import Problem
from core.data.splitting import Unit, split_rows
from core.examples import EXAMPLES, TO_MAKE, examples, open_example, plan_of
from core.gallery import cards
from core.runs.copying import copy_run
from core.runs.store import Store, StoreError

IDS = tuple(record.id for record in Store(EXAMPLES).records())


def test_there_is_one_of_every_recipe_in_the_order_of_the_gallery() -> None:
    assert [example.record.name for example in examples()] == [recipe.name for recipe in TO_MAKE]


def test_they_are_small() -> None:
    assert sum(path.stat().st_size for path in EXAMPLES.rglob("*") if path.is_file()) < 2_000_000


@pytest.mark.parametrize("run_id", IDS)
def test_an_example_is_a_finished_run_of_its_plan(run_id: str) -> None:
    store = Store(EXAMPLES)
    record = store.record(run_id)
    recipe = next(recipe for recipe in TO_MAKE if recipe.name == record.name)
    assert record.example
    assert record.status == "finished"
    # They were made when a plan's folds followed from the seed in another way, and keep them.
    plan = plan_of(recipe.sample)
    assert record.plan == replace(plan, split=replace(plan.split, seeding=1))
    assert {"tensorflow", "keras"} & {name for name, _ in record.versions}
    results = store.results(run_id)
    assert len(results) == record.units_total * len(record.plan.strategies)
    assert all(result.error is None for result in results)
    problem = Problem.of(store.table(run_id), record.plan)
    for result in results:
        rows = split_rows(problem, Unit(result.repeat, result.fold))
        assert result.test_rows.tolist() == rows.test.tolist()
    card, brief = next(card for card in cards() if card.run_id == run_id), brief_of(store, run_id)
    assert (brief.use, brief.counts) == (card.headline, card.counts)
    assert (card.name, card.folds, card.strategies) == (record.name, record.units_total, len(record.plan.strategies))


def test_a_copy_is_opened_once_and_its_end_leaves_the_example(tmp_path: Path) -> None:
    store = Store(tmp_path / "runs")
    assert open_example(store, IDS[0])
    assert open_example(store, IDS[0])
    assert store.record(IDS[0]).example
    assert len(store.results(IDS[0])) == len(Store(EXAMPLES).results(IDS[0]))
    store.rename(IDS[0], "mine")
    store.delete(IDS[0])
    assert [example.record.id for example in examples()] == list(IDS)
    assert examples()[0].record.name != "mine"
    assert open_example(store, IDS[0])
    assert len(store.records()) == 1


def test_what_is_no_example_is_not_opened(tmp_path: Path) -> None:
    assert not open_example(Store(tmp_path), "20200101-000000-00000000")
    assert not open_example(Store(tmp_path), "../../etc")
    assert examples(tmp_path / "nothing") == ()
    with pytest.raises(StoreError, match="no run"):
        copy_run(Store(EXAMPLES), Store(tmp_path), "../escape")
