"""Guards against a dependency that FastAPI shows wrongly, and routes that touch another owner's keys."""

from __future__ import annotations

import asyncio
import doctest
import logging
from typing import TYPE_CHECKING, Annotated, Any

import keycask
import keycask.fastapi
import pytest
from conftest import SECRET, secret_of
from fastapi import FastAPI, Request, Security
from fastapi.responses import JSONResponse
from fastapi.security import SecurityScopes
from fastapi.testclient import TestClient
from keycask.fastapi import KeycaskAuth, KeyRefusedError, keys_router
from keycask.starlette import KeycaskBackend

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx2 import Response


def owner(request: Request) -> str | None:
    return request.headers.get("X-Test-User")


@pytest.fixture
def client(vault: keycask.Vault) -> Iterator[TestClient]:
    app = FastAPI()
    routes = keys_router(vault, owner=owner, prefix="acme_live", scopes=["reports:read"], page=True)
    app.include_router(routes, prefix="/keys")
    with TestClient(app) as client:
        yield client


ANN, BOB = {"X-Test-User": "ann"}, {"X-Test-User": "bob"}


def make(client: TestClient, **fields: Any) -> dict[str, Any]:
    made = client.post("/keys", json=fields, headers=ANN)
    assert made.status_code == 201
    return dict(made.json())


def assert_problem(response: Response, status: int, code: str) -> None:
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == code


def test_the_examples_run() -> None:
    ran = doctest.testmod(keycask.fastapi)
    assert ran.attempted > 0
    assert ran.failed == 0


def test_a_key_lives_its_life_over_http(client: TestClient, vault: keycask.Vault) -> None:
    made = make(client, name="ci")
    new = client.post(f"/keys/{made['id']}/rotate", headers=ANN).json()
    assert client.post(f"/keys/{made['id']}/finish", headers=ANN).json()["state"] == "rotated_out"
    last = client.post(f"/keys/{new['id']}/rotate", json={"grace": 60}, headers=ANN)
    assert (last.status_code, last.headers["Cache-Control"]) == (201, "no-store")
    assert client.post(f"/keys/{new['id']}/cancel", headers=ANN).json()["state"] == "active"
    fresh = client.post(f"/keys/{new['id']}/rotate", json={"emergency": True}, headers=ANN).json()
    gone = client.post(f"/keys/{fresh['id']}/revoke", json={"reason": "compromised"}, headers=ANN)
    assert gone.json()["revoked_reason"] == "compromised"
    listed = client.get("/keys", headers=ANN)
    assert len(listed.json()["keys"]) == 4
    assert not SECRET.search(listed.text + gone.text)
    actors = {change.actor for change in vault.changes() if change.key_id}
    assert actors == {"ann"}


@pytest.mark.parametrize("verb", ["rotate", "finish", "cancel", "revoke"])
def test_ids_that_are_anothers_answer_like_none(client: TestClient, vault: keycask.Vault, verb: str) -> None:
    theirs = make(client)["id"]
    client.post(f"/keys/{theirs}/rotate", headers=ANN)
    before = len(list(vault.changes()))
    nothing = client.post(f"/keys/key_00000000000000000000000000/{verb}", headers=BOB)
    assert_problem(nothing, 404, "not_found")
    for key_id in (theirs, "nonsense", "%00", "key_" + "z" * 26):
        other = client.post(f"/keys/{key_id}/{verb}", headers=BOB)
        assert (other.status_code, other.content) == (nothing.status_code, nothing.content)
    assert client.get("/keys", headers=BOB).json()["keys"] == []
    assert len(list(vault.changes())) == before


@pytest.mark.parametrize("headers", [{}, {"X-Test-User": ""}])
def test_nobody_sees_nothing(client: TestClient, vault: keycask.Vault, headers: dict[str, str]) -> None:
    ownerless = vault.create_key("acme_live", actor="alice").key.id
    assert_problem(client.get("/keys", headers=headers), 403, "not_logged_in")
    assert_problem(client.post("/keys", headers=headers), 403, "not_logged_in")
    assert_problem(client.get("/keys/page", headers=headers), 403, "not_logged_in")
    assert_problem(client.post(f"/keys/{ownerless}/revoke", headers=headers), 403, "not_logged_in")


def test_pages_of_other_sites_and_forms_are_refused(client: TestClient, vault: keycask.Vault) -> None:
    made = make(client)
    for verb in ("", *(f"/{made['id']}/{verb}" for verb in ("rotate", "finish", "cancel", "revoke"))):
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
            assert_problem(client.post(f"/keys{verb}", headers={**ANN, **headers}), 403, "cross_site")
        form = client.post(f"/keys{verb}", data={"name": "evil"}, headers=ANN)
        assert_problem(form, 415, "unsupported_media_type")
    assert len(list(vault.keys())) == 1
    assert client.post("/keys", headers={**ANN, "Origin": "http://testserver"}).status_code == 201


