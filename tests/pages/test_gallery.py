"""The gallery on the first page: finished comparisons to open, without computing anything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from streamlit.testing.v1 import AppTest

from core.data.samples import SAMPLES
from core.examples import examples
from core.gallery import cards
from core.runs.store import Store
from tests.pages.conftest import APP


def test_examples_are_cards_with_their_headline(app: AppTest) -> None:
    shown = " ".join(element.value for kind in (app.markdown, app.caption) for element in kind)
    shown = shown.replace("\\", "").replace("\u2060", "")
    for example in examples():
        assert example.record.name in shown
        assert example.headline.replace("`", chr(39)) in shown
        assert app.button(key=f"open_{example.record.id}")


def test_the_first_page_shows_an_answer_and_every_table_once(app: AppTest) -> None:
    counts = cards()[0].counts
    assert counts is not None
    picture = next(element.proto.body for element in app.get("html") if '"cw-waffle"' in element.proto.body)
    assert picture.count('<i class="cw-m">') == counts.missed + 1
    titles = [sample.title for sample in SAMPLES]
    assert sorted(b.label.removeprefix("Use ") for b in app.button if b.key.startswith("sample_")) == sorted(titles)
    assert len([b for b in app.button if b.key.startswith("open_")]) == len(titles)


def test_an_example_opens_is_marked_in_history_and_can_be_deleted(app: AppTest, runs_folder: Path) -> None:
    record = examples()[1].record
    page = app.button(key=f"open_{record.id}").click().run()
    assert not page.exception
    assert page.title[0].value.replace("\\", "") == record.name
    assert "What to use" in [head.value for head in page.subheader]
    assert any('"cw-waffle"' in element.proto.body for element in page.get("html"))
    page.session_state["history_shown"] = 1_000  # other tests' runs are newer, and the page shows the first twenty
    history = page.switch_page("pages/history.py").run()
    assert any("Example" in element.value for element in history.markdown)
    asked = history.button(key=f"ask_{record.id}").click().run()
    gone = asked.button(key=f"delete_{record.id}").click().run()
    assert not gone.exception
    assert record.id not in {one.id for one in Store(runs_folder).records()}
    assert app.switch_page("pages/data.py").run().button(key=f"open_{record.id}")


def test_a_link_to_an_example_works_where_nobody_opened_it(runs_folder: Path) -> None:
    record = examples()[0].record
    assert not Store(runs_folder).has(record.id)
    page = AppTest.from_file(str(APP), default_timeout=60).run().switch_page("pages/compare.py")
    page.query_params["run"] = record.id
    opened = page.run()
    assert not opened.exception
    assert not opened.warning
    assert opened.title[0].value.replace("\\", "") == record.name
    Store(runs_folder).delete(record.id)


def test_the_first_page_comes_without_the_libraries_that_runs_need() -> None:
    code = (
        "import ast, sys; from importlib import import_module; from pathlib import Path\n"
        "tree = ast.parse(Path('pages/data.py').read_text())\n"
        "names = [n.module for n in tree.body if isinstance(n, ast.ImportFrom) and n.module != '__future__']\n"
        "[import_module(name) for name in (*names, 'core.gallery', 'core.data.samples', 'core.charts.waffle')]\n"
        "print(sorted({'pandas', 'sklearn', 'imblearn', 'distributed'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=APP.parent, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
