"""Guards against a server that lets in whom it must not, or tells of a sick vault as of a bad key.

uvicorn and gunicorn with two workers each, asked over real connections.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import keycask
import pytest
from conftest import SECRET, secret_of
from servers import Browserless, Reply, eventually, free_port, gunicorn, serving, uvicorn
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

if TYPE_CHECKING:
    from collections.abc import Generator
    from datetime import datetime
    from pathlib import Path

APP = "fastapi_app:app"
ROUNDS = 1000
GUNICORN = ["--worker-class", "uvicorn_worker.UvicornWorker"]
WAYS = ["uvicorn", "gunicorn", "gunicorn --preload"]


def command(way: str, port: int) -> list[str]:
    if way == "uvicorn":
        return uvicorn(APP, port)
    return gunicorn(APP, port, *GUNICORN, *way.split()[1:])


@contextlib.contextmanager
def server(way: str, vault: Path, folder: Path) -> Generator[int]:
    port = free_port()
    log = folder / "server.log"
    with serving(command(way, port), port, log=log, KEYCASK_TEST_VAULT=str(vault)):
        yield port
    assert not SECRET.search(log.read_text())


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[int, keycask.Vault]]:
    """One server with two workers for all that leaves it as it was."""
    folder = tmp_path_factory.mktemp("shared")
    with (
        keycask.Vault(folder / "keys.db", create=True) as vault,
        server("uvicorn", vault.path, folder) as port,
    ):
        yield port, vault


@pytest.fixture
def client(shared: tuple[int, keycask.Vault]) -> Generator[Browserless]:
    with Browserless(shared[0]) as client:
        yield client


def issue(vault: keycask.Vault, prefix: str = "acme_live", *scopes: str) -> str:
    return secret_of(vault.create_key(prefix, owner="ann", scopes=scopes or ["reports:read"], actor="alice"))


def both_workers(port: int, key: str, stack: contextlib.ExitStack) -> list[Browserless]:
    """A connection to each of the two workers."""
    found: dict[int, Browserless] = {}
    for _ in range(200):
        client = stack.enter_context(Browserless(port))
        found.setdefault(client.get("/reports", key).json["pid"], client)
        if len(found) == 2:
            return list(found.values())
    raise RuntimeError("200 connections went to one worker")


def assert_refused(reply: Reply) -> None:
    assert reply.status == 401
    assert reply.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("way", WAYS)
def test_a_revoked_key_is_refused_by_every_worker_at_once(path: Path, tmp_path: Path, way: str) -> None:
    with keycask.Vault(path, create=True) as vault:
        known = issue(vault)
    rounds = ROUNDS if way == "uvicorn" else ROUNDS // 10
    accepted = 0
    with server(way, path, tmp_path) as port, contextlib.ExitStack() as stack:
        workers = both_workers(port, known, stack)
        for round_number in range(rounds):
            one, other = workers if round_number % 2 else reversed(workers)
            made = one.post("/keys", X_Test_User="ann").json
            assert [worker.get("/reports", made["secret"]).status for worker in workers] == [200, 200]
            assert other.post(f"/keys/{made['id']}/revoke", X_Test_User="ann").status == 200
            accepted += sum(worker.get("/reports", made["secret"]).status == 200 for worker in workers)
    assert accepted == 0
    with keycask.Vault(path) as vault:
        assert vault.check(deep=True)
        assert vault.stats().keys["revoked"] == rounds


@pytest.mark.parametrize("path", ["/reports", "/sync", "/starlette/reports", "/required/reports"])
def test_a_good_key_is_let_in(shared: tuple[int, keycask.Vault], client: Browserless, path: str) -> None:
    secret = issue(shared[1])
    for reply in (client.get(path, secret), client.get(path, X_API_Key=secret)):
        assert reply.status == 200
        assert reply.json["owner"] == "ann"
        assert "sunset" not in reply.headers
        assert "www-authenticate" not in reply.headers


@pytest.mark.parametrize("path", ["/reports", "/sync", "/starlette/reports", "/required/reports"])
def test_all_bad_keys_get_one_answer(
    shared: tuple[int, keycask.Vault], client: Browserless, path: str
) -> None:
    vault = shared[1]
    old, revoked, disabled, expired = (vault.create_key("acme_live", actor="alice") for _ in range(4))
    vault.rotate(old.key.id, grace=timedelta(0), actor="alice")
    vault.revoke(revoked.key.id, actor="alice")
    vault.disable(disabled.key.id, actor="alice")
    vault.update(expired.key.id, expires_at=keycask_now(vault) + timedelta(seconds=1), actor="alice")
    time.sleep(1.1)
    bad = [secret_of(issued) for issued in (old, revoked, disabled, expired)]
    bad += ["acme_live_" + "0" * 49, "nonsense", "x" * 300, "sécret"]
    replies = [client.get(path, secret.encode().decode("latin-1")) for secret in bad]
    for reply in replies:
        assert_refused(reply)
    assert len({reply.body for reply in replies}) == 1
    assert_refused(client.get(path, bad[0], X_API_Key=bad[1]))
    assert client.get(f"{path}?access_token={issue(vault)}").status == 401


def keycask_now(vault: keycask.Vault) -> datetime:
    return vault.create_key("acme_live", actor="alice").key.created_at


@pytest.mark.parametrize("path", ["/reports", "/required/reports"])
def test_no_key_is_a_challenge_without_an_error(client: Browserless, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": "Basic YTpi"}, {"X_API_Key": ""}):
        reply = client.get(path, **headers)
        assert reply.status == 401
        assert reply.headers["www-authenticate"] == "Bearer"
        assert reply.json["code"] == "invalid_key"


def test_a_good_key_that_lacks_something_is_told_what(
    shared: tuple[int, keycask.Vault], client: Browserless
) -> None:
    reply = client.get("/reports", issue(shared[1], "acme_live", "users:read"))
    assert reply.status == 403
    challenge = 'Bearer error="insufficient_scope", scope="reports:read"'
    assert reply.headers["www-authenticate"] == challenge
    assert reply.json["code"] == "missing_scope"
    for path in ("/reports", "/starlette/reports"):
        reply = client.get(path, issue(shared[1], "acme_test"))
        assert reply.status == 403
        assert reply.headers["www-authenticate"] == 'Bearer error="insufficient_scope"'
        assert reply.json["code"] == "wrong_prefix"
    assert client.get("/reports", issue(shared[1], "acme_live", "reports:*")).status == 200
    assert client.get("/starlette/reports", issue(shared[1], "acme_live", "reports:*")).status == 200
    assert client.get("/starlette/reports", issue(shared[1], "acme_live", "users:read")).status == 401


PATHS = ["/reports", "/sync", "/own-response", "/starlette/reports", "/required/reports"]


@pytest.mark.parametrize("path", PATHS)
def test_a_superseded_key_is_told_until_when(
    shared: tuple[int, keycask.Vault], client: Browserless, path: str
) -> None:
    vault, secret = shared[1], issue(shared[1])
    new = vault.rotate(vault.verify(secret).id, grace=timedelta(hours=1), actor="alice")
    reply = client.get(path, secret)
    until = vault.verify(secret).grace_until
    assert reply.status == 200
    assert until is not None
    assert reply.headers["sunset"] == until.strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert reply.headers["deprecation"] == f"@{int(new.key.created_at.timestamp())}"
    assert "sunset" not in client.get(path, secret_of(new)).headers


def test_errors_of_the_application_tell_it_too(
    shared: tuple[int, keycask.Vault], client: Browserless
) -> None:
    vault, secret = shared[1], issue(shared[1])
    vault.rotate(vault.verify(secret).id, grace=timedelta(hours=1), actor="alice")
    reply = client.get("/own-error", secret)
    assert (reply.status, reply.json) == (404, {"detail": "no such report"})
    assert "sunset" in reply.headers


def test_head_and_options_need_a_key(shared: tuple[int, keycask.Vault], client: Browserless) -> None:
    secret = issue(shared[1])
    for path in ("/reports", "/starlette/reports"):
        good, bad = client.ask("HEAD", path, key=secret), client.ask("HEAD", path, key="nonsense")
        assert (good.status, good.body) == (200, b"")
        assert (bad.status, bad.body) == (401, b"")
        assert bad.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert client.ask("OPTIONS", "/reports", key=secret).status == 200
    assert_refused(client.ask("OPTIONS", "/reports", key="nonsense"))
    assert client.ask("OPTIONS", "/reports").status == 401


def test_websockets(shared: tuple[int, keycask.Vault]) -> None:
    port, vault = shared
    secret, address = issue(vault), f"ws://127.0.0.1:{port}/socket"
    with connect(address, additional_headers={"Authorization": f"Bearer {secret}"}) as socket:
        assert socket.recv() == "ann"
    vault.rotate(vault.verify(secret).id, grace=timedelta(hours=1), actor="alice")
    with connect(address, additional_headers={"X-API-Key": secret}) as socket:
        assert socket.response is not None
        assert "sunset" in socket.response.headers
        assert socket.recv() == "ann"
    vault.revoke(vault.verify(secret).id, actor="alice")
    for headers, status in (
        ({"Authorization": f"Bearer {secret}"}, 401),
        ({}, 401),
        ({"X-API-Key": issue(vault, "acme_test")}, 403),
        ({"X-API-Key": issue(vault, "acme_live", "users:read")}, 403),
    ):
        with pytest.raises(InvalidStatus) as refused, connect(address, additional_headers=headers):
            pass
        assert refused.value.response.status_code == status
        assert "WWW-Authenticate" in refused.value.response.headers
        assert b"problem" in refused.value.response.headers["Content-Type"].encode()


def test_plain_http_is_refused_where_https_is_required(
    shared: tuple[int, keycask.Vault], client: Browserless
) -> None:
    secret = issue(shared[1])
    reply = client.get("/https", secret)
    assert (reply.status, reply.json["code"]) == (403, "insecure_transport")
    assert secret not in reply.body.decode()
    assert client.get("/https", secret, X_Forwarded_Proto="https").status == 200
    assert client.get("/https").status == 401


def test_the_log_of_uses_knows_the_client_and_the_request(
    shared: tuple[int, keycask.Vault], client: Browserless
) -> None:
    vault, secret = shared[1], issue(shared[1])
    key_id = vault.verify(secret, event=False).id
    client.get("/reports", secret, X_Request_ID="req-1", X_Forwarded_For="192.0.2.1")
    client.get(
        "/https", secret, X_Request_ID="r" * 129, X_Forwarded_For="192.0.2.1", X_Forwarded_Proto="https"
    )
    told = set[tuple[str | None, str | None]]()
    for _ in range(100):
        told = {(use.client_ip, use.request_id) for use in vault.uses(key_id=key_id)}
        if len(told) == 2:
            break
        time.sleep(0.05)
    assert told == {("127.0.0.1", "req-1"), ("192.0.2.1", None)}


def test_a_missing_vault_is_503_and_served_without_a_restart_once_it_is_there(
    path: Path, tmp_path: Path
) -> None:
    with keycask.Vault(tmp_path / "elsewhere.db", create=True) as vault:
        secret = issue(vault)
    with server("uvicorn", path, tmp_path) as port, Browserless(port) as client:
        for asked in ("/reports", "/starlette/reports"):
            reply = client.get(asked, secret)
            assert (reply.status, reply.json["code"]) == (503, "unavailable")
            assert "www-authenticate" not in reply.headers
            assert str(tmp_path) not in reply.body.decode()
        assert client.get("/keys", X_Test_User="ann").status == 503
        keycask.restore(tmp_path / "elsewhere.db", path, actor="alice")
        for asked in ("/reports", "/starlette/reports", "/keys"):
            assert client.get(asked, secret, X_Test_User="ann").status == 200, asked
        os.rename(path, tmp_path / "taken away.db")
        time.sleep(1.6)
        assert client.get("/reports", secret).status == 503
        os.rename(tmp_path / "taken away.db", path)
        assert eventually(client, "/reports", secret) == 200


def test_an_unreadable_vault_is_503(path: Path, tmp_path: Path) -> None:
    with keycask.Vault(path, create=True) as vault:
        secret = issue(vault)
    path.chmod(0)
    port, log = free_port(), tmp_path / "server.log"
    run = uvicorn(APP, port)
    if os.geteuid() == 0:  # modes don't hold for who may override them
        run = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", *run]
    with serving(run, port, log=log, KEYCASK_TEST_VAULT=str(path)), Browserless(port) as client:
        for asked in ("/reports", "/starlette/reports"):
            reply = client.get(asked, secret)
            assert (reply.status, reply.json["code"]) == (503, "unavailable")
        path.chmod(0o600)
        assert client.get("/reports", secret).status == 200


def test_refusals_are_told_to_the_log_with_their_reason(path: Path) -> None:
    with keycask.Vault(path, create=True) as vault:
        issued = vault.create_key("acme_live", actor="alice")
        vault.revoke(issued.key.id, actor="alice")
    code = (
        "import logging, sys; logging.basicConfig(level=logging.INFO, format='%(name)s %(message)s')\n"
        "import fastapi_app; from starlette.testclient import TestClient\n"
        "TestClient(fastapi_app.app).get('/reports', headers={'X-API-Key': sys.argv[1]})"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, secret_of(issued)],
        cwd=os.path.dirname(__file__),
        env={**os.environ, "KEYCASK_TEST_VAULT": str(path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"keycask.web GET the key was refused: revoked ({issued.key.id})" in ran.stderr
    assert not SECRET.search(ran.stderr + ran.stdout)
