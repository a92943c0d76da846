"""Measures a verify of each contender, in turns, and prints one table; run by tests/bench/run.

The floor is the bare work: SHA-256 by hashlib, and a look into a dict. Every contender must first let a valid key in
and keep a wrong one out: what doesn't check a key isn't measured.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from contenders import Contender, django, floor, keyshield, vault

if TYPE_CHECKING:
    from collections.abc import Iterator

BUDGET = 0.05
"""Seconds that a burst should take: contenders that are slower verify fewer times."""


def contenders(folder: Path, keys: int) -> Iterator[Contender]:
    """All of them, the floor first."""
    yield floor.HashAndDict(keys)
    yield vault.hot(folder, keys)
    yield vault.hot_told(folder, keys)
    yield vault.batched(folder, keys)
    yield vault.batched_told(folder, keys)
    yield floor.Sqlite(folder, keys)
    yield from django.contenders(folder, min(keys, 1_000))
    yield from keyshield.contenders()


def check(contender: Contender) -> None:
    """Refuses a contender that doesn't tell keys apart."""
    for secret in contender.secrets[:5]:
        if not contender.accepts(secret):
            raise SystemExit(f"{contender.name} refuses a valid key")
        wrong = secret[:-3] + ("aaa" if secret[-3:] != "aaa" else "bbb")
        if contender.accepts(wrong):
            raise SystemExit(f"{contender.name} accepts a wrong key")


def cost(contender: Contender, count: int) -> float:
    """Nanoseconds of one verify, over so many."""
    secrets = contender.secrets
    burst = (secrets * (count // len(secrets) + 1))[:count]
    began = time.perf_counter_ns()
    contender.verify_all(burst)
    took = time.perf_counter_ns() - began
    contender.rest()
    return took / count


def fitting(contender: Contender) -> int:
    """How many verifies fill the budget, at most a burst that fits keycask's queue."""
    count = 1
    while count < contender.burst:
        took = cost(contender, count) * count / 1e9
        if took > BUDGET / 4:
            return max(1, min(contender.burst, int(count * BUDGET / took)))
        count *= 4
    return contender.burst


def measure(all_of_them: list[Contender], rounds: int) -> list[dict[str, object]]:
    """The median cost of each, and the median of its ratios to the floor of the same round."""
    counts = [fitting(contender) for contender in all_of_them]
    rows: list[list[float]] = []
    for number in range(rounds):
        if sys.stderr.isatty():
            print(f"\rround {number + 1} of {rounds}", end="", file=sys.stderr)
        rows.append([cost(*pair) for pair in zip(all_of_them, counts, strict=True)])
    if sys.stderr.isatty():
        print("\r" + " " * 20, end="\r", file=sys.stderr)
    measured: list[dict[str, object]] = []
    for place, contender in enumerate(all_of_them):
        ratio = statistics.median(row[place] / row[0] for row in rows)
        figure = statistics.median(row[place] for row in rows)
        limit = contender.limit
        measured.append(
            {
                "work": contender.name,
                "keys": contender.keys,
                "figure_ns": round(figure, 1),
                "ratio": round(ratio, 3),
                "limit": limit,
                "reached": None if limit is None else ratio <= limit,
            }
        )
    return measured


def show(measured: list[dict[str, object]]) -> None:
    """A table for people."""
    width = max(len(str(row["work"])) for row in measured)
    print(f"{'work':{width}}  {'keys':>7}  {'ns':>12}  {'ratio':>9}  limit  reached")
    for row in measured:
        limit = "" if row["limit"] is None else f"{row['limit']:.1f}"
        reached = {None: "", True: "yes", False: "no"}[row["reached"]]  # type: ignore[index]
        line = f"{row['work']:{width}}  {row['keys']:>7}  {row['figure_ns']:>12.0f}  {row['ratio']:>9.2f}"
        print(f"{line}  {limit:>5}  {reached}".rstrip())


def main() -> None:
    """Reads the arguments, measures, prints."""
    parser = argparse.ArgumentParser(description="What a verify costs in Python, and beside what.")
    parser.add_argument("--json", action="store_true", help="one object a line")
    parser.add_argument("--keys", type=int, default=50_000, help="keys of keycask, which remembers about 80,000, and of the floors")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--dir", help="where the files are made and removed; the system's folder where none is given")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="keycask-bench-", dir=arguments.dir) as folder:
        all_of_them = list(contenders(Path(folder), arguments.keys))
        for contender in all_of_them:
            check(contender)
        measured = measure(all_of_them, arguments.rounds)
        for contender in all_of_them:
            contender.close()
    if arguments.json:
        for row in measured:
            print(json.dumps(row))
    else:
        show(measured)


if __name__ == "__main__":
    main()
