"""What layers hold and cost, counted without Keras, for estimates of seconds and memory."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Size:
    """What a part of a network holds and costs.

    Parameters
    ----------
    weights : int
        Numbers that it keeps, trained or not, as ``keras.Model.count_params`` counts them.
    flops : float
        Floating-point operations of one row's forward pass; two per product and sum.
    floats : float
        Numbers that one row's forward pass writes to memory.
    parts : int
        That were added up: a graph takes the longer to trace, the more parts it has.

    See Also
    --------
    core.networks.base.Network.size : That of a whole network.

    Examples
    --------
    >>> dense(20, 64) + elementwise(64)
    Size(weights=1344, flops=2688.0, floats=128.0)
    """

    weights: int = 0
    flops: float = 0.0
    floats: float = 0.0
    parts: int = field(default=1, repr=False, compare=False)

    def __add__(self, other: Size) -> Size:
        return Size(
            self.weights + other.weights,
            self.flops + other.flops,
            self.floats + other.floats,
            self.parts + other.parts,
        )


def dense(inputs: int, units: int, rows: int = 1) -> Size:
    """Return the size of a dense layer with bias.

    Parameters
    ----------
    rows : int
        Vectors per row of the table that share the layer, such as a network's inner members.

    See Also
    --------
    elementwise : A layer without kernel.

    Examples
    --------
    >>> dense(64, 1).weights, dense(64, 1, rows=8).weights
    (65, 65)
    """
    return Size((inputs + 1) * units, float(rows * (2 * inputs + 1) * units), float(rows * units))


def elementwise(values: int, operations: int = 1, weights: int = 0) -> Size:
    """Return the size of operations that go value by value.

    Parameters
    ----------
    values : int
        Values per row that go through.
    operations : int
        One after the other, each of which writes its result.

    See Also
    --------
    dense : A layer with a kernel.

    Examples
    --------
    >>> elementwise(64, operations=2)
    Size(weights=0, flops=128.0, floats=128.0)
    """
    return Size(weights, float(values * operations), float(values * operations))


def normalised(kind: str, units: int) -> Size:
    """Return the size of a normalisation; ``kind`` is as in :func:`core.networks._layers.normalised`.

    See Also
    --------
    elementwise : Without weights.

    Examples
    --------
    >>> [normalised(kind, 64).weights for kind in ("none", "batch", "layer")]
    [0, 256, 128]
    """
    if kind == "none":
        return Size()
    return elementwise(units, 4, weights=(4 if kind == "batch" else 2) * units)
