"""What one strategy adds to a script."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent


@dataclass(frozen=True)
class CodeFacts:
    """What decides how a strategy is written for a table.

    Parameters
    ----------
    n_classes : int
    numbers, categories, dates : bool
        Whether the table has columns of the kind; dates are numbers too.
    """

    n_classes: int
    numbers: bool
    categories: bool
    dates: bool = False

    @property
    def binary(self) -> bool:
        return self.n_classes == 2


@dataclass(frozen=True)
class Snippet:
    """Pieces of Python for the places of the script at which a strategy can act; an empty one adds nothing.

    Parameters
    ----------
    imports : tuple of str
        Import lines.
    helpers : tuple of str
        Whole functions, used by the other pieces.
    rows : str
        Statements that make new ``X`` and ``y`` of the training rows; they may use ``seed`` and ``fold``.
    weights : str
        Expression for a weight per class, an array, of ``counts``: what each class counts for in the loss, in
        rows, after what acts before.
    costs : str
        The same for weights that come last, of ``fold.counts``: training rows by class before any sampler.
    bias : str
        Expression for the output bias by class at the start, of ``counts``.
    loss : str
        Expression for a Keras loss on logits, of ``counts`` and ``offset``.
    late_weights : str
        Expression for a weight a class that comes in after ``late_from`` of the epochs.
    late_from : float or None
        Share of the epochs after which ``late_weights`` come in; the code may use the epoch as ``late_from``.
    balanced_from : float or None
        Share of the epochs after which ``data`` is balanced; the code may use the epoch as ``balanced_from``.
    scale : float
        What the network's logits end in, in training and prediction alike.
    data : str
        Expression for an endless ``tf.data.Dataset`` of rows in equal class shares in the end, of ``rows`` (arrays
        of inputs, targets and, where rows have weights, weights), ``y``, ``seed`` and ``fold``.
    batch_map : str
        Function that changes a batch of inputs, targets and weights.
    offset : str
        Expression for what the loss adds to the logits by class while training, of ``counts``.
    ensemble : str
        Function ``ensemble(X, y, seed, fold)`` that returns the trained networks.
    adjust : str
        Expression for a function from probabilities to probabilities, of ``p_valid``, ``y_valid`` and ``seen``.
    rule : str
        Expression for a function from probabilities to class codes, of ``p_valid``, ``y_valid`` and ``fold``.
    model : str
        Expression for a scikit-learn classifier that takes the network's place.
    """

    imports: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()
    rows: str = ""
    weights: str = ""
    costs: str = ""
    bias: str = ""
    loss: str = ""
    late_weights: str = ""
    late_from: float | None = None
    balanced_from: float | None = None
    scale: float = 1.0
    data: str = ""
    batch_map: str = ""
    offset: str = ""
    ensemble: str = ""
    adjust: str = ""
    rule: str = ""
    model: str = ""


def text(code: str) -> str:
    """Return a block of code without its indentation and outer blank lines."""
    return dedent(code).strip("\n")
