"""The app's own server, with sign-in set up: what it takes from whom."""

from __future__ import annotations

import json
import os
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from benchmarks._browser import start_server

SECRET = "a long random text"
SECRETS = f"""[auth]
redirect_uri = "http://localhost/oauth2callback"
cookie_secret = "{SECRET}"
client_id = "x"
client_secret = "y"
server_metadata_url = "http://localhost/none"

[counterweight]
people = ["ann@example.org"]
"""
ANN = {"is_logged_in": True, "iss": "x", "sub": "1", "email": "ann@example.org", "email_verified": True}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("home")
    (home / ".streamlit").mkdir()
    (home / ".streamlit" / "secrets.toml").write_text(SECRETS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        process, url = start_server(home / "runs")
    yield url
    os.killpg(process.pid, signal.SIGTERM)
    process.wait(20)


def cookie(claims: dict[str, object], secret: str = SECRET) -> str:
    return create_signed_value(secret, "_streamlit_user", json.dumps(claims)).decode()


def answer(url: str, login: str | None, method: str = "PUT") -> int:
    """Return the status of an upload, with the token that the server gives to every visitor."""
    headers = {} if login is None else {"Cookie": f"_streamlit_user={login}"}
    request = urllib.request.Request(f"{url}/_stcore/upload_file/a-session/a-file", b"x" * 1000, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_an_upload_without_a_login_is_refused_before_it_is_read(url: str) -> None:
    others = {**ANN, "email": "bob@example.org"}
    for login in (
        None, "", "junk", cookie(ANN, "another secret"), cookie({**ANN, "is_logged_in": False}), cookie(others),
        cookie({**ANN, "email_verified": False}),
    ):  # fmt: skip
        assert answer(url, login) == 401, login
        assert answer(url, login, "POST") == 401
        assert answer(url, login, "DELETE") == 401


def test_an_upload_with_a_login_reaches_streamlit(url: str) -> None:
    """It has no session here, and no token against forged requests: Streamlit itself says so."""
    assert answer(url, cookie(ANN)) in (400, 403)
    with urllib.request.urlopen(url, timeout=20) as page:
        assert page.status == 200
