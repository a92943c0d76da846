"""The routes by which the owner of keys manages them."""

# FastAPI reads the annotations of the routes' functions where they are made: they can't be strings.
import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from datetime import timedelta
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Depends, Query, Request, Response

from keycask._web.answers import Answer, RefusedError, problem
from keycask._web.body import MAX_BODY, parse_body
from keycask._web.client import Address, Clients, Network
from keycask._web.cross_site import refuse_cross_site
from keycask._web.page import ASSETS, asset
from keycask._web.page import page as page_of
from keycask._web.request import AsgiRequest
from keycask._web.selfservice import Caller, SelfService
from keycask._web.vaults import VaultSource
from keycask.fastapi import openapi
from keycask.fastapi.auth import KeycaskAuth
from keycask.fastapi.models import KEY_ID, OwnKeys
from keycask.starlette import refusal, respond

__all__ = ["keys_router"]

Dependency: TypeAlias = Callable[..., Any]


def keys_router(
    vault: VaultSource | KeycaskAuth,
    *,
    owner: Dependency,
    prefix: str,
    scopes: Iterable[str] = (),
    email: Dependency | None = None,
    expires_in: timedelta | None = None,
    rotate_after: timedelta | None = None,
    page: bool = False,
    trusted_proxies: Iterable[str | Network | Address] = (),
    trusted_origins: Collection[str] = (),
    tags: list[str] | None = None,
) -> APIRouter:
    """Routes for the logged-in owner's own keys, to include under a prefix such as ``/keys``.

    ``GET ""`` lists them, ``POST ""`` creates one, ``POST /ID/rotate``, ``/finish``, ``/cancel`` and
    ``/revoke`` change one; with ``page``, ``GET /page`` is a page that does it all. ``owner`` is a dependency
    of yours that gives the id of the account that is logged in, and refuses everyone else; ``email`` one that
    gives the address for notices of new keys.

    Keys have the ``prefix`` and none but these are seen. A customer may grant a new key what ``scopes`` names
    or covers, and nothing where it is empty; ``expires_in`` is the longest lifetime and the default one. What
    another owner has answers exactly like what doesn't exist. ``trusted_origins`` are other sites whose pages
    may call the routes (``https://app.example``), as far as CORS lets them.
    """
    vaults = vault.gate.vaults if isinstance(vault, KeycaskAuth) else vault
    service = SelfService(
        vaults, prefix=prefix, scopes=scopes, expires_in=expires_in, rotate_after=rotate_after
    )
    caller = _caller(owner, email or _no_address, Clients(trusted_proxies))
    router = APIRouter(
        dependencies=[Depends(_own_site(frozenset(trusted_origins)))], tags=list(tags or ["keys"])
    )
    _add_list(router, service, caller)
    for name, verb in openapi.verbs(service).items():
        _add_post(router, name, verb, getattr(service, name), caller)
    _add_others(router)
    if page:
        _add_page(router, caller)
    return router


def _no_address() -> None:
    """Notices of new keys go nowhere."""


def _own_site(trusted_origins: Collection[str]) -> Dependency:
    async def own_site(request: Request) -> None:
        try:
            refuse_cross_site(AsgiRequest(request.scope), trusted_origins)
        except RefusedError as refused:
            raise refusal(request, refused) from None

    return own_site


def _caller(owner: Dependency, email: Dependency, clients: Clients) -> Dependency:
    async def caller(
        request: Request, owner: Annotated[Any, Depends(owner)], email: Annotated[Any, Depends(email)]
    ) -> Caller:
        asked = AsgiRequest(request.scope)
        try:
            return Caller.of(owner, asked, clients.of(asked), email=email)
        except RefusedError as refused:
            raise refusal(request, refused) from None

    return caller


async def _body(request: Request) -> dict[str, Any]:
    """The object that the request carries; it is read no further than it may be long."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            break
    try:
        return parse_body(AsgiRequest(request.scope), body)
    except RefusedError as refused:
        raise refusal(request, refused) from None


def _add_list(router: APIRouter, service: SelfService, caller: Dependency) -> None:
    async def list_keys(
        caller: Annotated[Caller, Depends(caller)],
        after: Annotated[
            str | None, Query(description=openapi.AFTER, json_schema_extra={"pattern": KEY_ID})
        ] = None,
    ) -> Response:
        return respond(await asyncio.to_thread(service.list, caller, after=after))

    router.add_api_route(
        "",
        list_keys,
        summary="List your API keys",
        response_model=None,
        responses=openapi.responses(200, OwnKeys, key=True),
    )


def _add_post(
    router: APIRouter, name: str, verb: openapi.Verb, act: Callable[..., Answer], caller: Dependency
) -> None:
    async def create(
        caller: Annotated[Caller, Depends(caller)], body: Annotated[dict[str, Any], Depends(_body)]
    ) -> Response:
        return respond(await asyncio.to_thread(act, caller, body))

    async def change(
        key_id: str,
        caller: Annotated[Caller, Depends(caller)],
        body: Annotated[dict[str, Any], Depends(_body)],
    ) -> Response:
        return respond(await asyncio.to_thread(act, caller, key_id, body))

    router.add_api_route(
        f"/{{key_id}}/{name}" if verb.of_a_key else "",
        change if verb.of_a_key else create,
        methods=["POST"],
        name=f"{name}_key",
        summary=verb.summary,
        description=verb.description,
        status_code=verb.status,
        response_model=None,
        responses=verb.responses(),
        openapi_extra=verb.extra(),
    )


def _add_others(router: APIRouter) -> None:
    """Says which methods there are: Starlette's own answer names those of one route."""

    async def others() -> Response:
        return respond(problem(405, "method_not_allowed", "Use GET or POST.", {"Allow": "GET, POST"}))

    methods = ["HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE"]
    router.add_api_route("", others, methods=methods, include_in_schema=False, response_model=None)


def _add_page(router: APIRouter, caller: Dependency) -> None:
    async def keys_page(request: Request) -> Response:
        return respond(page_of(request.url.path.removesuffix("/page")))

    router.add_api_route(
        "/page", keys_page, include_in_schema=False, response_model=None, dependencies=[Depends(caller)]
    )
    for name in ASSETS:
        router.add_api_route(f"/page/{name}", _asset(name), include_in_schema=False, response_model=None)


def _asset(name: str) -> Callable[[], Awaitable[Response]]:
    async def keys_asset() -> Response:
        return respond(asset(name))

    return keys_asset
