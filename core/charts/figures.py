"""Every Plotly figure, in one theme that reads on light and dark pages and for colour-blind readers.

Backgrounds are transparent and text has no fixed colour: Streamlit's theme gives both. Strategies
differ by colour, dash and symbol, classes by place. Column and class names are data: they pass
through :func:`text` before they reach a figure, since Plotly reads labels as a kind of HTML.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.data.profile import Profile
from core.evaluation import curves
from core.evaluation.comparison import Comparison
from core.evaluation.metrics import METRICS
from core.strategies.presets import PRESETS

if TYPE_CHECKING:
    from core.teaching.effects import Picture

# Paul Tol's "bright" and Okabe & Ito's colours that keep contrast on white and on near-black.
COLOURS = ("#4477AA", "#E2691F", "#228833", "#CC3377", "#AA8800", "#009E9E", "#9966CC", "#BB5544", "#7A7A7A", "#5588EE")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star", "triangle-down")
PATTERNS = ("", "/", "x", ".", "\\", "-", "|", "+")
GREY = "#8A8A8A"
# One hue whose ends both stand out from white and from near-black pages. It skips the middle blues: neither of the
# text colours that Plotly puts on a cell (white and #444) reaches a contrast of 4.5 there.
SCALE = [[0.0, "#E3EDF7"], [0.5, "#9CC0E2"], [0.5, "#3A73AE"], [1.0, "#1D4477"]]

#: For ``st.plotly_chart(config=...)`` and for pages: the toolbar's camera saves a sharp PNG.
CONFIG: Mapping[str, object] = {
    "displaylogo": False,
    "toImageButtonOptions": {"format": "png", "scale": 2, "filename": "counterweight"},
    "modeBarButtonsToRemove": ["lasso2d", "select2d", "autoScale2d"],
}


@dataclass(frozen=True)
class Style:
    """How a strategy looks in every figure."""

    colour: str
    dash: str
    symbol: str
    pattern: str


@cache
def _homes() -> Mapping[str, int]:
    """Return every strategy's place among the colours: those of the presets first, as they are drawn most."""
    keys = dict.fromkeys(choice.key for choices in PRESETS.values() for choice in choices)
    return {key: place for place, key in enumerate(keys)}


def strategy_styles(keys: Sequence[str]) -> dict[str, Style]:
    """Return a style for each strategy of a comparison, the same in every figure and, where it can be, in every run.

    A strategy has a colour of its own; it takes the next free one where another strategy of the run has it too. With
    more strategies than colours, the same colour comes again with another dash and symbol. The plain network always
    has the first.
    """
    homes, taken = _homes(), [0] * len(COLOURS)
    styles = {}
    for key in sorted(keys, key=lambda key: homes.get(key, len(homes))):
        home = homes.get(key, crc32(key.encode()))
        turn = min(taken)
        colour = next(i % len(COLOURS) for i in range(home, home + len(COLOURS)) if taken[i % len(COLOURS)] == turn)
        taken[colour] += 1
        shift = colour + turn * (len(COLOURS) + 1)
        styles[key] = Style(
            COLOURS[colour],
            DASHES[shift % len(DASHES)],
            SYMBOLS[shift % len(SYMBOLS)],
            PATTERNS[shift % len(PATTERNS)],
        )
    return styles


def text(label: object, limit: int = 28) -> str:
    """Return a name as Plotly text that shows as it is written, cut to a length."""
    line = " ".join(str(label).split())
    line = line if len(line) <= limit else line[: limit - 1] + "…"
    return html.escape(line, quote=False).replace("$", "&#36;")


def class_distribution(profile: Profile) -> go.Figure:
    """Return the rows of each class as bars with counts and shares."""
    labels = [text(label) for label in profile.labels]
    shown = [f"{count:,} ({share:.1%})" for count, share in zip(profile.counts, profile.shares, strict=True)]
    figure = go.Figure(
        go.Bar(
            x=profile.counts, y=labels, orientation="h", text=shown, textposition="auto", marker_color=COLOURS[0],
            hovertemplate="%{y}: %{text}<extra></extra>", cliponaxis=False,
        )
    )  # fmt: skip
    figure.update_xaxes(title="Rows", rangemode="tozero")
    figure.update_yaxes(type="category", autorange="reversed", automargin=True)
    return _themed(figure, 70 + 46 * len(labels), legend=False)


