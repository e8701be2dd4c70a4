"""Tuning inside each fold: what it gains, and what it costs beside the untuned run and Optuna around a Keras fit.

The Classics are run untuned and then tuned, in one process, on the same folds. The gain is in the mean average
precision on test rows, which tuning never saw. The Keras way is what a person would write: an Optuna study per
strategy and fold, whose every trial builds a network, fits it with early stopping on the same validation rows and
scores it. A few such trials are timed and scaled up to as many networks as the tuned run's trials have.
"""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import time
from dataclasses import dataclass, replace

import numpy as np
from sklearn.metrics import average_precision_score

from benchmarks._print import parser, show
from core.data.problem import Problem
from core.data.samples import SAMPLES, load_sample
from core.data.splitting import Unit, split_rows
from core.experiment.results import FoldResult
from core.experiment.search_space import ROUNDS, setting_of, shapes, space_of
from core.experiment.units import prepared, run
from core.networks.reading import network_of
from core.plan import Plan, SplitSettings, StrategyChoice, TuningSettings
from core.strategies import Recipe
from core.strategies.choosing import applicable
from core.strategies.presets import CLASSICS

TIMED = "page_blocks"


@dataclass(frozen=True, eq=False)
class Timed:
    """A run's results and what it took."""

    results: tuple[FoldResult, ...]
    seconds: float
    cpu_seconds: float

    def precision(self) -> dict[str, float]:
        """Return the mean average precision of each strategy; of more than two classes, of each against the rest."""
        values: dict[str, list[float]] = {}
        for result in self.results:
            if result.error is None:
                codes = (1,) if result.probabilities.shape[1] == 2 else np.unique(result.y_true)
                scores = [average_precision_score(result.y_true == c, result.probabilities[:, c]) for c in codes]
                values.setdefault(result.strategy, []).append(float(np.mean(scores)))
        return {key: float(np.mean(scores)) for key, scores in values.items()}

    @property
    def networks(self) -> int:
        """How many networks a fold ends with; strategies that differ in their decision alone share theirs."""
        lanes = {Recipe.of(CHOICES[r.strategy]).key: r.lanes for r in self.results if r.fold == 0}
        return sum(lanes.values())


CHOICES = {choice.key: choice for choice in CLASSICS.choices}


def plan_of(key: str, target: str, folds: int, seed: int) -> Plan:
    plan = Plan(target, CLASSICS.choices, split=SplitSettings(folds=folds, seed=seed))
    return replace(plan, strategies=applicable(plan.strategies, Problem.of(load_sample(key), plan).facts))


def timed(key: str, plan: Plan) -> Timed:
    began, worked = time.perf_counter(), time.process_time()
    results = run(load_sample(key), plan)
    return Timed(results, time.perf_counter() - began, time.process_time() - worked)


def keras_seconds(plan: Plan, trials: int) -> float:
    """Return the seconds of one trial of an Optuna study around a Keras fit of the plain network."""
    import keras
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    problem = Problem.of(load_sample(TIMED), plan)
    block = prepared(problem, split_rows(problem, Unit(0, 0)), seed=0).block
    plain, drawn = StrategyChoice.of("plain"), shapes(plan.tuning.trials // ROUNDS, plan.split.seed)
    space = dict(space_of(plain, plan.training))

    def objective(trial: optuna.Trial) -> float:
        shape = drawn[trial.number % len(drawn)]
        setting = setting_of(trial.params, shape, plain, plan.networks[0], plan.training)
        training = setting.training
        logits = network_of(setting.network).build(block.X.shape[1], 1)
        logits.compile(
            keras.optimizers.AdamW(training.learning_rate, training.weight_decay),
            keras.losses.BinaryCrossentropy(from_logits=True),
        )
        stop = keras.callbacks.EarlyStopping(patience=training.patience, restore_best_weights=True)
        logits.fit(
            block.X, block.y, batch_size=training.batch_size, epochs=training.epochs, verbose=0, callbacks=[stop],
            validation_data=(block.X_valid, block.y_valid),
        )  # fmt: skip
        scores = logits.predict(block.X_valid, verbose=0)[:, 0]
        return float(average_precision_score(block.y_valid, scores))

    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=0))
    began = time.perf_counter()
    for _ in range(trials):
        trial = study.ask(space)
        study.tell(trial, objective(trial))
    return (time.perf_counter() - began) / trials


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--trials", type=int, default=16, help="settings of each strategy in each fold")
    arguments.add_argument("--folds", type=int, default=5)
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--keras-trials", type=int, default=6, help="trials of the Keras way to time")
    arguments.add_argument("--timed-only", action="store_true", help=f"{TIMED} alone, for the figures of time")
    options = arguments.parse_args()
    import core.training.lanes  # noqa: F401  (importing is nobody's training time)

    figures: dict[str, float | int] = {}
    gains: list[tuple[float, float]] = []
    rows: list[tuple[str, str]] = []
    for sample in sorted(SAMPLES, key=lambda one: one.key != TIMED):
        plan = plan_of(sample.key, sample.target, options.folds, options.seed)
        tuned_plan = replace(plan, tuning=TuningSettings(options.trials))
        untuned, tuned = timed(sample.key, plan), timed(sample.key, tuned_plan)
        before, after = untuned.precision(), tuned.precision()
        gains.append((after["plain"] - before["plain"], max(after.values()) - max(before.values())))
        rows.append((f"{sample.key}, plain", f"{before['plain']:.3f} → {after['plain']:.3f}"))
        rows.append((f"{sample.key}, best strategy", f"{max(before.values()):.3f} → {max(after.values()):.3f}"))
        if sample.key == TIMED:
            keras = keras_seconds(tuned_plan, options.keras_trials)
            whole = keras * tuned.networks * options.trials * options.folds
            figures |= {
                "times_untuned": tuned.seconds / untuned.seconds,
                "cpu_times_untuned": tuned.cpu_seconds / untuned.cpu_seconds,
                "untuned_s": untuned.seconds,
                "tuned_s": tuned.seconds,
                "keras_s": whole,
                "speedup_vs_keras": whole / tuned.seconds,
            }
            rows.append(("untuned, tuned", f"{untuned.seconds:.1f} s, {tuned.seconds:.1f} s"))
            rows.append(("times the untuned run", f"{figures['times_untuned']:.1f}"))
            rows.append(("Optuna around Keras fits", f"{whole:,.0f} s (scaled up from {options.keras_trials} trials)"))
            rows.append(("times as fast as that", f"{figures['speedup_vs_keras']:.0f}"))
            if options.timed_only:
                break
    plain, best = np.mean(gains, axis=0)
    figures |= {"gain_plain": float(plain), "gain_best": float(best), "samples": len(gains)}
    rows.append(("mean gain in average precision, plain", f"{plain:+.3f}"))
    rows.append(("mean gain in average precision, best strategy", f"{best:+.3f}"))
    show(figures, rows, as_json=options.json)


if __name__ == "__main__":
    main()
