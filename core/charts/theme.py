"""One theme for every figure: it reads on light and dark pages and for colour-blind readers.

Backgrounds are transparent and text has no fixed colour: Streamlit's theme gives both. Strategies
differ by colour, dash and symbol, classes by place. Column and class names are data: they pass
through :func:`text` before they reach a figure, since Plotly reads labels as a kind of HTML.
"""

from __future__ import annotations

import html
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from zlib import crc32

import plotly.graph_objects as go

from core.charts.palette import COLOURS, DASHES, GREY, INK, PATTERNS, SCALE, SYMBOLS
from core.strategies.presets import PRESETS

__all__ = [
    "COLOURS", "CONFIG", "DASHES", "GREY", "INK", "PATTERNS", "SCALE", "SYMBOLS", "Style", "matrix_height",
    "strategy_styles", "text", "themed",
]  # fmt: skip

#: For ``st.plotly_chart(config=...)`` and for pages: the toolbar's camera saves a sharp PNG.
CONFIG: Mapping[str, object] = {
    "displaylogo": False,
    "toImageButtonOptions": {"format": "png", "scale": 2, "filename": "counterweight"},
    "modeBarButtonsToRemove": ["lasso2d", "select2d", "autoScale2d"],
}


@dataclass(frozen=True)
class Style:
    """How a strategy looks in every figure.

    See Also
    --------
    strategy_styles : Gives each strategy one.

    Examples
    --------
    >>> strategy_styles(["plain"])["plain"]
    Style(colour='#4477AA', dash='solid', symbol='circle', pattern='')
    """

    colour: str
    dash: str
    symbol: str
    pattern: str


@cache
def _homes() -> Mapping[str, int]:
    """Return every strategy's place among the colours: those of the presets first, as they are drawn most."""
    keys = dict.fromkeys(choice.key for choices in PRESETS.values() for choice in choices)
    return {key: place for place, key in enumerate(keys)}


def strategy_styles(keys: Sequence[str], named: Collection[str] | None = None) -> dict[str, Style]:
    """Return a style for each strategy of a comparison, the same in every figure and, where it can be, in every run.

    A strategy has a colour of its own; it takes the next free one where another strategy of the run has it too. With
    more strategies than colours, the same colour comes again with another dash and symbol. The plain network always
    has the first.

    Parameters
    ----------
    named : collection of str or None
        Those that are drawn in colour: none of them has the colour of another while there are enough.

    Examples
    --------
    >>> styles = strategy_styles(["smote", "plain"])
    >>> styles["plain"].colour == COLOURS[0], styles["smote"] == strategy_styles(["focal", "plain", "smote"])["smote"]
    (True, True)
    >>> many = strategy_styles([str(n) for n in range(60)], named=["1", "2", "3", "4", "5", "6"])
    >>> len({many[key].colour for key in "123456"})
    6
    """
    homes, taken = _homes(), [0] * len(COLOURS)
    styles = {}
    for key in sorted(keys, key=lambda key: homes.get(key.partition("@")[0], len(homes))):
        home = homes.get(key.partition("@")[0], crc32(key.encode()))
        turn = min(taken)
        colour = next(i % len(COLOURS) for i in range(home, home + len(COLOURS)) if taken[i % len(COLOURS)] == turn)
        taken[colour] += 1
        shift = colour + turn * (len(COLOURS) + 1)
        styles[key] = Style(
            COLOURS[colour],
            DASHES[shift % len(DASHES)],
            SYMBOLS[shift % len(SYMBOLS)],
            PATTERNS[shift % len(PATTERNS)],
        )
    worn: list[str] = []
    for key in (key for key in styles if named is not None and key in named):
        free = [colour for colour in COLOURS if colour not in worn]
        if styles[key].colour in worn and free:
            styles[key] = replace(styles[key], colour=free[0])
        worn.append(styles[key].colour)
    return styles


def text(label: object, limit: int = 28) -> str:
    """Return a name as Plotly text that shows as it is written, cut to a length.

    Examples
    --------
    >>> text("<b>income</b> in $"), text("a very long name", limit=8)
    ('&lt;b&gt;income&lt;/b&gt; in &#36;', 'a very …')
    """
    line = " ".join(str(label).split())
    line = line if len(line) <= limit else line[: limit - 1] + "…"
    return html.escape(line, quote=False).replace("$", "&#36;")


def themed(figure: go.Figure, height: int, *, legend: bool = True) -> go.Figure:
    """Return the figure in the app's theme, with a height in pixels.

    Examples
    --------
    >>> figure = themed(go.Figure(), height=300, legend=False)
    >>> figure.layout.height, figure.layout.showlegend
    (300, False)
    """
    figure.update_layout(
        height=height,
        # At the right, half of the last tick's words: what does not fit is left out.
        margin={"l": 8, "r": 28, "t": 36, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        showlegend=legend,
        # Its lines are wide enough for two of the longest dashes.
        # Above the axes: below them, a legend of several lines would lie over the title of the axis.
        legend={
            "orientation": "h",
            "yanchor": "bottom",
            "y": 1.02,
            "x": 0,
            "title": None,
            "itemwidth": 46,
            "tracegroupgap": 0,
        },
        hoverlabel={"align": "left"},
        # Lying, it would cover the names at the end of a legend; upright, it would cover a low figure's marks.
        modebar={"bgcolor": "rgba(0,0,0,0)", "orientation": "v" if legend else "h"},
    )
    figure.update_xaxes(gridcolor="rgba(128,128,128,0.2)", zeroline=False, automargin=True)
    figure.update_yaxes(gridcolor="rgba(128,128,128,0.2)", zeroline=False, automargin=True)
    return figure


def matrix_height(n_classes: int) -> int:
    """Return the height of one confusion matrix in pixels.

    Examples
    --------
    >>> matrix_height(2), matrix_height(18)
    (310, 618)
    """
    return 310 if n_classes <= 3 else max(400, 150 + 26 * n_classes)
