"""How lanes are cut into stacks, which are trained at the same time: as many as there are cores.

This is all that an estimate of seconds or memory needs to know of the trainer, and it needs no TensorFlow.
"""

from __future__ import annotations

# Floats of one gathered chunk of rows, so that large tables stay within memory.
CHUNK = 4_000_000
# Numbers that a step of a stack writes, at most. Stacks of half the size train no faster on two cores, and smaller ones
# slower: every operation of a step costs its dispatch, however few lanes it is for.
_STACK_FLOATS = 16 * 128 * 1200
_MAX_LANES = 16


def stacks_for(lanes: int, batch: int, row_floats: float, cores: int) -> int:
    """Return how many stacks lanes of one kind are cut into: enough for every core, and none too large.

    Parameters
    ----------
    batch : int
        Rows per step.
    row_floats : float
        Numbers that one row's forward pass writes; see :meth:`core.networks.base.Network.row_floats`.

    See Also
    --------
    core.training.lanes.train : Trains them.

    Examples
    --------
    >>> stacks_for(25, batch=128, row_floats=200, cores=2), stacks_for(1, batch=128, row_floats=200, cores=2)
    (2, 1)
    """
    largest = int(min(_MAX_LANES, max(1, _STACK_FLOATS / (batch * row_floats))))
    return max(-(-lanes // largest), min(cores, lanes))
