"""Small figures of one column each: its values by class."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.charts.theme import COLOURS, DASHES, PATTERNS, text, themed
from core.data.distributions import Distribution
from core.words import short_number

HEIGHT = 190
# With more, lines and bars cover each other.
_MAX_DRAWN = 4
_ROW = 16
_FEWEST_TICKS, _MOST_TICKS = 2, 4
_DATE = re.compile(r"\d{4}")
_RAMP = [[0.0, "rgba(68,119,170,0.06)"], [1.0, "#4477AA"]]


def column_figure(distribution: Distribution, labels: Sequence[str]) -> go.Figure:
    """Return a column's values by class: steps for numbers and moments, bars for levels and words.

    With more than four classes, one row of shaded cells per class, the largest first.

    See Also
    --------
    core.data.distributions.distribution : What it draws.

    Examples
    --------
    >>> import numpy as np
    >>> shares = np.array([[0.9, 0.1], [0.4, 0.6]])
    >>> shown = Distribution("sex", "levels", ("f", "m"), None, shares, np.zeros(2), np.array([90.0, 10.0]), "")
    >>> [(bars.name, list(bars.x)) for bars in column_figure(shown, ["no", "yes"]).data]
    [('no', [0.9, 0.1]), ('yes', [0.4, 0.6])]
    """
    if len(labels) > _MAX_DRAWN:
        return _cells(distribution, labels)
    if distribution.form in ("levels", "words"):
        return _bars(distribution, labels)
    return _steps(distribution, labels)


def column_in_words(distribution: Distribution, labels: Sequence[str]) -> str:
    """Return what a figure shows to somebody who does not see it: each class's commonest value.

    Examples
    --------
    >>> import numpy as np
    >>> shares = np.array([[0.9, 0.1], [0.4, 0.6]])
    >>> shown = Distribution("sex", "levels", ("f", "m"), None, shares, np.zeros(2), np.array([90.0, 10.0]), "")
    >>> column_in_words(shown, ["no", "yes"])
    'sex by class. Commonest in no: f (90%); in yes: m (60%).'
    """
    commonest = [
        f"in {label}: {distribution.bins[share.argmax()]} ({share.max():.0%})"
        for label, share in zip(labels[:8], distribution.shares, strict=False)
    ]
    return f"{distribution.name} by class. Commonest {'; '.join(commonest)}."


def _steps(distribution: Distribution, labels: Sequence[str]) -> go.Figure:
    figure, bins = go.Figure(), [text(name, 40) for name in distribution.bins]
    is_histogram = distribution.edges is not None
    edges = distribution.edges
    is_even = edges is None or bool(np.allclose(np.diff(edges), edges[1] - edges[0]))
    x = list(distribution.bins) if edges is None else list(edges) if is_even else list(range(len(edges)))
    for code, label in enumerate(labels):
        shares = list(distribution.shares[code])
        figure.add_scatter(
            x=x, y=[*shares, shares[-1]] if is_histogram else shares, mode="lines",
            line_shape="hv" if is_histogram else "linear", fill="tozeroy" if is_histogram else None,
            fillcolor=_faint(COLOURS[code]),
            name=text(label, 16), customdata=[*bins, bins[-1]],
            line={"color": COLOURS[code], "dash": DASHES[code], "width": 1.6},
            hovertemplate=f"{text(label)}: %{{y:.1%}} of its rows<br>%{{customdata}}<extra></extra>",
        )  # fmt: skip
    figure.update_yaxes(tickformat=_percent(distribution), rangemode="tozero", nticks=4)
    figure.update_xaxes(nticks=5)
    if edges is None and not all(_DATE.match(name) for name in distribution.bins):
        figure.update_xaxes(type="category")  # Plotly would make dates of some
    if edges is not None and not is_even:
        places, values = _round_ticks(edges)
        figure.update_xaxes(tickvals=places, ticktext=[short_number(value) for value in values])
    figure.update_yaxes(title=_axis_name("share of its class"))
    return _small(figure, HEIGHT)


def _bars(distribution: Distribution, labels: Sequence[str]) -> go.Figure:
    figure, bins = go.Figure(), [text(name, 18) for name in distribution.bins]
    for code, label in enumerate(labels):
        figure.add_bar(
            x=list(distribution.shares[code]), y=list(range(len(bins))), orientation="h", name=text(label, 16),
            marker={"color": COLOURS[code], "pattern": {"shape": PATTERNS[code], "solidity": 0.35}},
            customdata=[text(name, 40) for name in distribution.bins],
            hovertemplate=f"{text(label)}: %{{x:.1%}} of its rows<br>%{{customdata}}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(tickformat=_percent(distribution), rangemode="tozero", nticks=4)
    figure.update_yaxes(tickvals=list(range(len(bins))), ticktext=bins, autorange="reversed", showgrid=False)
    figure.update_xaxes(title=_axis_name("share of its class"))
    figure.update_layout(bargap=0.25, bargroupgap=0.05)
    return _small(figure, max(HEIGHT, 60 + len(bins) * (6 + 8 * len(labels))))


def _cells(distribution: Distribution, labels: Sequence[str]) -> go.Figure:
    bins, order = [text(name, 40) for name in distribution.bins], np.argsort(-distribution.rows, kind="stable")
    figure = go.Figure(
        go.Heatmap(
            z=distribution.shares[order], x=list(range(len(bins))), y=list(range(len(labels))), colorscale=_RAMP,
            zmin=0, showscale=False, xgap=1, ygap=1,
            customdata=[[f"{text(labels[code])}<br>{name}" for name in bins] for code in order],
            hovertemplate="%{customdata}: %{z:.1%} of its rows<extra></extra>",
        )
    )  # fmt: skip
    if distribution.edges is not None:
        # Between cells, where one ends and the next begins.
        edges = distribution.edges
        if np.allclose(np.diff(edges), edges[1] - edges[0]):
            at = np.unique(np.linspace(0, len(bins), 4).astype(int))
            places, values = [float(place) for place in at], [float(edges[place]) for place in at]
        else:
            places, values = _round_ticks(edges)
        figure.update_xaxes(
            tickvals=[place - 0.5 for place in places], ticktext=[short_number(value) for value in values]
        )
    else:
        at = np.arange(len(bins)) if len(bins) <= 12 else np.unique(np.linspace(0, len(bins) - 1, 5).astype(int))
        figure.update_xaxes(
            tickvals=list(at), ticktext=[text(distribution.bins[place], 12) for place in at],
            tickangle=-40 if 4 < len(bins) <= 12 else 0,
        )  # fmt: skip
    figure.update_xaxes(showgrid=False)
    figure.update_yaxes(
        tickvals=list(range(len(labels))), ticktext=[text(labels[code], 14) for code in order], autorange="reversed",
        showgrid=False, tickfont={"size": 10},
    )  # fmt: skip
    return _small(figure, max(HEIGHT, 70 + _ROW * len(labels)), legend=False)


def _round_ticks(edges: np.ndarray) -> tuple[list[float], list[float]]:
    """Return where among uneven edges, each the same factor above the one before, round numbers lie, and which.

    The first edge is 0; the others begin at the lowest value above it.
    """
    low, high = float(edges[1]), float(edges[-1])
    powers = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    ticks = powers[(powers >= low) & (powers <= high)]
    if len(ticks) < _FEWEST_TICKS:
        ticks = np.sort(np.concatenate([powers, 2 * powers, 5 * powers]))
        ticks = ticks[(ticks >= low) & (ticks <= high)]
    ticks = ticks if len(ticks) else np.array([high])
    places = np.interp(np.log(ticks), np.log(edges[1:]), np.arange(1.0, len(edges)))
    apart = np.flatnonzero(places > (len(edges) - 1) / 8)  # so that the first one does not touch the 0
    apart = apart[:: -(-len(apart) // _MOST_TICKS) or 1]
    return [0.0, *places[apart].tolist()], [float(edges[0]), *ticks[apart].tolist()]


def _axis_name(words: str) -> dict[str, object]:
    return {"text": words, "font": {"size": 11}, "standoff": 4}


def _small(figure: go.Figure, height: int, *, legend: bool = True) -> go.Figure:
    figure = themed(figure, height, legend=legend)
    return figure.update_layout(
        margin={"l": 4, "r": 8, "t": 24 if legend else 6, "b": 4},
        legend={"y": 1.0, "yanchor": "bottom", "font": {"size": 11}},
        hovermode="closest",
    )


def _percent(distribution: Distribution) -> str:
    """Return the format of an axis of shares, with as many figures as tell its marks apart."""
    return ".0%" if distribution.shares.max() > 0.04 else ".1%"


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.12)"
