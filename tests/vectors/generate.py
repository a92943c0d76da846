"""Writes the vector files beside this script, or with --check compares them.

The generator follows the specification and shares no code with the library, so that
a vector that both agree on is evidence. It needs Python 3.11 and nothing else.
"""

import argparse
import difflib
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from generator import (
    key_secrets,
    leaves,
    outcomes,
    roots,
    rotation,
    schemes,
    secret_faults,
    type_ids,
)
from generator.table import Table

FOLDER = Path(__file__).resolve().parent
SHOWN_LINES = 6
SHOWN_WIDTH = 120


def tables() -> list[Table]:
    """Every vector file."""
    return [
        key_secrets.table(),
        secret_faults.table(),
        schemes.table(),
        type_ids.valid_table(),
        type_ids.invalid_table(),
        outcomes.table(),
        rotation.table(),
        leaves.table(),
        roots.table(),
    ]


def write(wanted: list[Table]) -> None:
    """Writes the files."""
    for table in wanted:
        (FOLDER / table.name).write_bytes(table.text().encode())
        print(f"{table.name}: {len(table.rows)} rows")


def differences(wanted: list[Table]) -> Iterator[str]:
    """Yields what differs between the files and what they should hold."""
    for table in wanted:
        path = FOLDER / table.name
        text = table.text()
        if not path.is_file():
            yield f"{table.name}: is missing"
        elif (found := path.read_bytes().decode(errors="replace")) != text:
            yield from file_differences(table.name, found, text)
    known = {table.name for table in wanted}
    for path in sorted(FOLDER.glob("*.txt")):
        if path.name not in known:
            yield f"{path.name}: is not made by the generator"


def file_differences(name: str, found: str, text: str) -> Iterator[str]:
    """Yields a summary of one file: how many lines differ, and the first of them."""
    diff = difflib.unified_diff(found.split("\n"), text.split("\n"), n=0, lineterm="")
    lines = [line for line in islice(diff, 2, None) if not line.startswith("@@")]
    gone = sum(line.startswith("-") for line in lines)
    yield f"{name}: {gone} lines to go, {len(lines) - gone} to come"
    yield from (f"  {line[:SHOWN_WIDTH]}" for line in lines[:SHOWN_LINES])


def main() -> int:
    """Runs the command."""
    parser = argparse.ArgumentParser(description="Write the test vectors.")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if a file differs"
    )
    arguments = parser.parse_args()
    wanted = tables()
    if not arguments.check:
        write(wanted)
        return 0
    found = list(differences(wanted))
    print("\n".join(found) or "the vectors are what the generator makes")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