def before_after(labels: Sequence[str], before: Sequence[int], after: Sequence[int], *, caption: str) -> go.Figure:
    """Return the training rows of each class before and after a strategy, small enough to stand beside it.

    Parameters
    ----------
    caption : str
        What the second bar counts, for example "after" or "weight after".
    """
    names = [text(label, 16) for label in labels]
    figure = go.Figure()
    for name, counts, colour, pattern in (("before", before, GREY, "/"), (caption, after, COLOURS[0], "")):
        figure.add_bar(
            x=counts, y=names, orientation="h", name=name, marker_color=colour, marker_pattern_shape=pattern,
            text=[f"{count:,}" for count in counts], textposition="auto",
            hovertemplate=f"%{{y}} {name}: %{{x:,}}<extra></extra>",
        )  # fmt: skip
    figure.update_yaxes(type="category", autorange="reversed", automargin=True)
    figure.update_xaxes(showticklabels=False, rangemode="tozero")
    return _themed(figure, 90 + 44 * len(names))


def rows_picture(picture: Picture, labels: Sequence[str]) -> go.Figure:
    """Return the training rows on two principal components: colour is the class, the symbol what became of a row."""
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
    return _themed(figure, 380)


def metric_bars(comparison: Comparison, names: Mapping[str, str], metrics: Sequence[str]) -> go.Figure:
    """Return grouped bars, one group a metric, one bar a strategy, with standard deviations over folds."""
    styles = strategy_styles([s.key for s in comparison.strategies])
    heads = {metric.key: metric.name for metric in METRICS}
    figure = go.Figure()
    for s in comparison.strategies:
        style, mean, std = styles[s.key], s.mean, s.std
        figure.add_bar(
            x=[heads[m] for m in metrics],
            y=[mean[m] for m in metrics],
            error_y={"type": "data", "array": [float(np.nan_to_num(std[m])) for m in metrics], "thickness": 1.2},
            name=text(names[s.key]),
            marker={"color": style.colour, "pattern": {"shape": style.pattern, "solidity": 0.2, "fillmode": "overlay"}},
            hovertemplate=f"{text(names[s.key])}<br>%{{x}}: %{{y:.3f}} ± %{{error_y.array:.3f}}<extra></extra>",
        )
    figure.update_layout(barmode="group", bargap=0.2)
    figure.update_yaxes(rangemode="tozero", title="Mean over folds")
    return _themed(figure, 440)


def confusion_grid(comparison: Comparison, names: Mapping[str, str], columns: int = 4) -> go.Figure:
    """Return one confusion matrix a strategy, coloured by row percentage on one shared scale.

    Counts are summed over all test folds. Beyond eight classes the cells carry no text.
    """
    strategies = comparison.strategies
    columns = max(1, min(columns, len(strategies)))
    rows = ceil(len(strategies) / columns)
    labels = [text(label, 10) for label in comparison.labels]
    n = len(labels)
    tile = 230 if n <= 3 else 300 if n <= 8 else 360
    figure = make_subplots(
        rows, columns, subplot_titles=[text(names[s.key], 30) for s in strategies],
        horizontal_spacing=0.09 if columns > 1 else 0.0, vertical_spacing=min(0.3, 88 / (rows * (tile + 60))),
    )  # fmt: skip
    for i, s in enumerate(strategies):
        totals = s.confusion.sum(axis=1, keepdims=True)
        share = np.divide(s.confusion, totals, out=np.zeros(s.confusion.shape), where=totals > 0)
        cells = [
            [f"{count:,}<br>{part:.0%}" for count, part in zip(*pair, strict=True)]
            for pair in zip(s.confusion, share, strict=True)
        ]
        figure.add_heatmap(
            z=share, x=labels, y=labels, customdata=s.confusion, text=cells if n <= 8 else None,
            texttemplate="%{text}" if n <= 8 else None, textfont={"size": 13 if n <= 3 else 10}, coloraxis="coloraxis",
            hovertemplate="truth %{y}, decision %{x}<br>%{customdata:,} rows, %{z:.1%}<extra></extra>",
            xgap=2, ygap=2, row=i // columns + 1, col=i % columns + 1,
        )  # fmt: skip
    figure.update_xaxes(type="category", side="bottom", tickangle=0 if n <= 3 else -45, showgrid=False)
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False, automargin=True)
    for row in range(1, rows + 1):
        figure.update_yaxes(title="Truth", row=row, col=1)
    figure.update_annotations(font_size=13)
    figure.update_layout(
        coloraxis={
            "cmin": 0, "cmax": 1, "colorscale": SCALE,
            "colorbar": {"title": {"text": "Share of the true class", "side": "top"}, "tickformat": ".0%",
                         "orientation": "h", "y": 1.0, "yref": "container", "yanchor": "top", "thickness": 10,
                         "len": 0.6, "x": 0.5, "xanchor": "center"},
        }
    )  # fmt: skip
    figure = _themed(figure, rows * (tile + 60) + 110, legend=False)
    return figure.update_layout(margin={"t": 110})


