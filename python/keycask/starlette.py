"""API keys in Starlette, and what FastAPI takes from there.

``KeycaskBackend`` is an authentication backend, ``LifetimeMiddleware`` tells clients until when a superseded
key works::

    backend = KeycaskBackend("keys.db", prefix="acme_live")
    app = Starlette(
        routes=[Route("/reports", reports)],
        middleware=[Middleware(LifetimeMiddleware), backend.middleware()],
        lifespan=backend.lifespan,
    )

    @requires("reports:read")
    async def reports(request): ...  # request.user.key is the Key
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any

from starlette.authentication import AuthCredentials, AuthenticationBackend, AuthenticationError, BaseUser
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.responses import Response

from keycask._web.answers import RefusedError, lifetime_headers
from keycask._web.gate import Gate
from keycask._web.presented import DEFAULT_HEADER
from keycask._web.request import AsgiRequest
from keycask.errors import VaultError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable

    from starlette.requests import HTTPConnection
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from keycask._native import Key
    from keycask._web.answers import Answer
    from keycask._web.client import Address, Network
    from keycask._web.vaults import Vaults, VaultSource

__all__ = ["KeyRefusedError", "KeyUser", "KeycaskBackend", "LifetimeMiddleware"]

_log = logging.getLogger("keycask.web")

_TOLD = "keycask.lifetime"
"""Where in a scope the middleware looks for the headers of the request's key."""


class KeyRefusedError(HTTPException):
    """What a request is answered with that isn't let in, or can't be done.

    ``__cause__`` has the reason, a ``KeyRejectedError`` or a ``VaultError``, which the client isn't told.
    """

    def __init__(self, answer: Answer) -> None:
        headers = {name: value for name, value in answer.headers.items() if name != "Content-Type"}
        super().__init__(answer.status, headers=headers)
        self.answer = answer


def respond(answer: Answer) -> Response:
    """The answer as a response of Starlette's."""
    return Response(answer.body, answer.status, dict(answer.headers))


def refusal(connection: HTTPConnection, refused: RefusedError) -> KeyRefusedError:
    """The exception to raise, after the application was told how to answer it, unless it knows already.

    Where it can't be told, its handler of an ``HTTPException`` answers: the same status and headers.
    """
    handlers: Any = connection.scope.get("starlette.exception_handlers")
    if handlers:
        handlers[0].setdefault(KeyRefusedError, _answer)
    error = KeyRefusedError(refused.answer)
    error.__cause__ = refused.__cause__
    return error


async def _answer(connection: HTTPConnection, error: Exception) -> Response | None:
    assert isinstance(error, KeyRefusedError)  # noqa: S101
    return _denial(connection, error.answer)


def _denial(connection: HTTPConnection, answer: Answer) -> Response:
    """The answer; a bare refusal to a websocket whose server knows no other."""
    scope = connection.scope
    if scope["type"] == "http" or "websocket.http.response" in scope.get("extensions", {}):
        return respond(answer)
    return _Close()


class _Close(Response):
    """Refuses a websocket's handshake."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.close", "code": 1008})


def tell_lifetime(scope: Scope, key: Key) -> dict[str, str]:
    """The headers that tell until when the key works; ``LifetimeMiddleware`` sends them as well."""
    headers = lifetime_headers(key)
    if headers and _TOLD in scope:
        scope[_TOLD].update(headers)
    return headers


@contextlib.asynccontextmanager
async def open_while_serving(vaults: Vaults) -> AsyncGenerator[None]:
    """Opens the vault, and closes it in the end; one that was given open is flushed.

    A vault that can't be opened is told to the log, and looked for again at the first request.
    """
    _told_to_the_log(vaults.get)
    try:
        yield
    finally:
        await asyncio.to_thread(_told_to_the_log, vaults.close)


def _told_to_the_log(verb: Callable[[], object]) -> None:
    try:
        verb()
    except VaultError as error:
        _log.error("%s", error)


class LifetimeMiddleware:
    """Adds ``Sunset`` and ``Deprecation`` to whatever answers a request with a superseded key.

    For Starlette's backend; and for those routes of FastAPI that return a ``Response`` of their own, whose
    headers a dependency can't add to.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves the request."""
        told: dict[str, str] = {}

        async def sending(message: Message) -> None:
            if told and message["type"] in {"http.response.start", "websocket.accept"}:
                headers = list(message.get("headers", ()))
                there = {name.lower() for name, _ in headers}
                raw = ((name.lower().encode(), value.encode()) for name, value in told.items())
                message = {**message, "headers": headers + [one for one in raw if one[0] not in there]}
            await send(message)

        await self.app({**scope, _TOLD: told}, receive, sending)


