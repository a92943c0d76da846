"""Guards against coroutines that hold up the loop, and against an asyncio form that lacks a verb."""

from __future__ import annotations

import asyncio
import inspect
import threading
from typing import TYPE_CHECKING

import keycask
import pytest
from conftest import secret_of
from keycask.aio import AsyncVault

if TYPE_CHECKING:
    from pathlib import Path

ITERATORS = {"keys", "changes", "uses", "notices"}
INLINE = {"verify", "identify"}
PROPERTIES = {"id", "path", "created_at", "closed"}


def test_every_verb_is_there() -> None:
    verbs = {name for name in dir(keycask.Vault) if not name.startswith("_")} - PROPERTIES
    assert len(verbs) >= 40
    for name in verbs:
        verb = getattr(AsyncVault, name)
        assert verb.__doc__ == getattr(keycask.Vault, name).__doc__
        assert inspect.isasyncgenfunction(verb) == (name in ITERATORS), name
        assert inspect.iscoroutinefunction(verb) == (name not in ITERATORS | INLINE), name


def test_a_key_lives_its_life(path: Path) -> None:
    async def live() -> None:
        async with AsyncVault(path, create=True) as vault:
            issued = await vault.create_key("acme_live", owner="acct_42", actor="alice")
            assert vault.verify(secret_of(issued)).owner == "acct_42"
            many = [keycask.NewKey("acme_live") for _ in range(600)]
            created = await vault.create_keys(many, actor="alice")
            ids = [issued.key.id, *(one.key.id for one in created)]
            assert [key.id async for key in vault.keys()] == ids
            await vault.revoke(issued.key.id, reason="compromised", actor="alice")
            with pytest.raises(keycask.KeyRejectedError, match="revoked"):
                vault.verify(secret_of(issued))
            assert [change.kind async for change in vault.changes(key_id=issued.key.id)] == [
                "key.created",
                "key.revoked",
            ]
            with pytest.raises(keycask.KeyNotFoundError):
                await vault.key("key_00000000000000000000000000")
        assert vault.closed
        with pytest.raises(keycask.VaultClosedError):
            await vault.policy()

    asyncio.run(live())


def test_the_loop_goes_on_while_the_file_is_written(vault: keycask.Vault) -> None:
    async def tick(done: asyncio.Event) -> int:
        ticks = 0
        while not done.is_set():
            ticks += 1
            await asyncio.sleep(0.001)
        return ticks

    async def both() -> int:
        done = asyncio.Event()
        ticker = asyncio.create_task(tick(done))
        await AsyncVault(vault).create_keys(
            [keycask.NewKey("acme_live") for _ in range(20_000)], actor="alice"
        )
        done.set()
        return await ticker

    assert asyncio.run(both()) > 20


def test_a_vault_is_taken_as_it_is(vault: keycask.Vault) -> None:
    before = threading.active_count()
    async_vault = AsyncVault(vault)
    assert async_vault.sync is vault
    assert threading.active_count() == before
    assert repr(vault) in repr(async_vault)
