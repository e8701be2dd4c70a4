"""What a process may use of its machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from core import machine


def test_a_container_limits_the_free_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_CGROUPS", tmp_path)
    here = machine.free_memory()
    (tmp_path / "memory.stat").write_text("anon 1500000\ninactive_file 0\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert machine.free_memory() == pytest.approx(here, rel=0.5)
    (tmp_path / "memory.max").write_text("5000000\n")
    (tmp_path / "memory.current").write_text("2000000\n")
    assert machine.free_memory() == 3_000_000
    (tmp_path / "memory.stat").write_text("anon 1500000\ninactive_file 500000\n")
    assert machine.free_memory() == 3_500_000


def test_libraries_that_are_loaded_late_start_no_threads_either() -> None:
    code = """
from core.machine import single_threaded
from threadpoolctl import threadpool_info
with single_threaded():
    from sklearn.ensemble import HistGradientBoostingClassifier
    HistGradientBoostingClassifier(max_iter=1).fit([[0], [1]] * 9, [0, 1] * 9)
    pools = threadpool_info()
assert any(pool["user_api"] == "openmp" for pool in pools), pools
assert all(pool["num_threads"] == 1 for pool in pools), pools
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).resolve().parents[2])
