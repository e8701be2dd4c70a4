"""The networks of a script: a network's own class, as far as building it goes."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from core.exporting.script._closure import Known, Place, Written, closure, first_paragraph, module, written
from core.networks.base import Network
from core.networks.code import NetworkCode
from core.strategies.snippets.snippet import Code

#: What a script calls; a network that does not override the last two needs neither.
_BUILD, _FOR_ROWS, _ADAPT = "build", "for_rows", "adapt"


@dataclass(frozen=True)
class ScriptNetworks:
    """The networks of a choice, one per member, as a script has them.

    Parameters
    ----------
    pieces : tuple of Code
        Constants, functions and the class.
    made : tuple of str
        An expression for each network.
    settled : bool
        Whether their shapes follow from the training rows.
    adapted : bool
        Whether weights of theirs are set by the training rows.
    inner_members : int
        Networks inside each.
    """

    pieces: tuple[Code, ...] = ()
    made: tuple[str, ...] = ()
    settled: bool = False
    adapted: bool = False
    inner_members: int = 1


@lru_cache(maxsize=32)
def script_networks(members: tuple[Network, ...]) -> ScriptNetworks:
    """Return the networks of a lane's members for a script: all are of one class.

    Examples
    --------
    >>> from core.networks import make
    >>> two = script_networks((make("mlp"), make("mlp", [("embedding", "piecewise")])))
    >>> two.made, two.settled, two.adapted
    (('Mlp(embedding="none")', 'Mlp(embedding="piecewise")'), True, True)
    >>> script_networks((make("mlp"),)).settled
    False
    """
    written_class = _Class(members)
    return ScriptNetworks(
        written_class.pieces,
        tuple(map(written_class.made, members)),
        _FOR_ROWS in written_class.methods,
        _ADAPT in written_class.methods,
        members[0].inner_members,
    )


def brought(code: NetworkCode, members: int) -> ScriptNetworks:
    """Return networks that are written by themselves."""
    return ScriptNetworks((Code(code.text, code.imports),), (code.made,) * members)


class _Class:
    """A network's class with what building its members reads."""

    def __init__(self, members: Sequence[Network]) -> None:
        self._members = members
        self._class = type(members[0])
        names = [field.name for field in dataclasses.fields(members[0])]
        values = {name: [getattr(member, name) for member in members] for name in names}
        #: The fields that are the same in all members.
        self._fixed = {name: of[0] for name, of in values.items() if all(value == of[0] for value in of)}
        for name in self._settled():
            self._fixed.pop(name, None)
        same = {name: of[0] for name, of in self._of_properties() if all(value == of[0] for value in of)}
        self._known = Known(self._fixed, {**same, "card.key": self._class.card.key})
        self._changing = [name for name, of in values.items() if any(value != of[0] for value in of)]

    def _of_properties(self) -> Iterator[tuple[str, list[object]]]:
        for name in dir(self._class):
            if isinstance(getattr(self._class, name), property):
                yield name, [getattr(member, name) for member in self._members]

    def _settled(self) -> list[str]:
        """Return the fields that the training rows settle."""
        calls = [node for node in ast.walk(self._node(_FOR_ROWS)) if isinstance(node, ast.Call)]
        replacing = [call for call in calls if ast.unparse(call.func) == "replace"]
        return [keyword.arg for call in replacing for keyword in call.keywords if keyword.arg is not None]

    @cached_property
    def methods(self) -> dict[str, Written]:
        """The methods that a script needs, by name, those that call before those that are called."""
        roots = [_BUILD, *(name for name in (_FOR_ROWS, _ADAPT) if self._owner(name) is not Network)]
        found: dict[str, Written] = {}
        left = list(roots)
        while left:
            name = left.pop(0)
            if name in found or not callable(getattr(self._class, name, None)):
                continue
            one = self._method(name)
            if name in (_FOR_ROWS, _ADAPT) and _does_nothing(one.text):
                continue
            found[name] = one
            left += sorted(one.attributes)
        return found

    def _owner(self, name: str) -> type:
        return next(cls for cls in self._class.__mro__ if name in vars(cls))

    def _node(self, name: str) -> ast.FunctionDef:
        body = _definition(self._owner(name)).body
        return next(each for each in body if isinstance(each, ast.FunctionDef) and each.name == name)

    def _method(self, name: str) -> Written:
        return written(module(self._owner(name).__module__), self._node(name), self._known)

    @cached_property
    def _read(self) -> list[str]:
        """The fields that the methods read, in their order."""
        attributes = {name for method in self.methods.values() for name in method.attributes}
        return [field.name for field in dataclasses.fields(self._class) if field.name in attributes]

    @cached_property
    def pieces(self) -> tuple[Code, ...]:
        names: set[Place] = set().union(*(method.names for method in self.methods.values()))
        imports = {"from dataclasses import dataclass"}.union(*(method.imports for method in self.methods.values()))
        sentence = first_paragraph(self._class.__doc__ or "")
        lines = ["@dataclass(frozen=True)", f"class {self._class.__name__}:", f'    """{sentence}"""']
        first = self._members[0]
        fields = [f"    {name}: {self._kind(name)} = {_literal(getattr(first, name))}" for name in self._read]
        text = "\n".join(lines) + ("\n\n" + "\n".join(fields) if fields else "")
        for method in self.methods.values():
            text += "\n\n" + "\n".join(f"    {line}" if line else "" for line in method.text.splitlines())
        return (*closure(names), Code(text, tuple(sorted(imports))))

    def _kind(self, name: str) -> str:
        """Return a field's annotation."""
        bodies = [_definition(cls).body for cls in self._class.__mro__ if issubclass(cls, Network)]
        fields = (node for body in bodies for node in body if isinstance(node, ast.AnnAssign))
        return next(ast.unparse(node.annotation) for node in fields if ast.unparse(node.target) == name)

    def made(self, member: Network) -> str:
        """Return the expression that makes a member."""
        given = [f"{name}={_literal(getattr(member, name))}" for name in self._read if name in self._changing]
        return f"{self._class.__name__}({', '.join(given)})"


def _definition(cls: type) -> ast.ClassDef:
    node = module(cls.__module__).defined[cls.__name__]
    assert isinstance(node, ast.ClassDef)
    return node


def _does_nothing(text: str) -> bool:
    return text.splitlines()[-1].strip() in ("return self", "pass") and len(_statements(text)) == 1


def _statements(text: str) -> list[ast.stmt]:
    node = ast.parse(text).body[0]
    assert isinstance(node, ast.FunctionDef)
    return node.body[1:] if ast.get_docstring(node) is not None else node.body


def _literal(value: object) -> str:
    return repr(value).replace("'", '"')
