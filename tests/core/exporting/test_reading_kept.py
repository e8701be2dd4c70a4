"""What reading the training table decided is kept to wherever rows are scored: app, script and estimator."""

from __future__ import annotations

import json
import runpy
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.data.preparation import CategoryStep, Preparation
from core.data.table import Table, read_table
from core.data.target import encode_target
from core.estimator import StrategyClassifier
from core.exporting import Scorer, keras_model
from core.exporting.bundle import SCRIPTS, decision
from core.exporting.inputs import readings_of
from core.exporting.new_rows import aligned, match, read_rows
from core.exporting.onnx_networks import build_dense
from core.networks.mlp import Mlp
from core.networks.scoring import OnnxNetworks
from core.networks.trained import TrainedNetwork
from core.words import TableError
from tests.core.data.reading import CASES
from tests.core.exporting.conftest import run_scripts


@dataclass(frozen=True, eq=False)
class Model:
    """A model of random weights on the way of a table into it, and new rows."""

    table: Table
    scorer: Scorer
    network: TrainedNetwork
    rows: bytes

    def frame(self, rows: bytes | None = None) -> tuple[pd.DataFrame, tuple[str, ...]]:
        """Return what the app makes of the rows."""
        steps = self.scorer.preparation.steps
        new = read_rows(rows or self.rows, "rows.csv", self.scorer.reading, self.scorer.target)
        return aligned(steps, new, match(steps, [], new), self.scorer.reading, self.table.frame)


def model(training: bytes, target: str, rows: bytes | None = None) -> Model:
    table = read_table(training, "training.csv")
    labels = encode_target(table, target).labels
    preparation = Preparation.fit(table.frame, table.features(target))
    width, rng = len(preparation.feature_names), np.random.default_rng(0)
    layers = [(width, 4), (4,), (4, 1 if len(labels) == 2 else len(labels)), (1 if len(labels) == 2 else len(labels),)]
    weights = tuple(rng.normal(size=shape).astype(np.float32) for shape in layers)
    networks = OnnxNetworks(build_dense([weights], len(labels)).SerializeToString())
    scorer = Scorer(target, labels, preparation, networks, threshold=0.5, reading=readings_of(table, preparation))
    network = TrainedNetwork.of(Mlp(hidden_layers=(4,)).build(width, layers[-1][0]), len(labels))
    network = replace(network, weights=weights)
    return Model(table, Scorer.from_bytes(scorer.to_bytes()), network, training if rows is None else rows)


def case(name: str) -> bytes:
    return (CASES / f"{name}.csv").read_bytes()


def lines(separator: str, header: str, quote: str = "") -> str:
    """Return a table with decimal commas where these do not separate, words that are not ASCII, and marks."""
    rng = np.random.default_rng(1)
    point = "." if separator == "," else ","
    rows = []
    for i in range(80):
        number = "-" if i % 20 == 7 else f"{rng.normal():.3f}".replace(".", point)
        word = ("süß", "herb", "N.A.", "NA")[i % 4]
        day = f"{i % 12 + 1:02d}.{i % 11 + 1:02d}.2024" if i else "31.12.2023"
        rows.append(separator.join((number, f"{quote}{word}{quote}", day, f"{i % 7:03d}", ("no", "yes")[i % 3 == 0])))
    return "\n".join(([header] if header else []) + rows) + "\n"


