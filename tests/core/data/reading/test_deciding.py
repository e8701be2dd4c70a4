"""One odd mark decides nothing: columns of numbers and dates stay such, and what was not read is said."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.data.reading.cells import ColumnReading, FileReading, Reading
from core.data.reading.date_formats import formats_of
from core.data.reading.deciding import decide
from core.data.table import Table, from_clean, from_frame, read_table
from core.data.target import encode_target
from core.runs.store import Store
from core.words import TableError
from pages._session import Session
from tests.core.data.reading import CASES

NUMBERS = [f"{i}.5" for i in range(60)]
DAYS = pd.date_range("2020-01-20", periods=60)


def table_of(column: list[str], name: str = "x") -> Table:
    lines = [f'"{cell}",{i % 3},{"yes" if i % 4 else "no"}' for i, cell in enumerate(column)]
    return read_table("\n".join([f"{name},n,label", *lines]).encode(), "made.csv")


MARKS = (
    "na", "-", "--", ".", "...", "missing", "unknown", "N.A.", "#DIV/0!", "(null)", "\\N", "NA", "n/a", "n.d.", "void",
)  # fmt: skip


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("cells", [NUMBERS, list(DAYS.strftime("%d.%m.%Y"))], ids=["numbers", "dates"])
def test_an_odd_mark_is_missing_among_numbers_and_dates(mark: str, cells: list[str]) -> None:
    table = table_of([*cells[:50], mark, mark, *cells[50:]])
    column = table.column("x")
    assert column.kind == ("numeric" if cells is NUMBERS else "date")
    assert (column.missing, column.distinct) == (2, 60)
    holds = "number" if cells is NUMBERS else "date"
    silent = mark.lower() in ("na", "n.a.", "n/a", "(null)", "\\n", "#div/0!", "...")
    assert any(f"2 values of `x` are no {holds} (`{mark}`)" in note for note in table.notes) is not silent


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        ([f"${i * 731:,}" for i in range(60)], [i * 731.0 for i in range(60)]),
        ([f"{i * 731:,}" for i in range(-9, 60)], [i * 731.0 for i in range(-9, 60)]),
        ([f"{i}.5%" for i in range(60)], [i + 0.5 for i in range(60)]),
        ([f"{i},5 €" for i in range(60)], [i + 0.5 for i in range(60)]),
        ([f"{i}.5 kg" for i in range(60)], [i + 0.5 for i in range(60)]),
        ([*NUMBERS, "<0.5", "> 100"], [*(i + 0.5 for i in range(60)), 0.5, 100]),
        ([*NUMBERS, "(1,234)"], [*(i + 0.5 for i in range(60)), -1234]),
        ([f"{i} 234,5" for i in range(1, 60)], [i * 1000 + 234.5 for i in range(1, 60)]),
        ([f"-$ {i}.25" for i in range(60)], [-i - 0.25 for i in range(60)]),
    ],
    ids=["dollars", "thousands", "per cent", "euros", "kilograms", "limits", "brackets", "spaces", "minus dollars"],
)
def test_money_shares_units_and_limits_are_numbers(cells: list[str], values: list[float]) -> None:
    table = table_of(cells)
    assert table.column("x").kind == "numeric"
    np.testing.assert_allclose(table.frame["x"], values)
    assert any("`x`" in note for note in table.notes)


@pytest.mark.parametrize(
    "form",
    ["%d%b%y", "%b-%Y", "%d.%m.%y", "%m/%d/%Y %I:%M %p", "%d/%m/%Y %H:%M:%S", "%B %d, %Y", "%Y/%m/%d", "%a, %d %b %Y",
     "%d/%b/%Y:%H:%M:%S", "%m/%Y"],
)  # fmt: skip
def test_dates_are_read_in_the_format_that_fits(form: str) -> None:
    moments = pd.date_range("2019-01-20 09:05", periods=60, freq="25D")
    written = moments.strftime(form)
    table = table_of([*(text.upper() if form == "%d%b%y" else text for text in written), "0000-00-00"])
    column = table.column("x")
    assert (column.kind, column.missing) == ("date", 1)
    wanted = pd.to_datetime(pd.Series(written), format=form)
    assert table.frame["x"].iloc[:-1].tolist() == wanted.tolist()
    reading = table.reading.of("x")
    assert reading is not None
    assert reading.formats[0] == form


def test_the_files_that_showed_it() -> None:
    table = read_table(CASES / "money_shares_units_dates.csv")
    kinds = {column.name: column.kind for column in table.columns}
    assert kinds == {
        "money": "numeric", "share": "numeric", "weight": "numeric", "lab": "numeric",
        "born": "date", "seen": "date", "paid": "date", "y": "numeric",
    }  # fmt: skip
    assert table.frame.loc[0, ["money", "share", "weight"]].tolist() == [45083, 67.2, 97.3]
    assert [str(table.frame.loc[0, name].date()) for name in ("born", "seen")] == ["1990-05-27", "1976-08-03"]
    assert table.column("paid").missing == 1
    assert any("11 values of `lab` are limits such as `<0.5`" in note for note in table.notes)
    dashes = read_table(CASES / "numbers_with_a_dash.csv")
    assert [(c.kind, c.missing) for c in dashes.columns[:2]] == [("numeric", 7), ("numeric", 7)]
    assert any("7 values of `lab` are no number (`-`) and count as missing" in note for note in dashes.notes)
    assert read_table(CASES / "leak_behind_money_text.csv").column("claim_amount").kind == "numeric"
    when = read_table(CASES / "time_as_unread_text.csv")
    assert when.column("when").kind == "date"
    assert when.frame["when"].is_monotonic_increasing


@pytest.mark.parametrize(
    "levels",
    [("<=50K", ">50K"), ("A11", "A12", "A14"), ("1", "2", "5more"), ("18-24", "25-34"), ("12:30", "13:45"),
     ("1.0.2", "1.2.3", "2.0.10"), ("36 months", "60 months"), ("low", "high", "unknown"), ("1", "-"), ("1st", "2nd"),
     ("3 kg", "5 lb", "7 oz", "9 g", "1 st")],
)  # fmt: skip
def test_names_with_figures_stay_names(levels: tuple[str, ...]) -> None:
    table = table_of([levels[i % len(levels)] for i in range(60)])
    assert table.column("x").kind == "categorical"
    assert set(table.frame["x"]) == set(levels)


def test_dates_that_can_be_read_both_ways_follow_the_tables_other_dates() -> None:
    early = pd.date_range("2020-01-05", periods=60, freq="MS") + pd.Timedelta(days=4)
    rows = [
        f"{day:%d/%m/%Y},{any_day:%d/%m/%Y},{i % 2}" for i, (day, any_day) in enumerate(zip(early, DAYS, strict=True))
    ]
    alone = read_table("\n".join(["x,n,y", *(f"{day:%d/%m/%Y},{i},{i % 2}" for i, day in enumerate(early))]).encode())
    assert any("`x` can be read day first or month first: they are read month first" in note for note in alone.notes)
    beside = read_table("\n".join(["x,other,y", *rows]).encode())
    assert beside.frame["x"].tolist() == early.tolist()
    assert decide(pd.Series(["01.02.2020", "03.04.2020"], dtype="str")).reading.formats == ("%d.%m.%Y",)


def test_a_kind_chosen_by_hand_takes_what_parses_and_says_what_does_not() -> None:
    cells = [str(i) if i % 4 else ("low", "mid", "high")[i % 12 // 4] for i in range(60)]
    table = table_of(cells)
    assert table.column("x").kind == "categorical"
    changed = table.with_kinds({"x": "numeric"})
    column = changed.column("x")
    assert (column.kind, column.missing) == ("numeric", 15)
    assert column.note == "Chosen by hand. 15 values (`low`, `mid`, `high`) are no number: missing."
    assert changed.frame["x"].iloc[1] == 1
    assert changed.with_kinds({"x": "numeric"}).frame["x"].equals(changed.frame["x"])
    days = table_of([*[f"{i % 28 + 1}.{i % 12 + 1}.24" for i in range(30)], *["sometime", "never", "soon"] * 10])
    dated = days.with_kinds({"x": "date"})
    assert dated.column("x").missing == 30
    assert "30 values (`sometime`, `never`, `soon`) are no date" in dated.column("x").note
    compact = from_frame(pd.DataFrame({"x": [20240131 + i % 2 * 100 for i in range(0, 60, 2)], "y": [0, 1] * 15}))
    assert compact.with_kinds({"x": "date"}).frame["x"].iloc[0] == pd.Timestamp("2024-01-31")
    with pytest.raises(TableError, match="`label` cannot be date"):
        table.with_kinds({"label": "date"})


def test_na_among_codes_or_in_quotation_marks_is_a_value() -> None:
    table = read_table(CASES / "NA_is_a_value.csv")
    assert table.column("country").missing == 0
    assert (table.frame["country"] == "NA").sum() > 0
    assert "NA" in encode_target(table, "region").labels
    lines = [
        f"{('NA', chr(34) + 'NA' + chr(34), 'north', 'south')[i % 4]},{('NA', i)[i % 2]},{i % 3}" for i in range(40)
    ]
    quoted = read_table("\n".join(["x,n,y", *lines]).encode())
    assert quoted.column("x").missing == 10
    assert (quoted.frame["x"] == "NA").sum() == 10
    assert (quoted.column("n").kind, quoted.column("n").missing) == ("numeric", 20)
    plain = read_table("\n".join(["x,y", *(f"{('NA', 'yes', 'no')[i % 3]},{i % 2}" for i in range(30))]).encode())
    assert plain.column("x").missing == 10
    sheet = io.BytesIO()
    pd.DataFrame({"x": ["NA", "BW", "ZA"] * 10, "y": [0, 1] * 15}).to_excel(sheet, index=False)
    assert read_table(sheet.getvalue()).column("x").missing == 0


def test_postcodes_keep_their_zeros() -> None:
    codes = [f"{i * 1171 % 99999:05d}" for i in range(1, 41)]
    table = read_table("\n".join(["zip,x,y", *(f"{codes[i % 40]},{i}.5,{i % 2}" for i in range(120))]).encode())
    assert table.column("zip").kind == "categorical"
    assert set(table.frame["zip"]) == set(codes)
    assert table.with_kinds({"zip": "numeric"}).frame["zip"].iloc[0] == 1171
    hours = read_table("\n".join(["n,y", *(f"{'007' if i == 5 else i},{i % 2}" for i in range(100, 180))]).encode())
    assert hours.column("n").kind != "categorical"


def test_a_run_keeps_how_its_table_was_read(tmp_path: Path) -> None:
    table = read_table(CASES / "NA_is_a_value.csv")
    plan = Session().opened(table, "region").plan
    assert plan is not None
    store = Store(tmp_path)
    kept = store.table(store.create(plan, table))
    assert kept.reading == table.reading
    assert kept.column("country").missing == 0
    assert kept.digest == table.digest


def test_a_reading_is_written_as_json_and_read_back() -> None:
    column = ColumnReading("date", formats=("%d.%m.%y", "%d.%m.%Y"), merged=(("ok", "OK"),))
    reading = Reading(FileReading(";", ",", False, ("a", "b")), (("a", column), ("b", ColumnReading())))
    assert Reading.of_plain(reading.plain()) == reading  # type: ignore[arg-type]
    again = from_clean(pd.DataFrame({"a": ["NA", "-"], "b": [1, 2]}), "kept", (), reading)
    assert again.frame["a"].tolist() == ["NA", "-"]


def test_long_texts_take_no_time() -> None:
    assert formats_of("1" * 1_000_000) == ()
    wide = "(" + " " * 500_000 + "1"
    assert decide(pd.Series([wide, wide + "x", "1 " * 400_000], dtype="str")).reading.kind == "text"
