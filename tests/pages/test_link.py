"""Plans in the address: opened by a link, and written back with every change."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from core.links import from_query
from tests.pages.conftest import APP


def visit(page: str | None = None, **query: str) -> AppTest:
    """Open an address in a new tab."""
    app = AppTest.from_file(str(APP), default_timeout=60)
    if page is not None:
        app = app.run().switch_page(f"pages/{page}.py")
    for name, value in query.items():
        app.query_params[name] = value
    opened = app.run()
    assert not opened.exception
    return opened


def address(app: AppTest) -> dict[str, str]:
    return {name: value[0] if isinstance(value, list) else value for name, value in app.query_params.items()}


def test_a_link_opens_the_table_and_the_plan() -> None:
    query = {"table": "abalone_9_vs_18", "target": "rings", "strategies": "plain,smote(k_neighbors=3)", "folds": "3"}
    for page in (None, "strategies"):
        plan = visit(page, **query).session_state["session"].plan
        assert [choice.key for choice in plan.strategies] == ["plain", "smote(k_neighbors=3)"]
        assert (plan.target, plan.split.folds) == ("rings", 3)


def test_every_change_is_in_the_address_and_opens_elsewhere(abalone: AppTest) -> None:
    page = abalone.switch_page("pages/strategies.py").run()
    page = page.checkbox(key="use_smote").uncheck().run()
    next(box for box in page.number_input if box.label == "Seed").set_value(5)
    page = next(button for button in page.button if button.label == "Apply without running").click().run()
    plan = page.session_state["session"].plan
    assert from_query(address(page)).plan == plan
    assert plan.split.seed == 5
    other = visit("strategies", **address(page))
    assert other.session_state["session"].plan == plan


def test_an_address_that_this_tab_wrote_earlier_takes_nothing_back(abalone: AppTest) -> None:
    """A press may come from a page that still shows the address before last."""
    page = abalone.switch_page("pages/strategies.py").run()
    before = address(page)
    page = page.checkbox(key="use_smote").uncheck().run()
    for name, value in before.items():
        page.query_params[name] = value
    page = page.checkbox(key="use_plain").uncheck().run()
    keys = [choice.key for choice in page.session_state["session"].plan.strategies]
    assert "smote" not in keys
    assert "plain" not in keys


def test_a_link_to_a_table_of_ones_own_waits_for_the_file() -> None:
    app = visit(file="mine.csv", target="bought", strategies="plain,focal", seed="9")
    assert "bring the file below" in app.info[0].value
    assert app.session_state["session"].table is None
    rows = "\n".join(f"{i},{'yes' if i % 10 == 0 else 'no'}" for i in range(100))
    after = app.file_uploader(key="upload").upload("mine.csv", f"size,bought\n{rows}\n".encode(), "text/csv").run()
    assert not after.exception
    plan = after.session_state["session"].plan
    assert ([choice.key for choice in plan.strategies], plan.split.seed) == (["plain", "focal"], 9)


def test_a_broken_link_gets_a_sentence_and_the_page_works() -> None:
    app = visit(table="yeast", strategies="magic")
    assert "magic" in app.error[0].value
    after = app.button(key="sample_yeast").click().run()
    assert not after.exception
    assert not after.error
    assert after.session_state["session"].table is not None
