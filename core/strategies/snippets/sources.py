"""This project's own functions as text, for scripts that do what it does.

Modules are read, never imported: a page's process writes scripts, and the trainer's losses need Keras.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from core.strategies.snippets.code import NUMPY, Code

#: Where the trainer's losses are written, in Keras' operations.
LOSSES = "core.training.losses"
_IMPORTS = {"np": NUMPY, "ops": "from keras import ops"}


@dataclass(frozen=True)
class _Module:
    """A module's text, line by line, and its functions in their order."""

    lines: tuple[str, ...]
    functions: Mapping[str, ast.FunctionDef]


@cache
def _module(name: str) -> _Module:
    spec = find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    text = Path(spec.origin).read_text(encoding="utf-8")
    functions = {node.name: node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
    return _Module(tuple(text.splitlines()), functions)


def source_of(module: str, name: str, *, documented: bool = True) -> str:
    """Return a function's source without type annotations, and with no more than a paragraph of its docstring.

    Parameters
    ----------
    module, name : str
        The function's; it stands in its module by itself, not in a class.
    documented : bool
        Whether the docstring's first paragraph is kept.

    See Also
    --------
    functions_of : With the functions that it calls.

    Examples
    --------
    >>> print(source_of(LOSSES, "cross_entropy"))
    def cross_entropy(logits, targets):
        \"\"\"Return each row's cross-entropy, shape (..., rows).\"\"\"
        return -ops.sum(targets * ops.log_softmax(logits, axis=-1), axis=-1)
    """
    lines, node = _module(module).lines, _module(module).functions[name]
    docstring = ast.get_docstring(node)
    # Comments may stand between the docstring and the first statement.
    start = node.body[0].lineno if docstring is None else (node.body[0].end_lineno or 0) + 1
    body = "\n".join(lines[start - 1 : node.end_lineno]).replace("\n\n    from ", "\n    from ")
    head = f"def {name}({_signature(node.args)}):"
    if docstring is None or not documented:
        return f"{head}\n{body}"
    paragraph = " ".join(docstring.split("\n\n")[0].split())
    return f'{head}\n    """{paragraph}"""\n{body}'


def _signature(arguments: ast.arguments) -> str:
    """Return the arguments without their annotations."""
    bare = deepcopy(arguments)
    for one in (*bare.posonlyargs, *bare.args, *bare.kwonlyargs):
        one.annotation = None
    return ast.unparse(bare)


def functions_of(module: str, *names: str) -> tuple[Code, ...]:
    """Return functions and those of the same module that they call, in the module's order.

    Examples
    --------
    >>> for code in functions_of(LOSSES, "mean_cross_entropy"):
    ...     print(code.text.splitlines()[0], code.imports)
    def smoothed(one_hot, terms): ()
    def shifted(logits, one_hot, terms): ()
    def cross_entropy(logits, targets): ('from keras import ops',)
    def mean_cross_entropy(logits, one_hot, weights, terms): ('from keras import ops',)
    """
    own = _module(module).functions
    called, left = set[str](), list(names)
    while left:
        name = left.pop()
        if name not in called:
            called.add(name)
            left += _names(own[name]) & own.keys()
    return tuple(_code(module, name) for name in own if name in called)


def _names(node: ast.FunctionDef) -> set[str]:
    return {inner.id for statement in node.body for inner in ast.walk(statement) if isinstance(inner, ast.Name)}


@cache
def _code(module: str, name: str) -> Code:
    used = _names(_module(module).functions[name])
    return Code(source_of(module, name), tuple(line for alias, line in _IMPORTS.items() if alias in used))


def terms_read(functions: tuple[Code, ...]) -> tuple[str, ...]:
    """Return the names of the loss terms that functions read, each once.

    Examples
    --------
    >>> terms_read(functions_of(LOSSES, "mean_cross_entropy"))
    ('smoothing', 'scale', 'offset', 'margin')
    """
    return tuple(dict.fromkeys(name for code in functions for name in re.findall(r"\bterms\.(\w+)", code.text)))
