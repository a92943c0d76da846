"""The setting ``KEYCASK``, read in one place.

``KEYCASK`` is a dictionary. ``VAULT`` must be there; the rest has defaults::

    KEYCASK = {
        "VAULT": BASE_DIR / "var/keys.db",
        "PREFIX": "acme_live",
        "SCOPES": ["reports:read", "reports:write"],
        "TRUSTED_PROXIES": ["127.0.0.1"],
    }
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from keycask import Key, Vault
from keycask._web.client import Clients
from keycask._web.presented import DEFAULT_HEADER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from django.http import HttpRequest

__all__ = ["Fault", "Settings", "faults", "owner_of", "settings"]

HEADER = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*")
PREFIX = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def owner_of(request: HttpRequest) -> str | None:
    """The owner whose keys a logged-in user may manage: the user's primary key, as text."""
    return str(request.user.pk) if request.user.is_authenticated else None


def email_of(request: HttpRequest) -> str | None:
    """The user's own address."""
    return getattr(request.user, "email", None) or None


def no_user(key: Key) -> Any:
    """What ``USER`` is where nothing is set: a user of the key's own, without a row in the database."""
    from keycask.django.users import KeyUser

    return KeyUser(key)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What ``KEYCASK`` says; each field is the setting of the same name in capitals."""

    vault: Path | Vault
    """The vault's file. Tests may give a ``keycask.Vault``."""
    prefix: str | None = None
    """The prefix that presented keys must have, and that new ones get."""
    pepper: bytes | tuple[bytes, ...] | None = field(default=None, repr=False)
    """The vault's pepper; with older ones behind it while it is changed."""
    header: str | None = DEFAULT_HEADER
    """The header that holds a secret and nothing else; ``None`` for none."""
    authorization: str | None = "Authorization"
    """The header that holds it as a bearer's; ``None`` where bearers' tokens are another system's."""
    schemes: tuple[str, ...] = ("Bearer",)
    """Its schemes, where clients of another system send theirs: ``"Api-Key"``, ``"Token"``."""
    trusted_proxies: tuple[str, ...] = ()
    """The proxies that are believed: addresses, networks, and ``"unix"`` for a Unix socket."""
    request_id_header: str | None = "X-Request-ID"
    """The header by whose value the audit log knows a request; ``None`` for none."""
    require_https: bool = False
    """Whether secrets that came without TLS are refused."""
    scopes: tuple[str, ...] = ()
    """The scopes that customers may choose for keys of their own."""
    expires_in: timedelta | None = None
    """How long keys of theirs live at most."""
    rotate_after: timedelta | None = None
    """When a notice tells them to rotate."""
    owner: Callable[[HttpRequest], str | None] = owner_of
    """Whose keys a logged-in user manages: a function of the request, or its path. ``None`` for nobody's."""
    email: Callable[[HttpRequest], str | None] = email_of
    """Where notices of their keys go: a function of the request, or its dotted path."""
    user: Callable[[Key], Any] = no_user
    """Who ``request.user`` is behind a key (Django REST framework): a function of the key, or its path."""


class Fault(NamedTuple):
    """What is wrong with ``KEYCASK``, and what to do."""

    id: str
    message: str
    hint: str


@cache
def settings() -> Settings:
    """What ``KEYCASK`` says; ``ImproperlyConfigured`` where it can't be used."""
    given: dict[str, Any] = getattr(django_settings, "KEYCASK", {})
    for fault in faults(given):
        raise ImproperlyConfigured(f"{fault.message} {fault.hint}")
    return Settings(**{name.lower(): FORMS[name].read(value) for name, value in given.items()})


def faults(given: Any) -> Iterator[Fault]:
    """Everything that is wrong with a value of ``KEYCASK``; nothing is opened for it."""
    if not isinstance(given, dict):
        yield Fault(
            "E001", "KEYCASK must be a dictionary.", 'Set KEYCASK = {"VAULT": BASE_DIR / "var/keys.db"}.'
        )
        return
    given = cast("dict[str, Any]", given)
    for name in given:
        if name not in FORMS:
            yield Fault("E002", f"KEYCASK has no setting {name!r}.", f"There are {', '.join(sorted(FORMS))}.")
    if "VAULT" not in given:
        yield Fault("E003", "KEYCASK lacks VAULT.", 'Set KEYCASK["VAULT"] to the path of the vault\'s file.')
    for name, value in given.items():
        form = FORMS.get(name)
        wrong = form.wrong(value) if form else None
        if form and wrong:
            yield Fault("E004", f'KEYCASK["{name}"] is wrong: {wrong}.', form.hint)


