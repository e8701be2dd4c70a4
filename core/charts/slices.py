"""Values with intervals by slice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from core.charts.lines import Axis
from core.charts.theme import COLOURS, SYMBOLS, strategy_styles, text, themed


def slice_points(
    names: Sequence[str],
    measures: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]],
    across: Axis | None = None,
    keys: Sequence[str] = (),
) -> go.Figure:
    """Return one point with its interval per slice and measure, slices down.

    Parameters
    ----------
    measures : mapping
        By name: values, lower and upper ends, each of shape (n_slices,); gaps where they are nan.
    across : Axis or None
        Of the values; None for shares.
    keys : sequence of str
        Strategies that the measures are of, which then have their colours.

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
    axis = across or Axis("", ".1%", (-0.02, 1.02))
    of_key = strategy_styles(keys)
    styles = [of_key[key] for key in keys]
    step = min(0.24, 0.8 / max(1, len(measures)))
    for place, (name, (value, low, high)) in enumerate(measures.items()):
        shift = step * (place - (len(measures) - 1) / 2)
        figure.add_scatter(
            x=value, y=y + shift, mode="markers", name=text(name), customdata=[text(each, 40) for each in names],
            marker={"color": styles[place].colour if keys else COLOURS[place],
                    "symbol": styles[place].symbol if keys else SYMBOLS[place], "size": 9},
            error_x={"type": "data", "symmetric": False, "array": high - value, "arrayminus": value - low,
                     "thickness": 1.5, "width": 3},
            hovertemplate=f"%{{customdata}}<br>{text(name)} %{{x:{axis.form}}}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(title=axis.title, range=axis.range, tickformat=".0%" if across is None else None)
    figure.update_yaxes(tickvals=y, ticktext=[text(name, 34) for name in names], autorange="reversed", showgrid=False)
    legend = {"yref": "container", "yanchor": "bottom", "y": 0}
    return themed(figure, 130 + max(38, 14 * len(measures)) * max(1, len(names))).update_layout(
        margin_b=84, legend=legend
    )
