"""A run's results as files: tables for programs, a table for a paper, the report for people."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pandas as pd

from core.reporting import latex
from core.reporting.display import MAIN, folds_frame, metrics_grid
from core.reporting.report import report
from core.reporting.results import Results
from core.reporting.safe_csv import safe_csv


class WriteError(OSError):
    """The results cannot be written; the message is one sentence with the way out.

    See Also
    --------
    write_results : Raises it.
    """


def summary_frame(results: Results) -> pd.DataFrame:
    """Return means and standard deviations, one row per strategy and metric.

    Names bear a dagger where the strategy failed on some folds; ``folds`` says what each mean rests on.

    See Also
    --------
    core.reporting.display.folds_frame : Fold by fold.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.reporting.results import Results
    >>> results = Results(sample_run().problem, sample_run().folds)
    >>> summary_frame(results)[["name", "metric", "folds"]].iloc[:2].to_numpy().tolist()
    [['Plain network', 'precision', 3], ['SMOTE', 'precision', 3]]
    """
    summary = results.comparison.table()
    summary.insert(1, "name", summary["strategy"].map(results.comparison.marked(results.names)))
    return summary


def parquet(frame: pd.DataFrame) -> bytes:
    """Return a frame as a Parquet file.

    See Also
    --------
    core.reporting.safe_csv.safe_csv : The same for a spreadsheet.

    Examples
    --------
    >>> frame = pd.DataFrame({"fold": [0, 1], "f1": [0.5, 0.75]})
    >>> pd.read_parquet(BytesIO(parquet(frame))).equals(frame)
    True
    """
    buffer = BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()


def results_latex(results: Results) -> str:
    """Return the metrics as a LaTeX table; the best of each column is bold.

    See Also
    --------
    core.reporting.latex.tabular : Writes the table.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.reporting.results import Results
    >>> results = Results(sample_run().problem, sample_run().folds)
    >>> print(*[line.partition(" &")[0] for line in results_latex(results).splitlines()[8:10]], sep="\\n")
    Plain network
    SMOTE
    """
    grid = metrics_grid(results.comparison, results.names)
    comparison = results.comparison
    folds = comparison.folds_in_words(MAIN)
    caption = f"{results.table.name}, target {results.plan.target}: mean ± standard deviation over {folds}."
    caption = " ".join([caption, *filter(None, [comparison.mark_in_words]), *comparison.notes])
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

    See Also
    --------
    core.reporting.report.report : The report alone.

    Examples
    --------
    >>> import tempfile
    >>> from core.evaluation.sample import sample_run
    >>> from core.reporting.results import Results
    >>> results = Results(sample_run().problem, sample_run().folds)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     print(sorted(path.name for path in write_results(results, Path(folder))))
    ['folds.csv', 'folds.parquet', 'plan.json', 'report.html', 'results.csv', 'results.parquet', 'results.tex']
    """
    summary = summary_frame(results)
    by_fold = folds_frame(results.comparison, results.names)
    texts = {
        "results.csv": safe_csv(summary),
        "folds.csv": safe_csv(by_fold),
        "results.tex": results_latex(results),
        "plan.json": results.plan.to_json(),
        "report.html": report(results),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
        (folder / "results.parquet").write_bytes(parquet(summary))
        (folder / "folds.parquet").write_bytes(parquet(by_fold))
    except OSError as error:
        reason = error.strerror or str(error)
        raise WriteError(f"The results cannot be written to '{folder}' ({reason}): choose another folder.") from error
    return tuple(folder / name for name in (*texts, "results.parquet", "folds.parquet"))
