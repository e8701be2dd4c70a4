"""Plans with networks: what is compared, what a key says, and plans of earlier versions."""

from __future__ import annotations

import json

import pytest

from core.plan import NetworkChoice, Plan, PlanError, StrategyChoice, TrainingSettings, TuningSettings
from core.strategies import Recipe, choices_of, label
from core.strategies.notation import parse_strategies

STRATEGIES = parse_strategies("plain, threshold_f1, smote, logistic, logistic+threshold_f1")
BOTH = Plan("y", STRATEGIES, networks=("mlp", "tabm(k=8)"))  # type: ignore[arg-type]


def former(**network: object) -> str:
    """Return the JSON of a plan as it was written when a plan had one dense network."""
    raw = json.loads(Plan("y", STRATEGIES[:2]).to_json())
    del raw["networks"], raw["training"]
    for choice in raw["strategies"]:
        del choice["network"]
    settings = {
        "hidden_layers": [64, 32], "dropout": 0.0, "learning_rate": 0.002, "batch_size": 128, "epochs": 40,
        "patience": 8, "validation_split": 0.2,
    }  # fmt: skip
    return json.dumps({**raw, "network": {**settings, **network}})


def test_every_strategy_is_compared_on_every_network_and_a_reference_once() -> None:
    assert [choice.key for choice in choices_of(BOTH)] == [
        "plain@mlp", "threshold_f1@mlp", "smote@mlp",
        "plain@tabm(k=8)", "threshold_f1@tabm(k=8)", "smote@tabm(k=8)",
        "logistic", "logistic+threshold_f1",
    ]  # fmt: skip
    assert [BOTH.network_of(choice).name for choice in choices_of(BOTH)][3:6] == ["tabm"] * 3


def test_a_plan_of_one_network_does_not_name_it_in_its_lines() -> None:
    plan = Plan("y", STRATEGIES, networks=("tabm(k=8)",))  # type: ignore[arg-type]
    assert choices_of(plan) == STRATEGIES
    assert {plan.network_of(choice).key for choice in choices_of(plan)} == {"tabm(k=8)"}


def test_a_decision_shares_the_model_of_its_own_network() -> None:
    keys = [Recipe.of(choice).key for choice in choices_of(BOTH)]
    assert keys[0] == keys[1] != keys[3] == keys[4]
    assert len({label(choice) for choice in choices_of(BOTH)}) == len(keys)


def test_a_plan_with_networks_reads_back_as_it_was_written() -> None:
    network = NetworkChoice.of("mlp", hidden_layers=(128, 64), dropout=0.1)
    plan = Plan("y", (*choices_of(BOTH), *STRATEGIES[:1]), networks=(network,), training=TrainingSettings(members=5))
    assert Plan.from_json(plan.to_json()) == plan
    assert isinstance(dict(Plan.from_json(plan.to_json()).networks[0].parameters)["hidden_layers"][0], int)  # type: ignore[index]


def test_a_plan_of_an_earlier_version_opens_with_its_own_network_and_training() -> None:
    plan = Plan.from_json(former())
    assert (plan.networks, plan.strategies) == ((NetworkChoice("mlp"),), STRATEGIES[:2])
    assert plan.training == TrainingSettings(0.002, 128, 40, 8, 0.2, weight_decay=0.0, members=1)
    other = Plan.from_json(former(hidden_layers=[16], dropout=0.3, epochs=7))
    assert other.networks == (NetworkChoice.of("mlp", hidden_layers=(16,), dropout=0.3),)
    assert other.training.epochs == 7


def test_settings_that_a_plan_of_an_earlier_version_did_not_have_are_off_in_it() -> None:
    raw = json.loads(Plan("y", STRATEGIES[:1]).to_json())
    raw["training"] = {"learning_rate": 0.01, "epochs": 3}
    assert Plan.from_json(json.dumps(raw)).training == TrainingSettings(
        0.01, 128, 3, 8, 0.2, weight_decay=0.0, beta_2=0.999, schedule="constant", warm_up=0.0, clip_norm=0.0,
        stop_on="loss", members=1,
    )  # fmt: skip


def test_networks_are_given_by_name_by_choice_or_by_function() -> None:
    def small(n_features: int, n_outputs: int) -> object:
        return n_features, n_outputs

    plan = Plan("y", STRATEGIES, networks=["tabm(k=8)", NetworkChoice("linear"), small])  # type: ignore[arg-type]
    assert [network.name for network in plan.networks[:2]] == ["tabm", "linear"]
    assert plan.networks[2].is_function
    assert plan.networks[2].build is small
    again = Plan.from_json(plan.to_json())
    assert (again, again.networks[2].build) == (plan, None)


@pytest.mark.parametrize(
    ("networks", "says"),
    [
        ((), "one to 3 networks"),
        (("mlp", "tabm", "linear", "residual"), "one to 3 networks, not 4"),
        (("mlp", "mlp"), "network 'mlp' is chosen twice"),
        (("mlp(hidden_layers=64",), "closing bracket"),
        (("mlp(64)",), "name=value"),
        (("",), "no name"),
    ],
)
def test_networks_that_make_no_plan_get_one_sentence(networks: tuple[str, ...], says: str) -> None:
    with pytest.raises(PlanError, match=says):
        Plan("y", STRATEGIES, networks=networks)  # type: ignore[arg-type]


def test_many_strategies_on_several_networks_are_too_many() -> None:
    many = tuple(StrategyChoice.of("focal", gamma=k / 100) for k in range(101))
    Plan("y", many)
    with pytest.raises(PlanError, match="101 strategies on 2 networks are too many"):
        Plan("y", many, networks=("mlp", "tabm"))  # type: ignore[arg-type]


def test_a_key_shows_a_digest_of_a_long_text() -> None:
    first, second = (NetworkChoice.of("own", architecture="{" + "x" * 5_000 + end) for end in "ab")
    assert len(first.key) < 40
    assert first.key != second.key


def test_tuning_comes_back_from_json_and_earlier_plans_have_none() -> None:
    plan = Plan("y", (StrategyChoice.of("plain"),), tuning=TuningSettings(16))
    assert Plan.from_json(plan.to_json()) == plan
    raw = json.loads(plan.to_json())
    del raw["tuning"]
    assert Plan.from_json(json.dumps(raw)).tuning == TuningSettings()
