"""Combinations that make no sense are refused in one sentence; the others are let through."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from core.api import run
from core.cli import BAD_INPUT, main
from core.data.problem import Problem
from core.data.samples import load_sample
from core.data.splitting import Unit
from core.estimator import StrategyClassifier
from core.experiment.units import run_unit
from core.exporting import why_not as why_not_exported
from core.exporting.script import CodeError, script
from core.links import from_query
from core.plan import Part, Plan, PlanError, StrategyChoice
from core.runs._job import Job
from core.runs.store import Store
from core.strategies import TableFacts, TrainingView, catalogue, parts_of, stages_of
from core.strategies.choosing import combined, numbers_of, why_not
from core.strategies.combining import clash
from core.strategies.notation import parse_strategies
from core.strategies.presets import PRESETS
from core.training.lane import Lane

FACTS = TableFacts((90, 10), 3, 0)
PLAN = Plan("y", (StrategyChoice.of("plain"),))


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("logistic", "boosting"), "two models"),
        (("smote", "logistic"), "SMOTE has nothing to act on"),
        (("boosting", "class_weight"), "Class weights has nothing to act on"),
        (("under_bagging", "self_paced"), "both ensembles"),
        (("focal", "asymmetric"), "both set the same term of the loss"),
        (("logit_adjusted", "balanced_softmax"), "both set the same term of the loss"),
        (("focal", "class_balanced_focal"), "both set the same term of the loss"),
        (("class_weight", "class_balanced_focal"), "weighed twice"),
        (("class_weight", "sqrt_weight"), "weighed twice"),
        (("class_weight", "ldam_drw"), "weighed twice"),
        (("balanced_batches", "progressive_batches"), "how batches are drawn"),
        (("mixup", "remix"), "mix rows inside the batch"),
        (("threshold_f1", "threshold_cost"), "both set the threshold"),
        (("smote", "smote"), "twice"),
        (("plain", "smote"), "changes nothing"),
        (("class_weight", "effective_number"), "weighed twice"),
        (("focal", "logit_adjusted"), "goes too far"),
        (("balanced_softmax", "asymmetric"), "goes too far"),
        (("ldam_drw", "logit_adjusted"), "goes too far"),
        (("smote_enn", "random_under"), "one sampler too many"),
        (("smote_enn", "smote_tomek"), "one sampler too many"),
        (("near_miss_3", "random_under"), "cut larger classes"),
        (("smote", "focal", "threshold_f1", "threshold_mcc"), "both set the threshold"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(names: tuple[str, ...], words: str) -> None:
    for order in (names, names[::-1]):
        reason = clash(order)
        assert reason is not None
        assert words in reason
        assert reason.endswith(".")
        assert ". " not in reason
    with pytest.raises(PlanError, match=words):
        combined(names, PLAN, FACTS)
    assert why_not(StrategyChoice(tuple(Part.of(name) for name in names)), FACTS) == clash(names)


@pytest.mark.parametrize(
    "names",
    [
        ("smote", "threshold_f1"),
        ("smote", "focal", "threshold_f1"),
        ("tomek_links", "random_over"),
        ("class_weight", "focal"),
        ("class_weight", "log_prior_bias"),
        ("logit_adjusted", "label_smoothing"),
        ("deep_ensemble", "class_weight", "mixup"),
        ("temperature", "threshold_f1"),
        ("boosting", "threshold_cost"),
    ],
)
def test_what_makes_sense_is_let_through(names: tuple[str, ...]) -> None:
    assert clash(names) is None
    assert [part.name for part in combined(names, PLAN, FACTS).parts] == list(names)


def test_a_combination_is_refused_wherever_it_enters_a_plan_or_is_run(tmp_path: Path) -> None:
    table = load_sample("abalone_9_vs_18")
    choice = StrategyChoice((Part.of("class_weight"), Part.of("effective_number")))
    plan = replace(PLAN, target="rings", strategies=(choice, StrategyChoice.of("plain")))
    words = "Class weights and Effective-number weights both weigh rows by their class"
    for text in ("class_weight+effective_number", "plain, class_weight+effective_number(beta=0.9)"):
        with pytest.raises(PlanError, match=words):
            parse_strategies(text)
    with pytest.raises(PlanError, match="both set the threshold"):
        parse_strategies("threshold_f1+threshold_mcc")
    with pytest.raises(PlanError, match=words):
        from_query({"table": "abalone_9_vs_18", "strategies": "class_weight+effective_number"})
    with pytest.raises(PlanError, match=words):
        run(table, plan, progress=False)
    with pytest.raises(PlanError, match=words):
        run_unit(table, plan, Unit(0, 0))
    with pytest.raises(PlanError, match=words):
        Store(tmp_path).create(plan, table)
    with pytest.raises(PlanError, match=words):
        StrategyClassifier("class_weight+effective_number").fit(np.zeros((20, 1)), np.arange(20) % 2)
    with pytest.raises(CodeError, match=words):
        script(Problem.of(table, plan), choice)
    assert words in str(why_not_exported(choice))


def test_a_run_of_an_earlier_version_opens_but_does_not_run_again(tmp_path: Path) -> None:
    store = Store(tmp_path)
    run_id = store.create(replace(PLAN, target="rings"), load_sample("abalone_9_vs_18"))
    old = replace(PLAN, target="rings", strategies=(StrategyChoice((Part.of("focal"), Part.of("logit_adjusted"))),))
    (tmp_path / run_id / "plan.json").write_text(old.to_json())
    assert store.record(run_id).plan == old
    with store.hold(run_id) as hold, pytest.raises(PlanError, match="goes too far"):
        Job(store, run_id, hold).load()


def test_the_command_line_refuses_a_combination(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "abalone_9_vs_18", "--strategies", "plain,threshold_f1+threshold_mcc"]) == BAD_INPUT
    assert "Threshold by F1 and Threshold by MCC both set the threshold" in capsys.readouterr().err


def test_no_preset_clashes() -> None:
    for choices in PRESETS.values():
        assert [clash([part.name for part in choice.parts]) for choice in choices] == [None] * len(choices)


def test_pairs_that_are_let_through_keep_what_both_set() -> None:
    """For every pair of strategies that change the loss or the batches, no setting of the first is lost."""
    X = np.zeros((40, 1), np.float32)
    y = np.repeat([0, 1], (30, 10))
    view = TrainingView(X, X.astype(float), (), y, 2, 0, lambda rows: rows.astype(np.float32))
    kinds = ("loss", "batches", "augmentation", "weighting")
    names = [key for key, cls in catalogue().items() if cls.card.family in kinds]

    def lane_of(*keys: str) -> Lane:
        parts = parts_of(StrategyChoice(tuple(Part.of(key) for key in keys)))
        (lane,) = next(stages_of(parts, Lane(np.arange(40), 0), view))
        return lane

    def settings(lane: Lane) -> dict[str, object]:
        weights = None if lane.sample_weight is None else tuple(lane.sample_weight.tolist())
        own = {"batches": lane.batches, "mixup": lane.mixup, "bias": lane.initial_bias, "weights": weights}
        return own | vars(lane.loss)

    untouched = settings(Lane(np.arange(40), 0))
    # What these are follows from what the classes count for, which the other strategy changes.
    sized = {"weights", "bias", "offset", "margin", "late_class_weight"}
    checked = 0
    for first, second in combinations(names, 2):
        if clash((first, second)) is not None:
            continue
        both = settings(lane_of(first, second))
        for alone in (settings(lane_of(first)), settings(lane_of(second))):
            changed = {name: value for name, value in alone.items() if value != untouched[name]}
            assert all(both[name] == value for name, value in changed.items() if name not in sized)
            assert all(both[name] != untouched[name] for name in changed)
        checked += 1
    assert checked > 60


def test_numbers_are_read_as_people_write_them() -> None:
    assert numbers_of("0, 1; 10 0") == (0, 1, 10, 0)
    assert numbers_of(" ") == ()
    for wrong in ("0, one", "nan", "1, inf"):
        with pytest.raises(PlanError, match="must be numbers"):
            numbers_of(wrong)
