"""What a sampler does to the rows, as the catalogue shows it."""

from __future__ import annotations

import numpy as np
import pytest

from core.charts import figures as charts
from core.data.samples import load_sample
from core.plan import StrategyChoice
from core.teaching.effects import effect
from tests.problems import problem_of


@pytest.mark.parametrize(
    ("key", "fates"),
    [
        ("random_under", {"kept", "removed"}),
        ("random_over", {"kept", "repeated"}),
        ("smote", {"kept", "new"}),
        ("smote_enn", {"kept", "removed", "new"}),
        ("under_bagging", {"kept", "removed"}),
        ("over_bagging", {"kept", "repeated", "removed"}),
        ("smote_bagging", {"kept", "repeated", "removed", "new"}),
    ],
)
def test_the_picture_tells_what_became_of_rows_on_a_table_with_categories(key: str, fates: set[str]) -> None:
    table = load_sample("abalone_9_vs_18")
    problem = problem_of(table, "rings")
    result = effect(problem, StrategyChoice.of(key))
    assert result.picture is not None
    assert set(result.picture.fate) == fates
    assert np.isfinite(result.picture.points).all()
    figure = charts.rows_picture(result.picture, problem.target.labels)
    assert sum(len(trace.x) for trace in figure.data) == len(result.picture.points)


def test_classes_that_count_the_same_read_the_same() -> None:
    result = effect(problem_of(load_sample("abalone_9_vs_18"), "rings"), StrategyChoice.of("class_weight"))
    assert result.after == (366, 366)  # of 731 rows; 365 and 366 before


def test_centroids_are_new_rows_in_place_of_the_larger_classes() -> None:
    table = load_sample("yeast")
    result = effect(problem_of(table, "site"), StrategyChoice.of("cluster_centroids"))
    assert result.picture is not None
    assert set(result.picture.fate) == {"kept", "removed", "new"}
    assert set(result.after) == {35}
