"""Small figures of columns: axes that can be read."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from core.charts.columns import column_figure
from core.data.distributions import Distribution


def test_a_logarithmic_axis_has_round_numbers_where_they_belong() -> None:
    edges = np.concatenate([[0.0], np.geomspace(1, 4000, 24)])
    shares = np.full((2, 24), 1 / 24)
    bins = tuple(f"{a:g} to {b:g}" for a, b in pairwise(edges))
    shown = Distribution("area", "histogram", bins, edges, shares, np.zeros(2), np.full(2, 9.0), "")
    axis = column_figure(shown, ["no", "yes"]).layout.xaxis
    assert axis.ticktext == ("0", "10", "100", "1,000")
    # Between the edges at these places lie these numbers.
    for place, value in zip(axis.tickvals[1:], (10, 100, 1000), strict=True):
        assert edges[int(place)] <= value <= edges[int(place) + 1]
    narrow = np.concatenate([[0.0], np.geomspace(2, 90, 24)])
    few = replace(shown, edges=narrow)
    assert column_figure(few, ["no", "yes"]).layout.xaxis.ticktext == ("0", "5", "10", "20", "50")
    many = replace(shown, shares=np.full((6, 24), 1 / 24), rows=np.arange(6.0))
    assert column_figure(many, list("abcdef")).layout.xaxis.ticktext == ("0", "10", "100", "1,000")
