"""Guards against a worker that serves a dead key: what this process changes, three others must judge by.

They verify at once with hot caches, while a fourth process commits, checkpoints, vacuums and kills writers.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import keycask
import pytest
from conftest import secret_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Expected = dict[str, str]
    Ask = Callable[[Expected], None]
    Verb = Callable[[keycask.Vault, str, str, Ask], Expected]

ROUNDS = 2_000
ROUNDS_A_MODE = 250
"""Keys that are made at once, and rounds with the same mode of the uses' log."""
SCOPES = ["reports:read"]

pytestmark = pytest.mark.slow


def outcome(vault: keycask.Vault, secret: str, *, event: bool) -> str:
    try:
        vault.verify(secret, scopes=SCOPES, event=event)
    except keycask.KeyRejectedError as error:
        return error.reason
    return "valid"


def read(path: str, *, event: bool) -> None:
    """What the other processes do: they answer their first outcomes, then verify until the keys are kept."""
    with keycask.Vault(path) as vault:
        for question in sys.stdin:
            secrets = question.split()
            print(*[outcome(vault, secret, event=event) for secret in secrets], flush=True)
            for secret in secrets * 2:
                outcome(vault, secret, event=event)


class Readers:
    def __init__(self, path: Path) -> None:
        self.processes = [
            subprocess.Popen(
                [sys.executable, __file__, str(path), events],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                bufsize=1,
            )
            for events in ["none", "each", "none"]
        ]

    def ask(self, expected: Expected) -> None:
        """Asks all, who must answer the same."""
        for process in self.processes:
            assert process.stdin
            process.stdin.write(" ".join(expected) + "\n")
        answers = [process.stdout.readline().split() for process in self.processes if process.stdout]
        assert answers == [list(expected.values())] * len(self.processes)

    def end(self) -> None:
        for process in self.processes:
            process.communicate()
            assert process.returncode == 0


@pytest.fixture
def shared() -> Iterator[keycask.Vault]:
    """A vault in memory, where a commit costs no disk, with a process that disturbs it."""
    memory = Path("/dev/shm")
    with (
        tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder,
        keycask.Vault(Path(folder) / "keys.db", create=True) as vault,
    ):
        disturber = subprocess.Popen([os.environ["KEYCASK_TEST_DISTURB"], str(vault.path)])
        try:
            yield vault
            assert disturber.poll() is None, "it ended before its time"
        finally:
            disturber.kill()
            disturber.wait()
        assert vault.check()


def revoke(vault: keycask.Vault, key_id: str, secret: str, _ask: Ask) -> Expected:
    vault.revoke(key_id, actor="alice")
    return {secret: "revoked"}


def rotate_in_an_emergency(vault: keycask.Vault, key_id: str, secret: str, _ask: Ask) -> Expected:
    issued = vault.rotate(key_id, emergency=True, actor="alice")
    return {secret: "revoked", secret_of(issued): "valid"}


def disable(vault: keycask.Vault, key_id: str, secret: str, _ask: Ask) -> Expected:
    vault.disable(key_id, actor="alice")
    return {secret: "disabled"}


def narrow(vault: keycask.Vault, key_id: str, secret: str, _ask: Ask) -> Expected:
    vault.update(key_id, scopes=["other"], actor="alice")
    return {secret: "missing_scope"}


def cancel(vault: keycask.Vault, key_id: str, secret: str, ask: Ask) -> Expected:
    successor = secret_of(vault.rotate(key_id, grace=timedelta(hours=1), actor="alice"))
    ask({secret: "valid", successor: "valid"})
    vault.cancel_rotation(key_id, force=True, actor="alice")
    return {secret: "valid", successor: "revoked"}


def finish(vault: keycask.Vault, key_id: str, secret: str, ask: Ask) -> Expected:
    successor = secret_of(vault.rotate(key_id, grace=timedelta(hours=1), actor="alice"))
    ask({secret: "valid", successor: "valid"})
    vault.finish_rotation(key_id, actor="alice")
    return {secret: "rotated_out", successor: "valid"}


@pytest.mark.parametrize("verb", [revoke, rotate_in_an_emergency, disable, narrow, cancel, finish])
def test_no_process_accepts_what_another_has_ended(shared: keycask.Vault, verb: Verb) -> None:
    readers = Readers(shared.path)
    key = keycask.NewKey("acme_live", owner="acct_42", scopes=SCOPES)
    for lap in range(ROUNDS // ROUNDS_A_MODE):
        shared.update_policy(use_mode="each" if lap % 2 else "off", actor="alice")
        for issued in shared.create_keys([key] * ROUNDS_A_MODE, actor="alice"):
            secret = secret_of(issued)
            readers.ask({secret: "valid"})
            readers.ask(verb(shared, issued.key.id, secret, readers.ask))
    readers.end()


if __name__ == "__main__":
    read(sys.argv[1], event=sys.argv[2] == "each")
