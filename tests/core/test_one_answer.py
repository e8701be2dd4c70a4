"""The same sentence opens the report, the model's card, the command line's JSON and the export's choice."""

from __future__ import annotations

import html
import json

from core.cli import main
from core.evaluation.sample import sample_run
from core.exporting import suggested
from core.exporting.card import model_card
from core.exporting.refit import Refitted
from core.exporting.sample import sample_scorer
from core.reporting.report import report
from core.reporting.results import Results

RUN = sample_run()
RESULTS = Results(RUN.problem, RUN.folds)


def test_the_report_opens_on_it() -> None:
    assert RESULTS.advice is not None
    page = html.unescape(report(RESULTS)).replace("<code>", "`").replace("</code>", "`")
    for sentence in (RESULTS.advice.headline, *RESULTS.advice.why):
        assert sentence in page
    assert page.index(RESULTS.advice.headline) < page.index("<h2>Data</h2>")
    assert page.index(RESULTS.advice.headline) < page.index("Best on F1")


def test_the_card_opens_on_it_whatever_model_it_is_of() -> None:
    assert RESULTS.advice is not None
    model = Refitted(sample_scorer(), networks=())
    plain, smote = (model_card(RUN.problem, c, RUN.folds, model, "") for c in RUN.plan.strategies)
    for card in (plain, smote):
        assert RESULTS.advice.lead in card
        assert card.index(RESULTS.advice.lead) < card.index("## What it does")
        assert "these figures are what to expect" not in card
    assert "This is the model of SMOTE, which is not what the comparison recommends" in smote
    assert "which is not what" not in plain
    assert suggested(RESULTS.comparison, RUN.plan).key == RESULTS.advice.key


def test_the_command_line_says_it(tmp_path, capsys) -> None:  # type: ignore[no-untyped-def]
    table = tmp_path / "small.csv"
    rows = "\n".join(f"{i / 7:.3f},{(i * 7) % 10},{'yes' if i % 5 == 0 else 'no'}" for i in range(120))
    table.write_text(f"x,z,y\n{rows}\n")
    typed = ["run", str(table), "--target", "y", "--strategies", "plain,class_weight", "--folds", "3", "--epochs", "3"]
    typed += ["--runs", str(tmp_path / "runs"), "--hidden-layers", "4"]
    assert main([*typed, "--json", "--quiet"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert main([*typed, "--quiet"]) == 0
    text = capsys.readouterr().out
    recommendation = said["recommendation"]
    assert text.startswith(recommendation["sentences"][0].replace("`", "'"))
    assert recommendation["strategy"] in ("plain", "class_weight")
    assert all(set(check) == {"code", "text", "way_out", "keys"} for check in said["checks"])
