"""The form that all vector files share, and the data that they are made of."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

Cell = str | int | bytes | bool | None

ABSENT = "-"
# C's strtok swallows an empty column, so no bytes at all are a word.
NO_BYTES = "empty"


@dataclass
class Table:
    """A file: a header that explains the columns, and rows."""

    name: str
    header: str
    rows: list[tuple[str, ...]] = field(default_factory=list)

    def add(self, *cells: Cell) -> None:
        """Appends a row."""
        self.rows.append(tuple(column(cell) for cell in cells))

    def text(self) -> str:
        """Returns the file's content."""
        header = [f"# {line}".rstrip() for line in self.header.strip().split("\n")]
        return "\n".join([*header, "", *("\t".join(row) for row in self.rows)]) + "\n"


def column(cell: Cell) -> str:
    """Returns a cell as it stands in a row."""
    match cell:
        case None:
            return ABSENT
        case bool():
            return str(int(cell))
        case bytes():
            return cell.hex() or NO_BYTES
        case int():
            return str(cell)
    if cell in ("", ABSENT) or "\t" in cell or "\n" in cell:
        raise ValueError(f"{cell!r} can't stand in a column")
    return cell


def stream(label: str) -> Iterator[int]:
    """Yields bytes that look random and are the same in each run."""
    for number in count():
        yield from hashlib.sha256(f"{label}/{number}".encode()).digest()


def sample(label: str, length: int) -> bytes:
    """Returns the first bytes of a stream."""
    source = stream(label)
    return bytes(next(source) for _ in range(length))
