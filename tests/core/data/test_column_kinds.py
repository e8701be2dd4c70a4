"""Every kind of column: what it makes of values, the same in every exported form and in scripts, and no peeking."""

from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from core.data.kinds import describe_column
from core.data.preparation import CategoryStep, DateStep, Labels, NumberStep, Preparation, TextStep
from core.data.problem import Problem
from core.data.splitting import FoldRows
from core.data.table import Table, from_frame
from core.decision import NoOnnxForm
from core.experiment.units import prepared
from core.exporting import keras_model, onnx_model
from core.exporting.forms import in_any_form
from core.exporting.scorer import Scorer
from core.exporting.script import script
from core.networks.mlp import Mlp
from core.networks.trained import TrainedNetwork
from core.plan import Plan, SplitSettings, StrategyChoice

N = 1_500
WORDS = (
    "the",
    "Parcel",
    "was",
    "LOST,",
    "again...",
    "über",
    "ÄRGER",
    "don't",
    "<b>html</b>",
    "срочно",
    "СРОЧНО",
    "你好世界",
    "שלום",
    "مرحبا",
    "😀",
    "e\u0301",
    "İstanbul",
    "ok\u00a0ok",
    "50%",
)
PLAN = Plan("y", (StrategyChoice.of("plain"),), split=SplitSettings(folds=2))


def every_kind(n: int = N) -> pd.DataFrame:
    """Return rows with a column of every kind and form, gaps among them, and a class that depends on some."""
    rng = np.random.default_rng(0)
    rare = rng.random(n) < 0.2
    days = pd.Timestamp("1999-02-27") + pd.to_timedelta(rng.integers(0, 900, n), "D")
    shops = (rng.integers(0, 30, n) ** 1.5 + 60 * rare).astype(int).astype(str)
    spoken = np.array([*WORDS, *(f"wort{chr(97 + at // 26)}{chr(97 + at % 26)}" for at in range(200))])
    notes = [
        " ".join(rng.choice(spoken, rng.integers(3, 12))) + " DRINGEND!" * int(hit and row % 2)
        for row, hit in enumerate(rare)
    ]
    notes = [None if row % 17 == 0 else note for row, note in enumerate(notes)]
    return pd.DataFrame(
        {
            "plain": rng.normal(size=n) + rare,
            "heavy": rng.lognormal(sigma=2.5, size=n),
            "wide": np.where(rng.random(n) < 0.1, np.nan, rng.standard_t(1.2, size=n)),
            "moment": pd.Timestamp("2023-12-30") + pd.to_timedelta(rng.integers(0, 10_000_000, n), "s"),
            "day": np.where(rng.random(n) < 0.1, None, days.date),
            "few": rng.choice(["a", "b", "c"], n),
            "shop": np.where(rng.random(n) < 0.05, None, np.char.add("shop ", shops)),
            "note": notes,
            "y": np.where(rare, "yes", "no"),
        }
    )


@pytest.fixture(scope="module")
def problem() -> Problem:
    return Problem.of(from_frame(every_kind(), "every kind"), PLAN)


@pytest.fixture(scope="module")
def preparation(problem: Problem) -> Preparation:
    return Preparation.fit(problem.table.frame, problem.features, Labels(problem.target.codes, 2))


