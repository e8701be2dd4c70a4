"""Training the chosen strategy on all labelled rows, with the decision rule that the run found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.data.problem import Problem
from core.data.splitting import refit_rows
from core.data.table import Table
from core.decision import Rows, Rule
from core.experiment.memory import check_refit, shape_of
from core.experiment.results import FoldResult
from core.experiment.units import train_choice
from core.exporting.forms import in_any_form
from core.exporting.inputs import readings_of
from core.exporting.scorer import Scorer
from core.machine import free_memory
from core.networks.trained import TrainedNetwork
from core.plan import Plan, StrategyChoice
from core.strategies import Recipe, StrategyError, label
from core.strategies.combining import clash


def why_not(choice: StrategyChoice) -> str | None:
    """Return one sentence on why a choice cannot become a model file, or None where it can.

    See Also
    --------
    core.exporting.suggestion.suggested : The best choice that can.

    Examples
    --------
    >>> print(why_not(StrategyChoice.of("smote")))
    None
    >>> print(why_not(StrategyChoice.of("logistic")))
    Logistic regression is a scikit-learn model, a reference beside the networks: it is no Keras file.
    """
    if Recipe.of(choice).reference is not None:
        return f"{label(choice)} is a scikit-learn model, a reference beside the networks: it is no Keras file."
    # A run of an earlier version may hold what is refused today.
    return clash([part.name for part in choice.parts])


@dataclass(frozen=True, eq=False)
class Refitted:
    """A choice trained on all labelled rows.

    Parameters
    ----------
    scorer : Scorer
    networks : tuple of TrainedNetwork
        Those that the scorer runs.
    tuned : tuple of str
        What tuning chose on all rows, each as ``name=value``; empty where nothing was tuned.

    See Also
    --------
    refit : Trains it.

    Examples
    --------
    >>> from core.exporting.sample import sample_scorer
    >>> Refitted(sample_scorer(), networks=()).scorer.threshold
    0.4
    """

    scorer: Scorer
    networks: tuple[TrainedNetwork, ...]
    tuned: tuple[str, ...] = ()

    @property
    def own_layers(self) -> dict[str, type]:
        """A person's own layer classes in the networks, by the names that a file has for them."""
        return dict(pair for network in self.networks for pair in network.custom)


def refit(
    table: Table,
    plan: Plan,
    choice: StrategyChoice,
    results: Sequence[FoldResult],
    report: Callable[[float, str], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Refitted:
    """Train one choice on all labelled rows.

    A part of the rows is kept for early stopping, as in a fold, and for tuning, where the plan asks for it, which is
    done once more on these rows; a temperature or an isotonic line
    is fitted on it, since each fold did the same. Thresholds and factors are fitted on the
    predictions that the run's folds made for rows they had not seen.

    Parameters
    ----------
    results : sequence of FoldResult
        The run's; those of other strategies are passed over.

    Raises
    ------
    StrategyError
        The choice is a reference or a combination that is refused, cannot work on these rows, or has no
        predictions in the run.
    MemoryShortage
        Training on all rows needs more memory than there is.
    Stopped
        ``should_stop`` returned True.

    See Also
    --------
    why_not : Says beforehand which choices are refused.
    core.exporting.bundle.export : Refits and packs.
    """
    reason = why_not(choice)
    if reason is not None:
        raise StrategyError(reason)
    recipe, unseen = Recipe.of(choice), _unseen(choice, results)
    if recipe.rules and unseen is None:
        raise StrategyError(f"{label(choice)} has no finished fold to fit its decision on: resume the run.")
    problem = Problem.of(table, plan)
    check_refit(choice, plan, shape_of(problem), free_memory())
    target = problem.target
    rows = refit_rows(problem)
    seed = int(np.random.SeedSequence([plan.split.seed]).generate_state(1)[0] >> 1)
    trained = train_choice(problem, choice, rows, seed, report=report, should_stop=should_stop)
    networks = tuple(lane.network for lane in trained.networks)
    reading = readings_of(problem.table, trained.preparation)
    average = in_any_form(networks, trained.view.X)
    scorer = Scorer(plan.target, target.labels, trained.preparation, average, reading=reading)
    chain = recipe.chain(trained.unseen, trained.view, list(trained.lanes), unseen)
    scales = () if chain.rule.threshold is not None else _scales(choice, chain.rule)
    scorer = replace(scorer, threshold=chain.rule.threshold, scales=scales, adjustments=chain.calibrations)
    return Refitted(scorer, networks, trained.tuned)


def _unseen(choice: StrategyChoice, results: Sequence[FoldResult]) -> Rows | None:
    """Return what the choice's folds made of rows that they had not seen, calibrated as each fold did."""
    own = [result for result in results if result.strategy == choice.key and result.error is None]
    if any(rule.independent_rows for rule in Recipe.of(choice).rules):
        first = min((result.repeat for result in own), default=0)
        own = [result for result in own if result.repeat == first]
    if not own:
        return None
    p = np.concatenate([result.probabilities for result in own]).astype(np.float64)
    return Rows(p, np.concatenate([result.y_true for result in own]))


def _scales(choice: StrategyChoice, rule: Rule) -> tuple[float, ...]:
    """Return a rule's factors by class; empty where the most probable class is decided."""
    if rule.utility is None:
        return ()
    if np.any(rule.utility != np.diag(np.diag(rule.utility))):
        raise StrategyError(f"{label(choice)} decides in a way that a model file cannot hold yet.")
    return tuple(np.diag(rule.utility).tolist())
