"""Every strategy's script runs as it is, and ranks test rows as well as the app's own training does.

Noise is measured, not guessed: the app trains every strategy on the same fold under several seeds, and
the spread of its average precision over the seeds is what a script, another seed in effect, may differ by.
Most scripts train a network without hidden layers, which varies little with its start: what differs then
is the strategy. Those with more than two classes have a hidden layer.
"""

from __future__ import annotations

import io
import runpy
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score
from sklearn.preprocessing import OneHotEncoder

from core.data.preparation import Preparation
from core.data.problem import Problem
from core.data.samples import load_sample
from core.data.splitting import Unit, split_rows
from core.data.table import Table, from_frame
from core.experiment.fold import Outcome, candidates_of, train_candidates
from core.experiment.units import prepared, run_unit
from core.exporting.script import file_name, script, table_csv
from core.plan import NetworkChoice, Plan, SplitSettings, StrategyChoice, TrainingSettings
from core.strategies import Recipe, catalogue
from core.strategies.notation import parse_choice

LINEAR = NetworkChoice.of("mlp", hidden_layers=())
HIDDEN = NetworkChoice.of("mlp", hidden_layers=(16,))
TRAINING = TrainingSettings(epochs=5, patience=2, batch_size=16, learning_rate=0.05)
SEEDS = (0, 1, 2)
ENSEMBLES = tuple(key for key, cls in catalogue().items() if cls.card.family == "ensemble")
COMBINED = (
    "smote(ratio=0.5)+focal",
    "random_over+prior_correction",
    "under_bagging(n_members=2)+class_weight+threshold_mcc",
    "class_weight+mixup",
)
# SMOTENC needs numbers and categories, SMOTEN categories alone.
TABLES = {"smotenc": "mixed", "smoten": "categories", "class_weight": "mixed", "smote_enn": "mixed"}
# Their code is another one for more than two classes.
MANY = ("focal", "ldam_drw", "soft_f1", "remix", "smote+isotonic+threshold_g_mean")
SMALL = TrainingSettings(epochs=8, patience=3, batch_size=16, learning_rate=0.01)
# Networks whose code, or whose training, is another one.
NETWORKS = {
    "tabm": (NetworkChoice.of("tabm", k=4, hidden_layers=(8,)), SMALL),
    "piecewise": (NetworkChoice.of("linear", embedding="piecewise"), SMALL),
    "periodic": (NetworkChoice.of("linear", embedding="periodic"), SMALL),
    "members": (NetworkChoice.of("mixed", hidden_layers=(8,)), replace(SMALL, members=3, weight_decay=0.016)),
}
CASES = [
    *((key, TABLES.get(key, "numbers")) for key in (*catalogue(), *COMBINED)),
    *((key, "classes") for key in MANY),
    ("plain", "heavy"),
    *(("plain", kind) for kind in ("tabm", "piecewise", "periodic")),
    ("class_weight+threshold_f1", "members"),
]


def proteins(kind: str) -> Table:
    """Return half of the yeast sample: one class against the rest or three classes; as numbers or categories.

    With both kinds, "mixed", values are missing in a number and in a category.
    """
    frame = load_sample("yeast").frame.iloc[::2].reset_index(drop=True)
    if kind == "heavy":  # tails of many deviations, which the app clips
        rng = np.random.default_rng(0)
        names = ["mcg", "gvh", "alm"]
        tails = rng.lognormal(sigma=2.5, size=(len(frame), 3))
        likely = 1 / (1 + np.exp(2 - 0.5 * np.log(tails).sum(axis=1)))
        return from_frame(
            pd.DataFrame(tails, columns=names).assign(site=np.where(rng.random(len(frame)) < likely, "ME3", "other")),
            "heavy",
        )
    named = ("ME3", "MIT") if kind == "classes" else ("ME3",)
    frame["site"] = np.where(frame["site"].isin(named), frame["site"], "other")

    def cut(name: str) -> pd.Series:
        return pd.qcut(frame[name].rank(method="first"), 6, labels=list("abcdef")).astype(str)

    if kind == "mixed":
        gaps = {"gvh": frame["gvh"].where(frame.index % 9 > 0), "mit": cut("mit").where(frame.index % 11 > 0)}
        frame = frame.assign(alm=cut("alm"), **gaps)
    if kind == "categories":
        frame = frame[["site"]].assign(**{name: cut(name) for name in ("alm", "mcg", "gvh", "mit")})
    return from_frame(frame, "proteins")


