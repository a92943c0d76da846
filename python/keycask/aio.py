"""The vault for asyncio.

>>> import asyncio, keycask.aio
>>> async def main():
...     async with keycask.aio.AsyncVault(":memory:", create=True) as vault:
...         issued = await vault.create_key("acme_live", owner="acct_42", actor="alice")
...         key = vault.verify(issued.secret)
...         return key.owner, [key.name async for key in vault.keys()]
>>> asyncio.run(main())
('acct_42', [None])
"""

from __future__ import annotations

import asyncio
import functools
import itertools
from typing import TYPE_CHECKING, Concatenate, ParamSpec, Self, TypeVar

from keycask._native import Actor, Vault

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
    from datetime import timedelta
    from types import TracebackType

__all__ = ["AsyncVault"]

P = ParamSpec("P")
T = TypeVar("T")

_PAGE = 256


def _threaded(
    verb: Callable[Concatenate[Vault, P], T],
) -> Callable[Concatenate[AsyncVault, P], Coroutine[None, None, T]]:
    @functools.wraps(verb)
    async def call(vault: AsyncVault, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.to_thread(verb, vault.sync, *args, **kwargs)

    return call


def _inline(verb: Callable[Concatenate[Vault, P], T]) -> Callable[Concatenate[AsyncVault, P], T]:
    @functools.wraps(verb)
    def call(vault: AsyncVault, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return verb(vault.sync, *args, **kwargs)

    return call


def _paged(
    verb: Callable[Concatenate[Vault, P], Iterator[T]],
) -> Callable[Concatenate[AsyncVault, P], AsyncIterator[T]]:
    @functools.wraps(verb)
    async def pages(vault: AsyncVault, /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[T]:
        rows = await asyncio.to_thread(verb, vault.sync, *args, **kwargs)
        while page := await asyncio.to_thread(list, itertools.islice(rows, _PAGE)):
            for row in page:
                yield row

    return pages


class AsyncVault:
    """A vault whose verbs are coroutines where they sync a file, run in a thread of the loop's default pool.

    It takes a ``Vault``, or what ``Vault`` takes. The verbs, their arguments and their errors are those of
    ``Vault``; ``keys``, ``changes``, ``uses`` and ``notices`` are asynchronous iterators. ``verify`` and
    ``identify`` are plain calls: a hop to a thread costs many times what they do. A coroutine that is
    cancelled leaves its verb running to its end.
    """

    def __init__(
        self,
        vault: Vault | str | os.PathLike[str],
        create: bool = False,
        *,
        pepper: bytes | Iterable[bytes] | None = None,
        busy_timeout: timedelta | None = None,
        mode: int = 0o600,
        group: int | None = None,
        actor: str | Actor | None = None,
    ) -> None:
        if not isinstance(vault, Vault):
            vault = Vault(
                vault, create, pepper=pepper, busy_timeout=busy_timeout, mode=mode, group=group, actor=actor
            )
        self._vault = vault

    @property
    def sync(self) -> Vault:
        """The vault itself."""
        return self._vault

    @property
    def closed(self) -> bool:
        """Whether ``close`` was called."""
        return self._vault.closed

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<AsyncVault of {self._vault!r}>"

    verify = _inline(Vault.verify)
    identify = _inline(Vault.identify)

    keys = _paged(Vault.keys)
    changes = _paged(Vault.changes)
    uses = _paged(Vault.uses)
    notices = _paged(Vault.notices)

    create_key = _threaded(Vault.create_key)
    create_keys = _threaded(Vault.create_keys)
    rotate = _threaded(Vault.rotate)
    finish_rotation = _threaded(Vault.finish_rotation)
    extend_rotation = _threaded(Vault.extend_rotation)
    cancel_rotation = _threaded(Vault.cancel_rotation)
    update = _threaded(Vault.update)
    disable = _threaded(Vault.disable)
    enable = _threaded(Vault.enable)
    revoke = _threaded(Vault.revoke)
    revoke_owner = _threaded(Vault.revoke_owner)
    revoke_secret = _threaded(Vault.revoke_secret)

    key = _threaded(Vault.key)
    lineage = _threaded(Vault.lineage)
    usage = _threaded(Vault.usage)
    due = _threaded(Vault.due)
    unused = _threaded(Vault.unused)
    prefixes = _threaded(Vault.prefixes)
    stats = _threaded(Vault.stats)
    policy = _threaded(Vault.policy)
    update_policy = _threaded(Vault.update_policy)

    ack = _threaded(Vault.ack)
    claim_notices = _threaded(Vault.claim_notices)
    notice_failed = _threaded(Vault.notice_failed)
    retry_notice = _threaded(Vault.retry_notice)

    check = _threaded(Vault.check)
    flush = _threaded(Vault.flush)
    backup = _threaded(Vault.backup)
    prune = _threaded(Vault.prune)
    erase_person = _threaded(Vault.erase_person)
    checkpoint = _threaded(Vault.checkpoint)
    verify_logs = _threaded(Vault.verify_logs)
    set_pepper = _threaded(Vault.set_pepper)
    retire_pepper = _threaded(Vault.retire_pepper)
    keys_on_retired_pepper = _threaded(Vault.keys_on_retired_pepper)
    import_keys = _threaded(Vault.import_keys)
    close = _threaded(Vault.close)
