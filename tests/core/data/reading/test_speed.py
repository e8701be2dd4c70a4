"""A column of numbers or dates written as text costs a few looks at each of its texts, not dozens."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from core.data.reading.cells import numbers_of
from core.data.reading.deciding import decide
from core.data.table import read_table

ROWS = 60_000
VALUES = np.random.default_rng(0).permutation(ROWS) * 17 + 0.25
MONEY = pd.Series([f"${value:,.2f}" for value in VALUES], dtype="str")
DAYS = pd.date_range("1990-01-01 00:07", periods=ROWS // 2, freq="561min")


def seconds(work: Callable[[], object]) -> float:
    """Return the processor's seconds of the quicker of two runs."""
    taken = []
    for _ in range(2):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)


def read_as_decided(texts: pd.Series) -> pd.Series:
    decision = decide(texts)
    return decision.reading.levels(texts, decision.parsed)[0]


def test_money_costs_a_few_looks_at_each_text() -> None:
    pattern = re.compile(r"(?P<unit>\$)(?P<body>\d{1,3}(,\d{3})*\.\d+)")

    def one_look() -> list[float]:
        return [float(match["body"].replace(",", "")) for text in MONEY.tolist() if (match := pattern.fullmatch(text))]

    assert read_as_decided(MONEY).tolist() == one_look() == VALUES.tolist()
    assert seconds(lambda: read_as_decided(MONEY)) < 6 * seconds(one_look)


def test_dates_cost_little_more_than_reading_them_in_a_known_format() -> None:
    form = "%d.%m.%Y %H:%M"
    texts = pd.Series(DAYS.strftime(form), dtype="str")
    assert read_as_decided(texts).tolist() == DAYS.tolist()
    known = seconds(lambda: pd.to_datetime(texts, format=form))
    assert seconds(lambda: read_as_decided(texts)) < 3.5 * known


def test_a_sample_that_fits_two_orders_leaves_the_choice_to_all_dates() -> None:
    days = pd.Series(pd.date_range("1950-01-01", periods=20_000, freq="D"))
    early = days[days.dt.day <= 12].reset_index(drop=True)
    assert decide(early.dt.strftime("%d/%m/%Y").astype("str")).either
    step = (len(early) + 1) // 1_000  # between the texts that a sample takes
    texts = early.dt.strftime("%d/%m/%Y").astype("str")
    texts = pd.concat([texts.iloc[: step + 1], pd.Series(["30/01/2001"], dtype="str"), texts.iloc[step + 1 :]])
    decision = decide(texts.reset_index(drop=True))
    assert (decision.reading.formats, decision.either) == (("%d/%m/%Y",), False)


def test_a_format_or_mark_that_no_sample_shows_is_found() -> None:
    texts = pd.Series(DAYS.strftime("%d.%m.%Y %H:%M"), dtype="str")
    texts[1] = "24.12.1999"
    decision = decide(texts)
    assert decision.reading.formats == ("%d.%m.%Y %H:%M", "%d.%m.%Y")
    assert decision.parsed is not None
    assert decision.parsed[1] == pd.Timestamp("1999-12-24")
    numbers = pd.Series(np.arange(ROWS) / 8, dtype="str")
    numbers[1] = "1,234,567.5"
    assert read_as_decided(numbers)[1] == 1_234_567.5


def test_figures_of_other_scripts_are_numbers() -> None:
    np.testing.assert_array_equal(
        numbers_of(pd.Series(["١٢٣", "−４.５ €", "x"], dtype="str"), unit="€"), [123, -4.5, np.nan]
    )
    lines = "".join(f"{i + 1}٣,{i % 2}\n" for i in range(40))
    assert read_table(f"a,t\n{lines}".encode()).frame["a"].tolist() == [10 * (i + 1) + 3 for i in range(40)]
