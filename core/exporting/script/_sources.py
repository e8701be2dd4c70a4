"""This project's own functions as text, for scripts that do what it does."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Sequence
from pprint import pformat
from textwrap import dedent

from core.data.preparation import Scripted


def source_of(function: Callable[..., object]) -> str:
    """Return a function's source without its docstring and without type annotations.

    Examples
    --------
    >>> from core.data.preparation.numbers import suited
    >>> source_of(suited).splitlines()[0]
    'def suited(x):'
    """
    source = dedent(inspect.getsource(function))
    (node,) = ast.parse(source).body
    assert isinstance(node, ast.FunctionDef)
    first = node.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    arguments, defaults = node.args.args, node.args.defaults
    names = [argument.arg for argument in arguments[: len(arguments) - len(defaults)]]
    names += [
        f"{one.arg}={ast.unparse(default)}" for one, default in zip(arguments[-len(defaults) :], defaults, strict=False)
    ]
    start = node.body[1].lineno if documented else first.lineno
    if documented:
        # Comments may stand between the docstring and the first statement.
        start = (first.end_lineno or 0) + 1
    lines = source.splitlines()[start - 1 :]
    return "\n".join([f"def {node.name}({', '.join(names)}):", *lines]).replace("\n\n    from ", "\n    from ")


def constants_of(scripted: Sequence[Scripted]) -> str:
    """Return the constants that functions read, as assignments.

    Examples
    --------
    >>> from core.data.preparation import NumberStep
    >>> constants_of([NumberStep.script]).splitlines()[0]
    'CLIP = 10.0'
    """
    lines: dict[str, str] = {}
    for one in scripted:
        modules = [sys.modules[function.__module__] for function in one.sources]
        for name in one.constants:
            value = next(vars(module)[name] for module in modules if name in vars(module))
            lines[name] = f"{name} = {pformat(value, width=110)}"
    return "\n".join(lines.values())
