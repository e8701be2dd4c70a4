"""The constants that this project's own functions read, as text."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pprint import pformat

from core.data.preparation import Scripted


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
