"""References: models of other libraries on the same rows, to tell whether a network is worth it.

They learn from the rows that networks learn from. A model that stops early does so on the rows that networks stop
on, weighed to the class shares that it learns under.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from core.strategies.base import Card, Predictor, Reference
from core.strategies.registry import register
from core.strategies.snippets.snippet import CodeFacts, Snippet
from core.strategies.view import HeldOut, TrainingView
from core.strategies.weighting import BALANCED_CODE, balanced, weighted
from core.training.lane import Lane

if TYPE_CHECKING:
    from sklearn.base import ClassifierMixin


@dataclass(frozen=True, eq=False)
class Weighed:
    """Rows, their classes and what they weigh; weights are None where all rows weigh the same.

    See Also
    --------
    SklearnReference.fitted : Learns from them.

    Examples
    --------
    >>> Weighed(np.zeros((2, 1)), np.array([0, 1]), None).weight is None
    True
    """

    X: np.ndarray
    y: np.ndarray
    weight: np.ndarray | None


@dataclass(frozen=True)
class SklearnReference(Reference):
    """A classifier with scikit-learn's interface on the network's inputs.

    See Also
    --------
    Logistic : The simplest one.

    Examples
    --------
    >>> from core.strategies.line import view_of
    >>> view = view_of([[1, 2, 3], [8]])
    >>> np.round(LogisticBalanced().lane(view).sample_weight, 1), Logistic().lane(view).sample_weight
    (array([0.7, 0.7, 0.7, 2. ], dtype=float32), None)
    """

    balances: ClassVar[bool] = False

    @abstractmethod
    def fitted(self, seed: int, rows: Weighed, held: Weighed | None) -> ClassifierMixin:
        """Return the classifier, fitted.

        Parameters
        ----------
        seed : int
        rows : Weighed
            To learn from.
        held : Weighed or None
            To stop on; None where there are no such rows.
        """

    def lane(self, view: TrainingView, rows: np.ndarray | None = None) -> Lane:
        lane = super().lane(view, rows)
        counts = np.bincount(view.y[lane.rows], minlength=view.n_classes)
        return weighted(lane, view, balanced(counts)) if self.balances else lane

    def fit(self, lane: Lane, view: TrainingView, held: HeldOut | None = None) -> Predictor:
        # Weights of rows do what class_weight="balanced" does, and the lane tells of them.
        rows = Weighed(view.X[lane.rows], view.y[lane.rows], lane.sample_weight)
        model = self.fitted(lane.seed, rows, None if held is None else _weighed(held, rows, view.n_classes))
        # A partial, not a closure: a fitted classifier has to pickle.
        return partial(_probabilities, model, view.n_classes)

    def weight_code(self) -> str:
        """Return the classifier's argument for a script."""
        return 'class_weight="balanced", ' if self.balances else ""

    def shares_code(self) -> str:
        """Return the weight per class for a script."""
        return BALANCED_CODE if self.balances else ""


def _weighed(held: HeldOut, rows: Weighed, n_classes: int) -> Weighed | None:
    """Return the rows to stop on, each with the mean weight of its class; classes never learned are left out."""
    counts = np.bincount(rows.y, minlength=n_classes)
    known = counts[held.y] > 0
    X, y = held.X[known], held.y[known]
    if not len(y):
        return None
    if rows.weight is None:
        return Weighed(X, y, None)
    mean = np.bincount(rows.y, rows.weight, n_classes) / np.maximum(counts, 1)
    return Weighed(X, y, mean[y])


def _probabilities(model: ClassifierMixin, n_classes: int, X: np.ndarray) -> np.ndarray:
    probabilities = np.zeros((len(X), n_classes))
    probabilities[:, model.classes_] = model.predict_proba(X)
    return probabilities


@dataclass(frozen=True)
class _Logistic(SklearnReference):
    def code(self, facts: CodeFacts) -> Snippet:
        imports = ("from sklearn.linear_model import LogisticRegression",)
        model = f"LogisticRegression({self.weight_code()}max_iter=1000)"
        return Snippet(imports, weights=self.shares_code(), model=model)

    def fitted(self, seed: int, rows: Weighed, held: Weighed | None) -> ClassifierMixin:
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(max_iter=1000).fit(rows.X, rows.y, sample_weight=rows.weight)


@register
@dataclass(frozen=True)
class Logistic(_Logistic):
    """Logistic regression with scikit-learn's defaults.

    See Also
    --------
    LogisticBalanced : With class weights.
    core.strategies.references_boosting.Boosting : Bends and combines columns.

    Examples
    --------
    >>> from core.strategies.line import view_of
    >>> view = view_of([list(range(60)), list(range(50, 80))])
    >>> reference = Logistic()
    >>> predict = reference.fit(reference.lane(view), view)
    >>> predict(np.array([[10], [55], [70]]))[:, 1].round(2).tolist()
    [0.0, 0.54, 0.99]
    """

    card = Card(
        "logistic",
        "Logistic regression",
        "reference",
        "A linear model, no network: what can be had without one.",
        helps="Tells whether the table needs anything curved at all.",
        harms="Cannot bend or combine columns.",
        paper="Cox (1958)",
        link="https://doi.org/10.1111/j.2517-6161.1958.tb00292.x",
        formula=r"p = \frac{1}{1 + e^{-(w \cdot x + b)}}",
    )
    cost = "fast"


@register
@dataclass(frozen=True)
class LogisticBalanced(_Logistic):
    """Logistic regression with balanced class weights.

    See Also
    --------
    Logistic : Without class weights.

    Examples
    --------
    >>> from core.strategies.line import view_of
    >>> view = view_of([list(range(60)), list(range(50, 80))])
    >>> reference = LogisticBalanced()
    >>> predict = reference.fit(reference.lane(view), view)
    >>> predict(np.array([[10], [55], [70]]))[:, 1].round(2).tolist()
    [0.0, 0.71, 1.0]
    """

    card = Card(
        "logistic_balanced",
        "Logistic regression, balanced",
        "reference",
        "The linear model with class weights.",
        helps="The simplest balanced model to beat.",
        harms="Cannot bend or combine columns; probabilities lean towards rare classes.",
        paper="King and Zeng (2001)",
        link="https://doi.org/10.1093/oxfordjournals.pan.a004868",
        formula=r"p = \frac{1}{1 + e^{-(w \cdot x + b)}}, \quad \ell = -\frac{N}{C \, n_y} \log p_y",
    )
    cost = "fast"
    balances = True
