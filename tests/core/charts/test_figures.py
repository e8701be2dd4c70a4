"""Colours that can be read: the text on a heat map's cells, and the marks on the page."""

from __future__ import annotations

import itertools
import re

import numpy as np
import plotly.graph_objects as go
import pytest

from core.charts.figures import COLOURS, SCALE
from core.charts.finished import finished
from core.charts.pairs import _P_SCALE
from core.charts.palette import INK, PAPER


def rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)], float)


def contrast(one: np.ndarray, other: np.ndarray) -> float:
    """Return WCAG 2's contrast ratio of two sRGB colours, 0 to 255."""

    def luminance(colour: np.ndarray) -> float:
        part = colour / 255
        linear = np.where(part <= 0.03928, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scale", [SCALE, _P_SCALE])
def test_a_heat_map_has_no_jump(scale: list[list[object]]) -> None:
    places = [float(str(place)) for place, _ in scale]
    assert places == sorted(set(places))


@pytest.mark.parametrize(("page", "ink"), [("#FFFFFF", INK), ("#101817", PAPER)])
@pytest.mark.parametrize("scale", [SCALE, _P_SCALE])
def test_text_on_every_cell_of_a_heat_map_has_a_contrast_of_aa(scale: list[list[object]], page: str, ink: str) -> None:
    stops = [(float(str(place)), shade) for place, shade in scale]
    for (low, first), (high, second) in itertools.pairwise(stops):
        if high > low:
            *colour, thin = np.array(re.findall(r"[\d.]+", str(first)), float)
            thick = float(re.findall(r"[\d.]+", str(second))[-1])
            for opacity in np.linspace(thin, thick, 101):
                cell = opacity * np.array(colour) + (1 - opacity) * rgb(page)
                assert contrast(cell, rgb(ink)) >= 4.5


@pytest.mark.parametrize("page", ["#FFFFFF", "#101817"])
def test_marks_of_strategies_stand_out_from_both_pages(page: str) -> None:
    """WCAG 2 asks 3 of graphical objects."""
    for colour in COLOURS:
        assert contrast(rgb(colour), rgb(page)) >= 3, colour


def test_what_is_sent_of_a_finished_figure_is_worked_out_once() -> None:
    figure = go.Figure(go.Bar(y=[1, 2]))
    before = figure.to_dict()
    assert finished(figure).to_dict() == before
    assert finished(figure).to_dict() is finished(figure).to_dict()
