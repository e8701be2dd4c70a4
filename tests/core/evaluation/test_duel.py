"""Two strategies that somebody picks, answered in one sentence."""

from __future__ import annotations

import numpy as np
import pytest

from core.asking import ask
from core.evaluation.duel import duel
from core.evaluation.metrics import METRICS
from core.evaluation.paired import compare_pairs
from core.evaluation.sample import sample_run
from core.plan import SplitSettings
from core.reporting.questions import QuestionError
from core.reporting.results import Results
from tests.core.evaluation.comparisons import scored

NAMES = {"plain": "Plain network", "smote": "SMOTE", "focal": "Focal loss"}
BASE = 0.5 + 0.02 * np.random.default_rng(0).standard_normal(25)


def noise(seed: int) -> np.ndarray:
    return 0.02 * np.random.default_rng(seed).standard_normal(25)


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ("smote", "plain", "SMOTE is clearly better than Plain network here on F1: +0.1"),
        ("plain", "smote", "Plain network is clearly worse than SMOTE here on F1: -0.1"),
        ("focal", "plain", "There is no clear difference between Focal loss and Plain network here on F1: "),
    ],
)
def test_it_says_who_is_better_with_the_paired_figure(first: str, second: str, words: str) -> None:
    pairs = compare_pairs(scored(5, 5, plain=BASE, smote=BASE + 0.1 + noise(1), focal=BASE + noise(2)), SPLIT, "f1")
    answer = duel(pairs, NAMES, first, second)
    assert answer.text.startswith(words)
    assert "on the mean of 25 folds, p " in answer.text
    assert answer.p == pairs.p[pairs.at(first, second)]


SPLIT = SplitSettings(5, 5)


def test_a_lead_that_many_questions_would_drown_says_so() -> None:
    crowd = {f"s{k}": BASE + noise(k + 10) for k in range(20)}
    pairs = compare_pairs(scored(5, 5, plain=BASE, smote=BASE + 0.028 + noise(1), **crowd), SPLIT, "f1")
    answer = duel(pairs, NAMES, "smote", "plain")
    assert answer.words == "clearly better"
    assert answer.text.endswith("Asked along with all other pairs, it would not be clear.")


def test_errors_lower_is_better_and_what_cannot_be_tested_is_said() -> None:
    pairs = compare_pairs(scored(5, 5, plain=BASE, smote=BASE - 0.1 + noise(1)), SPLIT, "log_loss")
    assert duel(pairs, NAMES, "smote", "plain").text.startswith(
        "SMOTE is clearly better than Plain network here on Log"
    )
    same = compare_pairs(scored(5, 1, plain=BASE[:5], smote=BASE[:5] + 0.1), SplitSettings(5), "f1")
    assert "the same amount on every fold" in duel(same, NAMES, "smote", "plain").text
    two = compare_pairs(scored(2, 1, plain=BASE[:2], smote=BASE[:2] + 0.1), SplitSettings(2), "f1")
    assert "2 folds, too few for a test" in duel(two, NAMES, "smote", "plain").text


def test_a_run_can_be_asked() -> None:
    results = Results(sample_run().problem, sample_run().folds)
    answer = ask(results, "better", first="plain", second="smote", metric="recall")
    assert answer.sentences[0].startswith("Plain network and SMOTE differ by the same amount on every fold (-0.500")
    assert len(answer.table) == len(METRICS)
    assert (
        ask(results, "better").sentences[0].startswith("There is no clear difference between SMOTE and Plain network")
    )
    for wrong, said in (
        ({"first": "smoke"}, "did you mean `smote`"),
        ({"first": "plain", "second": "plain"}, "better than itself"),
        ({"metric": "f2"}, "There is no metric 'f2'"),
    ):
        with pytest.raises(QuestionError, match=said):
            ask(results, "better", **wrong)
