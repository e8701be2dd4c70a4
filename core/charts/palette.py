"""The colours and marks of every figure, without Plotly: the first page draws before that is imported."""

from __future__ import annotations

# Paul Tol's "bright" and Okabe & Ito's colours that keep contrast on white and on near-black.
COLOURS = ("#4477AA", "#E2691F", "#228833", "#CC3377", "#AA8800", "#009E9E", "#9966CC", "#BB5544", "#7A7A7A", "#5588EE")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star", "triangle-down")
PATTERNS = ("", "/", "x", ".", "\\", "-", "|", "+")
GREY = "#8A8A8A"
# One hue, without a jump, more of it the more there is: low values lie close to the page, be it white or near-black.
# Text on it has a contrast of 4.5 on every shade: INK on white pages, PAPER, which the app's style sets, on dark ones.
SCALE = [[0.0, "rgba(76,143,203,0.16)"], [1.0, "rgba(76,143,203,0.8)"]]
INK, PAPER = "#0E1B2A", "#FFFFFF"
