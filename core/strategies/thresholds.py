"""Thresholds: the same network, another rule from probabilities to classes, fitted on validation rows."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from core.decision import Rule, confusion, thresholds
from core.strategies._costs import COSTS_HELP, MISS_COST_HELP, cost_matrix, costs_code
from core.strategies.base import Card, Deciding, parameter
from core.strategies.registry import register
from core.strategies.snippets import functions
from core.strategies.snippets.snippet import CodeFacts, Snippet
from core.strategies.view import TrainingView
from core.training.lane import Lane


@dataclass(frozen=True)
class Threshold(Deciding):
    """A rule that maximises an objective over the validation rows' confusion matrix.

    Two classes: the threshold on the positive class's probability. More: a factor per class, by
    which probabilities are multiplied before the largest one wins.

    See Also
    --------
    core.decision.thresholds : The search.

    Examples
    --------
    >>> from core.strategies import catalogue
    >>> [key for key, strategy in catalogue().items() if issubclass(strategy, Threshold)][:2]
    ['threshold_f1', 'threshold_g_mean']
    """

    def code(self, facts: CodeFacts) -> Snippet:
        objective = self.objective_code(facts)
        tuned = functions.TUNED_BINARY if facts.binary else functions.TUNED_MANY
        return Snippet(
            objective.imports, (*objective.helpers, tuned), rule=f"tuned(p_valid, y_valid, {objective.rule})"
        )

    @abstractmethod
    def objective(self, view: TrainingView) -> thresholds.Objective:
        """Return what is maximised."""

    @abstractmethod
    def objective_code(self, facts: CodeFacts) -> Snippet:
        """Return the objective for a script: ``rule`` is a function of truth and decisions."""

    def rule(self, probabilities: np.ndarray, y: np.ndarray, view: TrainingView, lanes: list[Lane]) -> Rule | None:
        if len(np.unique(y)) < 2:
            view.note(f"{self.card.name}: the validation rows hold one class only, so the threshold stayed as it was.")
            return None
        objective = self.objective(view)
        if view.n_classes == 2:
            return Rule.at(thresholds.best_threshold(y, probabilities[:, 1], objective))
        return Rule(np.diag(thresholds.best_scales(y, probabilities, objective)))


def _floor_code(floored: str, wanted: str, floor: float, facts: CodeFacts) -> Snippet:
    """Return the objective "the best of one with at least so much of the other" for a script."""
    imports = ("from sklearn.metrics import precision_score", "from sklearn.metrics import recall_score")
    if facts.binary:
        reached, best = (f"{name}_score(y, d, zero_division=0)" for name in (floored, wanted))
    else:
        given = "y, d, labels=range(len(CLASSES)), average=None, zero_division=0"
        reached, best = f"{floored}_score({given}).min()", f"{wanted}_score({given}).mean()"
    return Snippet(imports, (functions.FLOORS,), rule=f"lambda y, d: floored({reached}, {best}, {floor!r})")


@register
@dataclass(frozen=True)
class ThresholdF1(Threshold):
    """The threshold with the best F1.

    See Also
    --------
    ThresholdMcc, ThresholdGMean : Other aims.

    Examples
    --------
    >>> import numpy as np
    >>> from core.strategies.view import Numbers
    >>> y, p = np.array([0, 0, 0, 1, 0, 1]), np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.9])
    >>> view = TrainingView.of(Numbers(), np.zeros((6, 1)), y, n_classes=2, seed=0)
    >>> round(ThresholdF1().rule(np.column_stack([1 - p, p]), y, view, []).threshold, 2)
    0.35
    """

    card = Card(
        "threshold_f1",
        "Threshold by F1",
        "decision",
        "Trains the plain network, then moves the point from which a row is called positive to where F1 is best.",
        helps="Almost always where decisions count: costs nothing and leaves probabilities honest.",
        harms="With few validation rows of the smallest class the threshold is a guess.",
        paper="Lipton, Elkan and Naryanaswamy (2014)",
        link="https://arxiv.org/abs/1402.1892",
        formula=r"\hat y = [p \ge t^*], \quad t^* = \arg\max_t \frac{2 \, TP}{2 \, TP + FP + FN}",
    )

    def objective_code(self, facts: CodeFacts) -> Snippet:
        return Snippet(rule="f1")

    def objective(self, view: TrainingView) -> thresholds.Objective:
        return confusion.f1


@register
@dataclass(frozen=True)
class ThresholdGMean(Threshold):
    """The threshold with the best geometric mean of the recalls.

    See Also
    --------
    ThresholdF1 : Where false alarms count more.

    Examples
    --------
    >>> import numpy as np
    >>> from core.strategies.view import Numbers
    >>> y, p = np.array([0, 0, 0, 1, 0, 1]), np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.9])
    >>> view = TrainingView.of(Numbers(), np.zeros((6, 1)), y, n_classes=2, seed=0)
    >>> round(ThresholdGMean().rule(np.column_stack([1 - p, p]), y, view, []).threshold, 2)
    0.35
    """

    card = Card(
        "threshold_g_mean",
        "Threshold by G-mean",
        "decision",
        "Trains the plain network, then moves the threshold to where both classes are found about equally well.",
        helps="When all classes matter alike, however rare they are.",
        harms="Accepts many false alarms where the rare class is very rare.",
        paper="Collell, Prelec and Patil (2018)",
        link="https://doi.org/10.1016/j.neucom.2017.08.035",
        formula=r"\hat y = [p \ge t^*], \quad t^* = \arg\max_t \sqrt{TPR \cdot TNR}",
    )

    def objective_code(self, facts: CodeFacts) -> Snippet:
        imports = ("from imblearn.metrics import geometric_mean_score",)
        return Snippet(imports, rule='lambda y, d: geometric_mean_score(y, d, average="multiclass")')

    def objective(self, view: TrainingView) -> thresholds.Objective:
        return confusion.g_mean


@register
@dataclass(frozen=True)
class ThresholdMcc(Threshold):
    """The threshold with the best Matthews correlation.

    See Also
    --------
    ThresholdF1 : Without the rows rightly called negative.

    Examples
    --------
    >>> import numpy as np
    >>> from core.strategies.view import Numbers
    >>> y, p = np.array([0, 0, 0, 1, 0, 1]), np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.9])
    >>> view = TrainingView.of(Numbers(), np.zeros((6, 1)), y, n_classes=2, seed=0)
    >>> round(ThresholdMcc().rule(np.column_stack([1 - p, p]), y, view, []).threshold, 2)
    0.35
    """

    card = Card(
        "threshold_mcc",
        "Threshold by MCC",
        "decision",
        "Trains the plain network, then moves the threshold to where decisions and truth agree best.",
        helps="When all four cells of the confusion matrix count.",
        harms="With few validation rows of the smallest class the threshold is a guess.",
        paper="Chicco and Jurman (2020)",
        link="https://doi.org/10.1186/s12864-019-6413-7",
        formula=(
            r"\begin{gathered} \hat y = [p \ge t^*] \\ t^* = \arg\max_t \frac{TP \cdot TN - FP \cdot "
            r"FN}{\sqrt{(TP + FP)(TP + FN)(TN + FP)(TN + FN)}} \end{gathered}"
        ),
    )

    def objective_code(self, facts: CodeFacts) -> Snippet:
        return Snippet(("from sklearn.metrics import matthews_corrcoef",), rule="matthews_corrcoef")

    def objective(self, view: TrainingView) -> thresholds.Objective:
        return confusion.mcc


@register
@dataclass(frozen=True)
class ThresholdRecall(Threshold):
    """The best precision among thresholds that reach a recall.

    See Also
    --------
    ThresholdPrecision : The other way round.

    Examples
    --------
    Half of the positive rows may be missed, or none.

    >>> import numpy as np
    >>> from core.strategies.view import Numbers
    >>> y, p = np.array([0, 0, 0, 1, 0, 1]), np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.9])
    >>> view = TrainingView.of(Numbers(), np.zeros((6, 1)), y, n_classes=2, seed=0)
    >>> p = np.column_stack([1 - p, p])
    >>> [round(ThresholdRecall(floor).rule(p, y, view, []).threshold, 2) for floor in (0.5, 1.0)]
    [0.7, 0.35]
    """

    card = Card(
        "threshold_recall",
        "Threshold by a recall floor",
        "decision",
        "Finds at least the share of positive rows that you ask for, with as few false alarms as that allows.",
        helps="When missing too many is not an option, as in screening.",
        harms="The floor holds on validation rows; on new rows it is met about half of the time.",
        paper="Scott and Nowak (2005)",
        link="https://doi.org/10.1109/TIT.2005.856955",
        formula=r"\hat y = [p \ge t^*], \quad t^* = \arg\max_t \text{precision}(t) \text{ with recall}(t) \ge f",
    )

    floor: float = parameter(0.9, "Share of positive rows to find; with more classes, of every class.", low=0, high=1)

    def objective_code(self, facts: CodeFacts) -> Snippet:
        return _floor_code("recall", "precision", self.floor, facts)

    def objective(self, view: TrainingView) -> thresholds.Objective:
        return thresholds.recall_floor(self.floor)


@register
@dataclass(frozen=True)
class ThresholdPrecision(Threshold):
    """The best recall among thresholds that reach a precision.

    See Also
    --------
    ThresholdRecall : The other way round.

    Examples
    --------
    Each call has to be right, or every other one.

    >>> import numpy as np
    >>> from core.strategies.view import Numbers
    >>> y, p = np.array([0, 0, 0, 1, 0, 1]), np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.9])
    >>> view = TrainingView.of(Numbers(), np.zeros((6, 1)), y, n_classes=2, seed=0)
    >>> p = np.column_stack([1 - p, p])
    >>> [round(ThresholdPrecision(floor).rule(p, y, view, []).threshold, 2) for floor in (1.0, 0.5)]
    [0.7, 0.35]
    """

    card = Card(
        "threshold_precision",
        "Threshold by a precision floor",
        "decision",
        "Calls a row positive only where enough of such calls are right, and finds as many as that allows.",
        helps="When every alarm costs somebody's time.",
        harms="May find next to nothing where the floor is out of reach.",
        paper="Eban et al. (2017)",
        link="https://arxiv.org/abs/1608.04802",
        formula=r"\hat y = [p \ge t^*], \quad t^* = \arg\max_t \text{recall}(t) \text{ with precision}(t) \ge f",
    )

    floor: float = parameter(
        0.8, "Share of positive calls to be right; with more classes, of every class.", low=0, high=1
    )

    def objective_code(self, facts: CodeFacts) -> Snippet:
        return _floor_code("precision", "recall", self.floor, facts)

    def objective(self, view: TrainingView) -> thresholds.Objective:
        return thresholds.precision_floor(self.floor)


@register
@dataclass(frozen=True)
class ThresholdCost(Threshold):
    """The threshold with the least cost on validation rows.

    See Also
    --------
    core.strategies.weighting.CostWeights : The same costs in training.

    Examples
    --------
    The less a miss costs, the surer a call has to be.

    >>> import numpy as np
    >>> from core.strategies.view import Numbers
    >>> y, p = np.array([0, 0, 0, 1, 0, 0, 1]), np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.9])
    >>> view = TrainingView.of(Numbers(), np.zeros((7, 1)), y, n_classes=2, seed=0)
    >>> p = np.column_stack([1 - p, p])
    >>> [round(ThresholdCost(cost).rule(p, y, view, []).threshold, 2) for cost in (10.0, 1.0)]
    [0.35, 0.75]
    """

    card = Card(
        "threshold_cost",
        "Threshold by expected cost",
        "decision",
        "Trains the plain network, then moves the threshold to where mistakes cost least in all.",
        helps="When you know what a missed row and a false alarm cost.",
        harms="When the costs are guessed, so is the threshold.",
        paper="Zhou and Liu (2006)",
        link="https://doi.org/10.1109/TKDE.2006.17",
        formula=r"\hat y = [p \ge t^*], \quad t^* = \arg\min_t \sum_i c_{y_i, \hat y_i(t)}",
    )

    miss_cost: float = parameter(10.0, MISS_COST_HELP, low=1, high=100_000)
    costs: tuple[float, ...] = parameter((), COSTS_HELP)

    def objective_code(self, facts: CodeFacts) -> Snippet:
        helpers, matrix = costs_code(self.miss_cost, self.costs, "fold.counts")
        return Snippet(helpers=helpers, rule=f"lambda y, d: -{matrix}[y, d].mean()")

    def objective(self, view: TrainingView) -> thresholds.Objective:
        return thresholds.expected_cost(cost_matrix(self.miss_cost, self.costs, view.class_counts))
