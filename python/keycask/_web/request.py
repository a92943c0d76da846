"""A request as ASGI or WSGI gives it, as far as it is of interest here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["AsgiRequest", "Request", "WsgiRequest"]


class Request(Protocol):
    """What is asked of a request."""

    @property
    def method(self) -> str:
        """The method, in capitals; a websocket's is ``GET``."""
        ...

    @property
    def scheme(self) -> str:
        """The scheme by which the request reached the server."""
        ...

    @property
    def peer(self) -> str:
        """The address at the other end of the socket; empty where that is a Unix socket."""
        ...

    def header(self, name: str) -> list[str]:
        """The values of a header, each as Latin-1."""
        ...


class AsgiRequest:
    """A request or a websocket's handshake by the scope of ASGI."""

    def __init__(self, scope: Mapping[str, Any]) -> None:
        self._scope = scope

    @property
    def method(self) -> str:
        """The method, in capitals; a websocket's is ``GET``."""
        return str(self._scope.get("method", "GET"))

    @property
    def scheme(self) -> str:
        """The scheme by which the request reached the server."""
        return str(self._scope.get("scheme", "http"))

    @property
    def peer(self) -> str:
        """The address at the other end of the socket; empty where that is a Unix socket."""
        client = self._scope.get("client")
        return str(client[0]) if client else ""

    def header(self, name: str) -> list[str]:
        """The values of a header, each as Latin-1."""
        wanted = name.lower().encode("latin-1")
        return [value.decode("latin-1") for found, value in self._scope["headers"] if found == wanted]


class WsgiRequest:
    """A request by the environment of WSGI, or Django's ``META``.

    A server of WSGI has already joined the values of a header that was sent more than once, with commas.
    Where the framework knows the scheme better than the environment, it says so.
    """

    def __init__(self, environ: Mapping[str, Any], *, scheme: str | None = None) -> None:
        self._environ = environ
        self._scheme = scheme

    @property
    def method(self) -> str:
        """The method, in capitals."""
        return str(self._environ.get("REQUEST_METHOD", "GET")).upper()

    @property
    def scheme(self) -> str:
        """The scheme by which the request reached the server."""
        return self._scheme or str(self._environ.get("wsgi.url_scheme", "http"))

    @property
    def peer(self) -> str:
        """The address at the other end of the socket; empty where that is a Unix socket."""
        return str(self._environ.get("REMOTE_ADDR") or "")

    def header(self, name: str) -> list[str]:
        """The values of a header, each as Latin-1: one at most."""
        variable = name.upper().replace("-", "_")
        if variable not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
            variable = "HTTP_" + variable
        value = self._environ.get(variable)
        return [] if value is None or (value == "" and variable[:5] != "HTTP_") else [str(value)]
