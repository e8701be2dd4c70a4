"""What makes a table hard, on tables whose answer is known."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from core.data.difficulty import Difficulty, difficulty
from core.data.findings import findings
from core.data.samples import load_sample
from core.data.table import Table, from_frame
from tests.problems import problem_of


def measured(frame: pd.DataFrame, target: str = "y") -> Difficulty:
    return difficulty(problem_of(from_frame(frame), target))


def test_the_four_kinds_of_minority_rows() -> None:
    """Rows on a line; what each is follows from its five nearest rows."""
    rng = np.random.default_rng(0)
    x = [*(0.001 * np.arange(8)), *(100 + rng.random(30))]  # eight of the class by themselves: safe
    y = [*["a"] * 8, *["b"] * 30]
    x += [200.0, 200.01, *(200 + np.array([0.02, -0.02, 0.03, -0.03, 0.04, -0.04]))]  # a pair among others: rare
    y += ["a", "a", *["b"] * 6]
    x += [300.0, *(300 + 0.01 * np.arange(1, 7))]  # one among others: an outlier
    y += ["a", *["b"] * 6]
    x += [400, 400.01, 400.02, *(400 + np.array([-0.01, -0.02, 0.03, 0.04, -0.03]))]  # three among others: borderline
    y += ["a", "a", "a", *["b"] * 5]
    found = measured(pd.DataFrame({"x": x, "z": rng.permutation(len(x)) * 1e-9 + 0.5, "y": y}).assign(z=0.0))
    a = found.labels.index("a")
    assert found.kinds[a] * 14 == pytest.approx([8, 3, 2, 1])
    assert found.kinds.sum(axis=1) == pytest.approx([1, 1])
    assert found.looked_at[a] == 14


def test_overlap_is_the_nearest_neighbours_disagreement() -> None:
    table = load_sample("abalone_9_vs_18")
    problem = problem_of(table, "rings")
    target, found = problem.target, difficulty(problem)
    frame = pd.get_dummies(table.frame.drop(columns="rings"))
    numbers = table.frame.drop(columns="rings").select_dtypes("number").columns
    X = frame.astype(float)
    X[numbers] = StandardScaler().fit_transform(X[numbers])
    nearest = NearestNeighbors(n_neighbors=1).fit(X).kneighbors(return_distance=False)[:, 0]
    rare = target.codes == 1
    assert found.overlap[1] == pytest.approx((target.codes[nearest][rare] != 1).mean(), abs=0.03)
    assert found.reference == 731
    assert found.conflicts == 0
    assert found.leaks == ()


def test_a_rare_class_that_a_network_separates_gets_no_forecast_of_low_scores() -> None:
    """Like car evaluation's "good": each rare row's neighbours are of another class, and a line separates all."""
    grid = pd.DataFrame(list(product("abcd", "abc", "abc", "abc", "ab")), columns=list("vwxyz"))
    rare = (grid == "c").sum(axis=1).ge(3) & grid["z"].eq("b")
    frame = grid.assign(y_=np.where(rare, "good", "rest"))
    assert rare.sum() == 10
    found = measured(frame, "y_")
    assert found.kinds[1, 2:].sum() >= 0.5
    assert found.overlap[1] >= 0.5
    encoded = pd.get_dummies(grid).to_numpy(np.float64)
    model = LogisticRegression(C=100, class_weight="balanced")
    ranked = cross_val_predict(model, encoded, rare, cv=3, method="predict_proba")[:, 1]
    assert roc_auc_score(rare, ranked) > 0.99
    neighbours, overlap, *_ = findings(found)
    assert not neighbours.serious
    assert not overlap.serious
    text = f"{neighbours.meaning} {overlap.meaning}"
    assert "may tell the classes apart" in text
    for forecast in ("expect", "low scores", "better features", "no strategy will", "may win", "may be enough"):
        assert forecast not in text


def test_the_same_table_gives_the_same_answer() -> None:
    table = load_sample("page_blocks")
    problem = problem_of(table, "not_text")
    one, other = difficulty(problem), difficulty(problem)
    np.testing.assert_array_equal(one.kinds, other.kinds)
    by_hand = table.frame.drop(columns="not_text")
    mixed = table.frame.groupby(list(by_hand.columns))["not_text"].transform("nunique") > 1
    assert one.conflicts == int(mixed.sum())


def leaky(n: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    rare = rng.random(n) < 0.1
    return pd.DataFrame(
        {
            "noise": rng.normal(size=n),
            "colour": rng.choice(["red", "green"], n),
            "after": np.where(rare, 5.0, 0.0) + rng.normal(scale=0.5, size=n),
            "reason": np.where(rare, rng.choice(["lost", "stolen"], n), rng.choice(["none", "-"], n)),
            "code": np.where(rare, 2, rng.choice([1, 3], n)).astype(float),
            "y": np.where(rare, "yes", "no"),
        }
    )


def test_features_that_give_the_class_away_are_named() -> None:
    found = measured(leaky())
    assert {leak.name for leak in found.leaks} == {"after", "reason", "code"}
    by_order = {leak.name: leak.by_order for leak in found.leaks}
    assert by_order == {"after": True, "reason": False, "code": False}
    assert all(leak.score >= 0.99 for leak in found.leaks)
    assert "'after'" in findings(found)[3].figure.replace("`", "'")
    assert findings(found)[3].serious


def test_many_levels_with_a_row_each_are_no_leak() -> None:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"x": rng.normal(size=120), "y": np.where(np.arange(120) % 6 == 0, "yes", "no")})
    frame["name"] = [f"n{i // 3}" for i in range(120)]
    assert measured(frame).leaks == ()


def test_missing_values_are_counted_by_class() -> None:
    frame = leaky().drop(columns=["after", "reason", "code"])
    rare = frame["y"] == "yes"
    frame.loc[rare & (frame.index % 2 == 0), "noise"] = np.nan
    frame.loc[frame.index % 50 == 0, "colour"] = None
    found = measured(frame)
    assert [gap.name for gap in found.gaps] == ["noise", "colour"]
    assert found.gaps[0].shares == pytest.approx((0.0, frame.loc[rare, "noise"].isna().mean()))
    assert findings(found)[4].serious


def test_copies_across_classes_are_counted() -> None:
    frame = pd.concat([leaky()[["noise", "colour", "y"]]] * 2, ignore_index=True)
    frame.loc[:2, "y"] = np.where(frame.loc[:2, "y"] == "yes", "no", "yes")
    found = measured(frame)
    assert found.conflicts == 6
    assert "6 rows equal a row of another class" in findings(found)[2].figure


def test_a_large_table_is_sampled_and_says_so() -> None:
    rng = np.random.default_rng(3)
    n = 60_000
    rare = rng.random(n) < 0.005
    found = measured(pd.DataFrame({"x": rng.normal(size=n) + 6 * rare, "y": np.where(rare, "r", "c")}))
    assert found.reference == pytest.approx(20_000, abs=2)
    assert found.looked_at.max() == 400
    assert found.kinds[found.labels.index("r"), 0] > 0.8


def test_a_tiny_table_has_fewer_neighbours() -> None:
    found = measured(pd.DataFrame({"x": [1.0, 2.5, 3.0, 4.2], "y": ["a", "a", "b", "b"]}))
    assert found.kinds.sum(axis=1) == pytest.approx([1, 1])


@pytest.mark.parametrize("key", ["page_blocks", "abalone_9_vs_18", "yeast", "german_credit"])
def test_every_finding_says_what_it_means(key: str) -> None:
    from core.data.samples import SAMPLES

    table: Table = load_sample(key)
    target = next(sample.target for sample in SAMPLES if sample.key == key)
    found = findings(difficulty(problem_of(table, target)))
    assert [f.title for f in found] == [
        "Neighbours", "Overlap", "Copies across classes", "Leaks", "Missing values by class",
    ]  # fmt: skip
    for finding in found:
        assert finding.figure.endswith(".")
        assert finding.meaning.endswith(".")
