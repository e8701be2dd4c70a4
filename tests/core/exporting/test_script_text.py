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
from core.experiment.stopping import STOP_SCORES
from core.exporting.script import CodeError, file_name, script
from core.exporting.script._joining import joined
from core.plan import NetworkChoice, Plan, SplitSettings, StrategyChoice, TrainingSettings, TuningSettings
from core.settings import STOP_ON
from core.strategies import catalogue
from core.strategies.notation import parse_choice
from core.strategies.presets import EVERYTHING
from core.strategies.snippets.snippet import Code, Snippet
from core.strategies.snippets.terms import SaidTerms

PLAIN = StrategyChoice.of("plain")
COMBINED = (
    "focal+label_smoothing+mixup",
    "progressive_batches+log_prior_bias+ldam_drw+remix+prior_correction",
    "easy_ensemble+class_weight+mixup+temperature+prior_correction+threshold_cost",
    "logistic_balanced+prior_correction+threshold_recall",
)
SPLITS = (SplitSettings(), SplitSettings(group="g"), SplitSettings(time="when"))
TOGETHER = TrainingSettings(members=3, stop_on="mcc", clip_norm=1.0, weight_decay=0.01, warm_up=0.1)


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
    cases = [(split, TrainingSettings(), "mlp") for split in SPLITS]
    cases += [(split, TOGETHER, network) for split, network in zip(SPLITS, ("mixed", "tabm", "mlp"), strict=True)]
    for kind in ("numbers", "mixed"):
        for number, (split, training, network) in enumerate(cases):
            problem, folder = planned(problem_of(kind, split), training, network), tmp_path / f"{kind}_{number}"
            folder.mkdir()
            for choice in choices.values() if number in (0, 3) else map(parse_choice, COMBINED):
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
    fold = SimpleNamespace(X_valid=X, y_valid=y, steps=5, expand=lambda rows: rows, network=names["NETWORK"])
    optimizer = names["train"](X, y, 0, fold).optimizer
    assert (optimizer.beta_2, optimizer.global_clipnorm) == (0.95, 1.0)
    assert optimizer.weight_decay == pytest.approx(0.05 / 5 / 0.002)


def test_a_script_says_what_of_the_training_it_leaves_out() -> None:
    problem = problem_of("numbers", SplitSettings())
    tuned = replace(problem, plan=replace(problem.plan, tuning=TuningSettings(8)))
    assert "Left out: tuning" in script(tuned, StrategyChoice.of("plain"))
    assert "Left out" not in script(problem, StrategyChoice.of("plain"))


@pytest.mark.parametrize("stop_on", STOP_ON[1:])
def test_a_script_stops_on_the_score_that_the_app_stops_on(stop_on: str, tmp_path: Path) -> None:
    """Scores of the validation rows alone: the networks are told apart by what they predict."""
    rng = np.random.default_rng(0)
    for kind, classes in (("numbers", 2), ("mixed", 3)):
        text = script(planned(problem_of(kind, SplitSettings()), TrainingSettings(stop_on=stop_on)), PLAIN)
        (tmp_path / f"{kind}.py").write_text(text)
        names = runpy.run_path(str(tmp_path / f"{kind}.py"))
        y, p = rng.integers(0, classes, 60), rng.dirichlet(np.ones(classes), 60)
        logs: dict[str, float] = {}
        on_epoch_end = names["Score"].on_epoch_end
        on_epoch_end.__globals__["predict"] = lambda models, X, fold: X
        on_epoch_end(SimpleNamespace(trained=[(None, SimpleNamespace(X_valid=p, y_valid=y))]), 0, logs)
        assert logs["score"] == pytest.approx(STOP_SCORES[stop_on](y, p)), kind
        assert "Score([(model, fold)])" in text


def test_the_members_ensembles_train_step_by_step_and_together(tmp_path: Path) -> None:
    problem = planned(problem_of("numbers", SplitSettings()), TOGETHER)
    (tmp_path / "script.py").write_text(script(problem, parse_choice("easy_ensemble(n_members=4,rounds=2)")))
    names = runpy.run_path(str(tmp_path / "script.py"))
    own, asked = names["together"].__globals__, []
    own["task"] = lambda X, y, seed, fold, weights: (fold, seed, len(y))
    own["predict"] = lambda models, X, fold: np.full((len(X), 2), 0.5)

    def train(tasks: list[tuple[str, int, int]]) -> list[str]:
        asked.append([fold for fold, _, _ in tasks])
        return [f"{fold}{len(asked)}" for fold, _, _ in tasks]

    own["train"] = train
    X, y = np.arange(40.0)[:, None], np.arange(40) % 4 // 3
    models = names["together"]([names["learn"](X, y, 100 * place, fold) for place, fold in enumerate("ab")])
    assert asked == [["a", "b"]] * 4
    assert models == [["a1", "a2", "a3", "a4"], ["b1", "b2", "b3", "b4"]]