class KeyUser(BaseUser):
    """Who is behind a request: the owner of its key."""

    def __init__(self, key: Key) -> None:
        self.key = key

    @property
    def is_authenticated(self) -> bool:
        """True."""
        return True

    @property
    def display_name(self) -> str:
        """The key's name, or the beginning of its secret."""
        return self.key.name or self.key.start

    @property
    def identity(self) -> str:
        """The key's owner."""
        return self.key.owner


class _Scopes(list[str]):
    """The scopes of a key, and those that they cover: ``reports:*`` has ``reports:read``."""

    def __init__(self, key: Key) -> None:
        super().__init__(["authenticated", *key.scopes])
        self._key = key

    def __contains__(self, scope: object) -> bool:
        return super().__contains__(scope) or (isinstance(scope, str) and self._key.has_scope(scope))


class _Credentials(AuthCredentials):
    """Starlette's own copy the scopes to a plain list."""

    def __init__(self, key: Key) -> None:
        super().__init__()
        self.scopes = _Scopes(key)


class _Error(AuthenticationError):
    def __init__(self, answer: Answer) -> None:
        super().__init__(f"answered with {answer.status}")
        self.answer = answer


class KeycaskBackend(AuthenticationBackend):
    """An authentication backend: ``request.user`` is a ``KeyUser``, ``request.auth.scopes`` the key's scopes.

    A request without a key is let in as nobody, for ``requires`` to judge (give it ``status_code=401``), or
    is refused where ``required``. A bad key is always refused, a websocket's by closing it, without more. The
    options are those of ``keycask.fastapi.KeycaskAuth``.
    """

    def __init__(
        self,
        vault: VaultSource,
        *,
        required: bool = False,
        prefix: str | None = None,
        header: str | None = DEFAULT_HEADER,
        authorization: str | None = "Authorization",
        schemes: Iterable[str] = ("Bearer",),
        trusted_proxies: Iterable[str | Network | Address] = (),
        request_id_header: str | None = "X-Request-ID",
        require_https: bool = False,
    ) -> None:
        self.gate = Gate(
            vault,
            prefix=prefix,
            header=header,
            authorization=authorization,
            schemes=schemes,
            trusted_proxies=trusted_proxies,
            request_id_header=request_id_header,
            require_https=require_https,
        )
        self.required = required

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, KeyUser] | None:
        """Whoever presents the key; ``None`` where there is none and none is required."""
        try:
            check = self.gate.check if self.required else self.gate.check_any
            key = check(AsgiRequest(conn.scope))
        except RefusedError as refused:
            raise _Error(refused.answer) from refused.__cause__
        if key is None:
            return None
        tell_lifetime(conn.scope, key)
        return _Credentials(key), KeyUser(key)

    @staticmethod
    def on_error(conn: HTTPConnection, error: AuthenticationError) -> Response:
        """What Starlette's middleware must be told to answer with: without it, it answers 400."""
        if not isinstance(error, _Error):
            raise error
        return _denial(conn, error.answer)

    def middleware(self) -> Middleware:
        """Starlette's middleware with this backend and its ``on_error``."""
        return Middleware(AuthenticationMiddleware, backend=self, on_error=self.on_error)

    def lifespan(self, _app: object) -> contextlib.AbstractAsyncContextManager[None]:
        """Opens the vault while the application serves: ``Starlette(lifespan=backend.lifespan)``.

        In a lifespan of your own: ``async with backend.lifespan(app): yield``.
        """
        return open_while_serving(self.gate.vaults)
