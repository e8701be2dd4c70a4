"""The figures of a table's classes and of a comparison at large: confusion matrices and curves."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.charts.lines import drawing_order
from core.charts.theme import COLOURS, GREY, INK, PATTERNS, SCALE, strategy_styles, text, themed
from core.evaluation import curves
from core.evaluation.classes import error_flow
from core.evaluation.comparison import Comparison
from core.experiment.results import FoldResult
from core.words import whole_percent

if TYPE_CHECKING:
    from core.teaching.effects import Picture

# Of more classes, cells have room for the share alone.
_CELLS_WITH_COUNTS = 8


def class_distribution(classes: Sequence[str], counts: np.ndarray) -> go.Figure:
    """Return the rows of each class as bars with counts and shares, the largest first and the smallest marked.

    See Also
    --------
    core.data.target.rows_of_classes : The classes of a table.

    Examples
    --------
    >>> figure = class_distribution(["no", "yes"], np.array([18, 6]))
    >>> figure.data[0].y, figure.data[0].text
    (('no', 'yes'), ('18 (75.0%)', '6 (25.0%), smallest'))
    """
    order = np.argsort(-counts, kind="stable")
    labels, smallest = [text(classes[code]) for code in order], len(order) - 1
    shown = [f"{counts[code]:,} ({counts[code] / counts.sum():.1%})" for code in order]
    shown[smallest] += ", smallest"
    marks = [at == smallest for at in range(len(order))]
    figure = go.Figure(
        go.Bar(
            x=counts[order], y=labels, orientation="h", text=shown, textposition="auto", cliponaxis=False,
            marker={
                "color": [COLOURS[1] if mark else COLOURS[0] for mark in marks],
                "pattern": {"shape": [PATTERNS[1] if mark else PATTERNS[0] for mark in marks], "solidity": 0.35},
            },
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(title="Rows", rangemode="tozero", separatethousands=True)
    # No lines along the bars: they would cross their words.
    figure.update_yaxes(type="category", autorange="reversed", automargin=True, showgrid=False)
    return themed(figure, 70 + (46 if len(labels) <= 6 else 26) * len(labels), legend=False)


def rows_picture(picture: Picture, labels: Sequence[str]) -> go.Figure:
    """Return the training rows on two principal components: colour is the class, the symbol what became of a row.

    See Also
    --------
    core.teaching.effects.effect : Makes the picture.

    Examples
    --------
    >>> from core.teaching.effects import Picture
    >>> picture = Picture(np.zeros((3, 2)), np.array([0, 1, 1]), np.array(["kept", "kept", "new"]))
    >>> [points.name for points in rows_picture(picture, ["no", "yes"]).data]
    ['no, kept', 'yes, kept', 'yes, new']
    """
    figure = go.Figure()
    looks = (
        ("removed", "x-thin-open", 0.35),
        ("kept", "circle", 0.6),
        ("repeated", "square", 0.8),
        ("new", "diamond-open", 0.9),
    )
    for code in np.unique(picture.codes):
        for fate, symbol, opacity in looks:
            chosen = (picture.codes == code) & (picture.fate == fate)
            if chosen.any():
                figure.add_scattergl(
                    x=picture.points[chosen, 0], y=picture.points[chosen, 1], mode="markers", opacity=opacity,
                    name=f"{text(labels[code], 16)}, {fate}", hoverinfo="name",
                    marker={"color": COLOURS[code % len(COLOURS)], "symbol": symbol, "size": 6},
                )  # fmt: skip
    figure.update_xaxes(title="First component", showticklabels=False)
    figure.update_yaxes(title="Second component", showticklabels=False)
    return themed(figure, 380)


def confusion_grid(comparison: Comparison, names: Mapping[str, str], columns: int = 4) -> go.Figure:
    """Return one confusion matrix per strategy, coloured by row percentage on one shared scale.

    Counts are summed over all test folds. Beyond eight classes cells carry percentages only, and none where no row is.

    See Also
    --------
    core.charts.views.error_flow : One strategy of many classes.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> run = sample_run()
    >>> for grid in confusion_grid(run.comparison, run.names).data:
    ...     print(grid.customdata.tolist())
    [[17, 1], [3, 3]]
    [[15, 3], [0, 6]]
    """
    strategies = comparison.strategies
    columns = max(1, min(columns, len(strategies)))
    rows = ceil(len(strategies) / columns)
    labels = [text(label, 10) for label in comparison.labels]
    n = len(labels)
    tile = 230 if n <= 3 else 300 if n <= 8 else max(360, 26 * n)
    figure = make_subplots(
        rows, columns, subplot_titles=[text(names[s.key], 30) for s in strategies],
        horizontal_spacing=0.09 if columns > 1 else 0.0, vertical_spacing=min(0.3, 88 / (rows * (tile + 60))),
    )  # fmt: skip
    for i, s in enumerate(strategies):
        share = error_flow(s.confusion)
        cells = [
            [_cell(count, part, n) for count, part in zip(*pair, strict=True)]
            for pair in zip(s.confusion, share, strict=True)
        ]
        figure.add_heatmap(
            z=share, x=labels, y=labels, customdata=s.confusion, text=cells, texttemplate="%{text}",
            textfont={"size": 13 if n <= 3 else 11, "color": INK}, coloraxis="coloraxis",
            hovertemplate="truth %{y}, decision %{x}<br>%{customdata:,} rows, %{z:.1%}<extra></extra>",
            xgap=2, ygap=2, row=i // columns + 1, col=i % columns + 1,
        )  # fmt: skip
    figure.update_xaxes(type="category", side="bottom", tickangle=0 if n <= 3 else -45, showgrid=False)
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False, automargin=True)
    for row in range(1, rows + 1):
        figure.update_yaxes(title="Truth", row=row, col=1)
    figure.update_xaxes(title={"text": "Decision", "standoff": 16 if n <= 3 else 4})
    figure.update_annotations(font_size=13)
    figure.update_layout(
        coloraxis={
            "cmin": 0, "cmax": 1, "colorscale": SCALE,
            "colorbar": {"title": {"text": "Share of the true class", "side": "top"}, "tickformat": ".0%",
                         "orientation": "h", "y": 1.0, "yref": "container", "yanchor": "top", "thickness": 10,
                         "len": 0.6, "x": 0.5, "xanchor": "center"},
        }
    )  # fmt: skip
    figure = themed(figure, rows * (tile + 60) + 110, legend=False)
    return figure.update_layout(margin={"t": 110})


def _cell(count: int, share: float, n_classes: int) -> str:
    if n_classes <= _CELLS_WITH_COUNTS:
        return f"{count:,}<br>{text(whole_percent(share))}"
    return text(whole_percent(share)).removesuffix("%") if count else ""


def pr_curves(
    comparison: Comparison,
    names: Mapping[str, str],
    code: int,
    named: Collection[str] | None = None,
    front: str | None = None,
) -> go.Figure:
    """Return every strategy's precision-recall curve for one class against the rest.

    Of a rare class whose precision stays low everywhere, the axis ends where the curves do.

    Parameters
    ----------
    named : collection of str or None
        Strategies in colour and in the legend; the others are grey. None names all.
    front : str or None
        The strategy whose curve lies above all others.

    See Also
    --------
    roc_curves : The curves that count false alarms among the rest.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> run = sample_run()
    >>> figure = pr_curves(run.comparison, run.names, code=1)
    >>> [(curve.name, len(curve.x)) for curve in figure.data]
    [('Plain network', 8), ('SMOTE', 5), ('chance', 2)]
    """
    figure = _curves(comparison, names, code, curves.pr, named, front)
    counts = comparison.strategies[0].confusion.sum(axis=1)
    base = counts[code] / counts.sum()
    figure.update_xaxes(title="Recall", range=[0, 1.01])
    figure.update_yaxes(title="Precision", range=[0, _top_of(figure)])
    _add_chance(figure, [base, base])
    return themed(figure, 480)


def roc_curves(
    comparison: Comparison,
    names: Mapping[str, str],
    code: int,
    named: Collection[str] | None = None,
    front: str | None = None,
) -> go.Figure:
    """Return every strategy's ROC curve for one class against the rest.

    Parameters
    ----------
    named : collection of str or None
        Strategies in colour and in the legend; the others are grey. None names all.
    front : str or None
        The strategy whose curve lies above all others.

    See Also
    --------
    pr_curves : The curves that count false alarms among the alarms.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> run = sample_run()
    >>> figure = roc_curves(run.comparison, run.names, code=1)
    >>> [(curve.name, len(curve.x)) for curve in figure.data]
    [('Plain network', 7), ('SMOTE', 7), ('chance', 2)]
    """
    figure = _curves(comparison, names, code, curves.roc, named, front)
    _add_chance(figure, [0, 1])
    figure.update_xaxes(title="False positive rate", range=[0, 1.01])
    figure.update_yaxes(title="True positive rate", range=[0, 1.02])
    return themed(figure, 480)


def _add_chance(figure: go.Figure, heights: Sequence[float]) -> None:
    figure.add_scatter(
        x=[0, 1], y=list(heights), mode="lines", line={"dash": "dot", "color": GREY}, name="chance", hoverinfo="skip"
    )


def _curves(
    comparison: Comparison,
    names: Mapping[str, str],
    code: int,
    of: Callable[[Sequence[FoldResult], str, int], curves.Curve],
    named: Collection[str] | None,
    front: str | None,
) -> go.Figure:
    styles = strategy_styles([s.key for s in comparison.strategies], named)
    figure = go.Figure()
    for i in drawing_order([s.key for s in comparison.strategies], named, front):
        s = comparison.strategies[i]
        curve, style = of(comparison.results, s.key, code), styles[s.key]
        stands_out = named is None or s.key in named
        look = {"color": style.colour, "dash": style.dash, "width": 2.2}
        figure.add_scatter(
            x=curve.x, y=curve.y, mode="lines", name=text(names[s.key]), showlegend=stands_out,
            line=look if stands_out else {"color": GREY, "width": 1}, opacity=1 if stands_out else 0.35,
            legendrank=1 + i,
            hovertemplate=f"{text(names[s.key])}<br>%{{x:.3f}}, %{{y:.3f}}<extra></extra>",
        )  # fmt: skip
    return figure


def _top_of(figure: go.Figure) -> float:
    """Return where the axis of precisions ends: below 1 only where no curve reaches half of it.

    A single row on top of a ranking makes any precision; from a recall of 0.05 on, the curve says something.
    """
    highest = [float(np.max(np.asarray(line.y)[np.asarray(line.x) >= 0.05], initial=0)) for line in figure.data]
    most = max(highest, default=1.0)
    return 1.02 if most > 0.5 or most == 0 else 1.2 * most


def training_curves(
    comparison: Comparison, names: Mapping[str, str], named: Collection[str] | None = None, front: str | None = None
) -> go.Figure:
    """Return the mean loss by epoch over folds: validation as lines, training faint behind it.

    A strategy's curve ends where half of its folds have stopped.

    Parameters
    ----------
    named : collection of str or None
        Strategies in colour and in the legend; of the others, validation is grey. None names all.
    front : str or None
        The strategy whose lines lie above all others.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from core.evaluation.comparison import compare
    >>> from core.evaluation.sample import sample_run
    >>> from core.experiment.results import History
    >>> run = sample_run()
    >>> history = History(np.array([0.7, 0.5]), np.array([0.8, 0.6]), best_epoch=1)
    >>> comparison = compare([replace(fold, history=history) for fold in run.folds], run.plan, ["no", "yes"])
    >>> [line.y.round(1).tolist() for line in training_curves(comparison, run.names).data[:2]]
    [[0.7, 0.5], [0.8, 0.6]]
    """
    shown = [s for s in comparison.strategies if s.histories]
    styles = strategy_styles([s.key for s in comparison.strategies], named)
    figure = go.Figure()
    for at in drawing_order([s.key for s in shown], named, front):
        s = shown[at]
        style, stands_out = styles[s.key], named is None or s.key in named
        both = (("train_loss", 1.4, 0.6), ("validation_loss", 2.2, 1.0))
        for which, width, opacity in both if stands_out else (("validation_loss", 1.0, 0.35),):
            losses = [getattr(history, which) for history in s.histories]
            length = int(np.median([len(loss) for loss in losses]))
            padded = np.full((len(losses), length), np.nan)
            for i, loss in enumerate(losses):
                padded[i, : len(loss)] = loss[:length]
            validation = which == "validation_loss"
            figure.add_scatter(
                x=np.arange(1, length + 1), y=np.nanmean(padded, axis=0), mode="lines", opacity=opacity,
                name=text(names[s.key]), legendgroup=s.key, showlegend=validation and stands_out,
                legendrank=1 + at,
                line={"color": style.colour if stands_out else GREY, "width": width,
                      "dash": style.dash if validation else "dot"},
                hovertemplate=f"{text(names[s.key])}, {'validation' if validation else 'training'}<br>"
                "epoch %{x}: %{y:.3f}<extra></extra>",
            )  # fmt: skip
    figure.update_xaxes(title="Epoch")
    figure.update_yaxes(title="Loss", rangemode="tozero")
    return themed(figure, 440)
