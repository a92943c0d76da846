"""The application that the tests of servers ask: FastAPI, with Starlette mounted beside it.

``X-Test-User`` says who is logged in, as a session would.
"""

from __future__ import annotations

import os
from typing import Annotated

from fastapi import FastAPI, Header, HTTPException, Response, Security, WebSocket
from keycask import Key
from keycask.fastapi import KeycaskAuth, LifetimeMiddleware, keys_router
from keycask.starlette import KeycaskBackend
from starlette.applications import Starlette
from starlette.authentication import requires
from starlette.middleware import Middleware
from starlette.requests import Request  # noqa: TC002
from starlette.responses import JSONResponse
from starlette.routing import Route

VAULT = os.environ.get("KEYCASK_TEST_VAULT", "keys.db")
SCOPES = ["reports:read"]

auth = KeycaskAuth(VAULT, prefix="acme_live")
strict = KeycaskAuth(VAULT, require_https=True, trusted_proxies=["127.0.0.0/8"], scheme_name="HTTPS only")
app = FastAPI(lifespan=auth.lifespan)
app.add_middleware(LifetimeMiddleware)

Reader = Annotated[Key, Security(auth, scopes=SCOPES)]


def told(key: Key) -> dict[str, str | int]:
    return {"owner": key.owner, "id": key.id, "pid": os.getpid()}


@app.api_route("/reports", methods=["GET", "HEAD", "OPTIONS"], responses=auth.responses)
async def reports(key: Reader) -> dict[str, str | int]:
    return told(key)


@app.get("/sync")
def in_a_thread(key: Reader) -> dict[str, str | int]:
    return told(key)


@app.get("/own-response")
async def own_response(key: Reader) -> Response:
    return Response(key.owner)


@app.get("/own-error")
async def own_error(key: Reader) -> None:
    raise HTTPException(404, "no such report")


@app.get("/https")
async def https(key: Annotated[Key, Security(strict)]) -> str:
    return key.owner


@app.websocket("/socket")
async def socket(websocket: WebSocket, key: Reader) -> None:
    await websocket.accept()
    await websocket.send_text(key.owner)
    await websocket.close()


async def current_user(x_test_user: Annotated[str | None, Header()] = None) -> str | None:
    return x_test_user


async def address(x_test_user: Annotated[str | None, Header()] = None) -> str | None:
    return f"{x_test_user}@example.com" if x_test_user else None


app.include_router(
    keys_router(auth, owner=current_user, email=address, prefix="acme_live", scopes=SCOPES, page=True),
    prefix="/keys",
)


@requires("reports:read", status_code=401)
async def starlette_reports(request: Request) -> JSONResponse:
    return JSONResponse({**told(request.user.key), "name": request.user.display_name})


backend = KeycaskBackend(VAULT, prefix="acme_live")
app.mount(
    "/starlette",
    Starlette(routes=[Route("/reports", starlette_reports)], middleware=[backend.middleware()]),
)
app.mount(
    "/required",
    Starlette(
        routes=[Route("/reports", starlette_reports)],
        middleware=[Middleware(LifetimeMiddleware), KeycaskBackend(VAULT, required=True).middleware()],
    ),
)
