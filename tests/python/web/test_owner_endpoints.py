"""Guards against an owner who sees or touches another's key, or another site's page that does it for them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import keycask
import pytest
from conftest import SECRET
from django.test import Client
from django_kit import logged_in, new_user, using
from flask_site import create_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask.testing import FlaskClient

ABSENT = "key_01m8c0x3kxfe9rr22trk8hxtxq"


class Answer(NamedTuple):
    """What came back, from whichever framework."""

    status: int
    headers: Any
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class Owner(Protocol):
    """A browser in which an owner is logged in, or nobody."""

    account: str

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer: ...


class InDjango:
    base = "/api-keys/"

    def __init__(self, client: Client, account: str) -> None:
        self.client, self.account = client, account

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        content = b"" if body is None else json.dumps(body).encode()
        kind = sent.pop("Content-Type", "application/json" if content else "")
        answer = self.client.generic(method, self.base + path, content, content_type=kind, headers=sent)
        return Answer(answer.status_code, answer.headers, answer.content.decode())


class InFlask:
    base = "/api-keys"

    def __init__(self, client: FlaskClient, account: str) -> None:
        self.client, self.account = client, account

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        content = b"" if body is None else json.dumps(body).encode()
        kind = sent.pop("Content-Type", "application/json" if content else None)
        where = f"{self.base}/{path}" if path and path[0] != "?" else self.base + path
        answer = self.client.open(where, method=method, data=content, content_type=kind, headers=sent)
        return Answer(answer.status_code, answer.headers, answer.text)


def seqs(vault: keycask.Vault) -> list[int]:
    """What tells whether anything was changed."""
    return [change.seq for change in vault.changes()]


@pytest.fixture(params=["django", "flask"])
def log_in(request: pytest.FixtureRequest, vault: keycask.Vault) -> Iterator[Callable[[bool], Owner]]:
    """Logs a new account in, or nobody."""
    if request.param == "django":

        def in_django(known: bool) -> Owner:
            if not known:
                return InDjango(Client(), "")
            user = new_user(email="owner@example.com")
            return InDjango(logged_in(user), str(user.pk))

        with using(vault):
            yield in_django
        return
    app = create_app(vault)
    accounts = iter("abcdef")

    def in_flask(known: bool) -> Owner:
        client, account = app.test_client(), f"acct_{next(accounts)}" if known else ""
        if known:
            client.post("/login", data={"account": account})
        return InFlask(client, account)

    yield in_flask


@pytest.fixture
def owner(log_in: Callable[[bool], Owner]) -> Owner:
    return log_in(True)


def test_the_life_of_a_key_in_its_owners_hands(owner: Owner, vault: keycask.Vault) -> None:
    created = owner.ask("POST", "", {"name": "laptop", "scopes": ["reports:read"]})
    assert (created.status, created.headers["Cache-Control"]) == (201, "no-store")
    secret, key_id = created.json["secret"], created.json["id"]
    key = vault.verify(secret, scopes=["reports:read"])
    assert (key.owner, key.created_by, key.name) == (owner.account, owner.account, "laptop")
    assert key.notify_email
    assert key.notify_email.endswith("@example.com")

    rotated = owner.ask("POST", f"{key_id}/rotate", {"grace": 3600})
    assert rotated.status == 201
    assert vault.verify(secret).state == "superseded"
    assert vault.verify(rotated.json["secret"]).id == rotated.json["id"]
    assert owner.ask("POST", f"{key_id}/finish").json["state"] == "rotated_out"
    with pytest.raises(keycask.KeyRejectedError, match="rotated_out"):
        vault.verify(secret)

    second = owner.ask("POST", f"{rotated.json['id']}/rotate", {}).json
    assert owner.ask("POST", f"{rotated.json['id']}/cancel").json["state"] == "active"
    assert vault.key(second["id"]).revoked_reason == "rotation_cancelled"
    emergency = owner.ask("POST", f"{rotated.json['id']}/rotate", {"emergency": True}).json
    assert vault.key(rotated.json["id"]).revoked_reason == "compromised"
    assert (
        owner.ask("POST", f"{emergency['id']}/revoke", {"reason": "no_longer_used"}).json["state"]
        == "revoked"
    )

    listed = owner.ask("GET", "")
    assert [one["state"] for one in listed.json["keys"]] == ["rotated_out", "revoked", "revoked", "revoked"]
    assert not SECRET.search(listed.text)


def test_an_owner_sees_and_touches_their_own_keys_only(
    log_in: Callable[[bool], Owner], vault: keycask.Vault
) -> None:
    owner, other = log_in(True), log_in(True)
    theirs = other.ask("POST", "", {"name": "theirs"}).json["id"]
    of_nobody = vault.create_key("acme_live", actor="alice").key.id
    of_another_kind = vault.create_key("acme_test", owner=owner.account, actor="alice").key.id
    before = seqs(vault)
    absent = owner.ask("POST", f"{ABSENT}/revoke", {})
    for key_id in (theirs, of_nobody, of_another_kind, "key_", "x", "%2e%2e"):
        for verb in ("rotate", "finish", "cancel", "revoke"):
            answer = owner.ask("POST", f"{key_id}/{verb}", {})
            assert (answer.status, answer.text) == (404, absent.text), (key_id, verb)
    assert owner.ask("GET", "").json["keys"] == []
    assert seqs(vault) == before
    assert owner.ask("GET", f"?owner={other.account}").json["keys"] == []
    assert owner.ask("POST", "", {"name": "x", "owner": other.account}).status == 422


def test_nobody_is_no_owner(log_in: Callable[[bool], Owner], vault: keycask.Vault) -> None:
    nobody, key_id = log_in(False), vault.create_key("acme_live", actor="alice").key.id
    before = seqs(vault)
    for method, path in (
        ("GET", ""),
        ("POST", ""),
        ("POST", f"{key_id}/revoke"),
        ("POST", f"{key_id}/rotate"),
    ):
        assert nobody.ask(method, path, {} if method == "POST" else None).status == 403, path
    assert seqs(vault) == before
    page = nobody.ask("GET", "page/" if isinstance(nobody, InDjango) else "page")
    assert (page.status, "login" in page.headers["Location"]) == (302, True)


def test_what_another_site_sends_is_refused(owner: Owner, vault: keycask.Vault) -> None:
    key_id = owner.ask("POST", "", {}).json["id"]
    before = seqs(vault)
    for headers in (
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site", "Origin": "https://evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ):
        for path in ("", f"{key_id}/rotate", f"{key_id}/revoke"):
            assert owner.ask("POST", path, {}, **headers).status == 403, headers
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        assert owner.ask("POST", f"{key_id}/rotate", {}, Content_Type=kind).status == 415
    assert seqs(vault) == before


def test_a_repeated_request_makes_no_second_key(owner: Owner) -> None:
    first = owner.ask("POST", "", {"name": "laptop"}, Idempotency_Key="once")
    again = owner.ask("POST", "", {"name": "laptop"}, Idempotency_Key="once")
    assert (again.status, again.json["id"]) == (201, first.json["id"])
    assert (again.json["secret"], again.json["replayed"]) == (None, True)
    assert owner.ask("POST", "", {"name": "phone"}, Idempotency_Key="once").status == 409


def test_an_owner_gets_no_more_than_is_theirs_to_choose(owner: Owner) -> None:
    assert owner.ask("POST", "", {"scopes": ["admin:all"]}).status == 422
    assert owner.ask("POST", "", {"scopes": ["reports:write"]}).json["scopes"] == ["reports:write"]
    assert owner.ask("POST", "", {"prefix": "acme_test"}).status == 422
    assert owner.ask("POST", "", {"name": "x" * 20_000}).status == 413
    assert owner.ask("POST", "", ["name"]).status == 400
    assert owner.ask("PUT", "", {}).status == 405
    assert owner.ask("POST", "key_x/explode", {}).status in {404, 405}


def test_the_page_is_for_the_logged_in_and_nobody_stores_it(owner: Owner) -> None:
    django = isinstance(owner, InDjango)
    page = owner.ask("GET", "page/" if django else "page")
    assert page.status == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Cache-Control"] == "no-store"
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert "/api-keys/page/keycask.js" in page.text
    for name in ("keycask.js", "keycask.css"):
        assert owner.ask("GET", f"page/{name}").status == 200
    assert owner.ask("GET", "page/keycask.html").status == 404


def test_a_vault_that_cannot_answer_is_503(owner: Owner, vault: keycask.Vault) -> None:
    vault.close()
    for method, path in (("GET", ""), ("POST", ""), ("POST", f"{ABSENT}/revoke")):
        answer = owner.ask(method, path, {} if method == "POST" else None)
        assert (answer.status, answer.json["code"]) == (503, "unavailable")


def test_djangos_csrf_holds_for_the_endpoints(vault: keycask.Vault) -> None:
    with using(vault):
        owner = InDjango(logged_in(new_user(), csrf=True), "")
        assert owner.ask("POST", "", {}).status == 403
        page = owner.ask("GET", "page/").text
        header, token = json.loads(page.partition('data-csrf="')[2].partition('"')[0].replace("&quot;", '"'))
        assert owner.ask("POST", "", {}, **{header: token}).status == 201
        assert owner.ask("POST", "", {}, **{header: "x" * len(token)}).status == 403
