"""Exported models in an environment of their own: predict.py with TensorFlow and pandas alone, against the app.

``python -m benchmarks.export`` makes a new virtual environment with the two libraries as they are pinned in
requirements.txt, exports one strategy of every sample table, lets each package's predict.py score the table
there, and prints the largest difference from the app's own probabilities. It downloads both libraries.
"""

from __future__ import annotations

import subprocess
import tempfile
import venv
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks._browser import ROOT
from benchmarks._print import parser, show
from core.data.samples import SAMPLES, load_sample
from core.experiment.units import run
from core.exporting import Scorer, export
from core.exporting.new_rows import aligned, match, read_rows
from core.plan import Plan, SplitSettings, TrainingSettings
from core.strategies.notation import parse_choice

LIBRARIES = ("tensorflow", "pandas")
STRATEGIES = {
    "page_blocks": "threshold_f1",
    "abalone_9_vs_18": "smote+isotonic+threshold_f1",
    "yeast": "random_over+prior_correction+threshold_f1",
    "german_credit": "under_bagging(n_members=4)",
}


def fresh_python(folder: Path) -> Path:
    """Return the Python of a new environment that has TensorFlow and pandas, as pinned, and nothing of this project."""
    lines = (ROOT / "requirements.txt").read_text().split()
    pinned = [line for line in lines if line.split("==")[0] in LIBRARIES]
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", *pinned], check=True)
    return python


def difference(python: Path, folder: Path, key: str) -> float:
    """Return the largest difference of predict.py's probabilities from the app's on a sample table."""
    table, target = load_sample(key), next(sample.target for sample in SAMPLES if sample.key == key)
    choice = parse_choice(STRATEGIES[key])
    plan = Plan(target, (choice,), training=TrainingSettings(epochs=8), split=SplitSettings(folds=2))
    packed = export(table, plan, choice, run(table, plan))
    with zipfile.ZipFile(BytesIO(packed.archive)) as archive:
        archive.extractall(folder)
    table.frame.drop(columns=target).to_csv(folder / "rows.csv", index=False)
    subprocess.run([python, "-I", "predict.py", "rows.csv", "scored.csv"], cwd=folder, check=True, capture_output=True)
    scorer = Scorer.from_bytes(packed.scorer)
    steps, rows = scorer.preparation.steps, read_rows((folder / "rows.csv").read_bytes(), "rows.csv")
    frame, _ = aligned(steps, rows, match(steps, [], rows))
    wanted = scorer.probabilities(frame)
    scored = pd.read_csv(folder / "scored.csv")
    got = scored[[name for name in scored if name.startswith("probability ")]].to_numpy(float)
    if len(got) != len(table.frame):
        raise RuntimeError(f"{key}: {len(got)} rows of {len(table.frame)} were scored")
    return float(np.abs(got - wanted[:, -got.shape[1] :]).max())


def main() -> None:
    arguments = parser(__doc__).parse_args()
    with tempfile.TemporaryDirectory(prefix="counterweight-") as place:
        folder = Path(place)
        python = fresh_python(folder / "fresh")
        apart = {}
        for key in STRATEGIES:
            (folder / key).mkdir()
            apart[key] = difference(python, folder / key, key)
    largest = max(apart.values())
    rows = [*((key, f"{value:.1e}") for key, value in apart.items()), ("largest", f"{largest:.1e}")]
    show({**apart, "largest": largest}, rows, as_json=arguments.json)


if __name__ == "__main__":
    main()
