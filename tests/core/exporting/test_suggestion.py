"""The strategy that the Export page opens on."""

from __future__ import annotations

from core.data.samples import load_sample
from core.data.target import encode_target
from core.evaluation.comparison import compare
from core.evaluation.recommendation import recommend
from core.experiment.units import run
from core.exporting import suggested
from core.plan import NetworkChoice, Plan, SplitSettings, TrainingSettings
from core.strategies.notation import parse_strategies


def test_it_is_what_the_run_recommends_and_never_a_reference() -> None:
    table = load_sample("abalone_9_vs_18")
    strategies = parse_strategies("logistic_balanced, plain, class_weight, threshold_f1")
    plan = Plan(
        "rings",
        strategies,
        networks=(NetworkChoice.of("mlp", hidden_layers=(8,)),),
        training=TrainingSettings(epochs=6),
        split=SplitSettings(folds=2),
    )
    results = run(table, plan)
    labels = encode_target(table, "rings").labels
    comparison = compare(results, plan, labels)
    advice = recommend(comparison, plan)
    assert advice is not None
    assert suggested(comparison, plan).key == advice.key != "logistic_balanced"
    references = [result for result in results if result.strategy == "logistic_balanced"]
    assert suggested(compare(references, plan, labels), plan).key == "plain"
