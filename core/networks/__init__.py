"""The Keras models that are balanced: every network, one small class each, found by its key.

Importing this package never imports Keras, since pages list the cards: a network imports it when it is built.
"""

from importlib import import_module
from pkgutil import iter_modules

from core.networks.base import Card, Network, many_valued
from core.networks.registry import make, networks

__all__ = ["Card", "Network", "make", "many_valued", "networks"]

# Importing a file registers the networks in it: a new one needs no entry anywhere else.
for _module in iter_modules(__path__):
    if not _module.name.startswith("_") and not _module.ispkg:
        import_module(f"{__name__}.{_module.name}")
