"""The report has what was asked of the run, with one page at its head for a reader with one minute."""

from __future__ import annotations

import html
import re

from core.decision.costs import Costs
from core.decision.stakes import Stakes
from core.evaluation.sample import sample_run
from core.reporting.asked import ASKED, asked
from core.reporting.questions import questions
from core.reporting.report import report
from core.reporting.results import Results
from core.settings import CapacitySettings


def test_every_answer_is_in_the_report_and_the_first_page_quotes_what_was_settled() -> None:
    run = sample_run()
    stakes = Stakes(Costs(((0.0, 1.0), (33.0, 0.0))), capacity=CapacitySettings(250))
    results = Results(run.problem, run.folds, stakes=stakes)
    answers = asked(results)
    assert [answer.title for answer in answers] == [questions()[key].title for key in ASKED]
    text = report(results, "People", answers=answers)
    head = text[: text.index("<h2>Data</h2>")]
    for answer in answers:
        assert f"<h2>{html.escape(answer.title)}</h2>" in text
        first = re.sub("`([^`]*)`", r"<code>\1</code>", html.escape(answer.sentences[0], quote=False))
        quoted = answer.title not in ("Pairs", "Thresholds", "Classes")
        assert (html.unescape(first) in html.unescape(head)) is quoted
    assert "Looking at the 250 most likely of every 1,000 rows" in html.unescape(head)
    one = Results(run.problem, run.folds, stakes=Stakes(rule="one", threshold=0.05))
    # Everybody is flagged: the recall on the first page is that of the settled threshold.
    assert "<td>1.000" in report(one, "People", answers=()).partition("<h2>Why</h2>")[0]
    unsettled = Results(run.problem, run.folds)
    head = report(unsettled, "People").partition("<h2>Why</h2>")[0]
    assert "<strong>Net benefit</strong>" in head
    assert "<strong>Costs</strong>" not in head
    assert "What was settled" not in head
    assert "a miss 33" in text
    assert text.count("<figure") >= 4 + sum(len(answer.drawings) for answer in answers)


def test_a_run_without_a_whole_strategy_asks_nothing() -> None:
    run = sample_run()
    assert asked(Results(run.problem, ())) == ()
