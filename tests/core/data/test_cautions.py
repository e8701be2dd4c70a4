"""What makes every result mislead is found in what the network gets, and nothing is where there is nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.data.cautions import find_cautions, repeated_rows
from core.data.grouping import find_grouping
from core.data.leaks import find_leaks
from core.data.problem import Problem
from core.data.profile import describe
from core.data.samples import SAMPLES, load_sample
from core.data.table import from_frame, read_table
from core.evaluation.verdict import assess
from core.plan import Plan, SplitSettings, StrategyChoice
from core.runs.store import Store
from tests.core.evaluation.comparisons import scored
from tests.problems import problem_of

CASES = Path(__file__).resolve().parents[2] / "cases"
PLAIN = (StrategyChoice.of("plain"),)


def case(name: str, target: str) -> Problem:
    return problem_of(read_table(CASES / f"{name}.csv"), target)


def test_an_identifier_hides_no_copies() -> None:
    problem = case("duplicates_behind_an_id", "y")
    assert repeated_rows(problem) == 300
    assert any("300 rows repeat the features of an earlier one" in words for words in describe(problem).warnings)


def test_an_ignored_column_hides_no_copies() -> None:
    rng = np.random.default_rng(0)
    frame = pd.concat([pd.DataFrame({"x": rng.normal(size=100), "y": np.arange(100) % 4 == 0})] * 2)
    frame["text"] = [f"remark {i} {i * 7919 % 101}" for i in range(200)]
    problem = problem_of(from_frame(frame.assign(same="x")), "y")
    assert repeated_rows(problem) == 100


def test_one_copy_repeats() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=40), "x": rng.normal(size=40), "y": np.arange(40) % 2})
    frame.loc[39, ["a", "x"]] = frame.loc[0, ["a", "x"]].to_numpy()
    assert find_cautions(problem_of(from_frame(frame), "y")).sentences[-1].startswith("1 row repeats the features")


def test_copies_that_one_side_of_a_split_keeps_are_no_danger() -> None:
    rng = np.random.default_rng(0)
    frame = pd.concat(
        [pd.DataFrame({"who": np.arange(100) // 2, "x": rng.normal(size=100), "y": np.arange(100) % 4 == 0})] * 2
    )
    frame = frame.reset_index(drop=True)
    split = SplitSettings(folds=3, group="who")
    assert repeated_rows(problem_of(from_frame(frame), "y")) == 100
    assert repeated_rows(Problem.of(from_frame(frame), Plan("y", PLAIN, split=split))) == 0
    frame.loc[:9, "who"] += 1000
    assert repeated_rows(Problem.of(from_frame(frame), Plan("y", PLAIN, split=split))) == 10


def test_rows_that_must_repeat_are_no_copies() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"a": rng.choice(list("xyz"), 500), "b": rng.choice(list("uvw"), 500), "y": rng.random(500) < 0.3}
    )
    assert find_cautions(problem_of(from_frame(frame), "y")).sentences == ()


def test_money_written_as_text_gives_the_class_away() -> None:
    (leak,) = find_leaks(case("leak_behind_money_text", "claim_flag"))
    assert (leak.names, leak.score) == (("claim_amount",), 1.0)


def test_indicators_that_spell_out_the_class_leak_together() -> None:
    problem = case("one_hot_of_the_class", "CLASS")
    (leak,) = find_leaks(problem)
    assert (leak.names, leak.score) == (("is_1", "is_2", "is_3", "is_4"), 1.0)
    assert "`is_1`, `is_2`, `is_3`, `is_4` together give the class away" in find_cautions(problem).sentences[0]


def test_causes_of_which_any_makes_the_class_leak_together() -> None:
    rng = np.random.default_rng(0)
    causes = rng.random((3_000, 5)) < 0.01
    frame = pd.DataFrame(causes, columns=list("abcde")).assign(
        noise=rng.random(3_000) < 0.5, x=rng.normal(size=3_000), y=np.where(causes.any(axis=1), "broken", "whole")
    )
    (leak,) = find_leaks(problem_of(from_frame(frame), "y"))
    assert leak.names == ("a", "b", "c", "d", "e")


def test_a_value_that_is_missing_in_one_class_alone_leaks() -> None:
    rng = np.random.default_rng(0)
    dead = rng.random(800) < 0.3
    frame = pd.DataFrame({"boat": np.where(dead, np.nan, rng.normal(size=800)), "x": rng.normal(size=800), "y": dead})
    (leak,) = find_leaks(problem_of(from_frame(frame), "y"))
    assert leak.names == ("boat",)


def test_honest_flags_are_no_leak() -> None:
    rng = np.random.default_rng(0)
    flags = rng.random((1_500, 14)) < 0.5
    y = flags[:, :4].sum(axis=1) + rng.normal(scale=0.8, size=1_500) > 3
    frame = pd.DataFrame(flags, columns=[f"f{i}" for i in range(14)]).assign(y=y)
    assert find_leaks(problem_of(from_frame(frame), "y")) == ()


def test_a_repeated_patient_is_found_and_no_feature() -> None:
    problem = case("repeated_patients", "disease")
    assert [column.name for column in problem.features] == ["a", "b", "c", "d"]
    grouping = find_cautions(problem).grouping
    assert grouping is not None
    assert (grouping.name, grouping.values, grouping.rows, grouping.agreement) == ("patient_id", 60, 600, 1.0)
    assert all("patient_id" not in leak.names for leak in find_cautions(problem).leaks)
    kept = Problem.of(problem.table, Plan("disease", PLAIN, split=SplitSettings(group=grouping.name)))
    assert find_grouping(kept) is None
    assert [column.name for column in kept.features] == ["a", "b", "c", "d"]


def customers(name: str, values: np.ndarray, share: np.ndarray) -> Problem:
    """Return rows whose chance of the class is that of their value."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {name: values, "x": rng.normal(size=len(values)), "y": rng.random(len(values)) < share[values]}
    )
    return problem_of(from_frame(frame), "y")


