"""What a question is, and what it is asked of."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import ClassVar, TypeVar, cast

import numpy as np
import pandas as pd

from core.data.problem import Problem
from core.decision.stakes import Stakes
from core.evaluation.comparison import Comparison
from core.evaluation.outoffold import OutOfFold, out_of_fold
from core.evaluation.settled import judged_by, settled_rows
from core.evaluation.shown import NAMED, top
from core.reporting.display import shown_class
from core.reporting.questions.answer import Answer
from core.reporting.results import Results
from core.words import counted, joined, which_there_are

Ends = tuple[np.ndarray, np.ndarray]
_QUESTIONS: dict[str, type[Question]] = {}
T = TypeVar("T", bool, int, float, str)


class QuestionError(ValueError):
    """A question that this run cannot answer; the message is one sentence with the way out.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> Subject.of(Results(sample_run().problem, sample_run().folds), "maybe")
    Traceback (most recent call last):
        ...
    core.reporting.questions.question.QuestionError: There is no class 'maybe': choose one of `no`, `yes`.
    """


@dataclass(frozen=True, eq=False)
class Subject:
    """What is asked: the strategies that decided all rows, and the class that is looked for.

    Parameters
    ----------
    pooled : tuple of OutOfFold
        At least one strategy, with its own decisions.
    labels : tuple of str
        Classes by code.
    names : mapping
        Strategies' names for people, by key.
    code : int
        The class that is looked for, against the rest.
    problem : Problem
        The run's table under its plan.
    checked : frozenset of int
        Labelled rows whose labels somebody found right, by position.
    stakes : Stakes
        What was settled about the run's decisions.
    coloured : tuple of str or None
        Strategies that figures show in colour, the others in grey; None for all.
    comparison : Comparison or None
        Fold by fold with decisions as they were settled, for what asks more than the tested rows.
    advised : str or None
        The recommended strategy, where one can be used.

    See Also
    --------
    Subject.of : Of a run in hand.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> subject = Subject.of(Results(sample_run().problem, sample_run().folds))
    >>> subject.label, subject.rest, subject.keys
    ('yes', 'no', ('plain', 'smote'))
    """

    pooled: tuple[OutOfFold, ...]
    labels: tuple[str, ...]
    names: Mapping[str, str]
    code: int
    problem: Problem
    checked: frozenset[int] = frozenset()
    stakes: Stakes = field(default_factory=Stakes)
    coloured: tuple[str, ...] | None = None
    comparison: Comparison | None = None
    advised: str | None = None

    @classmethod
    def of(
        cls,
        results: Results,
        label: str | None = None,
        checked: frozenset[int] = frozenset(),
        stakes: Stakes | None = None,
    ) -> Subject:
        """Return what a run's results say of a class; None for the positive one of two, the smallest of more.

        Raises
        ------
        QuestionError
            There is no such class, or no strategy finished all folds.
        """
        if stakes is not None and stakes != results.stakes:
            results = replace(results, stakes=stakes)
        comparison = results.comparison
        pooled = out_of_fold(comparison)
        if not pooled:
            raise QuestionError("No strategy finished all folds, so that there is nothing to ask: resume the run.")
        if label is not None and label not in comparison.labels:
            there = which_there_are(label, comparison.labels, "choose one of")
            raise QuestionError(f"There is no class '{label[:60]}': {there}")
        code = shown_class(comparison) if label is None else comparison.labels.index(label)
        return cls(
            pooled, comparison.labels, results.names, code, results.problem, checked, results.stakes,
            told_apart(results) if len(pooled) > NAMED + 2 else None, results.decided,
            results.advice.key if results.advice is not None and results.advice.is_usable else None,
        )  # fmt: skip

    @cached_property
    def settled(self) -> tuple[tuple[OutOfFold, ...], str]:
        """The tested rows with decisions as they were settled, and the sentence that says by what rule they are."""
        return settled_rows(self.pooled, self.problem, self.stakes)

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(rows.key for rows in self.pooled)

    @property
    def label(self) -> str:
        return self.labels[self.code]

    @property
    def rest(self) -> str:
        """What the rows of the other classes are called."""
        return self.labels[1 - self.code] if len(self.labels) == 2 else "the rest"

    @property
    def frame(self) -> pd.DataFrame:
        """The labelled rows of the table."""
        return self.problem.table.frame.iloc[self.problem.target.rows]

    @property
    def truth(self) -> np.ndarray:
        """Whether each pooled row is of the class, bool, shape (n,)."""
        return self.pooled[0].truth == self.code

    @property
    def repeats(self) -> int:
        return len(np.unique(self.pooled[0].repeat))

    def strategy_names(self) -> list[str]:
        return [self.names[key] for key in self.keys]

    def named(self, places: Iterable[int]) -> str:
        """Return strategies by position as they stand in a sentence, the first few of them."""
        return joined([self.names[self.keys[at]] for at in places], most=3)

    def standing(self, best: Collection[int], said: Callable[[int], str], ends: Ends | None = None) -> str:
        """Return what follows a sentence that names the best: who is level with them, and the recommended strategy.

        Parameters
        ----------
        best : collection of int
            The strategies that the sentence names, by position.
        said : callable
            Says a strategy's figure in words.
        ends : pair of ndarray, shape (n_strategies,), optional
            Lower and upper ends of intervals: where they overlap with those of the best, nobody is clearly better.

        Examples
        --------
        >>> from core.evaluation.sample import sample_run
        >>> subject = Subject.of(Results(sample_run().problem, sample_run().folds))
        >>> subject.advised, subject.standing([0], str), subject.standing([1], lambda at: f"{at + 1} rows")
        ('plain', '', ' The recommended Plain network: 1 rows.')
        >>> subject.standing([1], str, (np.array([0.2, 0.1]), np.array([0.4, 0.3])))
        ' The recommended Plain network (0) is level with it, as the intervals overlap.'
        """
        level = () if ends is None else _overlapping(sorted(best), ends)
        own = self.keys.index(self.advised) if self.advised in self.keys else None
        told = "" if own is None else f"The recommended {self.names[self.keys[own]]}"
        tied = f"level with {'it' if len(best) == 1 else 'them'}, as the intervals overlap."
        if own is not None and own in level:
            more = counted(len(level) - 1, "other strategy", "other strategies")
            others = f" and {more} are" if len(level) > 1 else " is"
            return f" {told} ({said(own)}){others} {tied}"
        level_said = f" {self.named(level)} {'is' if len(level) == 1 else 'are'} {tied}" if level else ""
        return level_said + ("" if own is None or own in best else f" {told}: {said(own)}.")


def _overlapping(best: Sequence[int], ends: Ends) -> tuple[int, ...]:
    low, high = (np.asarray(side, float) for side in ends)
    touch = (low <= high[best[0]]) & (high >= low[best[0]])
    return tuple(int(at) for at in np.flatnonzero(touch) if at not in best)


def told_apart(results: Results) -> tuple[str, ...]:
    """Return the strategies to tell apart of many: the recommended one, the best, and the plain ones.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> told_apart(Results(sample_run().problem, sample_run().folds))
    ('smote', 'plain')
    """
    advised = results.advice
    always = [advised.key] if advised is not None and advised.key is not None else []
    return top(results.comparison, judged_by(results.comparison), NAMED - 2, always)


def option(default: T, help: str, *, low: float | None = None, high: float | None = None) -> T:
    """Return a field of a question: what a person may set, with its range.

    Examples
    --------
    >>> option(0.9, "Share of rows to find.", low=0.01, high=0.999).metadata["help"]
    'Share of rows to find.'
    """
    return cast(T, dataclasses.field(default=default, metadata={"help": help, "low": low, "high": high}))


@dataclass(frozen=True)
class Question(ABC):
    """One thing that people ask of a run; its fields are what they may set.

    See Also
    --------
    option : A field.
    questions : All of them.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.reporting.questions import questions
    >>> subject = Subject.of(Results(sample_run().problem, sample_run().folds))
    >>> questions()["promise"](recall=0.5, confidence=0.8).answer(subject).title
    'A promise on recall'
    """

    #: Its name on the command line and in addresses, its title, and what it answers, in a sentence.
    key: ClassVar[str]
    title: ClassVar[str]
    help: ClassVar[str]

    def __post_init__(self) -> None:
        for each in dataclasses.fields(self):
            value, low, high = getattr(self, each.name), each.metadata["low"], each.metadata["high"]
            if isinstance(value, str | bool):
                continue
            below, above = low is not None and not value >= low, high is not None and not value <= high
            if below or above:
                name = each.name.replace("_", " ").capitalize()
                bounds = f"from {low:g} to {high:g}" if high is not None else f"of at least {low:g}"
                raise QuestionError(f"{name} is {value:g}: choose a value {bounds}.")

    @abstractmethod
    def answer(self, subject: Subject) -> Answer:
        """Return what the run says.

        Raises
        ------
        QuestionError
            This run cannot say.
        """


Q = TypeVar("Q", bound=type[Question])


def register(question: Q) -> Q:
    """Enter a question into :func:`questions`.

    Examples
    --------
    >>> from core.reporting.questions.promise import PromiseOnRecall
    >>> questions()["promise"] is register(PromiseOnRecall)
    True
    """
    _QUESTIONS[question.key] = question
    return question


def questions() -> Mapping[str, type[Question]]:
    """Return all questions by their keys.

    Examples
    --------
    >>> import core.reporting.questions
    >>> "promise" in questions()
    True
    """
    return MappingProxyType(_QUESTIONS)
