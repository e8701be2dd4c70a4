"""The numbers of any figure as a table, for those who cannot see it or want to copy them."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.words import distinct

_TAG = re.compile(r"<[^>]+>")


def figure_table(figure: go.Figure) -> pd.DataFrame:
    """Return what a figure draws, one row per mark; a single heat map keeps its rows and columns.

    Notes
    -----
    Lines without a name and a hover text are guides, such as the diagonal of a ROC curve, and are left out; so is
    what only explains a symbol.

    Examples
    --------
    >>> figure = go.Figure(go.Bar(x=["SMOTE", "Focal loss"], y=[0.8, 0.7], name="F1"))
    >>> figure_table(figure.update_yaxes(title="Value")).to_dict("list")
    {'Series': ['F1', 'F1'], 'x': ['SMOTE', 'Focal loss'], 'Value': [0.8, 0.7]}
    """
    maps = [trace for trace in figure.data if trace.type == "heatmap"]
    if len(maps) == 1 and len(figure.data) == 1:
        return _matrix(figure, maps[0])
    parts = [_heat(figure, trace) if trace.type == "heatmap" else _marks(figure, trace) for trace in figure.data]
    parts = [part for part in parts if len(part)]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    if "Series" in table and table["Series"].nunique() < 2 and not table["Series"].astype(bool).any():
        table = table.drop(columns="Series")
    return table


def _matrix(figure: go.Figure, trace: go.Heatmap) -> pd.DataFrame:
    values = np.asarray(trace.z, float)
    across = _ticked(figure, trace, "x", _places(trace.x, values.shape[1]))
    down = _ticked(figure, trace, "y", _places(trace.y, values.shape[0]))
    if trace.text is not None:  # what stands in the cells says more than their colour
        values = np.array([[_words(cell) for cell in row] for row in trace.text], object)
    table = pd.DataFrame(values, columns=distinct(across))
    table.insert(0, _title(figure, trace, "y"), pd.Series(down), allow_duplicates=True)
    return table


def _heat(figure: go.Figure, trace: go.Heatmap) -> pd.DataFrame:
    table = _matrix(figure, trace)
    head = str(table.columns[0])
    long = table.melt(id_vars=[head], var_name=_title(figure, trace, "x"), value_name="Value")
    long.insert(0, "Series", _words(trace.name))
    return long


def _marks(figure: go.Figure, trace: go.Scatter) -> pd.DataFrame:
    x, y = getattr(trace, "x", None), getattr(trace, "y", None)
    if x is None or y is None or (trace.hoverinfo == "skip" and (not trace.name or set(x) <= {None})):
        return pd.DataFrame()
    across, down = _title(figure, trace, "x"), _title(figure, trace, "y")
    down = down if down != across else f"{down} (y)"
    n = min(len(x), len(y))
    columns: dict[str, Sequence[object]] = {
        "Series": [_words(trace.name)] * n,
        across: _ticked(figure, trace, "x", list(x)[:n]),
        down: _ticked(figure, trace, "y", list(y)[:n]),
    }
    for axis, values in (("x", x), ("y", y)):
        error = getattr(trace, f"error_{axis}", None)
        if error is not None and error.array is not None:
            up = np.asarray(error.array, float)
            low = up if error.arrayminus is None else np.asarray(error.arrayminus, float)
            middle = np.asarray(values, float)
            columns |= {"From": (middle - low).tolist(), "To": (middle + up).tolist()}
    return pd.DataFrame(columns)


def _title(figure: go.Figure, trace: go.Scatter, axis: str) -> str:
    title = _axis(figure, trace, axis).title.text
    return _words(title) or axis


def _axis(figure: go.Figure, trace: go.Scatter, axis: str) -> go.layout.XAxis:
    which = getattr(trace, f"{axis}axis", None) or axis
    return figure.layout[f"{axis}axis{which[1:]}"]


def _ticked(figure: go.Figure, trace: go.Scatter, axis: str, places: Sequence[object]) -> list[object]:
    """Return places as the words that stand at them, where an axis has words."""
    shown = _axis(figure, trace, axis)
    words: Mapping[object, str] = {}
    if shown.ticktext is not None and shown.tickvals is not None and len(shown.tickvals):
        words = dict(zip(shown.tickvals, shown.ticktext, strict=False))
    named = [words.get(place, place) for place in places]
    if words and not set(places) & set(words):
        named = list(places)
    return [_words(one) if isinstance(one, str) else one for one in named]


def _places(places: Sequence[object] | None, n: int) -> list[object]:
    return list(range(1, n + 1)) if places is None else list(places)


def _words(text: object) -> str:
    return "" if text is None else html.unescape(_TAG.sub(" ", str(text))).strip()
