"""Values with intervals by slice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from core.charts.theme import COLOURS, SYMBOLS, text, themed


def slice_points(names: Sequence[str], measures: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]]) -> go.Figure:
    """Return one point with its interval per slice and measure, slices down.

    Parameters
    ----------
    measures : mapping
        By name: values, lower and upper ends, each of shape (n_slices,); gaps where they are nan.

    See Also
    --------
    core.evaluation.slices : The values.

    Examples
    --------
    >>> half = np.array([0.5, np.nan])
    >>> figure = slice_points(["young", "old"], {"Recall": (half, half - 0.2, half + 0.2)})
    >>> figure.data[0].name, figure.layout.yaxis.ticktext
    ('Recall', ('young', 'old'))
    """
    figure, y = go.Figure(), np.arange(len(names), dtype=float)
    for place, (name, (value, low, high)) in enumerate(measures.items()):
        shift = 0.24 * (place - (len(measures) - 1) / 2)
        figure.add_scatter(
            x=value, y=y + shift, mode="markers", name=name, customdata=[text(each, 40) for each in names],
            marker={"color": COLOURS[place], "symbol": SYMBOLS[place], "size": 10},
            error_x={"type": "data", "symmetric": False, "array": high - value, "arrayminus": value - low,
                     "thickness": 1.5, "width": 3},
            hovertemplate=f"%{{customdata}}<br>{name} %{{x:.1%}}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(range=[-0.02, 1.02], tickformat=".0%")
    figure.update_yaxes(tickvals=y, ticktext=[text(name, 34) for name in names], autorange="reversed", showgrid=False)
    legend = {"yref": "container", "yanchor": "bottom", "y": 0}
    return themed(figure, 130 + 38 * max(1, len(names))).update_layout(margin_b=84, legend=legend)
