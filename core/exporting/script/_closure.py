"""This project's functions and classes as text, with all of the project that they read.

Modules are read, never imported: a page's process writes scripts, and some modules need Keras. Annotations of arguments
are left out, docstrings keep their first paragraph, and imports inside of functions go to the head of the script.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.util import find_spec
from itertools import accumulate
from pathlib import Path
from types import SimpleNamespace

from core.exporting.script._joining import CodeError
from core.strategies.snippets.snippet import Code

Place = tuple[str, str]
Definition = ast.FunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign


@dataclass(frozen=True)
class Module:
    """A module's text, what it defines, and what each name that it imports stands for."""

    name: str
    text: str
    defined: Mapping[str, Definition]
    imported: Mapping[str, str]

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines(keepends=True)

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *accumulate(map(len, self.lines))]

    def offset(self, line: int, column: int) -> int:
        """Return the position in the text of a line, counted from 1, and a column, counted in bytes."""
        inside = len(self.lines[line - 1].encode()[:column].decode()) if column else 0
        return self._starts[line - 1] + inside

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Return where a node starts and ends in the text."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.offset(node.lineno, node.col_offset), self.offset(node.end_lineno, node.end_col_offset)


@cache
def module(name: str) -> Module:
    """Return a module, read from its file."""
    spec = find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    text = Path(spec.origin).read_text(encoding="utf-8")
    defined: dict[str, Definition] = {}
    imported: dict[str, str] = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            defined[node.name] = node
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            defined[node.targets[0].id] = node
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            defined[node.target.id] = node
        else:
            imported |= _imported(node)
    return Module(name, text, defined, imported)


def _imported(node: ast.stmt) -> dict[str, str]:
    """Return what an import makes known, each name with the line that imports it alone."""
    if isinstance(node, ast.Import):
        return {
            alias.asname or alias.name: f"import {alias.name}" + (f" as {alias.asname}" if alias.asname else "")
            for alias in node.names
        }
    if isinstance(node, ast.ImportFrom):
        return {alias.name: f"from {node.module} import {alias.name}" for alias in node.names}
    return {}


@dataclass(frozen=True)
class Known:
    """What is known of ``self`` where a method is written.

    Parameters
    ----------
    fixed : mapping of str to object
        Values of attributes that are the same wherever the method is called: tests of them alone are decided.
    literal : mapping of str to object
        Attributes such as ``card.key`` that are written as their value.
    """

    fixed: Mapping[str, object] = field(default_factory=dict)
    literal: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Written:
    """A function as text, and what its text needs.

    Parameters
    ----------
    text : str
    names : frozenset of (module, name)
        Functions, classes and constants of this project that it reads.
    imports : frozenset of str
    attributes : frozenset of str
        Attributes of ``self`` that it reads.
    """

    text: str
    names: frozenset[Place] = frozenset()
    imports: frozenset[str] = frozenset()
    attributes: frozenset[str] = frozenset()


def written(source: Module, node: ast.FunctionDef, known: Known | None = None) -> Written:
    """Return a function or a method as a script has it."""
    return _Writer(source, node, known or Known()).written()


