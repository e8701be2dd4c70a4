"""What was settled about decisions goes along: in the scorer, decision.json, predict.py and the card."""

from __future__ import annotations

import json
import runpy
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.data.problem import Problem
from core.data.reading.cells import Reading
from core.data.table import from_frame
from core.decision.costs import Costs
from core.decision.row_costs import Cost, RowCosts
from core.decision.stakes import Stakes
from core.evaluation.sample import sample_run
from core.evaluation.settled import settled_threshold
from core.exporting.bundle import decision
from core.exporting.by_risk import Looked, by_risk, looked_at
from core.exporting.card import model_card
from core.exporting.new_rows import aligned, match, read_rows, score
from core.exporting.refit import Refitted
from core.exporting.scorer import Scorer
from core.exporting.settled import cost_note, settle
from core.plan import CapacitySettings
from core.words import TableError
from tests.core.exporting.conftest import Case
from tests.core.exporting.test_export import files_of

BY_ROW = Stakes(rule="rows", row_costs=RowCosts(alarm=Cost(60.0), miss=Cost(5.0, "area", 0.5), hit=Cost(2.0)))


def scored(scorer: Scorer, data: bytes, chosen: dict[str, str] | None = None) -> pd.DataFrame:
    rows = read_rows(data, "new.csv", scorer.reading, scorer.target)
    steps = scorer.preparation.steps
    matched = match(steps, [], rows, chosen)
    return score(scorer, rows, aligned(steps, rows, matched, scorer.reading)[0], matched.named(rows.frame))


def test_thresholds_are_those_that_were_settled(case: Callable[[str], Case]) -> None:
    one = case("page_blocks")
    scorer, problem = one.scorer, Problem.of(one.table, one.plan)
    assert settle(scorer, one.choice, one.results, Stakes(), problem) is scorer
    fixed = settle(one.scorer, one.choice, one.results, Stakes(rule="one", threshold=0.07), problem)
    assert fixed.threshold == 0.07
    dear, cheap = (
        settle(
            one.scorer, one.choice, one.results, Stakes(Costs(((0.0, 1.0), (miss, 0.0))), "cheapest"), problem
        ).threshold
        for miss in (1.0, 200.0)
    )
    assert dear is not None
    assert cheap is not None
    assert cheap < dear
    by_row = Stakes(rule="cheapest", row_costs=RowCosts(miss=Cost(200.0), alarm=Cost(1.0, "length", 1.0)))
    assert settle(one.scorer, one.choice, one.results, by_row, problem).threshold == settled_threshold(
        one.results, one.choice.key, 1, by_row, problem
    )
    assert settle(one.scorer, one.choice, one.results, by_row, problem).threshold not in (dear, cheap)
    many = case("yeast")
    scorer = many.scorer
    assert (
        settle(scorer, many.choice, many.results, Stakes(rule="one", threshold=0.07), Problem.of(many.table, many.plan))
        is scorer
    )


def test_the_script_decides_row_by_row_as_the_app_does(
    case: Callable[[str], Case], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one = case("page_blocks")
    scorer = settle(one.scorer, one.choice, one.results, BY_ROW, Problem.of(one.table, one.plan))
    assert Scorer.from_bytes(scorer.to_bytes()).stakes == BY_ROW
    rows = one.new_rows.copy()
    rows.loc[rows.index[:3], "area"] = None
    data = rows.to_csv(index=False).encode()
    wanted = scored(scorer, data)
    known = rows["area"].notna().to_numpy()
    p, area = wanted[f"probability {scorer.classes[1]}"].to_numpy(), rows["area"].to_numpy(float)
    cheaper = p * (0.5 * area + 5 - 2) > (1 - p) * 60
    flagged = (wanted["decision"] == scorer.classes[1]).to_numpy()
    np.testing.assert_array_equal(flagged[known], cheaper[known])
    np.testing.assert_array_equal(flagged[~known], p[~known] > 0.5)
    assert (flagged != scorer.decide(np.column_stack([1 - p, p]))).any()
    for name, content in files_of(one).items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "decision.json").write_text(decision(scorer))
    (tmp_path / "rows.csv").write_bytes(data)
    monkeypatch.setattr(sys, "argv", ["predict.py", str(tmp_path / "rows.csv"), str(tmp_path / "scored.csv")])
    monkeypatch.setattr(sys, "path", list(sys.path))
    try:
        runpy.run_path(str(tmp_path / "predict.py"), run_name="__main__")
    finally:
        for name in ("reading", "safe_csv"):
            sys.modules.pop(name, None)
    assert pd.read_csv(tmp_path / "scored.csv")["decision"].tolist() == wanted["decision"].tolist()
    assert f"decided by their most probable class: {(~known).sum()}." in capsys.readouterr().err
    assert cost_note(scorer, read_rows(data, "new.csv", scorer.reading, scorer.target).frame) == (
        f"{(~known).sum()} rows without a usable cost decided by their most probable class."
    )
    assert not cost_note(one.scorer, pd.DataFrame())
    other = rows.rename(columns={"area": "Surface"}).to_csv(index=False).encode()
    assert scored(scorer, other, {"area": "Surface"})["decision"].tolist() == wanted["decision"].tolist()
    with pytest.raises(TableError, match="The file lacks `area`, which says what a row costs"):
        scored(scorer, rows.drop(columns="area").to_csv(index=False).encode())


