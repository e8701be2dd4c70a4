"""The imports at the head of a script."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version

from core.words import joined

# Packages by the modules that they bring, in the order of a requirements file; Keras runs on TensorFlow here.
_PACKAGES = {"keras": "keras", "sklearn": "scikit-learn", "imblearn": "imbalanced-learn"}
_NAMES = {
    "keras": "Keras", "tensorflow": "TensorFlow", "lightgbm": "LightGBM", "xgboost": "XGBoost", "torch": "PyTorch",
}  # fmt: skip
# What every script reads its table with says nothing about it.
_COMMON = ("pandas", "numpy", "scipy", "tensorflow")


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


def packages(text: str) -> tuple[str, ...]:
    """Return the packages that a script's imports ask for.

    See Also
    --------
    pinned : With their versions.

    Examples
    --------
    >>> packages("import sys\\n\\nimport keras\\nimport numpy as np\\nfrom sklearn.base import clone")
    ('tensorflow', 'keras', 'numpy', 'scikit-learn')
    """
    roots = [line.split()[1].partition(".")[0] for line in text.splitlines() if line.startswith(("import ", "from "))]
    asked = [_PACKAGES.get(root, root) for root in roots if root not in sys.stdlib_module_names]
    return tuple(dict.fromkeys([*["tensorflow"] * ("keras" in asked), *asked]))


def pinned(package: str) -> str:
    """Return a package with the version that is installed here, for pip.

    Examples
    --------
    >>> pinned("numpy").partition("==")[:2], pinned("no-such-package")
    (('numpy', '=='), 'no-such-package')
    """
    try:
        return f"{package}=={version(package)}"
    except PackageNotFoundError:
        return package


def libraries(text: str) -> str:
    """Return the libraries that a script is written in, in words.

    Examples
    --------
    >>> libraries("import keras\\nimport pandas as pd\\nfrom sklearn.base import clone")
    'Keras and scikit-learn'
    """
    named = [_NAMES.get(package, package) for package in packages(text) if package not in _COMMON]
    return joined(named) if named else "Python"
