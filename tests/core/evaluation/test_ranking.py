"""Ranks over several tables, against a published worked example and SciPy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import friedmanchisquare, wilcoxon

from core.evaluation.comparison import compare
from core.evaluation.metrics import METRICS
from core.evaluation.ranking import Ranking, holm, needed_in_words, rank, scores, tables_needed, tidy, verdict
from core.experiment.results import FoldResult
from core.plan import Plan, StrategyChoice

# Demšar (2006), "Statistical Comparisons of Classifiers over Multiple Data Sets", JMLR 7, table 6:
# AUC of C4.5 with and without a tuned minimal leaf size (m) and confidence (cf) on 14 UCI data sets.
# The paper prints 0.975 twice for "voting" yet ranks the two 2 and 3: they differ in a digit that is not
# printed, for which 0.9751 stands.
C45 = pd.DataFrame(
    [
        (0.763, 0.768, 0.771, 0.798),
        (0.599, 0.591, 0.590, 0.569),
        (0.954, 0.971, 0.968, 0.967),
        (0.628, 0.661, 0.654, 0.657),
        (0.882, 0.888, 0.886, 0.898),
        (0.936, 0.931, 0.916, 0.931),
        (0.661, 0.668, 0.609, 0.685),
        (0.583, 0.583, 0.563, 0.625),
        (0.775, 0.838, 0.866, 0.875),
        (1.000, 1.000, 1.000, 1.000),
        (0.940, 0.962, 0.965, 0.962),
        (0.619, 0.666, 0.614, 0.669),
        (0.972, 0.981, 0.9751, 0.975),
        (0.957, 0.978, 0.946, 0.970),
    ],
    columns=["C4.5", "C4.5+m", "C4.5+cf", "C4.5+m+cf"],
)


def ranked(values: pd.DataFrame) -> Ranking:
    return rank(values, higher_is_better=True)


def separated(n_tables: int, n_strategies: int = 3) -> pd.DataFrame:
    """Return scores where the first strategy always wins and the last always loses."""
    rng = np.random.default_rng(0)
    values = np.linspace(0.9, 0.1, n_strategies) + rng.uniform(-0.01, 0.01, (n_tables, 1))
    return pd.DataFrame(values, columns=[f"s{i}" for i in range(n_strategies)])


def test_the_ranks_are_those_of_the_published_example() -> None:
    mean_ranks = ranked(C45).mean_ranks
    assert mean_ranks.round(3).to_dict() == {"C4.5": 3.143, "C4.5+m": 2.0, "C4.5+cf": 2.893, "C4.5+m+cf": 1.964}
    assert list(mean_ranks.index) == ["C4.5+m+cf", "C4.5+m", "C4.5+cf", "C4.5"]


def test_the_friedman_statistic_is_the_published_one() -> None:
    ranking = ranked(C45)
    n, k = C45.shape
    # The paper's formula has no correction for ties; SciPy's has, so it is taken off again here.
    ties = sum((counts**3 - counts).sum() for _, row in C45.iterrows() for counts in [row.value_counts().to_numpy()])
    assert ranking.friedman is not None
    assert ranking.friedman.statistic * (1 - ties / (n * k * (k * k - 1))) == pytest.approx(9.28, abs=0.005)
    expected = friedmanchisquare(*C45.to_numpy().T)
    assert ranking.friedman.statistic == pytest.approx(expected.statistic)
    assert ranking.friedman.p == pytest.approx(expected.pvalue)


def test_the_signed_ranks_are_the_published_ones() -> None:
    # Section 3.1.3 works C4.5 against C4.5+m by hand: R+ = 93, R- = 12, significant at 0.05.
    expected = wilcoxon((C45["C4.5+m"] - C45["C4.5"]).round(9), zero_method="zsplit")
    assert expected.statistic == 12
    pair = next(pair for pair in ranked(C45).pairs if {pair.better, pair.worse} == {"C4.5", "C4.5+m"})
    assert pair.better == "C4.5+m"
    assert pair.p == pytest.approx(expected.pvalue)
    assert pair.p < 0.05


def test_a_lower_score_is_better_where_the_metric_says_so() -> None:
    assert list(rank(-C45, higher_is_better=False).mean_ranks.items()) == list(ranked(C45).mean_ranks.items())


def test_equal_results_share_a_rank_whatever_the_last_digit() -> None:
    values = pd.DataFrame({"a": [0.1 + 0.2], "b": [0.3], "c": [0.1]})
    assert ranked(values).ranks.iloc[0].tolist() == [1.5, 1.5, 3.0]


def test_holm_by_hand() -> None:
    # 4 × 0.01, 3 × 0.02, 2 × 0.03 and 0.04, never falling.
    assert holm([0.03, 0.01, 0.04, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.9, 0.8]) == pytest.approx([1.0, 1.0])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
@settings(deadline=None, max_examples=50)
def test_holm_keeps_order_and_never_helps(p: list[float]) -> None:
    adjusted = holm(p)
    assert (adjusted >= np.asarray(p) - 1e-12).all()
    assert (np.diff(adjusted[np.argsort(p)]) >= -1e-12).all()
    assert adjusted.max() <= 1


def test_clear_pairs_and_groups() -> None:
    ranking = ranked(separated(8))
    assert len(ranking.clear) == 3
    assert ranking.groups == ()
    words = verdict(ranking, {"s0": "First", "s1": "Second", "s2": "Third"}, "F1")
    assert words.startswith("First has the best mean rank on F1, 1.00 over 8 tables.")
    assert words.endswith("clearly better than Second and Third.")


def test_a_group_joins_only_what_the_tests_do_not_tell_apart() -> None:
    values = separated(9, 4)
    values["s1"] = values["s0"] + np.where(np.arange(9) % 2, 0.001, -0.001)
    ranking = ranked(values)
    assert ranking.groups == (("s0", "s1"),)


def test_no_group_holds_a_clear_pair_and_no_unclear_pair_is_without_a_group() -> None:
    rng = np.random.default_rng(3)
    values = pd.DataFrame(rng.normal(0, 0.4, (20, 7)) + np.linspace(0.9, 0, 7), columns=list("abcdefg"))
    ranking = ranked(values)
    assert ranking.differ
    apart = {frozenset((pair.better, pair.worse)) for pair in ranking.clear}
    assert 0 < len(apart) < len(ranking.pairs)
    for pair in ranking.pairs:
        both = frozenset((pair.better, pair.worse))
        assert (both in apart) != any(both <= set(group) for group in ranking.groups)


def test_without_a_difference_everything_is_one_group() -> None:
    values = pd.DataFrame(np.random.default_rng(1).normal(size=(10, 4)), columns=list("abcd"))
    ranking = ranked(values)
    assert not ranking.differ
    assert ranking.clear == ()
    assert [set(group) for group in ranking.groups] == [set("abcd")]
    assert "do not clearly differ" in verdict(ranking, dict(zip("abcd", "abcd", strict=True)), "F1")


def test_all_tied_is_no_difference() -> None:
    ranking = ranked(pd.DataFrame(1.0, range(4), list("abc")))
    assert ranking.friedman is not None
    assert ranking.friedman.p == 1.0
    assert all(pair.adjusted == 1.0 for pair in ranking.pairs)
    assert verdict(ranking, dict(zip("abc", "abc", strict=True)), "F1").startswith(
        "a, b and c share the best mean rank"
    )


@pytest.mark.parametrize(
    ("n_tables", "n_strategies", "words"),
    [
        (2, 3, "at least 7 tables that all strategies finished (there are 2)"),
        (4, 2, "at least 3 strategies (there are 2)"),
        (1, 1, "7 tables that all strategies finished (there is 1) and at least 3 strategies (there is 1)"),
    ],
)
def test_too_little_for_a_test_is_said(n_tables: int, n_strategies: int, words: str) -> None:
    ranking = ranked(separated(n_tables, n_strategies))
    assert ranking.friedman is None
    assert ranking.pairs == ranking.groups == ()
    assert len(ranking.mean_ranks) == n_strategies
    assert words in ranking.notes[0]


@pytest.mark.parametrize("n_tables", [3, 4, 5])
def test_few_tables_cannot_tell_a_pair_apart_and_that_is_said(n_tables: int) -> None:
    ranking = ranked(separated(n_tables))
    assert min(pair.p for pair in ranking.pairs) > 0.05
    assert "even before Holm's correction" in ranking.notes[0]
    assert "fewer than 7 tables" in ranking.notes[0]


def test_ties_do_not_make_a_few_tables_enough() -> None:
    values = pd.DataFrame({"a": [0.9] * 5, "b": [0.8] * 5, "c": [0.7] * 5})
    assert min(pair.p for pair in ranked(values).pairs) == pytest.approx(2 / 32)


@pytest.mark.parametrize(("n_tables", "clear"), [(6, 0), (7, 3)])
def test_the_number_of_tables_that_a_note_names_is_enough(n_tables: int, clear: int) -> None:
    ranking = ranked(separated(n_tables))
    assert len(ranking.clear) == clear
    assert bool(ranking.notes) == (clear == 0)


@pytest.mark.parametrize("n_strategies", [3, 4, 5])
def test_what_is_said_before_a_ranking_is_what_the_tests_need_after_it(n_strategies: int) -> None:
    needed = tables_needed(n_strategies)
    assert ranked(separated(needed, n_strategies)).clear
    before = ranked(separated(needed - 1, n_strategies))
    assert not before.clear
    assert needed_in_words(n_strategies) in before.notes[-1]
    assert f"called clear on fewer than {needed} tables" in needed_in_words(n_strategies)


def test_a_strategy_that_is_missing_on_a_table_takes_the_table_out() -> None:
    values = separated(5)
    values.index = ["one", "two", "three", "four", "five"]
    values.loc["two", "s1"] = np.nan
    ranking = rank(values, higher_is_better=True, names={"s0": "First", "s1": "Second", "s2": "Third"})
    assert list(ranking.ranks.index) == ["one", "three", "four", "five"]
    assert ranking.notes[0] == "Ranked on 4 of 5 tables: Second has no result over all folds on two."
    assert ranking.scores.shape == (5, 3)


def test_a_strategy_without_any_result_is_set_aside() -> None:
    values = separated(4, 4).assign(s3=np.nan)
    ranking = ranked(values)
    assert list(ranking.mean_ranks.index) == ["s0", "s1", "s2"]
    assert "not ranked: s3" in ranking.notes[0]


def test_no_table_in_common_and_no_table_at_all() -> None:
    values = pd.DataFrame({"a": [np.nan, 1.0], "b": [1.0, np.nan], "c": [1.0, 2.0]}, index=["one", "two"])
    ranking = ranked(values)
    assert ranking.mean_ranks.empty
    assert "Ranked on 0 of 2 tables: a and b have no result over all folds on one and two." in ranking.notes[0]
    assert "no ranking" in verdict(ranking, {}, "F1")
    empty = ranked(pd.DataFrame(columns=list("abc"), dtype=float))
    assert empty.mean_ranks.empty
    assert empty.notes == ()


def fold(strategy: str, place: int, right: float, error: str | None = None) -> FoldResult:
    rng = np.random.default_rng(place)
    truth = np.arange(40) % 2
    positive = np.clip(np.where(rng.random(40) < right, truth, 1 - truth) * 0.8 + 0.1, 0, 1)
    nothing = np.zeros(0, np.int64)
    if error:
        shape = np.zeros((0, 2), np.float32)
        return FoldResult(strategy, 0, place, nothing, nothing, shape, nothing, None, nothing, 0.0, 0, None, (), error)
    probabilities = np.column_stack([1 - positive, positive]).astype(np.float32)
    decisions = (positive > 0.5).astype(np.int64)
    return FoldResult(strategy, 0, place, np.arange(40), truth, probabilities, decisions, 0.5, np.array([9, 9]), 1.0, 1)


def test_scores_come_from_the_comparison_of_each_table() -> None:
    plan = Plan("y", tuple(StrategyChoice.of(key) for key in ("plain", "smote", "smotenc")))
    keys = [choice.key for choice in plan.strategies]
    first = compare(
        [fold(key, place, 0.9 if key == "plain" else 0.7) for key in keys for place in (0, 1)], plan, ("no", "yes")
    )
    second = compare(
        [
            fold(key, place, 0.8, "It needs categories." if key == "smotenc" else None)
            for key in keys
            for place in (0, 1)
        ],
        plan,
        ("no", "yes"),
    )
    values = scores({"one": first, "two": second}, keys, "f1")
    assert values.loc["one", "plain"] == pytest.approx(first.strategies[0].mean["f1"])
    assert np.isnan(values.loc["two", "smotenc"])
    rows = tidy({"one": first, "two": second}, keys, {"plain": "Plain", "smote": "SMOTE", "smotenc": "SMOTE-NC"})
    assert len(rows) == 2 * 3 * len(METRICS)
    brier = rows[(rows["table"] == "one") & (rows["metric"] == "Brier score")].set_index("strategy")
    assert brier.loc["Plain", "rank"] == 1.0
    assert brier["mean"].idxmin() == "Plain"
    gone = rows[(rows["table"] == "two") & (rows["strategy"] == "SMOTE-NC")]
    assert gone[["mean", "rank"]].isna().all(axis=None)
