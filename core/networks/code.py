"""A network as Keras code, for scripts that a person can run without the app."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NetworkCode:
    """Statements that take ``x``, the prepared vector, to a network's last hidden values.

    Parameters
    ----------
    lines : tuple of str
        Python with ``keras`` at hand.
    logits : bool
        Whether they lead to the logits themselves, so that no last layer is to be added.
    constants : tuple of str
        Assignments for the head of the script.
    imports : tuple of str
        Import lines, one name per line.

    See Also
    --------
    core.networks.base.Network.code : Gives it.

    Examples
    --------
    >>> from core.networks import make
    >>> for line in make("mlp").code().lines:
    ...     print(line)
    for units in (64, 32):
        x = keras.layers.Dense(units)(x)
        x = keras.layers.Activation("relu")(x)
    """

    lines: tuple[str, ...]
    logits: bool = False
    constants: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()


def dense(units: str, activation: str) -> str:
    """Return a dense layer without its activation, as :func:`core.networks._layers.dense` makes it.

    >>> dense("64", "selu")
    'x = keras.layers.Dense(64, kernel_initializer="lecun_normal")(x)'

    See Also
    --------
    after_dense : What follows it.
    """
    start = ', kernel_initializer="lecun_normal"' if activation == "selu" else ""
    return f"x = keras.layers.Dense({units}{start})(x)"


def normalised(kind: str) -> list[str]:
    """Return a normalisation: ``none``, ``batch`` or ``layer``.

    >>> normalised("layer"), normalised("none")
    (['x = keras.layers.LayerNormalization(epsilon=1e-5)(x)'], [])

    See Also
    --------
    after_dense : With the rest of a hidden layer.
    """
    layers = {"batch": "BatchNormalization(momentum=0.9)", "layer": "LayerNormalization(epsilon=1e-5)"}
    return [f"x = keras.layers.{layers[kind]}(x)"] if kind in layers else []


def after_dense(activation: str, dropout: float) -> list[str]:
    """Return an activation and its dropout.

    >>> after_dense("gelu", 0.1)
    ['x = keras.ops.gelu(x, approximate=True)', 'x = keras.layers.Dropout(0.1)(x)']

    See Also
    --------
    dense : What stands before.
    """
    bends = (
        "x = keras.ops.gelu(x, approximate=True)"
        if activation == "gelu"
        else f'x = keras.layers.Activation("{activation}")(x)'
    )
    return [bends, *([f"x = keras.layers.Dropout({dropout!r})(x)"] if dropout else [])]
