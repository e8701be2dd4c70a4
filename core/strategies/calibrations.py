"""Calibrations: the same network, its probabilities carried to other ones before anything is decided."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.decision import Calibration, Isotonic, PriorShift, Temperature
from core.strategies.base import Calibrating, Card
from core.strategies.registry import register
from core.strategies.snippets import functions
from core.strategies.snippets.snippet import CodeFacts, Snippet
from core.strategies.view import TrainingView
from core.training.lane import Lane


@register
@dataclass(frozen=True)
class PriorCorrection(Calibrating):
    """Probabilities carried back from the classes' shares in training to those of the table.

    The shares in training count rows, weights, batches and logit offsets; over several networks
    they are averaged. References say theirs in the same way.

    See Also
    --------
    core.decision.PriorShift : The formula.

    Examples
    --------
    A network that saw both classes alike says 0.5; in a table with one row in ten that means 0.1.

    >>> import numpy as np
    >>> from core.strategies.view import Numbers
    >>> view = TrainingView.of(Numbers(), np.zeros((10, 1)), np.repeat([0, 1], [9, 1]), n_classes=2, seed=0)
    >>> p = np.array([[0.5, 0.5]])
    >>> lane = Lane(np.arange(10), seed=0, batches="balanced")
    >>> PriorCorrection().calibration(p, np.array([0]), view, [lane])(p).round(2).tolist()
    [[0.9, 0.1]]
    """

    # A calibration before it would have corrected the shares already, and they would be corrected again.
    position = -1
    card = Card(
        "prior_correction",
        "Prior correction",
        "decision",
        "Takes back what resampling or weights did to the probabilities, so that they are calibrated again.",
        helps="After any sampler or weights, when probabilities are read; put a threshold after it.",
        harms="Alone it changes nothing; after resampling it undoes the shift in decisions too.",
        paper="Saerens, Latinne and Decaestecker (2002)",
        link="https://doi.org/10.1162/089976602753284446",
        formula=r"p_j' \propto p_j \, \frac{\pi_j}{\pi_j^{\text{train}}}",
    )

    def code(self, facts: CodeFacts) -> Snippet:
        shift = "prior_shift(fold.counts / fold.counts.sum(), seen)"
        return Snippet(helpers=(functions.PRIOR_SHIFT,), adjust=shift)

    def calibration(
        self, probabilities: np.ndarray, y: np.ndarray, view: TrainingView, lanes: list[Lane]
    ) -> Calibration:
        seen = np.mean([lane.class_shares(view.y, view.n_classes) for lane in lanes], axis=0)
        own = view.class_counts / len(view.y)
        factors = np.divide(own, seen, out=np.zeros(view.n_classes), where=seen > 0)
        return PriorShift(tuple(factors.tolist()))


@register
@dataclass(frozen=True)
class TemperatureScaling(Calibrating):
    """One temperature for all logits, fitted on validation rows.

    See Also
    --------
    core.decision.Temperature : The formula.
    IsotonicCalibration : A line in place of one number.

    Examples
    --------
    Of rows that get 0.99 four in five are positive: the network was too sure.

    >>> import numpy as np
    >>> from core.strategies.view import Numbers
    >>> p, y = np.tile([0.01, 0.99], (5, 1)), np.array([1, 1, 1, 1, 0])
    >>> view = TrainingView.of(Numbers(), np.zeros((5, 1)), y, n_classes=2, seed=0)
    >>> TemperatureScaling().calibration(p, y, view, [])(p)[0].round(2).tolist()
    [0.2, 0.8]
    """

    card = Card(
        "temperature",
        "Temperature scaling",
        "decision",
        "Makes all probabilities less sure, or surer, by one number fitted on validation rows.",
        helps="Over-confident networks; keeps the order of the rows.",
        harms="Changes no decision by itself: put a threshold after it.",
        paper="Guo et al. (2017)",
        link="https://arxiv.org/abs/1706.04599",
        formula=r"p' = \text{softmax}(\log p \, / \, T), \quad T = \arg\min_T -\sum_i \log p'_{y_i}(x_i)",
    )

    def code(self, facts: CodeFacts) -> Snippet:
        return Snippet(helpers=(functions.TEMPERATURE,), adjust="temperature(p_valid, y_valid)")

    def calibration(
        self, probabilities: np.ndarray, y: np.ndarray, view: TrainingView, lanes: list[Lane]
    ) -> Calibration:
        return Temperature.fit(probabilities, y)


@register
@dataclass(frozen=True)
class IsotonicCalibration(Calibrating):
    """A rising line from probabilities to observed shares, fitted on validation rows.

    See Also
    --------
    core.decision.Isotonic : The line.
    TemperatureScaling : One number, for few rows.

    Examples
    --------
    Of rows that get 0.4 three in four are positive.

    >>> import numpy as np
    >>> from core.strategies.view import Numbers
    >>> p, y = np.tile([0.6, 0.4], (4, 1)), np.array([1, 1, 1, 0])
    >>> view = TrainingView.of(Numbers(), np.zeros((4, 1)), y, n_classes=2, seed=0)
    >>> IsotonicCalibration().calibration(p, y, view, [])(p)[0].round(2).tolist()
    [0.25, 0.75]
    """

    card = Card(
        "isotonic",
        "Isotonic calibration",
        "decision",
        "Bends probabilities to the shares observed among validation rows, keeping their order.",
        helps="Probabilities that are off by more than one number can mend; hundreds of validation rows.",
        harms="With few rows of the smallest class it makes coarse steps, and many ties.",
        paper="Zadrozny and Elkan (2002)",
        link="https://doi.org/10.1145/775047.775151",
        formula=r"p' = f(p), \quad f = \arg\min_{f \text{ rising}} \sum_i \left( f(p_i) - y_i \right)^2",
    )

    def code(self, facts: CodeFacts) -> Snippet:
        return Snippet(helpers=(functions.ISOTONIC,), adjust="isotonic(p_valid, y_valid)")

    def calibration(
        self, probabilities: np.ndarray, y: np.ndarray, view: TrainingView, lanes: list[Lane]
    ) -> Calibration:
        return Isotonic.fit(probabilities, y)
