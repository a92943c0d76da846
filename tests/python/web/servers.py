"""Real servers on a port of this machine, and a client that keeps its connection: one worker's, that is."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

PATIENCE = 60
"""Seconds after which something hangs."""

HERE = os.path.dirname(__file__)


def uvicorn(app: str, port: int, *, workers: int = 2) -> list[str]:
    """The command that serves an application by uvicorn, which believes no proxy by itself."""
    options = ["--port", str(port), "--workers", str(workers), "--no-access-log", "--no-proxy-headers"]
    return [sys.executable, "-m", "uvicorn", app, *options, "--log-level", "warning"]


def gunicorn(app: str, port: int, *options: str) -> list[str]:
    """The command that serves an application by gunicorn."""
    command = [sys.executable, "-m", "gunicorn", app, "--bind", f"127.0.0.1:{port}", "--workers", "2"]
    return [
        *command,
        "--worker-tmp-dir",
        "/dev/shm",
        "--graceful-timeout",
        "5",
        "--log-level",
        "warning",
        *options,
    ]


def free_port() -> int:
    """A port that nobody has, at the moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextlib.contextmanager
def serving(command: list[str], port: int, *, log: Path, **environment: str) -> Generator[int]:
    """Serves until the end of the block; what the server prints goes to a file."""
    with (
        log.open("ab") as output,
        subprocess.Popen(
            command,
            cwd=HERE,
            env={**os.environ, **environment},
            stdout=output,
            stderr=output,
            start_new_session=True,
        ) as server,
    ):
        try:
            _wait_for(port, server, log)
            yield port
        finally:
            _end(server)


def _wait_for(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"the server doesn't serve:\n{log.read_text()}")


def _end(server: subprocess.Popen[bytes]) -> None:
    """Ends the server and, where it doesn't within its time, all that it started."""
    server.terminate()
    try:
        server.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        raise


@dataclass(frozen=True)
class Reply:
    """What a server answered."""

    status: int
    headers: Mapping[str, str]
    """By names in lower case."""
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Browserless:
    """A client with one connection, which stays with the worker that took it."""

    def __init__(self, port: int, **headers: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self._headers = headers

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def ask(
        self, method: str, path: str, *, key: str | None = None, content: object = None, **headers: str
    ) -> Reply:
        """One request; the names of headers have ``_`` for ``-``."""
        sent = {name.replace("_", "-"): value for name, value in {**self._headers, **headers}.items()}
        if key is not None:
            sent["Authorization"] = f"Bearer {key}"
        body = None
        if content is not None:
            body = json.dumps(content).encode()
            sent.setdefault("Content-Type", "application/json")
        self._connection.request(method, path, body, sent)
        response = self._connection.getresponse()
        told = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, told, response.read())

    def get(self, path: str, key: str | None = None, **headers: str) -> Reply:
        return self.ask("GET", path, key=key, **headers)

    def post(self, path: str, content: object = None, **headers: str) -> Reply:
        return self.ask("POST", path, content=content, **headers)


def eventually(client: Browserless, path: str, secret: str) -> int:
    """The status once it isn't 503 any more, or after five seconds."""
    status = 503
    for _ in range(50):
        status = client.get(path, secret).status
        if status != 503:
            break
        time.sleep(0.1)
    return status
