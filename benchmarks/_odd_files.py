"""Files as people really have them, and worse: Hypothesis strategies for the fuzz command and its test."""

from __future__ import annotations

import gzip
import io
import zipfile
from dataclasses import replace

import pandas as pd
from hypothesis import strategies as st

from core.data.problem import Problem
from core.data.profile import describe
from core.data.splitting import Unit, split_rows
from core.data.table import read_table
from core.plan import Plan, PlanError
from core.strategies.presets import START
from core.words import TableError

_NUMBERS = st.one_of(
    st.integers(-9, 9).map(str),
    st.integers(-(10**40), 10**40).map(str),
    st.floats().map(str),
    st.decimals(allow_nan=False, allow_infinity=False, places=2).map(lambda d: str(d).replace(".", ",")),
    st.sampled_from(
        ["1e308", "1e309", "-1e400", "1e-400", "0x1F", "1_000", "1,234.5", "1.234,5", "NaN", "inf", "-inf"]
    ),
)
_DATES = st.one_of(
    st.dates().map(str),
    st.datetimes().map(str),
    st.datetimes().map(lambda d: d.strftime("%d.%m.%Y %H:%M")),
    st.sampled_from(["0000-00-00", "9999-12-31", "0001-01-01", "31/02/2021", "12:30", "2021-01-01T00:00:00+14:00"]),
)
_HOSTILE = st.sampled_from(
    ["<script>alert(1)</script>", "=HYPERLINK(\"http://x\")", "$\\frac{1}{2}$", "[a](javascript:1)", "\u202eabc",
     "x" * 10_000, "`", "\ufeff", "''", '"', '""', "\\", "\r", "\u2028", "\ud7ff", "none", "None", "?", "-"]
)  # fmt: skip
_LINES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
_TEXT = st.sampled_from([*[_LINES] * 9, st.text(st.characters(exclude_categories=["Cs"]), max_size=8)]).flatmap(
    lambda kind: kind
)
_CELLS = st.one_of(
    _NUMBERS, _DATES, _HOSTILE, _TEXT, st.sampled_from(["", "a", "b", "yes", "no", "true", "False", "0", "1"])
)
_KINDS = st.sampled_from(["mixed", "number", "date", "level", "empty", "text", "label", "label", "constant"])
_PLAIN_NAMES = st.lists(st.from_regex("[A-Za-z_ ]{1,12}", fullmatch=True), min_size=7, max_size=7)
_ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252", "shift_jis", "cp437"]


@st.composite
def _column(draw: st.DrawFn, rows: int) -> list[str]:
    kind = draw(_KINDS)
    if kind == "number":  # of many digits or few, but a column as people have one, gaps and all
        return draw(st.lists(st.one_of(_NUMBERS, _NUMBERS, st.just("")), min_size=rows, max_size=rows))
    cells = {
        "mixed": _CELLS, "date": _DATES, "level": st.sampled_from(["a", "b", "", "nan"]),
        "empty": st.just(""), "text": _TEXT, "label": st.sampled_from(["0", "1", "1", "1", "NaN"]),
        "constant": st.just("7"),
    }[kind]  # fmt: skip
    few = draw(st.lists(cells, min_size=1, max_size=6))
    return [few[i] for i in draw(st.lists(st.integers(0, len(few) - 1), min_size=rows, max_size=rows))]


@st.composite
def _lines(draw: st.DrawFn) -> list[list[str]]:
    rows = draw(st.sampled_from([0, 1, 5, 30, 30, 40, 60, 60]))
    columns = draw(st.lists(_column(rows), min_size=draw(st.sampled_from([1, 2, 2, 3, 3, 3])), max_size=5))
    hostile = st.lists(st.one_of(_TEXT, _CELLS), min_size=len(columns), max_size=len(columns))
    names = draw(st.one_of(hostile, _PLAIN_NAMES, _PLAIN_NAMES))[: len(columns)]
    lines = [list(line) for line in zip(*columns, strict=True)]
    if draw(st.sampled_from([True, True, True, False])):
        lines.insert(0, names)
    for _ in range(draw(st.sampled_from([0, 0, 0, 0, 0, 1, 3, 20]))):  # ragged rows
        if lines:
            at = draw(st.integers(0, len(lines) - 1))
            lines[at] = lines[at][:-1] if draw(st.booleans()) else [*lines[at], "extra"]
    return lines


