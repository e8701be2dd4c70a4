"""Reading: what can be read is read and said so, what cannot gets one sentence."""

from __future__ import annotations

import gzip
import io
import zipfile

import numpy as np
import pandas as pd
import pytest

from core.data.profile import describe
from core.data.samples import SAMPLES, load_sample
from core.data.table import from_frame, read_table
from core.data.target import encode_target, suggest_target
from core.words import TableError
from tests.core.data import one_sentence, table_of
from tests.problems import problem_of

ROWS = [(i * 0.5 - 3, "red" if i % 3 else "blue", "yes" if i % 5 == 0 else "no") for i in range(40)]


def csv_text(separator: str = ",", decimal: str = ".", header: str = "x,colour,label") -> str:
    lines = [header.replace(",", separator)]
    lines += [separator.join((f"{x:.1f}".replace(".", decimal), c, y)) for x, c, y in ROWS]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: s.key)
def test_samples_open_with_their_target_found(sample) -> None:  # type: ignore[no-untyped-def]
    table = load_sample(sample.key)
    assert suggest_target(table) == sample.target
    target = encode_target(table, sample.target, folds=5)
    assert len(target.codes) == len(table.frame)
    assert sample.licence == "CC BY 4.0"
    if len(target.classes) == 2:
        assert target.counts[1] < target.counts[0]


def test_the_imbalance_is_said_in_words() -> None:
    table = load_sample("abalone_9_vs_18")
    profile = describe(problem_of(table, "rings"))
    assert profile.sentence == "1 in 17 rows is `18`."
    assert profile.counts.tolist() == [689, 42]
    assert profile.shares.sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (csv_text(";").encode(), "separator is a semicolon"),
        (csv_text("\t").encode(), "separator is a tab"),
        (csv_text(";", ",").encode(), "decimal comma"),
        (csv_text().replace("red", "röt").encode("latin-1"), "Latin-1"),
        (b"\xef\xbb\xbf" + csv_text().encode(), "byte order mark"),
        (csv_text().encode("utf-16"), "UTF-16"),
        (csv_text().replace("-3.0,", "inf,").encode(), "1 infinite value in `x`"),
        (csv_text(header="x,x,label").encode(), "now called `x (2)`"),
        (csv_text().split("\n", 1)[1].replace("red", "1").replace("blue", "2").encode(), "has no header"),
        (csv_text().replace("0.5,red,no", "0.5,red,no,extra").encode(), "left out"),
        (gzip.compress(csv_text().encode()), ""),
    ],
    ids=["semicolon", "tab", "comma", "latin1", "bom", "utf16", "inf", "twice", "headerless", "ragged", "gzip"],
)
def test_odd_files_are_read_and_it_is_said(data: bytes, note: str) -> None:
    table = read_table(data, "odd.csv")
    assert len(table.frame) >= 39
    assert table.frame.shape[1] == 3
    assert table.columns[0].kind == "numeric"
    assert np.isfinite(table.frame.iloc[:, 0].dropna()).all()
    assert any(note in sentence for sentence in table.notes) or not note
    assert encode_target(table, table.columns[2].name).counts.tolist() in ([32, 8], [31, 8])


def test_zip_parquet_and_excel_give_the_same_rows() -> None:
    plain = read_table(csv_text().encode(), "a.csv")
    frame = plain.frame
    packed, columns, sheet = io.BytesIO(), io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("table.csv", csv_text())
    frame.to_parquet(columns)
    frame.to_excel(sheet, index=False)
    for data in (packed, columns, sheet):
        other = read_table(data.getvalue(), "b")
        assert [c.kind for c in other.columns] == [c.kind for c in plain.columns]
        np.testing.assert_allclose(other.frame["x"], frame["x"])
        assert other.frame["label"].tolist() == frame["label"].tolist()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"  \n \n", "one column|empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" * 50, "not text"),
        ("a\n" + "1\n" * 30, "one column"),
        ("a,b\n", "no rows"),
        ("sep=;", "empty"),
        ("sep=;\n\n", "empty"),
        (b"\x1f\x8b broken", "archive is damaged"),
        (b"PK\x03\x04 broken", "archive is damaged"),
    ],
    ids=["empty", "blank", "png", "one column", "header only", "sep", "sep and blank", "gzip", "zip"],
)
def test_what_cannot_be_read_gets_one_sentence(data: bytes | str, words: str) -> None:
    with pytest.raises(TableError, match=words) as caught:
        read_table(data.encode() if isinstance(data, str) else data, "bad.csv")
    one_sentence(caught.value)


