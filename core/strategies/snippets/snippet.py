"""What one strategy adds to a script, and what each piece of it needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from core.strategies.snippets.code import KERAS as KERAS
from core.strategies.snippets.code import NUMPY as NUMPY
from core.strategies.snippets.code import PANDAS as PANDAS
from core.strategies.snippets.code import TENSORFLOW as TENSORFLOW
from core.strategies.snippets.code import Code as Code
from core.strategies.snippets.code import Name as Name
from core.strategies.snippets.terms import SaidTerms


@dataclass(frozen=True)
class CodeFacts:
    """What decides how a strategy is written for a table.

    Parameters
    ----------
    n_classes : int
    numbers, categories : bool
        Whether the table has columns with dense inputs, and columns with codes.

    See Also
    --------
    core.strategies.Strategy.code : Reads it.

    Examples
    --------
    >>> from core.strategies.losses import Focal
    >>> Focal().code(CodeFacts(n_classes=3, numbers=True, categories=False)).terms.gamma
    (2.0, 2.0, 2.0)
    """

    n_classes: int
    numbers: bool
    categories: bool

    @property
    def binary(self) -> bool:
        return self.n_classes == 2


@dataclass(frozen=True)
class Snippet:
    """Pieces of Python for the places of the script at which a strategy can act; an empty one adds nothing.

    NumPy is there as ``np`` in every script, and Keras as ``keras`` in every script that trains a network.

    Parameters
    ----------
    imports : tuple of str
        Import lines for the expressions and statements, one name per line.
    helpers : tuple of Code
        Constants and whole functions, used by the other pieces.
    rows : str
        Statements that make new ``X`` and ``y`` of the training rows; they may use ``seed`` and ``fold``.
    weights : str
        Expression for a weight per class, an array, of ``counts``: what each class counts for in the loss, in
        rows, after what acts before.
    costs : str
        The same for weights that come last, of ``fold.counts``: training rows by class before any sampler.
    bias : str
        Name of a function from ``counts`` to the output bias by class at the start.
    terms : SaidTerms
        The terms of the loss that it sets.
    balanced_from : float or None
        Share of the epochs after which ``data`` is balanced; until then batches move there from the rows' own class
        shares. The code may use the epoch as ``balanced_from``. None means that ``data`` is balanced at once.
    data : str
        Expression for an endless ``tf.data.Dataset`` of rows in equal class shares in the end, of ``rows`` (arrays
        of inputs, targets and, where rows have weights, weights), ``y``, ``seed`` and ``fold``.
    batch_map : Code, optional
        Function ``mixed`` that changes a batch of inputs, targets and weights.
    ensemble : Code, optional
        Function ``ensemble(X, y, seed, fold)`` that returns the trained networks.
    adjust : str
        Expression for a function from probabilities to probabilities.
    rule : str
        Expression for a function from probabilities to class codes; it may use ``fold``.
    model : str
        Expression for a classifier with scikit-learn's interface that takes the network's place.
    stops_on : str
        Further arguments of its ``fit``, of ``X_valid`` and ``fold.y_valid``, where it stops on validation rows.
    reads : tuple of str
        What the expressions and statements read, as in :class:`Code`.

    Examples
    --------
    >>> cooled = Code.of("def cooled(p, y): ...", reads=("p_valid",))
    >>> Snippet(helpers=(cooled,), adjust="cooled(p_valid, y_valid)").needs("p_valid")
    True
    """

    imports: tuple[str, ...] = ()
    helpers: tuple[Code, ...] = ()
    rows: str = ""
    weights: str = ""
    costs: str = ""
    bias: str = ""
    terms: SaidTerms = field(default_factory=SaidTerms)
    balanced_from: float | None = None
    data: str = ""
    batch_map: Code | None = None
    ensemble: Code | None = None
    adjust: str = ""
    rule: str = ""
    model: str = ""
    stops_on: str = ""
    reads: tuple[Name, ...] = ()

    def needs(self, name: Name) -> bool:
        """Return whether any of the pieces reads what the name stands for."""
        functions: Iterable[Code | None] = (*self.helpers, self.batch_map, self.ensemble)
        return name in self.reads or any(name in code.reads for code in functions if code is not None)
