"""The house keeps its order: who may import whom, and what stays private."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# Each room may import the rooms above it in this list, and itself. Doors (``core/api.py``) come last.
ORDER = (
    ("words", "versions", "library_errors", "machine"),
    ("settings",),
    ("choices",),
    ("plan",),
    ("parameters",),
    ("networks", "decision"),
    ("training",),
    ("data",),
    ("strategies",),
    ("experiment", "links"),
    ("evaluation", "estimator", "runs", "teaching"),
    ("charts", "gallery"),
    ("reporting",),
    ("exporting",),
    ("api", "asking", "briefs", "column_options", "cost_options", "next_decisions"),
    ("more_rows", "next_file", "settling", "why"),
    ("examples",),
    ("cli",),
    ("__main__",),
)


@dataclass(frozen=True)
class Import:
    """One imported module or name, and where it is imported."""

    module: str
    line: int
    target: str
    at_run_time: bool

    def __str__(self) -> str:
        return f"{self.module}:{self.line} imports {self.target}"


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports_of(path: Path) -> Iterator[Import]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            yield Import(_module(path), node.lineno, name, id(node) not in typing_only)


@cache
def _imports(folder: str) -> tuple[Import, ...]:
    return tuple(each for path in sorted((ROOT / folder).rglob("*.py")) for each in _imports_of(path))


def _room(module: str) -> str:
    """Return a module's room: the folder or file right under ``core``."""
    return module.split(".")[1]


def test_every_room_has_its_place_in_the_order() -> None:
    rooms = {p.stem for p in (ROOT / "core").iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()}
    assert rooms - {"__init__"} == {room for floor in ORDER for room in floor}


def test_no_room_imports_one_that_is_built_upon_it() -> None:
    floor_of = {room: i for i, floor in enumerate(ORDER) for room in floor}
    wrong = [
        str(each)
        for each in _imports("core")
        if each.at_run_time and each.target.startswith("core.") and each.module != "core"
        if _room(each.target) in floor_of and _room(each.target) != _room(each.module)
        if floor_of[_room(each.target)] >= floor_of[_room(each.module)]
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("folder", ["core", "pages", "benchmarks"])
def test_what_starts_with_an_underscore_stays_in_its_package(folder: str) -> None:
    wrong = []
    for each in _imports(folder):
        parts = each.target.split(".")
        private = next((i for i, p in enumerate(parts) if p.startswith("_") and not p.startswith("__")), None)
        ours = parts[0] in ("core", "pages", "benchmarks", "tests")
        if ours and private is not None and not f"{each.module}.".startswith(".".join(parts[:private]) + "."):
            wrong.append(str(each))
    assert not wrong, "\n".join(wrong)


def test_core_knows_no_browser() -> None:
    wrong = [str(each) for each in _imports("core") if each.target.split(".")[0] in ("streamlit", "pages")]
    assert not wrong, "\n".join(wrong)


def test_packages_do_not_import_each_other_in_a_circle() -> None:
    arrows = {
        (each.module, target)
        for each in _imports("core")
        if each.at_run_time and each.target.startswith("core.")
        if (target := next((t for t in (each.target, each.target.rpartition(".")[0]) if _is_file(t)), ""))
    }
    reach: dict[str, set[str]] = {}
    for source, target in arrows:
        reach.setdefault(source, set()).add(target)

    def path_back(start: str) -> list[str] | None:
        """Return a way from a module back to itself, or None."""
        ways, seen = [[start]], set()
        while ways:
            way = ways.pop()
            for following in reach.get(way[-1], ()):
                if following == start:
                    return [*way, start]
                if following not in seen:
                    seen.add(following)
                    ways.append([*way, following])
        return None

    circles = [" -> ".join(way) for source in sorted(reach) if (way := path_back(source))]
    assert not circles, "\n".join(circles[:5])


def _is_file(module: str) -> bool:
    return (ROOT / f"{module.replace('.', '/')}.py").exists()


def test_the_order_has_no_gap() -> None:
    assert all(set(low).isdisjoint(high) for low, high in pairwise(ORDER))