def odd_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Return some rows, and some with nothing, with what training never saw, and with the ends of the calendar."""
    rows = frame.head(60).copy()
    for at, name in enumerate(("plain", "heavy", "wide", "moment", "day", "few", "shop", "note")):
        rows.loc[at, name] = None
    rows.loc[10, ["plain", "heavy", "wide"]] = [1e300, -1e300, 1e9]
    rows.loc[11, ["moment", "day"]] = [pd.Timestamp("0001-01-01"), pd.Timestamp("9999-12-31")]
    rows.loc[12, ["few", "shop"]] = ["unheard of", "nowhere"]
    rows.loc[range(13, 19), "note"] = [
        "Ärger " * 200_000,
        "!!! ???",
        "zzzz qqqq",
        "a\tparcel\nLOST \x0b\x0c\u2003over\u2028there",
        "x" * 1_000_000,
        "你好世界你好",
    ]
    return rows


def test_every_exported_form_prepares_alike(problem: Problem, preparation: Preparation) -> None:
    frame = odd_rows(problem.table.frame)
    width = len(preparation.feature_names)
    networks = [TrainedNetwork.of(Mlp(hidden_layers=(8,)).build(width, 1), 2)]
    scorer = Scorer("y", ("no", "yes"), preparation, in_any_form(networks, preparation.transform(frame)))
    scorer = Scorer.from_bytes(scorer.to_bytes())
    wanted, arrays = scorer.probabilities(frame), keras_model.arrays_of(preparation, frame)
    model = keras_model.from_bytes(keras_model.to_bytes(keras_model.build(scorer, networks)))
    got = keras_model.predict(model, keras_model.inputs_of(preparation), arrays).final
    np.testing.assert_allclose(got, wanted, atol=1e-6)
    assert np.ptp(wanted[:, 1]) > 0.01
    with pytest.raises(NoOnnxForm, match="column `note` is text"):
        onnx_model.build(scorer)


def test_every_kind_but_text_has_an_onnx_form(problem: Problem) -> None:
    frame = odd_rows(problem.table.frame)
    features = [column for column in problem.features if column.kind != "text"]
    preparation = Preparation.fit(problem.table.frame, features, Labels(problem.target.codes, 2))
    networks = [TrainedNetwork.of(Mlp(hidden_layers=(8,)).build(len(preparation.feature_names), 1), 2)]
    scorer = Scorer("y", ("no", "yes"), preparation, in_any_form(networks, preparation.transform(frame)))
    wanted, arrays = scorer.probabilities(frame), keras_model.arrays_of(preparation, frame)
    graph = onnx_model.build(scorer).SerializeToString()
    np.testing.assert_allclose(onnx_model.predict(graph, arrays).final, wanted, atol=1e-6)


def test_a_script_prepares_every_kind_as_the_app_does(problem: Problem, tmp_path: Path) -> None:
    fit, new = np.arange(1_200), np.arange(1_200, N)
    (tmp_path / "script.py").write_text(script(problem, PLAN.strategies[0]))
    names = runpy.run_path(str(tmp_path / "script.py"))
    frame = problem.table.frame.copy()
    for name in ("moment", "day"):
        frame[name] = DateStep.as_floats(frame[name])
    prepare, codes = names["preparation"](), problem.target.codes
    theirs = np.vstack([prepare.fit_transform(frame.iloc[fit], codes[fit]), prepare.transform(frame.iloc[new])])
    labels = Labels(codes[fit], 2)
    ours, encoded = Preparation.fit_encode(problem.table.frame.iloc[fit], problem.features, labels)
    encoded = np.vstack([encoded, ours.encode(problem.table.frame.iloc[new])])
    n_codes = len(ours.coded)
    # The same dense columns; codes may have other numbers.
    np.testing.assert_allclose(theirs[:, :-n_codes].astype(float), encoded[:, :-n_codes], atol=1e-6)
    for at in range(-n_codes, 0):
        pairs = set(zip(theirs[:, at], encoded[:, at], strict=True))
        assert len(pairs) == len({code for code, _ in pairs}) == len({code for _, code in pairs})


def poisoned(table: Table, rows: np.ndarray) -> Table:
    """Return the table with other values of every kind, and other labels, in some rows."""
    frame = table.frame.copy()
    for name in frame.columns:
        at = frame.columns.get_loc(name)
        if pd.api.types.is_numeric_dtype(frame[name]):
            frame.iloc[rows, at] = 1e9
        elif pd.api.types.is_datetime64_any_dtype(frame[name]):
            frame.iloc[rows, at] = pd.Timestamp("9999-01-01 12:34")
        elif name == "y":
            frame.iloc[rows, at] = frame.iloc[rows, at].map({"yes": "no", "no": "yes"})
        else:
            frame.iloc[rows, at] = [f"poison {row} said so many words" for row in rows]
    return replace(table, frame=frame)


@pytest.mark.parametrize("group", [None, "few"])
def test_poisoned_test_and_validation_rows_change_nothing_that_training_sees(group: str | None) -> None:
    table = from_frame(every_kind(), "every kind")
    plan = replace(PLAN, split=SplitSettings(folds=2, group=group))
    rows = FoldRows(fit=np.arange(900), valid=np.arange(900, 1_200), test=np.arange(1_200, N))
    clean = prepared(Problem.of(table, plan), rows, seed=0)
    dirty = prepared(Problem.of(poisoned(table, np.arange(900, N)), plan), rows, seed=0)
    np.testing.assert_array_equal(clean.view.encoded, dirty.view.encoded)
    assert clean.preparation.steps == dirty.preparation.steps
    assert not np.array_equal(clean.block.X_valid, dirty.block.X_valid)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_no_row_sees_its_own_label_or_that_of_its_group(n_classes: int) -> None:
    """Levels that say nothing must look so in training rows, and levels of one group's rows, too."""
    rng = np.random.default_rng(1)
    levels = pd.Series(np.repeat([f"level {at}" for at in range(1_000)], 2), name="level")
    codes = np.repeat(rng.integers(0, n_classes, 1_000), 2)  # both rows of a level have one class
    groups = np.repeat(np.arange(1_000), 2)
    for told, labels in ((True, Labels(codes, n_classes)), (False, Labels(codes, n_classes, groups))):
        step, rows, _ = CategoryStep.fit_dense(levels, labels)
        for code in range(1, n_classes):
            seen = roc_auc_score(codes == code, rows[:, 1 + code if n_classes > 2 else 1])
            assert (seen > 0.8) if told else abs(seen - 0.5) < 0.1  # by the other row of the level, or by none
        full = step.dense(levels)[0]
        assert roc_auc_score(codes == 1, full[:, n_classes - 1]) == 1
    shuffled = rng.permutation(codes)
    _, rows, _ = CategoryStep.fit_dense(levels, Labels(shuffled, n_classes))
    assert abs(roc_auc_score(shuffled == 1, rows[:, n_classes - 1]) - 0.5) < 0.08


