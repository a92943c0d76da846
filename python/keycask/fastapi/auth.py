"""The security dependency."""

# FastAPI reads the annotations of `__call__`: older ones can't where they are strings.
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from typing import Any

from fastapi import Response
from fastapi.openapi.models import APIKey, APIKeyIn, HTTPBearer
from fastapi.security import SecurityScopes
from fastapi.security.base import SecurityBase
from starlette.requests import HTTPConnection

from keycask._native import Key
from keycask._web.answers import RefusedError
from keycask._web.client import Address, Network
from keycask._web.gate import Gate
from keycask._web.presented import DEFAULT_HEADER
from keycask._web.request import AsgiRequest
from keycask._web.vaults import VaultSource
from keycask.fastapi.openapi import GUARDED
from keycask.starlette import open_while_serving, refusal, tell_lifetime

__all__ = ["KeycaskAuth"]


class KeycaskAuth(SecurityBase):
    """Lets a request or a websocket in by its key: ``Annotated[Key, Security(auth, scopes=["a:read"])]``.

    ``vault`` is a ``Vault``, the path of one, or what opens one; a path is opened when it is needed, and
    again after it failed. Keys come in ``Authorization: Bearer`` or in ``header``. ``prefix`` is the only one
    let in, so that test keys don't work here. ``trusted_proxies`` are the networks whose ``X-Forwarded-For``
    and ``X-Forwarded-Proto`` are believed; nobody's are by default. ``require_https`` refuses secrets that
    came in the clear.

    It answers 401 with one body for every reason, 403 to a good key that lacks a scope or has another prefix,
    503 where the vault can't say; all as ``application/problem+json``. To answer otherwise, handle
    ``KeyRefusedError``. The reasons go to the logger ``keycask.web``. While a key is superseded, ``Sunset``
    and ``Deprecation`` are added to the response.
    """

    def __init__(
        self,
        vault: VaultSource,
        prefix: str | None = None,
        *,
        header: str | None = DEFAULT_HEADER,
        authorization: str | None = "Authorization",
        schemes: Iterable[str] = ("Bearer",),
        trusted_proxies: Iterable[str | Network | Address] = (),
        request_id_header: str | None = "X-Request-ID",
        require_https: bool = False,
        scheme_name: str = "API key",
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
        self.scheme_name = scheme_name
        self.model = _described(header, bearer=authorization is not None)

    async def __call__(
        self, connection: HTTPConnection, response: Response, security_scopes: SecurityScopes
    ) -> Key:
        """The key that the request presents; ``KeyRefusedError`` where it isn't let in."""
        # Not in a thread: a hop costs many times what a verify does.
        try:
            key = self.gate.check(AsgiRequest(connection.scope), security_scopes.scopes)
        except RefusedError as refused:
            raise refusal(connection, refused) from refused.__cause__
        response.headers.update(tell_lifetime(connection.scope, key))
        return key

    @property
    def responses(self) -> dict[int | str, dict[str, Any]]:
        """What it answers, for the description of a route: ``responses=auth.responses``."""
        return dict(GUARDED)

    def lifespan(self, _app: object) -> AbstractAsyncContextManager[None]:
        """Opens the vault while the application serves: ``FastAPI(lifespan=auth.lifespan)``.

        In a lifespan of your own: ``async with auth.lifespan(app): yield``. A vault that was given open is
        flushed in the end and stays open.
        """
        return open_while_serving(self.gate.vaults)


def _described(header: str | None, *, bearer: bool) -> HTTPBearer | APIKey:
    """The scheme as OpenAPI has it."""
    if bearer:
        also = "" if header is None else f" It may come in `{header}` as well."
        return HTTPBearer(description=f"An API key.{also}")
    return APIKey.model_validate({"in": APIKeyIn.header, "name": header, "description": "An API key."})
