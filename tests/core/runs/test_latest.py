"""One version is kept, and made once."""

from __future__ import annotations

import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.runs.latest import Latest


class Made:
    pass


def test_a_new_version_lets_the_former_go() -> None:
    latest = Latest(Made)
    first = weakref.ref(latest.of(("a",)))
    assert latest.of(("a",)) is first()
    second = latest.of(("a", "b"))
    gc.collect()
    assert first() is None
    assert latest.of(("a", "b")) is second


def test_who_asks_at_the_same_time_gets_the_same() -> None:
    together = threading.Barrier(4)
    versions: list[Made] = []

    def make() -> Made:
        versions.append(Made())
        return versions[-1]

    latest = Latest(make)

    def ask(_: int) -> Made:
        together.wait()
        return latest.of("v")

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(ask, range(4)))) == 1
    assert len(versions) == 1


def test_what_could_not_be_made_is_tried_again() -> None:
    errors = [OSError("gone")]

    def make() -> Made:
        if errors:
            raise errors.pop()
        return Made()

    latest = Latest(make)
    with pytest.raises(OSError, match="gone"):
        latest.of("v")
    assert isinstance(latest.of("v"), Made)
