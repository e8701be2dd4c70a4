"""The command line: real runs, exit codes, and one sentence for what cannot be used."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.cli import main
from core.data.problem import Problem
from core.data.profile import describe
from core.data.table import read_table
from core.evaluation.comparison import compare
from core.evaluation.metrics import METRICS
from core.experiment.units import run
from core.plan import Plan
from core.runs.store import Store
from core.strategies import StrategyError
from core.strategies.notation import parse_strategies
from core.strategies.references import Logistic

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "core" / "data" / "samples" / "abalone_9_vs_18.csv"
QUICK = ["--folds", "3", "--epochs", "4", "--hidden-layers", "16"]


def test_a_run_is_printed_written_and_kept(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    runs, out = tmp_path / "runs", tmp_path / "out"
    strategies = "plain,class_weight,smote(k_neighbors=3)"
    code = main(
        [
            "run",
            str(TABLE),
            "--target",
            "rings",
            "--strategies",
            strategies,
            *QUICK,
            "--runs",
            str(runs),
            "--out",
            str(out),
            "--name",
            "Shells",
        ]
    )
    printed, said = capfd.readouterr()
    assert code == 0
    assert "SMOTE (k_neighbors=3)" in printed
    assert "fold 3 of 3" in said
    (record,) = Store(runs).records()
    assert (record.status, record.name) == ("finished", "Shells")
    table = Store(runs).table(record.id)
    kept = compare(Store(runs).results(record.id), record.plan, record.classes)
    again = compare(run(table, record.plan), record.plan, record.classes)
    for first, second in zip(kept.strategies, again.strategies, strict=True):
        pd.testing.assert_frame_equal(first.scores, second.scores)
    summary = pd.read_csv(out / "results.csv")
    assert len(summary) == 3 * (len(METRICS) + 1)
    recall = summary.query("strategy == 'class_weight' and metric == 'recall'")["mean"].item()
    assert recall == pytest.approx(kept.strategies[1].mean["recall"])
    pd.testing.assert_frame_equal(pd.read_parquet(out / "folds.parquet"), pd.read_csv(out / "folds.csv"))
    assert len(pd.read_parquet(out / "folds.parquet")) == 9
    assert r"SMOTE (k\_neighbors=3)" in (out / "results.tex").read_text()


def test_json_is_one_line_and_equals_the_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(
        ["run", "abalone_9_vs_18", "--strategies", "logistic", "--json", "--quiet", "--runs", str(tmp_path), *QUICK]
    )
    printed, said = capsys.readouterr()
    assert (code, said, printed.count("\n")) == (0, "", 1)
    figures = json.loads(printed)
    record = Store(tmp_path).record(figures["run"])
    kept = compare(Store(tmp_path).results(record.id), record.plan, record.classes)
    assert figures["strategies"]["logistic"]["mean"]["f1"] == pytest.approx(kept.strategies[0].mean["f1"], abs=1e-6)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "nowhere.csv"], "cannot be opened"),
        (["run", str(TABLE), "--target", "age"], "no column `age`"),
        (["run", str(TABLE), "--target", "Rings"], "no column `Rings`: did you mean `rings`?"),
        (["run", str(TABLE), "--group", "diametre"], "no column `diametre`: did you mean `diameter`?"),
        (["run", str(TABLE), "--strategies", "smoth"], "did you mean smote"),
        (["run", str(TABLE), "--strategies", "Class-Weights"], "did you mean class_weight"),
        (["run", str(TABLE), "--strategies", "smoth"], "no strategy called 'smoth'"),
        (["run", str(TABLE), "--positive", "7"], "no class `7`"),
        (["run", str(TABLE), "--folds", "1"], "olds"),
        (["run", str(TABLE), "--merge", "9"], "two classes such as"),
        (["run", str(TABLE), "--leave-out", "7"], "no class `7` to merge or leave out"),
        (["run", str(TABLE), "--time", "sex"], "'sex' holds categories and cannot order rows"),
        (["run", str(TABLE), "--gap", "3"], "A gap needs a column to split by time"),
        (["run", str(TABLE), "--time", "length", "--gap", "9"], "leaves a class without training rows"),
        (["run", str(TABLE), "--kind", "sex"], "--kind must be written as in 'code=categorical', not 'sex'"),
        (["run", str(TABLE), "--kind", "sex=number"], "kind `number` is unknown"),
        (["run", str(TABLE), "--missing", "=3"], "--missing must be written as in 'age=-999'"),
        (["run", str(TABLE), "--prepare", "length=log"], "--prepare must be written as in 'amount=scaling:log'"),
        (["run", str(TABLE), "--prepare", "length=scaling:cubic"], "auto, standard, robust, log"),
        (["run", str(TABLE), "--day-first", "length"], "length"),
        (["run", str(TABLE), "--folds", "many"], "Argument --folds: 'many' is no whole number; see"),
        (["run", str(TABLE), "--dropout", "much"], "Argument --dropout: 'much' is no number; see"),
        (["run", str(TABLE), "--seed", "-1"], "Seed is -1: choose a value from 0 to 2,147,483,6"),
        (["run", str(TABLE), "--group", "herd"], "no column `herd`"),
        (["run", str(TABLE), "--strategies", "smoten"], "None of these strategies applies"),
        (["run", str(TABLE), "--hidden-layers", "a"], "whole numbers"),
        (["run", str(TABLE), "--out", str(TABLE)], "is a file"),
        (["run"], "required: table"),
        (["go"], "invalid choice"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(
    arguments: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = ["--runs", str(tmp_path)] if len(arguments) > 1 else []
    assert main([*arguments, *kept]) == 2
    printed, said = capsys.readouterr()
    assert printed == ""
    assert words in said
    assert said.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_it_says_what_reading_did_what_is_left_out_and_which_folds_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"number": np.arange(10_000, 10_120), "same": 1, "x": rng.normal(size=120)})
    frame["y"] = np.where(frame["x"] > 0.8, "yes", "no")
    frame.loc[3, "y"] = None
    source = tmp_path / "made.csv"
    source.write_text(frame.to_csv(index=False) + "1,2\n")
    single = Logistic.fit

    def fit(self: Logistic, *arguments: object) -> object:
        fit.calls += 1  # type: ignore[attr-defined]
        if fit.calls == 2:  # type: ignore[attr-defined]
            raise StrategyError("This fold has too few rows for it.")
        return single(self, *arguments)  # type: ignore[arg-type]

    fit.calls = 0  # type: ignore[attr-defined]
    monkeypatch.setattr(Logistic, "fit", fit)
    command = ["run", str(source), "--strategies", "boosting,logistic", "--folds", "3", "--members", "1"]
    command += ["--runs", str(tmp_path / "r")]
    assert main(command) == 0
    out, err = capsys.readouterr()
    table = read_table(source)
    problem = Problem.of(table, Plan("y", parse_strategies("logistic")))
    assert table.notes
    for note in (*table.notes, describe(problem).sentence, *describe(problem).warnings):
        assert note in err
    assert "Target: `y`, which looks most like a class" in err
    assert "Left out because they only name the rows: `number`." in err
    assert "Left out because they hold one value or none: `same`." in err
    assert "Logistic regression failed on some folds: This fold has too few rows for it." in err
    assert "† Logistic regression" in out
    assert "Logistic regression failed on 1 of 3 folds" in out
    fit.calls = 0  # type: ignore[attr-defined]
    assert main([*command, "--json", "--quiet"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["reading"] == list(table.notes)
    assert figures["warnings"] == list(describe(problem).warnings)
    assert set(figures["columns_left_out"]) == {"number", "same"}
    assert figures["target_was"] == "suggested"
    assert figures["strategies"]["logistic"]["failed_folds"] == 1
    assert figures["strategies"]["logistic"]["folds"]["f1"] == 2
    assert figures["strategies"]["logistic"]["errors"] == ["This fold has too few rows for it."]
    assert "failed on 1 of 3 folds" in figures["notes"][0]


def test_several_networks_are_told_apart_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    networks = ["--network", "linear", "--network", "mlp(hidden_layers=8)"]
    quick = ["--folds", "3", "--epochs", "2", "--members", "1", "--quiet", "--runs", str(tmp_path)]
    assert main(["run", str(TABLE), "--strategies", "plain,class_weight", *networks, *quick]) == 0
    printed = capsys.readouterr().out
    assert "\nBalancing by Class weights " in printed
    assert "\nWithout balancing, " in printed


def test_strategies_that_do_not_apply_are_left_out_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(TABLE), "--strategies", "logistic,smoten", "--runs", str(tmp_path), "--folds", "2"]) == 0
    assert "Left out, as they do not apply to this table: smoten." in capsys.readouterr().err


def test_the_target_that_is_taken_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["run", "abalone_9_vs_18", "--strategies", "logistic", "--runs", str(tmp_path), "--folds", "2"]
    assert main(command) == 0
    assert "Target: `rings`, which looks most like a class; --target takes another." in capsys.readouterr().err
    assert main([*command, "--target", "sex"]) == 0
    assert "Target: " not in capsys.readouterr().err


def test_a_preset_leaves_out_what_takes_long_unless_it_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.experiment.estimate.SLOW_SECONDS", 0.05)
    command = ["run", str(TABLE), *QUICK, "--runs", str(tmp_path), "--json", "--strategies"]
    for strategies, left_out in (("quick-look", True), ("quick-look,smote", False)):
        assert main([*command, strategies]) == 0
        out, err = capsys.readouterr()
        assert ("smote" in json.loads(out)["strategies"]) == (not left_out)
        assert ("Left out, since its sampling takes long on this table: SMOTE (about" in err) == left_out


def test_a_run_without_a_result_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(
        ["run", str(TABLE), "--strategies", "cost_weight(costs=(0,1,2))", "--runs", str(tmp_path), "--quiet", *QUICK]
    )
    assert code == 1
    assert "needs 2 × 2 = 4 numbers" in capsys.readouterr().err


def test_a_cancelled_run_is_kept_for_resuming(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Store, "cancel_requested", lambda self, run_id: len(self.finished_units(run_id)) > 0)
    monkeypatch.setattr("core.api._LOOK_EVERY_S", 0.0)
    assert main(["run", str(TABLE), "--strategies", "plain", "--runs", str(tmp_path), "--quiet", *QUICK]) == 1
    (record,) = Store(tmp_path).records()
    assert record.status == "cancelled"
    assert len(Store(tmp_path).finished_units(record.id)) == 1


def test_the_module_runs_as_a_program() -> None:
    command = [sys.executable, "-m", "core", "run", "nowhere.csv"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "The file `nowhere.csv` cannot be opened: No such file or directory.\n"


def test_a_rare_class_is_merged_or_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = str(Path(__file__).resolve().parents[1] / "cases" / "class_of_three_rows.csv")
    typed = ["run", case, "--target", "kind", "--strategies", "logistic", "--json", "--quiet", "--runs", str(tmp_path)]
    assert main(typed) == 2
    assert "merge it into another class" in capsys.readouterr().err
    assert main([*typed, "--leave-out", "worst"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert sorted(figures["classes"]) == ["bad", "ok"]
    results = Store(tmp_path).results(figures["run"])
    assert sum(len(result.y_true) for result in results) == 117


def test_a_plan_of_years_is_refused_unless_it_is_asked_for_twice(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["run", "page_blocks", "--target", "not_text", "--epochs", "5000", "--patience", "0"]
    arguments += ["--batch-size", "1"]
    assert main([*arguments, "--hidden-layers", "2048,2048,2048", "--folds", "50", "--repeats", "100"]) == 2
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith("This plan takes about ")
    assert said.endswith(" years here: choose fewer strategies, folds or repeats, a smaller network or fewer epochs; "
                         "or add --yes to run it all the same.")  # fmt: skip


def test_a_plan_that_does_not_fit_is_cut_or_refused_before_anything_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("core.api.free_memory", lambda: 2**20)
    arguments = ["run", "abalone_9_vs_18", "--target", "rings", "--strategies", "plain,smote", "--quiet"]
    assert main([*arguments, "--runs", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("plain needs about 0.")
    assert "GiB are free: leave it out, take a smaller network" in said
    assert not list(tmp_path.iterdir())


def test_groups_time_and_a_gap_are_split_by(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    days = pd.date_range("2024-01-01", periods=400, freq="6h")
    frame = pd.DataFrame({"day": days, "card": rng.integers(0, 30, 400), "x": rng.normal(size=400)})
    frame.assign(card="c" + frame["card"].astype(str), y=np.arange(400) % 3 == 0).to_csv(tmp_path / "t.csv")
    typed = ["run", str(tmp_path / "t.csv"), "--target", "y", "--strategies", "logistic", "--folds", "3", "--json"]
    typed += ["--group", "card", "--time", "day", "--gap", "2", "--no-time-as-feature", "--runs", str(tmp_path / "r")]
    assert main(typed) == 0
    printed, said = capsys.readouterr()
    figures = json.loads(printed)
    assert "The gap of 2 days in `day` leaves out up to" in said
    assert any("no `card` is both in earlier and in later rows" in words for words in figures["warnings"])
    assert figures["columns_left_out"]["day"] == "It orders the rows."
    split = Store(tmp_path / "r").records()[0].plan.split
    assert (split.group, split.time, split.gap, split.no_features) == ("card", "day", 2.0, {"day"})


def test_columns_are_settled_by_options_and_what_is_open_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(0)
    days = [f"{1 + row % 12:02d}/{1 + row // 12 % 12:02d}/2024" for row in range(200)]
    ages = np.where(np.arange(200) % 20 == 3, -999, rng.integers(20, 80, 200))
    frame = pd.DataFrame({"age": ages, "paid": days, "fee": rng.lognormal(size=200), "y": np.arange(200) % 3 == 0})
    frame.to_csv(tmp_path / "t.csv", index=False)
    typed = ["run", str(tmp_path / "t.csv"), "--target", "y", "--strategies", "logistic", "--folds", "2"]
    typed += ["--runs", str(tmp_path / "r")]
    assert main(typed) == 0
    said = capsys.readouterr().err
    assert "Then add --missing age=-999." in said
    assert "For the other, add --day-first paid." in said
    assert "Then add --time paid." in said
    settled = ["--missing", "age=-999", "--day-first", "paid", "--kind", "fee=ignored", "--time", "paid"]
    assert main([*typed, *settled, "--prepare", "age=scaling:robust"]) == 0
    assert "Then add" not in capsys.readouterr().err
    plan = next(record.plan for record in Store(tmp_path / "r").records() if record.plan.missing)
    assert (plan.missing, plan.day_first, plan.kinds) == (
        (("age", ("-999",)),), (("paid", True),), (("fee", "ignored"),)
    )  # fmt: skip
    assert plan.prepared == (("age", (("scaling", "robust"),)),)


def test_tuning_is_asked_for_and_what_it_chose_is_said(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    command = ["run", str(TABLE), "--target", "rings", "--strategies", "plain", "--network", "linear", "--tune"]
    where = ["--members", "1", "--folds", "2", "--epochs", "4", "--runs", str(tmp_path / "runs"), "--json"]
    assert main([*command, "8", *where]) == 0
    printed, said = capfd.readouterr()
    tuned = json.loads(printed)["tuned"]["plain"]
    assert set(tuned) == {"learning_rate", "weight_decay"}
    assert all(len(values) == 2 for values in tuned.values())
    assert "Plain network, tuned: " in said
    assert main([*command, "9", *where]) == 2
    assert "Trials must be 8, 16 or 32" in capfd.readouterr().err
