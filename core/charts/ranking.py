"""Figures of several tables at once: the critical-difference diagram and the heat map."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from scipy.stats import rankdata

from core.charts.theme import COLOURS, GREY, INK, SCALE, strategy_styles, text, themed
from core.evaluation.ranking import Ranking

_ROW = 30
_NAME = 24


def critical_difference(ranking: Ranking, names: Mapping[str, str]) -> go.Figure:
    """Return mean ranks along one axis; a bar joins strategies that the tests do not tell apart.

    The diagram of Demšar (2006) with all names on one side, so that it also fits on a phone. A bar has
    a dot at each of its members: it may pass over a strategy that does not belong to it.

    Parameters
    ----------
    ranking : Ranking
        With at least one ranked table.
    names : mapping of str to str
        Strategies' names by key.

    See Also
    --------
    score_map : The figures behind the ranks.

    Examples
    --------
    >>> from core.evaluation.ranking import rank
    >>> plain = pd.Series([0.5, 0.6, 0.4], ["a", "b", "c"])
    >>> means = pd.DataFrame({"plain": plain, "smote": plain + 0.1, "focal": plain - 0.1})
    >>> figure = critical_difference(rank(means, higher_is_better=True), {key: key for key in means})
    >>> figure.layout.yaxis.ticktext
    ('smote  <b>1.00</b>', 'plain  <b>2.00</b>', 'focal  <b>3.00</b>')
    """
    means = ranking.mean_ranks
    styles = strategy_styles(list(ranking.scores.columns))
    # Rows count downwards from the axis: first the bars, then one row per strategy.
    first = 0.55 * len(ranking.groups) + 0.8
    figure = go.Figure()
    for i, group in enumerate(ranking.groups):
        at = 0.55 * (i + 1)
        figure.add_scatter(
            x=[means[key] for key in group], y=[at] * len(group), mode="lines+markers", hoverinfo="skip",
            line={"color": COLOURS[0], "width": 5}, marker={"color": COLOURS[0], "size": 10},
        )  # fmt: skip
    places = {key: first + i for i, key in enumerate(means.index)}
    for key, mean in means.items():
        style, name = styles[str(key)], text(names[str(key)])
        figure.add_scatter(
            x=[0, mean, mean], y=[places[key], places[key], 0], mode="lines+markers",
            line={"color": style.colour, "width": 1.5},
            marker={"color": style.colour, "symbol": style.symbol, "size": [0, 10, 0]},
            hovertemplate=f"{name}<br>mean rank {mean:.2f}<extra></extra>",
        )  # fmt: skip
    k = len(means)
    figure.update_xaxes(
        title={"text": "Mean rank: 1 is best", "standoff": 4}, side="top", range=[0.6, k + 0.4], showgrid=False,
        tickvals=list(range(1, k + 1)), ticks="inside", showline=True, linecolor=GREY,
    )  # fmt: skip
    figure.update_yaxes(
        range=[first + k - 0.4, 0], tickvals=list(places.values()), showgrid=False,
        ticktext=[f"{text(names[str(key)], _NAME)}  <b>{mean:.2f}</b>" for key, mean in means.items()],
    )  # fmt: skip
    figure = themed(figure, 100 + round(_ROW * (first + k)), legend=False)
    return figure.update_layout(margin={"t": 64})


def score_map(scores: pd.DataFrame, names: Mapping[str, str], metric: str, *, higher_is_better: bool) -> go.Figure:
    """Return a metric of every strategy on every table, coloured by its rank on that table.

    Tables differ in how hard they are, so the colour compares within a table: dark is best. The longer
    side runs down the page.

    Parameters
    ----------
    scores : DataFrame
        One row per table, one column per strategy; nan where a strategy has no result.
    metric : str
        The metric's name as a person reads it.

    See Also
    --------
    critical_difference : The mean ranks.

    Examples
    --------
    >>> means = pd.DataFrame({"plain": [0.5, 0.6], "smote": [0.6, 0.55]}, ["people", "loans"])
    >>> figure = score_map(means, {"plain": "Plain", "smote": "SMOTE"}, "F1", higher_is_better=True)
    >>> figure.data[0].text.tolist()
    [['0.500', '<b>0.600</b>'], ['<b>0.600</b>', '0.550']]
    """
    values = scores.to_numpy(float)
    ranks = rankdata(np.round(-values if higher_is_better else values, 9), axis=1, nan_policy="omit")
    known = np.isfinite(values).sum(axis=1, keepdims=True)
    shade = np.where(known > 1, (known - ranks) / np.maximum(known - 1, 1), np.where(np.isnan(ranks), np.nan, 0.5))
    best = (ranks == np.nanmin(ranks, axis=1, keepdims=True)) & (known > 1) if values.size else ranks
    rows = _unique([text(name, _NAME) for name in scores.index])
    columns = _unique([text(names[key], _NAME) for key in scores.columns])
    down = len(columns) > len(rows)
    across = len(rows) if down else len(columns)
    places = 3 if across <= 4 else 2
    written = np.where(np.isnan(values), "–", np.char.mod(f"%.{places}f", values))
    cells = np.where(best, np.char.add(np.char.add("<b>", written), "</b>"), written)
    hover = np.where(np.isnan(values), "no result", np.char.mod("%.4f", values))
    z, shown, precise, ranked = (part.T if down else part for part in (shade, cells, hover, ranks))
    x, y = (rows, columns) if down else (columns, rows)
    figure = go.Figure(
        go.Heatmap(
            z=z, x=x, y=y, text=shown if across <= 8 else None, texttemplate="%{text}" if across <= 8 else None,
            customdata=np.dstack([precise, np.where(np.isnan(ranked), "–", np.char.mod("%.1f", ranked))]),
            hovertemplate="%{y}, %{x}<br>"
            f"{text(metric)} %{{customdata[0]}}, rank %{{customdata[1]}}<extra></extra>",
            colorscale=SCALE, zmin=0, zmax=1, xgap=2, ygap=2,
            textfont={"size": 13 if across <= 4 else 11, "color": INK},
            colorbar={"tickvals": [0, 1], "ticktext": ["last on its table", "best"], "orientation": "h", "len": 0.5,
                      "thickness": 10, "y": 1.0, "yref": "container", "yanchor": "top", "x": 0, "xanchor": "left"},
        )
    )  # fmt: skip
    figure.update_xaxes(type="category", side="bottom", tickangle=-45 if across > 2 else 0, showgrid=False)
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False)
    figure = themed(figure, 190 + _ROW * len(y), legend=False)
    return figure.update_layout(margin={"t": 70})


def _unique(labels: list[str]) -> list[str]:
    """Return labels that differ, since Plotly would draw two equal ones as one."""
    return [label if labels.index(label) == i else f"{label} ({i + 1})" for i, label in enumerate(labels)]
