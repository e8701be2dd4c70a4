"""Lines of several strategies over one scale, with bands for their intervals and lines to hold them against."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from core.charts.theme import GREY, strategy_styles, text, themed


@dataclass(frozen=True, eq=False)
class Axis:
    """One axis: its title, how its numbers are written (d3's notation), and its range where it is fixed.

    Examples
    --------
    >>> Axis("Recall", ".0%", (0.0, 1.0)).title
    'Recall'
    """

    title: str
    form: str = ".3f"
    range: tuple[float, float] | None = None


def strategy_lines(
    keys: Sequence[str],
    names: Mapping[str, str],
    x: np.ndarray,
    values: np.ndarray,
    axes: tuple[Axis, Axis],
    *,
    ends: tuple[np.ndarray, np.ndarray] | None = None,
    beside: Mapping[str, tuple[np.ndarray, np.ndarray]] | None = None,
    mark: float | None = None,
    named: Collection[str] | None = None,
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
    mark : float, optional
        Where a vertical line stands.
    named : collection of str, optional
        Strategies in colour, with bands and in the legend; the others are grey. None names all.

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
    styles, figure = strategy_styles(keys), go.Figure()
    every_x = np.broadcast_to(x, values.shape)
    # Grey lines come first, so that they lie below those in colour.
    for i in sorted(range(len(keys)), key=lambda at: named is not None and keys[at] in named):
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
        figure.add_scatter(
            x=every_x[i], y=values[i], mode="lines", name=name, legendgroup=key, showlegend=stands_out,
            line={"color": style.colour, "dash": style.dash, "width": 2} if stands_out else {"color": GREY, "width": 1},
            opacity=1 if stands_out else 0.35,
            hovertemplate=f"{name}<br>{across.title}: %{{x:{across.form}}}<br>{up.title}: %{{y:{up.form}}}"
            "<extra></extra>",
        )  # fmt: skip
    for name, (own_x, own) in (beside or {}).items():
        figure.add_scatter(
            x=own_x, y=own, mode="lines", name=text(name), line={"color": GREY, "dash": "dot", "width": 2},
            hovertemplate=f"{text(name)}<br>%{{x:{across.form}}}, %{{y:{up.form}}}<extra></extra>",
        )  # fmt: skip
    if mark is not None:
        figure.add_vline(mark, line={"dash": "dash", "color": GREY, "width": 1})
    for axis, update in ((across, figure.update_xaxes), (up, figure.update_yaxes)):
        update(title=axis.title, tickformat=axis.form if "%" in axis.form else axis.form.replace("f", "~f"))
        if axis.range is not None:
            update(range=list(axis.range))
    return themed(figure, 440)


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.14)"
