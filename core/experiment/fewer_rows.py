"""A strategy of a run trained on halves of its training rows, and tested on the same rows as before."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from core.data.problem import Problem
from core.data.splitting import FoldRows, Unit, split_rows
from core.data.table import Table
from core.experiment.fold import Outcome, candidates_of, train_candidates
from core.experiment.results import FoldResult
from core.experiment.search_space import Setting
from core.experiment.tuning import as_tuned, model_choice
from core.experiment.units import prepared
from core.plan import Plan, PlanError, TuningSettings
from core.strategies import Recipe, choices_of
from core.words import quoted

#: Of the training rows; all of them come last.
SHARES = (1 / 8, 1 / 4, 1 / 2, 1.0)
#: Folds of the first repeat that are trained anew.
MAX_FOLDS = 5
# Rows of a class that a part has at least, to learn from and to hold back.
_FIT, _VALID = 3, 1


@dataclass(frozen=True, eq=False)
class Part:
    """A strategy's results on a part of each fold's training rows.

    Parameters
    ----------
    rows : ndarray of float64, shape (n_classes,)
        Training rows of each class, the mean over folds.
    results : tuple of FoldResult
        One per fold.

    See Also
    --------
    run_on_fewer : Makes them.

    Examples
    --------
    >>> Part(np.array([90.0, 10.0]), ()).rows.sum()
    np.float64(100.0)
    """

    rows: np.ndarray
    results: tuple[FoldResult, ...]


@dataclass(frozen=True, eq=False)
class LearningCurve:
    """A strategy's scores on all, half, a quarter and an eighth of the training rows.

    Parameters
    ----------
    key : str
        The strategy.
    rows : ndarray of float64, shape (n_points, n_classes)
        Training rows of each class, the mean over folds; the last point is all of them.
    metrics : tuple of str
    scores : ndarray of float64, shape (n_points, n_folds, n_metrics)
        nan where a fold failed or does not define the metric.
    tuned : bool
        Whether all points have the settings that tuning chose on all of a fold's training rows.

    See Also
    --------
    core.evaluation.learning_curve.curve_of : Makes it.
    core.evaluation.learning_curve.outlook : What follows from it.

    Examples
    --------
    >>> curve = LearningCurve("plain", np.array([[50.0, 5.0], [100.0, 10.0]]), ("f1",), np.zeros((2, 3, 1)))
    >>> LearningCurve.from_bytes(curve.to_bytes()).rows.tolist(), curve.of("f1").shape
    ([[50.0, 5.0], [100.0, 10.0]], (2, 3))
    """

    key: str
    rows: np.ndarray
    metrics: tuple[str, ...]
    scores: np.ndarray
    tuned: bool = False

    def of(self, metric: str) -> np.ndarray:
        """Return the scores on one metric, shape (n_points, n_folds); nan where it was not taken."""
        if metric not in self.metrics:
            return np.full(self.scores.shape[:2], np.nan)
        return np.asarray(self.scores[:, :, self.metrics.index(metric)])

    def to_bytes(self) -> bytes:
        """Return all of it as JSON that :meth:`from_bytes` reads back."""
        arrays = {"rows": self.rows.tolist(), "scores": self.scores.tolist()}
        return json.dumps({"key": self.key, "metrics": self.metrics, "tuned": self.tuned, **arrays}).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> LearningCurve | None:
        """Read it back; None where it is damaged."""
        try:
            plain = json.loads(data)
            rows, scores = np.array(plain["rows"], np.float64), np.array(plain["scores"], np.float64)
            key, metrics = str(plain["key"]), tuple(map(str, plain["metrics"]))
            tuned = plain.get("tuned") is True  # curves of earlier versions were not
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        fits = rows.ndim == 2 and scores.ndim == 3 and len(rows) == len(scores) and scores.shape[2] == len(metrics)
        return cls(key, rows, metrics, scores, tuned) if fits else None


def run_on_fewer(
    table: Table,
    plan: Plan,
    strategy: str,
    whole: tuple[FoldResult, ...] = (),
    report: Callable[[float, str], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> tuple[Part, ...]:
    """Train a strategy on an eighth, a quarter and a half of each fold's training rows.

    A smaller part lies within the larger one, each has its share of every class, and where groups are kept together it
    is made of whole groups. Parts that leave a class with next to no row are left out. Nothing is tuned anew: where
    tuning chose settings for every fold, the parts of a fold are trained with them; else it is left out.

    Parameters
    ----------
    strategy : str
        Its key.
    whole : tuple of FoldResult
        The run's, on all training rows; where a fold is not among them, or the settings of a tuned run were not kept,
        it is trained too.

    Returns
    -------
    tuple of Part
        The smallest first; each has one result per fold of the first repeat, five at most.

    Raises
    ------
    PlanError
        The plan has no such strategy, or there are too few rows to halve.
    Stopped
        ``should_stop`` returned True.

    See Also
    --------
    core.evaluation.learning_curve.curve_of : What follows from it.
    """
    settings = settings_by_fold(plan, strategy, whole)
    whole, plan = whole if settings is not None else (), replace(plan, tuning=TuningSettings())
    problem = Problem.of(table, plan)
    choice = next((one for one in choices_of(plan) if one.key == strategy), None)
    if choice is None:
        raise PlanError(f"This run has no strategy '{strategy[:60]}'.")
    units = [Unit(0, fold) for fold in range(min(MAX_FOLDS, plan.split.folds))]
    folds = [split_rows(problem, unit) for unit in units]
    known = {result.fold: result for result in whole if result.strategy == strategy and result.repeat == 0}
    parts = [part for part in SHARES if all(_is_enough(problem, _part(problem, fold, part)) for fold in folds)]
    if len(parts) < 2:
        rare = quoted(problem.target.labels[int(problem.target.counts.argmin())])
        raise PlanError(f"There are too few rows of {rare} to see what half of them would do: add rows.")
    tell = report or (lambda share, doing: None)
    found: list[Part] = []
    steps, step = len(parts) * len(units), 0
    for part in parts:
        results, counts = [], []
        for unit, fold in zip(units, folds, strict=True):
            rows = _part(problem, fold, part)
            counts.append(_counts(problem, rows))
            if part == 1.0 and unit.fold in known:
                results.append(known[unit.fold])
                continue
            seed = int(np.random.SeedSequence([plan.split.seed, unit.repeat, unit.fold]).generate_state(1)[0] >> 1)
            inputs = prepared(problem, rows, seed)
            candidates = candidates_of((choice,), plan.networks[0], inputs.view)
            chosen = (settings or {}).get(unit.fold, ())
            if chosen:
                candidates = {
                    key: as_tuned(one, chosen, plan.training) or one if one.settings is None else one
                    for key, one in candidates.items()
                }

            def training(share: float, doing: str, step: int = step, part: float = part) -> None:
                tell((step + share) / steps, f"{part:.0%} of the training rows: {doing}")

            train_candidates(
                list(candidates.values()), problem.facts, inputs.block, plan.training, training, should_stop
            )
            X_test = inputs.preparation.transform(problem.table.frame.iloc[problem.target.rows[rows.test]])
            outcome = Outcome(inputs.block, X_test, rows.test, problem.target.codes[rows.test], unit, problem.facts)
            results.append(outcome.of(choice, candidates[Recipe.of(choice).key]))
            step += 1
        found.append(Part(np.mean(counts, axis=0), tuple(results)))
    return tuple(found)


def settings_by_fold(plan: Plan, strategy: str, whole: Iterable[FoldResult]) -> dict[int, tuple[str, ...]] | None:
    """Return what tuning chose for a strategy on each fold that is trained anew; None where not all of it was kept.

    Where nothing was tuned, as references never are, there is nothing to choose, and each fold's settings are empty.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> run = sample_run()
    >>> settings_by_fold(run.plan, "plain", run.folds)
    {0: (), 1: (), 2: ()}
    >>> print(settings_by_fold(replace(run.plan, tuning=TuningSettings(8)), "plain", run.folds))
    None
    """
    folds = range(min(MAX_FOLDS, plan.split.folds))
    choice = next((one for one in choices_of(plan) if one.key == strategy), None)
    if choice is None or not plan.tuning.on or Recipe.of(choice).reference is not None:
        return dict.fromkeys(folds, ())
    recipe = Recipe.of(choice)
    start = Setting(model_choice(recipe), recipe.network or plan.networks[0], plan.training)
    kept = {one.fold: one.tuned for one in whole if one.strategy == strategy and one.repeat == 0}
    usable = all(kept.get(fold) and start.with_values(kept[fold]) is not None for fold in folds)
    return {fold: kept[fold] for fold in folds} if usable else None


def _part(problem: Problem, fold: FoldRows, share: float) -> FoldRows:
    """Return a fold with a share of its training rows."""
    if share == 1.0:
        return fold
    return replace(fold, fit=_some(problem, fold.fit, share), valid=_some(problem, fold.valid, share))


def _some(problem: Problem, rows: np.ndarray, share: float) -> np.ndarray:
    """Return a share of each class's rows, or of the groups; of a larger share, the same ones are among them."""
    rng = np.random.default_rng([problem.plan.split.seed, 11, len(rows)])
    groups = problem.groups(rows)
    if groups is not None:
        names = rng.permutation(np.unique(groups))
        return rows[np.isin(groups, names[: max(1, round(share * len(names)))])]
    y, kept = problem.target.codes[rows], []
    for code in np.unique(y):
        own = rng.permutation(rows[y == code])
        kept.append(own[: max(1, round(share * len(own)))])
    return np.sort(np.concatenate(kept)) if kept else rows


def _counts(problem: Problem, rows: FoldRows) -> np.ndarray:
    every = np.concatenate([rows.fit, rows.valid])
    return np.bincount(problem.target.codes[every], minlength=len(problem.target.classes))


def _is_enough(problem: Problem, rows: FoldRows) -> bool:
    n, y = len(problem.target.classes), problem.target.codes
    fit, valid = (np.bincount(y[part], minlength=n).min() for part in (rows.fit, rows.valid))
    return bool(fit >= _FIT and (valid >= _VALID or not len(rows.valid)))
