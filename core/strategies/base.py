"""What a strategy is: a recipe for lanes, and a rule that turns probabilities into decisions."""

from __future__ import annotations

import dataclasses
import math
from abc import ABC
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeVar, cast

import numpy as np

from core.data.facts import TableFacts as TableFacts
from core.plan import ParameterValue, Part, PlanError, StrategyChoice
from core.strategies._cache import OnceCache
from core.strategies.snippets.snippet import CodeFacts, Snippet
from core.training.lane import Lane
from core.words import counted

Family = Literal[
    "baseline",
    "undersampling",
    "oversampling",
    "hybrid",
    "weighting",
    "loss",
    "batches",
    "augmentation",
    "ensemble",
    "decision",
    "reference",
]
FAMILY_NAMES: Mapping[Family, str] = {
    "baseline": "No balancing",
    "undersampling": "Under-sampling",
    "oversampling": "Over-sampling",
    "hybrid": "Over- and under-sampling",
    "weighting": "Weights",
    "loss": "Loss",
    "batches": "Batches",
    "augmentation": "Augmentation",
    "ensemble": "Ensembles",
    "decision": "Decision",
    "reference": "References",
}
# The order in which the parts of a combination act on a lane: weights and losses read what a class counts for once
# rows and batches are decided.
_ORDER: tuple[Family, ...] = (
    "baseline",
    "undersampling",
    "oversampling",
    "hybrid",
    "ensemble",
    "batches",
    "weighting",
    "loss",
    "augmentation",
    "decision",
    "reference",
)


class StrategyError(ValueError):
    """A strategy cannot work on these rows; the message is one sentence that says why."""


@dataclass(frozen=True)
class Card:
    """What a person is told of a strategy.

    Parameters
    ----------
    key : str
        Name in plans and files, in the field's standard term, for example ``"smote"``.
    sentence : str
        One plain sentence for somebody who has never heard of it.
    paper, link : str
        Short citation and its DOI or arXiv address.
    cost : {"instant", "fast", "slow"}
        Work beside the training; "slow" searches neighbours among the majority.
    formula : str
        What it does as LaTeX, in the letters that :data:`core.teaching.toy.LETTERS` explains; empty for none.
    """

    key: str
    name: str
    family: Family
    sentence: str
    helps: str
    harms: str
    paper: str
    link: str
    formula: str = ""
    cost: Literal["instant", "fast", "slow"] = "instant"
    numeric_only: bool = False
    categorical_only: bool = False
    two_classes_only: bool = False
    min_minority: int = 2


@dataclass(frozen=True, eq=False)
class TrainingView:
    """All that a strategy sees of a fold: training rows, neither validation nor test rows.

    Parameters
    ----------
    X : ndarray of float32, shape (n, n_features)
        Network inputs: scaled numbers, then one-hot levels.
    encoded : ndarray of float64, shape (n, n_encoded)
        Scaled numbers, then one ordinal code a categorical column.
    categorical : tuple of int
        Columns of ``encoded`` that are categorical.
    y : ndarray of int64, shape (n,)
        Class codes.
    n_classes : int
    seed : int
        Decides samplers and bags; the same for every strategy of the fold.
    expand : callable
        Turns ``encoded`` rows into ``X`` rows.
    notes : list of str
        What strategies had to change.
    cache : OnceCache
        What samplers drew on this fold, so that strategies that share a sampler run it once.
    """

    X: np.ndarray
    encoded: np.ndarray
    categorical: tuple[int, ...]
    y: np.ndarray
    n_classes: int
    seed: int
    expand: Callable[[np.ndarray], np.ndarray]
    notes: list[str] = field(default_factory=list)
    cache: OnceCache = field(default_factory=OnceCache)

    @property
    def class_counts(self) -> np.ndarray:
        return np.bincount(self.y, minlength=self.n_classes)

    def note(self, sentence: str) -> None:
        """Record what a strategy had to change (a lowered ``k_neighbors``), for the person to read."""
        if sentence not in self.notes:
            self.notes.append(sentence)


