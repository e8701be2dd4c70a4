"""What is exported scores as the app does: in Keras, in ONNX, and in a process without this project."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.data.preparation import CategoryStep
from core.data.problem import Problem
from core.data.splitting import refit_rows
from core.data.table import from_frame
from core.data.target import encode_target
from core.decision import NoOnnxForm, thresholds
from core.experiment.units import train_choice
from core.exporting import Scorer, export, keras_model, onnx_model, refit, why_not
from core.exporting.new_rows import aligned, match, read_rows
from core.plan import NetworkChoice, Part, Plan, SplitSettings, StrategyChoice, TrainingSettings
from core.strategies import StrategyError
from core.training.lanes import predict
from tests.core.exporting.conftest import CHOICES, Case, run_scripts

Cases = Callable[[str], Case]


def files_of(case: Case) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(case.export.archive)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def app_probabilities(case: Case, csv: bytes) -> np.ndarray:
    """Return what the app's page computes for an uploaded file."""
    scorer = case.scorer
    rows = read_rows(csv, "rows.csv", scorer.reading, scorer.target)
    steps = scorer.preparation.steps
    frame, _ = aligned(steps, rows, match(steps, [], rows), scorer.reading)
    return scorer.probabilities(frame)


@pytest.fixture(scope="module")
def unpacked(case: Cases, lone_python: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the folders of all packages after each package's own script has scored its rows."""
    folders = {}
    for name in CHOICES:
        folders[name] = tmp_path_factory.mktemp(name)
        for file, data in files_of(case(name)).items():
            (folders[name] / file).write_bytes(data)
        case(name).new_rows.to_csv(folders[name] / "rows.csv", index=False)
    assert "count as missing" not in run_scripts(lone_python, list(folders.values()))
    return folders


@pytest.mark.parametrize("name", CHOICES)
def test_the_script_gives_the_apps_probabilities_without_the_app(
    case: Cases, unpacked: dict[str, Path], name: str
) -> None:
    scored = pd.read_csv(unpacked[name] / "scored.csv", keep_default_na=False, dtype={"decision": str})
    scorer = case(name).scorer
    wanted = app_probabilities(case(name), (unpacked[name] / "rows.csv").read_bytes())
    shown = [column for column in scored if column.startswith("probability ")]
    got = scored[shown].to_numpy(float)
    assert len(got) == len(case(name).new_rows)
    assert len(shown) == (1 if len(scorer.classes) == 2 else len(scorer.classes))
    np.testing.assert_allclose(got, wanted[:, -len(shown) :], atol=1e-5, rtol=0)
    assert list(scored["decision"]) == [scorer.classes[code] for code in scorer.decide(wanted)]
    assert np.ptp(wanted[:, 1]) > 0.01


@pytest.mark.parametrize("name", CHOICES)
def test_onnx_and_keras_agree_with_the_app(case: Cases, name: str) -> None:
    one, files = case(name), files_of(case(name))
    assert sorted(files) == [
        "decision.json", "model.keras", "model.onnx", "model_card.md", "predict.py", "reading.py", "safe_csv.py",
    ]  # fmt: skip
    preparation = one.scorer.preparation
    frame = one.table.frame
    arrays = keras_model.arrays_of(preparation, frame)
    wanted = one.scorer.both(frame)
    model = keras_model.from_bytes(files["model.keras"])
    forms = {
        "ONNX": onnx_model.predict(files["model.onnx"], arrays),
        "Keras": keras_model.predict(model, keras_model.inputs_of(preparation), arrays),
    }
    for form, got in forms.items():
        np.testing.assert_allclose(got.mean, wanted.mean, atol=1e-6, err_msg=form)
        np.testing.assert_allclose(got.final, one.scorer.adjusted(got.mean), atol=1e-9, err_msg=form)
    np.testing.assert_allclose(wanted.final.sum(axis=1), 1, atol=1e-6)


def test_the_models_plain_predict_works_in_a_graph(case: Cases) -> None:
    one = case("odd")
    arrays = keras_model.arrays_of(one.scorer.preparation, one.table.frame)
    model = keras_model.from_bytes(files_of(one)["model.keras"])
    tensors = {name: a if a.dtype != object else keras_model.tf.constant(a, "string") for name, a in arrays.items()}
    tensors = {name: keras_model.tf.constant(a) for name, a in tensors.items()}
    # Keras rounds what it feeds to single precision: the amounts of some billions lose digits.
    np.testing.assert_allclose(model.predict(tensors, verbose=0), one.scorer.probabilities(one.table.frame), atol=2e-3)


def test_the_app_scores_as_its_lanes_do(case: Cases) -> None:
    one = case("german_credit")
    problem = Problem.of(one.table, one.plan)
    rows = refit_rows(problem)
    seed = int(np.random.SeedSequence([one.plan.split.seed]).generate_state(1)[0] >> 1)
    trained = train_choice(problem, one.choice, rows, seed)
    X = trained.preparation.transform(one.table.frame)
    np.testing.assert_allclose(one.scorer.networks(X), predict(trained.networks, X).mean(axis=0), atol=1e-6)
    assert len(trained.networks) == 4


def test_the_same_run_gives_the_same_package(case: Cases) -> None:
    one = case("abalone_9_vs_18")
    again = export(one.table, one.plan, one.choice, one.results)
    first, second = one.scorer, Scorer.from_bytes(again.scorer)
    assert first.threshold == second.threshold
    np.testing.assert_array_equal(first.probabilities(one.table.frame), second.probabilities(one.table.frame))


def test_the_threshold_is_the_best_on_the_folds_unseen_rows(case: Cases) -> None:
    one = case("page_blocks")
    p = np.concatenate([r.probabilities for r in one.results]).astype(float)
    y = np.concatenate([r.y_true for r in one.results])
    assert one.scorer.threshold == thresholds.best_threshold(y, p[:, 1])
    rule = json.loads(files_of(one)["decision.json"])
    assert rule["threshold"] == one.scorer.threshold
    assert rule["classes"] == list(encode_target(one.table, one.plan.target).labels)


def test_a_factor_a_class_decides_between_many(case: Cases) -> None:
    one = case("yeast")
    assert one.scorer.threshold is None
    assert len(one.scorer.scales) == 6
    rule = json.loads(files_of(one)["decision.json"])
    assert rule["calibration_inside_the_model"][0]["kind"] == "prior_shift"
    assert rule["scales"] == pytest.approx(one.scorer.scales)


def test_the_card_tells_data_strategy_figures_limits_and_versions(case: Cases) -> None:
    card = files_of(case("abalone_9_vs_18"))["model_card.md"].decode()
    f1 = np.mean([_f1(r.y_true, r.decisions) for r in case("abalone_9_vs_18").results])
    assert "95% interval by folds" in card
    value, low, high = map(float, re.search(r"\| F1 \| ([\d.]+) \| ([\d.]+) to ([\d.]+) \|", card).groups())  # type: ignore[union-attr]
    assert value == pytest.approx(f1, abs=5e-4)
    assert low < value < high
    assert "| `18` | 42 | 5.7% |" in card
    assert "isotonic calibration" in card
    assert "The smallest class has 42 rows" in card
    assert "- tensorflow " in card
    assert "`a/b`" in files_of(case("odd"))["model_card.md"].decode()


def _f1(y: np.ndarray, decided: np.ndarray) -> float:
    hits = int(((y == 1) & (decided == 1)).sum())
    return 2 * hits / max(1, int((y == 1).sum() + (decided == 1).sum()))


def test_a_reference_is_refused_in_one_sentence(case: Cases) -> None:
    one = case("abalone_9_vs_18")
    choice = StrategyChoice.of("boosting")
    assert "scikit-learn" in (why_not(choice) or "")
    assert why_not(one.choice) is None
    with pytest.raises(StrategyError, match="no Keras file"):
        refit(one.table, one.plan, choice, one.results)


def test_a_threshold_without_a_finished_fold_is_refused(case: Cases) -> None:
    one = case("abalone_9_vs_18")
    with pytest.raises(StrategyError, match="no finished fold"):
        refit(one.table, one.plan, StrategyChoice.of("threshold_f1"), [])


@pytest.mark.parametrize("column", [{"group": "tenth"}, {"time": "length"}])
def test_groups_and_time_are_kept_apart_in_the_refit(case: Cases, column: dict[str, str]) -> None:
    one = case("abalone_9_vs_18")
    plan = replace(one.plan, split=SplitSettings(folds=2, **column))
    # Whole tenths of a length make some dozen groups.
    table = from_frame(one.table.frame.assign(tenth=one.table.frame["length"].round(1)))
    problem = Problem.of(table, plan)
    target, rows = problem.target, refit_rows(problem)
    assert sorted([*rows.fit, *rows.valid]) == list(range(len(target.codes)))
    values = table.frame[next(iter(column.values()))].iloc[target.rows]
    if "group" in column:
        assert not set(values.iloc[rows.fit].dropna()) & set(values.iloc[rows.valid].dropna())
    else:
        assert values.notna().all()  # rows without a length have no place in the order
        assert values.iloc[rows.fit].max() <= values.iloc[rows.valid].min()
        assert len(rows.valid) == round(0.2 * len(target.codes))


def test_a_linear_model_and_a_combination_can_be_exported(case: Cases) -> None:
    one = case("abalone_9_vs_18")
    choice = StrategyChoice((Part.of("smote_bagging", n_members=2), Part.of("class_weight")))
    numbers = one.table.with_kinds({"sex": "ignored"})
    plan = replace(one.plan, strategies=(choice,), networks=(NetworkChoice.of("mlp", hidden_layers=()),))
    made = export(numbers, plan, choice, [])
    assert "gives the same probabilities" in made.checks
    assert "onnxruntime" in made.checks


def test_a_column_without_an_onnx_form_leaves_out_the_onnx_file_alone(
    case: Cases, monkeypatch: pytest.MonkeyPatch
) -> None:
    def in_onnx(cls: type, graph: object, steps: object, names: object) -> None:
        raise NoOnnxForm("Column `sex` has no form in ONNX.")

    monkeypatch.setattr(CategoryStep, "in_onnx", classmethod(in_onnx))
    one = case("abalone_9_vs_18")
    made = export(one.table, one.plan, StrategyChoice.of("plain"), [])
    assert "model.onnx is left out: Column `sex` has no form in ONNX." in made.checks
    with zipfile.ZipFile(io.BytesIO(made.archive)) as archive:
        assert "model.onnx" not in archive.namelist()
        assert "model.keras" in archive.namelist()


def test_messages_are_scored_from_raw_text_without_the_app(lone_python: Path, tmp_path: Path) -> None:
    """Words, a moment and a shop among many: the script has TensorFlow and pandas alone."""
    rng = np.random.default_rng(0)
    words = np.array(
        ["Parcel", "late", "ÄRGER", "invoice", "thanks,", "please", "don't", "срочно", "你好世界", "😀", "call"]
    )
    n = 400
    urgent = rng.random(n) < 0.25
    frame = pd.DataFrame(
        {
            "message": [" ".join(rng.choice(words, 6)) + " Now!" * int(hit) for hit in urgent],
            "sent": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 5_000_000, n), "s"),
            "shop": [f"shop {row % 60}" for row in range(n)],
            "urgent": np.where(urgent, "yes", "no"),
        }
    )
    table = from_frame(frame, "messages")
    assert [column.kind for column in table.columns[:3]] == ["text", "date", "categorical"]
    training = TrainingSettings(epochs=2, batch_size=32)
    plan = Plan("urgent", (StrategyChoice.of("plain"),), training=training, split=SplitSettings(folds=2))
    kept = export(table, plan, plan.strategies[0], [])
    assert "model.onnx is left out: column `message` is text" in kept.checks
    with zipfile.ZipFile(io.BytesIO(kept.archive)) as archive:
        archive.extractall(tmp_path)
    rows = frame.drop(columns="urgent").head(80).astype(object)
    rows.loc[0, "message"], rows.loc[1, "shop"], rows.loc[2, "sent"] = None, "a new one", "9999-12-31 23:59:59"
    rows.loc[3, "sent"] = "0001-01-01"
    rows.to_csv(tmp_path / "rows.csv", index=False)
    assert "count as missing" not in run_scripts(lone_python, [tmp_path])
    scorer = Scorer.from_bytes(kept.scorer)
    read = read_rows((tmp_path / "rows.csv").read_bytes(), "rows.csv", scorer.reading, scorer.target)
    steps = scorer.preparation.steps
    wanted = scorer.probabilities(aligned(steps, read, match(steps, [], read), scorer.reading)[0])
    got = pd.read_csv(tmp_path / "scored.csv")["probability yes"].to_numpy()
    np.testing.assert_allclose(got, wanted[:, 1], atol=1e-5, rtol=0)
    assert np.ptp(got) > 0.01
