"""Scripts as text: every piece says what it needs, and calibrations come before the decision rule."""

from __future__ import annotations

import runpy
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from core.data.problem import Problem
from core.data.table import from_frame
from core.exporting.script import CodeError, file_name, script
from core.exporting.script._joining import joined
from core.plan import NetworkChoice, Plan, SplitSettings, StrategyChoice, TrainingSettings
from core.strategies import catalogue
from core.strategies.notation import parse_choice
from core.strategies.presets import EVERYTHING
from core.strategies.snippets.snippet import Code, Snippet
from core.strategies.snippets.terms import SaidTerms

COMBINED = (
    "focal+label_smoothing+mixup",
    "progressive_batches+log_prior_bias+ldam_drw+remix+prior_correction",
    "easy_ensemble+class_weight+mixup+temperature+prior_correction+threshold_cost",
    "logistic_balanced+prior_correction+threshold_recall",
)
SPLITS = (SplitSettings(), SplitSettings(group="g"), SplitSettings(time="when"))


def problem_of(kind: str, split: SplitSettings) -> Problem:
    rng = np.random.default_rng(0)
    n = 120
    columns: dict[str, object] = {"a": rng.normal(size=n), "b": rng.normal(size=n)}
    if kind == "mixed":
        columns |= {"c": rng.choice(list("xyz"), n), "day": pd.date_range("2019", periods=n)}
    labels = np.array(["no", "yes", "maybe" if kind == "mixed" else "no"])[np.arange(n) % 7 % 3]
    frame = pd.DataFrame({**columns, "g": np.arange(n) // 4, "when": pd.date_range("2020", periods=n), "y": labels})
    plan = Plan("y", (StrategyChoice.of("plain"),), split=split)
    return Problem.of(from_frame(frame, kind), plan)


def test_scripts_import_all_that_they_use_and_use_all_that_they_define(tmp_path: Path) -> None:
    choices = {choice.key: choice for choice in (*EVERYTHING.choices, *map(parse_choice, COMBINED))}
    assert set(catalogue()) <= set(choices)
    for kind in ("numbers", "mixed"):
        for number, split in enumerate(SPLITS):
            problem, folder = problem_of(kind, split), tmp_path / f"{kind}_{number}"
            folder.mkdir()
            for choice in choices.values() if number == 0 else map(parse_choice, COMBINED):
                (folder / file_name(choice)).write_text(script(problem, choice), encoding="utf-8")
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--select", "F", str(tmp_path)]
    checked = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert checked.returncode == 0, checked.stdout[-3000:]


def test_calibrations_act_in_their_order_and_the_rule_reads_what_they_return() -> None:
    text = script(
        problem_of("numbers", SPLITS[0]), parse_choice("threshold_f1+temperature+random_over+prior_correction")
    )
    steps = [
        "p_valid, y_valid = predict(",
        "adjust = prior_shift(",
        "p_valid, p_test = adjust(p_valid), adjust(p_test)",
        "adjust = temperature(p_valid, y_valid)",
        "decide = tuned(p_valid, y_valid, f1)",
        "decided = decide(p_test)",
    ]
    places = [text.index(step) for step in steps]
    assert places == sorted(places)


def test_validation_rows_are_asked_for_only_where_a_decision_reads_them() -> None:
    problem = problem_of("numbers", SPLITS[0])
    assert "p_valid" not in script(problem, parse_choice("random_over+prior_correction"))
    assert "p_valid" in script(problem, parse_choice("random_over+isotonic"))


def test_pieces_of_two_parts_for_the_same_place_are_refused_in_one_sentence() -> None:
    with pytest.raises(CodeError, match="two losses at once is not written"):
        joined([Snippet(terms=SaidTerms(scale=2.0)), Snippet(terms=SaidTerms(scale=3.0))])
    with pytest.raises(CodeError, match="two decision rules at once"):
        joined([Snippet(rule="a"), Snippet(rule="b")])


def test_a_helper_of_two_parts_stands_in_the_script_once() -> None:
    helper = Code("COST = 2")
    both = joined([Snippet(helpers=(helper,), costs="COST"), Snippet(helpers=(helper,), rule="COST")])
    assert both.helpers == (helper,)


def planned(problem: Problem, training: TrainingSettings, network: str = "mlp") -> Problem:
    return replace(problem, plan=replace(problem.plan, training=training, networks=(NetworkChoice.of(network),)))


@pytest.mark.parametrize("schedule", ["constant", "cosine", "realmlp"])
def test_a_script_learns_at_the_plans_rates(schedule: str, tmp_path: Path) -> None:
    training = TrainingSettings(epochs=1, schedule=schedule, warm_up=0.1, weight_decay=0.05, clip_norm=1.0, beta_2=0.95)
    problem = planned(problem_of("numbers", SplitSettings()), training)
    (tmp_path / "script.py").write_text(script(problem, StrategyChoice.of("plain")))
    names = runpy.run_path(str(tmp_path / "script.py"))
    got = np.asarray(names["LearningRate"](200)(np.arange(200)))
    t = np.arange(200) / 200
    factor = {"cosine": (1 + np.cos(np.pi * t)) / 2, "realmlp": (1 - np.cos(2 * np.pi * np.log2(1 + 15 * t))) / 2}
    wanted = 0.002 * factor.get(schedule, 1.0) * np.minimum(1, np.arange(1, 201) / 20)
    np.testing.assert_allclose(got, wanted, rtol=1e-3, atol=1e-8)

    X = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
    y = np.arange(40) % 2
    fold = SimpleNamespace(X_valid=X, y_valid=y, steps=5, expand=lambda rows: rows)
    optimizer = names["train"](X, y, 0, fold).optimizer
    assert (optimizer.beta_2, optimizer.global_clipnorm) == (0.95, 1.0)
    assert optimizer.weight_decay == pytest.approx(0.05 / 5 / 0.002)


def test_a_script_says_what_of_the_training_it_leaves_out() -> None:
    training = TrainingSettings(members=5, stop_on="average_precision")
    text = script(planned(problem_of("numbers", SplitSettings()), training), StrategyChoice.of("plain"))
    assert "Left out: 5 cross-fitted members per network: one is trained; stopping on average precision: it" in text
    assert "Left out" not in script(problem_of("numbers", SplitSettings()), StrategyChoice.of("plain"))