@dataclass(frozen=True, eq=False)
class Rule:
    """From a network's probabilities to a decision.

    Parameters
    ----------
    adjust : callable or None
        Maps probabilities, shape (n, n_classes), to calibrated or prior-corrected ones.
    utility : ndarray of float64, shape (n_classes, n_classes), or None
        The decision is ``argmax(p @ utility)``; None means ``argmax(p)``.
    threshold : float or None
        For two classes, the same decision as a threshold on the positive class.
    """

    adjust: Callable[[np.ndarray], np.ndarray] | None = None
    utility: np.ndarray | None = None
    threshold: float | None = None

    @classmethod
    def at(cls, threshold: float, adjust: Callable[[np.ndarray], np.ndarray] | None = None) -> Rule:
        """Return the two-class rule "positive from this probability on"."""
        return cls(adjust, np.diag([threshold, 1.0 - threshold]), threshold)

    def probabilities(self, raw: np.ndarray) -> np.ndarray:
        return raw if self.adjust is None else self.adjust(raw)

    def decide(self, probabilities: np.ndarray) -> np.ndarray:
        """Return class codes, shape (n,), for probabilities that :meth:`probabilities` returned."""
        if self.threshold is not None:
            return (probabilities[:, 1] >= self.threshold).astype(np.int64)
        scores = probabilities if self.utility is None else probabilities @ self.utility
        return scores.argmax(axis=1).astype(np.int64)


V = TypeVar("V", bound=ParameterValue)


def parameter(
    default: V,
    help: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
) -> V:
    """Declare a strategy's parameter: its default, plain help text, and range or choices."""
    metadata = {"help": help, "low": low, "high": high, "choices": choices}
    return cast(V, dataclasses.field(default=default, metadata=metadata))


@dataclass(frozen=True)
class Parameter:
    """One parameter of a strategy, as the catalogue page shows it."""

    name: str
    default: ParameterValue
    help: str
    low: float | None
    high: float | None
    choices: tuple[str, ...]


@dataclass(frozen=True)
class Strategy(ABC):
    """One way of balancing. Subclasses are frozen dataclasses whose fields are the parameters."""

    card: ClassVar[Card]
    # The family in whose turn it acts in a combination; None means its own.
    turn: ClassVar[Family | None] = None
    # The order in a family's turn. Among decisions, those that change probabilities act before those that read them.
    position: ClassVar[int] = 0
    # Whether every network gets synthetic rows of its own: for the estimate of memory.
    makes_rows: ClassVar[bool] = False
    # Whether a decision rule is fitted on validation rows, which the model must then not have learned from.
    reads_validation: ClassVar[bool] = True
    # Its probabilities are carried back to the table's class shares, or fitted to them, already.
    calibrates: ClassVar[bool] = False

    @classmethod
    def parameters(cls) -> tuple[Parameter, ...]:
        return tuple(Parameter(f.name, cast(ParameterValue, f.default), **f.metadata) for f in dataclasses.fields(cls))

    def why_not(self, facts: TableFacts) -> str | None:
        """Return one sentence on why the strategy does not apply to a table, or None where it does."""
        card = self.card
        if card.numeric_only and facts.n_categorical:
            has = counted(facts.n_categorical, "categorical column")
            return f"{card.name} works on numbers only, and this table has {has}."
        if card.categorical_only and facts.n_numeric:
            has = counted(facts.n_numeric, "numeric one")
            return f"{card.name} works on categorical columns only, and this table has {has}."
        if card.two_classes_only and facts.n_classes != 2:
            return f"{card.name} works for two classes, and this target has {facts.n_classes}."
        if facts.minority < card.min_minority:
            return (
                f"{card.name} needs at least {card.min_minority} rows of the smallest class; "
                f"this table has {facts.minority}."
            )
        return None

    def code(self, facts: CodeFacts) -> Snippet | None:
        """Return what the strategy adds to a script in plain Keras, scikit-learn and imbalanced-learn.

        None means that no script is written for it.
        """
        return None

    def refine(self, lane: Lane, view: TrainingView) -> list[Lane]:
        """Return the lanes that this strategy makes of one (for most strategies: one)."""
        return [lane]

    def stages(self, lanes: list[Lane], view: TrainingView) -> Generator[list[Lane], list[np.ndarray], None]:
        """Yield lanes to train; receive their probabilities on the view's rows, shape (n, n_classes) each.

        Strategies that need the last stage's networks to choose the next stage's rows
        override this; the others yield once. The strategy's probability is the mean over all lanes.
        """
        yield [refined for lane in lanes for refined in self.refine(lane, view)]

    def rule(self, probabilities: np.ndarray, y: np.ndarray, view: TrainingView, lanes: list[Lane]) -> Rule | None:
        """Fit a decision rule on validation rows; None leaves the decision at the largest probability.

        Parameters
        ----------
        probabilities : ndarray, shape (n_validation, n_classes)
        y : ndarray of int64, shape (n_validation,)
        """
        return None


