"""What to use: the simplest that is level with the best, in words that no test behind it contradicts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.evaluation.comparison import Comparison, compare
from core.evaluation.recommendation import Recommendation, recommend
from core.evaluation.selection import value_of_choice
from core.evaluation.verdict import assess
from core.examples import EXAMPLES, examples
from core.experiment.results import FoldResult
from core.plan import NetworkChoice, Plan, SplitSettings
from core.runs.store import Store
from core.strategies import choices_of
from core.strategies.notation import parse_strategies
from tests.core.evaluation.comparisons import scored
from tests.core.evaluation.test_intervals import folds_of

RNG = np.random.default_rng(0)
BASE = 0.5 + 0.02 * RNG.standard_normal(25)
KEYS = "plain, threshold_f1, class_weight, smote, under_bagging"


def plan_of(strategies: str = KEYS, folds: int = 5, repeats: int = 5, **settings: object) -> Plan:
    return Plan("t", parse_strategies(strategies), split=SplitSettings(folds, repeats), **settings)  # type: ignore[arg-type]


def advised(comparison: Comparison, plan: Plan, metric: str = "f1") -> Recommendation:
    advice = recommend(comparison, plan, metric)
    assert advice is not None
    return advice


def decided(called: dict[str, np.ndarray], y: np.ndarray, p: np.ndarray, folds: int = 5) -> list[FoldResult]:
    """Return the results of strategies that share probabilities and decide as given."""
    both = np.stack([1 - p, p], axis=1).astype(np.float32)
    return [
        FoldResult(key, 0, fold, rows, y[rows], both[rows], d[rows].astype(np.int64), 0.5, np.bincount(y), 0.1, 1)
        for fold in range(folds)
        for rows in [np.arange(fold, len(y), folds)]
        for key, d in called.items()
    ]


@pytest.mark.parametrize(
    ("gains", "key"),
    [
        ((0, 0.001, 0.004, 0.006, 0.008), "plain"),
        ((-0.2, 0, 0.004, 0.006, 0.008), "threshold_f1"),
        ((-0.2, -0.2, 0, 0.006, 0.008), "class_weight"),
        ((-0.2, -0.2, -0.2, 0, 0.008), "smote"),
        ((-0.2, -0.2, -0.2, -0.2, 0.008), "under_bagging"),
    ],
)
def test_it_is_the_simplest_that_is_level_with_the_best(gains: tuple[float, ...], key: str) -> None:
    scores = {
        choice.key: BASE + gain + 0.02 * np.random.default_rng(i).standard_normal(25)
        for i, (choice, gain) in enumerate(zip(plan_of().strategies, gains, strict=True))
    }
    advice = advised(scored(5, 5, **scores), plan_of())
    assert advice.key == key
    assert advice.level[0] == key
    assert set(advice.level).isdisjoint(name for name, gain in zip(scores, gains, strict=True) if gain < 0)


def test_it_never_contradicts_the_verdict() -> None:
    store = Store(EXAMPLES)
    for example in examples():
        record = example.record
        comparison = compare(store.results(record.id), record.plan, record.classes)
        for metric in ("f1", "brier"):
            judged = assess(comparison, record.plan, metric)
            advice = advised(comparison, record.plan, metric)
            assert advice.key is not None
            against = next((s.text for s in judged.sentences if s.kind == "plain"), "")
            assert not (advice.key == "plain" and "it is clearly better" in against)
            assert advice.is_usable


def test_a_network_far_behind_is_not_advised_because_many_are_compared_on_few_folds() -> None:
    """Corrected for a crowd, five folds call nothing clear: not even 0.8 against 0.2."""
    crowd = "threshold_f1, threshold_g_mean, class_weight, focal, smote, adasyn, random_over, random_under, tomek_links"
    plan = plan_of(f"plain, {crowd}", 5, 1)
    rng = np.random.default_rng(0)
    base = np.array([0.9, 0.7, 0.75, 0.8, 0.9])
    crowded = {choice.key: base - 0.02 + 0.05 * rng.standard_normal(5) for choice in plan.strategies[1:]}
    comparison = scored(5, 1, plain=np.array([0.0, 0.0, 0.35, 0.35, 0.4]), **crowded)
    verdict = next(s.text for s in assess(comparison, plan).sentences if s.kind == "plain")
    assert "no clear difference" in verdict
    advice = advised(comparison, plan)
    said = " ".join(advice.why)
    assert advice.key in ("threshold_f1", "threshold_g_mean")
    assert "plain" not in advice.level
    assert "Plain network is simpler, but far behind on F1 (0.22 against 0.8" in said
    assert "as 10 strategies are compared on 5 folds: more repeats would tell" in said
    errors = {"plain": 0.9 + 0.01 * base, **{key: 1 - values for key, values in crowded.items()}}
    assert advised(scored(5, 1, brier=errors, plain=base, **crowded), plan, "brier").key != "plain"


def test_who_did_not_take_part_is_said_and_the_counts_add_up() -> None:
    plan = plan_of("plain, smote, adasyn, boosting", 5, 1)
    comparison = compare(folds_of(200, tuple(choice.key for choice in plan.strategies)), plan, ("no", "yes"))
    worth = advised(comparison, plan).worth
    assert worth is not None
    assert f"From the best of {worth.candidates} strategies by F1" in worth.text
    assert "Gradient boosting (a reference)" in worth.text
    others = [r for r in comparison.results if r.strategy != "adasyn"]
    twins = [replace(r, strategy="adasyn") for r in others if r.strategy == "smote"]
    same = advised(compare([*others, *twins], plan, ("no", "yes")), plan).worth
    assert same is not None
    assert same.not_counted == "Gradient boosting (a reference) and 1 that scores the same as another"
    assert same.candidates + 2 == len(plan.strategies)


def test_counts_are_those_of_its_decisions_per_thousand_rows() -> None:
    y = np.repeat([0, 1], [900, 100])
    p = np.where(y == 1, 0.8, 0.1)
    found = np.where(np.arange(1000) % 10 == 0, 1 - y, y)  # one row in ten is decided wrongly
    advice = advised(compare(decided({"plain": found}, y, p), plan_of("plain", 5, 1), ("no", "yes")), plan_of("plain"))
    assert advice.counts is not None
    assert advice.counts.text == (
        "Of 1,000 rows like these, 100 are `yes`: you will find 90, miss 10, and raise 90 false alarms."
    )
    assert advice.headline.endswith("and call a row `yes` at a probability of 0.50 or more.")
    assert "the only strategy" in " ".join(advice.why)
    assert "add a tuned threshold." in " ".join(advice.why)


def test_a_network_that_never_says_yes_is_passed_over_for_its_threshold() -> None:
    y = np.repeat([0, 1], [950, 50])
    p = np.where(y == 1, 0.4, 0.1) + 0.05 * np.random.default_rng(0).random(1000)
    never, tuned = np.zeros(1000), p > 0.3
    plan = plan_of("plain, threshold_f1", 5, 1)
    advice = advised(compare(decided({"plain": never, "threshold_f1": tuned}, y, p), plan, ("no", "yes")), plan)
    assert advice.key == "threshold_f1"
    assert "Plain network hardly ever says `yes`" in advice.why[0]
    assert "with a tuned threshold" in advice.headline
    both = replace(plan, networks=(NetworkChoice.of("mlp"), NetworkChoice.of("linear")))
    decisions = {choice.key: never if choice.key.startswith("plain") else tuned for choice in choices_of(both)}
    said = advised(compare(decided(decisions, y, p), both, ("no", "yes")), both).why[0]
    assert "Plain network · MLP and Plain network · Linear hardly ever say `yes`, so a lead over them" in said


def test_where_everything_is_bad_it_is_said_first_with_what_would_help() -> None:
    rng = np.random.default_rng(0)
    y = (rng.random(800) < 0.08).astype(np.int64)
    p = rng.random(800)
    plan = plan_of("plain, class_weight", 5, 1)
    luck = compare(decided({"plain": p > 0.9, "class_weight": p > 0.5}, y, p), plan, ("no", "yes"))
    advice = advised(luck, plan, "average_precision")
    assert not advice.is_usable
    assert advice.sentences[0].startswith("None of these strategies is usable yet: they rank rows hardly better than")
    assert "more rows that are `yes`" in advice.helps[0]
    sharp = np.where(y == 1, 0.45, 0.1)
    few = np.where(np.cumsum(y) <= 2, y, 0)
    quiet = compare(decided({"plain": few, "class_weight": 0 * y}, y, sharp), plan, ("no", "yes"))
    assert f"of {y.sum()} rows that are `yes`, they find 2" in advised(quiet, plan).headline


def test_few_rows_cautions_missing_tests_and_references_are_said() -> None:
    plan = plan_of("plain, smote, boosting", 2, 1)
    results = folds_of(100, ("plain", "smote", "boosting"), folds=2)
    comparison = compare(results, plan, ("no", "yes"))
    advice = recommend(comparison, plan, cautions=("`dunned` gives the class away.",))
    assert advice is not None
    assert "Class `yes` has" in advice.warnings[0]
    assert advice.warnings[-1] == "`dunned` gives the class away."
    assert "2 folds cannot tell strategies apart" in " ".join(advice.why)
    lead = scored(5, 5, plain=BASE, smote=BASE + 0.001, boosting=BASE[::-1] + 0.3)
    said = " ".join(advised(lead, plan_of("plain, smote, boosting")).why)
    assert "Gradient boosting, a reference and no network, is clearly better" in said
    ahead = advised(
        scored(5, 5, plain=BASE, smote=BASE - 0.001, boosting=BASE + 0.001), plan_of("plain, smote, boosting")
    )
    said = " ".join(ahead.why)
    assert "The plain network has the best mean of F1 of the networks (0.50)" in said
    assert "Gradient boosting, a reference and no network, has a better mean" in said
    no_plain = advised(scored(5, 5, smote=BASE, adasyn=BASE + 0.001), plan_of("smote, adasyn"))
    assert "The plain network is not in this run" in " ".join(no_plain.why)


def test_without_a_value_it_says_so() -> None:
    plan = plan_of("plain", 5, 1)
    assert recommend(compare((), plan, ("no", "yes")), plan) is None
    none = [replace(r, y_true=np.zeros_like(r.y_true)) for r in folds_of(60, ("plain",))]
    advice = advised(compare(none, plan, ("no", "yes")), plan)
    assert (advice.key, advice.is_usable) == (None, False)
    assert "judge by another metric" in advice.headline


def test_what_the_leaders_choice_made_too_good_is_taken_from_the_counts() -> None:
    keys = "smote, adasyn, random_over, random_under, tomek_links, borderline_smote_1"
    plan = plan_of(keys, 5, 1)
    comparison = compare(folds_of(200, tuple(c.key for c in plan.strategies)), plan, ("no", "yes"))
    worth = value_of_choice(comparison, plan, "f1")
    assert worth is not None
    advice = recommend(comparison, plan)
    assert advice is not None
    assert advice.counts is not None
    summary = next(s for s in comparison.strategies if s.key == advice.key)
    found = summary.confusion[1, 1] / summary.confusion[1].sum()
    shown = advice.counts.found / (advice.counts.found + advice.counts.missed)
    assert advice.key == worth.key
    assert worth.recall_shift < 0
    assert shown == pytest.approx(found + worth.recall_shift, abs=0.01)


def test_folds_that_lack_a_class_are_not_counted_as_folds_that_tell() -> None:
    """Five folds, of which one alone has positive test rows: three folds are no way out where five were run."""
    y = np.zeros(200, np.int64)
    y[::5][:20] = 1  # all in the first of the folds that follow
    p = np.where(y == 1, 0.7, 0.1) + 0.2 * np.random.default_rng(0).random(200)
    called = {"plain": p > 0.5, "smote": p > 0.4}
    advice = advised(
        compare(decided(called, y, p), plan_of("plain, smote", 5, 1), ("no", "yes")), plan_of("plain, smote")
    )
    said = " ".join(advice.why)
    assert "Only 1 of 5 folds has test rows of every class, which cannot tell strategies apart" in said
    assert "run at least 3 folds that have every class" in said


@pytest.mark.parametrize(
    ("strategies", "positives", "folds"), [("plain", 20, 5), ("smote, focal", 10, 5), (KEYS, 2, 2)]
)
def test_small_runs_get_figures_or_a_sentence(strategies: str, positives: int, folds: int) -> None:
    """One strategy, no plain network, ten rows of a class, and two, so that many draws have none of it."""
    y = (np.arange(300) < positives).astype(np.int64)
    p = np.clip(0.45 * y + 0.6 * np.random.default_rng(0).random(300), 0, 1)
    plan = plan_of(strategies, folds, 1)
    called = {choice.key: p > 0.3 + 0.05 * at for at, choice in enumerate(plan.strategies)}
    comparison = compare(decided(called, y, p, folds), plan, ("no", "yes"))
    for metric in ("f1", "average_precision", "log_loss"):
        advice = advised(comparison, plan, metric)
        said = " ".join(advice.sentences)
        assert "nan" not in said
        assert advice.counts is not None
        assert (positives < 30) == ("every figure for it will vary a lot" in said)
        assert ("The plain network is not in this run" in said) == (strategies == "smote, focal")
        assert ("cannot tell strategies apart" in said) == (folds == 2)
