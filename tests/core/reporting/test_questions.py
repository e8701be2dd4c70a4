"""Every question has an answer for the page, the command line and programs, or says in one sentence why not."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from core.asking import ask
from core.data.problem import Problem
from core.data.table import from_frame
from core.decision.stakes import Stakes
from core.evaluation.sample import sample_run
from core.reporting.questions import Answer, Column, QuestionError, Subject, questions
from core.reporting.results import Results


@cache
def results() -> Results:
    run = sample_run()
    return Results(run.problem, run.folds)


def answer_to(key: str) -> Answer:
    return questions()[key]().answer(Subject.of(results()))


@pytest.mark.parametrize("key", questions())
def test_it_is_named_explained_and_answered(key: str) -> None:
    question = questions()[key]
    assert question.key == key
    assert question.help.endswith(".")
    answer = answer_to(key)
    assert answer.title == question.title
    assert answer.sentences
    for sentence in (*answer.sentences, *answer.notes, *(drawing.caption for drawing in answer.drawings)):
        assert sentence.endswith((".", "?")), sentence
        assert "nan" not in sentence.split(), sentence
    assert set(answer.columns) <= set(answer.table.columns)
    plain = json.loads(json.dumps(answer.as_json(), allow_nan=False))
    assert len(plain["rows"]) == len(answer.table)
    assert answer.title in str(answer)
    assert "<h4>" in answer._repr_html_()


@pytest.mark.parametrize("key", questions())
def test_an_option_outside_its_range_is_one_sentence(key: str) -> None:
    question = questions()[key]
    for each in dataclasses.fields(question):
        if isinstance(each.default, str | bool):
            continue
        for bound, step in (("low", -1), ("high", 1)):
            if each.metadata[bound] is not None:
                with pytest.raises(QuestionError, match=each.name.replace("_", " ").capitalize()):
                    question(**{each.name: each.metadata[bound] + step})
        with pytest.raises(QuestionError, match="choose a value"):
            question(**{each.name: float("nan")})


@pytest.mark.parametrize("key", ["capacity", "net_benefit", "costs", "threshold", "promise", "calibration"])
def test_the_first_sentence_says_where_the_recommended_strategy_stands(key: str) -> None:
    options = {"recall": 0.5, "confidence": 0.8} if key == "promise" else {}
    subject = Subject.of(results())
    for advised in subject.keys:
        answer = questions()[key](**options).answer(dataclasses.replace(subject, advised=advised))
        leads = {answer.table["Strategy"].iloc[row] for row in answer.best}
        assert answer.best[0] == 0, "the best comes first"
        name = subject.names[advised]
        assert (name in leads) != (f"The recommended {name}" in answer.sentences[0]), answer.sentences[0]


def test_a_lead_within_the_intervals_is_level_and_equal_strategies_are_named_together() -> None:
    subject = Subject.of(results())
    smote = subject.pooled[subject.keys.index("smote")]
    twins = dataclasses.replace(
        subject,
        pooled=(*subject.pooled, dataclasses.replace(smote, key="twin")),
        names={**subject.names, "twin": "Twin"},
    )
    said = questions()["capacity"](rows=250).answer(twins).sentences[0]
    assert "SMOTE and Twin find 80.0%" in said
    assert "The recommended Plain network (72.2%) is level with them, as the intervals overlap." in said
    assert questions()["net_benefit"](threshold=0.5).answer(twins).best == (0, 1)


def test_the_ends_of_an_interval_are_read_in_one_cell() -> None:
    answer = answer_to("capacity")
    read = answer.for_reading()
    assert {"Recall, low", "Recall, high"} <= set(answer.table)
    assert not {"Recall, low", "Recall, high"} & set(read.table)
    assert read.table["Recall, interval"].str.fullmatch(r"\d+\.\d% to \d+\.\d%").all()


def test_cells_are_written_as_people_read_them() -> None:
    assert Column("whole").written(np.float64(12345.6)) == "12,346"
    assert Column("number", digits=1).written(0.25) == "0.2"
    assert Column("percent").written(np.nan) == "–"
    assert Column("text").written("a") == "a"


def test_a_capacity_by_period_says_what_periods_lack() -> None:
    subject = Subject.of(results())
    question = questions()["capacity"]
    answer = question(rows=2, per="unit", by="age").answer(subject)
    assert "In 24 of them there are fewer rows than can be looked at: all are." in answer.sentences
    assert "In 18 of them no row is `yes`: what is looked at there finds nothing." in answer.sentences
    assert answer.table["Recall"].tolist() == [1.0, 1.0]
    assert answer.drawings[0].title == "Found by unit of age"
    assert "The test rows are from 24 units of age: 20 to 66." in answer.sentences
    by_alone = question(rows=2, by="age").answer(subject)
    assert by_alone.sentences == answer.sentences
    when = pd.Timestamp("2025-01-01") + pd.to_timedelta(np.arange(24) // 8, "D")
    dated = from_frame(results().problem.table.frame.assign(when=when), "people.csv")
    on = replace(subject, problem=Problem.of(dated, results().plan))
    by_day, by_month = (" ".join(question(rows=2, per=per).answer(on).sentences) for per in ("day", "month"))
    assert "The test rows are from 3 days: 2025-01-01 to 2025-01-03." in by_day
    assert "The test rows are from 1 month: 2025-01." in by_month
    with pytest.raises(QuestionError, match=r"Of 1,000 rows 2,000 cannot be looked at: choose 1,000 or fewer\."):
        question(rows=2000).answer(subject)
    with pytest.raises(QuestionError, match="No column says when a row is from"):
        question(per="day").answer(subject)
    with pytest.raises(QuestionError, match="holds numbers, not dates"):
        question(per="day", by="age").answer(subject)


@pytest.mark.parametrize("key", ["slices", "errors", "classes", "pairs", "better"])
def test_what_counts_decisions_follows_the_settled_rule_and_says_so(key: str) -> None:
    stakes = Stakes(rule="one", threshold=0.05)
    settled = Results(sample_run().problem, sample_run().folds, stakes=stakes)
    options = {"slices": {"column": "age"}, "pairs": {"metric": "recall"}, "better": {"metric": "recall"}}.get(key, {})
    own, answer = (ask(one, key, **options) for one in (results(), settled))
    assert stakes.decided_by in answer.notes
    assert stakes.decided_by not in own.notes
    assert answer.sentences != own.sentences or not answer.table.equals(own.table)
    # Every row is called the class.
    if key == "classes":
        assert answer.table.set_index("Class").loc[["yes", "no"], "Recall"].tolist() == [1.0, 0.0]
    if key == "errors":
        assert answer.sentences[0] == "All 2 strategies are wrong on 18 of 18 rows of `no` (100%)."
    if key == "pairs":
        assert answer.table["Lead"].tolist() == [0.0]


def test_more_than_two_classes_are_decided_by_each_strategys_own_rule_which_is_said() -> None:
    run = sample_run()
    frame = run.problem.table.frame.assign(fraud=["yes", "no", "maybe"] * 8)
    three = replace(Subject.of(results()), problem=Problem.of(from_frame(frame, "three.csv"), run.plan))
    rows, said = replace(three, stakes=Stakes(rule="one", threshold=0.05)).settled
    assert rows == three.pooled
    assert said == (
        "Decisions are each strategy's own: a settled rule speaks of one class, and there are more than two."
    )


def test_checked_rows_are_doubted_no_more() -> None:
    every = questions()["suspects"](every=True)
    rows = every.answer(Subject.of(results())).table["Row"].tolist()
    assert len(rows) == 24
    checked = every.answer(Subject.of(results(), checked=frozenset({rows[0] - 1})))
    assert checked.table["Row"].tolist() == rows[1:]
    assert "1 row marked as checked left out." in checked.notes


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"column": "agee"}, "no column `agee`: did you mean `age`?"),
        ({"column": "fraud"}, "`fraud` is the target"),
        ({"strategy": "smoth"}, "no strategy 'smoth': did you mean `smote`?"),
    ],
)
def test_slices_of_what_is_not_there_are_one_sentence(options: dict[str, str], words: str) -> None:
    with pytest.raises(QuestionError, match=words.replace("?", r"\?")):
        questions()["slices"](**options).answer(Subject.of(results()))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"miss": "amount"}, "no column `amount` to take costs from"),
        ({"miss": "-3"}, "is -3"),
        ({"decide": "luck"}, "no way to decide"),
        ({"decide": "one"}, "needs a threshold"),
        ({"decide": "rows"}, "needs costs that a column gives"),
    ],
)
def test_costs_that_cannot_be_used_are_one_sentence(options: dict[str, str], words: str) -> None:
    with pytest.raises(QuestionError, match=words):
        questions()["costs"](**options).answer(Subject.of(results()))
