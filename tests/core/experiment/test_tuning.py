"""Tuning: what is tried, on which rows, and what comes of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import optuna
import pytest

import core.training.lanes as lanes_module
from core.data.problem import Problem
from core.data.samples import load_sample
from core.data.splitting import Unit, refit_rows, split_rows
from core.experiment.fold import candidates_of
from core.experiment.results import FoldResult
from core.experiment.search_space import ROUNDS, NetworkShape, chosen_values, setting_of, shapes, short_epochs, space_of
from core.experiment.tuning import Tuner, model_choice, score, tune_candidates
from core.experiment.units import prepared, run_unit, train_choice
from core.networks import networks
from core.networks.reading import network_of
from core.plan import NetworkChoice, Plan, PlanError, SplitSettings, StrategyChoice, TrainingSettings, TuningSettings
from core.strategies import Recipe, Reference, catalogue
from core.strategies.notation import parse_choice, parse_strategies
from core.strategies.registry import make
from tests.core.experiment.test_experiment import poisoned

TINY = (NetworkChoice.of("mlp", hidden_layers=(8,)),)
LINEAR = (NetworkChoice("linear"),)
TRAINING = TrainingSettings(epochs=5, patience=3, batch_size=64)
TABLE = load_sample("abalone_9_vs_18")


def plan_of(strategies: str, **changed: object) -> Plan:
    plan = Plan(
        "rings", parse_strategies(strategies), networks=TINY, training=TRAINING, split=SplitSettings(folds=3),
        tuning=TuningSettings(8),
    )  # fmt: skip
    return replace(plan, **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize("key", [key for key, cls in catalogue().items() if not issubclass(cls, Reference)])
def test_whatever_is_drawn_for_a_strategy_can_be_trained(key: str) -> None:
    choice = StrategyChoice.of(key)
    space = space_of(choice, TRAINING)
    assert set(chosen_values(choice, TRAINING)) == set(space)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    study.enqueue_trial(dict(chosen_values(choice, TRAINING)))
    assert study.ask(dict(space)).params == chosen_values(choice, TRAINING)
    for _ in range(20):
        drawn = setting_of(study.ask(dict(space)).params, NetworkShape(), choice, TINY[0], TRAINING)
        for part in drawn.choice.parts:
            made = make(part)
            assert made.n_networks == make(choice.parts[0]).n_networks, "a setting may not cost more networks"


@pytest.mark.parametrize("name", [name for name in networks() if name not in ("own", "function")])
def test_every_network_takes_every_shape(name: str) -> None:
    before = network_of(NetworkChoice(name)).n_weights(10, 1)
    for shape in shapes(8, seed=0):
        changed = shape.of(NetworkChoice(name))
        assert (network_of(changed).n_weights(10, 1) == before) or changed != NetworkChoice(name)
    wide = NetworkShape(2.0, 1, 0.2).of(NetworkChoice(name))
    assert name == "linear" or network_of(wide).n_weights(10, 1) > before


def test_shapes_are_the_same_for_a_seed_and_spread() -> None:
    assert shapes(8, seed=3) == shapes(8, seed=3) != shapes(8, seed=4)
    assert shapes(1, seed=0) == (NetworkShape(),)
    many = shapes(33, seed=0)[1:]
    assert {shape.layers for shape in many} == {-1, 0, 1}
    assert min(shape.width for shape in many) < 0.7 < 1.5 < max(shape.width for shape in many)


def test_trials_are_none_or_one_of_three_numbers() -> None:
    assert not plan_of("plain", tuning=TuningSettings()).tuning.on
    for wrong in (3, -8, 8.0, "8", True):
        with pytest.raises(PlanError, match="Trials must be 8, 16 or 32"):
            TuningSettings(wrong)  # type: ignore[arg-type]


def test_a_tuned_fold_tries_as_much_for_every_strategy_and_says_what_it_chose(monkeypatch: pytest.MonkeyPatch) -> None:
    train = lanes_module.train
    calls: list[tuple[int, int]] = []

    def counting(blocks, tasks, settings, *args, **kwargs):  # type: ignore[no-untyped-def]
        calls.append((len(tasks), settings.epochs))
        return train(blocks, tasks, settings, *args, **kwargs)

    monkeypatch.setattr(lanes_module, "train", counting)
    plan = plan_of("plain,smote,threshold_f1,logistic")
    results = run_unit(TABLE, plan, Unit(0, 0))
    # Two models, two settings of each in a batch; of eight, two go on.
    assert calls == [(4, short_epochs(5))] * ROUNDS + [(4, 5)]
    by_key = {result.strategy: result for result in results}
    assert [result.error for result in results] == [None] * 4
    assert by_key["logistic"].tuned == ()
    assert by_key["plain"].tuned == by_key["threshold_f1"].tuned
    np.testing.assert_array_equal(by_key["plain"].probabilities, by_key["threshold_f1"].probabilities)
    names = [text.partition("=")[0] for text in by_key["smote"].tuned]
    assert names == ["learning_rate", "weight_decay", "hidden_layers", "dropout", "ratio", "k_neighbors"]
    assert by_key["plain"].lanes == 1


def test_poisoned_test_rows_change_nothing_that_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    plan, unit = plan_of("plain,random_over"), Unit(0, 0)
    rows = split_rows(Problem.of(TABLE, plan), unit)
    train = lanes_module.train
    seen: list[list[lanes_module.TrainedLane]] = []

    def recording(*args, **kwargs):  # type: ignore[no-untyped-def]
        seen.append(train(*args, **kwargs))
        return seen[-1]

    monkeypatch.setattr(lanes_module, "train", recording)
    monkeypatch.setattr("core.experiment.units.split_rows", lambda *_: rows)
    clean = run_unit(TABLE, plan, unit)
    dirty = run_unit(poisoned(TABLE, "rings", rows.test, 1e9), plan, unit)
    assert len(seen) == 2 * (ROUNDS + 1)
    for before, after in zip(seen[: ROUNDS + 1], seen[ROUNDS + 1 :], strict=True):
        for one, other in zip(before, after, strict=True):
            for a, b in zip(one.weights, other.weights, strict=True):
                np.testing.assert_array_equal(a, b)
    assert [result.tuned for result in clean] == [result.tuned for result in dirty]


def test_cross_fitted_members_are_tuned_on_one_part_and_then_trained_with_it() -> None:
    plan = plan_of("plain", training=replace(TRAINING, members=3), networks=LINEAR)
    (result,) = run_unit(TABLE, plan, Unit(0, 0))
    assert (result.error, result.lanes, len(result.tuned)) == (None, 3, 2)


def test_the_refit_tunes_once_more() -> None:
    plan = plan_of("smote", networks=LINEAR)
    problem = Problem.of(TABLE, plan)
    trained = train_choice(problem, plan.strategies[0], refit_rows(problem), seed=0)
    assert [text.partition("=")[0] for text in trained.tuned][-2:] == ["ratio", "k_neighbors"]


def test_a_strategy_that_cannot_work_in_any_setting_says_why() -> None:
    plan = plan_of("smote")
    problem = Problem.of(TABLE, plan)
    inputs = prepared(problem, split_rows(problem, Unit(0, 0)), seed=0)
    rows = np.append(np.flatnonzero(inputs.view.y == 0), np.flatnonzero(inputs.view.y == 1)[0])
    view = replace(inputs.view, X=inputs.view.X[rows], encoded=inputs.view.encoded[rows], y=inputs.view.y[rows])
    block = replace(inputs.block, X=view.X, y=view.y)
    candidates = list(candidates_of(plan.strategies, TINY[0], view).values())
    (failed,) = tune_candidates(
        candidates, problem.facts, block, TRAINING, plan.tuning, 0, lambda share, doing: None, None
    )
    assert failed.error is not None
    assert "1" in failed.error
    assert failed.tuned == ()


def test_the_best_on_validation_rows_is_taken_and_level_ones_go_to_the_earlier() -> None:
    problem = Problem.of(TABLE, plan_of("plain"))
    inputs = prepared(problem, split_rows(problem, Unit(0, 0)), seed=0)
    (candidate,) = candidates_of(problem.plan.strategies, TINY[0], inputs.view).values()
    tuner = Tuner(candidate, model_choice(candidate.recipe), TRAINING, shapes(2, 0))
    for values in ((0.5, 0.7), (0.7, 0.2)):
        tuner.ask(inputs.view)
        for tried, value in zip(tuner.trials[-2:], values, strict=True):
            tried.value = value
    assert [tried.number for tried in tuner._ranked()] == [1, 2, 0, 3]
    assert tuner.trials[0].setting.training == TRAINING
    assert {tried.setting.network.key for tried in tuner.trials[::2]} == {TINY[0].key}


def test_without_validation_rows_nothing_is_tuned_on_the_rows_themselves() -> None:
    problem = Problem.of(TABLE, plan_of("plain"))
    inputs = prepared(problem, split_rows(problem, Unit(0, 0)), seed=0)
    block = replace(inputs.block, X_valid=inputs.block.X, y_valid=inputs.block.y, held_back=False)
    candidates = list(candidates_of(problem.plan.strategies, TINY[0], inputs.view).values())
    tuning = problem.plan.tuning
    (same,) = tune_candidates(candidates, problem.facts, block, TRAINING, tuning, 0, lambda share, doing: None, None)
    assert same.tuned == ()
    assert same.view.notes == ["Too few rows to hold some back for tuning: the settings are those chosen."]


def test_scores_are_average_precision_or_the_log_loss_of_a_single_class() -> None:
    p = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]])
    assert score(np.array([0, 0, 1]), p) == 1.0
    assert score(np.array([0, 0, 0]), p) == pytest.approx(np.log(p[:, 0]).mean())


def test_a_model_is_named_without_its_decisions() -> None:
    assert model_choice(Recipe.of(parse_choice("smote+focal(gamma=3)+threshold_f1"))).key == "smote+focal(gamma=3.0)"
    assert model_choice(Recipe.of(parse_choice("threshold_f1"))).key == "plain"


def test_results_of_a_tuned_fold_are_kept(tmp_path) -> None:  # type: ignore[no-untyped-def]
    from core.runs._results import read_results, write_results

    tuned = replace(FoldResult.failed("smote", 0, 0, 2, "x"), tuned=("ratio=0.5", "dropout=0"))
    plain = FoldResult.failed("plain", 0, 0, 2, "x")
    write_results(tmp_path / "unit.parquet", [tuned, plain])
    back = read_results(tmp_path / "unit.parquet")
    assert back is not None
    assert [result.tuned for result in back] == [("ratio=0.5", "dropout=0"), ()]
