"""How calibrations and a decision rule are fitted and applied one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from core.decision.calibration import Calibration
from core.decision.rule import Rule


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows to fit a decision on.

    Parameters
    ----------
    probabilities : ndarray, shape (n, n_classes)
    y : ndarray of int64, shape (n,)
        Class codes.

    See Also
    --------
    chain : Fits a decision on them.

    Examples
    --------
    A network that is sure, and right in one row of two, is cooled down until it no longer is.

    >>> import numpy as np
    >>> from core.decision import Rows, Temperature
    >>> rows = Rows(np.array([[0.1, 0.9], [0.1, 0.9]]), np.array([1, 0]))
    >>> Temperature.fit(rows.probabilities, rows.y)(rows.probabilities).round(1).tolist()
    [[0.5, 0.5], [0.5, 0.5]]
    """

    probabilities: np.ndarray
    y: np.ndarray


# Both are given probabilities, shape (n, n_classes), and class codes, shape (n,).
FitCalibration = Callable[[np.ndarray, np.ndarray], Calibration]
FitRule = Callable[[np.ndarray, np.ndarray], Rule | None]


@dataclass(frozen=True, eq=False)
class Chain:
    """From a model's raw probabilities to decisions.

    Parameters
    ----------
    rule : Rule
    calibrations : tuple of Calibration
        Applied in this order before the rule reads the probabilities.

    See Also
    --------
    chain : Fits one.

    Examples
    --------
    A network that saw both classes alike, in a table with one row in ten: it takes 0.9 to be called positive.

    >>> import numpy as np
    >>> from core.decision import Chain, PriorShift, Rule
    >>> fitted = Chain(Rule.at(0.5), (PriorShift((1.8, 0.2)),))
    >>> p = fitted.probabilities(np.array([[0.2, 0.8], [0.05, 0.95]]))
    >>> p.round(2).tolist(), fitted.decide(p).tolist()
    ([[0.69, 0.31], [0.32, 0.68]], [0, 1])
    """

    rule: Rule
    calibrations: tuple[Calibration, ...] = ()

    def probabilities(self, raw: np.ndarray) -> np.ndarray:
        """Return calibrated probabilities, shape (n, n_classes)."""
        for calibration in self.calibrations:
            raw = calibration(raw)
        return raw

    def decide(self, probabilities: np.ndarray) -> np.ndarray:
        """Return class codes, shape (n,), for probabilities that :meth:`probabilities` returned."""
        return self.rule.decide(probabilities)


def chain(
    calibrations: Sequence[FitCalibration], rules: Sequence[FitRule], rows: Rows, rule_rows: Rows | None = None
) -> Chain:
    """Fit calibrations, each on what the ones before it return, then the decision rule.

    Parameters
    ----------
    calibrations : sequence of callable
        Fit a calibration on probabilities and classes.
    rules : sequence of callable
        Fit a rule likewise; None leaves the decision as it was, and of several the last one counts.
    rows : Rows
        Raw probabilities to fit on.
    rule_rows : Rows, optional
        Other rows to fit the rule on, with probabilities that are calibrated already.

    Returns
    -------
    Chain

    See Also
    --------
    core.strategies.Recipe.chain : The same for the decisions of a choice.

    Examples
    --------
    A network that is far too sure is cooled down first; a threshold of 0.3 is then one of the cooled probabilities.

    >>> import numpy as np
    >>> from core.decision import Rows, Rule, Temperature, chain
    >>> rows = Rows(np.array([[0.9, 0.1], [0.1, 0.9]]), np.array([0, 1]))
    >>> fitted = chain([lambda p, y: Temperature(2.0)], [lambda p, y: Rule.at(0.3)], rows)
    >>> p = fitted.probabilities(rows.probabilities)
    >>> p.round(2).tolist(), fitted.decide(p).tolist()
    ([[0.75, 0.25], [0.25, 0.75]], [0, 1])
    """
    p, y = rows.probabilities, rows.y
    fitted: list[Calibration] = []
    for fit_calibration in calibrations:
        fitted.append(fit_calibration(p, y))
        p = fitted[-1](p)
    if rule_rows is not None:
        p, y = rule_rows.probabilities, rule_rows.y
    rule = Rule.untuned(p.shape[1])
    for fit_rule in rules:
        rule = fit_rule(p, y) or rule
    return Chain(rule, tuple(fitted))
