"""Preparation against scikit-learn, and at its edges."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from core.data.columns import Column
from core.data.kinds import kind_labels
from core.data.preparation import (
    CLIP,
    CategoryStep,
    CodedStep,
    DateStep,
    NumberStep,
    Preparation,
    Step,
    from_fields,
    steps,
)
from core.data.samples import load_sample
from core.data.table import from_frame


def test_numbers_equal_scikit_learns_scaling() -> None:
    table = load_sample("page_blocks")
    columns = table.features("not_text")
    names = [c.name for c in columns]
    preparation = Preparation.fit(
        table.frame[:4000], columns, choices={name: {"scaling": "standard"} for name in names}
    )
    expected = StandardScaler().fit(table.frame[names][:4000]).transform(table.frame[names][4000:])
    np.testing.assert_allclose(preparation.transform(table.frame[4000:]), expected.clip(-CLIP, CLIP), atol=1e-5)


def test_categories_equal_scikit_learns_one_hot() -> None:
    table = load_sample("german_credit")
    columns = [c for c in table.features("creditability") if c.kind == "categorical"]
    preparation = Preparation.fit(table.frame, columns)
    texts = table.frame[[c.name for c in columns]].astype(str)
    expected = OneHotEncoder(min_frequency=3, max_categories=40, sparse_output=False).fit_transform(texts)
    np.testing.assert_array_equal(preparation.transform(table.frame), expected)
    assert len(preparation.feature_names) == expected.shape[1]


def test_unseen_missing_and_huge_values_survive() -> None:
    n = 900
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "x": np.where(np.arange(n) % 9 == 0, np.nan, rng.normal(size=n)),
            "c": [("a", "b", "c")[i % 3] for i in range(n - 2)] + ["rare 1", "rare 2"],
            "d": pd.date_range("2020-01-01", periods=n),
        }
    )
    table = from_frame(frame, "made")
    preparation = Preparation.fit(table.frame, table.columns)
    odd = pd.DataFrame({"x": [1e9, np.nan, np.inf], "c": ["never seen", None, "b"], "d": [pd.NaT, *frame["d"][:2]]})
    inputs = preparation.transform(odd)
    assert np.isfinite(inputs).all()
    assert inputs.max() == CLIP
    numbers = [list(preparation.feature_names).index(name) for name in preparation.feature_names if "missing" in name]
    assert len(numbers) == 1  # only `x` had gaps in training
    assert inputs[:, numbers[0]].tolist() == [0, 1, float(np.isnan(preparation.dense[0].values(odd["x"])[2]))]
    step = next(s for s in preparation.steps if isinstance(s, CategoryStep))
    assert step.rare
    codes = step.codes(odd["c"])
    assert codes.tolist() == [len(step.levels), step.levels.index(step.mode), step.levels.index("b")]
    np.testing.assert_array_equal(preparation.expand(preparation.encode(odd)), inputs)


def test_without_a_rare_group_an_unseen_level_is_all_zero() -> None:
    frame = pd.DataFrame({"c": ["a", "b"] * 20, "x": np.arange(40.0)})
    table = from_frame(frame, "made")
    preparation = Preparation.fit(frame, [table.column("c")])
    assert preparation.transform(pd.DataFrame({"c": ["z"]})).tolist() == [[0.0, 0.0]]


COLUMNS = {
    "numeric": pd.Series([1.5, 2.0, None, 4.0], name="x"),
    "date": pd.Series(pd.to_datetime(["2024-01-01", None, "2024-02-01", "2024-03-01"]), name="x"),
    "categorical": pd.Series(["a", "b", None, "a"], name="x"),
    "text": pd.Series(["so many words", "many more words", None, "not so many"], name="x"),
}


def test_every_kind_of_feature_has_a_step() -> None:
    assert {step.column_kind for step in steps()} == set(COLUMNS) < set(kind_labels())
    assert all(sum(step.suits(column.dtype) for step in steps()) <= 1 for column in COLUMNS.values())


@pytest.mark.parametrize("kind", steps(), ids=lambda kind: kind.kind)
def test_a_step_survives_its_file_and_stays_within_what_it_announces(kind: type[Step]) -> None:
    column = COLUMNS[kind.column_kind]
    step = kind.fit(column)
    assert from_fields(step.kind, json.loads(json.dumps(step.fields()))) == step
    described = Column("x", kind.column_kind, int(column.isna().sum()), column.nunique())
    preparation = Preparation((step,))
    encoded = preparation.encode(column.to_frame())
    dense = kind.max_dense(described)
    assert encoded.shape[1] <= dense + issubclass(kind, CodedStep)
    most = dense + kind.max_hot(described)
    assert preparation.expand(encoded).shape[1] == len(preparation.feature_names) <= most


def test_dates_of_earlier_versions_are_dates() -> None:
    fields = {"name": "day", "median": 5.0, "mean": 5.0, "scale": 2.0, "indicator": True, "constant": False}
    assert from_fields("number", fields | {"date": True}) == DateStep("day", 5.0, 5.0, 2.0, True)
    assert from_fields("number", fields | {"date": False}) == NumberStep("day", 5.0, 5.0, 2.0, True)
    with pytest.raises(ValueError, match="No step is called 'colour'"):
        from_fields("colour", fields)