WITHOUT_CLASS = "\n".join(line.rpartition(",")[0] for line in lines(",", "").splitlines())
HEADER = "size,taste,day,code,class"
MODELS: dict[str, Callable[[], Model]] = {
    "days": lambda: model(case("trained_day_first"), "fraud", case("new_rows_days_up_to_12")),
    "dots": lambda: model(case("three_dots_are_missing"), "y"),
    "money": lambda: model(case("money_shares_units_dates"), "y"),
    "codes": lambda: model(case("NA_is_a_value"), "region"),
    "semicolons": lambda: model(lines(";", HEADER.replace(",", ";")).encode(), "class"),
    "tabs, Latin-1": lambda: model(lines("\t", HEADER.replace(",", "\t")).encode("cp1252"), "class"),
    "UTF-16": lambda: model(lines("|", HEADER.replace(",", "|")).encode("utf-16"), "class"),
    "no header": lambda: model(lines(",", "").encode(), "column 5"),
    "no header, no class": lambda: model(
        lines(",", "").encode(), "column 5", WITHOUT_CLASS.encode()
    ),
    "doubled names": lambda: model(lines(",", "x,x,day, x ,class").encode(), "class"),
    "spaces": lambda: model((CASES / "space_separated.txt").read_bytes(), "column 4"),
    "quoted NA": lambda: model(lines(",", HEADER, '"').encode(), "class"),
    "another separator": lambda: model(
        lines(";", HEADER.replace(",", ";")).encode(), "class", lines("\t", HEADER.replace(",", "\t")).encode()
    ),
    "formulas": lambda: model(
        lines(",", HEADER).replace("herb", "=1+1").replace("size", "@size").encode(), "class"
    ),
    "a title above": lambda: model(lines(",", HEADER).encode(), "class", b"\n" + lines(",", HEADER).encode()),
}  # fmt: skip


@pytest.fixture(scope="module")
def models() -> dict[str, Model]:
    return {name: make() for name, make in MODELS.items()}


@pytest.fixture(scope="module")
def scored(models: dict[str, Model], lone_python: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the folders of all models after each one's own script has scored its rows."""
    folders = {}
    for name, one in models.items():
        folder = folders[name] = tmp_path_factory.mktemp("package")
        (folder / "model.keras").write_bytes(keras_model.to_bytes(keras_model.build(one.scorer, [one.network])))
        (folder / "decision.json").write_text(decision(one.scorer), encoding="utf-8")
        for file, path in SCRIPTS.items():
            (folder / file).write_bytes(path.read_bytes())
        (folder / "rows.csv").write_bytes(one.rows)
    said = run_scripts(lone_python, list(folders.values()))
    assert "count as missing" not in said
    return folders


@pytest.mark.parametrize("name", MODELS)
def test_the_script_reads_as_the_app_does(models: dict[str, Model], scored: dict[str, Path], name: str) -> None:
    one = models[name]
    frame, said = one.frame()
    assert said == ()
    wanted = one.scorer.probabilities(frame)
    got = pd.read_csv(scored[name] / "scored.csv", keep_default_na=False)
    columns = [f"probability {label}" for label in one.scorer.classes]
    columns = columns[1:] if len(columns) == 2 else columns
    np.testing.assert_allclose(got[columns].to_numpy(float), wanted[:, -len(columns) :], atol=1e-5, rtol=0)
    assert np.ptp(wanted[:, -1]) > 0.01
    if len(one.scorer.classes) == 2:
        assert json.loads((scored[name] / "decision.json").read_text())["reading"] == json.loads(
            json.dumps(one.scorer.reading.plain())
        )


@pytest.mark.parametrize("name", [name for name in MODELS if name not in ("days", "another separator")])
def test_the_training_tables_own_rows_are_read_as_they_were(models: dict[str, Model], name: str) -> None:
    one = models[name]
    frame, _ = one.frame()
    np.testing.assert_array_equal(one.scorer.preparation.encode(frame), one.scorer.preparation.encode(one.table.frame))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "The file is empty"),
        (b" \n\n", "The file is empty"),
        (b"x,mark,y\n", "column names but no rows"),
        (b"x,y\n1,good\n", "The file has no column mark."),
        (None, "rows.csv cannot be opened: No such file"),
    ],
    ids=["empty", "blank", "header alone", "a column short", "no file"],
)
def test_the_script_refuses_rows_in_a_sentence(
    scored: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, says: str
) -> None:
    rows = tmp_path / "rows.csv"
    if content is not None:
        rows.write_bytes(content)
    assert says in refusal_of(scored["dots"], monkeypatch, [str(rows)])


