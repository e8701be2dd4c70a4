"""A comparison as text and as HTML: the same table and figures for terminals, notebooks, papers and the report."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.charts import figures as charts
from core.charts import theme
from core.charts.bars import metric_bars
from core.evaluation.comparison import Comparison
from core.evaluation.metrics import METRIC_NAMES

MAIN = ("precision", "recall", "f1", "average_precision", "roc_auc", "balanced_accuracy", "mcc")
BARS = ("f1", "average_precision", "balanced_accuracy", "mcc")


_MANY_COLUMNS = 9


@dataclass(frozen=True)
class Grid:
    """A table as text: a head, rows of cells, and which cells are the best of their column.

    See Also
    --------
    metrics_grid : A comparison as a grid.

    Examples
    --------
    >>> print(text_table(Grid(("Strategy", "F1"), (("Plain", "0.611"), ("SMOTE", "0.822")), frozenset({(1, 1)}))))
    Strategy     F1
    Plain     0.611
    SMOTE     0.822 *
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    best: frozenset[tuple[int, int]]


@dataclass(frozen=True, eq=False)
class Drawing:
    """A figure with its heading and what it shows.

    See Also
    --------
    drawings : Those of a comparison.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> run = sample_run()
    >>> first = drawings(run.comparison, run.names)[0]
    >>> first.title, first.caption
    ('Metrics', 'Means over folds with their standard deviation.')
    """

    title: str
    caption: str
    figure: go.Figure


def metrics_grid(comparison: Comparison, names: Mapping[str, str], metrics: Sequence[str] = MAIN) -> Grid:
    """Return strategies × metrics: mean ± standard deviation over folds, and the seconds that a fold trains.

    Strategies that failed on some folds come last, with a dagger before their names.

    See Also
    --------
    text_table, html_table : What it becomes.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> run = sample_run()
    >>> grid = metrics_grid(run.comparison, run.names, ["precision", "recall"])
    >>> grid.rows[1], sorted(grid.best)
    (('SMOTE', '0.722 ± 0.255', '1.000 ± 0.000', '0.50 s'), [(0, 1), (1, 2)])
    """
    names = comparison.marked(names)
    rows, best = [], set()
    for r, s in enumerate(comparison.strategies):
        cells = [names[s.key]]
        for c, metric in enumerate(metrics, 1):
            mean, std = float(s.mean[metric]), float(s.std[metric])
            spread = "" if np.isnan(std) else f" ± {std:.3f}"
            cells.append("–" if np.isnan(mean) else f"{mean:.3f}{spread}")
            if s.key in comparison.best(metric):
                best.add((r, c))
        rows.append((*cells, f"{s.seconds:.2f} s"))
    return Grid(("Strategy", *(METRIC_NAMES[m] for m in metrics), "Training"), tuple(rows), frozenset(best))


def text_table(grid: Grid) -> str:
    """Return a grid as aligned lines; a star marks the best of a column.

    See Also
    --------
    html_table : The same for a page.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> run = sample_run()
    >>> print(text_table(metrics_grid(run.comparison, run.names, ["precision", "recall"])))
    Strategy           Precision           Recall    Training
    Plain network  0.833 ± 0.289 *  0.500 ± 0.000      0.50 s
    SMOTE          0.722 ± 0.255    1.000 ± 0.000 *    0.50 s
    """
    cells = [
        [f"{cell} *" if (r, c) in grid.best else f"{cell}  " if c else cell for c, cell in enumerate(row)]
        for r, row in enumerate(grid.rows)
    ]
    head = [title if c == 0 else f"{title}  " for c, title in enumerate(grid.head)]
    widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]

    def line(texts: Sequence[str]) -> str:
        name, *figures = (text.rjust(width) for text, width in zip(texts, widths, strict=True))
        return "  ".join([name.strip().ljust(widths[0]), *figures]).rstrip()

    return "\n".join(line(texts) for texts in [head, *cells])


def html_table(grid: Grid) -> str:
    """Return a grid as an HTML table; every text is escaped, the best of a column is bold.

    See Also
    --------
    text_table : The same for a terminal.

    Examples
    --------
    >>> html_table(Grid(("Strategy",), (("<b>",),), frozenset())).partition("<tbody>")[2]
    "<tr><th scope='row'>&lt;b&gt;</th></tr></tbody></table>"
    """
    head = "".join(f"<th scope='col'>{html.escape(title)}</th>" for title in grid.head)
    body = "".join(
        "<tr>"
        + "".join(
            f"<th scope='row'>{_marked(html.escape(cell), (r, c) in grid.best)}</th>"
            if c == 0
            else f"<td>{_marked(_cell(cell), (r, c) in grid.best)}</td>"
            for c, cell in enumerate(row)
        )
        + "</tr>"
        for r, row in enumerate(grid.rows)
    )
    # One that fills a page is set tighter.
    wide = " class='wide'" if len(grid.head) > _MANY_COLUMNS else ""
    return f"<table{wide}><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _marked(text: str, best: bool) -> str:
    return f"<strong>{text}</strong>" if best else text


def _cell(text: str) -> str:
    return html.escape(text).replace("\n", "<br>")


