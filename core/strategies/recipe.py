"""What a choice of a plan comes to: the networks that it trains, a reference, and how it decides."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from core.decision import Chain, Rows, chain
from core.plan import NetworkChoice, StrategyChoice
from core.strategies.base import Baseline, Calibrating, Deciding, Decision, Ensemble, Reference, Strategy
from core.strategies.registry import make, parts_of
from core.strategies.view import TrainingView
from core.training.lane import Lane


@dataclass(frozen=True)
class Recipe:
    """A choice's strategies by what they do.

    Parameters
    ----------
    parts : tuple of Strategy
        All of them, in the order in which they act.
    key : str
        Names the model: choices that differ in their decision alone share it.
    network : NetworkChoice or None
        What is trained, where the choice names it.

    See Also
    --------
    core.strategies.registry.parts_of : The parts in the order in which they act.
    stages_of : Runs those that shape networks.

    Examples
    --------
    >>> from core.strategies import Recipe
    >>> from core.strategies.notation import parse_choice
    >>> recipe = Recipe.of(parse_choice("threshold_f1+smote+temperature"))
    >>> [part.card.key for part in recipe.networks], [part.card.key for part in recipe.decisions]
    (['smote'], ['temperature', 'threshold_f1'])
    >>> recipe.reference is None, recipe.key
    (True, 'smote')
    """

    parts: tuple[Strategy, ...]
    key: str
    network: NetworkChoice | None = None

    @classmethod
    def of(cls, choice: StrategyChoice) -> Recipe:
        """Return the recipe of a choice.

        Raises
        ------
        PlanError
            A strategy is not registered, or a parameter is unknown or out of range.
        """
        parts = tuple(parts_of(choice))
        shaping = [part.key for part in choice.parts if not isinstance(make(part), Baseline | Decision)]
        on = "" if choice.network is None else f"@{choice.network.key}"
        return cls(parts, ("+".join(sorted(shaping)) or "plain") + on, choice.network)

    @property
    def shaping(self) -> tuple[Strategy, ...]:
        """What makes the model another one than the plain network: what shapes networks, or a reference."""
        return tuple(part for part in self.parts if not isinstance(part, Baseline | Decision))

    @property
    def networks(self) -> tuple[Strategy, ...]:
        """What shapes networks; empty for the plain network and for a reference."""
        return tuple(part for part in self.shaping if not isinstance(part, Reference))

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """What acts on the probabilities, calibrations first."""
        return tuple(part for part in self.parts if isinstance(part, Decision))

    @property
    def reference(self) -> Reference | None:
        """The model that takes the networks' place."""
        return next((part for part in self.parts if isinstance(part, Reference)), None)

    @property
    def model(self) -> tuple[Strategy, ...]:
        """All but the decisions."""
        return tuple(part for part in self.parts if not isinstance(part, Decision))

    @property
    def is_plain(self) -> bool:
        """Whether the model is the plain network, however it decides."""
        return not self.shaping

    @property
    def calibrates(self) -> bool:
        """Whether probabilities are carried back to the table's class shares, or fitted to them, already."""
        return any(isinstance(part, Calibrating) for part in self.parts)

    @property
    def rules(self) -> tuple[Deciding, ...]:
        """The decisions that turn probabilities into classes."""
        return tuple(part for part in self.parts if isinstance(part, Deciding))

    def chain(self, rows: Rows, view: TrainingView, lanes: list[Lane], rule_rows: Rows | None = None) -> Chain:
        """Fit the decisions, one after the other.

        Parameters
        ----------
        rows : Rows
            Raw probabilities for rows that the model has not learned from.
        view : TrainingView
            What the model's strategy saw; it is told what had to change.
        lanes : list of Lane
            What the model learned from.
        rule_rows : Rows, optional
            Other rows to fit the rule on, with probabilities that are calibrated already.

        Raises
        ------
        StrategyError
            A decision cannot be fitted with its parameters, such as a cost matrix of the wrong size.

        See Also
        --------
        core.decision.chain : How they are chained.
        """
        calibrations = [
            partial(part.calibration, view=view, lanes=lanes) for part in self.parts if isinstance(part, Calibrating)
        ]
        return chain(calibrations, [partial(part.rule, view=view, lanes=lanes) for part in self.rules], rows, rule_rows)


def stages_of(
    parts: Sequence[Strategy], lane: Lane, view: TrainingView
) -> Generator[list[Lane], list[np.ndarray], None]:
    """Run a combination's parts over one lane, stage by stage; see :meth:`Strategy.stages`.

    See Also
    --------
    Recipe : What a choice comes to.

    Examples
    --------
    >>> from core.strategies.line import view_of
    >>> from core.strategies.notation import parse_choice
    >>> view = view_of([[1, 2, 3, 4], [8, 9]])
    >>> lanes = next(stages_of(parts_of(parse_choice("random_under+balanced_batches")), Lane(np.arange(6), 0), view))
    >>> [(len(lane.rows), lane.batches) for lane in lanes]
    [(4, 'balanced')]
    """
    before: list[Lane] = [lane]
    ensemble_at = next((i for i, p in enumerate(parts) if isinstance(p, Ensemble)), None)
    head = parts if ensemble_at is None else parts[:ensemble_at]
    tail = [] if ensemble_at is None else parts[ensemble_at + 1 :]
    for part in head:
        before = [refined for lane_before in before for refined in part.refine(lane_before, view)]
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
