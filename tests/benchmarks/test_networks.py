"""The comparison of networks: what is computed from the tables' figures, and the tables themselves."""

from __future__ import annotations

import pandas as pd
import pytest

from benchmarks._tables import MADE, TARGET
from benchmarks.networks import DEFAULT, TODAY, entries, summary
from core.networks import networks


def test_ranks_are_per_table_and_the_default_is_tested_against_each() -> None:
    lead = {"boosting": 0.2, "lightgbm": 0.1, TODAY: 0.05, DEFAULT: 0.0}
    by_table = {f"t{i}": {name: 0.9 - (0.01 + 0.001 * i) * 10 * gap for name, gap in lead.items()} for i in range(8)}
    figures = summary(by_table)
    assert (figures["default_rank"], figures["best_boosting_rank"]) == (1.0, 3.0)
    assert figures["default_ap"] == pytest.approx(0.9)
    assert figures["today_ap"] < figures["default_ap"]
    assert figures["p boosting"] == pytest.approx(2 / 2**8)
    assert figures[f"{TODAY} on t0"] == pytest.approx(0.895)


def test_every_network_is_compared() -> None:
    assert {entry.network.name for entry in entries()} >= set(networks()) - {"own", "function"}


@pytest.mark.parametrize("key", MADE)
def test_a_made_table_is_the_same_for_the_same_seed_and_as_rare_as_it_says(key: str) -> None:
    made = MADE[key]
    first, again, other = made.draw(0, 3_000).frame, made.draw(0, 3_000).frame, made.draw(1, 3_000).frame
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)
    assert (first[TARGET] == "yes").mean() == pytest.approx(made.share, abs=0.05)