def folds_frame(comparison: Comparison, names: Mapping[str, str]) -> pd.DataFrame:
    """Return every fold's metrics: one row per strategy, repeat and fold, one column per metric.

    A metric that a fold does not define is missing there, as is the row of a fold on which a strategy failed.

    See Also
    --------
    core.evaluation.comparison.Comparison.table : Means over the folds.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> run = sample_run()
    >>> folds_frame(run.comparison, run.names)[["strategy", "fold", "recall"]].head(3).to_numpy().tolist()
    [['plain', 0, 0.5], ['plain', 1, 0.5], ['plain', 2, 0.5]]
    """
    pieces = [
        s.scores.reset_index().assign(strategy=s.key, name=names[s.key], seconds=s.seconds)
        for s in comparison.strategies
    ]
    if not pieces:
        return pd.DataFrame(columns=["strategy", "name", "repeat", "fold", *METRIC_NAMES])
    joined = pd.concat(pieces, ignore_index=True)
    return joined[["strategy", "name", "repeat", "fold", *METRIC_NAMES]]


def shown_class(comparison: Comparison) -> int:
    """Return the code of the class that curves are drawn for: the positive one of two, else the smallest.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> run = sample_run()
    >>> run.comparison.labels[shown_class(run.comparison)]
    'yes'
    """
    if len(comparison.labels) == 2:
        return 1
    return int(comparison.strategies[0].confusion.sum(axis=1).argmin())


def drawings(comparison: Comparison, names: Mapping[str, str]) -> tuple[Drawing, ...]:
    """Return all figures of a comparison in the order in which they are read.

    See Also
    --------
    comparison_html : The table and these figures as a page's part.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> run = sample_run()
    >>> [drawing.title for drawing in drawings(run.comparison, run.names)]
    ['Metrics', 'Confusion matrices', 'Precision and recall', 'ROC']
    """
    if not comparison.strategies:
        return ()
    code = shown_class(comparison)
    label = comparison.labels[code]
    names = comparison.marked(names)
    figures = [
        Drawing("Metrics", "Means over folds with their standard deviation.", metric_bars(comparison, names, BARS)),
        *_matrices(comparison, names),
        Drawing(
            "Precision and recall",
            f"Class {label} against the rest, test rows of all folds.",
            charts.pr_curves(comparison, names, code),
        ),
        Drawing(
            "ROC",
            f"Class {label} against the rest, test rows of all folds.",
            charts.roc_curves(comparison, names, code),
        ),
    ]
    if any(s.histories for s in comparison.strategies):
        caption = "Loss by epoch, the mean over folds: thick lines on validation rows, faint ones on training rows."
        figures.append(Drawing("Training", caption, charts.training_curves(comparison, names)))
    return tuple(figures)


def _matrices(comparison: Comparison, names: Mapping[str, str], maximum: int = 6) -> list[Drawing]:
    """Return the confusion matrices in figures that fit a printed page."""
    caption = "Rows of all test parts: counts, and their share of the true class."
    count = len(comparison.strategies)
    per_figure = ceil(count / ceil(count / maximum))  # four and three look better than six and one
    figures = []
    for first in range(0, len(comparison.strategies), per_figure):
        part = replace(comparison, strategies=comparison.strategies[first : first + per_figure])
        title = "Confusion matrices" + (", continued" if first else "")
        figures.append(
            Drawing(title, caption, charts.confusion_grid(part, names, 3 if len(comparison.labels) <= 3 else 2))
        )
    return figures


def figure_html(figure: go.Figure, place: str, *, with_library: bool = False) -> str:
    """Return a figure as HTML that needs no network; the library is to be embedded with the first one only.

    Examples
    --------
    >>> figure_html(go.Figure(), "metrics").count('id="metrics"')
    1
    """
    return str(
        figure.to_html(
            full_html=False,
            include_plotlyjs=with_library,
            div_id=place,
            config={**theme.CONFIG, "responsive": True, "showTips": False},
        )
    )


def comparison_html(comparison: Comparison, names: Mapping[str, str]) -> str:
    """Return a comparison as a table and figures, for a notebook's output cell.

    See Also
    --------
    core.reporting.report.report : A whole page.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> run = sample_run()
    >>> page = comparison_html(run.comparison, run.names)
    >>> [page.count(tag) for tag in ("<table>", "<h4>", "<th scope='row'>")]
    [1, 4, 2]
    """
    if not comparison.strategies:
        reasons = "".join(f"<li>{html.escape(names[key])}: {html.escape(why)}</li>" for key, why in comparison.failed)
        return f"<p>No strategy has a result.</p><ul>{reasons}</ul>"
    key = f"counterweight-{id(comparison)}"
    figures = "".join(
        f"<h4>{html.escape(d.title)}</h4>{figure_html(d.figure, f'{key}-{i}', with_library=i == 0)}"
        for i, d in enumerate(drawings(comparison, names))
    )
    items = "".join(f"<li>{html.escape(note)}</li>" for note in comparison.notes)
    notes = f"<ul>{items}</ul>" if items else ""
    return f"{html_table(metrics_grid(comparison, names))}{notes}{figures}"
