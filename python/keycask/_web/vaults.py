"""The vault that an application names, opened when it is first needed."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from keycask._native import Vault
from keycask.errors import BusyError, VaultFullError

if TYPE_CHECKING:
    from keycask.errors import VaultError

__all__ = ["VaultSource", "Vaults"]

VaultSource: TypeAlias = Vault | str | os.PathLike[str] | Callable[[], Vault]


class Vaults:
    """A vault, the path of one, or what opens one (to give it a pepper, say).

    A path is opened at the first use, and again after it failed: a vault that was missing, or lay on a disk
    that was taken away, serves without a restart once it is back. A ``Vault`` is used as it is.
    """

    def __init__(self, source: VaultSource) -> None:
        self._given = source if isinstance(source, Vault) else None
        self._open = _opener(source)
        self._vault = self._given

    def get(self) -> Vault:
        """The vault; a ``VaultError`` where it can't be opened."""
        vault = self._vault
        if vault is None:
            # Two threads may both open it, and the handle that isn't kept closes with its last user. A lock
            # would stay locked in a process that is forked meanwhile.
            vault = self._vault = self._open()
        return vault

    def failed(self, error: VaultError) -> None:
        """Has the next ``get`` open the vault anew, where the error may be that of the handle."""
        if self._given is None and not isinstance(error, BusyError | VaultFullError):
            self._vault = None

    def close(self) -> None:
        """Closes the vault, and ``get`` opens it again; one that was given open is flushed and stays so."""
        vault, self._vault = self._vault, self._given
        if vault is None or vault.closed:
            return
        if self._given is None:
            vault.close()
        else:
            vault.flush()


def _opener(source: VaultSource) -> Callable[[], Vault]:
    if isinstance(source, Vault):
        return lambda: source
    if callable(source):
        return source
    path = os.fspath(source)
    return lambda: Vault(path)
