"""The versions that a result was made with."""

from __future__ import annotations

import platform
from importlib.metadata import version

_PACKAGES = ("tensorflow", "keras", "numpy", "pandas", "scikit-learn", "imbalanced-learn", "skrub")


def versions() -> dict[str, str]:
    """Return the versions of Python and of every library that can change a result, by name.

    Examples
    --------
    >>> sorted(versions())[:5]
    ['imbalanced-learn', 'keras', 'numpy', 'pandas', 'python']
    """
    return {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}}
