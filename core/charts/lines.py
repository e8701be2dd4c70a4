"""Lines of several strategies over one scale, with bands for their intervals and lines to hold them against."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from core.charts.theme import GREY, strategy_styles, text, themed


@dataclass(frozen=True, eq=False)
class Axis:
    """One axis: its title, how its numbers are written (d3's notation), its range where it is fixed, and its scale.

    Examples
    --------
    >>> Axis("Recall", ".0%", (0.0, 1.0)).title
    'Recall'
    """

    title: str
    form: str = ".3f"
    range: tuple[float, float] | None = None
    log: bool = False


def strategy_lines(
    keys: Sequence[str],
    names: Mapping[str, str],
    x: np.ndarray,
    values: np.ndarray,
    axes: tuple[Axis, Axis],
    *,
    ends: tuple[np.ndarray, np.ndarray] | None = None,
    beside: Mapping[str, tuple[np.ndarray, np.ndarray]] | None = None,
    mark: tuple[float, str] | None = None,
    named: Collection[str] | None = None,
    front: str | None = None,
) -> go.Figure:
    """Return one line per strategy.

    Parameters
    ----------
    x : ndarray, shape (n_points,) or (n_strategies, n_points)
    values : ndarray, shape (n_strategies, n_points)
        Gaps where they are nan.
    axes : pair of Axis
        Across and up.
    ends : pair of ndarray, shape (n_strategies, n_points), optional
        Lower and upper ends of intervals, drawn as bands.
    beside : mapping of names to (x, values), optional
        Grey lines that strategies are held against.
    mark : (float, str), optional
        Where a vertical line stands, and what it says.
    named : collection of str, optional
        Strategies in colour, with bands and in the legend; the others are grey. None names all.
    front : str, optional
        The strategy whose line lies above all others, which it may coincide with.

    Examples
    --------
    >>> names = {"plain": "Plain network", "smote": "SMOTE"}
    >>> x, values = np.array([0.0, 1.0]), np.array([[0.0, 0.6], [0.0, 0.9]])
    >>> axes = (Axis("Share of rows"), Axis("Recall"))
    >>> figure = strategy_lines(["plain", "smote"], names, x, values, axes, beside={"by chance": (x, x)})
    >>> [line.name for line in figure.data]
    ['Plain network', 'SMOTE', 'by chance']
    """
    across, up = axes
    styles, figure = strategy_styles(keys, named), go.Figure()
    every_x = np.broadcast_to(x, values.shape)
    for i in drawing_order(keys, named, front):
        key = keys[i]
        style, name, stands_out = styles[key], text(names[key]), named is None or key in named
        if stands_out and ends is not None and np.isfinite(ends[0][i]).any():
            known = np.isfinite(ends[0][i]) & np.isfinite(ends[1][i])
            figure.add_scatter(
                x=np.concatenate([every_x[i][known], every_x[i][known][::-1]]),
                y=np.concatenate([ends[0][i][known], ends[1][i][known][::-1]]),
                fill="toself", fillcolor=_faint(style.colour), line={"width": 0}, mode="lines", hoverinfo="skip",
                legendgroup=key, showlegend=False, name=name,
            )  # fmt: skip
        look = {"color": style.colour, "dash": style.dash, "width": 2} if stands_out else {"color": GREY, "width": 1}
        figure.add_scatter(
            x=every_x[i], y=values[i], mode="lines", name=name, showlegend=stands_out,
            # Groups, which a legend does not align, only where a band belongs to the line.
            legendgroup=None if ends is None else key,
            legendrank=1 + i, line=look, opacity=1 if stands_out else 0.35,
            hovertemplate=f"{name}<br>{across.title}: %{{x:{across.form}}}<br>{up.title}: %{{y:{up.form}}}"
            "<extra></extra>",
        )  # fmt: skip
    for (name, (own_x, own)), dash in zip((beside or {}).items(), itertools.cycle(("dot", "dash"))):
        figure.add_scatter(
            x=own_x, y=own, mode="lines", name=text(name), line={"color": GREY, "dash": dash, "width": 2},
            hovertemplate=f"{text(name)}<br>%{{x:{across.form}}}, %{{y:{up.form}}}<extra></extra>",
        )  # fmt: skip
    if mark is not None:
        at, said = mark
        left = at <= (float(np.nanmin(x)) + float(np.nanmax(x))) / 2
        figure.add_vline(at, line={"dash": "longdash", "color": GREY, "width": 1})
        # Above the lines, none of which it crosses there.
        figure.add_annotation(
            x=math.log10(at) if across.log else at, y=1, yref="y domain", yanchor="bottom", text=text(said, 40),
            xanchor="left" if left else "right", showarrow=False, font={"size": 11},
        )  # fmt: skip
    for axis, update in ((across, figure.update_xaxes), (up, figure.update_yaxes)):
        update(title=axis.title, tickformat=axis.form.replace("f", "~f").replace("%", "~%"))
        if axis.range is not None:
            update(range=list(axis.range))
        if axis.log:
            update(type="log")
    figure = themed(figure, 440)
    return figure if mark is None else figure.update_layout(legend_y=1.06)


def drawing_order(keys: Sequence[str], named: Collection[str] | None, front: str | None) -> list[int]:
    """Return the places of strategies in the order in which they are drawn: grey ones lowest, one on top.

    Examples
    --------
    >>> drawing_order(["plain", "smote", "focal"], ["plain", "smote"], "plain")
    [2, 1, 0]
    """
    return sorted(range(len(keys)), key=lambda at: (named is None or keys[at] in named, keys[at] == front))


def decades(low: float, high: float, form: str = ",") -> dict[str, object]:
    """Return the range and the ticks of a logarithmic axis, one tick a decade, and three where there are few decades.

    Parameters
    ----------
    low, high : float
        The least and the greatest value to show, above 0.
    form : str
        How ticks are written: Python's notation, with ``%`` for per cent.

    Examples
    --------
    >>> decades(0.00002, 0.9, "%")["ticktext"], decades(3, 900)["ticktext"]
    (['0.01%', '0.1%', '1%', '10%', '100%'], ['10', '100', '1,000'])
    >>> decades(0.0000002, 0.9, "%")["ticktext"]  # every second one, so that a phone has room for them
    ['0.0001%', '', '0.01%', '', '1%', '', '100%']
    >>> decades(3, 30)["ticktext"]
    ['2', '5', '10', '20']
    """
    ends = [math.log10(low) - 0.15, math.log10(high) + 0.05]
    powers = range(math.floor(ends[0]) - 1, math.ceil(ends[1]) + 2)
    steps = (1,) if ends[1] - ends[0] > 2 else (1, 2, 5)
    ticks = [step * 10.0**power for power in powers for step in steps]
    # Just beyond the ends as well, so that 100% shows above a value of 0.9.
    shown = [tick for tick in ticks if ends[0] - 0.1 <= math.log10(tick) <= ends[1] + 0.1]
    texts = [f"{100 * tick:.10g}%" if form == "%" else f"{tick:,.10g}" for tick in shown]
    if len(texts) > 5:
        texts = [text if (len(texts) - at) % 2 else "" for at, text in enumerate(texts)]
    spread = [min(ends[0], *map(math.log10, shown)), max(ends[1], *map(math.log10, shown))]
    return {"range": spread, "tickmode": "array", "tickvals": shown, "ticktext": texts}


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.14)"
