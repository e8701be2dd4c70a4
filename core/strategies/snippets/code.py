"""A piece of a script, and what it needs."""

from __future__ import annotations

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
    core.strategies.snippets.snippet.Snippet : The pieces that one strategy adds.

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
