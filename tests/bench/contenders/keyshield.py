"""keyshield, with its repository in memory; its delay of 0.1 to 0.3 seconds an answer is left out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from keyshield import ApiKeyService
from keyshield.domain.errors import ApiKeyError
from keyshield.hasher.argon2 import Argon2ApiKeyHasher
from keyshield.repositories.in_memory import InMemoryApiKeyRepository
from keyshield.services.cached import CachedApiKeyService

from . import Contender

if TYPE_CHECKING:
    from collections.abc import Iterator

KEYS = 5
"""Few: issuing one takes as long as verifying it."""


class Keyshield(Contender):
    """A service, asked in an event loop."""

    def __init__(self, name: str, service: type[ApiKeyService]) -> None:
        self.loop = asyncio.new_event_loop()
        hasher = Argon2ApiKeyHasher(pepper="of a benchmark")
        self.service = service(repo=InMemoryApiKeyRepository(), hasher=hasher, min_delay=0, max_delay=0)
        super().__init__(name, self.loop.run_until_complete(self.create()))

    async def create(self) -> list[str]:
        return [(await self.service.create(name=f"key {number}"))[1] for number in range(KEYS)]

    def accepts(self, secret: str) -> bool:
        try:
            self.loop.run_until_complete(self.service.verify_key(secret))
        except ApiKeyError:
            return False
        return True

    def verify_all(self, secrets: list[str]) -> None:
        async def verify() -> None:
            for secret in secrets:
                await self.service.verify_key(secret)

        self.loop.run_until_complete(verify())

    def close(self) -> None:
        self.loop.close()


def contenders() -> Iterator[Contender]:
    """Without a cache, and with its own, whose entries live for five minutes."""
    yield Keyshield("keyshield, Argon2", ApiKeyService)
    yield Keyshield("keyshield, from its cache", CachedApiKeyService)
