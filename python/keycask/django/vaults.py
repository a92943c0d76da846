"""The vault of this process, and the gates to it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from django.core.signals import setting_changed

from keycask import KeyRejectedError, Vault
from keycask._web.gate import Gate
from keycask._web.request import WsgiRequest
from keycask._web.vaults import Vaults
from keycask.django import conf

if TYPE_CHECKING:
    from django.http import HttpRequest

    from keycask._web.client import Client

__all__ = ["client_of", "gate", "presents", "vault", "vaults", "web_request"]


def vault() -> Vault:
    """The vault that ``KEYCASK`` names, opened at the first call and shared by the whole process.

    It may be used before a fork, as ``gunicorn --preload`` does. A vault that isn't there is an error at each
    call, a ``keycask.VaultError``, and never created: a folder that isn't mounted must not become an empty
    vault. Where ``KEYCASK`` changes, as by ``override_settings``, the next call opens what it names then.
    """
    return vaults().get()


@cache
def vaults() -> Vaults:
    """What opens the vault, and opens it anew where its handle failed."""
    given = conf.settings().vault
    return Vaults(given if isinstance(given, Vault) else _open)


def _open() -> Vault:
    settings = conf.settings()
    given = settings.vault
    return given if isinstance(given, Vault) else Vault(given, pepper=settings.pepper)


@cache
def gate(prefix: str | None = None) -> Gate:
    """What lets requests in whose keys have the prefix: that of the settings where none is given."""
    settings = conf.settings()
    return Gate(
        vaults(),
        prefix=prefix or settings.prefix,
        header=settings.header,
        authorization=settings.authorization,
        schemes=settings.schemes,
        trusted_proxies=settings.trusted_proxies,
        request_id_header=settings.request_id_header,
        require_https=settings.require_https,
    )


def web_request(request: HttpRequest) -> WsgiRequest:
    """The request as the gate reads it; Django knows its scheme from ``SECURE_PROXY_SSL_HEADER`` too."""
    return WsgiRequest(request.META, scheme=request.scheme)


def client_of(request: HttpRequest) -> Client:
    """Who sent a request, for the audit log."""
    return gate().clients.of(web_request(request))


def presents(request: WsgiRequest) -> bool:
    """Whether a request presents a key, good or bad."""
    try:
        return gate().headers.find(request) is not None
    except KeyRejectedError:
        return True


def _forget(*, setting: str, **_: Any) -> None:
    """Forgets what was read; a handle that something still uses is closed by its last user."""
    if setting == "KEYCASK":
        for remembered in (conf.settings, vaults, gate):
            remembered.cache_clear()


setting_changed.connect(_forget, dispatch_uid="keycask")
