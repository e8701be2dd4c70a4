"""What choosing the best is worth: as a slow, obvious computation says, without the leader's luck."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.selection import SIZES, simulate
from core.evaluation import selection
from core.evaluation.comparison import compare
from core.evaluation.metrics import score
from core.evaluation.resampling import bootstrap_weights, parted
from core.evaluation.selection import value_of_choice
from core.plan import Plan, SplitSettings, StrategyChoice
from tests.core.evaluation.test_intervals import folds_of

DRAWS = 6
NAMES = ("plain", "smote", "adasyn", "class_weight")


def plan_of(*names: str, **split: object) -> Plan:
    return Plan("t", tuple(map(StrategyChoice.of, names)), split=SplitSettings(**split))  # type: ignore[arg-type]


@pytest.mark.parametrize(("metric", "n_classes"), [("f1", 2), ("brier", 3), ("average_precision", 2)])
def test_it_is_what_a_slow_obvious_computation_says(
    monkeypatch: pytest.MonkeyPatch, metric: str, n_classes: int
) -> None:
    """Row by row with scikit-learn: some rows choose, the others judge, and each strategy keeps its mean."""
    monkeypatch.setattr(selection, "_MIN_DRAWS", DRAWS)
    monkeypatch.setattr(selection, "MAX_DRAWS", DRAWS)
    n, repeats, plan = 90, 2, plan_of(*NAMES, repeats=2)
    results = folds_of(n, NAMES, n_classes=n_classes, repeats=repeats)
    comparison = compare(results, plan, [f"c{code}" for code in range(n_classes)])
    worth = value_of_choice(comparison, plan, metric)

    table: dict[str, list[tuple[np.ndarray, ...]]] = {}
    for name in NAMES:
        for repeat in range(repeats):
            own = [r for r in results if (r.strategy, r.repeat) == (name, repeat)]
            order = np.argsort(np.concatenate([r.test_rows for r in own]))
            columns = ("y_true", "probabilities", "decisions")
            table.setdefault(name, []).append(
                tuple(np.concatenate([getattr(r, c) for r in own])[order] for c in columns)
            )

    def scored(name: str, rows: np.ndarray) -> float:
        return float(np.mean([score(y[rows], p[rows], d[rows], n_classes)[metric] for y, p, d in table[name]]))

    y = table["plain"][0][0]
    rng = np.random.default_rng([plan.split.seed, DRAWS, n])
    larger = parted(y, DRAWS, rng, selection.SHARE)
    weights = bootstrap_weights(n, DRAWS, rng)
    means = {s.key: float(s.mean[metric]) for s in comparison.strategies}
    choosing = {name: [scored(name, np.flatnonzero(larger[:, b])) for b in range(DRAWS)] for name in NAMES}
    judging = {name: [scored(name, np.flatnonzero(larger[:, b] == 0)) for b in range(DRAWS)] for name in NAMES}
    sign = -1 if metric == "brier" else 1
    drawn = {
        name: [scored(name, np.repeat(np.arange(n), weights[:, b].astype(int))) for b in range(DRAWS)] for name in NAMES
    }
    # Of F1, on all rows of a repeat, without the bias that the bootstrap shows; of the others, over folds.
    unbiased = {name: 2 * scored(name, np.arange(n)) - np.mean(drawn[name]) for name in NAMES}
    centre = unbiased if metric == "f1" else means
    picked, values = [], []
    for b in range(DRAWS):
        pick = max(NAMES, key=lambda k: sign * (choosing[k][b] - np.mean(choosing[k]) + means[k]))
        picked.append(pick)
        values.append(judging[pick][b] - np.mean(judging[pick]) + centre[pick])
    assert worth is not None
    assert worth.key == max(NAMES, key=lambda key: sign * means[key])
    assert worth.raw == pytest.approx(means[worth.key])
    assert worth.value == pytest.approx(np.mean(values), abs=1e-9)
    spread = np.mean([np.std(drawn[name]) for name in picked])
    deviation = np.hypot(spread, (centre[worth.key] - worth.value) / np.sqrt(6))
    assert (worth.high - worth.low) / (2 * 1.96) == pytest.approx(deviation, rel=0.1)


def test_one_strategy_has_no_luck_to_lose_and_a_crowd_of_equals_has() -> None:
    plan = plan_of("plain", "smote")
    comparison = compare(folds_of(300, ("plain", "smote")), plan, ("no", "yes"))
    alone = value_of_choice(comparison, plan, "average_precision", ["plain"])
    assert alone is not None
    assert alone.value == pytest.approx(alone.raw)
    assert (alone.candidates, alone.recall_shift) == (1, 0.0)
    many = plan_of(*NAMES, "random_over", "random_under", "tomek_links", "focal")
    crowd = compare(folds_of(300, tuple(c.key for c in many.strategies)), many, ("no", "yes"))
    worth = value_of_choice(crowd, many, "f1")
    assert worth is not None
    assert worth.value < worth.raw - 0.01
    assert worth.recall_shift < 0
    assert f"best of 8 strategies by F1 expect about {worth.value:.2f}" in worth.text
    assert "in part by luck" in worth.text
    # A mean that the correction leaves as it is, or raises, was not lucky.
    assert "luck" not in replace(worth, value=worth.raw + 0.01).text
    assert "luck" not in replace(worth, value=worth.raw - 0.001).text


def test_groups_choose_and_judge_whole() -> None:
    plan = plan_of(*NAMES)
    comparison = compare(folds_of(300, NAMES), plan, ("no", "yes"))
    alone = value_of_choice(comparison, plan, "accuracy")
    together = value_of_choice(comparison, plan, "accuracy", groups=np.arange(300) // 30)
    assert alone is not None
    assert together is not None
    assert together.value != alone.value
    assert together.high - together.low != alone.high - alone.low


def test_what_cannot_be_corrected_is_said() -> None:
    plan = plan_of(*NAMES)
    results = folds_of(100, NAMES)
    row = next(int(r.test_rows[0]) for r in results if r.y_true[0] == 1)
    lonely = tuple(replace(r, y_true=np.where(r.test_rows == row, 1, 0)) for r in results)
    worth = value_of_choice(compare(lonely, plan, ("no", "yes")), plan, "f1")
    assert worth is not None
    assert np.isnan(worth.value)
    assert "`yes` has 1 tested row, too few" in worth.text
    assert value_of_choice(compare((), plan, ("no", "yes")), plan, "f1") is None
    assert value_of_choice(compare(lonely, plan, ("no", "yes")), plan, "f1", []) is None


def test_the_simulation_takes_the_luck_away() -> None:
    equal = simulate(SIZES[0], 0.0, 6)
    assert equal.raw_bias > 0.1
    assert abs(equal.bias) < 0.08
    assert equal.coverage > 0.6
