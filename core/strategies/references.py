"""References: scikit-learn's models on the same rows, to tell whether a network is worth it.

Networks have the validation rows to stop on. A reference stops by itself and so learns from them, unless a
decision rule that follows it is fitted on them: then it stays with the other rows, and says so.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from core.strategies.base import Card, Predictor, Reference
from core.strategies.registry import register
from core.strategies.seconds import TrainingSize
from core.strategies.snippets.snippet import CodeFacts, Snippet
from core.strategies.view import TrainingView
from core.strategies.weighting import BALANCED_CODE, balanced, weighted
from core.training.lane import Lane

if TYPE_CHECKING:
    from sklearn.base import ClassifierMixin


@dataclass(frozen=True)
class _SklearnReference(Reference):
    """A scikit-learn classifier on the network's inputs."""

    balances: ClassVar[bool] = False

    @abstractmethod
    def model(self, seed: int) -> ClassifierMixin:
        """Return the classifier, not fitted yet."""

    def lane(self, view: TrainingView) -> Lane:
        lane = super().lane(view)
        return weighted(lane, view, balanced(view.class_counts)) if self.balances else lane

    def fit(self, lane: Lane, view: TrainingView) -> Predictor:
        # Weights of rows do what class_weight="balanced" does, and the lane tells of them.
        model = self.model(lane.seed).fit(view.X[lane.rows], view.y[lane.rows], sample_weight=lane.sample_weight)
        # A partial, not a closure: a fitted classifier has to pickle.
        return partial(_probabilities, model, view.n_classes)

    def weight_code(self) -> str:
        """Return the classifier's argument for a script."""
        return 'class_weight="balanced", ' if self.balances else ""

    def shares_code(self) -> str:
        """Return the weight per class for a script."""
        return BALANCED_CODE if self.balances else ""


def _probabilities(model: ClassifierMixin, n_classes: int, X: np.ndarray) -> np.ndarray:
    probabilities = np.zeros((len(X), n_classes))
    probabilities[:, model.classes_] = model.predict_proba(X)
    return probabilities


@dataclass(frozen=True)
class _Logistic(_SklearnReference):
    def code(self, facts: CodeFacts) -> Snippet:
        imports = ("from sklearn.linear_model import LogisticRegression",)
        model = f"LogisticRegression({self.weight_code()}max_iter=1000)"
        return Snippet(imports, weights=self.shares_code(), model=model)

    def model(self, seed: int) -> ClassifierMixin:
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(max_iter=1000)


@register
@dataclass(frozen=True)
class Logistic(_Logistic):
    """Logistic regression with scikit-learn's defaults.

    See Also
    --------
    LogisticBalanced : With class weights.
    Boosting : Bends and combines columns.

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


@dataclass(frozen=True)
class _Boosting(_SklearnReference):
    def code(self, facts: CodeFacts) -> Snippet:
        imports = ("from sklearn.ensemble import HistGradientBoostingClassifier",)
        model = f"HistGradientBoostingClassifier({self.weight_code()}random_state=seed)"
        return Snippet(imports, weights=self.shares_code(), model=model, reads=("seed",))

    def model(self, seed: int) -> ClassifierMixin:
        from sklearn.ensemble import HistGradientBoostingClassifier

        return HistGradientBoostingClassifier(random_state=seed)


@register
@dataclass(frozen=True)
class Boosting(_Boosting):
    """Histogram gradient boosting with scikit-learn's defaults.

    See Also
    --------
    BoostingBalanced : With class weights.
    Logistic : A linear model.

    Examples
    --------
    >>> from core.strategies.line import view_of
    >>> view = view_of([list(range(60)), list(range(50, 80))])
    >>> reference = Boosting()
    >>> predict = reference.fit(reference.lane(view), view)
    >>> predict(np.array([[10], [55], [70]]))[:, 1].round(2).tolist()
    [0.0, 0.5, 1.0]
    """

    card = Card(
        "boosting",
        "Gradient boosting",
        "reference",
        "Boosted decision trees, no network: on many tables the one to beat.",
        helps="Tells whether a network is the right tool for the table.",
        harms="With very few rows of a class the trees learn them by heart.",
        paper="Friedman (2001)",
        link="https://doi.org/10.1214/aos/1013203451",
        formula=r"F(x) = \sum_{m} \nu f_m(x), \quad f_m \approx -\frac{\partial \ell}{\partial F_{m-1}}",
    )
    cost = "fast"

    def seconds(self, size: TrainingSize) -> float:
        return 0.2 * size.models + 6e-5 * size.n


@register
@dataclass(frozen=True)
class BoostingBalanced(_Boosting):
    """Histogram gradient boosting with balanced class weights.

    See Also
    --------
    Boosting : Without class weights.

    Examples
    --------
    >>> from core.strategies.line import view_of
    >>> view = view_of([list(range(60)), list(range(50, 80))])
    >>> reference = BoostingBalanced()
    >>> predict = reference.fit(reference.lane(view), view)
    >>> predict(np.array([[10], [55], [70]]))[:, 1].round(2).tolist()
    [0.0, 0.67, 1.0]
    """

    card = Card(
        "boosting_balanced",
        "Gradient boosting, balanced",
        "reference",
        "Boosted decision trees with class weights.",
        helps="The strongest simple balanced model on many tables.",
        harms="Probabilities lean towards rare classes.",
        paper="Friedman (2001)",
        link="https://doi.org/10.1214/aos/1013203451",
        formula=(
            r"F(x) = \sum_{m} \nu f_m(x), \quad f_m \approx -\frac{\partial (w_y \ell)}{\partial F_{m-1}}, "
            r"\quad w_j = \frac{N}{C \, n_j}"
        ),
    )
    cost = "fast"
    balances = True

    def seconds(self, size: TrainingSize) -> float:
        return 0.2 * size.models + 3e-4 * size.n
