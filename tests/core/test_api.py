"""The package's public names: light to import, documented by an example that runs, readable in a notebook."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pytest

import core
from core import NetworkChoice, Plan, Results, SplitSettings, TrainingSettings, parse_strategies
from core.data.samples import load_sample
from core.experiment.memory import cut, estimate, shape_of
from core.plan import PlanError
from core.strategies import StrategyError

ROOT = Path(__file__).resolve().parents[2]


def test_every_public_name_is_there_and_importing_loads_nothing_heavy() -> None:
    for name in core.__all__:
        assert getattr(core, name).__module__.startswith("core.")
    code = (
        "import sys, core; heavy = {'tensorflow', 'keras', 'streamlit', 'pandas', 'sklearn'} & set(sys.modules); "
        "from core import Plan, compare, export, parse_strategies, read_table, run; "
        "heavy |= {'tensorflow', 'keras', 'streamlit'} & set(sys.modules); sys.exit(', '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with pytest.raises(AttributeError):
        core.nothing  # noqa: B018


def test_the_example_of_the_docs_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    failures, tried = doctest.testfile(str(ROOT / "docs" / "api.md"), module_relative=False)
    assert tried >= 8
    assert failures == 0


@pytest.fixture(scope="module")
def results() -> Results:
    plan = Plan(
        "site",
        parse_strategies("plain, random_over, near_miss_1"),
        networks=(NetworkChoice.of("mlp", hidden_layers=(8,)),),
        training=TrainingSettings(epochs=3),
        split=SplitSettings(folds=2),
    )
    return core.run(load_sample("yeast"), plan, progress=False)


def test_results_display_as_a_table_and_figures(results: Results) -> None:
    shown = results._repr_html_()
    assert shown.count("<tr>") == 1 + 3
    assert "Random over-sampling" in shown
    assert len(re.findall(r"Plotly\.newPlot\(", shown)) >= 5
    assert f"{results.comparison.strategies[1].mean['f1']:.3f}" in shown
    assert results.run_id == ""
    assert "3 strategies over 2 folds" in repr(results)


def test_watch_hears_the_whole_way() -> None:
    heard: list[float] = []
    plan = Plan("rings", parse_strategies("logistic"), split=SplitSettings(folds=2))
    core.run(load_sample("abalone_9_vs_18"), plan, progress=False, watch=lambda share, doing: heard.append(share))
    assert heard == sorted(heard)
    assert heard[-1] == 1.0


def test_export_takes_the_leader_or_whom_it_is_told_and_writes_the_zip(tmp_path: Path) -> None:
    plan = Plan(
        "rings",
        parse_strategies("plain, threshold_f1, logistic"),
        networks=(NetworkChoice.of("mlp", hidden_layers=(8,)),),
        training=TrainingSettings(epochs=4),
        split=SplitSettings(folds=2),
    )
    results = core.run(load_sample("abalone_9_vs_18"), plan, progress=False)
    export = core.export(results, path=tmp_path / "model.zip")
    assert (tmp_path / "model.zip").read_bytes() == export.archive
    networks = results.frame()["f1"].drop("logistic")
    with zipfile.ZipFile(tmp_path / "model.zip") as archive:
        card = archive.read("model_card.md").decode()
    assert f"## Strategy\n\n{results.names[str(networks.idxmax())]}\n" in card
    assert b"model.keras" in core.export(results, "plain").archive
    with pytest.raises(PlanError, match="no strategy 'smote': choose one of plain, threshold_f1"):
        core.export(results, "smote")
    with pytest.raises(StrategyError, match="no Keras file"):
        core.export(results, "logistic")


def test_strategies_that_do_not_fit_together_run_one_after_the_other(
    results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = results.plan
    largest = max(estimate([choice], plan, shape_of(results.problem)) for choice in plan.strategies)
    monkeypatch.setattr("core.api.free_memory", lambda: int(largest / 0.8) + 10)
    assert len(cut(plan.strategies, plan, shape_of(results.problem), int(largest / 0.8) + 10)) > 1
    apart = core.run(load_sample("yeast"), plan, progress=False)
    assert [fold.strategy for fold in apart.folds] == [fold.strategy for fold in results.folds]
    # To a rounding error of the sums: the stacks are of other sizes.
    pd.testing.assert_frame_equal(
        apart.frame().drop(columns="seconds"), results.frame().drop(columns="seconds"), atol=1e-3
    )
