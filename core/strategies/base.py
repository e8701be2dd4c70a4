"""What a strategy is: its card, its parameters, and what it does to lanes or to decisions.

What a strategy does is said by its class; its card is for people.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, Literal

import numpy as np

from core.data.facts import TableFacts as TableFacts
from core.decision import Calibration, Rule
from core.parameters import Parameter as Parameter
from core.parameters import parameter as parameter
from core.parameters import parameters_of
from core.strategies.seconds import Cost, TrainingSize, by_cost
from core.strategies.snippets.snippet import CodeFacts, Snippet
from core.strategies.view import HeldOut, TrainingView
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


class Turn(IntEnum):
    """When a part of a combination acts on a lane.

    Weights and losses read what a class counts for, so they act once rows and batches are decided.

    See Also
    --------
    core.strategies.registry.parts_of : Sorts by it.

    Examples
    --------
    >>> sorted([Turn.DECISION, Turn.WEIGHTING, Turn.OVERSAMPLING])[0].name
    'OVERSAMPLING'
    """

    BASELINE = 0
    UNDERSAMPLING = 1
    OVERSAMPLING = 2
    HYBRID = 3
    ENSEMBLE = 4
    BATCHES = 5
    WEIGHTING = 6
    LOSS = 7
    AUGMENTATION = 8
    DECISION = 9
    REFERENCE = 10


class StrategyError(ValueError):
    """A strategy cannot work on these rows; the message is one sentence that says why.

    See Also
    --------
    core.settings.PlanError : A plan that makes no sense on any rows.

    Examples
    --------
    >>> from core.strategies.line import rows_seen
    >>> from core.strategies.oversampling import Smote
    >>> rows_seen(Smote(), [[1, 2, 3], [8]])
    Traceback (most recent call last):
    core.strategies.base.StrategyError: SMOTE needs at least 2 training rows of every class, and the smallest has 1.
    """


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
    formula : str
        What it does as LaTeX, in the letters that :mod:`core.teaching.letters` explains; empty for none.

    See Also
    --------
    core.strategies.cards.find : Searches cards.

    Examples
    --------
    >>> from core.strategies import catalogue
    >>> card = catalogue()["smote"].card
    >>> card.name, card.family, card.paper
    ('SMOTE', 'oversampling', 'Chawla et al. (2002)')
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


@dataclass(frozen=True)
class Strategy(ABC):
    """One way of balancing. Subclasses are frozen dataclasses whose fields are the parameters.

    See Also
    --------
    core.strategies.registry.register : Enters a subclass into the catalogue.

    Examples
    --------
    >>> from core.strategies import catalogue
    >>> rose = catalogue()["rose"]()
    >>> rose.why_not(TableFacts((90, 10), n_numeric=3, n_categorical=1))
    'ROSE (smoothed bootstrap) works on numbers only, and this table has 1 categorical column.'
    >>> rose.n_networks, rose.turn.name
    (1, 'OVERSAMPLING')
    """

    card: ClassVar[Card]
    # What it asks of a table.
    numeric_only: ClassVar[bool] = False
    categorical_only: ClassVar[bool] = False
    two_classes_only: ClassVar[bool] = False
    min_minority: ClassVar[int] = 2
    # Work beside the training; "slow" searches neighbours among the majority.
    cost: ClassVar[Cost] = "instant"
    # When it acts in a combination, and its order among those of the same turn.
    turn: ClassVar[Turn]
    position: ClassVar[int] = 0
    # For the estimate of memory: whether it searches neighbours among a copy of the rows, and whether a network may
    # see more rows than the table has.
    searches: ClassVar[bool] = False
    grows: ClassVar[bool] = False

    @classmethod
    def parameters(cls) -> tuple[Parameter, ...]:
        """Return the parameters, in the order of the class's fields."""
        return parameters_of(cls)

    @property
    def n_networks(self) -> int:
        """Networks trained for one lane."""
        return 1

    def synthetic_rows(self, missing: float) -> float:
        """Return how many synthetic rows are held in memory, at most.

        Parameters
        ----------
        missing : float
            Rows until every class is as large as the largest.
        """
        return 0.0

    def why_not(self, facts: TableFacts) -> str | None:
        """Return one sentence on why the strategy does not apply to a table, or None where it does."""
        name = self.card.name
        if self.numeric_only and facts.n_categorical:
            has = counted(facts.n_categorical, "categorical column")
            return f"{name} works on numbers only, and this table has {has}."
        if self.categorical_only and facts.n_numeric:
            has = counted(facts.n_numeric, "numeric one")
            return f"{name} works on categorical columns only, and this table has {has}."
        if self.two_classes_only and facts.n_classes != 2:
            return f"{name} works for two classes, and this target has {facts.n_classes}."
        if facts.minority < self.min_minority:
            return (
                f"{name} needs at least {self.min_minority} rows of the smallest class; "
                f"this table has {facts.minority}."
            )
        return None

    def seconds(self, size: TrainingSize) -> float:
        """Return the processor seconds of its samplers or of its model on one fold, beside the networks' training.

        See Also
        --------
        core.strategies.seconds : What formulas are made of.
        """
        return by_cost(self.cost, size)

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