def test_numbers_are_scaled_as_suits_them_or_as_chosen(preparation: Preparation, problem: Problem) -> None:
    scalings = {step.name: step.scaling for step in preparation.dense if type(step) is NumberStep}
    assert scalings == {"plain": "standard", "heavy": "log", "wide": "robust"}
    chosen = Preparation.fit(problem.table.frame, problem.features, choices={"heavy": {"scaling": "robust"}})
    assert next(step for step in chosen.dense if step.name == "heavy").says.startswith("robust")
    counts = NumberStep.fit(pd.Series([0, 0, 0, 0, 1] * 40 + [90], name="count"))
    assert counts.scaling == "standard"  # of three values, none is a tail
    zeros = NumberStep.fit(
        pd.Series(np.r_[np.zeros(900), np.random.default_rng(0).lognormal(sigma=2, size=100)], name="x")
    )
    assert zeros.scaling == "log"
    assert np.isfinite(zeros.scaled(np.array([0.0, -1e308, np.nan]))).all()


def test_a_column_with_one_number_is_0_for_every_row() -> None:
    for scaling in ("auto", "standard", "robust", "log"):
        step = NumberStep.fit(pd.Series([7.0] * 50, name="x"), choices={"scaling": scaling})
        assert step.constant
        assert step.scaled(np.array([7.0, 1e9, np.nan])).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("moments", "parts"),
    [
        (pd.date_range("2024-01-01", periods=400), ("weekday", "weekend", "day", "month")),
        (pd.date_range("2024-01-01", periods=48, freq="h"), ("hour", "weekday", "day")),
        (pd.date_range("2020-01-01", periods=30, freq="MS"), ("weekday", "weekend", "month")),
        (pd.to_datetime(["1900-01-01 08:30:00", "1900-01-01 23:59:59"]), ("hour",)),
        (pd.to_datetime(["2024-02-29"] * 3), ()),
    ],
)
def test_a_moment_gives_the_parts_that_vary(moments: pd.DatetimeIndex, parts: tuple[str, ...]) -> None:
    step = DateStep.fit(pd.Series(moments, name="t"))
    assert step.parts == parts
    inputs, missing = step.dense(pd.Series([*moments[:2], pd.NaT]))
    assert missing.tolist() == [False, False, True]
    assert not inputs[2, 1:].any()
    assert inputs.shape[1] == len(step.dense_names)


