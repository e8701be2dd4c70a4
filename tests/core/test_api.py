"""The package's public names: light to import, documented by an example that runs, readable in a notebook."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from pathlib import Path

import pytest

import core
from core import NetworkSettings, Plan, Results, SplitSettings, parse_strategies
from core.samples import load_sample

ROOT = Path(__file__).resolve().parents[2]


def test_every_public_name_is_there_and_importing_loads_nothing_heavy() -> None:
    for name in core.__all__:
        assert getattr(core, name).__module__.startswith("core.")
    code = (
        "import sys, core; heavy = {'tensorflow', 'keras', 'streamlit', 'pandas', 'sklearn'} & set(sys.modules); "
        "from core import Plan, compare, parse_strategies, read_table, run; "
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
        network=NetworkSettings((8,), epochs=3),
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
