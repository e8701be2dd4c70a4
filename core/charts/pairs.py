"""The figure of strategy against strategy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import plotly.graph_objects as go

from core.charts.theme import INK, SCALE, text, themed
from core.evaluation.paired import Pairs

Cell = Literal["better", "same", "worse", "p_holm"]
CELLS: Mapping[Cell, str] = {
    "better": "Chance that it is better",
    "same": "Chance that it is the same",
    "worse": "Chance that it is worse",
    "p_holm": "Corrected p-value",
}
# Small p-values stand out: the dark end is 0, and from 0.2 on all are pale.
_P_SCALE = [[place, colour] for (place, _), (_, colour) in zip(SCALE, reversed(SCALE), strict=True)]


def pair_heatmap(pairs: Pairs, names: Mapping[str, str], cell: Cell = "better") -> go.Figure:
    """Return strategy against strategy: the row's chance, or the pair's p-value, in each cell.

    Strategies are numbered, rows carry the names, columns the numbers, so that it fits a narrow page.
    Beyond 20 strategies the cells carry no text. Cells without a test are empty.

    See Also
    --------
    core.evaluation.paired.compare_pairs : Makes the pairs.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.evaluation.paired import compare_pairs
    >>> run = sample_run()
    >>> figure = pair_heatmap(compare_pairs(run.comparison, run.plan.split, "f1"), run.names)
    >>> figure.data[0].y, figure.data[0].text
    (('1 · Plain network', '2 · SMOTE'), (['', '8'], ['91', '']))
    """
    values = getattr(pairs, cell)
    probability = cell != "p_holm"
    n = len(pairs.keys)
    rows = [f"{i} · {text(names[key], 34)}" for i, key in enumerate(pairs.keys, 1)]
    columns = [str(i) for i in range(1, n + 1)]
    hover = [[_hover(pairs, names, i, j) for j in range(n)] for i in range(n)]
    cells = [[_text(value, probability) for value in row] for row in values]
    figure = go.Figure(
        go.Heatmap(
            z=values, x=columns, y=rows, text=cells if n <= 20 else None, customdata=hover,
            texttemplate="%{text}" if n <= 20 else None, textfont={"size": 13 if n <= 8 else 11, "color": INK},
            colorscale=SCALE if probability else _P_SCALE, zmin=0, zmax=1 if probability else 0.2, xgap=2, ygap=2,
            hovertemplate="%{customdata}<extra></extra>", hoverongaps=False, showscale=False,
        )
    )  # fmt: skip
    figure.update_xaxes(type="category", side="bottom", showgrid=False, title="Against the strategy with this number")
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False)
    return themed(figure, 110 + max(34, 300 // n) * n, legend=False)


def _text(value: float, probability: bool) -> str:
    if np.isnan(value):
        return ""
    if probability:
        return f"{100 * value:.0f}"
    return "<.001" if value < 0.001 else "1" if value > 0.995 else f"{value:.2f}".lstrip("0")


def _hover(pairs: Pairs, names: Mapping[str, str], i: int, j: int) -> str:
    first, second = (text(names[pairs.keys[place]], 40) for place in (i, j))
    if i == j:
        return first
    head = f"{first} against {second}<br>mean difference {pairs.difference[i, j]:+.3f}"
    if np.isnan(pairs.p[i, j]):
        return f"{head}<br>no test"
    return (
        f"{head}<br>better {pairs.better[i, j]:.1%}, same {pairs.same[i, j]:.1%}, worse {pairs.worse[i, j]:.1%}"
        f"<br>p = {pairs.p[i, j]:.3g}, corrected for all pairs {pairs.p_holm[i, j]:.3g}"
    )
