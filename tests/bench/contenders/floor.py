"""What a program does by hand."""

from __future__ import annotations

import hashlib
import secrets as tokens
import sqlite3
import time
from typing import TYPE_CHECKING

from . import Contender

if TYPE_CHECKING:
    from pathlib import Path


def new_secret() -> str:
    """As long as one of keycask's."""
    return "acme_live_" + tokens.token_hex(25)[:49]


def digest(secret: str) -> bytes:
    """What is stored of it."""
    return hashlib.sha256(secret.encode()).digest()


class HashAndDict(Contender):
    """The floor: nothing but a hash and a dict in memory."""

    def __init__(self, keys: int) -> None:
        super().__init__("hashlib + dict", [new_secret() for _ in range(keys)])
        self.owners = {digest(secret): number for number, secret in enumerate(self.secrets)}

    def accepts(self, secret: str) -> bool:
        return digest(secret) in self.owners

    def verify_all(self, secrets: list[str]) -> None:
        owners, sha256 = self.owners, hashlib.sha256
        for secret in secrets:
            owners[sha256(secret.encode()).digest()]


class Sqlite(Contender):
    """A verify by hand on the sqlite3 module: one SELECT, and a look at revocation and expiry."""

    SELECT = "SELECT owner, scopes, revoked_at, expires_at FROM keys WHERE digest = ?"

    def __init__(self, folder: Path, keys: int) -> None:
        super().__init__("sqlite3 by hand, no events", [new_secret() for _ in range(keys)])
        self.db = sqlite3.connect(folder / "by-hand.db")
        self.db.executescript(
            """
            PRAGMA journal_mode = wal;
            CREATE TABLE keys (digest BLOB PRIMARY KEY, owner TEXT NOT NULL, scopes TEXT NOT NULL,
                revoked_at REAL, expires_at REAL) WITHOUT ROWID;
            """
        )
        rows = ((digest(secret), f"acct_{number}", "reports:read") for number, secret in enumerate(self.secrets))
        with self.db:
            self.db.executemany("INSERT INTO keys VALUES (?, ?, ?, NULL, NULL)", rows)

    def accepts(self, secret: str) -> bool:
        row = self.db.execute(self.SELECT, (digest(secret),)).fetchone()
        if row is None:
            return False
        _, scopes, revoked_at, expires_at = row
        living = revoked_at is None and (expires_at is None or expires_at > time.time())
        return living and "reports:read" in scopes.split()

    def close(self) -> None:
        self.db.close()
