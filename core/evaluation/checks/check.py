"""What an automatic check is, what it looks at, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from core.decision.stakes import Stakes
from core.evaluation.comparison import Comparison
from core.evaluation.outoffold import OutOfFold, out_of_fold
from core.plan import Plan, StrategyChoice
from core.strategies import Recipe, choices_of, label


@dataclass(frozen=True, eq=False)
class Evidence:
    """A comparison as checks look at it.

    Parameters
    ----------
    comparison : Comparison
    plan : Plan
        That the comparison is of.
    metric : str
        That strategies are judged by.
    stakes : Stakes
        By which the comparison's decisions are.

    See Also
    --------
    core.evaluation.checks.run_checks : Makes it.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> run = sample_run()
    >>> evidence = Evidence(run.comparison, run.plan, "f1")
    >>> evidence.names["smote"], evidence.rows_of_classes.tolist()
    ('SMOTE', [18.0, 6.0])
    """

    comparison: Comparison
    plan: Plan
    metric: str
    stakes: Stakes = field(default_factory=Stakes)

    @cached_property
    def choices(self) -> Mapping[str, StrategyChoice]:
        return {choice.key: choice for choice in choices_of(self.plan)}

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Names for people, by key."""
        return {key: label(choice) for key, choice in self.choices.items()}

    @cached_property
    def recipes(self) -> Mapping[str, Recipe]:
        return {key: Recipe.of(choice) for key, choice in self.choices.items()}

    @cached_property
    def pooled(self) -> tuple[OutOfFold, ...]:
        """The tested rows of strategies that finished every fold."""
        return out_of_fold(self.comparison) if self.comparison.results else ()

    @cached_property
    def rows_of_classes(self) -> np.ndarray:
        """Tested rows by class, each counted once."""
        first = self.comparison.strategies[0]
        repeats = first.scores.index.get_level_values("repeat").nunique()
        return np.asarray(first.confusion.sum(axis=1) / max(1, repeats))

    @property
    def smallest(self) -> str:
        """The name of the smallest class."""
        return self.comparison.labels[int(self.rows_of_classes.argmin())]


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Parameters
    ----------
    code : str
        Of the check: stays the same from version to version.
    text : str
        One sentence.
    way_out : str
        What to do about it, one sentence.
    keys : tuple of str
        Strategies that it is about; empty where it is about the run.

    See Also
    --------
    core.evaluation.checks.run_checks : Finds them.

    Examples
    --------
    >>> Finding("CW3", "SMOTE calls every row `no`.", "Add a threshold strategy to it.").line
    'CW3 SMOTE calls every row `no`. Add a threshold strategy to it.'
    """

    code: str
    text: str
    way_out: str
    keys: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """All of it on one line."""
        return f"{self.code} {self.text} {self.way_out}"


Look = Callable[[Evidence], Iterator[Finding]]


@dataclass(frozen=True)
class Check:
    """One check: its code, what it looks for in a few words, and the function that looks.

    See Also
    --------
    register : Enters one.

    Examples
    --------
    >>> from core.evaluation.checks import checks
    >>> checks()[0].code
    'CW1'
    """

    code: str
    name: str
    look: Look


_CHECKS: dict[str, Check] = {}


def register(code: str, name: str) -> Callable[[Look], Look]:
    """Enter a function into the checks that every run goes through.

    Parameters
    ----------
    code : str
        Short, and never changed or used again.
    name : str
        What it looks for, in a few words.

    Raises
    ------
    ValueError
        The code is taken.

    Examples
    --------
    >>> register("CW1", "again")(lambda evidence: iter(()))
    Traceback (most recent call last):
        ...
    ValueError: The check CW1 is there already.
    """

    def enter(look: Look) -> Look:
        if code in _CHECKS:
            raise ValueError(f"The check {code} is there already.")
        _CHECKS[code] = Check(code, name, look)
        return look

    return enter


def checks() -> tuple[Check, ...]:
    """Return all checks, by their codes.

    See Also
    --------
    core.evaluation.checks.run_checks : Goes through them.

    Examples
    --------
    >>> [check.code for check in checks()][:3]
    ['CW1', 'CW2', 'CW3']
    """
    return tuple(sorted(_CHECKS.values(), key=lambda check: int(check.code.removeprefix("CW"))))
