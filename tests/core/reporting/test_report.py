"""The report: one file with everything in it, which nothing in a table can turn against its reader."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

import core
from core import NetworkChoice, Plan, Results, SplitSettings, TrainingSettings, parse_strategies
from core.data.samples import load_sample
from core.data.table import from_frame
from core.decision.stakes import Stakes
from core.reporting.asked import asked
from core.reporting.report import report

HOSTILE = "<script>alert(1)</script> </title> $x$ `a` \"'"


class Page(HTMLParser):
    """What a browser would find in a file: tags with their attributes, and the text between them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._raw = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._raw += tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._raw -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._raw:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def results_of(table: core.Table, target: str, strategies: str) -> Results:
    plan = Plan(
        target,
        parse_strategies(strategies),
        networks=(NetworkChoice.of("mlp", hidden_layers=(8,)),),
        training=TrainingSettings(epochs=3),
        split=SplitSettings(folds=3),
    )
    return core.run(table, plan, progress=False)


@pytest.fixture(scope="module")
def shells() -> Results:
    return results_of(load_sample("abalone_9_vs_18"), "rings", "plain, smote, threshold_f1")


def test_it_holds_data_verdict_figures_tables_plan_and_references(shells: Results) -> None:
    text = report(shells, "Shells")
    page = Page(text)
    assert "731 rows" in page.text
    assert "Best on F1" in page.text
    assert f"{shells.comparison.strategies[1].mean['roc_auc']:.3f}" in page.text
    for words in ("Early stopping after 8 epochs", "Chawla et al. (2002)", "Nadeau and Bengio (2003)", "tensorflow 2."):
        assert words in page.text
    drawn = sum(len(answer.drawings) for answer in asked(shells))
    assert [tag for tag, _ in page.tags].count("figure") == 7 - 1 + drawn
    assert len(re.findall(r"Plotly\.newPlot\(", text)) >= 6


def test_plotly_is_there_once_and_nothing_is_asked_of_a_network(shells: Results) -> None:
    text = report(shells)
    assert text.count("plotly.js v") == 1
    page = Page(text)
    asked = [(tag, attrs) for tag, attrs in page.tags if "src" in attrs or tag in ("link", "iframe", "img", "base")]
    assert asked == []
    policy = next(attrs["content"] for tag, attrs in page.tags if attrs.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert "http" not in policy
    assert len(text) < 6_000_000


def test_metrics_say_by_whose_decisions_they_are_where_others_are_settled(shells: Results) -> None:
    said = Stakes(rule="cheapest").beside_metrics
    assert said not in Page(report(shells)).text
    assert said in Page(report(replace(shells, stakes=Stakes(rule="cheapest")))).text


def test_hostile_names_stay_text() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({HOSTILE: rng.normal(size=90), "b": rng.normal(size=90)})
    frame["<img src=x onerror=alert(2)>"] = np.where(frame[HOSTILE] + rng.normal(size=90) > 1, HOSTILE, "</script>")
    table = from_frame(frame, HOSTILE)
    target = next(name for name in table.frame.columns if "onerror" in name)
    text = report(results_of(table, target, "plain, random_over"), HOSTILE)
    page = Page(text)
    assert not [tag for tag, attrs in page.tags if tag == "img" or any(name.startswith("on") for name in attrs)]
    scripts = [tag for tag, _ in page.tags].count("script")
    assert scripts == [
        tag for tag, _ in Page(report(results_of(load_sample("abalone_9_vs_18"), "rings", "plain, random_over"))).tags
    ].count("script")
    assert "alert(1)" in page.text
    assert [tag for tag, _ in page.tags].count("title") == 1


def test_a_strategy_without_a_result_is_named(shells: Results) -> None:
    table = load_sample("abalone_9_vs_18")
    failed = results_of(table, "rings", "plain, cost_weight(costs=(0,1,2))")
    page = Page(report(failed))
    assert "Without a result" in page.text
    assert "needs 2 × 2 = 4 numbers" in page.text
