"""Guards against a view that lets somebody in without a key, or that calls a broken vault a bad key."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import keycask
import pytest
from django.conf import settings
from django.test import AsyncClient, Client, override_settings
from django_kit import logged_in, new_user, using, with_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROUTES = ["/plain", "/async", "/class", "/drf/reports", "/drf/any", "/drf/and", "/drf/or"]
SCOPED = ["/plain", "/drf/reports", "/drf/and", "/drf/or"]
METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH"]


@pytest.fixture(autouse=True)
def site(vault: keycask.Vault) -> Iterator[None]:
    with using(vault):
        yield


@pytest.fixture
def client() -> Client:
    return Client(enforce_csrf_checks=True)


@pytest.mark.parametrize("route", ROUTES)
def test_a_valid_key_comes_in(client: Client, issued: keycask.Issued, route: str) -> None:
    for headers in (with_key(issued.secret), {"X-API-Key": str(issued.secret)}):
        answer = client.get(route, headers=headers)
        assert (answer.status_code, answer.json()["owner"]) == (200, "acct_42")
        assert {"Authorization", "X-API-Key"} <= set(answer["Vary"].split(", "))
        assert "Sunset" not in answer.headers
    assert client.get(f"{route}?api_key={issued.secret}&key={issued.secret}").status_code == 401


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("route", ROUTES)
def test_no_method_comes_in_without_a_key(client: Client, route: str, method: str) -> None:
    for headers in ({}, with_key("acme_live_nothing"), {"X-API-Key": ""}, {"Authorization": "Basic eDp5"}):
        assert client.generic(method, route, headers=headers).status_code == 401, headers


@pytest.mark.parametrize("route", ROUTES)
def test_every_bad_key_is_told_the_same(
    client: Client, vault: keycask.Vault, issued: keycask.Issued, route: str
) -> None:
    other = vault.create_key("acme_live", actor="alice")
    vault.disable(other.key.id, actor="alice")
    vault.revoke(issued.key.id, actor="alice")
    unknown = keycask.Vault(":memory:", create=True).create_key("acme_live", actor="alice").secret
    answers = [
        client.get(route, headers=with_key(secret))
        for secret in (issued.secret, other.secret, unknown, "x", "x" * 300, "ä")
    ]
    told = {(answer.status_code, answer["WWW-Authenticate"], answer.content) for answer in answers}
    assert len(told) == 1
    assert answers[0].status_code == 401
    assert answers[0]["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert client.get(route)["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("route", SCOPED)
def test_a_missing_scope_is_403_and_recorded(client: Client, vault: keycask.Vault, route: str) -> None:
    issued = vault.create_key("acme_live", owner="acct_42", scopes=["other:read"], actor="alice")
    answer = client.get(route, headers=with_key(issued.secret))
    assert answer.status_code == 403
    if route in {"/plain", "/drf/reports"}:
        assert answer["WWW-Authenticate"] == 'Bearer error="insufficient_scope", scope="reports:read"'
    assert "missing_scope" in {use.outcome for use in vault.uses(key_id=issued.key.id)}


@pytest.mark.parametrize("route", ROUTES)
def test_a_key_of_another_prefix_is_403(client: Client, vault: keycask.Vault, route: str) -> None:
    issued = vault.create_key("acme_test", scopes=["reports:read"], actor="alice")
    answer = client.get(route, headers=with_key(issued.secret))
    assert answer.status_code == 403
    assert answer["WWW-Authenticate"].startswith('Bearer error="insufficient_scope"')


@pytest.mark.parametrize("route", ["/tests", "/drf/tests"])
def test_a_view_may_demand_another_prefix(
    client: Client, vault: keycask.Vault, issued: keycask.Issued, route: str
) -> None:
    of_tests = vault.create_key("acme_test", scopes=["reports:read"], actor="alice")
    assert client.get(route, headers=with_key(of_tests.secret)).status_code == 200
    assert client.get(route, headers=with_key(issued.secret)).status_code == 403
    without = vault.create_key("acme_test", actor="alice")
    if route == "/drf/tests":
        answer = client.get(route, headers=with_key(without.secret))
        assert 'scope="reports:read"' in answer["WWW-Authenticate"]


@pytest.mark.parametrize("route", ROUTES)
def test_a_superseded_key_is_told_of_its_end(
    client: Client, vault: keycask.Vault, issued: keycask.Issued, route: str
) -> None:
    rotated = vault.rotate(issued.key.id, grace=timedelta(hours=2), actor="alice")
    answer = client.get(route, headers=with_key(issued.secret))
    until = vault.key(issued.key.id).grace_until
    assert until is not None
    assert answer["Sunset"] == f"{until:%a, %d %b %Y %H:%M:%S} GMT"
    assert answer["Deprecation"] == f"@{int(rotated.key.created_at.timestamp())}"
    vault.finish_rotation(issued.key.id, actor="alice")
    assert client.get(route, headers=with_key(issued.secret)).status_code == 401


@pytest.mark.parametrize("route", ROUTES)
def test_a_vault_that_cannot_answer_is_503(
    client: Client, tmp_path: Path, issued: keycask.Issued, route: str
) -> None:
    for path in (tmp_path / "missing.db", tmp_path):
        with override_settings(KEYCASK={"VAULT": path}):
            answer = client.get(route, headers=with_key(issued.secret))
            assert answer.status_code == 503, answer.content
            assert "WWW-Authenticate" not in answer.headers
            assert str(tmp_path) not in answer.content.decode()


def test_a_vault_that_comes_back_serves_without_a_restart(
    client: Client, tmp_path: Path, vault: keycask.Vault, issued: keycask.Issued
) -> None:
    with override_settings(KEYCASK={"VAULT": tmp_path / "later.db"}):
        assert client.get("/plain", headers=with_key(issued.secret)).status_code == 503
        vault.backup(tmp_path / "later.db")
        assert client.get("/plain", headers=with_key(issued.secret)).status_code == 200


async def ask_asynchronously(route: str, secret: str) -> int:
    return (await AsyncClient().get(route, headers=with_key(secret))).status_code


@pytest.mark.parametrize("route", ROUTES)
def test_under_asgi_it_is_the_same(vault: keycask.Vault, secret: str, route: str) -> None:
    assert asyncio.run(ask_asynchronously(route, secret)) == 200
    assert asyncio.run(ask_asynchronously(route, "acme_live_nothing")) == 401


def test_no_cache_keeps_what_a_key_was_shown(client: Client, secret: str) -> None:
    assert client.get("/plain", headers=with_key(secret))["Cache-Control"] == "private"
    assert client.get("/plain")["Cache-Control"] == "no-store"


def test_who_asks_is_in_the_audit(client: Client, vault: keycask.Vault, issued: keycask.Issued) -> None:
    headers = {**with_key(issued.secret), "X-Forwarded-For": "198.51.100.7", "X-Request-ID": "req-1"}
    client.get("/plain", headers=headers, REMOTE_ADDR="192.0.2.9")
    client.get("/drf/reports", headers=headers, REMOTE_ADDR="203.0.113.5")
    vault.flush()
    uses = list(vault.uses(key_id=issued.key.id))
    assert [(use.client_ip, use.request_id) for use in uses] == [
        ("198.51.100.7", "req-1"),
        ("203.0.113.5", "req-1"),
    ]


def test_a_secret_in_the_clear_can_be_refused(client: Client, vault: keycask.Vault, secret: str) -> None:
    with using(vault, REQUIRE_HTTPS=True):
        for route in ("/plain", "/drf/reports"):
            assert client.get(route, headers=with_key(secret)).status_code == 403
            assert client.get(route, headers=with_key(secret), secure=True).status_code == 200
            proxied = {**with_key(secret), "X-Forwarded-Proto": "https"}
            assert client.get(route, headers=proxied, REMOTE_ADDR="192.0.2.9").status_code == 200
            assert client.get(route, headers=proxied, REMOTE_ADDR="203.0.113.5").status_code == 403


def test_staff_comes_in_beside_keys(client: Client, secret: str) -> None:
    staff = logged_in(new_user(is_staff=True))
    assert staff.get("/drf/or").status_code == 200
    assert logged_in(new_user()).get("/drf/or").status_code == 403
    assert client.get("/drf/or", headers=with_key(secret)).status_code == 200


def test_the_user_behind_a_key(client: Client, vault: keycask.Vault) -> None:
    user = new_user()
    secret = vault.create_key("acme_live", owner=str(user.pk), scopes=["reports:read"], actor="alice").secret
    assert client.get("/drf/reports", headers=with_key(secret)).json()["owner"] == str(user.pk)
    with using(vault, USER="keycask.django.users.user_by_pk"):
        assert client.get("/drf/reports", headers=with_key(secret)).json()["owner"] == user.pk
        user.is_active = False
        user.save()
        assert client.get("/drf/reports", headers=with_key(secret)).status_code == 401
        nobody = vault.create_key("acme_live", owner="acct_42", scopes=["reports:read"], actor="alice").secret
        assert client.get("/drf/reports", headers=with_key(nobody)).status_code == 401


def test_the_middleware_sets_the_key(client: Client, vault: keycask.Vault, issued: keycask.Issued) -> None:
    middleware = [*settings.MIDDLEWARE, "keycask.django.middleware.key_middleware"]
    with override_settings(MIDDLEWARE=middleware):
        assert client.get("/known").json() == {"key": None}
        answer = client.get("/known", headers=with_key(issued.secret))
        assert answer.json() == {"key": issued.key.id}
        assert answer["Cache-Control"] == "private"
        vault.rotate(issued.key.id, actor="alice")
        assert "Sunset" in client.get("/known", headers=with_key(issued.secret)).headers
        assert client.get("/known", headers=with_key("acme_live_nothing")).status_code == 401
        vault.revoke(issued.key.id, actor="alice")
        assert client.get("/known", headers=with_key(issued.secret)).status_code == 401
        assert client.get("/plain", headers=with_key(issued.secret)).status_code == 401


def test_the_middleware_under_asgi(vault: keycask.Vault, secret: str) -> None:
    with override_settings(MIDDLEWARE=[*settings.MIDDLEWARE, "keycask.django.middleware.key_middleware"]):
        assert asyncio.run(ask_asynchronously("/known", secret)) == 200
        assert asyncio.run(ask_asynchronously("/known", "acme_live_nothing")) == 401


def test_a_body_of_drf_says_what_its_other_errors_say(client: Client) -> None:
    assert list(json.loads(client.get("/drf/reports", headers=with_key("x")).content)) == ["detail"]


def test_scopes_are_a_list() -> None:
    from keycask.django import require_key
    from keycask.django.drf import HasScope

    scopes: Any = "reports:read"
    with pytest.raises(TypeError, match="give a list"):
        require_key(scopes=scopes)
    with pytest.raises(TypeError, match="HasKey"):
        HasScope()