def test_the_script_says_how_it_is_called(scored: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    assert "python predict.py new_rows.csv scored.csv" in refusal_of(scored["dots"], monkeypatch, [])


def refusal_of(folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> str:
    """Return what a folder's script says as it gives up."""
    monkeypatch.setattr(sys, "argv", ["predict.py", *arguments])
    monkeypatch.setattr(sys, "path", list(sys.path))
    try:
        with pytest.raises(SystemExit) as caught:
            runpy.run_path(str(folder / "predict.py"), run_name="__main__")
    finally:
        for name in ("reading", "safe_csv"):
            sys.modules.pop(name, None)
    return str(caught.value)


def test_the_scored_table_of_the_script_holds_no_formula(scored: dict[str, Path]) -> None:
    text = (scored["formulas"] / "scored.csv").read_text(encoding="utf-8")
    assert text.startswith("'@size,")
    assert ",'=1+1," in text
    assert ",=1+1" not in text


def test_a_day_stays_a_day(models: dict[str, Model]) -> None:
    frame, said = models["days"].frame()
    assert said == ()
    assert frame["when"].iloc[1] == pd.Timestamp("2024-02-09")
    wanted = pd.to_datetime(pd.read_csv(CASES / "new_rows_days_up_to_12.csv")["when"], format="%d/%m/%Y")
    assert frame["when"].tolist() == wanted.tolist()


def test_the_estimator_keeps_to_what_it_read() -> None:
    training, new = (pd.read_csv(CASES / f"{name}.csv") for name in ("trained_day_first", "new_rows_days_up_to_12"))
    fitted = StrategyClassifier("plain", hidden_layers=(), epochs=2, random_state=0).fit(
        training.drop(columns="fraud"), training["fraud"]
    )
    dated = {step.name for step in fitted._preparation.dense if step.input_kind == "date"}
    assert dated == {"when"}
    known = training.drop(columns="fraud").merge(new, on=list(new.columns))
    assert len(known) >= len(new)
    as_moments = new.assign(when=pd.to_datetime(new["when"], format="%d/%m/%Y"))
    np.testing.assert_allclose(fitted.predict_proba(new), fitted.predict_proba(as_moments), atol=1e-9)
    with pytest.warns(UserWarning, match=r"`when`: 2 values such as `2024\.02\.09` cannot be read"):
        fitted.predict(new.assign(when=["2024.02.09"] * 2 + list(new["when"][2:])))


def test_what_does_not_fit_is_missing_and_said_with_its_count(models: dict[str, Model]) -> None:
    one = models["semicolons"]
    rows = "size;taste;day;code\n1.5;süß;2024-01-31;001\n1,5;herb;31.01.2024;9\n-;herb;01/31/2024;002\n"
    frame, said = one.frame(rows.encode())
    assert frame["size"].tolist()[1] == 1.5
    assert frame["size"].isna().tolist() == [True, False, True]
    assert frame["day"].isna().tolist() == [True, False, True]
    assert said == (
        "Column `size` should hold numbers written as `1234,5`: 1 value such as `1.5` is not and counts as missing.",
        "Column `day` should hold dates written as `31.12.2024`: 2 values such as `2024-01-31` are not and count as "
        "missing.",
        "Column `code` has 1 text that the model has no level for, such as `9`, in 1 row.",
    )


def test_rows_without_names_of_another_width_are_refused(models: dict[str, Model]) -> None:
    with pytest.raises(TableError, match=r"3 columns and no names.*its 5 columns in the same order"):
        models["no header"].frame(b"1,2,3\n4,5,6\n")


def test_rare_levels_of_the_training_table_are_no_surprise() -> None:
    rare = [f"rare {i % 90}" if i % 3 == 1 else "common" for i in range(300)]
    training = "\n".join(["level,x,y", *(f"{level},{i % 50 / 8},{i % 3 == 0}" for i, level in enumerate(rare))])
    one = model(training.encode(), "y")
    step = next(step for step in one.scorer.preparation.steps if isinstance(step, CategoryStep))
    assert step.rare
    assert one.frame()[1] == ()
    said = one.frame(training.replace("rare 7,", "unheard of,", 1).encode())[1]
    assert said == ("Column `level` has 1 text that the model has no level for, such as `unheard of`, in 1 row.",)
