"""A network with a layer of a person's own is exported, and says what it needs wherever it is opened."""

from __future__ import annotations

import importlib
import io
import runpy
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.exporting import Export, Scorer, export
from core.exporting.forms import in_any_form
from core.exporting.refit import Refitted
from core.networks.scoring import OnnxNetworks
from core.networks.trained import TrainedNetwork
from core.plan import StrategyChoice
from tests.core.exporting.conftest import Case

MODULE = """
import keras


class Squared(keras.layers.Layer):
    def call(self, x):
        return keras.ops.square(x)


def build(n_features, n_outputs):
    return keras.Sequential([keras.Input((n_features,)), Squared(), keras.layers.Dense(n_outputs)])
"""


@pytest.fixture(scope="module")
def made(case: Callable[[str], Case], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Export]:
    """Return the folder of a person's module, and an export of a network that has a layer of it."""
    folder, one = tmp_path_factory.mktemp("own"), case("abalone_9_vs_18")
    (folder / "her_layers.py").write_text(MODULE)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        import her_layers  # type: ignore[import-not-found]

        width = len(one.scorer.preparation.feature_names)
        network = TrainedNetwork.of(her_layers.build(width, 1), 2)
        X = one.scorer.preparation.transform(one.table.frame)
        scorer = replace(one.scorer, networks=in_any_form([network], X), adjustments=())
        patch.setattr("core.exporting.bundle.refit", lambda *_: Refitted(scorer, (network,)))
        return folder, export(one.table, one.plan, StrategyChoice.of("plain"), [])


def test_the_export_says_which_module_it_needs(made: tuple[Path, Export]) -> None:
    assert made[1].checks.endswith(
        "model.keras has layers of your own: wherever it is opened, her_layers.py must be there."
    )
    assert "model.onnx, run by onnxruntime, gives them too" in made[1].checks


def test_the_script_takes_the_module_beside_it_or_asks_for_it(
    case: Callable[[str], Case], made: tuple[Path, Export], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, exported = made
    with zipfile.ZipFile(io.BytesIO(exported.archive)) as archive:
        archive.extractall(tmp_path)
    rows = case("abalone_9_vs_18").table.frame.head(20)
    rows.to_csv(tmp_path / "rows.csv", index=False)
    monkeypatch.setattr(sys, "argv", ["predict.py", str(tmp_path / "rows.csv"), str(tmp_path / "scored.csv")])
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in ("her_layers", "reading", "safe_csv"):
        monkeypatch.setitem(sys.modules, name, sys)  # so that what the script imports is gone afterwards
        del sys.modules[name]
    with pytest.raises(SystemExit, match=r"class of its maker's own, Squared: put her_layers\.py, which defines it"):
        runpy.run_path(str(tmp_path / "predict.py"))
    (tmp_path / "her_layers.py").write_bytes((own / "her_layers.py").read_bytes())
    importlib.invalidate_caches()
    runpy.run_path(str(tmp_path / "predict.py"))
    scorer = Scorer.from_bytes(exported.scorer)
    assert isinstance(scorer.networks, OnnxNetworks)
    got = pd.read_csv(tmp_path / "scored.csv")["probability 18"]
    np.testing.assert_allclose(got, scorer.probabilities(rows)[:, 1], atol=1e-6)
