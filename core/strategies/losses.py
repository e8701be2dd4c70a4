"""Losses: what a logit is taken for. All fill in the terms of one formula, :class:`~core.training.lane.LossTerms`."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace

import numpy as np

from core.strategies.base import Card, LearningStrategy, Turn, parameter
from core.strategies.registry import register
from core.strategies.snippets.snippet import CodeFacts, Snippet
from core.strategies.snippets.terms import ByClass, SaidTerms
from core.strategies.view import TrainingView
from core.strategies.weighting import (
    BETAS,
    EffectiveNumber,
    class_mass,
    deferred_weights,
    effective_number,
    log_prior,
    weighted,
)
from core.training.lane import Lane

_GAMMA_HELP = "How strongly easy rows are played down; 0 is plain cross-entropy."
_BETA_HELP = "0 means no weights; towards 1 they become class weights."


@dataclass(frozen=True)
class Loss(LearningStrategy):
    """Changes the loss: it says its terms, from which lanes and scripts are made alike.

    See Also
    --------
    core.training.lane.LossTerms : The formula whose terms it fills in.

    Examples
    --------
    >>> from core.strategies import catalogue
    >>> [key for key, strategy in catalogue().items() if issubclass(strategy, Loss)][:2]
    ['focal', 'class_balanced_focal']
    """

    turn = Turn.LOSS

    @abstractmethod
    def terms(self, n_classes: int) -> SaidTerms:
        """Return the terms of the loss that it sets."""

    def code(self, facts: CodeFacts) -> Snippet:
        terms = self.terms(facts.n_classes)
        return Snippet(helpers=terms.functions, terms=terms)

    def refine(self, lane: Lane, view: TrainingView) -> list[Lane]:
        terms = self.terms(view.n_classes)
        counts = class_mass(lane, view, self if terms.by_class else None)
        return [replace(lane, loss=terms.filled(lane.loss, counts))]


@register
@dataclass(frozen=True)
class Focal(Loss):
    """Focal loss, (1 - p_y)^gamma · cross-entropy.

    See Also
    --------
    ClassBalancedFocal : With weights by class.
    Asymmetric : With an exponent for each class.

    Examples
    --------
    A row that is called rightly with 0.9 keeps a hundredth of its loss, one at 0.5 a quarter.

    >>> import numpy as np
    >>> from core.strategies.view import Numbers
    >>> view = TrainingView.of(Numbers(), np.zeros((10, 1)), np.repeat([0, 1], [9, 1]), n_classes=2, seed=0)
    >>> (lane,) = Focal().refine(Lane(np.arange(10), seed=0), view)
    >>> lane.loss.gamma, [round((1 - p) ** lane.loss.gamma[1], 2) for p in (0.9, 0.5)]
    ((2.0, 2.0), [0.01, 0.25])
    """

    card = Card(
        "focal",
        "Focal loss",
        "loss",
        "Plays down rows that the network already gets right, so that hard ones lead.",
        helps="A large class full of easy rows that would otherwise fill every batch.",
        harms="Wrong labels are hard rows too; probabilities come out less sure.",
        paper="Lin et al. (2017)",
        link="https://arxiv.org/abs/1708.02002",
        formula=r"\ell = -(1 - p_y)^{\gamma} \log p_y",
    )

    gamma: float = parameter(2.0, _GAMMA_HELP, low=0, high=10)

    def terms(self, n_classes: int) -> SaidTerms:
        return SaidTerms(gamma=(self.gamma,) * n_classes)


@register
@dataclass(frozen=True)
class ClassBalancedFocal(Loss):
    """Focal loss under effective-number weights.

    See Also
    --------
    Focal : Without weights.
    core.strategies.weighting.EffectiveNumber : The weights alone.

    Examples
    --------
    >>> import numpy as np
    >>> from core.strategies.view import Numbers
    >>> view = TrainingView.of(Numbers(), np.zeros((10, 1)), np.repeat([0, 1], [9, 1]), n_classes=2, seed=0)
    >>> (lane,) = ClassBalancedFocal().refine(Lane(np.arange(10), seed=0), view)
    >>> lane.loss.gamma, lane.sample_weight[-2:].astype(float).round(2).tolist()
    ((1.0, 1.0), [0.56, 4.99])
    """

    card = Card(
        "class_balanced_focal",
        "Class-balanced focal loss",
        "loss",
        "Focal loss and effective-number weights together: rare rows and hard rows lead.",
        helps="Many classes of very different size, the large ones mostly easy.",
        harms="Two settings to get right; rare wrong labels weigh twice.",
        paper="Cui et al. (2019)",
        link="https://arxiv.org/abs/1901.05555",
        formula=r"\ell = -w_y (1 - p_y)^{\gamma} \log p_y, \quad w_j \propto \frac{1 - \beta}{1 - \beta^{n_j}}",
    )

    gamma: float = parameter(1.0, _GAMMA_HELP, low=0, high=10)
    beta: float = parameter(0.999, _BETA_HELP, low=0, high=0.999999, tried=BETAS)

    def terms(self, n_classes: int) -> SaidTerms:
        return Focal(self.gamma).terms(n_classes)

    def code(self, facts: CodeFacts) -> Snippet:
        weights = EffectiveNumber(self.beta).code(facts)
        return replace(super().code(facts), helpers=weights.helpers, weights=weights.weights)

    def refine(self, lane: Lane, view: TrainingView) -> list[Lane]:
        heavy = weighted(lane, view, effective_number(class_mass(lane, view, self), self.beta))
        return super().refine(heavy, view)


@register
@dataclass(frozen=True)
class LogitAdjusted(Loss):
    """Logits shifted by tau · log prior while training, and by nothing afterwards.

    See Also
    --------
    BalancedSoftmax : The same at tau 1.
    core.strategies.calibrations.PriorCorrection : Takes the shift out of probabilities.

    Examples
    --------
    Without the shift, the trained network's probabilities are those of two classes of the same size.

    >>> import numpy as np
    >>> from core.strategies.view import Numbers
    >>> view = TrainingView.of(Numbers(), np.zeros((10, 1)), np.repeat([0, 1], [9, 1]), n_classes=2, seed=0)
    >>> (lane,) = LogitAdjusted().refine(Lane(np.arange(10), seed=0), view)
    >>> [round(shift, 2) for shift in lane.loss.offset], lane.class_shares(view.y, 2).round(2).tolist()
    ([-0.11, -2.3], [0.5, 0.5])
    """

    card = Card(
        "logit_adjusted",
        "Logit-adjusted loss",
        "loss",
        "Gives common classes a head start while training, which rare classes no longer have to fight afterwards.",
        helps="Balanced accuracy, also with many classes; keeps all rows at their weight.",
        harms="Probabilities are those of a balanced world: correct the prior where they matter.",
        paper="Menon et al. (2021)",
        link="https://arxiv.org/abs/2007.07314",
        formula=(
            r"\ell = -\log \frac{e^{z_y + \tau \log \pi_y}}{\sum_j e^{z_j + \tau \log \pi_j}}, \quad \pi_j = "
            r"\frac{n_j}{N}"
        ),
    )

    tau: float = parameter(1.0, "Size of the head start; 1 balances the classes.", low=0, high=4)

    def terms(self, n_classes: int) -> SaidTerms:
        return SaidTerms(offset=ByClass(log_prior, (self.tau,)))


@register
@dataclass(frozen=True)
class BalancedSoftmax(Loss):
    """Softmax with each class's exponential multiplied by its row count while training.

    See Also
    --------
    LogitAdjusted : With a setting for how much.

    Examples
    --------
    >>> import numpy as np
    >>> from core.strategies.view import Numbers
    >>> view = TrainingView.of(Numbers(), np.zeros((10, 1)), np.repeat([0, 1], [9, 1]), n_classes=2, seed=0)
    >>> (lane,) = BalancedSoftmax().refine(Lane(np.arange(10), seed=0), view)
    >>> np.exp(lane.loss.offset).round(2).tolist()
    [0.9, 0.1]
    """

    card = Card(
        "balanced_softmax",
        "Balanced softmax",
        "loss",
        "Multiplies each class's score by its size while training, so that a test without sizes is fair to all.",
        helps="Many classes with a long tail of rare ones.",
        harms="Equals the logit-adjusted loss at tau 1: comparing the two says nothing.",
        paper="Ren et al. (2020)",
        link="https://arxiv.org/abs/2007.10740",
        formula=r"\ell = -\log \frac{n_y \, e^{z_y}}{\sum_j n_j \, e^{z_j}}",
    )

    def terms(self, n_classes: int) -> SaidTerms:
        return SaidTerms(offset=ByClass(log_prior))


def margins(counts: np.ndarray, largest: float) -> np.ndarray:
    """Return a margin per class, wider for rarer ones (Cao et al. 2019).

    See Also
    --------
    Ldam : What takes them from logits.

    Examples
    --------
    >>> margins(np.array([160, 10]), 0.5).tolist()
    [0.25, 0.5]
    """
    margin = np.where(counts > 0, np.maximum(counts, 1) ** -0.25, 0.0)
    return largest * margin / margin.max()


@register
@dataclass(frozen=True)
class Ldam(Loss):
    """Label-distribution-aware margins, then effective-number weights late in training.

    Defaults are those of the authors' code, but for the scale. There, features and weights have length 1,
    so that logits are cosines, which 30 stretches; the largest margin is a quarter of their range. The
    logits of a plain network have no such bound: 30 would ask for odds of e^15 beyond the border.
    The network predicts the scaled logits that it was trained on, without the margins.

    See Also
    --------
    core.strategies.weighting.EffectiveNumber : The weights from the start.

    Examples
    --------
    The rare class has the widest margin; its weight comes in after 32 of 40 epochs.

    >>> import numpy as np
    >>> from core.strategies.view import Numbers
    >>> view = TrainingView.of(Numbers(), np.zeros((10, 1)), np.repeat([0, 1], [9, 1]), n_classes=2, seed=0)
    >>> (lane,) = Ldam().refine(Lane(np.arange(10), seed=0), view)
    >>> [round(margin, 2) for margin in lane.loss.margin], lane.late_epoch(40)
    ([0.29, 0.5], 32)
    >>> [round(weight, 2) for weight in lane.loss.late_class_weight]
    [0.56, 5.0]
    """

    card = Card(
        "ldam_drw",
        "LDAM with deferred re-weighting",
        "loss",
        "Asks for a wider safety margin around rare classes, and weighs them more at the end of training.",
        helps="Rare classes that are learned by heart and then missed on new rows.",
        harms="Needs enough epochs: the weights come late. Margins make probabilities surer than they should be.",
        paper="Cao et al. (2019)",
        link="https://arxiv.org/abs/1906.07413",
        formula=(
            r"\begin{gathered} \ell = -w_y(t) \log \frac{e^{s (z_y - \Delta_y)}}{e^{s (z_y - \Delta_y)} + "
            r"\sum_{j \ne y} e^{s z_j}} \\ \Delta_j = \Delta_{\max} \left( \frac{n_{\min}}{n_j} "
            r"\right)^{1/4}, \quad w_j(t) = 1 \text{ early}, \; \propto \frac{1 - \beta}{1 - \beta^{n_j}} "
            r"\text{ late} \end{gathered}"
        ),
    )

    max_margin: float = parameter(0.5, "Margin of the rarest class.", low=0, high=10)
    scale: float = parameter(
        2.0,
        "What logits are multiplied by, after the margin: 30 in the paper, whose logits are cosines.",
        low=0.1,
        high=30,
    )
    late_from: float = parameter(
        0.8, "Share of the epochs before the weights come in; at 1 they never do.", low=0, high=1
    )
    beta: float = parameter(0.9999, _BETA_HELP, low=0, high=0.999999, tried=BETAS)

    def terms(self, n_classes: int) -> SaidTerms:
        terms = SaidTerms(margin=ByClass(margins, (self.max_margin,)), scale=self.scale)
        if self.late_from == 1:
            return terms
        return replace(terms, late_class_weight=ByClass(deferred_weights, (self.beta,)), late_from=self.late_from)


@register
@dataclass(frozen=True)
class LabelSmoothing(Loss):
    """Targets a little away from 0 and 1.

    See Also
    --------
    core.strategies.augmentation.Mixup : Soft labels of mixed rows.

    Examples
    --------
    A row of the rare class is trained towards 0.9 and 0.1 instead of 1 and 0.

    >>> import numpy as np
    >>> from core.strategies.view import Numbers
    >>> view = TrainingView.of(Numbers(), np.zeros((10, 1)), np.repeat([0, 1], [9, 1]), n_classes=2, seed=0)
    >>> (lane,) = LabelSmoothing(0.2).refine(Lane(np.arange(10), seed=0), view)
    >>> share = lane.loss.smoothing
    >>> (np.eye(2)[1] * (1 - share) + share / 2).round(2).tolist()
    [0.1, 0.9]
    """

    card = Card(
        "label_smoothing",
        "Label smoothing",
        "loss",
        "Tells the network that labels are only nearly certain, so that it does not grow too sure.",
        helps="Noisy labels and over-confident networks; combines with weights and samplers.",
        harms="Does not balance anything by itself; blurs the probabilities of rare classes.",
        paper="Szegedy et al. (2016)",
        link="https://arxiv.org/abs/1512.00567",
        formula=r"\ell = -\sum_j q_j \log p_j, \quad q_j = (1 - \varepsilon) \, [j = y] + \frac{\varepsilon}{C}",
    )

    smoothing: float = parameter(0.1, "Share of each label spread over all classes.", low=0, high=0.5)

    def terms(self, n_classes: int) -> SaidTerms:
        return SaidTerms(smoothing=self.smoothing)


@register
@dataclass(frozen=True)
class Asymmetric(Loss):
    """Asymmetric loss: focusing for negatives, and very easy negatives dropped.

    See Also
    --------
    Focal : One exponent for both classes.

    Examples
    --------
    >>> import numpy as np
    >>> from core.strategies.view import Numbers
    >>> view = TrainingView.of(Numbers(), np.zeros((10, 1)), np.repeat([0, 1], [9, 1]), n_classes=2, seed=0)
    >>> (lane,) = Asymmetric().refine(Lane(np.arange(10), seed=0), view)
    >>> lane.loss.gamma, lane.loss.clip
    ((4.0, 0.0), (0.05, 0.0))
    """

    card = Card(
        "asymmetric",
        "Asymmetric loss (ASL)",
        "loss",
        "Plays down easy negative rows strongly, and positive rows hardly at all.",
        helps="Few positive rows among very many easy negative ones.",
        harms="Probabilities lean towards the positive class.",
        paper="Ridnik et al. (2021)",
        link="https://arxiv.org/abs/2009.14119",
        formula=(
            r"\begin{gathered} \ell = -(1 - p)^{\gamma_+} \log p \text{ for positive rows} \\ \ell = "
            r"-p_m^{\gamma_-} \log(1 - p_m), \; p_m = \max(p - m, 0) \text{ for others} \end{gathered}"
        ),
    )
    two_classes_only = True

    gamma_negative: float = parameter(4.0, "How strongly easy negative rows are played down.", low=0, high=10)
    gamma_positive: float = parameter(0.0, "How strongly easy positive rows are played down.", low=0, high=10)
    clip: float = parameter(0.05, "Negative rows below this probability count nothing.", low=0, high=0.5)

    def terms(self, n_classes: int) -> SaidTerms:
        # Negative rows come first.
        return SaidTerms(gamma=(self.gamma_negative, self.gamma_positive), clip=(self.clip, 0.0))


@register
@dataclass(frozen=True)
class SoftF1(Loss):
    """One minus the F1 that probabilities count for, mixed with cross-entropy.

    See Also
    --------
    core.strategies.thresholds.ThresholdF1 : F1 by the decision alone.

    Examples
    --------
    >>> import numpy as np
    >>> from core.strategies.view import Numbers
    >>> view = TrainingView.of(Numbers(), np.zeros((10, 1)), np.repeat([0, 1], [9, 1]), n_classes=2, seed=0)
    >>> (lane,) = SoftF1(share=0.3).refine(Lane(np.arange(10), seed=0), view)
    >>> lane.loss.soft_f1
    0.3
    """

    card = Card(
        "soft_f1",
        "Soft F1 loss",
        "loss",
        "Trains on a smooth version of F1 itself, next to the usual loss.",
        helps="Where F1 is what counts and batches hold some rows of every class.",
        harms="With few rare rows a batch the loss jumps; probabilities are driven to 0 and 1.",
        paper="Bénédict et al. (2021)",
        link="https://arxiv.org/abs/2108.10566",
        formula=(
            r"\begin{gathered} \ell = \alpha \, (1 - \bar F_1) - (1 - \alpha) \log p_y \\ \bar F_1 = "
            r"\frac{1}{C} \sum_j \frac{2 \sum_i p_j(x_i) [y_i = j]}{\sum_i p_j(x_i) + \sum_i [y_i = j]} "
            r"\end{gathered}"
        ),
    )

    share: float = parameter(0.5, "Share of soft F1 in the loss; the rest is cross-entropy.", low=0, high=1)

    def terms(self, n_classes: int) -> SaidTerms:
        return SaidTerms(soft_f1=self.share)