def test_the_calendar_is_that_of_pandas() -> None:
    days = np.r_[np.linspace(-719_162, 2_932_896, 5_000).round(), np.arange(18_000, 20_000)]
    moments = pd.Series(np.datetime64(0, "D").astype("datetime64[us]") + days.astype("timedelta64[D]"))
    step = DateStep("t", 0.0, 0.0, 1.0, parts=("weekday", "weekend", "day", "month"))
    inputs, _ = step.dense(moments)

    def angle(at: int, turn: int) -> np.ndarray:
        return np.round(np.arctan2(inputs[:, at], inputs[:, at + 1]) / (2 * np.pi) * turn).astype(int) % turn

    np.testing.assert_array_equal(angle(1, 7), moments.dt.weekday)
    np.testing.assert_array_equal(inputs[:, 3], moments.dt.weekday >= 5)
    np.testing.assert_array_equal(angle(4, 31), moments.dt.day - 1)
    np.testing.assert_array_equal(angle(6, 12), moments.dt.month - 1)


def test_a_hundred_thousand_levels_are_told_apart(problem: Problem) -> None:
    rng = np.random.default_rng(0)
    column = pd.Series(np.char.add("c", rng.permutation(np.arange(200_000) // 2).astype(str)), name="card")
    step, rows, _ = CategoryStep.fit_dense(column, Labels((rng.random(200_000) < 0.1).astype(np.int64), 2))
    assert len(step.many) == 100_000
    assert step.width <= 41
    assert np.isfinite(rows).all()


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ([f"my parcel {row} did not come to our house" for row in range(80)], "text"),
        ([f"包裹没有送到我家请尽快处理{row}" for row in range(80)], "text"),
        ([f"<p>please <b>call</b> customer {row} back</p>" for row in range(80)], "text"),
        ([f"{row * 7919:08x}" for row in range(80)], "identifier"),
        ([f"name{row}@mail.example" for row in range(80)], "identifier"),
        ([f"my holiday photo {row}.jpg" for row in range(80)], "identifier"),
        ([f"AB {row} 2024 C{row}" for row in range(80)], "identifier"),
        ([f"Anna Muster{row}" for row in range(80)], "identifier"),
        (["a rather long name of a level", "another long name"] * 40, "categorical"),
        (["the very same text in each row"] * 80, "constant"),
    ],
)
def test_text_is_recognised_and_names_stay_names(cells: list[str], kind: str) -> None:
    column = describe_column(pd.Series(cells, name="cell", dtype="str"))
    assert column.kind == kind
    assert kind != "text" or column.note.startswith("Text of ")


@pytest.mark.parametrize(
    "cells",
    [
        ["word"] * 40,
        ["", None, "  "] * 20,
        ["!!!", "???"] * 20,
        ["a", "b"] * 20,
        ["😀😀", "😡😡"] * 20,
        ["x" * 1_000_000, "y " * 500_000] + ["short"] * 10,
        [f"only{row}" for row in range(40)],
        ["\u2028 \x85", "a\x00b"] * 10,
    ],
    ids=["one word", "empty", "marks", "letters", "emoji", "1 MB", "each once", "odd spaces"],
)
def test_odd_text_prepares_and_its_model_scores_it_alike(cells: list[str]) -> None:
    column = pd.Series(cells, name="note", dtype="str")
    step, rows, _ = TextStep.fit_dense(column)
    assert np.isfinite(rows).all()
    assert rows.shape == (len(cells), len(step.dense_names))
    preparation = Preparation((step,))
    inputs = [keras_model.keras.Input((1,), dtype="string")]
    model = keras_model.keras.Model(inputs, keras_model.ops.concatenate(preparation.in_keras(inputs), axis=1))
    got = np.asarray(model(keras_model.tf.constant(step.model_input(column)[:, None])))
    np.testing.assert_allclose(got, preparation.encode(column.to_frame()), atol=1e-5)


def test_the_components_of_text_can_be_set(problem: Problem) -> None:
    made = Preparation.fit(problem.table.frame, problem.features, choices={"note": {"components": 7}})
    step = next(step for step in made.steps if isinstance(step, TextStep))
    assert len(step.dense_names) == 7
    assert step.says.startswith("7 components of ")
