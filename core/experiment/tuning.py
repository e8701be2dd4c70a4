"""Every strategy at its best: settings are tried inside a fold, on validation rows of its training part alone.

Optuna's samplers draw settings in batches (ask and tell). All strategies' settings of a batch train as lanes side by
side, for a part of the epochs; the best quarter then trains for all of them (successive halving, Jamieson and
Talwalkar 2016, arXiv 1502.07943), and the best of these is what the fold's test rows are predicted with.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from core.decision.top_rows import TopRows, precision_and_recall
from core.experiment.fold import Candidate, Report, Stop, train_candidates, unseen
from core.experiment.search_space import (
    ROUNDS,
    NetworkShape,
    Setting,
    chosen_values,
    finalists,
    setting_of,
    shapes,
    short_epochs,
    space_of,
)
from core.experiment.stopping import average_precision
from core.plan import ParameterValue, Part, PlanError, StrategyChoice, TrainingSettings, TuningSettings
from core.strategies import Recipe, TableFacts, TrainingView

if TYPE_CHECKING:
    import optuna

    from core.training.lanes import Block

# Scores closer than this are level, and the earlier setting wins: rounding errors decide nothing.
_DIGITS = 3


def score(y: np.ndarray, probabilities: np.ndarray, tune_on: str = "average_precision", share: float = 0.05) -> float:
    """Return how good probabilities for validation rows are, more being better.

    It is the average precision, or precision or recall among the riskiest rows; the log loss with its sign turned
    where a class has no rows to be found.

    Parameters
    ----------
    tune_on : str
        One of :data:`core.settings.TUNE_ON`.
    share : float
        Of the rows, those that can be looked at, for metrics at k.

    Examples
    --------
    >>> score(np.array([0, 1]), np.array([[0.9, 0.1], [0.2, 0.8]]))
    1.0
    >>> round(score(np.array([0, 0]), np.array([[0.9, 0.1], [0.5, 0.5]])), 2)
    -0.4
    """
    present = np.unique(y)
    if len(present) > 1 and tune_on == "average_precision":
        return average_precision(y, probabilities)
    if len(present) > 1:
        codes = [1] if probabilities.shape[1] == 2 else present
        top = TopRows(np.array([share]))
        at_k = np.mean([precision_and_recall(y == code, probabilities[:, code], top) for code in codes], axis=0)
        return float(at_k[int(tune_on == "recall_at_k")])
    return float(np.mean(np.log(np.clip(probabilities[np.arange(len(y)), y], 1e-7, 1))))


@dataclass(eq=False)
class _Tried:
    """A setting in training or behind it."""

    number: int
    setting: Setting
    candidate: Candidate | None
    value: float | None = None


@dataclass(eq=False)
class Tuner:
    """The search of one strategy: draws settings, hears how they fared, knows the best."""

    candidate: Candidate
    choice: StrategyChoice
    training: TrainingSettings
    shapes: Sequence[NetworkShape]
    tune_on: str = "average_precision"
    share: float = 0.05
    trials: list[_Tried] = field(default_factory=list)
    seconds: float = 0.0
    error: str | None = None
    _drawn: list[optuna.Trial] = field(default_factory=list)

    def __post_init__(self) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        seed = zlib.crc32(f"{self.candidate.view.seed} {self.candidate.key}".encode())
        sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=len(self.shapes), constant_liar=True)
        self._study = optuna.create_study(direction="maximize", sampler=sampler)
        self._space = {
            **space_of(self.choice, self.training),
            "shape": optuna.distributions.CategoricalDistribution(range(len(self.shapes))),
        }

    def ask(self, view: TrainingView) -> list[Candidate]:
        """Return the models of the next batch, one in each shape; the very first is what the person chose."""
        batch = []
        for place, shape in enumerate(self.shapes):
            first = not self.trials
            fixed: dict[str, ParameterValue] = dict(chosen_values(self.choice, self.training)) if first else {}
            self._study.enqueue_trial({**fixed, "shape": place})
            trial = self._study.ask(self._space)
            values = {name: _rounded(value) for name, value in trial.params.items() if name != "shape"}
            network = self.candidate.network
            setting = (
                Setting(self.choice, network, self.training)
                if first
                else setting_of(values, shape, self.choice, network, self.training)
            )
            tried = _Tried(len(self.trials), setting, _candidate(setting, view))
            self._drawn.append(trial)
            self.trials.append(tried)
            if tried.candidate is not None:
                batch.append(tried.candidate)
        return batch

    def tell(self, block: Block) -> None:
        """Score the batch that has been trained, and let go of its networks."""
        import optuna

        for tried in self.trials[-len(self.shapes) :]:
            self._judge(tried, block)
            state = optuna.trial.TrialState.FAIL if tried.value is None else optuna.trial.TrialState.COMPLETE
            self._study.tell(self._drawn[tried.number], tried.value, state)
            tried.candidate = None

    def _judge(self, tried: _Tried, block: Block) -> None:
        candidate = tried.candidate
        tried.value = None
        if candidate is None:
            return
        self.seconds += candidate.seconds
        if candidate.error is not None:
            self.error = self.error or candidate.error
            return
        rows = unseen(candidate, block)
        value = score(rows.y, rows.probabilities, self.tune_on, self.share)
        tried.value = round(value, _DIGITS) if np.isfinite(value) else None

    def go_on(self, view: TrainingView) -> list[Candidate]:
        """Return the models of the best quarter, to be trained for all epochs."""
        kept = self._ranked()[: finalists(len(self.trials))]
        for tried in kept:
            tried.candidate = _candidate(tried.setting, view)
        self.trials = kept
        return [tried.candidate for tried in kept if tried.candidate is not None]

    def best(self, block: Block) -> _Tried | None:
        """Return the setting that fared best over all epochs, its trained model with it."""
        for tried in self.trials:
            self._judge(tried, block)
        return next(iter(self._ranked()), None)

    def _ranked(self) -> list[_Tried]:
        fit = [tried for tried in self.trials if tried.value is not None]
        return sorted(fit, key=lambda tried: (-(tried.value or 0.0), tried.number))


def _rounded(value: ParameterValue) -> ParameterValue:
    """Return a drawn number with three digits: what is shown is what was trained with."""
    return float(f"{value:.3g}") if isinstance(value, float) and value < 0.99 else value


def _candidate(setting: Setting, view: TrainingView) -> Candidate | None:
    """Return the model of a setting; None where its parameters do not go together."""
    try:
        recipe = Recipe.of(setting.choice)
    except PlanError:
        return None
    return Candidate(recipe, setting.network, view.without_notes(), settings=setting.training)


def as_tuned(candidate: Candidate, chosen: Sequence[str], training: TrainingSettings) -> Candidate | None:
    """Return a candidate with what tuning chose before, each as ``name=value``; None where it cannot be read.

    See Also
    --------
    core.experiment.results.FoldResult : Keeps it.

    Examples
    --------
    >>> from core.plan import NetworkChoice
    >>> from core.strategies.view import Numbers
    >>> view = TrainingView.of(Numbers(), np.zeros((4, 1)), np.array([0, 0, 0, 1]), n_classes=2, seed=0)
    >>> plain = Candidate(Recipe.of(StrategyChoice.of("plain")), NetworkChoice("linear"), view)
    >>> as_tuned(plain, ("learning_rate=0.01", "weight_decay=0"), TrainingSettings()).settings.learning_rate
    0.01
    """
    setting = Setting(model_choice(candidate.recipe), candidate.network, training).with_values(chosen)
    return None if setting is None else _candidate(setting, candidate.view)


def model_choice(recipe: Recipe) -> StrategyChoice:
    """Return the choice of what shapes a recipe's networks, without its decisions.

    Examples
    --------
    >>> from core.strategies.notation import parse_choice
    >>> model_choice(Recipe.of(parse_choice("smote(k_neighbors=3)+threshold_f1"))).key
    'smote(k_neighbors=3)'
    """
    parts = []
    for strategy in recipe.networks:
        own = {each.name: getattr(strategy, each.name) for each in type(strategy).parameters()}
        changed = {each.name: own[each.name] for each in type(strategy).parameters() if own[each.name] != each.default}
        parts.append(Part.of(strategy.card.key, **changed))
    return StrategyChoice(tuple(parts) or (Part.of("plain"),), recipe.network)


def part_to_tune_on(view: TrainingView, block: Block) -> tuple[TrainingView, Block]:
    """Return the rows that settings learn from, and those that they are judged on.

    They are the fold's training and validation rows; of cross-fitted members, the first one's.
    """
    from core.training.lanes import Block

    if not block.held_out:
        return view, block
    held = block.held_out[0]
    rest = np.setdiff1d(np.arange(len(block.y)), held)
    own = replace(view, X=view.X[rest], encoded=view.encoded[rest], y=view.y[rest])
    return own.fresh(), Block(own.X, own.y, block.X[held], block.y[held])


def tune_candidates(
    candidates: Sequence[Candidate],
    facts: TableFacts,
    block: Block,
    training: TrainingSettings,
    tuning: TuningSettings,
    seed: int,
    tell: Report,
    should_stop: Stop | None,
    share: float = 0.05,
) -> list[Candidate]:
    """Train candidates as :func:`core.experiment.fold.train_candidates` does, each with the best setting found for it.

    References are no networks: they are fitted as they are. No row outside of the block is seen.

    Parameters
    ----------
    seed : int
        Decides the shapes of networks that all strategies try, in every fold the same.
    share : float
        Of the rows, those that can be looked at, for tuning on metrics at k.

    Returns
    -------
    list of Candidate
        Trained, in the order given, with what was chosen in ``tuned``; one without a usable setting has ``error`` set.

    Raises
    ------
    Stopped
        ``should_stop`` returned True.
    """
    if not (block.held_back or block.held_out):
        for candidate in candidates:
            candidate.view.note("Too few rows to hold some back for tuning: the settings are those chosen.")
        train_candidates(candidates, facts, block, training, tell, should_stop)
        return list(candidates)
    drawn = shapes(max(1, tuning.trials // ROUNDS), seed)
    tuners = {
        c.key: Tuner(c, model_choice(c.recipe), training, drawn, tuning.tune_on, share)
        for c in candidates
        if c.recipe.reference is None
    }
    short = replace(training, epochs=short_epochs(training.epochs), members=1)
    whole = replace(training, members=1)
    parts = ROUNDS + 1 + bool(block.held_out)
    for number in range(ROUNDS if tuners else 0):
        view, part = part_to_tune_on(candidates[0].view.fresh(), block)
        batch = [candidate for tuner in tuners.values() for candidate in tuner.ask(view)]
        train_candidates(batch, facts, part, short, _part_of(tell, number, parts), should_stop)
        for tuner in tuners.values():
            tuner.tell(part)
    references = [c for c in candidates if c.recipe.reference is not None]
    view, part = part_to_tune_on(candidates[0].view.fresh(), block)
    finalists = [candidate for tuner in tuners.values() for candidate in tuner.go_on(view)]
    together = not block.held_out
    train_candidates(
        [*finalists, *(references if together else ())], facts, part, whole, _part_of(tell, ROUNDS, parts), should_stop
    )
    chosen = {key: _chosen(tuner, part, candidates[0].view, fresh=not together) for key, tuner in tuners.items()}
    if not together:
        again = [candidate for candidate in chosen.values() if candidate.error is None]
        train_candidates([*again, *references], facts, block, training, _part_of(tell, ROUNDS + 1, parts), should_stop)
    return [chosen.get(candidate.key, candidate) for candidate in candidates]


def _chosen(tuner: Tuner, block: Block, view: TrainingView, *, fresh: bool) -> Candidate:
    """Return the model of a tuner's best setting, or the tuner's own with the reason why there is none."""
    best = tuner.best(block)
    if best is None or best.candidate is None:
        tuner.candidate.error = tuner.error or "No setting that was tried could be trained on this fold."
        tuner.candidate.tuning_seconds = tuner.seconds
        return tuner.candidate
    model = best.candidate
    if fresh:
        model = Candidate(model.recipe, model.network, view.without_notes(), settings=best.setting.training)
    model.tuned = tuple(f"{name}={value}" for name, value in best.setting.values())
    model.tuning_seconds = tuner.seconds - (0.0 if fresh else model.seconds)
    return model


def _part_of(tell: Report, number: int, of: int) -> Report:
    """Return a report for one of the parts that training is done in."""

    def report(share: float, doing: str) -> None:
        tell((number + share) / of, f"tuning, part {number + 1} of {of}: {doing}")

    return report
