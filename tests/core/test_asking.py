"""Questions to a kept run, on the command line and from a notebook."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.asking import ask, results_of
from core.cli import main
from core.evaluation.sample import sample_run
from core.reporting.questions import QuestionError, questions
from core.runs.store import Store, StoreError


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder, run = tmp_path_factory.mktemp("runs"), sample_run()
    store = Store(folder)
    run_id = store.create(run.plan, run.problem.table, "People")
    for fold in range(3):
        store.write_unit(run_id, f"r000-f{fold:03d}", [r for r in run.folds if r.fold == fold])
    store.set_status(run_id, "finished")
    return folder, run_id


@pytest.mark.parametrize("key", questions())
def test_the_command_line_says_what_the_library_says(
    key: str, kept: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, run_id = kept
    assert main(["ask", key, run_id, "--runs", str(folder), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    expected = ask(results_of(Store(folder), "People"), key)
    assert printed == json.loads(json.dumps(expected.as_json()))
    assert main(["ask", key, run_id[:20], "--runs", str(folder)]) == 0
    assert expected.sentences[0] in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["promis", "People"], "choice"),
        (["promise", "Nobody"], "There is no run 'Nobody': the newest is"),
        (["promise", "People", "--recall", "2"], "Recall is 2: choose a value from 0.01 to 0.999."),
        (["promise", "People", "--class", "maybe"], "There is no class 'maybe'"),
        (["promise", "People", "--recall", "much"], "see python -m core ask promise --help."),
    ],
)
def test_bad_input_is_one_sentence(
    arguments: list[str], words: str, kept: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ask", *arguments, "--runs", str(kept[0])]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert err.count("\n") == 1


def test_what_is_not_known_is_named_with_what_is(kept: tuple[Path, str]) -> None:
    results = results_of(Store(kept[0]), kept[1])
    with pytest.raises(QuestionError, match="no question 'promises': did you mean `promise`"):
        ask(results, "promises")
    with pytest.raises(QuestionError, match="no option 'recal': "):
        ask(results, "promise", recal=0.9)
    with pytest.raises(StoreError, match="There is no run ''"):
        results_of(Store(kept[0]), "")
