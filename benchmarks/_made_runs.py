"""Finished runs of any number of strategies and classes, made up in a moment: nothing is trained.

What they show is how pages look and how long they take, never how good a strategy is.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from core.data.problem import Problem
from core.data.splitting import Unit, split_rows
from core.data.table import Table, from_frame
from core.experiment.results import FoldResult, History
from core.plan import Plan, SplitSettings, StrategyChoice
from core.runs.store import Store
from core.strategies.choosing import applicable
from core.strategies.presets import EVERYTHING, PLAIN

_FOLDS = 5


def made_table(classes: int, rows: int = 1500, columns: int = 6, seed: int = 0) -> Table:
    """Return a table of numbers whose classes grow rarer and rarer.

    Parameters
    ----------
    classes : int
        The rarest has a fiftieth of the rows of the most common one, and at least ten.
    """
    rng = np.random.default_rng([seed, classes])
    share = np.geomspace(1, 0.02, classes)
    counts = np.maximum(10, (rows * share / share.sum()).astype(int))
    y = rng.permutation(np.repeat(np.arange(classes), counts))
    X = rng.normal(size=(len(y), columns)) + 0.7 * rng.normal(size=(classes, columns))[y]
    frame = pd.DataFrame(X.round(4), columns=[f"measure_{place}" for place in range(1, columns + 1)])
    names = ["common", "rare"] if classes == 2 else [f"class {chr(97 + code)}" for code in range(classes)]
    return from_frame(frame.assign(kind=np.array(names)[y]), f"made_up_{classes}_classes.csv")


def made_run(store: Store, strategies: int, classes: int) -> str:
    """Write a finished run of made-up probabilities into a store and return its id.

    Parameters
    ----------
    strategies : int
        Of those that apply to the table, spread over the catalogue; fewer where there are not as many.
    """
    table = made_table(classes)
    first = Plan("kind", (PLAIN,), split=SplitSettings(folds=_FOLDS))
    problem = Problem.of(table, first)
    every = applicable(EVERYTHING.choices, problem.facts)
    places = np.unique(np.linspace(0, len(every) - 1, min(strategies, len(every))).astype(int))
    plan = replace(first, strategies=tuple(dict.fromkeys((PLAIN, *(every[place] for place in places)))))
    problem = replace(problem, plan=plan)
    run = store.create(plan, table, f"Made up: {len(plan.strategies)} strategies, {classes} classes")
    for fold in range(_FOLDS):
        rows = split_rows(problem, Unit(0, fold)).test
        made = [_result(place, choice, fold, rows, problem) for place, choice in enumerate(plan.strategies)]
        store.write_unit(run, Unit(0, fold).key, made)
    store.set_status(run, "finished")
    return run


def _result(place: int, choice: StrategyChoice, fold: int, rows: np.ndarray, problem: Problem) -> FoldResult:
    """Return one strategy on one fold: the higher its place, the more it leans to rare classes; skill varies."""
    codes, classes = problem.target.codes, len(problem.target.labels)
    truth = codes[rows]
    # What is hard about a row is hard for every strategy, so that their differences are paired as in a real run.
    shared = np.random.default_rng([7, fold]).normal(size=(len(rows), classes))
    rng = np.random.default_rng([place, fold])
    skill = 1.6 + 0.9 * np.sin(1.7 * place) + 0.1 * rng.normal()
    prior = np.log(np.bincount(codes, minlength=classes) / len(codes))
    logits = skill * np.eye(classes)[truth] + shared + 0.3 * rng.normal(size=shared.shape)
    logits += prior * (1 - place / max(1, len(problem.plan.strategies)))
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = (p / p.sum(axis=1, keepdims=True)).astype(np.float32)
    epochs = np.arange(20)
    losses = [(0.2 + 0.5 * np.exp(-epochs / fade)).astype(np.float32) for fade in (5 + place % 4, 6 + place % 4)]
    return FoldResult(
        choice.key, 0, fold, rows, truth, p, p.argmax(axis=1).astype(np.int64), 0.5 if classes == 2 else None,
        np.bincount(codes, minlength=classes), 0.1 + 0.02 * place, 1, History(losses[0], losses[1], 15),
    )  # fmt: skip
