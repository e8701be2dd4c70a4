"""Exports of real tables, trained briefly, made once for all tests."""

from __future__ import annotations

import subprocess
import sysconfig
import venv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.data.samples import SAMPLES, load_sample
from core.data.table import Table, from_frame, read_table
from core.experiment.results import FoldResult
from core.experiment.units import run
from core.exporting import Export, Scorer, export
from core.plan import NetworkChoice, Part, Plan, SplitSettings, StrategyChoice, TrainingSettings

# Runs the script of every package in turn, importing TensorFlow once for all. Libraries that neither
# TensorFlow nor pandas needs are as good as not installed.
RUNNER = """
import importlib.util, runpy, sys
assert importlib.util.find_spec("core") is None, "the project is within reach"

ABSENT = {"sklearn", "imblearn", "skrub", "scipy", "pyarrow", "onnx", "streamlit", "distributed"}

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ABSENT:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Absent())
for folder in sys.argv[1:]:
    sys.argv = ["predict.py", f"{folder}/rows.csv", f"{folder}/scored.csv"]
    runpy.run_path(f"{folder}/predict.py")
"""

SMALL = (NetworkChoice.of("mlp", hidden_layers=(16, 8)),)
QUICK = TrainingSettings(epochs=4)


@dataclass(frozen=True, eq=False)
class Case:
    """A table with gaps, its run, the export of one choice, and rows of which some have unseen text."""

    table: Table
    plan: Plan
    results: tuple[FoldResult, ...]
    export: Export
    new_rows: pd.DataFrame

    @property
    def choice(self) -> StrategyChoice:
        return self.plan.strategies[0]

    @property
    def scorer(self) -> Scorer:
        return Scorer.from_bytes(self.export.scorer)


CHOICES = {
    "page_blocks": StrategyChoice.of("threshold_f1"),
    "abalone_9_vs_18": StrategyChoice((Part.of("class_weight"), Part.of("isotonic"), Part.of("threshold_f1"))),
    "yeast": StrategyChoice((Part.of("random_over"), Part.of("prior_correction"), Part.of("threshold_f1"))),
    "german_credit": StrategyChoice.of("under_bagging", n_members=4),
    "odd": StrategyChoice.of("temperature"),
}


def with_gaps(frame: pd.DataFrame, target: str, seed: int = 0) -> pd.DataFrame:
    """Return the frame without one cell in twenty, in every second feature."""
    rng = np.random.default_rng(seed)
    gappy = frame.copy()
    for name in [name for name in frame if name != target][::2]:
        gappy[name] = gappy[name].mask(rng.random(len(frame)) < 0.05)
    return gappy


def odd_table() -> Table:
    """Return columns that are hard to export: odd names, dates, truth values with gaps, rare and numeric levels."""
    rng = np.random.default_rng(3)
    n = 300
    lines = ["mean,a/b,Amount ($),seen,member,<script>,zip,empty,when (2),y"]
    for i in range(n):
        level = f"rare {i}" if i % 40 == 0 else rng.choice(["x", "ü y", "none"])
        member = rng.choice(["true", "false", ""])
        day = pd.Timestamp("2020-01-01") + pd.Timedelta(days=int(rng.integers(1000)), hours=int(rng.integers(24)))
        label = "yes" if rng.random() < 0.3 else "no"
        numbers = f"{rng.normal():.4f},{rng.normal() * 1e9 + 3e9:.1f},{rng.integers(100)}"
        lines.append(f"{numbers},{day.isoformat()},{member},{level},{rng.integers(3)},,{day.date()},{label}")
    return read_table("\n".join(lines).encode(), "odd.csv").with_kinds({"zip": "categorical"})


@cache
def made(name: str) -> Case:
    if name == "odd":
        table, target = odd_table(), "y"
    else:
        sample, target = load_sample(name), next(sample.target for sample in SAMPLES if sample.key == name)
        table = from_frame(with_gaps(sample.frame, target), name)
    kinds = (("zip", "categorical"),) if name == "odd" else ()
    plan = Plan(target, (CHOICES[name],), kinds=kinds, networks=SMALL, training=QUICK, split=SplitSettings(folds=2))
    results = run(table, plan)
    rows = table.frame.drop(columns=target).head(400)
    texts = [c.name for c in table.features(target) if c.kind == "categorical" and c.name != "member"]
    for place, column in enumerate(texts):
        rows[column] = rows[column].astype(object)
        rows.loc[rows.index[place::17], column] = "never seen before"
    for column in (c.name for c in table.features(target) if c.kind == "date"):
        rows.loc[rows.index[::19], column] = None
    return Case(table, plan, results, export(table, plan, plan.strategies[0], results), rows)


@pytest.fixture(scope="session")
def case() -> Callable[[str], Case]:
    """Return a function from a name in ``CHOICES`` to its case."""
    return made


@pytest.fixture(scope="session")
def lone_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Python of a new environment that finds the installed libraries, but not this project."""
    folder = tmp_path_factory.mktemp("lone")
    venv.create(folder, with_pip=False, symlinks=True)
    site = next(folder.glob("lib/python*/site-packages"))
    (site / "libraries.pth").write_text(sysconfig.get_paths()["purelib"])
    return folder / "bin" / "python"


def run_scripts(python: Path, folders: Sequence[Path]) -> str:
    """Let the script of every folder score its rows.csv into scored.csv, and return what all of them said."""
    command = [str(python), "-I", "-c", RUNNER, *map(str, folders)]
    done = subprocess.run(command, cwd=folders[0], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stderr
