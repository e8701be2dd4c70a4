"""The views of a run: thresholds, calibration, classes and errors."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk
from streamlit.elements.widgets.button import ButtonMixin
from streamlit.testing.v1 import AppTest

from core.data.samples import load_sample
from core.decision.costs import CostError
from core.evaluation.comparison import compare
from core.runs.store import Store
from pages import _report
from pages._stakes import costs_of
from pages._view import VIEWS
from tests.pages.test_compare import PLAN, a_run, captions, fold_results, opened, view


@pytest.fixture
def page(app: AppTest, runs_folder: Path) -> AppTest:
    return opened(app, a_run(Store(runs_folder), 3))


def frame(page: AppTest, starts: str) -> pd.DataFrame:
    return next(one.value for one in page.dataframe if one.value.columns[0] == starts)


def test_the_threshold_view_starts_with_the_counts_of_the_overview(app: AppTest, runs_folder: Path) -> None:
    store = Store(runs_folder)
    run = store.create(PLAN, load_sample("abalone_9_vs_18"))
    results = []
    for fold in range(3):
        # As a threshold tuned on validation rows does: it differs from fold to fold and is far from 0.5.
        cut = 0.05 + 0.1 * fold
        tuned = [
            replace(r, threshold=cut, decisions=(r.probabilities[:, 1] >= cut).astype(np.int64))
            for r in fold_results(fold)
        ]
        store.write_unit(run, f"r000-f{fold:03d}", tuple(tuned))
        results += tuned
    store.set_status(run, "finished")
    table = frame(view(opened(app, run), "threshold"), "Strategy")
    shown = compare(results, PLAN, ("9", "18")).strategies
    for i, summary in enumerate(shown):
        (quiet, alarm), (miss, hit) = summary.confusion
        assert table.loc[i, ["Found", "Missed", "False alarms", "Correctly ignored"]].tolist() == [
            hit,
            miss,
            alarm,
            quiet,
        ]
        assert hit > 0


def test_one_threshold_moves_every_strategy(page: AppTest) -> None:
    page = view(page, "threshold")
    page = page.segmented_control(key="threshold_rule").set_value("one").run()
    moved = page.slider(key="threshold").set_value(0.2).run()
    assert not moved.exception
    table = frame(moved, "Strategy")
    folds = [fold_results(fold) for fold in range(3)]
    for i in (0, 1):
        y = np.concatenate([results[i].y_true for results in folds])
        p = np.concatenate([results[i].probabilities[:, 1] for results in folds]).astype(float)
        (quiet, alarm), (miss, hit) = sk.confusion_matrix(y, p >= 0.2)
        assert table.loc[i, ["Found", "Missed", "False alarms", "Correctly ignored"]].tolist() == [
            hit,
            miss,
            alarm,
            quiet,
        ]
        assert table.loc[i, "F1"] == pytest.approx(sk.f1_score(y, p >= 0.2))
        assert table.loc[i, "Cost"] == pytest.approx(1000 * (alarm + 10 * miss) / len(y))
        assert table.loc[i, "Own threshold"] == 0.5
        assert table.loc[i, "Cost at best threshold"] <= table.loc[i, "Cost"]
    # A calibrated probability of 1 in 11 is worth an alarm when a miss costs ten.
    assert "would be 0.091" in captions(moved)


def test_a_share_outside_0_and_1_gets_one_sentence(page: AppTest) -> None:
    page = view(page, "threshold")
    wrong = page.number_input(key="field_share").set_value(100.0).run()
    assert not wrong.exception
    assert "choose one between 0 and 1" in wrong.error[0].value
    assert [one.key for one in wrong.dataframe] == ["costs_Costs_1"]
    right = wrong.number_input(key="field_share").set_value(0.5).run()
    assert not right.error
    assert "0.5% in the field" in captions(right)


def entered(rows: list[list[float | None]]) -> pd.DataFrame:
    numbers = pd.DataFrame(rows, columns=["called_rest", "called_class"], dtype=object)
    return numbers.assign(Truth=["a", "b"])


def test_costs_come_from_the_table_of_four_numbers() -> None:
    costs = costs_of(entered([[0, 1], [12.5, 0]]), False, 2.0)
    assert costs.matrix == ((0.0, 1.0), (12.5, 0.0))
    assert costs.prevalence == 0.02
    with pytest.raises(CostError, match="missing"):
        costs_of(entered([[0, None], [1, 0]]), False, None)
    with pytest.raises(CostError, match="is -1"):
        costs_of(entered([[0, -1], [1, 0]]), False, None)


def test_calibration_with_and_without_prior_correction(page: AppTest) -> None:
    page = view(page, "calibration")
    table = frame(page, "Strategy")
    p = np.concatenate([fold_results(fold)[1].probabilities[:, 1] for fold in range(3)])
    y = np.concatenate([fold_results(fold)[1].y_true for fold in range(3)])
    assert table.loc[1, "Mean probability"] == pytest.approx(p.mean(), rel=1e-5)
    assert table.loc[1, "Brier"] == pytest.approx(sk.brier_score_loss(y, p), rel=1e-5)
    assert table.loc[0, "Observed share"] == pytest.approx(42 / 731)
    assert len(page.get("plotly_chart")) == 2
    corrected = page.segmented_control(key="calibration_side").set_value("With prior correction").run()
    assert not corrected.exception
    pills = next(one for one in corrected.multiselect if one.label == "Strategies to draw")
    nothing = pills.set_value([]).run()
    assert "at least one strategy" in nothing.info[0].value


def test_classes_and_where_their_errors_go(page: AppTest) -> None:
    page = view(page, "classes")
    assert page.selectbox(key="flow_strategy").value == "class_weight"  # the recommended one
    page = page.selectbox(key="flow_strategy").set_value("plain").run()
    assert len(page.get("plotly_chart")) == 2
    y, d = (
        np.concatenate([getattr(fold_results(fold)[0], name) for fold in range(3)]) for name in ("y_true", "decisions")
    )
    missed = int(((y == 1) & (d == 0)).sum())
    said = " ".join(element.value for element in page.markdown)
    assert f"{missed} of 42 rows of **18** ({missed / 42:.0%}) are called **9**" in said
    other = page.selectbox(key="flow_strategy").set_value("class_weight").run()
    assert not other.exception
    assert said != " ".join(element.value for element in other.markdown)


def test_rows_that_go_wrong_with_their_columns(page: AppTest) -> None:
    page = view(page, "errors")
    table = frame(page, "Row")
    both = [[fold_results(fold)[i] for fold in range(3)] for i in (0, 1)]
    rows = np.concatenate([one.test_rows for one in both[0]])
    y = np.concatenate([one.y_true for one in both[0]])
    d = np.stack([np.concatenate([one.decisions for one in strategy]) for strategy in both])
    lost = (d != y).all(axis=0)
    assert sorted(table["Row"]) == sorted(rows[lost] + 1)
    assert (table["Plain network"] != table["True class"]).all()
    assert "rings" in table.columns
    assert (table["rings"].astype(str) == table["True class"]).all()
    said = " ".join(element.value for element in page.markdown)
    assert f"disagree on {int((d[0] != d[1]).sum())} of 731 rows" in said
    rare = page.segmented_control(key="error_kind").set_value("disagree").run()
    pills = next(one for one in rare.pills if one.label == "Show only these true classes").set_value([1]).run()
    assert not pills.exception
    assert set(frame(pills, "Row")["True class"]) == {"18"}
    assert pills.get("download_button")


def test_a_view_needs_no_network_and_no_second_strategy(app: AppTest, runs_folder: Path) -> None:
    """A run with one strategy that keeps no history opens in every view."""
    store = Store(runs_folder)
    plan = replace(PLAN, strategies=PLAN.strategies[:1])
    run_id = a_run(store, 0, plan=plan)
    store.write_unit(run_id, "r000-f000", [replace(fold_results(0)[0], history=None)])
    page = opened(app, run_id)
    for one in VIEWS:
        shown = view(page, one.key)
        assert not shown.exception
        assert shown.subheader or shown.dataframe or shown.info


def test_the_code_of_the_leader_is_shown_and_another_can_be_picked(page: AppTest) -> None:
    page = view(page, "code")
    picked = page.selectbox(key="code_strategy")
    first = page.code[0].value
    compile(first, "script.py", "exec")
    other = next(choice.key for choice in PLAN.strategies if choice.key != picked.value)
    changed = picked.set_value(other).run()
    assert not changed.exception
    assert changed.code[0].value != first
    assert len(changed.get("download_button")) == 2


def test_the_report_and_the_results_can_be_downloaded(page: AppTest) -> None:
    page = view(page, "report")
    assert [one.proto.label for one in page.get("download_button")] == [
        "Download the report",
        "Results, CSV",
        "Folds, Parquet",
        "Table, LaTeX",
        "Plan, JSON",
    ]


def test_a_report_is_written_once_and_when_it_is_asked_for(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    written, offered, write, button = [], [], _report.write, ButtonMixin._download_button

    def counted(*given: object) -> bytes:
        written.append(given)
        return write(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(_report, "write", counted)

    def noted(self: ButtonMixin, label: str, data: Callable[[], bytes], *args: object, **kwargs: object) -> bool:
        offered.append(data)
        return button(self, label, data, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(ButtonMixin, "_download_button", noted)
    page = view(page, "report")
    assert not written
    first = offered[0]()
    assert first.startswith(b"<!DOCTYPE html>")
    page.run()
    assert offered[5]() is first
    assert len(written) == 1


def test_styles_are_for_what_the_pages_show() -> None:
    pages = Path(__file__).parents[2] / "pages"
    styled = set(re.findall(r"\.st-key-(\w+)", (pages / "_frame.py").read_text()))
    shown = "".join(path.read_text() for path in pages.glob("*.py"))
    assert styled
    assert [key for key in styled if f'"{key}"' not in shown] == []
