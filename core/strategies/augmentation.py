"""Augmentation: rows mixed with each other inside the batch."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.strategies.base import Card, LearningStrategy, Turn, parameter
from core.strategies.registry import register
from core.strategies.snippets import functions
from core.strategies.snippets.snippet import CodeFacts, Snippet
from core.strategies.snippets.sources import LOSSES, functions_of
from core.strategies.view import TrainingView
from core.training.lane import Lane

_ALPHA_HELP = "Small: mostly one row with a touch of the other; 1: every mixture is as likely."


@dataclass(frozen=True)
class Augmentation(LearningStrategy):
    """Mixes rows inside the batch.

    See Also
    --------
    core.strategies.oversampling.Smote : Mixes rows before training.

    Examples
    --------
    >>> from core.strategies import catalogue
    >>> [key for key, strategy in catalogue().items() if issubclass(strategy, Augmentation)][:2]
    ['mixup', 'remix']
    """

    turn = Turn.AUGMENTATION


@register
@dataclass(frozen=True)
class Mixup(Augmentation):
    """Convex mixtures of pairs of rows and of their labels.

    See Also
    --------
    Remix : With labels that lean towards the rarer class.

    Examples
    --------
    Rows stay as many, and the classes count for what they did; pairs are mixed when a batch is drawn.

    >>> import numpy as np
    >>> from core.strategies.view import Numbers
    >>> view = TrainingView.of(Numbers(), np.zeros((10, 1)), np.repeat([0, 1], [9, 1]), n_classes=2, seed=0)
    >>> (lane,) = Mixup(alpha=0.4).refine(Lane(np.arange(10), seed=0), view)
    >>> lane.mixup, lane.n_rows, lane.class_mass(view.y, 2).tolist()
    (0.4, 10, [9.0, 1.0])
    """

    card = Card(
        "mixup",
        "Mixup",
        "augmentation",
        "Trains on mixtures of two rows, labelled with the same mixture of their classes.",
        helps="Small tables and over-confident networks; combines with weights and samplers.",
        harms="Does not balance anything by itself; mixtures of categories look like no real row.",
        paper="Zhang et al. (2018)",
        link="https://arxiv.org/abs/1710.09412",
        formula=(
            r"\tilde x = \lambda x_a + (1 - \lambda) x_b, \quad \tilde y = \lambda y_a + (1 - \lambda) y_b, "
            r"\quad \lambda \sim \text{Beta}(\alpha, \alpha)"
        ),
    )

    alpha: float = parameter(0.2, _ALPHA_HELP, low=0.01, high=4)

    def code(self, facts: CodeFacts) -> Snippet:
        return Snippet(helpers=functions_of(LOSSES, "by_partner"), batch_map=functions.MIXUP.filled(alpha=self.alpha))

    def refine(self, lane: Lane, view: TrainingView) -> list[Lane]:
        return [replace(lane, mixup=self.alpha)]


@register
@dataclass(frozen=True)
class Remix(Augmentation):
    """Mixup whose labels lean towards the rarer class.

    See Also
    --------
    Mixup : With labels in the mixture's shares.

    Examples
    --------
    >>> import numpy as np
    >>> from core.strategies.view import Numbers
    >>> view = TrainingView.of(Numbers(), np.zeros((10, 1)), np.repeat([0, 1], [9, 1]), n_classes=2, seed=0)
    >>> (lane,) = Remix(kappa=5.0).refine(Lane(np.arange(10), seed=0), view)
    >>> lane.mixup, lane.remix_kappa, lane.remix_tau
    (0.2, 5.0, 0.5)
    """

    card = Card(
        "remix",
        "Remix",
        "augmentation",
        "Mixup that labels a mixture with the rarer class alone where the sizes differ much.",
        helps="Widens the area of rare classes without making rows beforehand.",
        harms="More false alarms at the border of the rare class.",
        paper="Chou et al. (2020)",
        link="https://arxiv.org/abs/2007.03943",
        formula=(
            r"\begin{gathered} \tilde x = \lambda x_a + (1 - \lambda) x_b, \quad \tilde y = \lambda_y y_a + "
            r"(1 - \lambda_y) y_b \\ \lambda_y = \begin{cases} 0 & n_a / n_b \ge \kappa, \; \lambda < \tau \\ "
            r"1 & n_a / n_b \le 1 / \kappa, \; 1 - \lambda < \tau \\ \lambda & \text{otherwise} \end{cases} "
            r"\end{gathered}"
        ),
    )

    alpha: float = parameter(0.2, _ALPHA_HELP, low=0.01, high=4)
    kappa: float = parameter(3.0, "How many times larger the other class must be.", low=1, high=1000)
    tau: float = parameter(0.5, "The rarer class takes the label where its share is above 1 - tau.", low=0, high=1)

    def code(self, facts: CodeFacts) -> Snippet:
        mixed = functions.REMIX.filled(alpha=self.alpha, kappa=self.kappa, tau=self.tau)
        return Snippet(helpers=functions_of(LOSSES, "remixed", "by_partner"), batch_map=mixed)

    def refine(self, lane: Lane, view: TrainingView) -> list[Lane]:
        return [replace(lane, mixup=self.alpha, remix_kappa=self.kappa, remix_tau=self.tau)]
