"""The file of a unit: its columns are the fields of a result, and files of earlier versions have the same."""

from pathlib import Path

import numpy as np

from core.experiment.results import FoldResult, History
from core.runs._files import read_parquet
from core.runs._results import read_results, write_results

EXAMPLES = sorted((Path(__file__).parents[3] / "examples").glob("*/units/*.parquet"))


def test_a_result_and_a_failure_come_back_as_they_were(tmp_path: Path) -> None:
    curve = np.array([0.5, np.nan], np.float32)
    codes = np.array([0, 1, 1])
    probabilities = np.array([[0.9, 0.1], [0.4, 0.6], [0.3, 0.7]], np.float32)
    history = History(curve, curve[::-1], 1)
    result = FoldResult(
        "smote", 0, 1, codes + 5, codes, probabilities, codes, 0.5, np.array([4, 4]), 1.5, 1, history, ("A note.",)
    )
    failure = FoldResult.failed("enn", 0, 1, n_classes=2, error="No rows are left.")
    write_results(tmp_path / "unit.parquet", [result, failure])
    back, failed = read_results(tmp_path / "unit.parquet") or (None, None)
    assert back is not None
    np.testing.assert_array_equal(back.probabilities, probabilities)
    np.testing.assert_array_equal(back.test_rows, [5, 6, 6])
    assert back.history is not None
    np.testing.assert_array_equal(back.history.validation_loss, curve[::-1])
    assert (back.history.best_epoch, back.notes, back.threshold) == (1, ("A note.",), 0.5)
    assert failed is not None
    assert (failed.error, failed.threshold, failed.history) == ("No rows are left.", None, None)
    assert failed.probabilities.shape == (0, 2)


def test_columns_are_those_of_runs_made_earlier(tmp_path: Path) -> None:
    write_results(tmp_path / "unit.parquet", [FoldResult.failed("enn", 0, 1, n_classes=2, error="No rows are left.")])
    written = read_parquet(tmp_path / "unit.parquet").schema
    assert EXAMPLES
    assert all(read_parquet(path).schema.equals(written) for path in EXAMPLES)