def choice_of(key: str) -> StrategyChoice:
    if key == "threshold_promise":  # the table has too few positive rows for the usual promise
        return parse_choice("threshold_promise(recall=0.6)")
    return parse_choice(f"{key}(n_members=2)" if key in ENSEMBLES else key)


def plan_of(kind: str, keys: tuple[str, ...]) -> Plan:
    many = (HIDDEN, replace(TRAINING, learning_rate=0.02))
    network, training = {**NETWORKS, "classes": many}.get(kind, (LINEAR, TRAINING))
    choices = tuple(map(choice_of, keys))
    return Plan("site", choices, networks=(network,), training=training, split=SplitSettings(folds=3))


def ranked(y: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the average precision: the positive class's of two, the mean over more."""
    codes = (1,) if probabilities.shape[1] == 2 else range(probabilities.shape[1])
    return float(np.mean([average_precision_score(y == code, probabilities[:, code]) for code in codes]))


@pytest.fixture(scope="module")
def app() -> dict[tuple[str, str], list[float]]:
    """Return the app's average precision of every case on the first fold, one value per seed."""
    precisions: dict[tuple[str, str], list[float]] = {}
    for kind in dict.fromkeys(kind for _, kind in CASES):
        keys = tuple(key for key, its in CASES if its == kind)
        table, plan = proteins(kind), plan_of(kind, keys)
        problem = Problem.of(table, plan)
        target, facts, unit = problem.target, problem.facts, Unit(0, 0)
        rows = split_rows(problem, unit)
        for seed in SEEDS:
            fold = prepared(problem, rows, seed)
            candidates = candidates_of(plan.strategies, plan.networks[0], fold.view)
            train_candidates(
                list(candidates.values()), facts, fold.block, plan.training, lambda share, doing: None, None
            )
            X_test = fold.preparation.transform(table.frame.iloc[target.rows[rows.test]])
            outcome = Outcome(fold.block, X_test, rows.test, target.codes[rows.test], unit, facts)
            for key, choice in zip(keys, plan.strategies, strict=True):
                result = outcome.of(choice, candidates[Recipe.of(choice).key])
                assert result.error is None, result.error
                precisions.setdefault((key, kind), []).append(ranked(result.y_true, result.probabilities))
    return precisions


def score_of(folder: Path, key: str, kind: str) -> float:
    """Write a script and its table, run it as a program would, and return its score on the first fold."""
    table, plan = proteins(kind), plan_of(kind, (key,))
    problem, choice = Problem.of(table, plan), plan.strategies[0]
    path = folder / file_name(choice)
    path.write_text(script(problem, choice))
    (folder / "table.csv").write_bytes(table_csv(problem))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [str(path), str(folder / "table.csv"), "1"])
        (score,) = runpy.run_path(str(path), run_name="__main__")["scores"]
    return float(score)


@pytest.mark.parametrize(("key", "kind"), CASES)
def test_a_script_agrees_with_the_app(
    key: str, kind: str, app: dict[tuple[str, str], list[float]], tmp_path: Path
) -> None:
    score, values = score_of(tmp_path, key, kind), app[key, kind]
    pooled = float(np.sqrt(np.mean([np.var(over_seeds, ddof=1) for over_seeds in app.values()])))
    noise = max(pooled, float(np.std(values, ddof=1))) * np.sqrt(1 + 1 / len(SEEDS))
    assert abs(score - np.mean(values)) < 4 * noise, f"script {score:.3f}, app {np.mean(values):.3f} ± {noise:.3f}"


