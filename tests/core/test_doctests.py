"""The examples in docstrings run."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
#: Its example trains, and runs in the tests of its module.
TRAINING = "core.estimator"


def modules_with_examples() -> list[str]:
    sources = [path for path in (ROOT / "core").rglob("*.py") if ">>> " in path.read_text()]
    names = (".".join(path.relative_to(ROOT).with_suffix("").parts) for path in sources)
    return sorted(name.removesuffix(".__init__") for name in names)


@pytest.mark.parametrize("name", [name for name in modules_with_examples() if name != TRAINING])
def test_the_examples_of_a_module_run(name: str) -> None:
    outcome = doctest.testmod(importlib.import_module(name))
    assert outcome.attempted > 0
    assert outcome.failed == 0
