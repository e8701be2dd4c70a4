"""With sign-in set up, nobody sees anything before it, and nobody else's runs after it."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.runs.people import folder_of, person_of
from core.runs.store import Store
from tests.pages.conftest import APP
from tests.pages.test_compare import a_run, opened

PROVIDER = {"redirect_uri": "http://localhost/oauth2callback", "google": {"client_id": "x"}, "okta": {"client_id": "y"}}


class User(dict):  # type: ignore[type-arg]
    """Stands for ``st.user``: what Streamlit says of whoever looks at the page."""

    def to_dict(self) -> dict[str, object]:
        return dict(self)


def signed_in(name: str) -> User:
    return User(is_logged_in=True, iss="https://id.example", sub=name, email=f"{name}@example.org")


def store_of(runs: Path, name: str) -> Store:
    return Store(folder_of(runs, person_of(signed_in(name))))


def page_for(monkeypatch: pytest.MonkeyPatch, user: User) -> AppTest:
    monkeypatch.setattr(st, "user", user)
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.secrets["auth"] = PROVIDER
    return app


def test_nobody_sees_a_page_before_signing_in(monkeypatch: pytest.MonkeyPatch, runs_folder: Path) -> None:
    app = page_for(monkeypatch, User(is_logged_in=False)).run()
    assert not app.exception
    assert [button.label for button in app.button] == ["Sign in with Google", "Sign in with Okta"]
    assert [title.value for title in app.title] == ["Counterweight"]


@pytest.mark.parametrize("page", ["pages/compare.py", "pages/history.py"])
def test_a_page_that_is_run_past_the_door_shows_no_run(
    monkeypatch: pytest.MonkeyPatch, runs_folder: Path, page: str
) -> None:
    run_id = a_run(Store(runs_folder), 3)
    app = page_for(monkeypatch, User(is_logged_in=False)).run().switch_page(page)
    app.query_params["run"] = run_id
    app = app.run()
    assert not app.exception
    assert "Shells" not in str(app.main)
    assert not app.dataframe


def test_a_person_sees_their_own_runs_and_no_others(monkeypatch: pytest.MonkeyPatch, runs_folder: Path) -> None:
    theirs = a_run(store_of(runs_folder, "ann"), 3)
    without = a_run(Store(runs_folder), 3)
    app = page_for(monkeypatch, signed_in("ann")).run()
    assert opened(app, theirs).title[0].value == "Shells"
    other = page_for(monkeypatch, signed_in("bob")).run()
    for run_id in (theirs, without):
        page = opened(other, run_id)
        assert page.title[0].value == "Compare"
        assert "no run at this address" in page.warning[0].value
        assert not page.dataframe
    history = other.switch_page("pages/history.py").run()
    assert "No runs yet" in history.info[0].value


def test_who_cannot_be_told_from_others_gets_no_store(monkeypatch: pytest.MonkeyPatch, runs_folder: Path) -> None:
    page = page_for(monkeypatch, User(is_logged_in=True, name="Ann")).run().switch_page("pages/history.py").run()
    assert "names neither a subject" in page.error[0].value
    assert not page.exception


@pytest.mark.parametrize("people", [[], ["bob@example.org"], "ann@example.org", 5])
def test_who_is_not_on_the_list_sees_nothing_but_how_to_be_put_on_it(
    monkeypatch: pytest.MonkeyPatch, runs_folder: Path, people: object
) -> None:
    app = page_for(monkeypatch, signed_in("ann"))
    app.secrets["counterweight"] = {"people": people}
    page = app.run()
    assert not page.exception
    assert "may not use this app yet" in page.warning[0].value
    assert person_of(signed_in("ann")) in page.warning[0].value
    assert [button.label for button in page.button] == ["Sign out"]
    assert not page.file_uploader


def test_who_is_on_the_list_is_let_in(monkeypatch: pytest.MonkeyPatch, runs_folder: Path) -> None:
    app = page_for(monkeypatch, User(signed_in("ann"), email_verified=True))
    app.secrets["counterweight"] = {"people": ["ann@example.org"]}
    page = app.run()
    assert not page.exception
    assert page.file_uploader