def test_a_scripts_table_holds_no_formula_and_the_script_reads_it(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    labels = np.where(np.arange(120) % 3, "=1+1", "-none-")
    levels = np.where(rng.random(120) < 0.5, '=HYPERLINK("http://x")', "@SUM(1)")
    frame = pd.DataFrame({"+x": rng.normal(size=120) + (labels == "=1+1"), "=level": levels, "-class": labels})
    plan = Plan("-class", (parse_choice("plain"),), networks=(LINEAR,), training=TRAINING, split=SplitSettings(folds=2))
    problem, path = Problem.of(from_frame(frame), plan), tmp_path / "plain.py"
    written = table_csv(problem)
    cells = pd.read_csv(io.BytesIO(written), header=None, dtype=str).to_numpy().ravel()
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "-class", "-none"))]
    (tmp_path / "table.csv").write_bytes(written)
    path.write_text(script(problem, plan.strategies[0]))
    read = runpy.run_path(str(path))["read_table"](tmp_path / "table.csv")
    assert len(read[1]) == 120
    assert read[1].tolist() == problem.target.codes.tolist()
    assert set(read[0].columns) == {"'+x", "'=level", "'-class"}


def test_a_script_prepares_rows_as_the_app_does(tmp_path: Path) -> None:
    """Tails, gaps, rare levels, levels and gaps never seen in training: the same inputs, in the same columns."""
    rng = np.random.default_rng(1)
    n = 400
    frame = pd.DataFrame({"x": rng.lognormal(sigma=2.5, size=n), "y": np.where(np.arange(n) % 5 > 0, "no", "yes")})
    frame["gappy"] = np.where(np.arange(n) % 90 == 7, np.nan, rng.normal(size=n))
    frame["level"] = rng.choice(["a", "b", "c"], n)
    frame.loc[frame.index % 60 == 1, "level"] = None
    frame.loc[frame.index % 50 == 2, "level"] = [f"rare {i}" for i in range(8)]
    table = from_frame(frame, "odd").with_kinds({"level": "categorical"})
    plan = plan_of("numbers", ("plain",))
    plan = replace(plan, target="y")
    problem = Problem.of(table, plan)
    path = tmp_path / "odd.py"
    path.write_text(script(problem, plan.strategies[0]))
    names = runpy.run_path(str(path))
    fit, new = table.frame.iloc[:300], table.frame.iloc[300:]
    prepare = names["preparation"]().fit(fit, problem.target.codes[:300])
    ours = Preparation.fit(fit, problem.features)
    coded = prepare.transform(new).astype(float)
    expected = ours.encode(new)
    np.testing.assert_allclose(coded[:, :3], expected[:, :3], atol=1e-9)
    hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(prepare.transform(fit)[:, -1:])
    shown = hot.transform(coded[:, -1:])
    step = ours.coded[0]
    # The script's codes put missing first, the app's last.
    np.testing.assert_array_equal(np.roll(shown, -1, axis=1), np.eye(step.width)[expected[:, -1].astype(int)])


@pytest.mark.parametrize(
    ("split", "members"),
    [
        ({"group": "card"}, 1),
        ({"time": "when", "gap": 4.0}, 1),
        ({"group": "card", "time": "when"}, 1),
        ({}, 3),
        ({"group": "card"}, 3),
        ({"time": "when", "gap": 4.0}, 3),
    ],
)
def test_a_script_splits_rows_as_the_app_does(split: dict[str, object], members: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x, when = rng.normal(size=900), pd.date_range("2024-01-01", periods=900, freq="3h")
    likely = 1 / (1 + np.exp(2 - 2 * x))
    frame = pd.DataFrame({"when": when, "card": rng.integers(0, 60, 900), "x": x, "y": rng.random(900) < likely})
    settings = SplitSettings(folds=3, group_as_feature=False, time_as_feature=False, **split)  # type: ignore[arg-type]
    # Isotonic lines are fitted on the rows that are kept back, or on the parts that members hold out.
    plan = Plan("y", (parse_choice("logistic+isotonic"),), training=TrainingSettings(members=members), split=settings)
    table = from_frame(frame.sample(frac=1, random_state=1), "payments")
    path = tmp_path / "logistic_isotonic.py"
    path.write_text(script(Problem.of(table, plan), plan.strategies[0]))
    (tmp_path / "table.csv").write_bytes(table_csv(Problem.of(table, plan)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [str(path), str(tmp_path / "table.csv")])
        scores = runpy.run_path(str(path), run_name="__main__")["scores"]
    results = [run_unit(table, plan, Unit(0, fold))[0] for fold in range(3)]
    assert scores == pytest.approx([ranked(result.y_true, result.probabilities) for result in results], abs=1e-6)
