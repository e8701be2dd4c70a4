"""A network as code, for scripts that a person can run without the app."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NetworkCode:
    """A network that is not its class's own code, such as one that somebody brought.

    Parameters
    ----------
    text : str
        Python that defines a class with a method ``build(n_features, n_outputs)``, which returns a Keras model.
    made : str
        Expression that makes one.
    imports : tuple of str
        Import lines, one name per line.
    left_out : str
        What the code does not do that the app does; empty where there is no such thing.

    See Also
    --------
    core.networks.base.Network.code : Gives it.

    Examples
    --------
    >>> from core.networks import make
    >>> make("mlp").code() is None
    True
    """

    text: str
    made: str
    imports: tuple[str, ...] = ()
    left_out: str = ""
