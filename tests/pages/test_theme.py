"""The theme's colours: text on all of its grounds reaches the contrast of WCAG's AA, in light and in dark."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from pages._frame import ON_ACCENT
from tests.core.charts.test_figures import contrast, rgb

CONFIG = Path(__file__).resolve().parents[2] / ".streamlit" / "config.toml"
THEMES = tomllib.loads(CONFIG.read_text())["theme"]


@pytest.mark.parametrize("name", ["light", "dark"])
def test_text_reaches_aa_on_every_ground(name: str) -> None:
    theme = THEMES[name]
    for ground in (theme["backgroundColor"], theme["secondaryBackgroundColor"]):
        for role in ("textColor", "linkColor", "primaryColor"):
            assert contrast(rgb(theme[role]), rgb(ground)) >= 4.5, (role, ground)
        for role, opacity in (("textColor", 0.8), ("linkColor", 0.9)):  # in captions
            faded = opacity * rgb(theme[role]) + (1 - opacity) * rgb(ground)
            assert contrast(faded, rgb(ground)) >= 4.5, (role, ground)
    assert contrast(rgb(ON_ACCENT[name]), rgb(theme["primaryColor"])) >= 4.5
