"""keycask: from memory and from the file, with and without a record of each use."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Literal

import keycask

from . import Contender

if TYPE_CHECKING:
    from pathlib import Path

SCOPES = ["reports:read"]
ADDRESS = "192.0.2.7"
BATCH = 10_000


class InVault(Contender):
    """Plain verifies: nothing is demanded of the key."""

    def __init__(self, name: str, path: Path, keys: int, mode: Literal["each", "off"]) -> None:
        self.vault = keycask.Vault(path, create=True)
        self.vault.update_policy(use_mode=mode, actor="bench")
        created: list[str] = []
        while len(created) < keys:
            some = min(BATCH, keys - len(created))
            wanted = [keycask.NewKey("acme_live", owner="acct_42", scopes=SCOPES) for _ in range(some)]
            created += [issued.secret or "" for issued in self.vault.create_keys(wanted, actor="bench")]
        random.Random(1).shuffle(created)
        super().__init__(name, created)
        self.recording = mode == "each"
        for secret in created:
            self.vault.verify(secret, event=False)

    def accepts(self, secret: str) -> bool:
        try:
            self.vault.verify(secret, scopes=SCOPES, client_ip=ADDRESS)
        except keycask.KeyRejectedError:
            return False
        return True

    def verify_all(self, secrets: list[str]) -> None:
        verify = self.vault.verify
        for secret in secrets:
            verify(secret)

    def rest(self) -> None:
        if self.recording:
            self.vault.flush()

    def close(self) -> None:
        self.vault.close()


class Told(InVault):
    """Verifies that demand a scope and tell the client's address."""

    def verify_all(self, secrets: list[str]) -> None:
        verify, scopes, address = self.vault.verify, SCOPES, ADDRESS
        for secret in secrets:
            verify(secret, scopes=scopes, client_ip=address)


def hot(folder: Path, keys: int) -> Contender:
    return InVault("keycask, uses off", folder / "off.db", keys, "off")


def hot_told(folder: Path, keys: int) -> Contender:
    return Told("keycask, uses off, scopes and client_ip", folder / "off-told.db", keys, "off")


def batched(folder: Path, keys: int) -> Contender:
    contender = InVault("keycask, uses batched", folder / "each.db", keys, "each")
    contender.limit = 0.7
    return contender


def batched_told(folder: Path, keys: int) -> Contender:
    contender = Told("keycask, uses batched, scopes and client_ip", folder / "each-told.db", keys, "each")
    contender.limit = 0.9
    return contender
