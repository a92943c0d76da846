"""Guards against an owner who sees another's keys, or grants themself what they weren't allowed."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ParamSpec
from uuid import UUID

import keycask
import pytest
from conftest import SECRET, secret_of
from keycask._web.answers import RefusedError, lifetime_headers
from keycask._web.body import MAX_BODY, idempotency_key, parse_body
from keycask._web.client import Client
from keycask._web.cross_site import refuse_cross_site
from keycask._web.selfservice import PAGE_SIZE, Caller, SelfService
from test_client import request

if TYPE_CHECKING:
    from collections.abc import Callable

    from keycask._web.answers import Answer

P = ParamSpec("P")

ANN = Caller("ann", email="ann@example.com", client_ip="192.0.2.1", request_id="req-1")
BOB = Caller("bob")
NOBODY = "key_00000000000000000000000000"


@pytest.fixture
def keys(vault: keycask.Vault) -> SelfService:
    return SelfService(vault, prefix="acme_live", scopes=["reports:*", "users:read"])


def content(answer: Answer, status: int) -> dict[str, Any]:
    assert answer.status == status, answer.body
    assert answer.headers["Cache-Control"] == "no-store"
    kind = "application/json" if status < 400 else "application/problem+json"
    assert answer.headers["Content-Type"] == kind
    told: dict[str, Any] = json.loads(answer.body)
    if status != 201:
        assert not SECRET.search(answer.body.decode())
    if status >= 400:
        assert told["status"] == status
        assert told["code"]
        assert told["detail"]
    return told


def test_a_key_lives_its_life_by_its_owner(vault: keycask.Vault, keys: SelfService) -> None:
    made = content(keys.create(ANN, {"name": "ci", "expires_in": 86_400}), 201)
    assert vault.verify(made["secret"], scopes=["reports:read", "users:read"]).owner == "ann"
    assert made["replayed"] is False
    assert vault.key(made["id"]).notify_email == "ann@example.com"
    change = next(vault.changes(key_id=made["id"], kind="key.created"))
    assert (change.actor, change.client_ip, change.request_id) == ("ann", "192.0.2.1", "req-1")

    successor = content(keys.rotate(ANN, made["id"], {"grace": 3600}), 201)
    assert vault.verify(made["secret"])
    assert vault.verify(successor["secret"])
    assert successor["replaces"] == made["id"]
    assert content(keys.finish(ANN, made["id"], {}), 200)["state"] == "rotated_out"
    with pytest.raises(keycask.KeyRejectedError, match="rotated_out"):
        vault.verify(made["secret"])

    third = content(keys.rotate(ANN, successor["id"], {}), 201)
    assert content(keys.cancel(ANN, successor["id"], {}), 200)["state"] == "active"
    with pytest.raises(keycask.KeyRejectedError, match="revoked"):
        vault.verify(third["secret"])
    fresh = content(keys.rotate(ANN, successor["id"], {"emergency": True}), 201)
    with pytest.raises(keycask.KeyRejectedError, match="revoked"):
        vault.verify(successor["secret"])
    ended = content(keys.revoke(ANN, fresh["id"], {"reason": "no_longer_used", "note": "moved"}), 200)
    assert (ended["state"], ended["revoked_reason"]) == ("revoked", "no_longer_used")
    assert vault.key(fresh["id"]).revoked_note == "moved"


def test_the_list_shows_what_is_the_owners_and_no_secret(vault: keycask.Vault, keys: SelfService) -> None:
    made = content(keys.create(ANN, {"name": None}), 201)
    vault.create_key("acme_live", owner="bob", actor="alice")
    vault.create_key("acme_live", actor="alice")
    vault.create_key("acme_test", owner="ann", actor="alice")
    told = content(keys.list(ANN), 200)
    assert [key["id"] for key in told["keys"]] == [made["id"]]
    assert told["next"] is None
    assert told["allowed_scopes"] == ["reports:*", "users:read"]
    shown = told["keys"][0]
    assert not {"secret", "owner", "metadata", "created_by", "revoked_by", "revoked_note"} & set(shown)
    assert shown["last_used_at"] is None
    assert shown["created_at"] == vault.key(made["id"]).to_dict()["created_at"]
    vault.verify(made["secret"])
    vault.flush()
    assert content(keys.list(ANN), 200)["keys"][0]["uses"] == 1


def test_a_long_list_comes_in_pages(vault: keycask.Vault, keys: SelfService) -> None:
    new = [keycask.NewKey("acme_live", owner="ann") for _ in range(PAGE_SIZE + 1)]
    ids = [issued.key.id for issued in vault.create_keys(new, actor="alice")]
    first = content(keys.list(ANN), 200)
    second = content(keys.list(ANN, after=first["next"]), 200)
    assert [key["id"] for key in first["keys"] + second["keys"]] == ids
    assert second["next"] is None
    nothing = keys.list(ANN, after=NOBODY)
    content(nothing, 404)
    bobs = content(keys.create(BOB, {}), 201)["id"]
    for wrong in ("elsewhere", "", bobs):
        assert keys.list(ANN, after=wrong) == nothing


VERBS: list[Callable[[SelfService, Caller, str], Answer]] = [
    lambda keys, caller, key: keys.rotate(caller, key, {}),
    lambda keys, caller, key: keys.rotate(caller, key, {"emergency": True}),
    lambda keys, caller, key: keys.finish(caller, key, {}),
    lambda keys, caller, key: keys.cancel(caller, key, {}),
    lambda keys, caller, key: keys.revoke(caller, key, {}),
]


@pytest.mark.parametrize("verb", VERBS, ids=["rotate", "emergency", "finish", "cancel", "revoke"])
def test_anothers_key_answers_like_none(
    vault: keycask.Vault, keys: SelfService, verb: Callable[[SelfService, Caller, str], Answer]
) -> None:
    theirs = content(keys.create(ANN, {}), 201)
    content(keys.rotate(ANN, theirs["id"], {}), 201)
    ownerless = vault.create_key("acme_live", actor="alice").key.id
    of_another_kind = vault.create_key("acme_test", owner="bob", actor="alice").key.id
    before = [(change.seq, change.kind) for change in vault.changes()]
    nothing = verb(keys, BOB, NOBODY)
    content(nothing, 404)
    for key_id in (theirs["id"], ownerless, of_another_kind, "no id", "", "key_" + "z" * 26):
        assert verb(keys, BOB, key_id) == nothing
    assert [(change.seq, change.kind) for change in vault.changes()] == before


@pytest.mark.parametrize(
    ("scopes", "status"),
    [
        (["reports:read"], 201),
        (["reports:*", "users:read"], 201),
        (["reports:read:*"], 201),
        ([], 201),
        (None, 201),
        (["users:*"], 422),
        (["users:write"], 422),
        (["reports"], 422),
        (["reports:"], 422),
        (["reports:read", "admin:*"], 422),
        (["*"], 422),
    ],
)
def test_an_owner_grants_only_what_the_application_allows(
    vault: keycask.Vault, keys: SelfService, scopes: list[str] | None, status: int
) -> None:
    told = content(keys.create(ANN, {"scopes": scopes}), status)
    if status == 201:
        wanted = ["reports:*", "users:read"] if scopes is None else sorted(scopes)
        assert vault.key(told["id"]).scopes == wanted
    else:
        assert told["field"] == "scopes"
        assert list(vault.keys()) == []


def test_without_allowed_scopes_there_are_none(vault: keycask.Vault) -> None:
    keys = SelfService(vault, prefix="acme_live")
    assert content(keys.create(ANN, {}), 201)["scopes"] == []
    assert "none" in content(keys.create(ANN, {"scopes": ["a"]}), 422)["detail"]


def test_a_lifetime_of_the_application_can_be_made_shorter_only(vault: keycask.Vault) -> None:
    keys = SelfService(
        vault, prefix="acme_live", expires_in=timedelta(days=30), rotate_after=timedelta(days=7)
    )
    made = vault.key(content(keys.create(ANN, {}), 201)["id"])
    assert made.expires_at == made.created_at + timedelta(days=30)
    assert made.rotate_after == timedelta(days=7)
    short = vault.key(content(keys.create(ANN, {"expires_in": 60}), 201)["id"])
    assert short.expires_at == short.created_at + timedelta(minutes=1)
    for wrong in (0, 30 * 86_400 + 1):
        assert content(keys.create(ANN, {"expires_in": wrong}), 422)["field"] == "expires_in"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": 1}, "name"),
        ({"name": "\ud800"}, "name"),
        ({"name": ""}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "n" * 65}, "name"),
        ({"scopes": "reports:read"}, "scopes"),
        ({"scopes": [1]}, "scopes"),
        ({"expires_in": 1.5}, "expires_in"),
        ({"expires_in": True}, "expires_in"),
        ({"expires_in": -1}, "expires_in"),
        ({"expires_in": 10**30}, "expires_in"),
        ({"owner": "bob"}, "owner"),
        ({"prefix": "acme_admin"}, "prefix"),
        ({"notify_email": "eve@example.com"}, "notify_email"),
        ({"\udfff": 1}, "\udfff"),
    ],
)
def test_a_field_that_doesnt_fit_is_named(keys: SelfService, body: dict[str, Any], field: str) -> None:
    assert content(keys.create(ANN, body), 422)["field"] == field


def test_limits_of_the_vault_are_told(vault: keycask.Vault, keys: SelfService) -> None:
    made = content(keys.create(ANN, {"name": "\U0001f511" * 64}), 201)
    assert "grace" in content(keys.rotate(ANN, made["id"], {"grace": 8 * 86_400}), 422)["detail"]
    assert content(keys.rotate(ANN, made["id"], {"grace": 1, "emergency": True}), 422)["field"] == "grace"
    assert content(keys.revoke(ANN, made["id"], {"reason": "policy"}), 422)["field"] == "reason"
    assert content(keys.finish(ANN, made["id"], {"grace": 1}), 422)["field"] == "grace"
    assert content(keys.revoke(ANN, made["id"], {"note": "n" * 257}), 422)["field"] == "note"
    content(keys.finish(ANN, made["id"], {}), 409)
    vault.update_policy(max_living_keys=1, actor="alice")
    content(keys.create(ANN, {}), 409)


def test_a_repeat_gets_the_same_key_and_no_secret(keys: SelfService) -> None:
    ann = Caller("ann", idempotency_key="once")
    first, again = (content(keys.create(ann, {"name": "ci"}), 201) for _ in range(2))
    assert (again["id"], again["replayed"], again["secret"]) == (first["id"], True, None)
    content(keys.create(ann, {"name": "another"}), 409)
    bobs = content(keys.create(Caller("bob", idempotency_key="once"), {"name": "ci"}), 201)
    assert bobs["id"] != first["id"]
    turned = content(keys.rotate(ann, first["id"], {}), 201)
    repeat = content(keys.rotate(ann, first["id"], {}), 201)
    assert (repeat["id"], repeat["replayed"], repeat["secret"]) == (turned["id"], True, None)
    content(keys.rotate(ann, first["id"], {"emergency": True}), 409)


def test_a_vault_that_cant_answer_is_no_missing_key(tmp_path: Any) -> None:
    path = tmp_path / "keys.db"
    keys = SelfService(path, prefix="acme_live")
    told = content(keys.list(ANN), 503)
    assert str(tmp_path) not in json.dumps(told)
    content(keys.revoke(ANN, NOBODY, {}), 503)
    with keycask.Vault(path, create=True):
        content(keys.list(ANN), 200)


@pytest.mark.parametrize("owner", [None, ""])
def test_nobody_owns_nothing(owner: object) -> None:
    with pytest.raises(RefusedError) as refused:
        Caller.of(owner, request(), Client(None, False, None))
    assert refused.value.answer.status == 403


def test_an_owner_is_an_id() -> None:
    client, uuid = Client("192.0.2.1", True, "req"), UUID(int=7)
    assert Caller.of(42, request(), client).owner == "42"
    assert Caller.of(uuid, request(), client).owner == str(uuid)
    for wrong in (True, 1.5, ["ann"]):
        with pytest.raises(TypeError, match="id"):
            Caller.of(wrong, request(), client)


def test_what_the_application_gets_wrong_fails_where_it_is_said(vault: keycask.Vault) -> None:
    with pytest.raises(TypeError, match="list of strings"):
        SelfService(vault, prefix="acme_live", scopes="reports:read")
    for prefix, scopes in (("No", []), ("acme_live", ["a b"])):
        with pytest.raises(keycask.InvalidArgumentError):
            SelfService(vault, prefix=prefix, scopes=scopes)


JSON_TYPE = ("Content-Type", "application/json; charset=utf-8")


def test_bodies() -> None:
    assert parse_body(request(), b"") == {}
    assert parse_body(request(JSON_TYPE), b'{"name":"ci"}') == {"name": "ci"}
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "text/plain", "x"):
        for body in (b"", b"{}"):
            assert refusal(parse_body, request(("Content-Type", kind)), body) == 415
    assert refusal(parse_body, request(), b"{}") == 415
    for bad in (b"[]", b"{", b"null", b"\xff", b"[" * 9_000, b'{"a":' + b"9" * 9_000 + b"}"):
        assert refusal(parse_body, request(JSON_TYPE), bad) == 400
    assert refusal(parse_body, request(JSON_TYPE), b" " * (MAX_BODY + 1)) == 413


def test_idempotency_keys() -> None:
    assert idempotency_key(request()) is None
    assert idempotency_key(request(("Idempotency-Key", '"8e03978e"'))) == "8e03978e"
    assert idempotency_key(request(("Idempotency-Key", "8e03978e"))) == "8e03978e"
    for bad in ("", '""', "a b", "é", "k" * 129):
        assert refusal(idempotency_key, request(("Idempotency-Key", bad))) == 400
    twice = request(("Idempotency-Key", "a"), ("Idempotency-Key", "b"))
    assert refusal(idempotency_key, twice) == 400


def refusal(call: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> int:
    with pytest.raises(RefusedError) as refused:
        call(*args, **kwargs)
    content(refused.value.answer, refused.value.answer.status)
    return refused.value.answer.status


HOST = ("Host", "Acme.example:8000")


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ([], True),
        ([("Sec-Fetch-Site", "same-origin")], True),
        ([("Sec-Fetch-Site", "none")], True),
        ([("Sec-Fetch-Site", "same-site")], False),
        ([("Sec-Fetch-Site", "cross-site")], False),
        ([("Sec-Fetch-Site", "new-in-2030")], False),
        ([("Origin", "https://acme.example:8000")], True),
        ([("Origin", "https://acme.example")], False),
        ([("Origin", "https://evil.example")], False),
        ([("Origin", "https://acme.example:8000.evil.example")], False),
        ([("Origin", "null")], False),
        ([("Origin", "")], False),
        ([("Origin", "https://acme.example:8000"), ("Origin", "https://evil.example")], False),
        ([("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site")], False),
        ([("Origin", "https://app.example"), ("Sec-Fetch-Site", "same-site")], True),
    ],
)
def test_pages_of_other_sites_are_refused(headers: list[tuple[str, str]], own: bool) -> None:
    for method in ("POST", "PUT", "DELETE"):
        asked = request(HOST, *headers, method=method)
        if own:
            refuse_cross_site(asked, {"https://app.example"})
        else:
            assert refusal(refuse_cross_site, asked, {"https://app.example"}) == 403
    refuse_cross_site(request(HOST, *headers))


def test_a_superseded_key_says_until_when_it_works(vault: keycask.Vault) -> None:
    issued = vault.create_key("acme_live", actor="alice")
    assert lifetime_headers(issued.key) == {}
    vault.rotate(issued.key.id, grace=timedelta(hours=1), actor="alice")
    key = vault.verify(secret_of(issued))
    successor = vault.key(key.replaced_by or "")
    headers = lifetime_headers(key)
    assert key.grace_until is not None
    assert headers["Sunset"] == key.grace_until.strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert headers["Deprecation"] == f"@{int(successor.created_at.timestamp())}"