@dataclass(frozen=True)
class Baseline(Strategy):
    """Balances nothing: what other strategies are measured against.

    See Also
    --------
    RowStrategy : Changes the rows.
    LearningStrategy : Changes how a network learns from them.

    Examples
    --------
    >>> from core.strategies.line import rows_seen
    >>> from core.strategies.baseline import Plain
    >>> rows_seen(Plain(), [[1, 2, 3], [8]])
    [[[1.0, 2.0, 3.0], [8.0]]]
    """

    turn = Turn.BASELINE


@dataclass(frozen=True)
class RowStrategy(Strategy):
    """Changes which rows a network sees.

    See Also
    --------
    LearningStrategy : Leaves the rows as they are.

    Examples
    --------
    >>> from core.strategies.line import rows_seen
    >>> from core.strategies.undersampling import RandomUnder
    >>> rows_seen(RandomUnder(), [[1, 2, 3, 4], [8, 9]])
    [[[3.0, 4.0], [8.0, 9.0]]]
    """


@dataclass(frozen=True)
class Ensemble(Strategy):
    """Trains several networks and averages their probabilities.

    See Also
    --------
    RowStrategy : One network.

    Examples
    --------
    >>> from core.strategies.ensembles import UnderBagging
    >>> UnderBagging(n_members=3).n_networks
    3
    """

    turn = Turn.ENSEMBLE
    grows = True

    n_members: int = parameter(10, "Networks whose probabilities are averaged.", low=2, high=100, tried=())

    @property
    def n_networks(self) -> int:
        return self.n_members

    def seconds(self, size: TrainingSize) -> float:
        return self.n_members * super().seconds(size)


@dataclass(frozen=True)
class LearningStrategy(Strategy):
    """Changes how a network learns from its rows: what they weigh, how they are batched or mixed, the loss.

    See Also
    --------
    RowStrategy : Changes the rows.

    Examples
    --------
    >>> from core.strategies.line import view_of
    >>> from core.strategies.batches import BalancedBatches
    >>> [lane] = BalancedBatches().refine(Lane(np.arange(4), seed=0), view_of([[1, 2, 3], [8]]))
    >>> lane.rows.tolist(), lane.batches
    ([0, 1, 2, 3], 'balanced')
    """


@dataclass(frozen=True)
class Decision(Strategy):
    """Acts on the probabilities of networks that are trained already; choices that differ in it alone share networks.

    See Also
    --------
    Calibrating : Changes probabilities.
    Deciding : Turns probabilities into classes.

    Examples
    --------
    >>> from core.strategies import Recipe
    >>> from core.strategies.notation import parse_choice
    >>> [Recipe.of(parse_choice(key)).key for key in ("smote", "smote+threshold_f1", "smote+temperature")]
    ['smote', 'smote', 'smote']
    """

    turn = Turn.DECISION


