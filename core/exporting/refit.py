"""Training the chosen strategy on all labelled rows, with the decision rule that the run found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from core.data.problem import Problem
from core.data.splitting import refit_rows
from core.data.table import Table
from core.decision import Calibration
from core.experiment.memory import check_refit, shape_of
from core.experiment.results import FoldResult
from core.experiment.units import Trained, train_choice
from core.exporting.inputs import readings_of
from core.exporting.scorer import Scorer
from core.machine import free_memory
from core.plan import Plan, StrategyChoice
from core.strategies import Reference, Strategy, StrategyError, label, parts_of
from core.strategies.combining import clash


def why_not(choice: StrategyChoice) -> str | None:
    """Return one sentence on why a choice cannot become a model file, or None where it can."""
    if any(isinstance(part, Reference) for part in parts_of(choice)):
        return f"{label(choice)} is a scikit-learn model, a reference beside the networks: it is no Keras file."
    # A run of an earlier version may hold what is refused today.
    return clash([part.name for part in choice.parts])


def refit(
    table: Table,
    plan: Plan,
    choice: StrategyChoice,
    results: Sequence[FoldResult],
    report: Callable[[float, str], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Scorer:
    """Train one choice on all labelled rows.

    A part of the rows is kept for early stopping, as in a fold; a temperature or an isotonic line
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
    """
    reason = why_not(choice)
    if reason is not None:
        raise StrategyError(reason)
    problem = Problem.of(table, plan)
    check_refit(choice, plan, shape_of(problem), free_memory())
    target = problem.target
    rows = refit_rows(problem)
    seed = int(np.random.SeedSequence([plan.split.seed]).generate_state(1)[0] >> 1)
    trained = train_choice(problem, choice, rows, seed, report=report, should_stop=should_stop)
    networks = tuple(one.weights for one in trained.networks)
    reading = readings_of(problem.table, trained.preparation)
    scorer = Scorer(plan.target, target.labels, trained.preparation, networks, reading=reading)
    X_valid = trained.preparation.transform(problem.table.frame.iloc[target.rows[rows.valid]])
    return _with_rule(scorer, choice, trained, scorer.average(X_valid), target.codes[rows.valid], results)


def _with_rule(
    scorer: Scorer,
    choice: StrategyChoice,
    trained: Trained,
    on_valid: np.ndarray,
    y_valid: np.ndarray,
    results: Sequence[FoldResult],
) -> Scorer:
    decisions = [part for part in parts_of(choice) if part.card.family == "decision"]
    scorer = replace(scorer, threshold=0.5 if len(scorer.classes) == 2 else None)
    unseen = [r for r in results if r.strategy == choice.key and r.error is None]
    adjustments: list[Calibration] = []
    for part in decisions:
        rule = part.rule(on_valid, y_valid, trained.view, list(trained.lanes))
        if rule is None:
            continue
        if rule.adjust is not None:
            adjustments.append(_plain(part, rule.adjust))
            on_valid = rule.adjust(on_valid)
            continue
        if not unseen:
            raise StrategyError(f"{label(choice)} has no finished fold to fit its decision on: resume the run.")
        # What a fold kept is calibrated already, as these probabilities are.
        p, y = (np.concatenate([getattr(r, name) for r in unseen]) for name in ("probabilities", "y_true"))
        rule = part.rule(p.astype(np.float64), y, trained.view, list(trained.lanes))
        if rule is None:
            continue
        scales = () if rule.utility is None or rule.threshold is not None else _diagonal(part, rule.utility)
        scorer = replace(scorer, threshold=rule.threshold, scales=scales)
    return replace(scorer, adjustments=tuple(adjustments))


def _plain(part: Strategy, adjust: Callable[[np.ndarray], np.ndarray]) -> Calibration:
    if isinstance(adjust, Calibration):
        return adjust
    raise StrategyError(f"{part.card.name} changes probabilities in a way that a model file cannot hold yet.")


def _diagonal(part: Strategy, utility: np.ndarray) -> tuple[float, ...]:
    if np.any(utility != np.diag(np.diag(utility))):
        raise StrategyError(f"{part.card.name} decides in a way that a model file cannot hold yet.")
    return tuple(np.diag(utility).tolist())