def _vault(value: object) -> str | None:
    named = isinstance(value, Vault | os.PathLike) or (isinstance(value, str) and value)
    return None if named else "it is no path"


def _prefix(value: object) -> str | None:
    if value is None or (isinstance(value, str) and 2 <= len(value) <= 24 and PREFIX.fullmatch(value)):
        return None
    return f"{value!r} can't be a key's prefix"


def _listed(value: object) -> list[Any] | None:
    return list(cast("list[Any]", value)) if isinstance(value, list | tuple) else None


def _pepper(value: object) -> str | None:
    given = [value] if isinstance(value, bytes) else _listed(value)
    if value is None:
        return None
    if given is None or not all(isinstance(one, bytes) for one in given):
        return "it is neither bytes nor a list of bytes"
    return "it has fewer than 32 bytes" if any(len(one) < 32 for one in given) else None


def _words(value: object) -> str | None:
    given = _listed(value)
    listed = given is not None and all(isinstance(word, str) and word for word in given)
    return None if listed else "it is no list of texts"


def _header(value: object) -> str | None:
    named = value is None or (isinstance(value, str) and HEADER.fullmatch(value))
    return None if named else f"{value!r} is no header's name"


def _networks(value: object) -> str | None:
    given = _listed(value)
    if given is None:
        return "it is no list"
    for one in given:
        try:
            Clients([one])
        except ValueError:
            return f"{one!r} is neither an address nor a network"
    return None


def _yes_or_no(value: object) -> str | None:
    return None if isinstance(value, bool) else f"{value!r} is neither True nor False"


def _duration(value: object) -> str | None:
    lasts = value is None or (isinstance(value, timedelta) and value > timedelta(0))
    return None if lasts else f"{value!r} is no duration"


def _function(value: object) -> str | None:
    if callable(value):
        return None
    try:
        found = import_string(value) if isinstance(value, str) else None
    except ImportError as error:
        return str(error)
    return None if callable(found) else f"{value!r} is no function"


def _as_it_is(value: Any) -> Any:
    return value


def _read_vault(value: Any) -> Path | Vault:
    return value if isinstance(value, Vault) else Path(value)


def _read_pepper(value: Any) -> Any:
    return value if value is None or isinstance(value, bytes) else tuple(value)


def _read_networks(value: Any) -> tuple[str, ...]:
    return tuple(str(network) for network in value)


def _read_function(value: Any) -> Any:
    return import_string(value) if isinstance(value, str) else value


class Form(NamedTuple):
    """The form of a setting: what is wrong with a value, what to do then, and how it is read."""

    wrong: Callable[[object], str | None]
    hint: str
    read: Callable[[Any], Any] = _as_it_is


FORMS: Mapping[str, Form] = {
    "VAULT": Form(_vault, 'Give a path, such as BASE_DIR / "var/keys.db".', _read_vault),
    "PREFIX": Form(_prefix, 'Give 2 to 24 small letters and digits, in words joined by "_": "acme_live".'),
    "PEPPER": Form(_pepper, "Read it from a file outside of the repository, as bytes.", _read_pepper),
    "HEADER": Form(_header, 'Name a header, such as "X-API-Key", or give None.'),
    "AUTHORIZATION": Form(_header, 'Name a header, such as "Authorization", or give None.'),
    "SCHEMES": Form(_words, 'List schemes, such as ["Bearer", "Token"].', tuple),
    "REQUEST_ID_HEADER": Form(_header, 'Name a header, such as "X-Request-ID", or give None.'),
    "TRUSTED_PROXIES": Form(
        _networks, 'List the addresses of your proxies, such as ["127.0.0.1", "10.0.0.0/8"].', _read_networks
    ),
    "REQUIRE_HTTPS": Form(_yes_or_no, "Behind a proxy, set SECURE_PROXY_SSL_HEADER as well."),
    "SCOPES": Form(_words, 'List the scopes that customers may choose, such as ["reports:read"].', tuple),
    "EXPIRES_IN": Form(_duration, "Give a timedelta, such as timedelta(days=90), or None."),
    "ROTATE_AFTER": Form(_duration, "Give a timedelta, such as timedelta(days=90), or None."),
    "EMAIL": Form(
        _function, "Name a function that takes the request and returns an address.", _read_function
    ),
    "OWNER": Form(
        _function, "Name a function that takes the request and returns the owner's id.", _read_function
    ),
    "USER": Form(_function, "Name a function that takes the keycask.Key and returns a user.", _read_function),
}
"""The settings that there are."""