@pytest.mark.parametrize("name", ["customer", "CustomerID", "device_id", "subject no"])
def test_a_name_that_says_whose_rows_they_are_needs_less_agreement(name: str) -> None:
    rng = np.random.default_rng(0)
    values, share = rng.integers(0, 150, 900), np.where(rng.random(150) < 0.3, 0.8, 0.05)
    grouping = find_grouping(customers(name, values, share))
    assert grouping is not None
    assert grouping.name == name


@pytest.mark.parametrize(
    ("name", "levels", "spread"),
    [
        ("city", 60, 0.15),
        ("occupation", 14, 0.4),
        ("zip", 120, 0.25),
        ("customer_id", 150, 0.0),
        ("customer_age", 60, 0.3),
    ],
)
def test_an_ordinary_category_is_no_group(name: str, levels: int, spread: float) -> None:
    rng = np.random.default_rng(0)
    share = np.clip(0.3 + spread * rng.uniform(-1, 1, levels), 0, 1)
    values = rng.integers(0, levels, 1_500)
    assert find_grouping(customers(name, values, share)) is None


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.key)
def test_the_samples_have_neither_leaks_nor_groups(sample) -> None:  # type: ignore[no-untyped-def]
    found = find_cautions(problem_of(load_sample(sample.key), sample.target))
    assert (found.leaks, found.grouping) == ((), None)


def test_the_verdict_of_a_run_says_what_makes_it_mislead(tmp_path: Path) -> None:
    table = read_table(CASES / "one_hot_of_the_class.csv")
    run_id = Store(tmp_path).create(Plan("CLASS", PLAIN), table)
    record = Store(tmp_path).record(run_id)
    assert "together give the class away" in record.cautions[0]
    plan = Plan("y", (*PLAIN, StrategyChoice.of("smote")))
    comparison = scored(5, 1, plain=np.full(5, 0.9), smote=np.full(5, 0.8))
    judged = assess(comparison, plan, cautions=record.cautions)
    assert [sentence.kind for sentence in judged.sentences[:2]] == ["leader", "caution"]
    assert judged.sentences[1].text == record.cautions[0]


def test_columns_left_out_by_hand_are_said_to_be() -> None:
    table = read_table(CASES / "one_hot_of_the_class.csv")
    kinds = tuple((f"is_{code}", "ignored") for code in (1, 2, 3, 4))
    warnings = describe(Problem.of(table, Plan("CLASS", PLAIN, kinds=kinds))).warnings
    assert "Left out, as chosen by hand: `is_1`, `is_2`, `is_3`, `is_4`." in warnings
    assert not any("too many different values" in words or "give the class away" in words for words in warnings)


def test_a_column_that_rows_are_grouped_by_is_no_leak() -> None:
    rows = np.arange(400)
    frame = pd.DataFrame({"who": [f"p{row // 10}" for row in rows], "x": rows % 7 * 1.5, "y": rows // 10 % 4 == 0})
    loose, kept = (Plan("y", PLAIN, split=SplitSettings(group=group)) for group in (None, "who"))
    assert [leak.names for leak in find_leaks(Problem.of(from_frame(frame), loose))] == [("who",)]
    grouped = Problem.of(from_frame(frame), kept)
    assert "who" in {column.name for column in grouped.features}
    assert find_leaks(grouped) == ()
