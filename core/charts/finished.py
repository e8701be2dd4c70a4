"""Figures that nothing changes any more: what is sent of them, and how wide they must be, is worked out once."""

from __future__ import annotations

import html
from functools import cached_property

import plotly.graph_objects as go

# Of a letter, in parts of its font's size; and what stands around the letters of a cell, and beside the names.
_LETTER, _AROUND, _BESIDE = 0.56, 8, 40
_AXIS_FONT = 12


class Finished(go.Figure):
    """A figure that is not changed any more.

    See Also
    --------
    finished : Makes one.

    Examples
    --------
    >>> finished(go.Figure(go.Bar(y=[1, 2]))).least_width
    0
    """

    # A page sends its figures anew in every run, and copying and encoding a large one takes 20 ms each time.
    @cached_property
    def _sent(self) -> dict[str, object]:
        return super().to_dict()

    def to_dict(self) -> dict[str, object]:
        return self._sent

    @cached_property
    def least_width(self) -> int:
        """So many pixels make room for the words in a heat map's cells and beside them; 0 where there are none."""
        return max((self._least(trace) for trace in self.data if trace.type == "heatmap"), default=0)

    def _least(self, trace: go.Heatmap) -> int:
        if trace.texttemplate is None:
            return 0
        rows = [["0.00"]] if trace.text is None else trace.text
        longest = max(len(html.unescape(line)) for row in rows for cell in row for line in str(cell).split("<br>"))
        names = self.layout.yaxis.ticktext or trace.y
        beside = max((len(html.unescape(str(name))) for name in names), default=0)
        cell = _LETTER * (trace.textfont.size or _AXIS_FONT) * longest + _AROUND
        return round(len(trace.x) * cell + _LETTER * _AXIS_FONT * beside + _BESIDE)


def finished(figure: go.Figure) -> Finished:
    """Mark a figure that is not changed any more, so that what is sent of it is worked out once.

    Notes
    -----
    The figure itself is marked: a copy would be checked again, property by property, which takes longer still.

    Examples
    --------
    >>> figure = finished(go.Figure(go.Bar(y=[1, 2])))
    >>> figure.to_dict() is finished(figure).to_dict(), isinstance(figure, go.Figure)
    (True, True)
    """
    if not isinstance(figure, Finished):
        figure.__class__ = Finished
    return figure
