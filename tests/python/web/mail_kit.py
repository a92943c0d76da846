"""The mail server of all the tests (``tests/smtp/server.py``), on a port of this machine."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from conftest import ROOT, SECRET
from servers import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path


class Mailbox(NamedTuple):
    """A server with STARTTLS and a login, and the folder of what it received."""

    folder: Path
    port: int
    user: str = "keycask"
    password: str = "correct horse"

    @property
    def authority(self) -> Path:
        """The certificate of the authority that vouches for the server."""
        return self.folder / "ca.pem"

    def received(self, count: int) -> list[dict[str, Any]]:
        """So many messages, for which it waits a little."""
        deadline = time.monotonic() + 10
        while len(found := sorted(self.folder.glob("*.json"))) < count and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(found) == count, f"{len(found)} messages came"
        return [json.loads(file.read_text()) for file in found]


@contextlib.contextmanager
def mail_server(folder: Path, mode: str = "starttls") -> Generator[Mailbox]:
    """The server while the context lasts."""
    folder.mkdir()
    command = [sys.executable, str(ROOT / "tests" / "smtp" / "server.py"), str(folder), "--mode", mode]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        assert server.stdin
        try:
            yield Mailbox(folder, json.loads(server.stdout.readline())["port"])
        finally:
            server.stdin.close()


def delivered(vault: Path, folder: Path) -> list[dict[str, Any]]:
    """Sends the notices of the vault, and gives the messages that arrived; none may hold a secret."""
    with mail_server(folder) as mailbox:
        command = [sys.executable, "-m", "keycask", "notify", "--once", "--vault", str(vault)]
        command += ["--smtp", f"smtp://localhost:{mailbox.port}", "--smtp-user", mailbox.user]
        command += ["--ca-file", str(mailbox.authority), "--from", "keys@example.com"]
        environment = {**os.environ, "KEYCASK_SMTP_PASSWORD": mailbox.password}
        subprocess.run(command, env=environment, check=True, capture_output=True, timeout=PATIENCE)
    messages = [json.loads(file.read_text()) for file in sorted(folder.glob("*.json"))]
    assert not any(SECRET.search(json.dumps(message)) for message in messages)
    return messages
