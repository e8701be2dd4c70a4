"""Columns by class: what is counted in which bin, and how much each tells."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.charts.columns import column_figure, column_in_words
from core.data.columns import Column
from core.data.distributions import (
    Distribution,
    distribution,
    form_of,
    moment_parts,
    preparation_in_words,
    sample_rows,
)
from core.data.informativeness import informativeness
from core.data.problem import Problem
from core.data.table import from_frame
from core.plan import Plan, StrategyChoice

N = 1200
Y = np.where(np.arange(N) % 12 == 0, "rare", np.where(np.arange(N) % 3 == 0, "some", "most"))


def problem_of(**columns: object) -> Problem:
    table = from_frame(pd.DataFrame({"x": np.random.default_rng(9).normal(size=N), **columns, "y": Y}))
    return Problem.of(table, Plan("y", (StrategyChoice.of("plain"),)))


def shown(problem: Problem, name: str) -> Distribution:
    found = distribution(problem.table.column(name), sample_rows(problem), len(problem.target.classes))
    assert found is not None
    return found


def test_a_sample_keeps_rare_rows_and_its_weights_restore_the_table() -> None:
    sample = sample_rows(problem_of(), most=400)
    assert np.bincount(sample.codes).tolist() == [150, 100, 150]
    assert np.bincount(sample.codes, sample.weights) == pytest.approx([800, 100, 300])


def test_bins_of_numbers_hold_every_row_also_those_far_out() -> None:
    rng = np.random.default_rng(0)
    gaps = np.where(np.arange(N) % 4 == 1, np.nan, rng.normal(size=N) + 1e4 * (np.arange(N) == 0))
    found = shown(problem_of(amount=gaps), "amount")
    assert found.form == "histogram"
    assert found.edges is not None
    assert len(found.edges) == len(found.bins) + 1
    assert "values go from" in found.note
    assert found.shares.sum(axis=1) + found.missing == pytest.approx([1, 1, 1])
    assert found.missing[1] == 0.0


def test_levels_beyond_ten_are_counted_together_and_a_rare_class_keeps_its_own() -> None:
    level = np.where(Y == "rare", "only", [f"l{row % 40}" for row in range(N)])
    found = shown(problem_of(level=level), "level")
    assert found.form == "levels"
    assert found.bins[0] == "only"
    assert len(found.bins) == 10
    left = 1 - np.average(found.shares.sum(axis=1), weights=np.bincount(sample_rows(problem_of()).codes))
    assert found.note == f"The 31 other levels hold {left:.0%} of the rows."
    assert found.shares[1, 0] == 1.0


@pytest.mark.parametrize(
    ("step", "first", "unit"),
    [
        ("1h", "2024-01-01", "day"),
        ("1D", "2024-01", "month"),
        ("30D", "1930", "year"),
        ("2min", "2024-01-01 00", "hour"),
    ],
)
def test_moments_are_counted_by_a_unit_that_suits_their_span(step: str, first: str, unit: str) -> None:
    start = "1930-01-01" if unit == "year" else "2024-01-01"
    bins, at, note = moment_parts(pd.Series(pd.date_range(start, periods=N, freq=step)))[0]
    assert bins[0].startswith(first)
    assert set(at) == set(range(len(bins)))
    assert len(bins) <= 101
    assert note == f"Shown by {unit}."


def test_times_without_a_date_are_shown_as_times() -> None:
    times = pd.Series(pd.to_datetime([f"1900-01-01 {row % 24:02d}:30" for row in range(N)]))
    (ways,) = moment_parts(times)
    assert ways[0][:2] == ("00:00", "01:00")
    years = pd.Series(pd.to_datetime(["0001-01-02", "9999-12-30"] * 20).astype("datetime64[us]"))
    bins, at, _ = moment_parts(years)[0]
    assert set(at) == {0, len(bins) - 1}
    assert len(bins) <= 101


def test_the_hour_of_the_day_is_shown_where_it_tells_the_class() -> None:
    hours = np.where(Y == "rare", 3, 9 + np.arange(N) % 12)
    when = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(N) // 2 * 24 + hours, unit="h")
    problem = problem_of(when=when)
    found = shown(problem, "when")
    assert found.note == "Shown by hour of the day."
    assert found.bins[found.shares[1].argmax()] == "3:00"
    assert informativeness(problem)["when"].share > 0.2


def test_heavy_tails_are_shown_on_bars_that_widen() -> None:
    found = shown(problem_of(amount=np.random.default_rng(0).lognormal(sigma=2, size=N)), "amount")
    assert found.edges is not None
    widths = np.diff(found.edges)
    assert widths[-1] > 10 * widths[1]
    assert found.shares.sum(axis=1) == pytest.approx([1, 1, 1])
    assert "$" not in column_figure(found, ["a", "b", "c"]).layout.xaxis.ticktext[0]


def test_words_that_tell_classes_apart_come_first() -> None:
    rng = np.random.default_rng(0)
    words = np.array(["alpha", "beta", "gamma", "delta"])
    texts = [" ".join([*rng.choice(words, 3), "urgent" if y == "rare" else "later"]) for y in Y]
    problem = problem_of(text=texts)
    column = Column("text", "text", 0, 100)  # type: ignore[arg-type]
    found = distribution(column, sample_rows(problem), 3)
    assert found is not None
    assert set(found.bins[:2]) == {"urgent", "later"}
    at = found.bins.index("urgent")
    assert found.shares[:, at].tolist() == [0, 1, 0]
    numbered = [f"{text} {row}" for row, text in enumerate(texts)]
    again = distribution(column, sample_rows(problem_of(text=numbered)), 3)
    assert again is not None
    assert set(again.bins) == {"urgent", "later", *words}
    unspaced = problem_of(text=[("请尽快处理" if y == "rare" else "包裹没有到") + str(row) for row, y in enumerate(Y)])
    parted = distribution(column, sample_rows(unspaced), 3)
    assert parted is not None
    assert {"尽快", "处理", "包裹"} <= set(parted.bins)
    empty = problem_of(text=["!?" + "." * (row % 3) for row in range(N)])
    assert distribution(column, sample_rows(empty), 3) is None


def test_what_names_rows_or_never_changes_has_no_figure() -> None:
    problem = problem_of(code=[f"q{row}" for row in range(N)], same=1)
    for name in ("code", "same"):
        column = problem.table.column(name)
        assert form_of(column, problem.table.frame[name]) is None
        assert distribution(column, sample_rows(problem), 3) is None
        assert informativeness(problem)[name].share == 0.0


def test_a_column_tells_as_much_as_it_takes_away() -> None:
    rng = np.random.default_rng(0)
    likely = np.where(Y == "rare", 2.0, 0.0) + rng.normal(size=N)
    problem = problem_of(
        copy=np.char.add("is ", Y), likely=likely, noise=rng.normal(size=N), many=rng.integers(0, 300, N).astype(str),
        when=pd.Timestamp("2024-01-01") + pd.to_timedelta(np.where(Y == "rare", 0, 500) + np.arange(N) % 90, unit="D"),
    )  # fmt: skip
    told = {name: one.share for name, one in informativeness(problem).items()}
    assert told["copy"] == pytest.approx(1, abs=0.02)
    assert told["copy"] > told["when"] > told["likely"] > 0.1
    assert max(told["noise"], told["many"]) < 0.02
    rates = informativeness(problem)["likely"].rates
    assert len(rates) == 10
    assert rates[-1] > 5 * rates[0]


def test_many_classes_stand_in_the_order_of_their_size() -> None:
    shares = np.eye(6)
    rows = np.array([5.0, 60, 1, 40, 30, 20])
    found = Distribution("a", "histogram", tuple("abcdef"), np.arange(7) * 1.5, shares, np.zeros(6), rows, "")
    figure = column_figure(found, [f"c{code}" for code in range(6)])
    assert list(figure.layout.yaxis.ticktext) == ["c1", "c3", "c4", "c5", "c0", "c2"]
    assert np.array_equal(figure.data[0].z, shares[[1, 3, 4, 5, 0, 2]])
    assert list(figure.layout.xaxis.ticktext) == ["0", "3", "6", "9"]


@pytest.mark.parametrize("n_classes", [2, 4, 18])
@pytest.mark.parametrize("form", ["histogram", "levels", "words", "moments"])
def test_a_figure_shows_every_class_by_name_and_as_text(form: str, n_classes: int) -> None:
    shares = np.random.default_rng(0).dirichlet(np.ones(6), n_classes)
    bins = tuple(f"2024-0{month}" if form == "moments" else f"<b>{month}</b>" for month in range(1, 7))
    edges = np.linspace(0, 1, 7) if form == "histogram" else None
    labels = [f"class <i>{code}</i>" for code in range(n_classes)]
    figure = column_figure(
        Distribution("a", form, bins, edges, shares, np.zeros(n_classes), np.ones(n_classes), ""), labels
    )  # type: ignore[arg-type]
    text = figure.to_json()
    assert "<i>" not in text
    assert all(f"class &lt;i&gt;{code}" in text for code in range(n_classes))
    assert len(figure.data) == (n_classes if n_classes <= 4 else 1)
    words = column_in_words(
        Distribution("a", "levels", bins, edges, shares, np.zeros(n_classes), np.ones(n_classes), ""), labels
    )
    assert words.startswith("a by class. Commonest in class <i>0</i>: ")


def test_large_amounts_are_written_without_an_exponent() -> None:
    amount = np.random.default_rng(0).lognormal(7, 2.5, N)
    found = shown(problem_of(amount=amount), "amount")
    figure = column_figure(found, ["common", "rare", "other"])
    ticks = figure.layout.xaxis.ticktext
    assert any("," in tick for tick in ticks)
    assert not any("e+" in words for words in (*ticks, *found.bins))


def test_what_bars_of_words_are_and_how_text_is_prepared_is_said_before_a_vocabulary_is_learned() -> None:
    problem = problem_of(note=np.array([f"please send parcel {row % 40} to my door" for row in range(N)]))
    problem = Problem.of(problem.table.with_kinds({"note": "text"}), problem.plan)
    assert shown(problem, "note").note == "Bars: the share of each class's texts that have the word."
    said = preparation_in_words(problem.table.column("note"), sample_rows(problem), {"components": 7})
    assert said == "The network sees: 7 components of words and of parts of words."
