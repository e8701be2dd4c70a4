"""Weights: some rows count more in the loss than others."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace

import numpy as np

from core.strategies._costs import COSTS_HELP, MISS_COST_HELP, cost_matrix, costs_code
from core.strategies.base import Card, LearningStrategy, Strategy, Turn, parameter
from core.strategies.registry import register
from core.strategies.snippets.snippet import CodeFacts, Snippet
from core.strategies.snippets.sources import functions_of
from core.strategies.view import TrainingView
from core.training.lane import Lane

#: What tuning tries of the effective number's beta: what counts is how near it is to 1.
BETAS = (0.9, 0.99, 0.999, 0.9999)


def weighted(lane: Lane, view: TrainingView, class_weights: np.ndarray) -> Lane:
    """Return the lane with each row's weight multiplied by its class's.

    Weights are scaled to a mean of 1 over the rows as the lane draws them: Adam's steps hardly depend on
    the loss's size, and the losses of different strategies stay comparable.

    See Also
    --------
    balanced, effective_number : Weights by class.

    Examples
    --------
    >>> import numpy as np
    >>> from core.strategies.view import Numbers
    >>> view = TrainingView.of(Numbers(), np.zeros((10, 1)), np.repeat([0, 1], [9, 1]), n_classes=2, seed=0)
    >>> lane = weighted(Lane(np.arange(10), seed=0), view, np.array([1.0, 9.0]))
    >>> lane.sample_weight[-2:].astype(float).round(2).tolist(), round(float(lane.sample_weight.mean()), 2)
    ([0.56, 5.0], 1.0)
    """
    mass = class_mass(lane, view)
    weights = class_weights[lane.labels(view.y)] * (mass.sum() / (mass @ class_weights))
    if lane.sample_weight is not None:
        weights = weights * lane.sample_weight
    return replace(lane, sample_weight=weights.astype(np.float32))


#: :func:`balanced` in a script, of ``counts`` and ``y``.
BALANCED_CODE = "len(y) / (len(CLASSES) * np.maximum(counts, 1))"


def balanced(counts: np.ndarray) -> np.ndarray:
    """Return scikit-learn's balanced weights, n / (n_classes · n_j); classes without rows get 0.

    See Also
    --------
    effective_number : Weights that grow more slowly with rarity.

    Examples
    --------
    >>> import numpy as np
    >>> balanced(np.array([90, 10])).round(2).tolist()
    [0.56, 5.0]
    >>> balanced(np.array([90, 10, 0])).round(2).tolist()
    [0.56, 5.0, 0.0]
    """
    present = counts > 0
    return np.divide(counts.sum() / present.sum(), counts, out=np.zeros(len(counts)), where=present)


def effective_number(counts: np.ndarray, beta: float) -> np.ndarray:
    """Return Cui et al.'s weights, (1 - beta) / (1 - beta^n_j), scaled to a sum of the class count.

    Classes without rows get 0.

    See Also
    --------
    balanced : What they are in proportion to as beta goes to 1.

    Examples
    --------
    >>> import numpy as np
    >>> counts = np.array([90, 10])
    >>> for beta in (0, 0.9, 0.9999):
    ...     print(beta, effective_number(counts, beta).round(2).tolist())
    0 [1.0, 1.0]
    0.9 [0.79, 1.21]
    0.9999 [0.2, 1.8]
    """
    present = counts > 0
    # expm1 keeps 1 - beta^n exact for beta near 1.
    seen = -np.expm1(counts * np.log(beta)) if beta > 0 else present.astype(float)
    weights = np.divide(1 - beta, seen, out=np.zeros(len(counts)), where=present)
    return weights * present.sum() / weights.sum()


def deferred_weights(counts: np.ndarray, beta: float) -> np.ndarray:
    """Return effective-number weights with a mean of 1 over rows, which come in late in training (Cao et al. 2019).

    See Also
    --------
    core.strategies.losses.Ldam : What they come in for.

    Examples
    --------
    >>> import numpy as np
    >>> weights = deferred_weights(np.array([90, 10]), 0.9)
    >>> weights.round(2).tolist(), round(float(weights @ [0.9, 0.1]), 2)
    ([0.95, 1.46], 1.0)
    """
    weights = effective_number(counts, beta)
    return weights * counts.sum() / (weights @ counts)


def class_counts(lane: Lane, view: TrainingView) -> np.ndarray:
    """Return the lane's rows by class, shape (n_classes,).

    See Also
    --------
    class_mass : Weights and batches counted in.

    Examples
    --------
    A row that a sampler repeats counts as often as it stands there.

    >>> import numpy as np
    >>> from core.strategies.view import Numbers
    >>> view = TrainingView.of(Numbers(), np.zeros((10, 1)), np.repeat([0, 1], [9, 1]), n_classes=2, seed=0)
    >>> class_counts(Lane(np.array([0, 1, 9, 9]), seed=0), view).tolist()
    [2, 2]
    """
    return np.bincount(lane.labels(view.y), minlength=view.n_classes)


def class_mass(lane: Lane, view: TrainingView, strategy: Strategy | None = None) -> np.ndarray:
    """Return what each class counts for in a lane's loss, in rows, shape (n_classes,).

    Whatever balances reads this in place of row counts, so that a combination balances once. ``strategy``
    is told of where the classes count for the same already and it changes nothing.

    See Also
    --------
    class_counts : Rows alone.

    Examples
    --------
    Once every batch is balanced, nothing is left to balance.

    >>> import numpy as np
    >>> from core.strategies.view import Numbers
    >>> view = TrainingView.of(Numbers(), np.zeros((10, 1)), np.repeat([0, 1], [9, 1]), n_classes=2, seed=0)
    >>> lane = Lane(np.arange(10), seed=0)
    >>> class_mass(lane, view).tolist(), class_mass(replace(lane, batches="balanced"), view).tolist()
    ([9.0, 1.0], [5.0, 5.0])
    """
    mass = lane.class_mass(view.y, view.n_classes)
    present = mass > 0
    if strategy is not None and np.ptp(view.class_counts[present]) and np.ptp(mass[present]) < 1e-6 * mass.sum():
        view.note(f"{strategy.card.name}: the classes count for the same already, so it favours none of them.")
    return mass


@dataclass(frozen=True)
class ClassWeighting(LearningStrategy):
    """A strategy that weighs rows by their class.

    See Also
    --------
    BalancedWeights : The best known.
    CostWeights : Weights by what mistakes cost.

    Examples
    --------
    >>> from core.strategies import catalogue
    >>> [key for key, strategy in catalogue().items() if issubclass(strategy, ClassWeighting)][:2]
    ['class_weight', 'sqrt_weight']
    """

    turn = Turn.WEIGHTING

    @abstractmethod
    def class_weights(self, counts: np.ndarray) -> np.ndarray:
        """Return a weight per class, shape (n_classes,), for what the classes count for without it, in rows."""

    def refine(self, lane: Lane, view: TrainingView) -> list[Lane]:
        return [weighted(lane, view, self.class_weights(class_mass(lane, view, self)))]


@register
@dataclass(frozen=True)
class BalancedWeights(ClassWeighting):
    """scikit-learn's balanced class weights.

    See Also
    --------
    SquareRootWeights, EffectiveNumber : Weights that do less.
    core.strategies.batches.BalancedBatches : The same balance by drawing rows.

    Examples
    --------
    >>> import numpy as np
    >>> BalancedWeights().class_weights(np.array([90, 10])).round(2).tolist()
    [0.56, 5.0]
    """

    card = Card(
        "class_weight",
        "Class weights",
        "weighting",
        "Makes a row of a small class count more, so that all classes matter equally in the loss.",
        helps="A safe first try on any table: all rows are used and none is repeated.",
        harms="A tiny class gets so heavy that single odd rows steer the network.",
        paper="King and Zeng (2001)",
        link="https://doi.org/10.1093/oxfordjournals.pan.a004868",
        formula=r"\ell = -w_y \log p_y, \quad w_j = \frac{N}{C \, n_j}",
    )

    def code(self, facts: CodeFacts) -> Snippet:
        return Snippet(weights=BALANCED_CODE)

    def class_weights(self, counts: np.ndarray) -> np.ndarray:
        return balanced(counts)


@register
@dataclass(frozen=True)
class SquareRootWeights(ClassWeighting):
    """Square roots of the balanced weights.

    See Also
    --------
    BalancedWeights : Those before the root.

    Examples
    --------
    A rare row weighs 3 times as much as a common one, where class weights make it 9 times.

    >>> import numpy as np
    >>> SquareRootWeights().class_weights(np.array([90, 10])).round(2).tolist()
    [0.75, 2.24]
    """

    card = Card(
        "sqrt_weight",
        "Square-root weights",
        "weighting",
        "Half-way between no weights and class weights: the square root of the latter.",
        helps="Strong imbalance, where full class weights overshoot.",
        harms="May do too little where missing a rare row is what matters.",
        paper="Mahajan et al. (2018)",
        link="https://arxiv.org/abs/1805.00932",
        formula=r"\ell = -w_y \log p_y, \quad w_j \propto \sqrt{\frac{N}{C \, n_j}}",
    )

    def code(self, facts: CodeFacts) -> Snippet:
        return Snippet(weights=f"np.sqrt({BALANCED_CODE})")

    def class_weights(self, counts: np.ndarray) -> np.ndarray:
        return np.sqrt(balanced(counts))


@register
@dataclass(frozen=True)
class EffectiveNumber(ClassWeighting):
    """Class-balanced weights by the effective number of rows.

    See Also
    --------
    core.strategies.losses.ClassBalancedFocal : Under the focal loss.

    Examples
    --------
    >>> import numpy as np
    >>> for beta in (0.9, 0.99):
    ...     print(EffectiveNumber(beta).class_weights(np.array([90, 10])).round(2).tolist())
    [0.79, 1.21]
    [0.28, 1.72]
    """

    card = Card(
        "effective_number",
        "Effective-number weights",
        "weighting",
        "Class weights that grow more slowly with rarity, as rows of a large class overlap.",
        helps="Many classes of very different size.",
        harms="One more setting: beta decides everything between no weights and class weights.",
        paper="Cui et al. (2019)",
        link="https://arxiv.org/abs/1901.05555",
        formula=r"\ell = -w_y \log p_y, \quad w_j \propto \frac{1 - \beta}{1 - \beta^{n_j}}",
    )

    beta: float = parameter(
        0.999, "0 means no weights; towards 1 they become class weights.", low=0, high=0.999999, tried=BETAS
    )

    def code(self, facts: CodeFacts) -> Snippet:
        return Snippet(
            helpers=functions_of(__name__, "effective_number"), weights=f"effective_number(counts, {self.beta!r})"
        )

    def class_weights(self, counts: np.ndarray) -> np.ndarray:
        return effective_number(counts, self.beta)


@register
@dataclass(frozen=True)
class CostWeights(LearningStrategy):
    """Weights from a cost matrix: what mistaking a row of the class costs in all.

    Costs belong to the classes of the table, so they are read from its counts, whatever a sampler made of
    the rows: the rarest class costs the most even where it has become the largest. They come after what
    balances the classes, which would otherwise take them back.

    See Also
    --------
    core.strategies.thresholds.ThresholdCost : The same costs in the decision.

    Examples
    --------
    A rare row weighs five times as much as a common one.

    >>> import numpy as np
    >>> from core.strategies.view import Numbers
    >>> view = TrainingView.of(Numbers(), np.zeros((10, 1)), np.repeat([0, 1], [9, 1]), n_classes=2, seed=0)
    >>> (lane,) = CostWeights(miss_cost=5.0).refine(Lane(np.arange(10), seed=0), view)
    >>> lane.sample_weight[-2:].astype(float).round(2).tolist()
    [0.71, 3.57]
    """

    turn = Turn.LOSS
    position = 1

    card = Card(
        "cost_weight",
        "Weights from costs",
        "weighting",
        "Makes a row count as much as it costs to mistake it for another class.",
        helps="When you know what a missed row and a false alarm cost.",
        harms="When the costs are guessed, so are the results.",
        paper="Zhou and Liu (2006)",
        link="https://doi.org/10.1109/TKDE.2006.17",
        formula=(
            r"\ell = -w_y \log p_y, \quad w_j \propto \sum_{k} c_{jk}, \quad c_{jk}: \text{cost of calling } "
            r"j \text{ a } k"
        ),
    )

    miss_cost: float = parameter(10.0, MISS_COST_HELP, low=1, high=100_000, tried=())
    costs: tuple[float, ...] = parameter((), COSTS_HELP, tried=())

    def code(self, facts: CodeFacts) -> Snippet:
        helper, matrix = costs_code(self.miss_cost, self.costs, "fold.counts")
        return Snippet(helpers=helper, costs=f"{matrix}.sum(axis=1)")

    def refine(self, lane: Lane, view: TrainingView) -> list[Lane]:
        costs = cost_matrix(self.miss_cost, self.costs, view.class_counts)
        return [weighted(lane, view, costs.sum(axis=1))]


@register
@dataclass(frozen=True)
class LogPriorBias(LearningStrategy):
    """Output bias that starts at the log share of each class, as the first batches have it.

    See Also
    --------
    core.strategies.losses.LogitAdjusted : The log prior throughout training.

    Examples
    --------
    >>> import numpy as np
    >>> from core.strategies.view import Numbers
    >>> view = TrainingView.of(Numbers(), np.zeros((10, 1)), np.repeat([0, 1], [9, 1]), n_classes=2, seed=0)
    >>> (lane,) = LogPriorBias().refine(Lane(np.arange(10), seed=0), view)
    >>> [round(bias, 2) for bias in lane.initial_bias], np.exp(lane.initial_bias).round(2).tolist()
    ([-0.11, -2.3], [0.9, 0.1])
    """

    turn = Turn.LOSS
    position = 2

    card = Card(
        "log_prior_bias",
        "Bias at the log prior",
        "weighting",
        "Starts the network at the class shares, so that it need not spend its first steps learning them.",
        helps="Strong imbalance and short training; costs nothing.",
        harms="Changes the start only; by itself it seldom finds more rare rows.",
        paper="Lin et al. (2017), section 3.3",
        link="https://arxiv.org/abs/1708.02002",
        formula=r"b_j = \log \frac{n_j}{N} \text{ at the start of training}",
    )

    def code(self, facts: CodeFacts) -> Snippet:
        return Snippet(helpers=functions_of(__name__, "log_prior"), bias="log_prior")

    def refine(self, lane: Lane, view: TrainingView) -> list[Lane]:
        start = log_prior(lane.class_mass(view.y, view.n_classes, settled=False))
        # What the loss adds to a logit by itself, the bias need not.
        bias = start - np.array(lane.loss.offset) if lane.loss.offset else start
        return [replace(lane, initial_bias=tuple(bias.tolist()))]


def log_prior(counts: np.ndarray, tau: float = 1.0) -> np.ndarray:
    """Return tau · the log share of each class; a class without rows counts as one with half a row.

    Examples
    --------
    >>> import numpy as np
    >>> log_prior(np.array([90, 10])).round(2).tolist()
    [-0.11, -2.3]
    """
    return tau * np.log(np.maximum(counts, 0.5) / counts.sum())
