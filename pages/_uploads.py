"""The app's server takes no file from anybody who has not signed in."""

from __future__ import annotations

import json

import streamlit as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.auth_util import get_cookie_with_chunks
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from core.runs.people import is_admitted
from pages._person import is_sign_in_set_up, people

_UPLOADS = "/_stcore/upload_file/"


class UploadGate:
    """Middleware around Streamlit's server: where sign-in is set up, it refuses uploads without a login.

    Streamlit gives every visitor a session, the sign-in page's too, and keeps in memory what is uploaded to one.
    The refusal comes before the body is read.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        upload = scope["type"] == "http" and _UPLOADS in scope["path"] and scope["method"] not in ("OPTIONS", "HEAD")
        if upload and is_sign_in_set_up() and not _may_upload(Request(scope)):
            await PlainTextResponse("Sign in before you upload a file.", 401)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _may_upload(request: Request) -> bool:
    """Return whether a request carries the login cookie, signed by this server, of a person who is let in."""
    secret = get_cookie_secret()

    def part(name: str) -> bytes | None:
        given = request.cookies.get(name)
        return None if given is None else decode_signed_value(secret, name, given.encode("latin-1", "replace"))

    try:
        claims = json.loads(get_cookie_with_chunks(part, USER_COOKIE_NAME) or b"null")
        return isinstance(claims, dict) and claims.get("is_logged_in") is True and is_admitted(claims, people())
    except (ValueError, RecursionError, st.errors.StreamlitAPIException):
        return False
