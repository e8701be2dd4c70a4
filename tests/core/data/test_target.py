"""The target: what can be one, and what is suggested in the layouts of tables that many people know."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.data.profile import describe
from core.data.samples import load_sample
from core.data.table import from_frame, read_table
from core.data.target import encode_target, suggest_target
from core.words import TableError
from tests.core.data import one_sentence, table_of
from tests.core.data.reading import CASES
from tests.problems import problem_of

# Columns as name:levels; "n" is a column of numbers. The class is marked by a star.
LAYOUTS = {
    "census income": "age:n workclass:8 education:9 marital-status:7 relationship:6 race:5 sex:2 hours:n income:2*",
    "bank marketing": "age:n job:9 marital:3 default:2 balance:n housing:2 loan:2 poutcome:3 y:2*",
    "bank, cut": "age:n job:9 marital:3 default:2 balance:n housing:2 loan:2 contact:3 deposit:2*",
    "credit cards": "limit:n sex:2 education:4 pay_status:5 bill:n default payment next month:2*",
    "stroke": "gender:2 age:n hypertension:2 work_type:5 bmi:n smoking_status:4 stroke:2*",
    "loans": "gender:2 married:2 employment_status:3 amount:n credit_history:2 approved:2*",
    "heart failure": "age:n anaemia:2 diabetes:2 smoking:2 time:n DEATH_EVENT:2*",
    "customers": "gender:2 tenure:n contract:3 account_status:2 charges:n left:2*",
    "placement": "gender:2 degree:3 experience:2 status:2* salary:n",
    "ship": "survived:2* pclass:3 sex:2 age:n fare:n embarked:3",
    "employees": "age:n attrition:2* travel:3 marital_status:3 over_time:2 years:n",
    "tissue": "diagnosis:2* radius:n texture:n area:n",
    "payments": "type:5 amount:n isFraud:2* isFlaggedFraud:2",
    "hepatitis": "class:2* age:n steroid:2 fatigue:2 histology:2",
    "cars": "buying:4 maint:4 social_class:2 doors:4 safety:3 class:4*",
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=list(LAYOUTS))
def test_structure_outweighs_a_name_that_features_have_too(layout: str) -> None:
    rng, columns, target = np.random.default_rng(0), {}, ""
    for column in layout.replace(" payment next month", "_payment_next_month").split():
        name, kind = column.rsplit(":", 1)
        if kind.endswith("*"):
            target = name
        kind = kind.rstrip("*")
        columns[name] = rng.normal(size=300) if kind == "n" else [f"l{i}" for i in rng.integers(0, int(kind), 300)]
    assert suggest_target(from_frame(pd.DataFrame(columns))) == target


def test_the_file_that_showed_it() -> None:
    assert suggest_target(read_table(CASES / "marital_status_beats_the_class.csv")) == "income"


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (["a"] * 60, "one class"),
        (["a"] * 59 + ["b"], "`b` of `t` has 1 row"),
        (["a"] * 57 + ["b"] * 3, "`b` of `t` has 3 rows.*3"),
        ([f"c{i % 58}" for i in range(58)] + ["c1", "c2"], "58 classes|different in every row"),
        (np.linspace(0, 1, 60).round(2) // 0.03 * 0.03, "continuous"),
        ([None] * 60, "no labels"),
        ([f"id-{i}" for i in range(60)], "every row"),
        (pd.date_range("2020-01-01", periods=60).astype(str), "dates"),
    ],
    ids=["one class", "one row", "folds", "many", "continuous", "missing", "identifier", "dates"],
)
def test_what_cannot_be_a_target_gets_one_sentence(labels: object, words: str) -> None:
    table = table_of(x=np.random.default_rng(0).normal(size=60), t=labels)
    with pytest.raises(TableError, match=words) as caught:
        encode_target(table, "t", folds=5)
    one_sentence(caught.value)


def test_rows_without_a_label_are_left_out_and_said() -> None:
    labels = [None if i % 10 == 0 else i % 3 for i in range(60)]
    table = table_of(x=np.random.default_rng(0).normal(size=60), t=labels)
    target = encode_target(table, "t")
    assert target.classes == (0, 1, 2)  # whole numbers again, although missing labels made them floats
    assert len(target.rows) == 54
    assert "6 rows without a label" in describe(problem_of(table, "t")).warnings[0]


def test_the_positive_class_can_be_chosen() -> None:
    table = load_sample("german_credit")
    assert encode_target(table, "creditability").classes == ("good", "bad")
    assert encode_target(table, "creditability", "good").classes == ("bad", "good")
    with pytest.raises(TableError, match="no class `ugly`"):
        encode_target(table, "creditability", "ugly")
