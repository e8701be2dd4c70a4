"""What a person has in hand, and how it changes."""

from __future__ import annotations

import pandas as pd
import pytest

from core.data.table import from_frame
from core.plan import SplitSettings, TrainingSettings
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


def test_rows_are_split_by_group_and_time_and_what_belongs_to_a_column_goes_with_it(session: Session) -> None:
    both = session.planned(split=SplitSettings(repeats=3)).split_by(group="who").split_by(time="z")
    assert both.plan is not None
    assert both.plan.split == SplitSettings(group="who", time="z", repeats=1)
    gone = both.split_by(gap=3.0, time_as_feature=False).split_by(time=None).plan
    assert gone is not None
    assert gone.split == SplitSettings(group="who")
    target = both.split_by(gap=3.0, group_as_feature=False).with_target("who").plan
    assert target is not None
    assert target.split == SplitSettings(time="z", gap=3.0)


def test_another_table_keeps_the_network_and_the_folds_but_no_column_to_split_by(session: Session) -> None:
    changed = session.planned(training=TrainingSettings(epochs=3), split=SplitSettings(folds=3, group="who"))
    assert changed.table is not None
    plan = changed.opened(changed.table, "y").plan
    assert plan is not None
    assert (plan.training.epochs, plan.split) == (3, SplitSettings(folds=3))


def test_without_a_table_nothing_changes() -> None:
    empty = Session()
    assert empty.with_target("y") is empty
    assert empty.split_by(group="y") is empty
