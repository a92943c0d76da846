"""What protecting a route of Django REST framework costs, under one gunicorn with one worker and one client.

Each round asks every route in turn. A ratio is the median over the rounds of the worker's processor time for a route to
that for the open one: requests a second depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
ROUTES = {
    "open": "no authentication",
    "keycask": "keycask, KeycaskAuthentication and HasScope",
    "api-key": "djangorestframework-api-key, HasAPIKey",
    "knox": "django-rest-knox, TokenAuthentication",
}


class Client:
    """One connection that stays open."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = self.socket.makefile("rb")

    def ask(self, request: bytes) -> int:
        """Sends a request, reads the whole answer and returns its status."""
        self.socket.sendall(request)
        status = int(self.reader.readline().split()[1])
        length = 0
        while (line := self.reader.readline()) != b"\r\n":
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        self.reader.read(length)
        return status


@contextlib.contextmanager
def served(folder: str) -> Iterator[tuple[int, int]]:
    """A gunicorn with one worker, and keys in the folder: its port, and the worker's process."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "wsgi_app:application", "--bind", f"127.0.0.1:{port}"]
    command += ["--worker-class", "gthread", "--threads", "2", "--keep-alive", "60", "--log-level", "warning"]
    with subprocess.Popen(command, cwd=HERE, env={**os.environ, "KEYCASK_BENCH_FOLDER": folder}) as server:
        try:
            wait_for(port)
            yield port, int(Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()[0])
        finally:
            server.terminate()


def wait_for(port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise SystemExit("gunicorn doesn't serve")


def processor_time(pid: int) -> float:
    """The seconds of processor time that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


Times = dict[str, list[tuple[float, float]]]


def measure(client: Client, worker: int, requests: dict[str, bytes], count: int, rounds: int) -> Times:
    """The seconds a request and those of the worker's processor time, by route and round."""
    for route, request in requests.items():
        if {client.ask(request) for _ in range(50)} != {200}:
            raise SystemExit(f"{route} doesn't let its own key in")
    times: Times = {route: [] for route in requests}
    for _ in range(rounds):
        for route, request in requests.items():
            began, worked = time.perf_counter(), processor_time(worker)
            for _ in range(count):
                client.ask(request)
            took = time.perf_counter() - began, processor_time(worker) - worked
            times[route].append((took[0] / count, took[1] / count))
    return times


def main() -> None:
    """Reads the arguments, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one object a line")
    parser.add_argument("--requests", type=int, default=300, help="of each route in each round")
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="keycask-bench-") as folder:
        variables = {**os.environ, "KEYCASK_BENCH_FOLDER": folder}
        made = [sys.executable, str(HERE / "wsgi_app.py")]
        headers = json.loads(subprocess.run(made, env=variables, capture_output=True, check=True).stdout)
        requests = {
            route: f"GET /{route} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {headers.get(route, '')}\r\n\r\n".encode()
            for route in ROUTES
        }
        with served(folder) as (port, worker):
            times = measure(Client(port), worker, requests, arguments.requests, arguments.rounds)
    for route, work in ROUTES.items():
        ratio = statistics.median(own[1] / base[1] for own, base in zip(times[route], times["open"], strict=True))
        rate = round(1 / statistics.median(wall for wall, _ in times[route]))
        cost = round(statistics.median(worked for _, worked in times[route]) * 1e6)
        if arguments.json:
            print(json.dumps({"work": work, "requests_per_second": rate, "cpu_us": cost, "ratio": round(ratio, 3)}))
        else:
            print(f"{work:44}  {rate:6} requests/s  {cost:6} us of processor time  {ratio:6.2f} x open")


if __name__ == "__main__":
    main()
