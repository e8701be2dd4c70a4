"""Automatic checks: each finds what it is for, and is quiet on a run in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from core.decision.costs import Costs
from core.decision.row_costs import Cost, RowCosts
from core.decision.stakes import Stakes
from core.evaluation.checks import checks, run_checks
from core.evaluation.comparison import compare
from core.evaluation.sample import sample_run
from core.evaluation.verdict import assess
from core.experiment.results import FoldResult, History
from core.plan import Plan, SplitSettings
from core.reporting.results import Results
from core.strategies.notation import parse_strategies
from tests.core.evaluation.comparisons import scored
from tests.core.evaluation.test_intervals import folds_of

PLAN = Plan("t", parse_strategies("plain, smote, smoten, boosting"), split=SplitSettings(5, 2))
EPOCHS = PLAN.training.epochs


def run_of(seed: int = 0) -> list[FoldResult]:
    """Return a run in order: good, distinct, stable strategies whose networks stopped in time."""
    results = []
    losses = np.linspace(0.6, 0.3, EPOCHS, dtype=np.float32)
    for r in folds_of(1000, ("plain", "smote", "smoten", "boosting"), repeats=2):
        rng = np.random.default_rng([seed, len(r.strategy), r.fold, sum(map(ord, r.strategy))])
        p = np.clip(0.75 * r.y_true + 0.1 + 0.05 * rng.standard_normal(len(r.y_true)), 0, 1)
        p[rng.random(len(p)) < 0.05] = 0.5 - 0.3 * rng.random()
        both = np.stack([1 - p, p], axis=1).astype(np.float32)
        history = None if r.strategy == "boosting" else History(losses, losses + 0.05, EPOCHS // 2)
        results.append(replace(r, probabilities=both, decisions=(p > 0.45).astype(np.int64), history=history))
    return results


def found(results: list[FoldResult], plan: Plan = PLAN) -> dict[str, tuple[str, ...]]:
    return {f.code: f.keys for f in run_checks(compare(results, plan, ("no", "yes")), plan)}


def of(key: str, change: Callable[[FoldResult], FoldResult]) -> list[FoldResult]:
    return [change(r) if r.strategy == key else r for r in run_of()]


def test_a_run_in_order_is_quiet_and_codes_are_short_and_apart() -> None:
    assert found(run_of()) == {}
    codes = [check.code for check in checks()]
    assert len(set(codes)) == len(codes) >= 10
    assert all(len(code) <= 5 for code in codes)
    assert run_checks(compare((), PLAN, ("no", "yes")), PLAN) == ()


@pytest.mark.parametrize(
    ("stakes", "way_out"),
    [
        (Stakes(), "Move the threshold"),
        (Stakes(rule="one", threshold=0.9), "Move the settled threshold"),
        (Stakes(rule="cheapest"), "Under the settled costs"),
        (Stakes(rule="rows", row_costs=RowCosts(miss=Cost(column="amount"))), "the costs of each row"),
    ],
)
def test_a_way_out_follows_what_is_settled(stakes: Stakes, way_out: str) -> None:
    results = [never(r) if r.strategy == "smote" else r for r in run_of()]
    findings = run_checks(compare(results, PLAN, ("no", "yes")), PLAN, stakes=stakes)
    assert way_out in next(f for f in findings if f.code == "CW3").way_out


def test_a_settled_rule_is_what_checks_look_at() -> None:
    run = sample_run()
    never_called = Stakes(rule="one", threshold=1.0)
    codes = [f.code for f in Results(run.problem, run.folds, stakes=never_called).findings]
    assert "CW3" in codes
    assert "CW3" not in [f.code for f in Results(run.problem, run.folds).findings]


def test_many_classes_are_told_nothing_of_a_threshold() -> None:
    run = sample_run()
    labels, three = ("no", "yes", "maybe"), replace(run.plan, strategies=parse_strategies("plain, threshold_f1"))
    results = []
    for r in run.folds:
        both = np.column_stack([r.probabilities, np.zeros(len(r.y_true), np.float32)])
        y = np.where(np.arange(len(r.y_true)) < 2, 2, r.y_true)
        key = "plain" if r.strategy == "plain" else "threshold_f1"
        results.append(replace(r, strategy=key, y_true=y, probabilities=both, decisions=0 * y, threshold=None))
    said = {f.code: f.line for f in run_checks(compare(results, three, labels), three)}
    assert "Add tuned decisions" in said["CW3"]
    assert "tuned decisions" in said["CW9"]
    assert not any("thresholds" in line or "the threshold" in line for line in said.values())
    assert Stakes().to_try(18) is None


def test_what_to_try_never_contradicts_what_is_settled() -> None:
    assert Stakes().to_try(2) is not None
    dear = Costs(((0.0, 1.0), (50.0, 0.0)))
    settled = (
        Stakes(dear), Stakes(dear, "one", 0.02), Stakes(dear, "cheapest"),
        Stakes(rule="rows", row_costs=RowCosts(miss=Cost(column="amount"))),
    )  # fmt: skip
    for stakes in settled:
        words = stakes.to_try(2)
        assert words is not None
        assert words[0] != "Try a lower threshold"


def turned(r: FoldResult) -> FoldResult:
    return replace(r, probabilities=r.probabilities[:, ::-1])


def never(r: FoldResult) -> FoldResult:
    return replace(r, decisions=np.zeros_like(r.decisions))


def perfect(r: FoldResult) -> FoldResult:
    p = np.eye(2, dtype=np.float32)[r.y_true]
    return replace(r, probabilities=p)


def late(r: FoldResult) -> FoldResult:
    assert r.history is not None
    return replace(r, history=replace(r.history, best_epoch=EPOCHS - 1))


def by_heart(r: FoldResult) -> FoldResult:
    assert r.history is not None
    return replace(r, history=replace(r.history, validation_loss=r.history.train_loss * 4))


def fickle(r: FoldResult) -> FoldResult:
    return replace(r, decisions=r.decisions ^ (np.arange(len(r.decisions)) % 5 == 2 * r.repeat))


@pytest.mark.parametrize(
    ("code", "key", "change"),
    [
        ("CW1", "smote", turned),
        ("CW3", "smote", never),
        ("CW6", "smote", late),
        ("CW7", "plain", by_heart),
        ("CW10", "smote", fickle),
    ],
)
def test_it_finds_the_strategy(code: str, key: str, change: Callable[[FoldResult], FoldResult]) -> None:
    assert found(of(key, change))[code] == (key,)


def test_almost_perfect_networks_twins_wild_folds_and_few_rows_are_found() -> None:
    assert "CW2" in found([perfect(r) for r in run_of()])
    copied = {(r.repeat, r.fold): r for r in run_of() if r.strategy == "smote"}
    twins = of("smoten", lambda r: replace(copied[r.repeat, r.fold], strategy="smoten"))
    assert found(twins) == {"CW4": ("smote", "smoten")}
    wild = [replace(r, decisions=r.decisions * (r.fold % 2)) for r in run_of()]
    assert "CW5" in found(wild)
    few = [replace(r, y_true=r.y_true * (r.test_rows % 100 == 0)) for r in run_of()]
    assert "CW9" in found(few)


def test_networks_far_below_trees_are_found() -> None:
    base = 0.5 + 0.02 * np.random.default_rng(0).standard_normal(25)
    plan = replace(PLAN, split=SplitSettings(5, 5))
    trees = scored(5, 5, plain=base, smote=base[::-1], boosting=base[::-1] + 0.2)
    assert "CW8" in {f.code for f in run_checks(trees, plan, "mcc")}
    level = scored(5, 5, plain=base, smote=base[::-1], boosting=base[::-1] + 0.001)
    assert "CW8" not in {f.code for f in run_checks(level, plan, "mcc")}


def test_twins_are_one_question() -> None:
    rng = np.random.default_rng(0)
    base = 0.5 + 0.02 * rng.standard_normal(25)
    smote = base + 0.03 + 0.03 * rng.standard_normal(25)
    plan = Plan("t", parse_strategies("plain, smote, smoten"), split=SplitSettings(5, 5))
    alone = assess(scored(5, 5, plain=base, smote=smote), replace(plan, strategies=plan.strategies[:2]))
    both = assess(scored(5, 5, plain=base, smote=smote, smoten=smote.copy()), plan)
    kind = {s.kind: s.text for s in both.sentences}
    assert kind["plain"] == {s.kind: s.text for s in alone.sentences}["plain"]
    one, two, three = (
        alone.pairs,
        both.pairs,
        assess(scored(5, 5, plain=base, smote=smote, smoten=base[::-1]), plan).pairs,
    )
    place = two.at("smote", "plain")
    assert two.p_holm[place] == one.p_holm[one.at("smote", "plain")] < three.p_holm[place]
    assert two.p_holm[two.at("smoten", "plain")] == two.p_holm[place]
    assert two.p_holm[two.at("smoten", "smote")] == 1
    few = two.of(["smoten", "plain"])
    assert few.keys == ("plain", "smoten")
    assert few.p_holm[few.at("smoten", "plain")] == two.p_holm[place]
