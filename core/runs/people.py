"""Whose runs are whose, where people sign in: a folder each, named by a hash."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

_FOLDER = "people"


class UnknownPerson(ValueError):
    """The provider told nothing by which a person could be told from others."""


def person_of(claims: Mapping[str, object]) -> str:
    """Return what names a signed-in person on disk: 32 hexadecimal digits.

    It follows from issuer and subject, which OpenID Connect promises to be unique and never to be given to
    somebody else (Core 1.0, section 5.7), or from the verified e-mail address where there is no subject.

    Raises
    ------
    UnknownPerson
        There is neither.
    """
    subject, email = claims.get("sub"), claims.get("email")
    if isinstance(subject, str) and subject:
        name = f"sub\0{claims.get('iss', '')}\0{subject}"
    elif isinstance(email, str) and email and claims.get("email_verified", True) is True:
        name = f"email\0{email.casefold()}"
    else:
        raise UnknownPerson("The sign-in provider names neither a subject nor a verified e-mail address.")
    return sha256(name.encode()).hexdigest()[:32]


def folder_of(root: Path, person: str) -> Path:
    """Return the store's folder of one person below the folder of all runs."""
    return root / _FOLDER / person


def folders(root: Path) -> tuple[Path, ...]:
    """Return every store below the folder of all runs: the one for use without sign-in, then one a person."""
    return (root, *sorted(path for path in (root / _FOLDER).glob("*") if path.is_dir() and not path.is_symlink()))
