"""The app as a person meets it: a server of its own, and Chromium in two sizes and two themes."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from selenium.webdriver.remote.webdriver import WebDriver

from benchmarks._browser import ROOT, chromium, start_server

__all__ = ["ROOT", "Server"]


@dataclass(frozen=True)
class Server:
    """A running app."""

    url: str
    runs: Path


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    runs = tmp_path_factory.mktemp("browser") / "runs"
    process, url = start_server(runs)
    yield Server(url, runs)
    os.killpg(process.pid, signal.SIGTERM)
    process.wait(20)


@pytest.fixture
def open_browser(tmp_path: Path) -> Iterator[Callable[..., WebDriver]]:
    """Return a function that opens Chromium in a size and theme; all are closed afterwards."""
    opened: list[WebDriver] = []

    def open_one(width: int = 1440, height: int = 900, *, dark: bool = False) -> WebDriver:
        opened.append(chromium(tmp_path / f"profile-{len(opened)}", width, height, dark=dark))
        return opened[-1]

    yield open_one
    for driver in opened:
        driver.quit()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")
