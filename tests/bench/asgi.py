"""What protecting a route of FastAPI costs: requests per second with and without, on one uvicorn, in turns.

``target/bench-venv/bin/python tests/bench/asgi.py [--rounds N]``, after ``tests/bench/run`` has set that up.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

class Round(NamedTuple):
    """One round on one route."""

    rate: float
    """Requests a second."""
    cost: float
    """Microseconds of the server's processor a request."""


CONNECTIONS = 8
SECONDS = 1.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "uvicorn", "asgi_app:app", "--port", str(port), "--no-access-log"]
        environment = {**os.environ, "KEYCASK_BENCH_FOLDER": folder}
        here = Path(__file__).parent
        command += ["--log-level", "warning"]
        with subprocess.Popen(command, cwd=here, env=environment) as server:
            try:
                report(measure(port, Path(folder), server, rounds))
            finally:
                server.terminate()


def measure(port: int, folder: Path, server: subprocess.Popen[bytes], rounds: int) -> dict[str, list[Round]]:
    secrets = secrets_in(folder / "secrets.json", server)
    found: dict[str, list[Round]] = {path: [] for path in secrets}
    for number in range(rounds + 1):
        for path, secret in secrets.items():
            before = processor_seconds(server.pid)
            answered, seconds = ask(port, path, secret)
            used = processor_seconds(server.pid) - before
            if number:  # the first round warms up
                found[path].append(Round(answered / seconds, used * 1e6 / answered))
    return found


def secrets_in(file: Path, server: subprocess.Popen[bytes]) -> dict[str, str]:
    for _ in range(300):
        if server.poll() is not None:
            break
        try:
            secrets: dict[str, str] = json.loads(file.read_text())
        except (OSError, ValueError):
            secrets = {}
        if len(secrets) == 4:
            return secrets
        time.sleep(0.1)
    raise RuntimeError("the server doesn't start")


def connected(port: int) -> socket.socket:
    """A connection to the server, which may still be about to listen."""
    for _ in range(50):
        try:
            return socket.create_connection(("127.0.0.1", port))
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server doesn't listen")


def processor_seconds(pid: int) -> float:
    """What a process has used of the processor; another load of the machine doesn't change it much."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ask(port: int, path: str, secret: str) -> tuple[int, float]:
    """By connections that each wait for their answer before they ask again."""
    request = f"GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {secret}\r\n\r\n".encode()
    sockets = [connected(port) for _ in range(CONNECTIONS)]
    answered, began = 0, time.perf_counter()
    try:
        while time.perf_counter() - began < SECONDS:
            for one in sockets:
                one.sendall(request)
            for one in sockets:
                answer = one.recv(4096)
                while not answer.endswith(b"}"):
                    answer += one.recv(4096)
                if not answer.startswith(b"HTTP/1.1 200"):
                    raise RuntimeError(f"{path}: {answer!r}")
            answered += len(sockets)
        return answered, time.perf_counter() - began
    finally:
        for one in sockets:
            one.close()


def report(found: dict[str, list[Round]]) -> None:
    whole = statistics.median(one.cost for one in found["/open"])
    for path, rounds in found.items():
        rate = statistics.median(one.rate for one in rounds)
        cost = statistics.median(one.cost for one in rounds)
        print(f"{path:20}{rate:10,.0f} requests/s {cost:12,.0f} us of processor, {cost - whole:+12,.0f}")


if __name__ == "__main__":
    main()
