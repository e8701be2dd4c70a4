"""How the tests are shared out where several processes run them."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from xdist.scheduler import LoadScopeScheduling


class ByFile(LoadScopeScheduling):
    """A file's tests stay together, as they share what they train; so do all that drive a browser.

    Chromium keeps more than one core busy: two at once make each test several times as slow.
    """

    def _split_scope(self, nodeid: str) -> str:
        return "browser" if nodeid.startswith("tests/browser/") else nodeid.split("::", 1)[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling:
    return ByFile(config, log)


@pytest.fixture(scope="session", autouse=True)
def state_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what the app keeps for its account out of the account of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COUNTERWEIGHT_STATE", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(scope="module", autouse=True)
def earlier_objects_left_alone() -> None:
    """Keep what earlier files made out of garbage collections: graphs of networks make each several times as long."""
    gc.collect()
    gc.freeze()