def test_a_path_that_leads_out_of_the_archive_is_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../../escape.csv", csv_text())
    with pytest.raises(TableError, match="outside the archive") as caught:
        read_table(packed.getvalue(), "a.zip")
    one_sentence(caught.value)


def test_kinds_are_found_and_can_be_changed() -> None:
    n = 60
    table = table_of(
        customer_id=np.arange(1000, 1000 + n) * 7,
        name=[f"person {i}" for i in range(n)],
        amount=[f"{i}.5" if i else "n/a" for i in range(n)],
        day=pd.date_range("2021-03-01", periods=n).astype(str),
        same=["x"] * n,
        nothing=[None] * n,
        flag=[i % 2 == 0 for i in range(n)],
        level=[("low", "high", "N/A")[i % 3] for i in range(n)],
        t=[i % 4 == 0 for i in range(n)],
    )
    kinds = {c.name: c.kind for c in table.columns}
    assert kinds == {
        "customer_id": "identifier", "name": "identifier", "amount": "numeric", "day": "date", "same": "constant",
        "nothing": "constant", "flag": "categorical", "level": "categorical", "t": "categorical",
    }  # fmt: skip
    assert table.column("amount").missing == 1
    assert table.column("level").missing == 20
    changed = table.with_kinds({"customer_id": "numeric", "level": "ignored"})
    assert [c.name for c in changed.features("t")] == ["customer_id", "amount", "day", "flag"]
    with pytest.raises(TableError, match="`level` cannot be numeric"):
        table.with_kinds({"level": "numeric"})
    assert encode_target(table, "t").classes == (False, True)


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("patient_id", np.arange(600) % 60, "identifier"),
        ("patient_id", np.where(np.arange(600) < 9, np.nan, np.arange(600) % 60), "identifier"),
        ("patient_id", [f"P{at % 60}" for at in range(600)], "identifier"),
        ("region_id", np.arange(600) % 12, "categorical"),
        ("region_id", np.where(np.arange(600) < 9, np.nan, np.arange(600) % 12), "categorical"),
        ("grid", np.arange(600) % 60 + 0.5, "numeric"),
        ("city", [f"C{at % 60}" for at in range(600)], "categorical"),
    ],
    ids=["numbers", "numbers with gaps", "text", "few", "few with gaps", "another name", "an ordinary category"],
)
def test_an_identifier_that_repeats_is_no_feature(name: str, values: object, kind: str) -> None:
    column = table_of(**{name: values, "t": np.arange(600) % 2 == 0}).column(name)
    assert column.kind == kind
    if kind == "identifier":
        assert "names whom or what rows belong to" in column.note


def test_all_features_constant_or_missing_is_refused() -> None:
    table = table_of(a=["x"] * 60, b=[None] * 60, t=[i % 2 for i in range(60)])
    with pytest.raises(TableError, match="No column is left to learn from") as caught:
        problem_of(table, "t")
    one_sentence(caught.value)


def test_a_large_table_is_looked_at_in_threads_with_the_same_result(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=3000), "b": rng.integers(0, 9, 3000), "c": rng.choice(["x", "y"], 3000)})
    alone = from_frame(frame)
    monkeypatch.setattr("core.data.table._MANY_ROWS", 0)
    threaded = from_frame(frame)
    assert threaded.digest == alone.digest
    assert threaded.columns == alone.columns


def test_a_refusal_of_a_large_ragged_file_does_not_depend_on_which_block_comes_first() -> None:
    lines = [f"{i},{i % 7},{'x' * 40}" + (",more" * (i % 5) if i % 4 == 0 and i > 500 else "") for i in range(80_000)]
    data = "\n".join(["a,b,c", *lines]).encode()
    assert len(data) > 3 << 20
    said = set()
    for _ in range(4):
        with pytest.raises(TableError, match="do not fit the header") as refused:
            read_table(data)
        said.add(str(refused.value))
    assert said == {next(iter(said))}
    assert "one has 4 cells, the header 3" in next(iter(said))


def test_yes_and_no_are_another_table_than_ones_and_noughts() -> None:
    """They have other classes, and so must not share what is kept by the digest; nor must days and whole numbers."""
    flags = pd.Series([i % 5 == 0 for i in range(40)])
    days = pd.Series(pd.date_range("1970-01-02", periods=40).astype("datetime64[us]"))
    x = np.arange(40) * 0.5
    for one, other in ((flags, flags.astype("int64")), (days, days.astype("int64"))):
        digests = {from_frame(pd.DataFrame({"x": x, "y": values})).digest for values in (one, other)}
        assert len(digests) == 2