class _Writer:
    """Writes one function: collects edits of its text, then applies them."""

    def __init__(self, source: Module, node: ast.FunctionDef, known: Known) -> None:
        self._source, self._node, self._known = source, node, known
        self._edits: list[tuple[int, int, str]] = []
        self._names: set[Place] = set()
        self._imports: set[str] = set()
        self._attributes: set[str] = set()
        self._local: dict[str, str] = {}

    def written(self) -> Written:
        docstring = ast.get_docstring(self._node)
        body = self._node.body[1:] if docstring is not None else self._node.body
        live = list(self._live(body))
        for statement in live:
            for inner in ast.walk(statement):
                self._look_at(inner)
        lines = [f"@{ast.unparse(one)}" for one in self._node.decorator_list]
        lines.append(f"def {self._node.name}({_signature(self._node.args)}):")
        if docstring is not None:
            lines.append(f'    """{first_paragraph(docstring)}"""')
        lines.append(textwrap.indent(self._body(body), "    ") if live else "    pass")
        return Written("\n".join(lines), frozenset(self._names), frozenset(self._imports), frozenset(self._attributes))

    def _live(self, statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
        """Yield the statements that are reached, and leave out the others, and imports."""
        left = False
        for statement in statements:
            if left:
                self._leave_out(statement)
                continue
            if isinstance(statement, ast.Import | ast.ImportFrom):
                self._local |= _imported(statement)
                self._leave_out(statement)
                continue
            decided = self._decided(statement)
            if decided is None:
                yield statement
            elif not decided:
                self._leave_out(statement)
            else:
                assert isinstance(statement, ast.If)
                self._unwrap(statement)
                yield from statement.body
                left = isinstance(statement.body[-1], ast.Return)

    def _decided(self, statement: ast.stmt) -> bool | None:
        """Return what the test of an ``if`` without ``else`` is known to be, or None."""
        if not isinstance(statement, ast.If) or statement.orelse:
            return None
        names = {inner.id for inner in ast.walk(statement.test) if isinstance(inner, ast.Name)}
        read = {inner.attr for inner in ast.walk(statement.test) if isinstance(inner, ast.Attribute)}
        if names != {"self"} or not read <= self._known.fixed.keys():
            return None
        test = compile(ast.Expression(statement.test), self._source.name, "eval")
        return bool(eval(test, {"self": SimpleNamespace(**self._known.fixed)}))

    def _leave_out(self, statement: ast.stmt) -> None:
        """Take a statement's lines out, and those of a comment above it."""
        lines, first = self._source.lines, statement.lineno
        while lines[first - 2].lstrip().startswith("#"):
            first -= 1
        self._take_out(first, (statement.end_lineno or 0) + 1)

    def _take_out(self, first: int, behind: int) -> None:
        self._edits.append((self._source.offset(first, 0), self._source.offset(behind, 0), ""))

    def _unwrap(self, statement: ast.If) -> None:
        """Let the body of an ``if`` stand by itself."""
        first = statement.body[0]
        self._take_out(statement.lineno, first.lineno)
        for line in range(first.lineno, (statement.end_lineno or 0) + 1):
            start = self._source.offset(line, 0)
            self._edits.append((start, start + 4, ""))

    def _look_at(self, node: ast.AST) -> None:
        """Note what a node reads, and replace what is written in another way."""
        if isinstance(node, ast.Attribute):
            self._look_at_attribute(node)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            self._look_at_name(node.id)

    def _look_at_attribute(self, node: ast.Attribute) -> None:
        path = ast.unparse(node)
        if path.startswith("self."):
            path = path.removeprefix("self.")
            if path in self._known.literal:
                self._edits.append((*self._source.span(node), repr(self._known.literal[path]).replace("'", '"')))
            elif "." not in path:
                self._attributes.add(path)
        elif isinstance(node.value, ast.Name):
            line = self._source.imported.get(node.value.id, "")
            if line.startswith("from core."):  # a module of this project
                package, _, name = line.removeprefix("from ").partition(" import ")
                self._edits.append((*self._source.span(node), node.attr))
                self._names.add((f"{package}.{name}", node.attr))

    def _look_at_name(self, name: str) -> None:
        line = self._local.get(name) or self._source.imported.get(name, "")
        if name in self._source.defined:
            self._names.add((self._source.name, name))
        elif line.startswith("from core."):
            package, _, imported = line.removeprefix("from ").partition(" import ")
            if not _is_module(f"{package}.{imported}"):
                self._names.add((package, imported))
        elif line:
            self._imports.add(line)

    def _body(self, body: list[ast.stmt]) -> str:
        """Return the body's text with all edits, without indentation."""
        text, node = self._source.text, self._node
        # Comments may stand between the docstring and the first statement.
        first = node.body[0].lineno if body is node.body else (node.body[0].end_lineno or 0) + 1
        start, end = self._source.offset(first, 0), self._source.span(node)[1]
        pieces, at = [], start
        # Attributes lie in one another: the outer one, which comes first, is what is replaced.
        for edit_start, edit_end, new in sorted(self._edits, key=lambda edit: (edit[0], -edit[1])):
            if edit_start >= at:
                pieces += [text[at:edit_start], new]
                at = edit_end
        whole = "".join([*pieces, text[at:end]])
        return textwrap.dedent(whole).strip("\n")


def _is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # a name in a module
        return False


def first_paragraph(docstring: str) -> str:
    """Return the first paragraph as one line."""
    return " ".join(docstring.split("\n\n")[0].split())


def _signature(arguments: ast.arguments) -> str:
    """Return the arguments without their annotations."""
    bare = ast.parse(f"def f({ast.unparse(arguments)}): ...").body[0]
    assert isinstance(bare, ast.FunctionDef)
    for one in (*bare.args.posonlyargs, *bare.args.args, *bare.args.kwonlyargs):
        one.annotation = None
    return ast.unparse(bare.args).replace("'", '"')


def closure(places: Iterable[Place]) -> tuple[Code, ...]:
    """Return functions and constants of this project, and those that they read, each once.

    Parameters
    ----------
    places : iterable of (module, name)

    Examples
    --------
    >>> for code in closure([("core.networks._layers", "normalised")]):
    ...     print(code.text.splitlines()[0], code.imports)
    _MOMENTUM = 0.9 ()
    def normalised(x, kind, name): ('from keras import layers',)
    """
    return _closure(frozenset(places))


@cache
def _closure(places: frozenset[Place]) -> tuple[Code, ...]:
    found: dict[Place, Written] = {}
    left = list(places)
    while left:
        place = left.pop()
        if place in found:
            continue
        source, name = module(place[0]), place[1]
        node = source.defined[name]
        if isinstance(node, ast.FunctionDef):
            found[place] = written(source, node)
        elif isinstance(node, ast.ClassDef):
            raise CodeError(
                f"A script is not written: its code would need the class {name}, and takes functions alone."
            )
        else:
            found[place] = Written(source.text[slice(*source.span(node))])
        left += found[place].names
    # Constants first, then the order of their modules.
    ordered = sorted(found, key=lambda place: (found[place].text.startswith("def "), place[0], _line(place)))
    codes = tuple(Code(found[place].text, tuple(sorted(found[place].imports))) for place in ordered)
    constants = tuple(code.text for code in codes if not code.text.startswith("def "))
    return (*[Code("\n".join(constants))] * bool(constants), *codes[len(constants) :])


def _line(place: Place) -> int:
    return module(place[0]).defined[place[1]].lineno