@st.composite
def _csv(draw: st.DrawFn) -> bytes:
    separator = draw(st.sampled_from(",,,,;;;\t\t\t||: "))
    end = draw(st.sampled_from(["\n", "\n", "\r\n", "\r\n", "\r", "\n\n"]))
    quoting = draw(st.sampled_from(["never", "always", "always", "needed", "needed", "half"]))

    def cell(text: str) -> str:
        plain = quoting == "needed" and not set(text) & {separator, '"', "\n", "\r"}
        return (
            text if plain or quoting == "never" else '"' + text.replace('"', '"' if quoting == "half" else '""') + '"'
        )

    text = end.join(separator.join(map(cell, line)) for line in draw(_lines()))
    text = draw(st.sampled_from(["", "", "", "", "", "", "\n", "sep=;\n", "A title\n\n"])) + text
    text += draw(st.sampled_from([*[""] * 19, "\0"]))
    # Half of the files are in UTF-8, as half of the world's are at least.
    encoding = draw(st.sampled_from([*["utf-8"] * len(_ENCODINGS), *_ENCODINGS]))
    return (text + draw(st.sampled_from(["", end]))).encode(encoding, errors="replace")


@st.composite
def _typed(draw: st.DrawFn) -> bytes:
    """Return Parquet or Excel of odd types."""
    rows = draw(st.sampled_from([1, 5, 30]))
    values = st.one_of(
        st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)), min_size=rows, max_size=rows),
        st.lists(st.one_of(st.none(), st.floats(), st.booleans()), min_size=rows, max_size=rows),
        st.lists(st.one_of(st.none(), st.datetimes(), st.text(max_size=5)), min_size=rows, max_size=rows),
        st.lists(st.one_of(st.none(), st.dates()), min_size=rows, max_size=rows),
        st.lists(st.one_of(st.none(), st.times(), st.timedeltas()), min_size=rows, max_size=rows),
        st.lists(
            st.one_of(st.none(), st.decimals(allow_nan=False), st.binary(max_size=4)), min_size=rows, max_size=rows
        ),
        st.lists(st.lists(st.integers(0, 3), max_size=2), min_size=rows, max_size=rows),
        st.lists(st.sampled_from(["a", "b", None]), min_size=rows, max_size=rows),
    )
    frame = pd.DataFrame(dict(enumerate(draw(st.lists(values, min_size=1, max_size=4)))), dtype=object)
    frame.columns = pd.Index(draw(st.lists(_TEXT, min_size=frame.shape[1], max_size=frame.shape[1])))
    out = io.BytesIO()
    try:
        if draw(st.booleans()):
            frame.infer_objects().to_parquet(out)
        else:
            frame.to_excel(out, index=draw(st.booleans()))
    except Exception:  # not every object can be written as every type
        return "\n".join(",".join(map(str, row)) for row in frame.itertuples()).encode(errors="replace")
    return out.getvalue()


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """Return a file: delimited text, Parquet or Excel, perhaps packed, perhaps damaged."""
    data = draw(draw(st.sampled_from([st.binary(max_size=200), *[_typed()] * 4, *[_csv()] * 15])))
    packing = draw(st.sampled_from(["", "", "", "", "", "", "gzip", "zip", "twice"]))
    if packing in ("gzip", "twice"):
        data = gzip.compress(data, mtime=0)
    if packing in ("zip", "twice"):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(
                draw(st.sampled_from(["a.csv", "a.csv", "b/a.parquet", "../a.csv", "/etc/a", "C:\\a.csv"])), data
            )
        data = out.getvalue()
    if data and draw(st.sampled_from([*[False] * 19, True])):  # cut short, or one byte flipped
        # A share of the length: a workbook's length depends on the clock.
        at = draw(st.integers(0, 999)) * len(data) // 1000
        data = data[:at] if draw(st.booleans()) else data[:at] + bytes([data[at] ^ 0x5A]) + data[at + 1 :]
    return data


def outcome(data: bytes) -> str:
    """Read a file, profile every column as a target, plan and split; return "read" or the sentence of the refusal.

    Raises
    ------
    AssertionError
        A refusal is no single clear sentence.
    """
    try:
        table = read_table(data, "odd.csv")
    except TableError as error:
        return _sentence(error)
    for column in table.columns:
        for kind in ("numeric", "categorical", "date", "ignored"):
            try:
                table.with_kinds({column.name: kind})
            except TableError as error:
                _sentence(error)
        try:
            plan = Plan(column.name, START.choices)
            assert type(plan).from_json(plan.to_json()) == plan
            problem = Problem.of(table, replace(plan, split=replace(plan.split, folds=2)))
            describe(problem)
            assert len(problem.target.codes) == len(problem.target.rows)
            split_rows(problem, Unit(0, 0))
        except (TableError, PlanError) as error:
            _sentence(error)
    return "read"


def _sentence(error: Exception) -> str:
    message = str(error)
    assert message.endswith("."), message
    assert "\n" not in message, message
    assert "Traceback" not in message, message
    assert 20 < len(message) < 600, message
    return message