@dataclass(frozen=True)
class Calibrating(Decision):
    """Carries probabilities back to the class shares of the table, or fits them to the shares observed.

    See Also
    --------
    Deciding : Turns probabilities into classes.

    Examples
    --------
    >>> from core.strategies.line import view_of
    >>> from core.strategies.calibrations import PriorCorrection
    >>> view = view_of([[1, 2, 3], [8]])
    >>> balanced = Lane(np.array([0, 3]), seed=0)
    >>> corrected = PriorCorrection().calibration(np.zeros((0, 2)), np.zeros(0, int), view, [balanced])
    >>> corrected(np.array([[0.5, 0.5]])).tolist()
    [[0.75, 0.25]]
    """

    @abstractmethod
    def calibration(
        self, probabilities: np.ndarray, y: np.ndarray, view: TrainingView, lanes: list[Lane]
    ) -> Calibration:
        """Fit a calibration.

        Parameters
        ----------
        probabilities : ndarray, shape (n, n_classes)
            Of rows that the model has not learned from.
        y : ndarray of int64, shape (n,)
        view : TrainingView
            What the model's strategy saw.
        lanes : list of Lane
            What the model learned from.
        """


@dataclass(frozen=True)
class Deciding(Decision):
    """Turns probabilities into classes, after any calibration.

    See Also
    --------
    Calibrating : Changes probabilities.

    Examples
    --------
    >>> from core.strategies.line import view_of
    >>> from core.strategies.thresholds import ThresholdF1
    >>> probabilities, y = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.6, 0.4]]), np.array([0, 0, 1, 1])
    >>> rule = ThresholdF1().rule(probabilities, y, view_of([[1, 2, 3], [8]]), [])
    >>> rule.decide(probabilities).tolist()
    [0, 0, 1, 1]
    """

    position = 1
    # Whether the rule counts rows, so that none may come more than once, as they do in repeats.
    independent_rows: ClassVar[bool] = False

    @abstractmethod
    def rule(self, probabilities: np.ndarray, y: np.ndarray, view: TrainingView, lanes: list[Lane]) -> Rule | None:
        """Fit a decision rule; None leaves the decision at the largest probability.

        Parameters
        ----------
        probabilities : ndarray, shape (n, n_classes)
            Of rows that the model has not learned from, calibrated.
        y : ndarray of int64, shape (n,)
        view : TrainingView
            What the model's strategy saw.
        lanes : list of Lane
            What the model learned from.
        """


Predictor = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Reference(Strategy):
    """A model of another library beside the networks, marked as a reference.

    See Also
    --------
    Baseline : The plain network.

    Examples
    --------
    >>> from core.strategies.line import view_of
    >>> from core.strategies.references import Logistic
    >>> view = view_of([[1, 2, 3, 4], [8, 9]])
    >>> predict = Logistic().fit(Logistic().lane(view), view)
    >>> predict(np.array([[2], [9]])).argmax(axis=1).tolist()
    [0, 1]
    """

    turn = Turn.REFERENCE

    def lane(self, view: TrainingView, rows: np.ndarray | None = None) -> Lane:
        """Return the rows and weights that the model learns from, as a network's lane says them.

        Whatever asks which class shares probabilities are under, such as prior correction, reads it alike for
        networks and references.

        Parameters
        ----------
        rows : ndarray of int64, optional
            Positions in the view's rows; all of them by default.
        """
        return Lane(np.arange(len(view.y)) if rows is None else rows, view.seed)

    def fit(self, lane: Lane, view: TrainingView, held: HeldOut | None = None) -> Predictor:
        """Learn from a lane's rows under its weights.

        Parameters
        ----------
        held : HeldOut, optional
            What networks stop on; a model that stops early stops on the same.

        Returns
        -------
        callable
            From inputs, shape (n, n_features), to probabilities, shape (n, n_classes).
        """
        raise NotImplementedError
