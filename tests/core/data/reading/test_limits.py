"""Small files that stand for large tables are refused, or read, within two seconds and a GiB."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from core.data.table import read_table
from core.words import TableError
from tests.core.data.reading.traps import CSV, TRAPS

ROOT = Path(__file__).parents[4]


@cache
def read_apart() -> dict[str, dict[str, object]]:
    """Read every trap in one fresh process; return what each cost, by name."""
    command = [sys.executable, "-m", "tests.core.data.reading.traps", *TRAPS]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    return {(cost := json.loads(line))["name"]: cost for line in done.stdout.splitlines()}


@pytest.mark.parametrize(("name", "words"), [(name, words) for name, (_, words) in TRAPS.items()], ids=list(TRAPS))
def test_a_small_file_costs_little_whatever_it_stands_for(name: str, words: str) -> None:
    cost = read_apart()[name]
    said = str(cost["said"])
    assert words in said
    assert bool(said) == bool(words)
    assert said.count(".") <= 1 + said.count(".xlsx")  # one sentence
    assert float(str(cost["bytes"])) < 2e6
    assert float(str(cost["seconds"])) < 2  # of the processor, so that a busy machine changes nothing
    assert float(str(cost["grown"])) < 1 << 30


def test_what_does_not_fit_into_the_free_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.machine.free_memory", lambda: 10 << 20)
    data = b"a,b,t\n" + b"1.5,2.5,0\n" * 2_000_000
    with pytest.raises(TableError, match="92 MiB of memory and 10 MiB is free"):
        read_table(data, "a.csv")
    assert len(read_table(CSV, "a.csv").frame) == 50


def test_a_wide_or_repetitive_table_of_a_sound_size_is_read() -> None:
    wide = pd.DataFrame([range(800)] * 3).rename(columns="c{}".format)
    assert read_table(wide.to_csv(index=False).encode(), "wide.csv").frame.shape == (3, 800)
    zeros = pd.DataFrame(0, index=range(200_000), columns=[f"c{i}" for i in range(4)]).assign(t=[0, 1] * 100_000)
    out = zeros.to_parquet(index=False)
    assert read_table(out, "zeros.parquet").frame.shape == (200_000, 5)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"a,b,t\n1,2,0\n" + b'3,"4,1\n' + b"5,6,0\n" * 400_000, "check the separator and the quotation marks"),
        (b"a,b,t\n1,2,0\n" + b"x" * (3 << 20) + b",4,1\n5,6,0\n", "`a` has a cell of more than 2,000,000 char"),
        (b"a" * (17 << 20), "first line is longer than 16 MiB"),
    ],
    ids=["open quotes", "long cell", "long line"],
)
def test_what_is_too_long_is_named(data: bytes, words: str) -> None:
    with pytest.raises(TableError, match=words):
        read_table(data, "a.csv")
