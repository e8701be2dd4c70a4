"""Costs, decisions and capacity of a kept run, settled on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.cli import main
from core.decision.stakes import Stakes
from core.runs.stakes import stakes_of
from core.runs.store import Store
from core.settings import CapacitySettings
from tests.pages.test_compare import a_run


def test_a_kept_run_is_settled_and_its_recommendation_follows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store(tmp_path)
    run = a_run(store, 3)
    command, where = ["settle", run], ["--runs", str(tmp_path)]
    assert main([*command, "--miss", "10*length+1", "--alarm", "2", "--capacity", "20", *where, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    kept = stakes_of(store, run)
    assert kept.row_costs is not None
    assert (kept.rule, kept.row_costs.miss.written(), kept.capacity) == ("rows", "10*length+1", CapacitySettings(20))
    assert said["settled"] == list(kept.sentences())
    assert said["recommendation"]["strategy"]
    assert main([*command, "--field", "0.02", *where]) == 0
    capsys.readouterr()
    assert (stakes_of(store, run).rule, stakes_of(store, run).costs.prevalence) == ("rows", 0.02)
    by_row = kept.row_costs
    assert main([*command, "--decide", "one", "--at", "0.1", *where]) == 0
    assert "10 × 'length' + 1" in capsys.readouterr().out.replace("`", "'")
    assert (stakes_of(store, run).rule, stakes_of(store, run).by_row) == ("one", by_row)
    assert main([*command, "--miss", "30", *where]) == 0  # no cost reads a column any more: those that do are set aside
    assert "a miss 30" in capsys.readouterr().out
    assert (stakes_of(store, run).row_costs, stakes_of(store, run).by_row) == (by_row, None)
    assert main([*command, "--decide", "rows", *where]) == 0
    capsys.readouterr()
    assert stakes_of(store, run).by_row == by_row
    assert main([*command, "--anew", *where]) == 0
    assert "Nothing is settled" in capsys.readouterr().out
    assert stakes_of(store, run) == Stakes()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["--miss", "sex"], "Column `sex` holds no numbers"),
        (["--miss", "nothing"], "There is no column `nothing`"),
        (["--miss=-3"], "-3"),
        (["--decide", "one"], "needs a threshold"),
        (["--at", "1.5"], "choose"),
        (["--at", "high"], "'high' is no number"),
        (["--field", "2"], "choose"),
        (["--capacity", "50/day"], "No column says when a row is from"),
        (["--capacity", "many"], "'many' is no capacity"),
        (["--capacity", "5000"], "1,000"),
        (["--mis", "3", "--nonsense"], "Unrecognized arguments: --nonsense"),
    ],
)
def test_what_cannot_be_settled_is_refused_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], typed: list[str], said: str
) -> None:
    store = Store(tmp_path)
    run = a_run(store, 3)
    assert main(["settle", run, *typed, "--runs", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert stakes_of(store, run) == Stakes()
