"""A run's results as files: tables for programs, a table for a paper, the report for people."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from core import latex
from core.api import Results
from core.display import folds_frame, metrics_grid


class WriteError(OSError):
    """The results cannot be written; the message is one sentence with the way out."""


def results_latex(results: Results) -> str:
    """Return the metrics as a LaTeX table; the best of each column is bold."""
    grid = metrics_grid(results.comparison, results.names)
    folds = results.comparison.folds
    caption = f"{results.table.name}, target {results.plan.target}: mean ± standard deviation over {folds} folds."
    frame = pd.DataFrame([row[1:] for row in grid.rows], [row[0] for row in grid.rows], list(grid.head[1:]))
    best = pd.DataFrame(
        [[(r, c) in grid.best for c in range(1, len(grid.head))] for r in range(len(grid.rows))],
        frame.index, frame.columns,
    )  # fmt: skip
    return latex.tabular(frame, best=best, caption=caption, label="tab:counterweight", corner=grid.head[0])


def write_results(results: Results, folder: Path) -> tuple[Path, ...]:
    """Write the results as CSV, Parquet and LaTeX, every fold's metrics, the plan and the report.

    Returns
    -------
    tuple of Path
        What was written.

    Raises
    ------
    WriteError
        The folder cannot be made or written to.
    """
    summary = results.comparison.table()
    summary.insert(1, "name", summary["strategy"].map(dict(results.names)))
    every = folds_frame(results.comparison, results.names)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        summary.to_csv(folder / "results.csv", index=False)
        summary.to_parquet(folder / "results.parquet", index=False)
        every.to_csv(folder / "folds.csv", index=False)
        every.to_parquet(folder / "folds.parquet", index=False)
        (folder / "results.tex").write_text(results_latex(results), encoding="utf-8")
        (folder / "plan.json").write_text(results.plan.to_json(), encoding="utf-8")
    except OSError as error:
        reason = error.strerror or str(error)
        raise WriteError(f"The results cannot be written to '{folder}' ({reason}): choose another folder.") from error
    names = ("results.csv", "results.parquet", "folds.csv", "folds.parquet", "results.tex", "plan.json")
    return tuple(folder / name for name in names)
