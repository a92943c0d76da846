"""Guards against staff who see or change keys without the permission, and a secret that is shown twice."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from conftest import SECRET
from django.test import Client
from django_kit import logged_in, new_user, using, with_key
from keycask.django.backstage import pages
from keycask.django.backstage.verbs import VERBS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import keycask

BASE = "/admin/keycask/keys/"
ABSENT = "key_01m8c0x3kxfe9rr22trk8hxtxq"
VIEW, CHANGE = "view_keys", "change_keys"


@pytest.fixture(autouse=True)
def site(vault: keycask.Vault) -> Iterator[None]:
    with using(vault):
        yield


@pytest.fixture
def viewer() -> Client:
    return logged_in(new_user([VIEW], is_staff=True))


@pytest.fixture
def changer() -> Client:
    return logged_in(new_user([VIEW, CHANGE], is_staff=True))


def sent(client: Client, path: str, **fields: Any) -> Any:
    """A form, with a token of its own."""
    return client.post(BASE + path, {"token": str(uuid.uuid4()), **fields})


def secret_on(page: Any) -> str:
    found = set(SECRET.findall(page.content.decode()))
    assert len(found) == 1, found
    assert "no-store" in page["Cache-Control"]
    return str(found.pop())


def seqs(vault: keycask.Vault) -> list[int]:
    return [change.seq for change in vault.changes()]


def paths(key_id: str) -> list[str]:
    return ["", "add/", f"{key_id}/", *(f"{key_id}/{verb}/" for verb in VERBS)]


def test_who_may_not_see_keys_sees_none(vault: keycask.Vault, issued: keycask.Issued) -> None:
    staff = [logged_in(new_user(given, is_staff=True)) for given in ([], [CHANGE])]
    others = [Client(), logged_in(new_user()), logged_in(new_user([VIEW, CHANGE]))]
    before = seqs(vault)
    for path in paths(issued.key.id):
        for client in staff:
            assert client.get(BASE + path).status_code == 403, path
            assert sent(client, path).status_code == 403, path
        for client in others:
            assert client.get(BASE + path)["Location"].startswith("/admin/login/"), path
            assert sent(client, path)["Location"].startswith("/admin/login/"), path
    assert seqs(vault) == before
    assert b"API keys" not in staff[0].get("/admin/").content


def test_who_may_view_changes_nothing(vault: keycask.Vault, issued: keycask.Issued, viewer: Client) -> None:
    before = seqs(vault)
    shown = {path: viewer.get(BASE + path).status_code for path in paths(issued.key.id)}
    assert {path for path, status in shown.items() if status == 200} == {"", f"{issued.key.id}/"}
    for path in paths(issued.key.id)[1:]:
        assert sent(viewer, path, key_prefix="acme_live", reason="unspecified").status_code in {200, 403}, (
            path
        )
    assert seqs(vault) == before
    assert b"/rotate/" not in viewer.get(f"{BASE}{issued.key.id}/").content
    assert b"Add API key" not in viewer.get(BASE).content
    assert b"/admin/keycask/keys/" in viewer.get("/admin/").content


def test_every_change_needs_djangos_token(vault: keycask.Vault, issued: keycask.Issued) -> None:
    client = logged_in(new_user([VIEW, CHANGE], is_staff=True), csrf=True)
    before = seqs(vault)
    for path in paths(issued.key.id)[1:]:
        if path != f"{issued.key.id}/":
            assert sent(client, path, key_prefix="acme_live", reason="unspecified").status_code == 403, path
    assert seqs(vault) == before
    for path in paths(issued.key.id):
        assert client.get(BASE + path).status_code == 200
    assert seqs(vault) == before


def test_a_new_key_is_shown_once(vault: keycask.Vault, changer: Client) -> None:
    token = str(uuid.uuid4())
    fields = {
        "token": token,
        "key_prefix": "acme_live",
        "owner": "acct_7",
        "name": "laptop",
        "scopes": "reports:read  reports:write",
        "notify_email": "seven@example.com",
        "expires_in_days": "90",
        "rotate_after_days": "30",
    }
    secret = secret_on(sent(changer, "add/", **fields))
    key = vault.verify(secret)
    assert (key.owner, key.name, key.scopes) == ("acct_7", "laptop", ["reports:read", "reports:write"])
    assert (key.notify_email, key.rotate_after and key.rotate_after.days) == ("seven@example.com", 30)
    assert key.expires_at
    assert key.created_by.startswith("admin:user")
    again = sent(changer, "add/", **fields)
    assert not SECRET.search(again.content.decode())
    assert b"sent before" in again.content
    assert len(list(vault.keys())) == 1
    for path in paths(key.id):
        assert not SECRET.search(changer.get(BASE + path).content.decode()), path


def test_the_form_says_what_is_wrong(vault: keycask.Vault, changer: Client) -> None:
    for fields in (
        {"key_prefix": "Acme"},
        {"key_prefix": ""},
        {"key_prefix": "acme_live", "scopes": "x" * 65},
    ):
        page = sent(changer, "add/", **fields)
        assert page.status_code == 200
        assert b"errornote" in page.content or b"errorlist" in page.content
    assert changer.post(BASE + "add/", {"key_prefix": "acme_live"}).status_code == 200
    assert list(vault.keys()) == []


def test_a_rotation_from_beginning_to_end(
    vault: keycask.Vault, issued: keycask.Issued, changer: Client
) -> None:
    token = str(uuid.uuid4())
    path = f"{issued.key.id}/rotate/"
    secret = secret_on(sent(changer, path, token=token, grace_hours="2"))
    old = vault.verify(str(issued.secret))
    assert (old.state, vault.verify(secret).id) == ("superseded", old.replaced_by)
    assert old.grace_until
    again = sent(changer, path, token=token, grace_hours="2").content
    assert not SECRET.search(again.decode())
    assert b"sent before" in again
    assert b"errornote" in sent(changer, path, grace_hours="2").content
    assert changer.get("/plain", headers=with_key(str(issued.secret))).status_code == 200
    sent(changer, f"{issued.key.id}/finish/")
    assert changer.get("/plain", headers=with_key(str(issued.secret))).status_code == 401
    assert changer.get("/plain", headers=with_key(secret)).status_code == 200


def test_every_verb(vault: keycask.Vault, issued: keycask.Issued, changer: Client) -> None:
    key_id = issued.key.id
    assert sent(changer, f"{key_id}/disable/").status_code == 302
    assert vault.key(key_id).state == "disabled"
    sent(changer, f"{key_id}/enable/")
    assert vault.key(key_id).state == "active"
    secret_on(sent(changer, f"{key_id}/rotate/"))
    sent(changer, f"{key_id}/cancel/")
    assert vault.key(key_id).state == "active"
    token = str(uuid.uuid4())
    emergency = secret_on(sent(changer, f"{key_id}/emergency/", token=token))
    assert b"sent before" in sent(changer, f"{key_id}/emergency/", token=token).content
    assert vault.key(key_id).revoked_reason == "compromised"
    successor = vault.verify(emergency).id
    sent(changer, f"{successor}/revoke/", reason="owner_left", note="gone")
    revoked = vault.key(successor)
    assert (revoked.revoked_reason, revoked.revoked_note) == ("owner_left", "gone")
    assert {str(change.actor).split(":")[0] for change in vault.changes(key_id=successor)} == {"admin"}
    assert b"/rotate/" not in changer.get(f"{BASE}{successor}/").content
    for verb in VERBS:
        if verb != "revoke":
            assert b"errornote" in sent(changer, f"{successor}/{verb}/").content, verb


def test_verbs_are_offered_where_they_work(vault: keycask.Vault, changer: Client) -> None:
    key = vault.create_key("acme_live", actor="alice").key
    offered = {"active": "rotate disable emergency revoke", "disabled": "enable emergency revoke"}
    for state, verbs in offered.items():
        if state == "disabled":
            vault.disable(key.id, actor="alice")
        page = changer.get(f"{BASE}{key.id}/").content.decode()
        assert set(re.findall(rf"{key.id}/(\w+)/", page)) == set(verbs.split()), state


def rows(client: Client, query: str) -> list[str]:
    """The ids of the keys on a page of the list."""
    page = client.get(f"{BASE}?{query}")
    assert page.status_code == 200
    table = page.content.decode().partition("<tbody>")[2].partition("</tbody>")[0]
    return re.findall(rf'href="{BASE}(key_\w+)/"', table)


def test_search_and_filters(vault: keycask.Vault, viewer: Client) -> None:
    made = {
        name: vault.create_key(
            prefix, owner=owner, name=name, notify_email=f"{name}@example.com", actor="alice"
        )
        for name, prefix, owner in (
            ("laptop", "acme_live", "acct_1"),
            ("phone", "acme_live", "acct_2"),
            ("robot", "acme_test", "acct_2"),
        )
    }
    ids = {name: one.key.id for name, one in made.items()}
    vault.revoke(ids["phone"], actor="alice")
    for query, names in {
        "": "laptop phone robot",
        "q=LAPT": "laptop",
        "q=acct_2": "phone robot",
        "q=robot%40example": "robot",
        f"q={made['phone'].key.start}": "phone",
        f"q={ids['robot']}": "robot",
        f"q={ABSENT}": "",
        "q=nothing": "",
        "owner=acct_2": "phone robot",
        "owner=acct_2&state=active": "robot",
        "state=revoked": "phone",
        "prefix=acme_test": "robot",
        "state=nonsense": "",
        "after=nonsense": "",
        "prefix=%00": "",
        "q=%3Cscript%3E": "",
    }.items():
        assert rows(viewer, query) == [ids[name] for name in names.split()], query
    assert b"<script>" not in viewer.get(BASE + "?q=%3Cscript%3E").content.replace(b"<script src", b"")


def test_a_secret_that_is_searched_for_is_not_shown(viewer: Client, issued: keycask.Issued) -> None:
    page = viewer.get(BASE, {"q": f" {issued.secret}"}, follow=True)
    assert not SECRET.search(page.redirect_chain[0][0])
    assert not SECRET.search(page.content.decode())
    assert b"Treat it as leaked" in page.content
    assert issued.key.id.encode() in page.content


def test_pages_are_bounded_and_reach_every_key(
    vault: keycask.Vault, viewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "PAGE", 4)
    monkeypatch.setattr(pages, "LOOKED_AT", 6)
    wanted: list[Any] = [{"prefix": "acme_live", "name": f"key {number:02}"} for number in range(10)]
    made = [one.key.id for one in vault.create_keys(wanted, actor="alice")]
    assert walked(viewer, "") == [made[:4], made[4:8], made[8:]]
    assert walked(viewer, "q=key 09") == [[], made[9:]]


def walked(client: Client, query: str) -> list[list[str]]:
    found: list[list[str]] = []
    after = ""
    while True:
        found.append(rows(client, f"{query}&after={after}" if after else query))
        page = client.get(f"{BASE}?{query}&after={after}" if after else f"{BASE}?{query}").content.decode()
        following = re.search(r'after=(key_\w+)">(Next page|Search on)', page)
        if following is None:
            return found
        after = following[1]


def test_a_keys_audit_is_on_its_page(
    vault: keycask.Vault, viewer: Client, issued: keycask.Issued, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        vault.verify(str(issued.secret), client_ip=f"198.51.100.{number}", request_id=f"req-{number}")
    other = vault.create_key("acme_live", actor="mallory")
    vault.verify(str(other.secret), client_ip="203.0.113.9")
    vault.flush()
    page = viewer.get(f"{BASE}{issued.key.id}/").content.decode()
    for said in ("key.created", "alice", "198.51.100.4", "req-0", "5 times"):
        assert said in page, said
    assert "mallory" not in page
    assert "203.0.113.9" not in page
    monkeypatch.setattr(pages, "PAGE", 2)
    page = viewer.get(f"{BASE}{issued.key.id}/").content.decode()
    assert ("req-4" in page, "req-2" in page) == (True, False)
    older = re.search(r"uses_before=\d+", page)
    assert older
    page = viewer.get(f"{BASE}{issued.key.id}/?{older[0]}").content.decode()
    assert ("req-4" in page, "req-2" in page) == (False, True)


def test_what_is_not_there_is_404_and_a_broken_vault_503(vault: keycask.Vault, changer: Client) -> None:
    for path in (
        "key_01m8c0x3kxfe9rr22trk8hxtxq/",
        "x/",
        "x/rotate/",
        "key_01m8c0x3kxfe9rr22trk8hxtxq/revoke/",
    ):
        assert changer.get(BASE + path).status_code == 404, path
    key_id = vault.create_key("acme_live", actor="alice").key.id
    assert changer.get(f"{BASE}{key_id}/explode/").status_code == 404
    vault.close()
    for path in paths(key_id):
        if path != "add/":
            assert changer.get(BASE + path).status_code == 503, path
    assert sent(changer, "add/", key_prefix="acme_live").status_code == 503