Predictor = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Reference(Strategy):
    """A model of another library beside the networks, marked as a reference."""

    def lane(self, view: TrainingView) -> Lane:
        """Return the rows and weights that the model learns from, as a network's lane says them.

        Whatever asks which class shares probabilities are under, such as prior correction, reads it alike for
        networks and references.
        """
        return Lane(np.arange(len(view.y)), view.seed)

    def fit(self, lane: Lane, view: TrainingView) -> Predictor:
        """Learn from a lane's rows under its weights.

        Returns
        -------
        callable
            From inputs, shape (n, n_features), to probabilities, shape (n, n_classes).
        """
        raise NotImplementedError


_REGISTRY: dict[str, type[Strategy]] = {}
S = TypeVar("S", bound=type[Strategy])


def register(cls: S) -> S:
    """Enter a strategy class into the catalogue, under its card's key."""
    key = cls.card.key
    if key in _REGISTRY:
        raise ValueError(f"two strategies are called {key!r}")
    _REGISTRY[key] = cls
    return cls


def catalogue() -> dict[str, type[Strategy]]:
    """Return every registered strategy by key, family by family."""
    families = list(FAMILY_NAMES)
    return dict(sorted(_REGISTRY.items(), key=lambda item: families.index(item[1].card.family)))


def make(part: Part) -> Strategy:
    """Return the strategy of a plan's part.

    Raises
    ------
    PlanError
        The name is not registered, or a parameter is unknown or out of range.
    """
    cls = _REGISTRY.get(part.name)
    if cls is None:
        raise PlanError(f"There is no strategy called '{part.name}'.")
    known = {p.name: p for p in cls.parameters()}
    for name, value in part.parameters:
        spec = known.get(name)
        if spec is None:
            raise PlanError(f"{cls.card.name} has no parameter '{name}'.")
        if spec.choices and value not in spec.choices:
            raise PlanError(f"{cls.card.name}: {name} must be one of {', '.join(spec.choices)}.")
        number = isinstance(value, int | float) and not isinstance(value, bool)
        low = -math.inf if spec.low is None else spec.low
        high = math.inf if spec.high is None else spec.high
        if number and not low <= cast(float, value) <= high:
            raise PlanError(f"{cls.card.name}: {name} is {value}; choose {low:g} to {high:g}.")
    return cls(**dict(part.parameters))


def parts_of(choice: StrategyChoice) -> list[Strategy]:
    """Return a choice's strategies in the order in which they act: rows, members, batches, weights, loss, decision."""
    made = [make(part) for part in choice.parts]
    return sorted(made, key=lambda strategy: (_ORDER.index(strategy.turn or strategy.card.family), strategy.position))


def networks_of(choice: StrategyChoice) -> frozenset[Part]:
    """Return what decides a choice's networks: its parts without decision rules and without the plain network."""
    return frozenset(part for part in choice.parts if make(part).card.family not in ("decision", "baseline"))


def learns_validation(choice: StrategyChoice) -> bool:
    """Return whether a choice's model learns from the validation rows as well.

    Networks stop on them. A reference stops by itself, so it would see fewer rows than networks do if it left
    them out: it learns from them, unless a decision rule of the choice has to be fitted on rows that the model
    has not seen.
    """
    parts = [make(part) for part in choice.parts]
    fitted = any(part.card.family == "decision" and part.reads_validation for part in parts)
    return not fitted and any(isinstance(part, Reference) for part in parts)


def label(choice: StrategyChoice) -> str:
    """Return the choice's name for people: its parts' names and the parameters that differ from the defaults."""
    names: Iterable[str] = (
        _REGISTRY[part.name].card.name
        + (f" ({', '.join(f'{n}={v}' for n, v in part.parameters)})" if part.parameters else "")
        if part.name in _REGISTRY
        else part.key
        for part in choice.parts
    )
    return " + ".join(names)


def stages_of(parts: list[Strategy], lane: Lane, view: TrainingView) -> Generator[list[Lane], list[np.ndarray], None]:
    """Run a combination's parts over one lane, stage by stage; see :meth:`Strategy.stages`."""
    before: list[Lane] = [lane]
    ensemble_at = next((i for i, p in enumerate(parts) if p.card.family == "ensemble"), None)
    head = parts if ensemble_at is None else parts[:ensemble_at]
    tail = [] if ensemble_at is None else parts[ensemble_at + 1 :]
    for part in head:
        before = [refined for one in before for refined in part.refine(one, view)]
    if ensemble_at is None:
        yield before
        return
    inner = parts[ensemble_at].stages(before, view)
    stage = next(inner, None)
    while stage is not None:
        for part in tail:
            stage = [refined for one in stage for refined in part.refine(one, view)]
        probabilities = yield stage
        try:
            stage = inner.send(probabilities)
        except StopIteration:
            return
