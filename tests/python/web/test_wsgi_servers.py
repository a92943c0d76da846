"""Guards against a worker of gunicorn that lets in whom another refuses, or calls a sick vault a bad key.

Django, Django REST framework and Flask under gunicorn with two workers, before and after the fork.
"""

from __future__ import annotations

import contextlib
import os
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import keycask
import pytest
from conftest import SECRET, secret_of
from servers import Browserless, eventually, free_port, gunicorn, serving

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

ROUTES = [("django", "/plain"), ("django", "/drf/reports"), ("flask", "/plain")]
WAYS = ["", "--preload"]
ROUNDS = 1000
# A connection stays with its worker where the worker has threads.
THREADS = ["--worker-class", "gthread", "--threads", "2", "--keep-alive", "30"]


@contextlib.contextmanager
def server(framework: str, way: str, vault: Path, folder: Path, *before: str) -> Generator[int]:
    port, log = free_port(), folder / "server.log"
    command = [*before, *gunicorn(f"{framework}_site:application", port, *THREADS, *way.split())]
    variables = {"KEYCASK_TEST_VAULT": str(vault), "KEYCASK_TEST_DATABASE": str(folder / "site.db")}
    with serving(command, port, log=log, **variables):
        yield port
    assert not SECRET.search(log.read_text())


def issue(vault: keycask.Vault, prefix: str = "acme_live", *scopes: str) -> str:
    return secret_of(vault.create_key(prefix, owner="ann", scopes=scopes or ["reports:read"], actor="alice"))


def both_workers(port: int, path: str, key: str, stack: contextlib.ExitStack) -> list[Browserless]:
    """A connection to each of the two workers."""
    found: dict[int, Browserless] = {}
    for _ in range(200):
        client = stack.enter_context(Browserless(port))
        found.setdefault(client.get(path, key).json["pid"], client)
        if len(found) == 2:
            return list(found.values())
    raise RuntimeError("200 connections went to one worker")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("framework", "path"), ROUTES[1:])
def test_a_revoked_key_is_refused_by_every_worker_at_once(
    tmp_path: Path, framework: str, path: str, way: str
) -> None:
    with keycask.Vault(tmp_path / "keys.db", create=True) as vault:
        known = issue(vault)
    rounds = ROUNDS if way and framework == "django" else ROUNDS // 10
    accepted = 0
    with server(framework, way, tmp_path / "keys.db", tmp_path) as port, contextlib.ExitStack() as stack:
        workers = both_workers(port, path, known, stack)
        for number in range(rounds):
            one, other = workers if number % 2 else reversed(workers)
            made = one.post("/create").json
            assert [worker.get(path, made["secret"]).status for worker in workers] == [200, 200]
            assert other.post(f"/revoke/{made['id']}").json["state"] == "revoked"
            accepted += sum(worker.get(path, made["secret"]).status != 401 for worker in workers)
    assert accepted == 0
    with keycask.Vault(tmp_path / "keys.db") as vault:
        assert vault.check(deep=True)
        assert vault.stats().keys["revoked"] == rounds


@pytest.fixture(scope="module", params=ROUTES, ids=lambda route: "".join(route))
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Generator[tuple[int, str, keycask.Vault]]:
    """A server for all that leaves it as it was, a path of it, and its vault."""
    folder = tmp_path_factory.mktemp("served")
    framework, path = request.param
    with (
        keycask.Vault(folder / "keys.db", create=True) as vault,
        server(framework, "--preload", vault.path, folder) as port,
    ):
        yield port, path, vault


@pytest.fixture
def client(served: tuple[int, str, keycask.Vault]) -> Generator[Browserless]:
    with Browserless(served[0]) as client:
        yield client


Served = tuple[int, str, keycask.Vault]


def test_whom_it_lets_in_and_whom_not(served: Served, client: Browserless) -> None:
    _, path, vault = served
    good = issue(vault)
    assert client.get(path, good).json["owner"] == "ann"
    assert client.get(path, X_API_Key=good).status == 200
    bad = ["acme_live_" + "0" * 49, "nonsense", "x" * 300, "sécret".encode().decode("latin-1")]
    replies = [client.get(path, secret) for secret in bad]
    assert {(one.status, one.headers["www-authenticate"], one.body) for one in replies} == {
        (401, 'Bearer error="invalid_token"', replies[0].body)
    }
    assert client.get(path).headers["www-authenticate"] == "Bearer"
    assert client.get(path, good, X_API_Key=issue(vault)).status == 401
    assert client.get(f"{path}?access_token={good}").status == 401


def test_what_a_good_key_lacks(served: Served, client: Browserless) -> None:
    _, path, vault = served
    reply = client.get(path, issue(vault, "acme_live", "users:read"))
    assert reply.status == 403
    assert reply.headers["www-authenticate"] == 'Bearer error="insufficient_scope", scope="reports:read"'
    reply = client.get(path, issue(vault, "acme_test"))
    assert (reply.status, reply.headers["www-authenticate"]) == (403, 'Bearer error="insufficient_scope"')
    assert client.get(path, issue(vault, "acme_live", "reports:*")).status == 200


def test_a_superseded_key_is_told_until_when(served: Served, client: Browserless) -> None:
    _, path, vault = served
    secret = issue(vault)
    new = vault.rotate(vault.verify(secret).id, grace=timedelta(hours=1), actor="alice")
    until = vault.verify(secret).grace_until
    assert until is not None
    reply = client.get(path, secret)
    assert (reply.status, reply.headers["sunset"]) == (200, until.strftime("%a, %d %b %Y %H:%M:%S GMT"))
    assert reply.headers["deprecation"] == f"@{int(new.key.created_at.timestamp())}"
    assert "sunset" not in client.get(path, secret_of(new)).headers


def test_head_and_options_need_a_key(served: Served, client: Browserless) -> None:
    _, path, vault = served
    secret = issue(vault)
    for method in ("HEAD", "OPTIONS"):
        assert client.ask(method, path, key=secret).status == 200
        assert client.ask(method, path, key="nonsense").status == 401
        assert client.ask(method, path).status == 401


@pytest.mark.parametrize(("framework", "path"), ROUTES[1:])
def test_a_vault_that_is_missing_or_taken_away_is_503(tmp_path: Path, framework: str, path: str) -> None:
    vault_path, away = tmp_path / "keys.db", tmp_path / "away.db"
    with keycask.Vault(away, create=True) as vault:
        secret = issue(vault)
    with server(framework, "--preload", vault_path, tmp_path) as port, Browserless(port) as client:
        for _ in range(2):
            reply = client.get(path, secret)
            assert reply.status == 503
            assert "www-authenticate" not in reply.headers
            os.rename(away, vault_path)
            assert eventually(client, path, secret) == 200
            os.rename(vault_path, away)
            time.sleep(1.6)
        assert client.get(path, secret).status == 503


@pytest.mark.parametrize(("framework", "path"), ROUTES[1:])
def test_a_vault_that_cannot_be_read_is_503(tmp_path: Path, framework: str, path: str) -> None:
    vault_path = tmp_path / "keys.db"
    with keycask.Vault(vault_path, create=True) as vault:
        secret = issue(vault)
    vault_path.chmod(0)
    # Modes don't hold for who may override them.
    before = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    with server(framework, "", vault_path, tmp_path, *before) as port, Browserless(port) as client:
        assert client.get(path, secret).status == 503
        vault_path.chmod(0o600)
        assert client.get(path, secret).status == 200
