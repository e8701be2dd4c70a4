"""Every strategy's script runs as it is, and ranks test rows as well as the app's own training does.

Noise is measured, not guessed: the app trains every strategy on the same fold under several seeds, and
the spread of its average precision over the seeds is what a script, another seed in effect, may differ by.
"""

from __future__ import annotations

import runpy
import sys
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score

from core._fold import Outcome, candidates_of, lane_key, work
from core.code.script import file_name, script, table_csv
from core.experiment import _prepared, facts_of
from core.notation import parse_choice
from core.plan import NetworkSettings, Plan, SplitSettings, StrategyChoice
from core.samples import load_sample
from core.splitting import Unit, split_rows
from core.strategies import catalogue
from core.table import Table, encode_target, from_frame

NETWORK = NetworkSettings((16,), epochs=20, patience=5, batch_size=64, learning_rate=0.01)
SEEDS = (1, 2, 3, 4, 5)
SMALL = {
    "deep_ensemble": "n_members=2",
    "under_bagging": "n_members=2",
    "over_bagging": "n_members=2",
    "smote_bagging": "n_members=2",
    "easy_ensemble": "n_members=2",
    "self_paced": "n_members=2",
    "balanced_cascade": "n_members=2",
}
COMBINED = (
    "smote(ratio=0.5)+focal",
    "random_over+prior_correction",
    "under_bagging(n_members=2)+class_weight+threshold_mcc",
)
# SMOTENC needs numbers and categories, SMOTEN categories alone: these run on the table with, or of, its categories.
TABLES = {
    "smotenc": "mixed",
    "smoten": "categories",
    "class_weight": "mixed",
    "tomek_links": "mixed",
    "smote_enn": "mixed",
}


def shells(kind: str) -> Table:
    """Return the abalone sample's numbers, its numbers and its category, or categories cut from its numbers."""
    frame = load_sample("abalone_9_vs_18").frame
    if kind == "numbers":
        return from_frame(frame.drop(columns="sex"), "shells")
    if kind == "mixed":
        return from_frame(frame, "shells")
    cut = {
        name: pd.qcut(frame[name], 5, labels=list("abcde")).astype(str) for name in ("length", "height", "shell_weight")
    }
    return from_frame(pd.DataFrame({**cut, "sex": frame["sex"], "rings": frame["rings"]}), "shells")


def plan_of(choices: tuple[StrategyChoice, ...]) -> Plan:
    return Plan("rings", choices, network=NETWORK, split=SplitSettings(folds=3))


def choice_of(key: str) -> StrategyChoice:
    return parse_choice(f"{key}({SMALL[key]})" if key in SMALL else key)


EVERY = [*catalogue(), *COMBINED]


@pytest.fixture(scope="module")
def app() -> dict[str, list[float]]:
    """Return the app's average precision of every strategy on the first fold, one value a seed."""
    found: dict[str, list[float]] = {}
    for kind in ("numbers", "mixed", "categories"):
        keys = [key for key in EVERY if TABLES.get(key, "numbers") == kind]
        table, plan = shells(kind), plan_of(tuple(choice_of(key) for key in keys))
        target = encode_target(table, "rings")
        facts, unit = facts_of(table, plan, target), Unit(0, 0)
        rows = split_rows(table, plan, target, unit)
        for seed in SEEDS:
            made = _prepared(table, plan, target, rows, seed)
            candidates = candidates_of(plan.strategies, made.view)
            work(list(candidates.values()), facts, made.block, NETWORK, lambda share, doing: None, None)
            X_test = made.preparation.transform(table.frame.iloc[target.rows[rows.test]])
            outcome = Outcome(
                made.block.X_valid, made.block.y_valid, X_test, rows.test, target.codes[rows.test], unit, facts
            )
            for key, choice in zip(keys, plan.strategies, strict=True):
                result = outcome.of(choice, candidates[lane_key(choice)])
                assert result.error is None, result.error
                value = average_precision_score(result.y_true, result.probabilities[:, 1])
                found.setdefault(key, []).append(float(value))
    return found


@pytest.fixture(scope="module")
def run_script(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Table, Plan, StrategyChoice, int], list[float]]:
    """Return a function that writes a script and its table, runs it as a program would, and gives its scores."""
    folder = tmp_path_factory.mktemp("scripts")

    def run(table: Table, plan: Plan, choice: StrategyChoice, folds: int) -> list[float]:
        target = encode_target(table, plan.target)
        path = folder / file_name(choice)
        path.write_text(script(table, target, plan, choice))
        (folder / "table.csv").write_bytes(table_csv(table, target))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", [str(path), str(folder / "table.csv"), str(folds)])
            return runpy.run_path(str(path), run_name="__main__")["scores"]

    return run


@pytest.mark.parametrize("key", EVERY)
def test_a_script_agrees_with_the_app(
    key: str, app: dict[str, list[float]], run_script: Callable[[Table, Plan, StrategyChoice, int], list[float]]
) -> None:
    table, choice = shells(TABLES.get(key, "numbers")), choice_of(key)
    (score,) = run_script(table, plan_of((choice,)), choice, 1)
    pooled = float(np.sqrt(np.mean([np.var(values, ddof=1) for values in app.values()])))
    noise = max(pooled, float(np.std(app[key], ddof=1))) * np.sqrt(1 + 1 / len(SEEDS))
    assert abs(score - np.mean(app[key])) < 4 * noise, f"script {score:.3f}, app {np.mean(app[key]):.3f} ± {noise:.3f}"
