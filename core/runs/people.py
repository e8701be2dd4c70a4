"""Whose runs are whose, where people sign in: one folder per person, named by a hash."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

_FOLDER = "people"


class UnknownPerson(ValueError):
    """The provider says nothing that tells a person from others.

    See Also
    --------
    person_of : Raises it.

    Examples
    --------
    >>> person_of({"name": "Ada"})
    Traceback (most recent call last):
        ...
    core.runs.people.UnknownPerson: The sign-in provider names neither a subject nor a verified e-mail address.
    """


def person_of(claims: Mapping[str, object]) -> str:
    """Return what names a signed-in person on disk: 32 hexadecimal digits.

    It follows from issuer and subject, which OpenID Connect promises to be unique and never to be given to
    somebody else (Core 1.0, section 5.7), or from the verified e-mail address where there is no subject.

    Raises
    ------
    UnknownPerson
        There is neither.

    Examples
    --------
    >>> claims = {"iss": "https://id.example.org", "sub": "24601"}
    >>> len(person_of(claims)), person_of(claims) == person_of({**claims, "email": "new@example.org"})
    (32, True)
    """
    subject, email = claims.get("sub"), verified_email(claims)
    if isinstance(subject, str) and subject:
        name = f"sub\0{claims.get('iss', '')}\0{subject}"
    elif email is not None:
        name = f"email\0{email}"
    else:
        raise UnknownPerson("The sign-in provider names neither a subject nor a verified e-mail address.")
    return sha256(name.encode()).hexdigest()[:32]


def verified_email(claims: Mapping[str, object]) -> str | None:
    """Return a person's e-mail address in lower case where the provider vouches for it, else None.

    Elsewhere anybody may have typed it in.

    >>> verified_email({"email": "Ada@Example.org", "email_verified": True})
    'ada@example.org'
    >>> verified_email({"email": "ada@example.org"}) is None
    True
    """
    email = claims.get("email")
    vouched = claims.get("email_verified") is True
    return email.strip().casefold() if vouched and isinstance(email, str) and email.strip() else None


def is_admitted(claims: Mapping[str, object], people: Sequence[str] | None) -> bool:
    """Return whether a signed-in person is on the list of those who may use the app.

    Parameters
    ----------
    people : sequence of str or None
        E-mail addresses; ``@example.org`` for all of a domain; or what :func:`person_of` returns, for who has no
        verified address. None where there is no list: then everybody who can sign in may.

    Examples
    --------
    >>> is_admitted({"email": "ada@example.org", "email_verified": True}, ["@example.org"])
    True
    """
    if people is None:
        return True
    allowed = {entry.strip().casefold() for entry in people}
    email = verified_email(claims)
    if email is not None and (email in allowed or "@" + email.rpartition("@")[2] in allowed):
        return True
    try:
        return person_of(claims) in allowed
    except UnknownPerson:
        return False


def folder_of(root: Path, person: str) -> Path:
    """Return the store's folder of one person below the folder of all runs.

    See Also
    --------
    folders : All of them.

    Examples
    --------
    >>> folder_of(Path("runs"), "0123abcd").as_posix()
    'runs/people/0123abcd'
    """
    return root / _FOLDER / person


def folders(root: Path) -> tuple[Path, ...]:
    """Return every store below the folder of all runs: the one for use without sign-in, then one per person.

    See Also
    --------
    folder_of : That of one person.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as root:
    ...     folder_of(Path(root), "0123abcd").mkdir(parents=True)
    ...     [folder.relative_to(root).as_posix() for folder in folders(Path(root))]
    ['.', 'people/0123abcd']
    """
    return (root, *sorted(path for path in (root / _FOLDER).glob("*") if path.is_dir() and not path.is_symlink()))