def test_the_card_and_the_decision_say_what_was_settled(case: Callable[[str], Case]) -> None:
    one = case("page_blocks")
    problem = Problem.of(one.table, one.plan)
    stakes = Stakes(Costs(((0.0, 1.0), (40.0, 0.0)), prevalence=0.02), "one", 0.1)
    scorer = settle(one.scorer, one.choice, one.results, stakes, problem)
    card = model_card(problem, one.choice, one.results, Refitted(scorer, ()), "Nothing was checked.")
    assert "## What it is worth" in card
    assert "A false alarm costs 1, a miss 40" in card
    assert "| saved against flagging nobody |" in card
    plain = model_card(problem, one.choice, one.results, Refitted(one.scorer, ()), "Nothing was checked.")
    assert "What it is worth" not in plain
    assert "learning rate 0.002" in plain
    tuned = model_card(problem, one.choice, one.results, Refitted(one.scorer, (), ("learning_rate=0.004",)), "")
    assert "learning rate 0.002" not in tuned
    assert "the best one on the rows kept was learning_rate=0.004." in tuned
    said = json.loads(decision(scorer))
    assert said["threshold"] == 0.1
    assert said["costs"] == {"matrix": [[0, 1], [40, 0]], "benefits": False, "share_in_the_field": 0.02}
    assert said["row_costs"] is None
    by_row = model_card(problem, one.choice, one.results, Refitted(replace(scorer, stakes=BY_ROW), ()), "")
    assert "where leaving it would cost more on average" in by_row
    assert "Column `area` has no value in" in by_row


def test_scored_rows_come_out_by_risk_with_the_first_marked() -> None:
    frame = pd.DataFrame({"look at": ["x", "y", "z"], "probability yes": [0.2, 0.9, 0.2]})
    ranked = by_risk(frame, "probability yes", 2)
    assert ranked["look at"].tolist() == ["y", "x", "z"]
    assert ranked["look at (model)"].tolist() == ["yes", "yes", "no"]


def test_so_many_rows_are_marked_in_every_day_as_was_settled() -> None:
    run, reading = sample_run(), Reading()
    when = pd.to_datetime(["2025-04-01", "2025-04-02", "2025-04-01", None, "2025-04-02"])
    dated = from_frame(run.problem.table.frame.assign(when=pd.date_range("2025-01-01", periods=24)), "people.csv")
    looked = looked_at(dated, run.plan, Stakes(capacity=CapacitySettings(1, "day")), 5)
    assert looked == Looked(1, "day", "when")
    frame = pd.DataFrame({"when": when, "probability yes": [0.2, 0.9, 0.3, 0.1, 0.8]})
    ranked = by_risk(frame, "probability yes", looked.rows, looked.periods(frame, reading))
    assert ranked["probability yes"].tolist() == [0.9, 0.8, 0.3, 0.2, 0.1]
    assert ranked["look at"].tolist() == ["yes", "no", "yes", "no", "yes"]
    for other in (frame.drop(columns="when"), frame.assign(when=1.0), frame.assign(when=pd.NaT)):
        assert looked.periods(other, reading) is None
