"""The imports at the head of a script."""

from __future__ import annotations

import sys
from collections.abc import Iterable


def import_block(lines: Iterable[str]) -> str:
    """Return import lines sorted, each once: the standard library, an empty line, all others.

    Parameters
    ----------
    lines : iterable of str
        ``import module``, ``import module as name`` or ``from module import name``, one name per line.

    Examples
    --------
    >>> print(import_block(["import numpy as np", "from a import d", "import sys", "from a import c"]))
    import sys
    <BLANKLINE>
    import numpy as np
    from a import c, d
    """
    whole: set[str] = set()
    names_by_module: dict[str, set[str]] = {}
    for line in lines:
        if line.startswith("import "):
            whole.add(line)
        else:
            module, _, name = line.removeprefix("from ").partition(" import ")
            names_by_module.setdefault(module, set()).add(name)
    sorted_lines = sorted(whole)
    sorted_lines += [
        f"from {module} import {', '.join(sorted(names_by_module[module]))}" for module in sorted(names_by_module)
    ]
    standard = [line for line in sorted_lines if line.split()[1].partition(".")[0] in sys.stdlib_module_names]
    others = [line for line in sorted_lines if line not in standard]
    return "\n".join([*standard, "", *others])
