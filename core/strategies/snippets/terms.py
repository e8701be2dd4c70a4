"""What a loss strategy says of a loss, once for its lane and for its script."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import numpy as np

from core.strategies.snippets.code import Code
from core.strategies.snippets.sources import functions_of
from core.training.lane import LossTerms


@dataclass(frozen=True)
class ByClass:
    """A term that follows from the classes: a function of what each counts for in the loss, and of settings.

    Parameters
    ----------
    function : callable
        From an array of counts, shape (n_classes,), and the settings to an array of the same shape. Scripts hold its
        source, so it needs NumPy and functions of its own module alone.
    settings : tuple of float

    See Also
    --------
    SaidTerms : Which terms may be one.

    Examples
    --------
    >>> from core.strategies.weighting import effective_number
    >>> weights = ByClass(effective_number, (0.9,))
    >>> weights.code, [round(weight, 2) for weight in weights.of(np.array([90, 10]))]
    ('effective_number(counts, 0.9)', [0.79, 1.21])
    """

    function: Callable[..., np.ndarray]
    settings: tuple[float, ...] = ()

    def of(self, counts: np.ndarray) -> tuple[float, ...]:
        """Return the term for counts."""
        return tuple(self.function(counts, *self.settings).tolist())

    @property
    def code(self) -> str:
        """The term as an expression of ``counts``."""
        return f"{self.function.__name__}({', '.join(['counts', *map(repr, self.settings)])})"

    @property
    def functions(self) -> tuple[Code, ...]:
        """What the expression needs in a script."""
        return functions_of(self.function.__module__, self.function.__name__)


@dataclass(frozen=True)
class SaidTerms:
    """The terms of a loss that a strategy sets; None leaves a term as it is.

    Parameters
    ----------
    gamma, clip : tuple of float, optional
    offset, margin, late_class_weight : ByClass, optional
    scale, smoothing, soft_f1, late_from : float, optional
        All as in :class:`core.training.lane.LossTerms`.

    See Also
    --------
    core.strategies.losses.Loss : Whose subclasses say them.

    Examples
    --------
    >>> SaidTerms(smoothing=0.1).filled(LossTerms(scale=2.0), np.array([90, 10])) == LossTerms(scale=2.0, smoothing=0.1)
    True
    """

    gamma: tuple[float, ...] | None = None
    offset: ByClass | None = None
    margin: ByClass | None = None
    scale: float | None = None
    smoothing: float | None = None
    clip: tuple[float, ...] | None = None
    soft_f1: float | None = None
    late_class_weight: ByClass | None = None
    late_from: float | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The terms that are set."""
        return tuple(field.name for field in fields(self) if getattr(self, field.name) is not None)

    @property
    def by_class(self) -> tuple[ByClass, ...]:
        """The terms that follow from the classes."""
        return tuple(term for term in (self.offset, self.margin, self.late_class_weight) if term is not None)

    @property
    def functions(self) -> tuple[Code, ...]:
        """What those terms need in a script."""
        return tuple(code for term in self.by_class for code in term.functions)

    def filled(self, loss: LossTerms, counts: np.ndarray) -> LossTerms:
        """Return a lane's terms with those that are set, given what each class counts for, shape (n_classes,)."""
        said = {name: getattr(self, name) for name in self.names}
        for name, term in said.items():
            said[name] = term.of(counts) if isinstance(term, ByClass) else term
        return replace(loss, **said)

    def joined(self, other: SaidTerms) -> SaidTerms:
        """Return the terms of both.

        Raises
        ------
        ValueError
            Both set the same term.
        """
        if set(self.names) & set(other.names):
            raise ValueError("two losses set the same term")
        return replace(self, **{name: getattr(other, name) for name in other.names})
