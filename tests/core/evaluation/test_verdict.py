"""The verdict, rule by rule: what it says, and that it never says more than the tests."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from core.evaluation.comparison import Comparison, compare
from core.evaluation.intervals import by_rows
from core.evaluation.paired import holm, in_words
from core.evaluation.verdict import Assessment, assess
from core.plan import Part, Plan, SplitSettings, StrategyChoice
from tests.core.evaluation.comparisons import scored
from tests.core.evaluation.test_intervals import folds_of

BASE = np.random.default_rng(0).normal(0.6, 0.03, 25)


def noise(seed: int, size: float = 0.01) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, size, 25)


def plan_of(*keys: str, **split: object) -> Plan:
    choices = tuple(StrategyChoice(tuple(Part.of(name) for name in key.split("+"))) for key in keys)
    return Plan("t", choices, split=SplitSettings(**{"folds": 5, "repeats": 5, **split}))  # type: ignore[arg-type]


def judged(metric: str = "f1", brier: dict[str, np.ndarray] | None = None, **scores: np.ndarray) -> Assessment:
    return assess(scored(5, 5, brier, **scores), plan_of(*scores), metric)


def text_of(assessment: Assessment, kind: str) -> str:
    return " ".join(sentence.text for sentence in assessment.sentences if sentence.kind == kind)


def test_a_real_lead_is_clearly_better_than_both_baselines() -> None:
    assessment = judged(plain=BASE, threshold_f1=BASE + 0.05 + noise(1), smote=BASE + 0.2 + noise(2))
    assert assessment.leader == "smote"
    assert re.fullmatch(
        r"Best on F1: SMOTE \(0\.\d\d, 95% interval by folds 0\.\d\d to 0\.\d\d, 25 folds\)\.",
        text_of(assessment, "leader"),
    )
    assert re.search(
        r"Against the plain network it is clearly better \(\+0\.\d+, p < 0\.001, 25 folds\)",
        text_of(assessment, "plain"),
    )
    assert "tuned threshold it is clearly better" in text_of(assessment, "tuned")
    assert not text_of(assessment, "power")


def test_a_lead_that_the_tuned_threshold_has_too_is_not_clear() -> None:
    assessment = judged(plain=BASE, threshold_f1=BASE + 0.195 + noise(1, 0.03), smote=BASE + 0.2 + noise(2, 0.03))
    assert assessment.leader == "smote"
    assert "clearly better" in text_of(assessment, "plain")
    assert "Against the plain network with a tuned threshold there is no clear difference" in text_of(
        assessment, "tuned"
    )
    assert "difference of 0.02 between SMOTE and Threshold by F1" in text_of(assessment, "power")


def test_the_words_follow_the_corrected_p_alone() -> None:
    assert in_words(0.3, 0.051) == "no clear difference"
    assert in_words(0.3, float("nan")) == "no clear difference"
    assert in_words(1e-5, 0.049) == "clearly better"
    assert in_words(-1e-5, 0.049) == "clearly worse"


def test_p_is_holms_over_every_question_that_the_verdict_asks() -> None:
    scores = {
        "plain": BASE,
        "threshold_f1": BASE + noise(1),
        "smote": BASE + 0.01 + noise(2, 0.015),
        "adasyn": BASE + noise(3),
    }
    assessment = judged(**scores)
    pairs = assessment.pairs
    questions = [("threshold_f1", "plain"), ("smote", "plain"), ("adasyn", "plain"), ("smote", "threshold_f1"),
             ("adasyn", "threshold_f1")]  # fmt: skip
    p = holm(np.array([pairs.p[pairs.at(*pair)] for pair in questions]))[1]
    shown = float(re.search(r"p = ([\d.]+)", text_of(assessment, "plain")).group(1))  # type: ignore[union-attr]
    assert shown == pytest.approx(p, abs=0.006)


def test_the_plain_network_may_win() -> None:
    assessment = judged(plain=BASE + 0.2, smote=BASE + noise(1), adasyn=BASE + 0.199 + noise(2))
    assert assessment.leader == "plain"
    assert "No other strategy beats the plain network here (25 folds). Clearly worse: SMOTE (25 folds)." in text_of(
        assessment, "plain"
    )
    calm = judged(plain=BASE + 0.002, smote=BASE + noise(1))
    assert "None is clearly worse either" in text_of(calm, "plain")


def test_a_tuned_threshold_may_win() -> None:
    assessment = judged(plain=BASE, threshold_f1=BASE + 0.2 + noise(3), smote=BASE + 0.1 + noise(1))
    assert "Threshold by F1, the plain network with a tuned threshold (" in text_of(assessment, "leader")
    assert text_of(assessment, "tuned").startswith(
        "No other strategy beats a tuned threshold on the plain network here (25 "
    )
    assert text_of(assessment, "tuned").endswith(" Clearly worse: SMOTE (25 folds).")


def test_on_a_tie_the_simplest_leads_and_the_others_are_named() -> None:
    assessment = judged(smote=BASE, threshold_mcc=BASE - 0.1, plain=BASE)
    assert assessment.leader == "plain"
    assert "level with it: SMOTE" in text_of(assessment, "leader")
    two = judged(smote=BASE, adasyn=BASE.copy(), plain=BASE - 0.1 + noise(1))
    assert two.leader == "smote"
    assert "level with it: ADASYN" in text_of(two, "leader")


def test_a_threshold_that_changes_nothing_is_not_spoken_of() -> None:
    assessment = judged("average_precision", plain=BASE, threshold_f1=BASE.copy(), smote=BASE + 0.01 + noise(1, 0.03))
    assert "Average precision" in text_of(assessment, "leader")
    assert not text_of(assessment, "tuned")
    assert "level with" not in text_of(assessment, "leader")


def test_worse_probabilities_are_named() -> None:
    error = np.linspace(0.10, 0.12, 25)
    assessment = judged(
        brier={"plain": error, "smote": error + 0.05 + noise(3, 0.002), "adasyn": error + noise(4, 0.02)},
        plain=BASE, smote=BASE + 0.1 + noise(1), adasyn=BASE,
    )  # fmt: skip
    assert text_of(assessment, "brier") == "Clearly worse on Brier score than the plain network: SMOTE (25 folds)."
    good = judged(brier={"smote": error - 0.05 + noise(3, 0.002)}, plain=BASE, smote=BASE + noise(1))
    assert not text_of(good, "brier")
    many = {key: error + 0.05 + noise(i, 0.002) for i, key in enumerate(MANY)}
    crowd = judged(brier=many, plain=BASE, **{key: BASE + noise(i) for i, key in enumerate(MANY)})
    assert text_of(crowd, "brier").endswith("and 2 more (25 folds).")


MANY = ("smote", "adasyn", "random_over", "random_under", "smote_enn", "class_weight")


def test_lower_is_better_for_errors() -> None:
    assessment = judged("log_loss", plain=BASE, smote=BASE - 0.2 + noise(1))
    assert assessment.leader == "smote"
    assert "clearly better (-0.2" in text_of(assessment, "plain")


def test_a_reference_that_beats_every_network_is_said() -> None:
    assessment = judged(plain=BASE, smote=BASE + noise(1), boosting=BASE + 0.2 + noise(2))
    assert "is a reference, not a network, and beats every network on the mean" in text_of(assessment, "reference")
    assert "it is clearly better" in text_of(assessment, "reference")
    close = judged(plain=BASE, smote=BASE + 0.01 + noise(1), boosting=BASE + 0.015 + noise(2))
    assert close.leader == "boosting"
    assert "against the best of them, SMOTE, there is no clear difference" in text_of(close, "reference")
    assert not text_of(judged(plain=BASE + 0.2, boosting=BASE + noise(1)), "reference")
    two = assess(scored(2, 1, plain=BASE[:2], boosting=BASE[:2] + 0.1), plan_of("plain", "boosting", repeats=1))
    assert "the best of them is Plain network" in text_of(two, "reference")


def test_what_is_missing_for_a_fair_verdict_is_said() -> None:
    assert "plain network is not in this run" in text_of(judged(smote=BASE, adasyn=BASE + 0.1 + noise(1)), "missing")
    assert "tuned threshold is not in this run" in text_of(judged(plain=BASE, smote=BASE + 0.1 + noise(1)), "missing")
    assert not text_of(judged("average_precision", plain=BASE, smote=BASE + 0.1 + noise(1)), "missing")
    assert not text_of(judged(plain=BASE, threshold_g_mean=BASE + noise(2), smote=BASE + 0.1 + noise(1)), "missing")


@pytest.mark.parametrize(
    ("spread", "split", "words"),
    [
        (0.1, {}, "No number of repeats would tell"),
        (0.0095, {"repeats": 1}, "More repeats would help: at this spread about"),
        (0.1, {"repeats": 1, "time": "day"}, "time order allows no repeats"),
        (0.002, {}, "These 25 folds would likely tell a difference of 0.02"),
    ],
)
def test_it_says_what_more_folds_would_help(spread: float, split: dict[str, object], words: str) -> None:
    n = 5 * int(split.get("repeats", 5))  # type: ignore[call-overload]
    wave = np.resize([1.0, -1.0, 0.5, -0.5, 0.0], n)
    wave *= spread / wave.std(ddof=1)
    comparison = scored(5, n // 5, plain=BASE[:n], smote=BASE[:n] + wave + 1e-5)
    assert words in text_of(assess(comparison, plan_of("plain", "smote", **split)), "power")


@pytest.mark.parametrize("folds", [1, 2])
def test_few_folds_have_no_test_and_no_claim(folds: int) -> None:
    assessment = assess(
        scored(folds, 1, plain=BASE[:folds], smote=BASE[:folds] + 0.3), plan_of("plain", "smote", repeats=1)
    )
    assert "too few for a test" in text_of(assessment, "no_test")
    assert "clearly" not in assessment.text


def test_one_strategy_alone_has_a_figure_and_no_question() -> None:
    assessment = judged(plain=BASE)
    assert [sentence.kind for sentence in assessment.sentences] == ["leader"]


def without(comparison: Comparison, key: str, folds: int) -> Comparison:
    """Return a comparison in which a strategy failed on its last folds."""
    return replace(
        comparison,
        strategies=tuple(
            replace(s, scores=s.scores.iloc[:-folds]) if s.key == key else s for s in comparison.strategies
        ),
    )  # fmt: skip


def test_a_strategy_that_failed_on_some_folds_cannot_lead_and_changes_no_others_figures() -> None:
    plain, smote, lucky = BASE, BASE + 0.05 + noise(2), BASE + 0.2 + noise(3)
    plan = plan_of("plain", "smote", "adasyn")
    alone = assess(scored(5, 5, plain=plain, smote=smote), plan)
    assessment = assess(without(scored(5, 5, plain=plain, smote=smote, adasyn=lucky), "adasyn", 5), plan)
    assert assessment.leader == "smote"
    assert text_of(assessment, "leader") == text_of(alone, "leader")
    assert assessment.pairs.shared.tolist() == [[25, 25, 20], [25, 25, 20], [20, 20, 20]]
    assert assessment.pairs.p[0, 1] == alone.pairs.p[0, 1]
    expected = (lucky - smote)[:20].mean()
    assert re.fullmatch(
        r"Not ranked, as it failed on some folds; against SMOTE, on the folds that both finished, "
        rf"ADASYN: clearly better \(\+{expected:.3f}, p < 0\.001, 20 folds\)\.",
        text_of(assessment, "partial"),
    )
    assert assessment.intervals.of("adasyn", "f1").folds == 20
    few = assess(without(scored(5, 5, plain=plain, smote=smote, adasyn=lucky), "adasyn", 23), plan)
    assert "2 shared folds, too few for a test" in text_of(few, "partial")


def test_where_all_failed_somewhere_nobody_leads_and_it_is_said() -> None:
    both = without(without(scored(5, 1, plain=BASE[:5], smote=BASE[:5] + 0.1), "plain", 1), "smote", 2)
    assessment = assess(both, plan_of("plain", "smote", repeats=1))
    assert assessment.leader is None
    assert "No strategy finished all 5 folds" in assessment.text


def test_nothing_finished_has_no_verdict() -> None:
    empty = Comparison(("no", "yes"), (), (), 0, (), ())
    assert assess(empty, plan_of("plain")).sentences == ()


def test_noise_is_seldom_called_clear() -> None:
    """Eight equal strategies, 60 times: the leader is picked by its luck, and still hardly ever clear."""
    keys = ("plain", "threshold_f1", *MANY)
    clear = 0
    for run in range(60):
        rng = np.random.default_rng([5, run])
        # A shared deviation over all folds of a run stands for the overlap of training sets.
        scores = {k: BASE + rng.normal(0, 0.03 / 2) + rng.normal(0, 0.03, 25) for k in keys}
        assessment = judged(**scores)
        clear += "clearly better" in text_of(assessment, "plain") + text_of(assessment, "tuned")
    assert clear <= 6


def test_it_works_on_results_and_quotes_the_intervals_that_it_is_given() -> None:
    results = folds_of(300, ("plain", "smote"), repeats=2)
    plan = plan_of("plain", "smote", repeats=2)
    comparison = compare(results, plan, ("no", "yes"))
    rows = by_rows(comparison, plan, 100)
    shown = assess(comparison, plan, "mcc", rows)
    interval = rows.of(str(shown.leader), "mcc")
    assert (
        f"({interval.value:.2f}, 95% interval by rows {interval.low:.2f} to {interval.high:.2f}, 10 folds)"
        in shown.text
    )
    with pytest.raises(ValueError, match="no metric 'f2'"):
        assess(comparison, plan, "f2")
