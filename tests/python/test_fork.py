"""Guards against a child that writes without a lock: its writes would be acknowledged and lost.

Servers that fork after they opened, and even used, the vault do this for a living.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import multiprocessing
import os
import random
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import keycask
import pytest
from conftest import secret_of
from prefork_app import holds_locks, use

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from multiprocessing.queues import SimpleQueue
    from pathlib import Path

ROUNDS = 50
WORKERS = 4
PATIENCE = 60
"""Seconds after which something hangs."""

pytestmark = [
    pytest.mark.slow,
    # Python 3.12 and later warn of what is tested here.
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


def forked(work: Callable[[], Any]) -> tuple[int, int]:
    """Runs `work` in a child: its id, and the descriptor that its answer comes from."""
    reader, writer = os.pipe()
    child = os.fork()
    if child:
        os.close(writer)
        return child, reader
    try:
        os.write(writer, json.dumps(work()).encode())
    except BaseException as error:
        os.write(writer, json.dumps(repr(error)).encode())
    finally:
        os._exit(0)


def answer_of(child: tuple[int, int]) -> dict[str, Any]:
    pid, reader = child
    ready, _, _ = select.select([reader], [], [], PATIENCE)
    if not ready:
        os.kill(pid, signal.SIGKILL)
    answer = os.read(reader, 65_536)
    os.close(reader)
    os.waitpid(pid, 0)
    assert ready, f"child {pid} hangs"
    told: dict[str, Any] | str = json.loads(answer)
    assert not isinstance(told, str), told
    return told


def as_others_see_it(path: Path) -> set[str]:
    """The ids of all keys, read by another program."""
    listed = subprocess.run(
        [sys.executable, "-m", "keycask", "list", "--json", "--vault", str(path)],
        capture_output=True,
        check=True,
        timeout=PATIENCE,
    )
    return {json.loads(line)["id"] for line in listed.stdout.splitlines()}


def assert_nothing_was_lost(path: Path, told: list[dict[str, Any]]) -> None:
    """What was acknowledged is there, no secret was drawn twice, each process held its locks."""
    assert all(one["locked"] for one in told), [one for one in told if not one["locked"]][:3]
    assert len({one["digest"] for one in told}) == len(told)
    ids = {one["id"] for one in told}
    assert len(ids) == len(told)
    assert ids <= as_others_see_it(path)
    with keycask.Vault(path) as vault:
        created = {change.key_id for change in vault.changes(kind="key.created")}
        assert ids <= created
        assert vault.verify_logs()
        assert vault.check(deep=True)


def test_children_of_a_used_vault(vault: keycask.Vault) -> None:
    told: list[dict[str, Any]] = []
    for round_number in range(ROUNDS):
        told.append(use(vault, "parent"))
        children = [forked(lambda: use(vault, "child")) for _ in range(WORKERS)]
        told.append(use(vault, f"parent {round_number}"))
        told += [answer_of(child) for child in children]
    assert len({one["pid"] for one in told}) == 1 + ROUNDS * WORKERS
    assert_nothing_was_lost(vault.path, told)


def test_children_of_children(vault: keycask.Vault) -> None:
    use(vault, "parent")

    def parent_of_another() -> dict[str, Any]:
        use(vault, "child")
        return answer_of(forked(lambda: use(vault, "grandchild")))

    assert_nothing_was_lost(vault.path, [answer_of(forked(parent_of_another)) for _ in range(5)])


def test_forks_with_threads_inside_verify(vault: keycask.Vault, secret: str) -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)
    choices, stop, failures = random.Random(seed), threading.Event(), list[str]()

    def verify() -> None:
        try:
            while not stop.is_set():
                vault.verify(secret)
        except Exception as error:
            failures.append(repr(error))

    threads = [threading.Thread(target=verify) for _ in range(4)]
    for thread in threads:
        thread.start()
    told: list[dict[str, Any]] = []
    try:
        for _ in range(ROUNDS):
            time.sleep(choices.random() * 0.003)
            child = forked(lambda: use(vault, "child"))
            told.append(use(vault, "parent"))
            told.append(answer_of(child))
    finally:
        stop.set()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    assert not failures
    assert_nothing_was_lost(vault.path, told)


_shared: keycask.Vault | None = None


def _task(_number: int) -> dict[str, Any]:
    assert _shared is not None
    return use(_shared, "task")


def test_a_pool_that_replaces_its_workers(vault: keycask.Vault) -> None:
    global _shared
    _shared = vault
    told = [use(vault, "parent")]
    # As Celery's prefork pool does it, workers included that end after some tasks.
    with multiprocessing.get_context("fork").Pool(WORKERS, maxtasksperchild=10) as pool:
        for _ in range(ROUNDS):
            told += pool.map_async(_task, range(8), chunksize=1).get(PATIENCE)
            told.append(use(vault, "parent"))
    assert len({one["pid"] for one in told}) > 8 * ROUNDS // 10
    assert_nothing_was_lost(vault.path, told)


def _put(answers: SimpleQueue[dict[str, Any]], vault: keycask.Vault) -> None:
    answers.put(use(vault, "child"))


def test_processes_of_multiprocessing(vault: keycask.Vault) -> None:
    context = multiprocessing.get_context("fork")
    told = [use(vault, "parent")]
    for _ in range(ROUNDS):
        answers: SimpleQueue[dict[str, Any]] = context.SimpleQueue()
        child = context.Process(target=_put, args=(answers, vault))
        child.start()
        told.append(use(vault, "parent"))
        child.join(PATIENCE)
        assert child.exitcode == 0
        told.append(answers.get())
    assert_nothing_was_lost(vault.path, told)


@pytest.mark.parametrize("preexec", [None, os.setsid], ids=["default", "preexec_fn"])
def test_the_parent_of_other_programs_keeps_its_locks(
    vault: keycask.Vault, preexec: Callable[[], None] | None
) -> None:
    told: list[dict[str, Any]] = []
    for _ in range(ROUNDS):
        told.append(use(vault, "parent"))
        subprocess.run(["true"], preexec_fn=preexec, check=True, timeout=PATIENCE)
        # What a stray handle of the child's would have taken with it when it was closed by its exec.
        assert vault.verify(secret_of(vault.create_key("acme_live", actor="parent")))
        assert holds_locks(vault.path)
    assert_nothing_was_lost(vault.path, told)


def test_a_preexec_fn_that_uses_the_vault(vault: keycask.Vault) -> None:
    for _ in range(10):
        use(vault, "parent")
        subprocess.run(
            ["true"], preexec_fn=lambda: use(vault, "between fork and exec"), check=True, timeout=PATIENCE
        )
    assert len(list(vault.keys(owner="between fork and exec"))) == 10
    assert len(list(vault.keys(owner="parent"))) == 10
    assert vault.check(deep=True)


def test_an_iterator_in_a_child_goes_on_or_says_why(vault: keycask.Vault) -> None:
    vault.create_keys([keycask.NewKey("acme_live") for _ in range(1200)], actor="alice")
    keys = vault.keys()
    next(keys)
    assert answer_of(forked(lambda: {"left": sum(1 for _ in keys)}))["left"] == 1199
    assert sum(1 for _ in keys) == 1199


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=PATIENCE)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(self.path)


def ask(path: str) -> dict[str, Any]:
    """One answer of the server, which may be replacing its workers."""
    for _ in range(100):
        connection = UnixConnection(path)
        try:
            connection.request("GET", "/", headers={"Connection": "close"})
            response = connection.getresponse()
            body = response.read()
            assert response.status == 200, body
            return dict(json.loads(body))
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
        finally:
            connection.close()
    raise TimeoutError("the server doesn't answer")


@contextlib.contextmanager
def gunicorn(vault: Path, folder: Path, *options: str) -> Generator[tuple[subprocess.Popen[bytes], str]]:
    address = str(folder / "s")
    environment = {**os.environ, "KEYCASK_TEST_VAULT": str(vault)}
    command = [sys.executable, "-m", "gunicorn", "--workers", str(WORKERS), "--bind", f"unix:{address}"]
    command += ["--worker-tmp-dir", "/dev/shm", "--graceful-timeout", "5", "--log-level", "warning", *options]
    here = os.path.dirname(__file__)
    with subprocess.Popen([*command, "--chdir", here, "prefork_app:application"], env=environment) as server:
        try:
            ask(address)
            yield server, address
        finally:
            server.terminate()
            try:
                server.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                server.kill()
                raise


@pytest.mark.parametrize("options", [["--preload"], []], ids=["preload", "no preload"])
def test_gunicorn(path: Path, tmp_path: Path, options: list[str]) -> None:
    told: list[dict[str, Any]] = []
    with gunicorn(path, tmp_path, *options) as (server, address):
        for round_number in range(ROUNDS):
            told += [ask(address) for _ in range(8)]
            if round_number % 10 == 4:
                server.send_signal(signal.SIGHUP)
            if round_number % 5 == 1:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(told[-1]["pid"], signal.SIGKILL)
    pids = {one["pid"] for one in told}
    assert len(pids) >= WORKERS + 5, pids
    assert_nothing_was_lost(path, told)