def test_bodies_that_dont_fit_are_problems(client: TestClient) -> None:
    sent = {**ANN, "Content-Type": "application/json"}
    assert_problem(client.post("/keys", content=b"{", headers=sent), 400, "bad_json")
    assert_problem(client.post("/keys", content=b" " * 100_000, headers=sent), 413, "too_large")
    assert_problem(client.post("/keys", json={"scopes": ["admin"]}, headers=ANN), 422, "invalid_argument")
    headers = {**ANN, "Idempotency-Key": "a b"}
    assert_problem(client.post("/keys", headers=headers), 400, "bad_idempotency_key")
    assert_problem(client.get("/keys?after=x", headers=ANN), 404, "not_found")


def test_a_repeat_is_told_as_one(client: TestClient) -> None:
    headers = {**ANN, "Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
    first, again = (client.post("/keys", json={"name": "ci"}, headers=headers) for _ in range(2))
    assert (again.status_code, again.json()["replayed"], again.json()["secret"]) == (201, True, None)
    assert again.json()["id"] == first.json()["id"]
    assert_problem(client.post("/keys", json={"name": "x"}, headers=headers), 409, "conflict")


def test_the_page_loads_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/keys/page", headers=ANN)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert 'data-keys="/keys"' in page.text
    for name, kind in (("keycask.css", "text/css"), ("keycask.js", "text/javascript")):
        assert f'"/keys/page/{name}"' in page.text
        asset = client.get(f"/keys/page/{name}")
        assert asset.headers["Content-Type"].startswith(kind)
        assert asset.headers["Cache-Control"] == "no-store"
    assert client.get("/keys/page/__init__.py").status_code in {404, 405}


def test_openapi_shows_the_scheme_and_its_scopes(vault: keycask.Vault) -> None:
    auth, app = KeycaskAuth(vault), FastAPI()

    async def reports(key: Annotated[keycask.Key, Security(auth, scopes=["reports:read"])]) -> str:
        return key.owner

    reports.__annotations__["key"] = Annotated[keycask.Key, Security(auth, scopes=["reports:read"])]
    app.get("/reports")(reports)
    told = app.openapi()
    assert told["paths"]["/reports"]["get"]["security"] == [{"API key": ["reports:read"]}]
    scheme = told["components"]["securitySchemes"]["API key"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert "X-API-Key" in scheme["description"]


def test_other_headers_are_shown_as_they_are(vault: keycask.Vault) -> None:
    model = KeycaskAuth(vault, header="X-Acme-Key", authorization=None).model
    told = model.model_dump(by_alias=True, mode="json", exclude_none=True)
    assert (told["type"], told["in"], told["name"]) == ("apiKey", "header", "X-Acme-Key")


def test_the_application_may_answer_otherwise(vault: keycask.Vault) -> None:
    app = FastAPI()

    async def own(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, KeyRefusedError)
        assert isinstance(error.__cause__, keycask.KeyRejectedError)
        return JSONResponse({"error": error.status_code}, error.status_code, error.headers)

    app.add_exception_handler(KeyRefusedError, own)
    app.get("/", dependencies=[Security(KeycaskAuth(vault))])(lambda: None)
    with TestClient(app) as client:
        refused = client.get("/", headers={"X-API-Key": "nonsense"})
    assert (refused.status_code, refused.json()) == (401, {"error": 401})
    assert refused.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_where_no_handler_can_be_told_status_and_headers_are_right(vault: keycask.Vault) -> None:
    auth = KeycaskAuth(vault)

    async def check() -> None:
        scope: dict[str, Any] = {"type": "http", "headers": [], "method": "GET"}
        with pytest.raises(KeyRefusedError) as refused:
            await auth(Request(scope), JSONResponse({}), SecurityScopes())
        assert refused.value.status_code == 401
        assert refused.value.headers == {"WWW-Authenticate": "Bearer", "Cache-Control": "no-store"}

    asyncio.run(check())


def test_a_lifespan_opens_and_closes_what_it_opened(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    auth = KeycaskAuth(path)
    app = FastAPI(lifespan=auth.lifespan)
    app.get("/", dependencies=[Security(auth)])(lambda: None)
    with caplog.at_level(logging.ERROR), TestClient(app) as client:
        assert client.get("/", headers={"X-API-Key": "x"}).status_code == 503
    assert "keycask.web" in {record.name for record in caplog.records}
    with keycask.Vault(path, create=True) as vault:
        secret = secret_of(vault.create_key("acme_live", actor="alice"))
    for _ in range(2):
        with TestClient(app) as client:
            opened = auth.gate.vaults.get()
            assert client.get("/", headers={"X-API-Key": secret}).status_code == 200
        assert opened.closed


def test_a_lifespan_leaves_open_what_was_given_open(vault: keycask.Vault) -> None:
    backend = KeycaskBackend(vault)
    for _ in range(2):
        with TestClient(FastAPI(lifespan=backend.lifespan)):
            pass
        assert not vault.closed
