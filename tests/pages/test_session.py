"""What a person has in hand, and how it changes."""

from __future__ import annotations

import pandas as pd
import pytest

from core.data.table import from_frame
from core.plan import NetworkSettings, SplitSettings
from pages._session import Session


@pytest.fixture
def session() -> Session:
    frame = pd.DataFrame({"y": ["a", "b"] * 20, "z": ["c", "d"] * 20, "who": [f"p{i % 8}" for i in range(40)]})
    return Session().opened(from_frame(frame), "y")


def test_another_target_drops_what_was_said_about_the_old_one(session: Session) -> None:
    changed = session.planned(positive="b", classes=(("a", None),), split=SplitSettings(group="z", folds=3))
    assert changed.plan is not None
    plan = changed.with_target("z").plan
    assert plan is not None
    assert (plan.target, plan.positive, plan.classes, plan.split) == ("z", None, (), SplitSettings(folds=3))
    other = changed.with_target("who").plan
    assert other is not None
    assert other.split.group == "z"


def test_rows_kept_together_take_the_place_of_a_split_in_time(session: Session) -> None:
    plan = session.planned(split=SplitSettings(time="z")).kept_together("who").plan
    assert plan is not None
    assert (plan.split.group, plan.split.time) == ("who", None)


def test_another_table_keeps_the_network_and_the_folds_but_no_column_to_split_by(session: Session) -> None:
    changed = session.planned(network=NetworkSettings(epochs=3), split=SplitSettings(folds=3, group="who"))
    assert changed.table is not None
    plan = changed.opened(changed.table, "y").plan
    assert plan is not None
    assert (plan.network.epochs, plan.split) == (3, SplitSettings(folds=3))


def test_without_a_table_nothing_changes() -> None:
    empty = Session()
    assert empty.with_target("y") is empty
    assert empty.kept_together("y") is empty
