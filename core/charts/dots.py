"""Strategies ranked by one metric, as dots with intervals: what replaces bars where there are many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from core.charts.theme import COLOURS, GREY, SYMBOLS, text, themed

_ROW = 24


def ranked_dots(
    keys: Sequence[str],
    names: Mapping[str, str],
    values: np.ndarray,
    ends: tuple[np.ndarray, np.ndarray],
    title: str,
    plain: Sequence[str] = (),
    recommended: str | None = None,
) -> go.Figure:
    """Return one dot with its interval per strategy, in the order given, the first on top.

    Parameters
    ----------
    keys : sequence of str
        Strategies, best first.
    values : ndarray, shape (n_strategies,)
    ends : pair of ndarray, shape (n_strategies,)
        Lower and upper ends; nan leaves a whisker out.
    plain : sequence of str
        Those that balance nothing: the others are held against them, by a dotted line through the first of them.
    recommended : str, optional
        The one with a star.

    See Also
    --------
    core.evaluation.comparison.Comparison.ranked : The order.

    Examples
    --------
    >>> names = {"plain": "Plain network", "smote": "SMOTE"}
    >>> values = np.array([0.8, 0.6])
    >>> figure = ranked_dots(["smote", "plain"], names, values, (values - 0.1, values + 0.1), "F1", plain=["plain"])
    >>> list(figure.layout.yaxis.ticktext), [dot.symbol for dot in [figure.data[0].marker]][0]
    (['SMOTE', 'Plain network'], ('circle', 'diamond'))
    """
    places, low, high = np.arange(len(keys)), *ends
    colours = [COLOURS[1] if key in plain else COLOURS[0] for key in keys]
    symbols = ["star" if key == recommended else SYMBOLS[2] if key in plain else SYMBOLS[0] for key in keys]
    spans = [
        f"{a:.3f} to {b:.3f}" if np.isfinite(a) and np.isfinite(b) else "no interval"
        for a, b in zip(low, high, strict=True)
    ]
    figure = go.Figure(
        go.Scatter(
            x=values, y=places, mode="markers", customdata=[[text(names[key], 60), span] for key, span in
                                                            zip(keys, spans, strict=True)],
            # Of different sizes, Plotly would let the whiskers show through.
            marker={"opacity": 1, "color": colours, "symbol": symbols,
                    "size": [14 if key == recommended else 10 for key in keys]},
            error_x={"type": "data", "symmetric": False, "array": np.nan_to_num(high - values),
                     "arrayminus": np.nan_to_num(values - low), "color": GREY, "thickness": 1.5, "width": 3},
            hovertemplate="%{customdata[0]}<br>%{x:.3f} (%{customdata[1]})<extra></extra>",
        )
    )  # fmt: skip
    base = next((value for key, value in zip(keys, values, strict=True) if key in plain and np.isfinite(value)), None)
    if base is not None:
        figure.add_vline(base, line={"dash": "dot", "color": GREY, "width": 1.5})
    figure.update_xaxes(title=title, side="top")
    figure.update_yaxes(
        tickvals=places, ticktext=[text(names[key], 30) for key in keys], range=[len(keys) - 0.4, -0.6], showgrid=True
    )
    return themed(figure, 90 + _ROW * max(2, len(keys)), legend=False).update_layout(margin_t=64)
