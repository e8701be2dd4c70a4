"""Figures of the Learn page: the toy table's rows, and the plane as a network sees it."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from core.charts.theme import COLOURS, GREY, themed
from core.teaching.toy import Region, Regions, ToyRows

NAMES = ("common", "rare")
COLOUR_OF = (COLOURS[0], COLOURS[1])
SYMBOL_OF = ("circle", "square")
OPACITY_OF = (0.75, 0.95)
_FATES = (
    ("removed", "x-thin-open", 0.7),
    ("kept", "", 0.0),
    ("repeated", "triangle-up", 0.9),
    ("new", "diamond-open", 0.9),
)
# From the common class's colour to the rare one's, through nothing: it reads on light and dark pages.
_PLANE = [[0.0, "rgba(68,119,170,0.55)"], [0.5, "rgba(128,128,128,0.06)"], [1.0, "rgba(226,105,31,0.65)"]]


def rows_before(rows: ToyRows) -> go.Figure:
    """Return the training rows as they are.

    See Also
    --------
    rows_after : The same rows after a strategy.

    Examples
    --------
    >>> from core.plan import StrategyChoice
    >>> from core.teaching.toy import ToySettings, sampled
    >>> rows = sampled(ToySettings(), StrategyChoice.of("random_over"))
    >>> [(points.name, len(points.x)) for points in rows_before(rows).data]
    [('common', 562), ('rare', 38)]
    """
    return _framed(_classes(rows.points, rows.codes), rows)


def rows_after(rows: ToyRows) -> go.Figure:
    """Return the training rows as a strategy leaves them: the symbol is a row's fate, the size its weight.

    See Also
    --------
    rows_before : The rows as they were.

    Examples
    --------
    >>> from core.plan import StrategyChoice
    >>> from core.teaching.toy import ToySettings, sampled
    >>> rows = sampled(ToySettings(), StrategyChoice.of("random_under"))
    >>> [(points.name, len(points.x)) for points in rows_after(rows).data]
    [('common, removed', 524), ('common, kept', 38), ('rare, kept', 38)]
    """
    figure = go.Figure()
    sizes = 6.5 * np.sqrt(np.clip(rows.weight, 0.15, 9)) if rows.change == "weights" else np.full(len(rows.fate), 6.5)
    for code, name in enumerate(NAMES):
        for fate, symbol, opacity in _FATES:
            if fate == "kept":
                symbol, opacity = SYMBOL_OF[code], OPACITY_OF[code]
            chosen = (rows.after_codes == code) & (rows.fate == fate)
            if chosen.any():
                figure.add_scatter(
                    x=rows.after_points[chosen, 0], y=rows.after_points[chosen, 1], mode="markers", opacity=opacity,
                    name=f"{name}, {fate}", hoverinfo="name",
                    marker={"color": COLOUR_OF[code] if fate != "removed" else GREY, "symbol": symbol,
                            # Where sizes differ, Plotly makes every one paler.
                            "size": sizes[chosen], "opacity": 1,
                            "line": {"width": 1.4 if symbol.endswith("open") else 0}},
                )  # fmt: skip
    return _framed(figure, rows)


def plane(regions: Regions, region: Region, rows: ToyRows) -> go.Figure:
    """Return probabilities over the plane as colour, the decision boundary as a line, and the rows.

    See Also
    --------
    core.teaching.toy.trained : Makes the regions.

    Examples
    --------
    >>> from core.plan import StrategyChoice
    >>> from core.teaching.toy import ToySettings, sampled
    >>> rows = sampled(ToySettings(), StrategyChoice.of("plain"))
    >>> p = np.array([[0.1, 0.7], [0.2, 0.9]])
    >>> region = Region(p, p >= 0.5, threshold=0.5, recall=0.8, precision=0.4)
    >>> figure = plane(Regions(np.array([-1.0, 1.0]), np.array([-1.0, 1.0]), region, region), region, rows)
    >>> [layer.name for layer in figure.data[1:]]
    ['decision boundary', 'common', 'rare']
    """
    figure = go.Figure(
        go.Heatmap(
            x=regions.across, y=regions.down, z=region.probabilities, zmin=0, zmax=1, colorscale=_PLANE,
            showscale=False, zsmooth=False if _is_cut(regions) else "best",
            hovertemplate="probability of rare: %{z:.2f}<extra></extra>",
        )
    )  # fmt: skip
    called = region.decisions.astype(float)
    if 0 < np.nanmean(called) < 1:
        smooth = not _is_cut(regions)
        z, at = (region.probabilities, region.threshold) if smooth else (called, 0.5)
        figure.add_contour(
            x=regions.across, y=regions.down, z=z, showscale=False, hoverinfo="skip", name="decision boundary",
            contours={"coloring": "none", "start": at, "end": at, "size": 1}, showlegend=True,
            line={"width": 2.5, "color": GREY},
        )  # fmt: skip
    return _framed(_classes(rows.points, rows.codes, figure), rows)


def _classes(points: np.ndarray, codes: np.ndarray, figure: go.Figure | None = None) -> go.Figure:
    rimmed, figure = figure is not None, go.Figure() if figure is None else figure
    for code, name in enumerate(NAMES):
        figure.add_scatter(
            x=points[codes == code, 0], y=points[codes == code, 1], mode="markers", name=name, hoverinfo="name",
            opacity=OPACITY_OF[code],
            # A light rim, as a common row may lie on its own class's colour.
            marker={"color": COLOUR_OF[code], "size": 5 + 2 * code, "symbol": SYMBOL_OF[code],
                    "line": {"width": 0.7 if rimmed else 0, "color": "rgba(255,255,255,0.75)"}},
        )  # fmt: skip
    return figure


def _is_cut(regions: Regions) -> bool:
    return len(regions.across) != len(regions.down) or bool(np.all(regions.across == np.arange(len(regions.across))))


def _framed(figure: go.Figure, rows: ToyRows) -> go.Figure:
    """Give every figure of the page the same frame, so that they can be compared by eye."""
    low, high = np.minimum(rows.points.min(axis=0), -0.5), np.maximum(rows.points.max(axis=0), 0.5)
    figure.update_xaxes(range=[low[0] - 0.2, high[0] + 0.2], showticklabels=False, ticks="", showgrid=False)
    figure.update_yaxes(range=[low[1] - 0.2, high[1] + 0.2], showticklabels=False, ticks="", showgrid=False)
    figure = themed(figure, 320)
    # Room for three lines of legend below each of them, so that what stands side by side has one height.
    return figure.update_layout(
        legend={"y": 0, "yanchor": "top", "font": {"size": 12}, "entrywidth": 110},
        margin={"t": 4, "b": 68, "autoexpand": False},
    )
