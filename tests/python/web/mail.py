"""The mail that `keycask notify` sends, received by a real server on this machine."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from conftest import ROOT, SECRET
from servers import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

PASSWORD = "correct horse"


@contextlib.contextmanager
def mail_server(folder: Path) -> Generator[int]:
    """A server that demands TLS and a login, and writes each message to the folder; its port."""
    command = [sys.executable, str(ROOT / "tests" / "smtp" / "server.py"), str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield int(json.loads(server.stdout.readline())["port"])
        finally:
            server.terminate()
            server.wait(PATIENCE)


def delivered(vault: Path, folder: Path) -> list[dict[str, Any]]:
    """Sends the notices of the vault, and gives the messages that arrived; none may hold a secret."""
    with mail_server(folder) as port:
        command = [sys.executable, "-m", "keycask", "notify", "--once", "--vault", str(vault)]
        command += ["--smtp", f"smtp://localhost:{port}", "--smtp-user", "keycask"]
        command += ["--ca-file", str(folder / "ca.pem"), "--from", "keys@example.com"]
        environment = {**os.environ, "KEYCASK_SMTP_PASSWORD": PASSWORD}
        subprocess.run(command, env=environment, check=True, capture_output=True, timeout=PATIENCE)
    messages = [json.loads(file.read_text()) for file in sorted(folder.glob("*.json"))]
    assert not any(SECRET.search(json.dumps(message)) for message in messages)
    return messages
