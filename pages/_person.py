"""Whose page it is: signing in, and the folder of the runs of whoever has."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from pages._text import plain, sentence


def runs_folder() -> Path:
    """Return the folder that holds the runs."""
    from core.runs import store

    return store.runs_folder()


def is_sign_in_set_up() -> bool:
    """Return whether Streamlit's ``[auth]`` is in the secrets."""
    return bool(st.secrets.load_if_toml_exists() and st.secrets.get("auth"))


def people() -> tuple[str, ...] | None:
    """Return who may use the app, by the ``people`` of ``[counterweight]`` in the secrets; None where all may.

    A list that cannot be read lets nobody in.
    """
    own = st.secrets.get("counterweight", {}) if st.secrets.load_if_toml_exists() else {}
    given = own.get("people") if hasattr(own, "get") else ()
    if given is None:
        return None
    if not isinstance(given, list | tuple) or not all(isinstance(name, str) for name in given):
        return ()
    return tuple(given)


def my_runs() -> Path:
    """Return the folder that holds the runs of whoever looks at the page; nobody else's can be reached from it."""
    from core.runs.people import UnknownPerson, folder_of, is_admitted, person_of

    claims = st.user.to_dict()
    if "is_logged_in" not in claims:
        return runs_folder()  # no sign-in is set up: one person on one machine
    if not claims["is_logged_in"] or not is_admitted(claims, people()):
        st.stop()
    try:
        folder = folder_of(runs_folder(), person_of(claims))
    except UnknownPerson as error:
        st.error(sentence(error), icon=":material/error:")
        st.stop()
    if folder.is_symlink():
        st.error("Your folder of runs is a link to somewhere else, so it is not opened.", icon=":material/error:")
        st.stop()
    return folder


def sign_in() -> None:
    """Where Streamlit's ``[auth]`` is set up, let nobody in who has not signed in."""
    claims = st.user.to_dict()
    if "is_logged_in" not in claims:
        return
    if claims["is_logged_in"]:
        with st.sidebar:
            st.caption(f"Signed in as {plain(claims.get('email') or claims.get('name') or 'you')}")
            st.button("Sign out", icon=":material/logout:", on_click=st.logout)
        admit(claims)
        return
    st.title("Counterweight", anchor=False)
    st.markdown("Compare balancing strategies on your imbalanced table. Only you can see your tables and runs.")
    auth = st.secrets.get("auth", {})
    names = [str(name) for name, value in auth.items() if hasattr(value, "items")]
    for name in names or [""]:
        label = "Sign in" if not name else f"Sign in with {plain(name.title())}"
        st.button(
            label,
            type="primary",
            icon=":material/login:",
            key=f"sign_in_{name}",
            on_click=st.login,
            args=(name or None,),
        )  # fmt: skip
    st.stop()


def admit(claims: Mapping[str, object]) -> None:
    """Let in those on the list of people, and tell the others how to get onto it."""
    from core.runs.people import UnknownPerson, is_admitted, person_of

    if is_admitted(claims, people()):
        return
    st.title("Counterweight", anchor=False)
    try:
        way_in = f"Ask whoever runs it to add your e-mail address or this to its list of people: {person_of(claims)}"
    except UnknownPerson:
        way_in = "Your provider names neither a subject nor a verified e-mail address by which you could be added."
    st.warning(f"You are signed in, but you may not use this app yet. {sentence(way_in)}", icon=":material/lock:")
    st.stop()
