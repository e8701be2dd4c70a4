"""What one strategy adds to a script, and what each piece of it needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from textwrap import dedent
from typing import Literal

NUMPY = "import numpy as np"
PANDAS = "import pandas as pd"
KERAS = "import keras"
TENSORFLOW = "import tensorflow as tf"

#: What a script works out only for pieces that read it.
Name = Literal["counts", "p_valid", "prior", "row_weights", "seed", "seen"]


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
    >>> print(Focal().code(CodeFacts(n_classes=2, numbers=True, categories=False)).loss)
    keras.losses.BinaryFocalCrossentropy(gamma=2.0, from_logits=True)
    >>> print(Focal().code(CodeFacts(n_classes=3, numbers=True, categories=False)).loss)
    keras.losses.CategoricalFocalCrossentropy(alpha=1.0, gamma=2.0, from_logits=True)
    """

    n_classes: int
    numbers: bool
    categories: bool

    @property
    def binary(self) -> bool:
        return self.n_classes == 2


@dataclass(frozen=True)
class Code:
    """A piece of a script that says what it needs, so that nobody has to look for it in its text.

    Parameters
    ----------
    text : str
        Python, without a blank line before or after it. ``<<name>>`` stands for a value that :meth:`filled` fills in.
    imports : tuple of str
        Import lines, one name per line.
    reads : tuple of str
        What the script has to provide: ``"counts"``, what each class counts for in the loss, in rows, inside of
        ``train``; ``"row_weights"``, a ``train`` that takes weights of rows; ``"prior"``, the class shares in
        the loss as the last argument of a function that changes a batch; ``"seed"``, the fold's seed;
        ``"seen"``, the class shares that the model's probabilities are under; ``"p_valid"``, probabilities
        of validation rows, with the classes as ``y_valid``.

    See Also
    --------
    Snippet : The pieces that one strategy adds.

    Examples
    --------
    >>> draws = Code.of("rng = np.random.default_rng(<<seed>>)", NUMPY)
    >>> draws.filled(seed=3)
    Code(text='rng = np.random.default_rng(3)', imports=('import numpy as np',), reads=())
    """

    text: str
    imports: tuple[str, ...] = ()
    reads: tuple[Name, ...] = ()

    @classmethod
    def of(cls, text: str, *imports: str, reads: tuple[Name, ...] = ()) -> Code:
        """Return a piece, its text without indentation and outer blank lines."""
        return cls(dedent(text).strip("\n"), imports, reads)

    def filled(self, **values: object) -> Code:
        """Return the piece with each ``<<name>>`` replaced: text as it stands, all else as its literal."""
        text = self.text
        for name, value in values.items():
            text = text.replace(f"<<{name}>>", value if isinstance(value, str) else repr(value))
        return replace(self, text=text)


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
    loss : str
        Expression for a Keras loss on logits, of ``offset``, or of ``counts`` where it reads them.
    late_weights : str
        Expression for a weight per class that comes in after ``late_from`` of the epochs.
    late_from : float or None
        Share of the epochs after which ``late_weights`` come in; the code may use the epoch as ``late_from``.
    balanced_from : float or None
        Share of the epochs after which ``data`` is balanced; until then batches move there from the rows' own class
        shares. The code may use the epoch as ``balanced_from``. None means that ``data`` is balanced at once.
    scale : float
        What the network's logits end in, in training and prediction alike.
    data : str
        Expression for an endless ``tf.data.Dataset`` of rows in equal class shares in the end, of ``rows`` (arrays
        of inputs, targets and, where rows have weights, weights), ``y``, ``seed`` and ``fold``.
    batch_map : Code, optional
        Function ``mixed`` that changes a batch of inputs, targets and weights.
    offset : str
        Expression for what the loss adds to the logits by class while training, of ``counts``.
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
    loss: str = ""
    late_weights: str = ""
    late_from: float | None = None
    balanced_from: float | None = None
    scale: float = 1.0
    data: str = ""
    batch_map: Code | None = None
    offset: str = ""
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