def pr_curves(comparison: Comparison, names: Mapping[str, str], code: int) -> go.Figure:
    """Return every strategy's precision-recall curve for one class against the rest."""
    figure = _curves(comparison, names, code, curves.pr)
    counts = comparison.strategies[0].confusion.sum(axis=1)
    base = counts[code] / counts.sum()
    figure.add_hline(base, line={"dash": "dot", "color": GREY}, annotation={"text": "chance", "font_size": 11})
    figure.update_xaxes(title="Recall", range=[0, 1.01])
    figure.update_yaxes(title="Precision", range=[0, 1.02])
    return _themed(figure, 480)


def roc_curves(comparison: Comparison, names: Mapping[str, str], code: int) -> go.Figure:
    """Return every strategy's ROC curve for one class against the rest."""
    figure = _curves(comparison, names, code, curves.roc)
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"dash": "dot", "color": GREY}, name="chance", hoverinfo="skip"
    )
    figure.update_xaxes(title="False positive rate", range=[0, 1.01])
    figure.update_yaxes(title="True positive rate", range=[0, 1.02])
    return _themed(figure, 480)


def _curves(comparison: Comparison, names: Mapping[str, str], code: int, of) -> go.Figure:  # type: ignore[no-untyped-def]
    styles = strategy_styles([s.key for s in comparison.strategies])
    figure = go.Figure()
    for s in comparison.strategies:
        curve, style = of(comparison.results, s.key, code), styles[s.key]
        figure.add_scatter(
            x=curve.x, y=curve.y, mode="lines", name=text(names[s.key]),
            line={"color": style.colour, "dash": style.dash, "width": 2},
            hovertemplate=f"{text(names[s.key])}<br>%{{x:.3f}}, %{{y:.3f}}<extra></extra>",
        )  # fmt: skip
    return figure


def training_curves(comparison: Comparison, names: Mapping[str, str]) -> go.Figure:
    """Return the mean loss by epoch over folds: validation as lines, training faint behind it.

    A strategy's curve ends where half of its folds have stopped.
    """
    shown = [s for s in comparison.strategies if s.histories]
    styles = strategy_styles([s.key for s in comparison.strategies])
    figure = go.Figure()
    for s in shown:
        style = styles[s.key]
        for which, width, opacity in (("train_loss", 1.2, 0.45), ("validation_loss", 2.2, 1.0)):
            losses = [getattr(history, which) for history in s.histories]
            length = int(np.median([len(loss) for loss in losses]))
            padded = np.full((len(losses), length), np.nan)
            for i, loss in enumerate(losses):
                padded[i, : len(loss)] = loss[:length]
            validation = which == "validation_loss"
            figure.add_scatter(
                x=np.arange(1, length + 1), y=np.nanmean(padded, axis=0), mode="lines", opacity=opacity,
                name=text(names[s.key]), legendgroup=s.key, showlegend=validation,
                line={"color": style.colour, "dash": style.dash if validation else "dot", "width": width},
                hovertemplate=f"{text(names[s.key])}, {'validation' if validation else 'training'}<br>"
                "epoch %{x}: %{y:.3f}<extra></extra>",
            )  # fmt: skip
    figure.update_xaxes(title="Epoch")
    figure.update_yaxes(title="Loss", rangemode="tozero")
    return _themed(figure, 440)


def _themed(figure: go.Figure, height: int, *, legend: bool = True) -> go.Figure:
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 12, "t": 36, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        showlegend=legend,
        legend={"orientation": "h", "yanchor": "top", "y": -0.18, "x": 0, "title": None},
        hoverlabel={"align": "left"},
        modebar={"bgcolor": "rgba(0,0,0,0)"},
    )
    figure.update_xaxes(gridcolor="rgba(128,128,128,0.2)", zeroline=False, automargin=True)
    figure.update_yaxes(gridcolor="rgba(128,128,128,0.2)", zeroline=False, automargin=True)
    return figure
