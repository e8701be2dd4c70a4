"""A table under a plan: the same kinds, target and features for everything that asks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.data.samples import load_sample
from core.data.table import Table, from_frame
from core.plan import NetworkSettings, Plan, SplitSettings, StrategyChoice
from core.runs._job import Job
from core.runs.store import Store

PLAIN = (StrategyChoice.of("plain"),)
QUICK = NetworkSettings((4,), epochs=1, patience=0)


@pytest.fixture
def numbered() -> Table:
    """Return a table whose only feature looks like an identifier."""
    rng = np.random.default_rng(0)
    return from_frame(pd.DataFrame({"customer_id": rng.permutation(900)[:60], "y": np.arange(60) % 4 == 0}))


def test_a_kind_chosen_by_hand_counts_before_the_target_is_checked(numbered: Table, tmp_path) -> None:  # type: ignore[no-untyped-def]
    plan = Plan("y", PLAIN, kinds=(("customer_id", "numeric"),), network=QUICK, split=SplitSettings(folds=2))
    assert Store(tmp_path).create(plan, numbered)
    job = Job(Store(tmp_path), Store(tmp_path).records()[0].id, (tmp_path / "hold").open("w"))
    job.load()
    assert len(job.units) == 2


def test_columns_to_split_by_are_features_for_nobody() -> None:
    from core.data.problem import Problem
    from core.experiment.estimate import Workload
    from core.experiment.memory import shape_of
    from core.teaching.effects import training_view

    table = load_sample("german_credit")
    plan = Plan("creditability", PLAIN, split=SplitSettings(group="purpose"))
    problem = Problem.of(table, plan)
    with_it, without = Problem.of(table, Plan("creditability", PLAIN)), problem
    assert [c.name for c in with_it.features if c not in without.features] == ["purpose"]
    levels = table.column("purpose").distinct
    assert shape_of(with_it).encoded - shape_of(without).encoded == 1
    assert shape_of(with_it).features - shape_of(without).features == levels
    assert Workload.of(with_it).rows.width - Workload.of(without).rows.width == levels
    wide, narrow = training_view(with_it, 500), training_view(without, 500)
    assert wide.encoded.shape[1] - narrow.encoded.shape[1] == 1
    assert with_it.facts.n_categorical - without.facts.n_categorical == 1


def test_a_column_to_split_by_can_leave_nothing_to_learn_from(numbered: Table) -> None:
    from core.data.problem import Problem
    from core.words import TableError

    plan = Plan("y", PLAIN, kinds=(("customer_id", "numeric"),), split=SplitSettings(folds=2, time="customer_id"))
    with pytest.raises(TableError, match="used to split"):
        Problem.of(numbered, plan)
