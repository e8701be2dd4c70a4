"""Columns at the edge of what their kind is for: each works and says what was done, or is one sentence."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.column_options import hints
from core.data.columns import Column
from core.data.distributions import moment_parts, preparation_in_words, sample_rows
from core.data.preparation import CategoryStep, DateStep, Labels
from core.data.problem import Problem
from core.data.profile import describe
from core.data.questions import split_questions
from core.data.readings import epochs, stand_ins
from core.data.split_checks import check_splits
from core.data.table import Table, from_frame
from core.exporting.drift import drift
from core.exporting.new_rows import aligned, match, read_rows
from core.plan import Plan, PlanError, SplitSettings, StrategyChoice
from core.words import TableError

N = 240
X = np.random.default_rng(0).normal(size=N).round(3)


def table_of(**columns: object) -> Table:
    return from_frame(pd.DataFrame({**columns, "y": np.where(np.arange(N) % 6 > 0, "no", "yes")}), "made")


def problem_of(table: Table, split: SplitSettings | None = None, **kinds: str) -> Problem:
    plan = Plan("y", (StrategyChoice.of("plain"),), kinds=tuple(kinds.items()), split=split or SplitSettings(folds=2))
    return Problem.of(table, plan)


@pytest.mark.parametrize(
    ("cells", "kind", "seen", "warned"),
    [
        (["hello"] * N, "text", "nothing that tells texts apart: always 0", "No words tell the texts of `c` apart"),
        (["!? ?!", "... !", "?"] * 80, "text", "nothing that tells texts apart: always 0", "No words tell the texts"),
        ([None] * N, "text", "", "No words tell the texts of `c` apart"),
        (["my card", "word " * 3_000] * 120, "text", "30 components", "120 texts of `c` are longer than 10,000"),
        ([7.5] + [None] * (N - 1), "numeric", "one value: only whether it is missing", "missing in `c`"),
        ([7.5] * N, "numeric", "one value: always 0", ""),
    ],
    ids=["one word", "no word", "no text", "long", "one number", "constant"],
)
def test_what_the_network_sees_of_a_poor_column_is_said(cells: list[object], kind: str, seen: str, warned: str) -> None:
    problem = problem_of(table_of(c=cells, x=X), c=kind)
    assert seen in preparation_in_words(problem.table.column("c"), sample_rows(problem), {})
    assert warned in " ".join(describe(problem).warnings)


@pytest.mark.parametrize(("cells", "kind"), [(["?!"] * N, "text"), ([7.5] * N, "numeric"), (["a"] * N, "categorical")])
def test_a_table_of_columns_that_tell_nothing_is_refused(cells: list[object], kind: str) -> None:
    with pytest.raises(TableError, match="beside `y` nothing differs from row to row in `c`"):
        problem_of(table_of(c=cells), c=kind)


def test_levels_that_are_all_rare_are_told_apart_and_known_in_new_rows() -> None:
    frame = pd.DataFrame({"shop": [f"shop {row % 120}" for row in range(N)]})
    table = table_of(shop=frame["shop"], x=X)
    step = CategoryStep.fit(table.frame["shop"], Labels(np.arange(N) % 2, 2))
    assert step.says == "of each of 120 levels, how common it is and how often each class"
    new = read_rows(b"shop,x\nshop 3,1\nnowhere,2\n", "new.csv", table.reading)
    _, said = aligned([step], new, match([step], ["shop", "x"], new), table.reading)
    assert said == ("Column `shop` has 1 text that the model has no level for, such as `nowhere`, in 1 row.",)


def test_a_moment_at_the_end_of_time_leaves_the_others_apart_and_is_offered_as_missing() -> None:
    days = pd.date_range("2024-01-01", periods=N).strftime("%d.%m.%Y").tolist()
    days[3] = days[9] = "31.12.9999"
    table = table_of(until=days, x=X)
    step = DateStep.fit(table.frame["until"])
    inputs, _ = step.dense(table.frame["until"])
    assert np.ptp(inputs[[0, -1], 0]) > 1
    assert "smooth clip" in step.says
    (found,) = stand_ins(table)
    assert found.values == (("9999-12-31", 2),)
    taken = table.with_missing({"until": found.texts})
    assert taken.column("until").missing == 2
    how = taken.reading.of("until")
    assert how is not None
    assert how.values(pd.Series(["31.12.9999", "5.1.2024"]))[0].isna().tolist() == [True, False]
    assert taken.with_missing({"until": ()}).column("until").missing == 0


def test_years_of_fewer_figures_are_written_with_four_and_the_last_one_can_be_compared() -> None:
    moments = pd.Series(np.array(["0001-01-01", "9999-12-31"], "datetime64[us]").repeat(3), name="t")
    assert moment_parts(moments)[0][0][0] == "0001"
    (found,) = drift([DateStep.fit(moments)], moments.to_frame(), moments.tail(3).to_frame())
    assert found.now == "9999-12-31"
    days = pd.Series(np.datetime64("0001-01-01", "us") + np.arange(N) * np.timedelta64(1, "D"))
    (asked,) = split_questions(problem_of(table_of(day=days, x=X)))
    assert "0001-01-01 to 0001-08-28" in asked.fact


def test_times_without_a_date_are_in_no_order() -> None:
    table = table_of(at=[f"{row * 7 % 24:02d}:{row * 13 % 60:02d}" for row in range(N)], x=X)
    assert table.column("at").kind == "date"
    assert split_questions(problem_of(table)) == ()
    assert DateStep.fit(table.frame["at"]).shown(-25567 + 0.5) == "12:00"


def test_a_split_by_time_that_never_tests_the_rare_class_is_refused() -> None:
    table = from_frame(pd.DataFrame({"t": np.arange(N) * 1.5, "x": X, "y": np.where(np.arange(N) < 30, "yes", "no")}))
    with pytest.raises(PlanError, match="no fold has a row of `yes` to test on"):
        check_splits(problem_of(table, SplitSettings(folds=3, time="t")))


def test_a_column_that_tells_nothing_is_told_from_one_with_gaps() -> None:
    assert not CategoryStep.tells(Column("c", "categorical", 0, 1), pd.Series(["a"]))
    assert CategoryStep.tells(Column("c", "categorical", 1, 1), pd.Series(["a", None]))


@pytest.mark.parametrize(
    "months",
    [
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
        "ene feb mar abr may jun jul ago sep oct nov dic",
        "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
        "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    ],
)
def test_months_are_read_in_other_languages(months: str) -> None:
    names = months.split()
    cells = [f"{1 + row % 28} {names[row % 12]} {2020 + row % 5}" for row in range(N)]
    table = table_of(day=cells, x=X)
    assert table.column("day").kind == "date"
    assert table.frame["day"].dt.month.tolist() == [1 + row % 12 for row in range(N)]
    how = table.reading.of("day")
    assert how is not None
    values, lost = how.values(pd.Series([cells[3], "soon"]))
    assert (values.dt.month[0], lost.tolist()) == (4, [False, True])


@pytest.mark.parametrize("cells", [[f"Set {row % 12 + 1}" for row in range(N)], [f"gen {row % 9}" for row in range(N)]])
def test_words_that_are_short_names_of_months_elsewhere_stay_words(cells: list[str]) -> None:
    assert table_of(part=cells, x=X).column("part").kind == "categorical"


@pytest.mark.parametrize(("size", "unit"), [(1, "seconds"), (1_000, "milliseconds")])
def test_numbers_that_count_from_1970_are_offered_as_moments(size: int, unit: str) -> None:
    seconds = 1_704_067_200 + np.random.default_rng(0).integers(0, 10_000_000, N)
    gaps = np.where(np.arange(N) % 9 == 0, np.nan, seconds * size)
    table = table_of(created=gaps, serial=np.random.default_rng(1).permutation(N) * 31, x=X)
    assert table.column("created").kind == "numeric"
    (found,) = epochs(table)
    assert (found.name, found.unit, found.first[:4]) == ("created", unit, "2024")
    assert any("--kind created=date" in hint for hint in hints(problem_of(table)))
    read = table.with_kinds({"created": "date"})
    known = read.frame["created"].dropna()
    assert (known.astype("int64") // 1_000_000).tolist() == seconds[np.arange(N) % 9 > 0].tolist()
    assert epochs(read) == ()
    step = DateStep.fit(read.frame["created"])
    new = read_rows(f"created,x\n{1_704_067_200 * size},1\nlater,2\n".encode(), "new.csv", read.reading)
    frame, (said,) = aligned([step], new, match([step], ["created", "x"], new), read.reading)
    assert frame["created"].dt.year.tolist()[0] == 2024
    assert f"written as `{1_735_679_100 * size}`: 1 value such as `later`" in said


@pytest.mark.parametrize(("nines", "offered"), [(-999, True), (9_999, True), (-1, True), (37, False)])
def test_sentinels_among_heavy_tails_are_offered_as_missing(nines: int, offered: bool) -> None:
    amounts = np.random.default_rng(0).lognormal(8, 2, N).round(2)
    amounts[::10] = nines
    found = stand_ins(table_of(amount=amounts, x=X))
    assert [one.values for one in found] == ([((str(nines), N // 10),)] if offered else [])
