"""Tuning inside each fold: what it gains, and what it costs beside the untuned run and Optuna around a Keras fit.

The Classics are run untuned and then tuned, in one process, on the same folds. The gain is in the mean average
precision on test rows, which tuning never saw. The Keras way is what a person would write: an Optuna study per
strategy and fold, whose every trial builds a network, fits it with early stopping on the same validation rows and
scores it. A few such trials are timed and scaled up to as many networks as the tuned run's trials have. Both sides
build the same networks: the chosen one in the shapes that tuning tries.

The whole takes a quarter of an hour on two idle cores. It can be run in parts of a few minutes each, whose figures are
kept in a file: ``--parts build/tuning.json --part page_blocks``, then ``--part keras`` and one for each other sample.
"""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from sklearn.metrics import average_precision_score

from benchmarks._print import parser, show
from core.data.problem import Problem
from core.data.samples import SAMPLES, Sample, load_sample
from core.data.splitting import Unit, split_rows
from core.experiment.results import FoldResult
from core.experiment.search_space import ROUNDS, setting_of, shapes, space_of
from core.experiment.units import prepared, run
from core.networks.reading import network_of
from core.plan import Plan, SplitSettings, StrategyChoice, TuningSettings
from core.strategies import Recipe
from core.strategies.choosing import applicable
from core.strategies.presets import CLASSICS

TIMED, KERAS = "page_blocks", "keras"
PARTS = (*sorted((sample.key for sample in SAMPLES), key=lambda key: key != TIMED), KERAS)


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


def of_sample(sample: Sample, trials: int, folds: int, seed: int) -> dict[str, float]:
    """Return a sample's figures: seconds of both runs, and average precision before and after."""
    import core.training.lanes  # noqa: F401  (importing is nobody's training time)

    plan = plan_of(sample.key, sample.target, folds, seed)
    untuned = timed(sample.key, plan)
    tuned = timed(sample.key, replace(plan, tuning=TuningSettings(trials)))
    before, after = untuned.precision(), tuned.precision()
    return {
        "plain_before": before["plain"],
        "plain_after": after["plain"],
        "best_before": max(before.values()),
        "best_after": max(after.values()),
        "untuned_s": untuned.seconds,
        "tuned_s": tuned.seconds,
        "untuned_cpu_s": untuned.cpu_seconds,
        "tuned_cpu_s": tuned.cpu_seconds,
        "networks": tuned.networks,
    }


def of_keras(trials: int, keras_trials: int, folds: int, seed: int) -> dict[str, float]:
    """Return the seconds of one trial of the Keras way."""
    target = next(sample.target for sample in SAMPLES if sample.key == TIMED)
    plan = replace(plan_of(TIMED, target, folds, seed), tuning=TuningSettings(trials))
    return {"trial_s": keras_seconds(plan, keras_trials), "timed_trials": keras_trials}


def figures_of(parts: Mapping[str, Mapping[str, float]], trials: int, folds: int) -> dict[str, float]:
    """Return the figures that the finished parts allow."""
    figures: dict[str, float] = {}
    if TIMED in parts:
        own = parts[TIMED]
        figures |= {
            "times_untuned": own["tuned_s"] / own["untuned_s"],
            "cpu_times_untuned": own["tuned_cpu_s"] / own["untuned_cpu_s"],
            "untuned_s": own["untuned_s"],
            "tuned_s": own["tuned_s"],
        }
        if KERAS in parts:
            whole = parts[KERAS]["trial_s"] * own["networks"] * trials * folds
            figures |= {"keras_s": whole, "speedup_vs_keras": whole / own["tuned_s"]}
    samples = [part for key, part in parts.items() if key != KERAS]
    if samples:
        figures |= {
            "gain_plain": float(np.mean([part["plain_after"] - part["plain_before"] for part in samples])),
            "gain_best": float(np.mean([part["best_after"] - part["best_before"] for part in samples])),
            "samples": len(samples),
        }
    return figures


def rows_of(parts: Mapping[str, Mapping[str, float]], figures: Mapping[str, float]) -> list[tuple[str, str]]:
    rows = []
    for key, part in parts.items():
        if key == KERAS:
            rows.append(("one trial of Optuna around a Keras fit", f"{part['trial_s']:.1f} s"))
            continue
        rows.append((f"{key}, plain", f"{part['plain_before']:.3f} → {part['plain_after']:.3f}"))
        rows.append((f"{key}, best strategy", f"{part['best_before']:.3f} → {part['best_after']:.3f}"))
        rows.append((f"{key}, untuned and tuned", f"{part['untuned_s']:.1f} s, {part['tuned_s']:.1f} s"))
    words = {
        "times_untuned": ("times the untuned run", ".1f"),
        "keras_s": ("seconds of Optuna around Keras fits, scaled up", ",.0f"),
        "speedup_vs_keras": ("times as fast as that", ".0f"),
        "gain_plain": ("mean gain in average precision, plain", "+.3f"),
        "gain_best": ("mean gain in average precision, best strategy", "+.3f"),
    }
    return rows + [(said, format(figures[key], form)) for key, (said, form) in words.items() if key in figures]


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--trials", type=int, default=16, help="settings of each strategy in each fold")
    arguments.add_argument("--folds", type=int, default=5)
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--keras-trials", type=int, default=8, help="trials of the Keras way to time")
    arguments.add_argument(
        "--part", action="append", choices=PARTS, default=[], help="only this part; may be given again (default: all)"
    )
    arguments.add_argument(
        "--parts", type=Path, metavar="FILE", help="keep the figures of parts here, and print those of all that it has"
    )
    options = arguments.parse_args()
    settings = f"{options.trials} trials, {options.folds} folds, seed {options.seed}"
    parts: dict[str, dict[str, float]] = {}
    if options.parts is not None and options.parts.exists():
        kept = json.loads(options.parts.read_text())
        parts = kept["parts"] if kept["settings"] == settings else {}
    for name in options.part or PARTS:
        if name == KERAS:
            parts[name] = of_keras(options.trials, options.keras_trials, options.folds, options.seed)
        else:
            sample = next(one for one in SAMPLES if one.key == name)
            parts[name] = of_sample(sample, options.trials, options.folds, options.seed)
        if options.parts is not None:
            options.parts.write_text(json.dumps({"settings": settings, "parts": parts}))
    figures = figures_of(parts, options.trials, options.folds)
    show(figures, rows_of(parts, figures), as_json=options.json)


if __name__ == "__main__":
    main()
